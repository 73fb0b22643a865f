"""What every reader makes of a file of rows: sheets of plain text cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a file."""

    name: str
    rows: tuple[Row, ...] = field(repr=False)
    """All of them, what stands above the head among them; the first is line 1."""

    @classmethod
    def of(cls, name: str, rows: Sequence[Sequence[str]]) -> Sheet:
        return cls(name, tuple(tuple(row) for row in rows))


def as_json(sheets: Sequence[Sheet]) -> list[dict[str, Any]]:
    """The sheets, as JSON can carry them."""
    return [{"name": sheet.name, "rows": sheet.rows} for sheet in sheets]


def from_json(data: list[dict[str, Any]]) -> tuple[Sheet, ...]:
    """The sheets, as `as_json` made them."""
    return tuple(Sheet.of(each["name"], each["rows"]) for each in data)
