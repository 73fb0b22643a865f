"""Somebody who joins, written into a list: as a row of its own, or over the row that they have.

Rule: every other byte of the list stays as it was, and a list in which something would be lost is refused.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import BytesIO, StringIO

from newsletter import address
from newsletter.audience import consent
from newsletter.audience.lists import EMAIL, CsvList, inspect
from newsletter.errors import Mistake, SourceError, Where

COLUMNS = (EMAIL, "first_name", consent.SOURCE, consent.DATE, consent.WORDING)
"""What is known of somebody who joins; a list without `first_name` keeps no names."""

_NEEDED = frozenset(COLUMNS) - {"first_name"}


def new_list() -> bytes:
    """A list that nobody has joined yet."""
    return (",".join(COLUMNS) + "\r\n").encode()


def check(data: bytes, *, name: str, folder: str) -> None:
    """Raise `SourceError` where nobody could be written into this list."""
    _opened(data, name=name, folder=folder)


def joined(data: bytes, person: Mapping[str, str], *, name: str, folder: str) -> bytes:
    """The list with this person in it. `person` is of `COLUMNS`; what is blank changes nothing.

    Their first row, if they have one, gets the new values: consent given anew is the consent that counts.
    Raises `SourceError` where the list cannot take them.
    """
    held = _opened(data, name=name, folder=folder)
    lines = list(StringIO(data.decode(held.encoding), newline=""))
    ending = "\r\n" if lines[0].endswith("\r\n") else "\n"
    if not lines[-1].endswith(("\n", "\r")):
        lines[-1] += ending
    line, cells = _row_of(address.key(person[EMAIL]), held) or (len(lines) + 1, [""] * len(held.columns))
    given = [person.get(column) or cell for column, cell in zip(held.columns, cells, strict=True)]
    lines[line - 1 : line - 1 + _height(lines[line - 1 :], held)] = [_written(given, held, ending)]
    return "".join(lines).encode(held.encoding)


def _opened(data: bytes, *, name: str, folder: str) -> CsvList:
    held = inspect(name, lambda: BytesIO(data), folder=folder)
    lacking = sorted(_NEEDED - set(held.columns))
    if lacking:
        what = f"the list has no column {', '.join(lacking)}, so nobody can join it on the web page"
        raise SourceError([Mistake(Where(held.shown), what, "Add it to the first line.")])
    if not held.encoding.startswith("utf-8"):
        what = "the list is not UTF-8, and not every name could be written into it"
        raise SourceError([Mistake(Where(held.shown), what, "Save it as “CSV UTF-8”.")])
    return held


def _row_of(key: str, held: CsvList) -> tuple[int, list[str]] | None:
    """The first row of a mailbox, with the line on which it starts."""
    email = held.columns.index(EMAIL)
    for line, row in held.rows(lambda _line, _why: None):
        try:
            if address.key(address.parse(row[email])) == key:
                return line, row
        except address.AddressError:
            continue
    return None


def _height(lines: list[str], held: CsvList) -> int:
    """How many lines the row at their start takes; a quoted cell may hold line breaks."""
    reader = csv.reader(lines, delimiter=held.delimiter, strict=True)
    next(reader, None)
    return reader.line_num


def _written(cells: list[str], held: CsvList, ending: str) -> str:
    row = StringIO(newline="")
    csv.writer(row, delimiter=held.delimiter, lineterminator=ending).writerow(cells)
    return row.getvalue()
