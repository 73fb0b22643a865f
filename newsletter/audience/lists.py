"""A list: a CSV file as spreadsheets write it, read row by row.

Rule: a bad row is told with its line and left out, and never stops the others. What could lose many rows at
once (an unknown encoding, a quote never closed, a header that names no `email`) stops the run instead.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from io import StringIO, TextIOWrapper
from itertools import islice
from pathlib import PurePath
from typing import IO, Protocol
from unicodedata import is_normalized, normalize

from newsletter.audience.segments import column_name
from newsletter.errors import Mistake, SourceError, Where

Opener = Callable[[], IO[bytes]]
"""Opens the list from its start; called once a pass."""

BadRow = Callable[[int, str], None]
"""Told the line on which a bad row starts, and what is wrong with it."""

EMAIL = "email"


class _Reader(Protocol):
    """What `csv.reader` gives."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


_CHUNK_BYTES = 1 << 18
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ZIP = b"PK\x03\x04"
"""How every .xlsx and .ods file starts."""
_NOT_CP1252 = re.compile("[\udc81\udc8d\udc8f\udc90\udc9d]")
"""The bytes, as `surrogateescape` shows them, that Windows-1252 does not define."""
_FOREIGN = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f\ud800-\udfff]")

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}

_SPACING = re.compile("[\t-\r\x85\u2028\u2029]+")
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""Controls, and characters that only steer or hide text. Joiners stay: emoji and some scripts need them."""


@dataclass(frozen=True, slots=True)
class CsvList:
    """A list whose head has been read: its columns are known, and its rows can be."""

    name: str
    """As `segments.yaml` names it."""
    shown: str
    """As the user finds it: `lists/members.csv`."""
    columns: tuple[str, ...]
    """The normalised header, `email` among them."""
    notes: tuple[str, ...]
    encoding: str
    delimiter: str
    opener: Opener = field(repr=False)

    @property
    def stem(self) -> str:
        """What people leave: `members`."""
        return PurePath(self.name).stem

    def rows(self, bad: BadRow) -> Iterator[tuple[int, list[str]]]:
        """Each row with the line it starts on: cells trimmed, in NFC, without controls, as many as columns.

        Rows without any text are passed over. Raises `SourceError` where the file cannot be read further.
        """
        try:
            with TextIOWrapper(self.opener(), self.encoding, newline="") as stream:
                reader = csv.reader(stream, delimiter=self.delimiter, strict=True)
                if _header(reader) != self.columns:
                    raise self._changed()
                yield from self._rows(reader, bad)
        except UnicodeDecodeError:
            raise self._changed() from None

    def _rows(self, reader: _Reader, bad: BadRow) -> Iterator[tuple[int, list[str]]]:
        width = len(self.columns)
        read = reader.line_num
        while True:
            try:
                for row in reader:
                    line, read = read + 1, reader.line_num
                    if len(row) != width and not self._squared(row, line, bad):
                        continue
                    if line != read:
                        self._refuse_swallowed(row, line)
                    if any(cells := clean(row)):
                        yield line, cells
                break
            except csv.Error as error:
                line, read = read + 1, reader.line_num
                self._told(error, line, read, bad)

    def _changed(self) -> SourceError:
        """The list is not what it was when its head was read: its cells could land in the wrong columns."""
        what = "the list was changed since it was opened"
        return SourceError([Mistake(Where(self.shown), what, "Run the command again.")])

    def _told(self, error: csv.Error, line: int, last: int, bad: BadRow) -> None:
        """Tell one line that the reader cannot take; stop where a record runs over several lines."""
        if last > line or "end of data" in str(error):
            raise _unclosed(self.shown, line) from None
        bad(line, _why(error))

    def _squared(self, row: list[str], line: int, bad: BadRow) -> bool:
        """Cut surplus blank cells off a row; False, and told, where its cells do not fit the columns.

        Which cell of a short row is missing cannot be known, and a person's role must not become their name.
        """
        width = len(self.columns)
        if not any(map(str.strip, row[width:])):
            del row[width:]
        if len(row) == width or not any(map(str.strip, row)):
            row += [""] * (width - len(row))
            return True
        self._refuse_swallowed(row, line, ragged=True)
        cells = "cell" if len(row) == 1 else "cells"
        bad(line, f"it has {len(row)} {cells}, and the header has {width}")
        return False

    def _refuse_swallowed(self, row: Sequence[str], line: int, *, ragged: bool = False) -> None:
        """Stop where a quoted cell holds what looks like further rows of the list."""
        enough = 0 if ragged else len(self.columns) - 1
        for cell in row:
            for held in cell.splitlines()[1:]:
                if "@" in held and held.count(self.delimiter) >= enough:
                    raise _unclosed(self.shown, line)


def inspect(name: str, opener: Opener, *, folder: str) -> CsvList:
    """Find out a list's encoding, delimiter and columns. Raises `SourceError` where it cannot be used.

    Reads all of its bytes once, because a single foreign byte near the end decides the encoding.
    """
    shown = (PurePath(folder) / name).as_posix()
    encoding = _encoding(opener, shown)
    with TextIOWrapper(opener(), encoding, newline="") as text:
        line, header = next(((n, held) for n, held in enumerate(text, 1) if held.strip()), (0, ""))
        # A header may hold quoted line breaks; ten lines are plenty.
        header += "".join(islice(text, 10)) if header.count('"') % 2 else ""
    if not header:
        raise SourceError([Mistake(Where(shown), "the list is empty", "Its first line must name the columns.")])
    delimiter, columns = _columns(header, Where(shown, line))
    notes = ["read as Windows-1252, as spreadsheets write it: not UTF-8"] if encoding == "cp1252" else []
    if delimiter != ",":
        notes.append(f"separated by {_DELIMITERS[delimiter]}")
    return CsvList(name, shown, columns, tuple(notes), encoding, delimiter, opener)


def _header(reader: _Reader) -> tuple[str, ...]:
    """The columns of the header, the first record with any text; none where it can no longer be read."""
    try:
        cells = next((row for row in reader if any(map(str.strip, row))), [])
    except csv.Error:
        cells = []
    return tuple(map(column_name, cells))


def clean(row: list[str]) -> list[str]:
    """The cells trimmed, in NFC, on one line each and without invisible characters."""
    whole = "".join(row)
    if not (whole.isprintable() and (whole.isascii() or is_normalized("NFC", whole))):
        row = [normalize("NFC", _INVISIBLE.sub("", _SPACING.sub(" ", cell))) for cell in row]
    return [*map(str.strip, row)]


def _encoding(opener: Opener, shown: str) -> str:
    """`utf-8`, `utf-8-sig` or `cp1252`. Raises `SourceError` for anything else."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with opener() as stream:
        chunk = stream.read(_CHUNK_BYTES)
        _refuse_other_formats(chunk, shown)
        utf8 = "utf-8-sig" if chunk.startswith(codecs.BOM_UTF8) else "utf-8"
        try:
            while chunk:
                decoder.decode(chunk)
                chunk = stream.read(_CHUNK_BYTES)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            pass
        else:
            return utf8
    with opener() as stream, TextIOWrapper(stream, "utf-8-sig", "surrogateescape", newline="") as text:
        _refuse_mixed(text, shown)
    return "cp1252"


