"""Signs of points that a program took off a page as a column of their own: three bullets, then three points.

Rule: only where two signs stand one below the other with nothing beside them; as many points begin in the text
that follows, each where the line above has the most room. Where there are fewer lines than signs, none moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from newsletter.documents.blocks import Block, Kind, Run
from newsletter.documents.mending import phrases
from newsletter.documents.mending.marks import mark_of
from newsletter.documents.mending.steps import Blocks, Mended

STEP = "columns of signs"

_CAPITAL = 4
"""A line that begins with a capital begins a point as if it had so many letters more room above it."""
_FARTHEST = 6
"""Parts between a column and its points: other columns, and the points of those."""
_LONGEST = 300
"""Letters of a line; a column of signs stands beside the lines of a page."""


def mend(blocks: Blocks) -> Mended:
    """Put each sign to its point; documents with places on a page have that already."""
    flat = all(block.kind is Kind.LINE and block.line and not block.size for block in blocks)
    if not flat or not any(_is_sign(above) and _is_below(below) for above, below in pairwise(blocks)):
        return Mended(blocks)
    rights = sorted(len(block.text) for block in blocks if len(block.text) < _LONGEST)
    right = rights[int(len(rights) * 0.95)] if rights else 0
    parts = list(_parts(blocks))
    waiting: list[int] = []
    for place, part in enumerate(parts):
        if _is_sign(part[0]):
            waiting.append(place)
            continue
        near = [each for each in waiting if place - each <= _FARTHEST]
        able = [run for run in _runs(near) if sum(len(parts[each]) for each in run) <= len(part)]
        if able:
            begun = 1 + sum(_room(*pair, right) > 0 for pair in pairwise(part))
            run = min(able, key=lambda run: abs(sum(len(parts[each]) for each in run) - begun))
            signs = [sign for each in run for sign in parts[each]]
            waiting = [each for each in waiting if each not in run]
            parts[place] = _signed(part, signs, right)
            for each in run:
                parts[each] = []
    return Mended.of(block for part in parts for block in part)


def _runs(columns: Sequence[int]) -> Iterator[list[int]]:
    """Columns, and columns one below the other: signs stand farther apart beside a point of many lines."""
    for at, first in enumerate(columns):
        for count in range(1, len(columns) - at + 1):
            if columns[at + count - 1] == first + count - 1:
                yield list(columns[at : at + count])


def _is_sign(block: Block) -> bool:
    mark = mark_of(block.text)
    return mark is not None and mark.length == len(block.text) and mark.number is None


def _is_below(below: Block) -> bool:
    """Whether a sign stands right below another."""
    return _is_sign(below) and below.line is not None and below.line.gap <= 1


def _parts(blocks: Blocks) -> Iterator[list[Block]]:
    """Columns of signs, and the lines between them, as far as the next empty line."""
    part: list[Block] = []
    for block in blocks:
        if part and _parts_from(part[-1], block):
            yield part
            part = []
        part.append(block)
    if part:
        yield part


def _parts_from(above: Block, below: Block) -> bool:
    assert above.line
    assert below.line
    is_apart = below.line.gap != 1 or below.line.page != above.line.page
    is_other = below.text != above.text if _is_sign(below) else _is_sign(above)
    return is_apart or is_other


def _signed(lines: Sequence[Block], signs: Sequence[Block], right: int) -> list[Block]:
    """The lines, with a sign before each that begins a point."""
    order = sorted(range(1, len(lines)), key=lambda place: -_room(lines[place - 1], lines[place], right))
    starts = sorted([0, *order[: len(signs) - 1]])
    marks = dict(zip(starts, signs, strict=True))
    return [
        replace(line, runs=(Run(text=f"{marks[place].text} "), *line.runs), done=(*line.done, STEP))
        if place in marks
        else line
        for place, line in enumerate(lines)
    ]


def _room(above: Block, below: Block, right: int) -> int:
    """How many letters more would have fitted above than the first word of the line below has."""
    first = below.text.split(maxsplit=1)[0]
    begins = _CAPITAL if first[0].isupper() else 0
    return right - len(above.text) - len(first) - 1 + begins - (right if phrases.leads_on(above.text) else 0)
