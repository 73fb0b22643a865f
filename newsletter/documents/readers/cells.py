"""Cells of a table that fill more than one line of a printed page.

Rule: a line goes on in the cell above it where it begins at the cell's own edge, keeps within it, and the cell
had no room for its first word, or a small letter begins it in the last one; every other line is its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from newsletter.documents.blocks import Run, merged, text_of
from newsletter.documents.readers.pieces import Piece

_EDGE = 3.0
"""Points by which two lines of one cell may begin apart."""
_NEXT = 1.7
"""In heights of a letter: the next line of a cell is no farther below."""

Row = list[Piece]


def joined(rows: Iterable[Row], *, is_row: Sequence[bool]) -> list[Row]:
    """The rows of a page, with what goes on in the cells of one put into them. `is_row`: which have cells."""
    found: list[Row] = []
    has_cells = False
    for row, begins in zip(rows, is_row, strict=True):
        places = _places(found[-1], row) if has_cells else None
        if places is None:
            found.append(list(row))
            has_cells = begins
            continue
        for place, piece in zip(places, row, strict=True):
            found[-1][place] = _longer(found[-1][place], piece)
    return found


def _places(cells: Row, row: Row) -> list[int] | None:
    """In which cells the pieces of a row go on, if all of them do."""
    if len(row) >= len(cells):
        return None
    able = range(len(cells))
    places = [next((at for at in able if _goes_on(cells, at, each)), None) for each in row]
    known = [place for place in places if place is not None]
    return known if len(known) == len(row) == len(set(known)) else None


def _goes_on(cells: Row, at: int, piece: Piece) -> bool:
    cell = cells[at]
    is_below = abs(piece.x0 - cell.x0) <= _EDGE and 0 < cell.y0 - piece.y0 <= _NEXT * cell.size
    if not is_below or piece.size != cell.size:
        return False
    if at + 1 == len(cells):
        return text_of(piece.runs)[:1].islower()
    end = cells[at + 1].x0
    text = text_of(piece.runs)
    first = (piece.x1 - piece.x0) * (len(text.split(maxsplit=1)[0]) + 1) / len(text)
    return piece.x1 <= end and cell.x1 + first > end - cell.size


def _longer(cell: Piece, piece: Piece) -> Piece:
    runs = merged((*cell.runs, Run(text=" "), *piece.runs))
    return replace(cell, runs=runs, x1=piece.x1, y0=piece.y0)