def _refuse_mixed(text: Iterable[str], shown: str) -> None:
    """A file that is not UTF-8 is Windows-1252 only if no letter of it is UTF-8 and all are defined there."""
    foreign, beyond, undefined = 0, False, False
    for number, line in enumerate(text, 1):
        if not line.isascii():
            foreign = foreign or (number if _FOREIGN.search(line) else 0)
            beyond = beyond or bool(_BEYOND_ASCII.search(line))
            undefined = undefined or bool(_NOT_CP1252.search(line))
    if beyond or undefined:
        hint = "Open it in a spreadsheet, mend the letters on that line, and save it as “CSV UTF-8”."
        raise SourceError([Mistake(Where(shown, foreign), "this line is not UTF-8", hint)])


def _refuse_other_formats(start: bytes, shown: str) -> None:
    what = ""
    if start.startswith(_UTF16) or start[:1000].count(0) > len(start[:1000]) // 4:
        what = "this list is in UTF-16 (“Unicode text”)"
    elif start.startswith(_ZIP):
        what = "this is a spreadsheet, not a CSV file"
    if what:
        raise SourceError([Mistake(Where(shown), what, "Save it from the spreadsheet as “CSV UTF-8”.")])


def _columns(header: str, at: Where) -> tuple[str, tuple[str, ...]]:
    """The delimiter and the columns it gives: the first with an `email`, else the one with most columns."""
    split = {delimiter: _split(header, delimiter) for delimiter in _DELIMITERS}
    if not any(split.values()):
        raise _unclosed(at.file, at.line)
    named = {delimiter: tuple(map(column_name, cells)) for delimiter, cells in split.items()}
    delimiter = next(
        (mark for mark, columns in named.items() if EMAIL in columns),
        max(named, key=lambda mark: len(named[mark])),
    )
    mistakes = [Mistake(at, what, hint) for what, hint in _header_mistakes(split[delimiter], named[delimiter])]
    if mistakes:
        raise SourceError(mistakes)
    return delimiter, named[delimiter]


def _split(header: str, delimiter: str) -> list[str]:
    """The cells of the header, or none where its quotes do not fit this delimiter."""
    try:
        return next(csv.reader(StringIO(header, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return []


def _header_mistakes(cells: Sequence[str], columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    if any("@" in cell for cell in cells):
        yield "the first line holds a person", "The first line must name the columns: email, first_name, …"
        return
    for number, column in enumerate(columns, 1):
        if not column:
            yield f"column {number} has no name", "Name it in the first line, or remove the column."
        elif column in columns[: number - 1]:
            other = columns.index(column) + 1
            yield f"columns {other} and {number} are both '{column}'", "Rename one, or remove it."
    if EMAIL not in columns:
        near = get_close_matches(EMAIL, columns, n=1)
        hint = f"Is it '{cells[columns.index(near[0])].strip()}'? " if near else ""
        yield "there is no column 'email'", f"{hint}The column of the addresses must be called email."


def _why(error: csv.Error) -> str:
    if "limit" in str(error):
        return f"it has a cell of more than {csv.field_size_limit():,} characters"
    return "text follows a closing quote; write a quote inside a cell twice"


def _unclosed(shown: str, line: int) -> SourceError:
    hint = 'Close it, or write a quote inside a cell twice: "Jo ""the chair"" Bloggs".'
    return SourceError(
        [Mistake(Where(shown, line), "a quote is opened here and runs on into other rows", hint)]
    )
