"""Which column of a file is which column of a list.

Rule: what a header means is looked up, and said to the person who brings the file in; their own word wins. What
nobody asked for is left out, since a list holds no more of people than is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from newsletter.audience.segments import column_name
from newsletter.errors import UsageError, did_you_mean
from newsletter.spreadsheets.tables import Row, Sheet
from newsletter.spreadsheets.tools import COLUMNS, FILES, GONE, NAME, STATUS, WANTED, Standing, Tool, tool_of

_HEAD_ROWS = 12
"""Above the head stand a title and a date at most."""
_SAMPLE = 50
_MOSTLY = 0.5
LEFT_OUT = "-"
_SEVERAL = frozenset({"consent_date", GONE})
"""What more than one column may say."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file."""

    at: int
    header: str
    """As the file has it."""
    target: str | None
    """The list's column, or what is only read (see `is_read`); None for one that is left out."""
    why: str
    meaning: Standing | None = None
    """Of `GONE`: what a value here says of somebody."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a sheet is read."""

    sheet: Sheet
    head: int
    """The row of the headers, from 0."""
    tool: Tool | None
    columns: tuple[Column, ...]

    def of(self, target: str) -> tuple[Column, ...]:
        """The columns for one of the list's, the surest first."""
        return tuple(column for column in self.columns if column.target == target)

    @property
    def everybody(self) -> Standing | None:
        """What the file says of everybody in it, by its name or its kind."""
        name = PurePath(self.sheet.name).name.casefold()
        files = {**FILES, **(self.tool.files if self.tool else {})}
        said = next((standing for start, standing in files.items() if name.startswith(start)), None)
        return said or (self.tool.everybody if self.tool else None)

    @property
    def rows(self) -> Iterator[tuple[int, Row]]:
        """The rows below the head that hold anything, with their line."""
        for line, row in enumerate(self.sheet.rows[self.head + 1 :], self.head + 2):
            if any(cell.strip() for cell in row):
                yield line, row


def plan(sheet: Sheet, asked: Mapping[str, str]) -> Plan | None:
    """How to read a sheet; None for one without people. `asked` is header → column, as a person said it.

    Raises `UsageError` where they named a header that is not there.
    """
    head = _head(sheet, asked)
    if head is None:
        return None
    headers = sheet.rows[head]
    names = [column_name(header) for header in headers]
    tool = tool_of(frozenset(names))
    by_person = _by_person(asked, headers, names)
    columns: list[Column] = []
    taken: set[str] = set()
    for at, (header, name) in enumerate(zip(headers, names, strict=True)):
        column = _column(at, header, name, tool, by_person)
        if column.target in taken - _SEVERAL:
            column = Column(at, header, None, f"{column.target} is there already")
        taken |= {column.target} if column.target else set()
        columns.append(column)
    if "email" not in taken:
        columns = _by_contents(sheet, head, columns)
    return Plan(sheet, head, tool, tuple(sorted(columns, key=lambda each: _rank(each, tool))))


def _rank(column: Column, tool: Tool | None) -> tuple[int, int]:
    """In the file's order, but for dates that a tool prefers."""
    preferred = list(tool.columns) if tool else []
    name = column_name(column.header)
    return (preferred.index(name) if name in preferred else len(preferred), column.at)


def _head(sheet: Sheet, asked: Mapping[str, str]) -> int | None:
    """The row with the headers: one of them means an address, or the first address stands below it."""
    wanted = {column_name(header) for header, target in asked.items() if target == "email"} | COLUMNS["email"]
    for index, row in enumerate(sheet.rows[:_HEAD_ROWS]):
        if any(column_name(cell) in wanted for cell in row):
            return index
    for index, row in enumerate(sheet.rows[: _HEAD_ROWS + 1]):
        if any("@" in cell for cell in row):
            return index - 1 if index else None
    return None


def _by_person(asked: Mapping[str, str], headers: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """What a person said, by the name of the header."""
    found: dict[str, str] = {}
    for header, target in asked.items():
        name = column_name(header)
        if name not in names:
            raise UsageError(f"there is no column '{header}' in the file", did_you_mean(header, headers))
        found[name] = target
    return found


def _column(at: int, header: str, name: str, tool: Tool | None, by_person: Mapping[str, str]) -> Column:
    if name in by_person:
        target = by_person[name]
        return Column(at, header, None if target == LEFT_OUT else column_name(target), "you said so")
    if tool and name in tool.left_where:
        return Column(at, header, GONE, f"{tool.name} says there who left", tool.left_where[name])
    if tool and name == tool.wanted:
        return Column(at, header, WANTED, f"{tool.name} says there who wants mail")
    if tool and name in tool.columns:
        return Column(at, header, tool.columns[name], f"as {tool.name} calls it")
    if not (tool and name in tool.never):
        for target, known in COLUMNS.items():
            if name in known:
                return Column(at, header, target, "as it is often called")
    return Column(at, header, None, "not asked for")


def _by_contents(sheet: Sheet, head: int, columns: Sequence[Column]) -> list[Column]:
    """The columns, with the one that mostly holds addresses as such."""
    rows = sheet.rows[head + 1 : head + 1 + _SAMPLE]
    shares = [
        sum("@" in row[column.at] for row in rows if column.at < len(row)) / max(len(rows), 1)
        for column in columns
    ]
    best = max(range(len(columns)), key=shares.__getitem__, default=None)
    if best is None or shares[best] < _MOSTLY:
        return list(columns)
    found = list(columns)
    found[best] = Column(columns[best].at, columns[best].header, "email", "it holds addresses")
    return found


def is_read(target: str | None) -> bool:
    """Whether a column is only read, and not written into the list."""
    return target in {NAME, STATUS, GONE, WANTED}
