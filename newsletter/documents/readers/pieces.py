"""The pieces of a printed page in the order in which a person reads them: down a column, then down the next.

Rule: a page has two or three columns where the strips between them stay white, but for a few lines across, and
text that fills its lines stands on both sides; everything else is read line by line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from newsletter.documents.blocks import Run, merged, text_of

_SAME_LINE = 0.6
"""Of the lower line's height: two pieces that share so much stand beside each other."""
_OF_TWO, _OF_THREE = [(0.35, 0.65)], [(0.25, 0.45), (0.55, 0.75)]
"""Where on the page the white strips of two columns and of three may be."""
_STEP, _HALF_STRIP = 2.0, 3.0
"""Points from one place that is tried to the next, and half of what must be white."""
_MOST_ACROSS = 0.2
"""Of all lines: titles, heads and feet may run across the strip."""
_EDGE_LINES, _APART = 3, 1.2
"""So many lines at most are a page’s head or foot, and so far from the text, in heights of a letter."""
_LEAST_LINES = 5
_LEAST_WORDS = 4.0
"""Words in a line of a column, on average: numbers in a table are fewer."""
_LEAST_WORDS_OF_FEW, _NEXT, _CLOSE = 3.0, 2.0, 0.9
"""Of a column that is not filled: words in a line, how far apart its lines are at most, and how many so."""
_WIDEST_STRIP = 0.1
"""Of the page's width: the cells of a table stand farther apart."""
_FULL, _MOSTLY = 0.7, 0.6
"""Of a column's width, and of its lines: text fills so many of them so far, and the cells of a table do not."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of letters as the library found it."""

    runs: tuple[Run, ...]
    x0: float
    x1: float
    y0: float
    y1: float
    size: float
    shift: float = 0.0
    """How far its column stands to the right of the first one."""

    @property
    def words(self) -> int:
        return len(text_of(self.runs).split())


def ordered(pieces: Iterable[Piece], left: float, right: float) -> list[Piece]:
    """The pieces of a page, which reaches from `left` to `right`, as they are read."""
    rows = [sorted(row, key=lambda each: each.x0) for row in _rows(sorted(pieces, key=lambda each: -each.y1))]
    first, last = _within(rows)
    strips = _strips(rows[first:last], left, right)
    if not strips:
        return [piece for row in rows for piece in row]
    starts = _starts(rows[first:last], strips)
    first = next((at for at in range(first) if _begins_column(rows[at], strips, starts)), first)
    head, foot = ([piece for row in part for piece in row] for part in (rows[:first], rows[last:]))
    return [*head, *_by_columns(rows[first:last], strips, starts), *foot]


def _within(rows: Sequence[list[Piece]]) -> tuple[int, int]:
    """Which rows stand between the head and the foot of a page, that are set apart from them."""
    apart = [
        place
        for place, (above, below) in enumerate(pairwise(rows), start=1)
        if above[0].y0 - below[0].y1 > _APART * below[0].size
    ]
    last = len(rows)
    first = max((place for place in apart if place <= _EDGE_LINES), default=0)
    return first, min((place for place in apart if place >= max(last - _EDGE_LINES, first + 1)), default=last)


def shares_line(one: Piece, other: Piece) -> bool:
    """Whether two pieces stand beside each other."""
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared > _SAME_LINE * min(one.y1 - one.y0, other.y1 - other.y0)


