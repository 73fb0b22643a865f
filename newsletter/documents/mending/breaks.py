"""Line breaks inside a paragraph that stand for more: a list typed into it, a heading above its text.

Rule: a break that separates neither stays a break.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from newsletter.documents.blocks import Block, Kind, Runs, cut, stripped, text_of
from newsletter.documents.mending.marks import mark_of
from newsletter.documents.mending.steps import Blocks, Mended

STEP = "line breaks"

_LONG_LINE = 90
_HEADING_WORDS = 12


def mend(blocks: Blocks) -> Mended:
    """Every paragraph and point with breaks in it."""
    return Mended.of(part for block in blocks for part in _parts(block))


def _parts(block: Block) -> Iterator[Block]:
    lines = _lines(block.runs)
    if block.kind not in {Kind.PARAGRAPH, Kind.POINT} or len(lines) < 2:  # noqa: PLR2004 - a break makes two
        yield block
        return
    texts = [text_of(line) for line in lines]
    if any(not text.strip() for text in texts):
        yield from _paragraphs(block, lines)
    elif sum(mark_of(text) is not None for text in texts[1:]) and _marks_agree(texts):
        yield from (_part(block, line, index) for index, line in enumerate(lines))
    elif _is_heading(lines[0], texts):
        yield _part(block, lines[0], 0)
        yield _part(block, _with_breaks(lines[1:]), 1)
    elif sum(len(text) > _LONG_LINE for text in texts) > 1:
        yield from (_part(block, line, index) for index, line in enumerate(lines))
    else:
        yield block


def _paragraphs(block: Block, lines: list[Runs]) -> Iterator[Block]:
    """Two breaks in a row end a paragraph."""
    together: list[Runs] = []
    index = 0
    for line in [*lines, ()]:
        if text_of(line).strip():
            together.append(line)
        elif together:
            yield from _parts(_part(block, _with_breaks(together), index))
            together, index = [], index + 1


def _part(block: Block, runs: Runs, index: int) -> Block:
    kind = block.kind if index == 0 else Kind.PARAGRAPH
    return block.having(STEP, kind=kind, runs=stripped(runs), number=block.number if index == 0 else None)


def _lines(runs: Runs) -> list[Runs]:
    found: list[Runs] = []
    at = 0
    for line in text_of(runs).split("\n"):
        found.append(stripped(cut(runs, at, at + len(line))))
        at += len(line) + 1
    return found


def _with_breaks(lines: list[Runs]) -> Runs:
    first, *others = lines
    return sum(((replace(line[0], text="\n"), *line) for line in others if line), first)


def _marks_agree(texts: list[str]) -> bool:
    """Whether most lines after the first begin with markers, so that they are a list."""
    marked = [mark for text in texts if (mark := mark_of(text))]
    return len(marked) * 2 >= len(texts) - 1 and (len(marked) > 1 or marked[0].is_sure)


def _is_heading(first: Runs, texts: list[str]) -> bool:
    """Whether the first line is bold and short, and the others are not all bold."""
    is_bold = all(run.bold for run in first if run.text.strip())
    return is_bold and len(texts[0].split()) <= _HEADING_WORDS and sum(map(len, texts[1:])) > len(texts[0])
