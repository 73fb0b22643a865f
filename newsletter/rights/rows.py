"""One person's rows in the list files: found wherever they stand, and taken out with nothing else changed."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO, StringIO, TextIOWrapper

from newsletter import address
from newsletter.audience.lists import EMAIL, CsvList, clean, inspect
from newsletter.errors import SourceError
from newsletter.workspace import Workspace

_TOKEN = re.compile(r"[^\s<>()\[\]\"',;:]+@[^\s<>()\[\]\"',;:]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """A row that is this person's."""

    file: str
    """Inside `lists/`."""
    first_line: int
    last_line: int
    fields: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What all lists hold of one person."""

    rows: tuple[FoundRow, ...]
    unreadable: tuple[str, ...]
    """Lists that could not be looked into."""


def search(workspace: Workspace, key: str) -> Search:
    """Look for a person in every list, whether a segment names it or not."""
    rows: list[FoundRow] = []
    unreadable = []
    for name in workspace.list_names():
        try:
            held = inspect(name, partial(workspace.open_list, name), folder="lists")
            deque(held.rows(_ignore), maxlen=0)  # Whatever hides rows, such as a quote left open, is told.
            rows += _rows_of(held, key)
        except (SourceError, UnicodeDecodeError):
            unreadable.append(name)
    return Search(rows=tuple(rows), unreadable=tuple(unreadable))


def _ignore(_line: int, _why: str) -> None:
    """A bad row may be this person's too, and is looked at all the same."""


def without(data: bytes, *, name: str, key: str) -> bytes:
    """A list's content without this person's rows; every other byte is as it was."""
    held = inspect(name, lambda: BytesIO(data), folder="lists")
    # A byte-order mark stays where it is, as the first letter.
    encoding = "utf-8" if held.encoding.startswith("utf-8") else held.encoding
    gone = {line for row in _rows_of(held, key) for line in range(row.first_line, row.last_line + 1)}
    lines = enumerate(StringIO(data.decode(encoding), newline=""), 1)
    return "".join(text for line, text in lines if line not in gone).encode(encoding)


def names(cell: str, key: str) -> bool:
    """Whether what stands in a cell is this mailbox and no other, well written or not."""
    found = set(map(_key, _TOKEN.findall(cell))) or {_key(cell)}
    return found == {key}


def _key(text: str) -> str | None:
    try:
        return address.key(address.parse(text))
    except address.AddressError:
        return None


def _rows_of(held: CsvList, key: str) -> Iterator[FoundRow]:
    at = held.columns.index(EMAIL)
    with TextIOWrapper(held.opener(), held.encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=held.delimiter, strict=True)
        for first, last, row in _records(reader):
            cells = clean(list(row))
            if first > 1 and len(cells) > at and "@" in cells[at] and names(cells[at], key):
                fields = {name: cell for name, cell in zip(held.columns, cells, strict=False) if cell}
                yield FoundRow(file=held.name, first_line=first, last_line=last, fields=fields)


def _records(reader: Iterator[list[str]]) -> Iterator[tuple[int, int, list[str]]]:
    """Each record with the lines it stands on; one that cannot be read is passed over."""
    read = 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = []
        line: int = reader.line_num  # type: ignore[attr-defined]  # of csv.reader
        yield read + 1, line, row
        read = line