def _rows(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    row: list[Piece] = []
    for piece in pieces:
        if row and not shares_line(row[0], piece):
            yield row
            row = []
        row.append(piece)
    if row:
        yield row


def _strips(rows: Sequence[list[Piece]], left: float, right: float) -> list[float]:
    """Where the white strips between two or three columns are; nowhere, if there are none."""
    for zones in (_OF_THREE, _OF_TWO):
        strips = [
            _strip(rows, left + (right - left) * low, left + (right - left) * high) for low, high in zones
        ]
        found = [strip for strip in strips if strip is not None]
        if len(found) == len(zones) and _are_columns(rows, found, (right - left) * _WIDEST_STRIP):
            return found
    return []


def _strip(rows: Sequence[list[Piece]], low: float, high: float) -> float | None:
    """The widest strip between two places that nearly all rows leave white."""
    places = [low + _STEP * step for step in range(int((high - low) / _STEP))]
    across = {place: sum(_is_across(row, [place]) for row in rows) for place in places}
    fewest = min(across.values(), default=0)
    white = [place for place in places if across[place] == fewest]
    if not white or fewest > len(rows) * _MOST_ACROSS:
        return None
    strips = [
        [place for _, place in group]
        for _, group in groupby(enumerate(white), key=lambda each: round(each[1] / _STEP) - each[0])
    ]
    widest = max(strips, key=len)
    return widest[len(widest) // 2]


def _are_columns(rows: Sequence[list[Piece]], strips: Sequence[float], widest: float) -> bool:
    """Whether text stands between strips, and no table."""
    parted = [_parted(row, strips) for row in rows if not _is_across(row, strips)]
    columns = [[row[at] for row in parted if row[at]] for at in range(len(strips) + 1)]
    return (
        _is_text(columns[0])
        and all(map(_is_beside_text, columns[1:]))
        and all(
            min(line[0].x0 for line in after) - max(line[-1].x1 for line in before) <= widest
            for before, after in pairwise(columns)
        )
    )


def _is_across(row: Sequence[Piece], strips: Sequence[float]) -> bool:
    return any(
        piece.x0 < place - _HALF_STRIP and piece.x1 > place + _HALF_STRIP for piece in row for place in strips
    )


def _parted(row: Sequence[Piece], strips: Sequence[float]) -> list[list[Piece]]:
    """The pieces of a row by the columns that they stand in."""
    columns: list[list[Piece]] = [[] for _ in range(len(strips) + 1)]
    for each in row:
        columns[sum(each.x1 > place + _HALF_STRIP for place in strips)].append(each)
    return columns


def _starts(rows: Sequence[list[Piece]], strips: Sequence[float]) -> list[float]:
    """Where each column begins."""
    parted = [_parted(row, strips) for row in rows if not _is_across(row, strips)]
    return [min(row[at][0].x0 for row in parted if row[at]) for at in range(len(strips) + 1)]


def _begins_column(row: Sequence[Piece], strips: Sequence[float], starts: Sequence[float]) -> bool:
    """Whether a row at the head of a page holds the first line of a column beside a title."""
    others = zip(_parted(row, strips)[1:], starts[1:], strict=True)
    return not _is_across(row, strips) and any(
        column and abs(column[0].x0 - start) <= _STEP for column, start in others
    )


def _is_text(lines: Sequence[list[Piece]]) -> bool:
    """Whether lines of one column are filled with words, as a table's are not."""
    if len(lines) < _LEAST_LINES:
        return False
    start, end = min(line[0].x0 for line in lines), max(line[-1].x1 for line in lines)
    full = sum(line[-1].x1 >= start + (end - start) * _FULL for line in lines)
    words = sum(piece.words for line in lines for piece in line)
    return full >= len(lines) * _MOSTLY and words >= len(lines) * _LEAST_WORDS


def _by_columns(
    rows: Sequence[list[Piece]], strips: Sequence[float], starts: Sequence[float]
) -> Iterator[Piece]:
    """Down each column in turn, as far as the next line across the page."""
    for is_across, group in groupby(rows, key=lambda row: _is_across(row, strips)):
        if is_across:
            yield from (piece for row in group for piece in row)
            continue
        parted = [_parted(row, strips) for row in group]
        for at, start in enumerate(starts):
            lines = (row[at] for row in parted if row[at])
            yield from (replace(_as_one(line), shift=start - starts[0]) for line in lines)


def _is_beside_text(lines: Sequence[list[Piece]]) -> bool:
    """The same, or a few lines of words without a gap, as in the last column of a report."""
    if _is_text(lines):
        return True
    steps = [above[0].y0 - below[0].y0 for above, below in pairwise(lines)]
    words = sum(piece.words for line in lines for piece in line)
    close = sum(step <= _NEXT * below[0].size for step, below in zip(steps, lines[1:], strict=True))
    is_long = len(lines) >= _LEAST_LINES and words >= len(lines) * _LEAST_WORDS_OF_FEW
    return is_long and close >= len(steps) * _CLOSE


def _as_one(line: Sequence[Piece]) -> Piece:
    """The pieces of a line in a column, which is no row of a table however far its words stand apart."""
    runs = [*line[0].runs]
    for piece in line[1:]:
        runs += [Run(text=" "), *piece.runs]
    return Piece(
        merged(tuple(runs)),
        line[0].x0,
        line[-1].x1,
        min(piece.y0 for piece in line),
        max(piece.y1 for piece in line),
        max(piece.size for piece in line),
    )
