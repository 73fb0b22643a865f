"""Signs that people type to set a line apart: “*** Finance ***”, a row of hyphens below a title.

Rule: the signs go, the words stay; a line that was dressed so is shown to those who look for headings.
"""

from __future__ import annotations

import re
from dataclasses import replace

from newsletter.documents.blocks import Block, Kind, Runs, cut, stripped, text_of
from newsletter.documents.mending.steps import Blocks, Mended

STEP = "ornaments"
SHOUTS = "dressed"
"""Stands in `done` of a line that was dressed as a heading."""

_ROW = re.compile(r"(?:([-–—_=*~#•·.])\s*){2,}")
_AROUND = re.compile(r"(?P<mark>[*=~_#+-])(?P=mark)*\s*(?P<text>[^\W_].*?)\s*(?P=mark)+(?P<end>[:;]?)")
_BEFORE = re.compile(r"#{1,6}\s+(?P<text>\S.*)")
_WORDS = 12


def mend(blocks: Blocks) -> Mended:
    """Take ornaments off."""
    found: list[Block] = []
    for block in blocks:
        if not _is_row(block):
            found.append(_undressed(block))
        elif found and _underlines(block, found[-1]):
            found[-1] = found[-1].having(SHOUTS)
        else:
            found.append(replace(block, kind=Kind.RULE, runs=(), level=0))
    return Mended.of(found)


def _is_row(block: Block) -> bool:
    is_line = block.kind in {Kind.PARAGRAPH, Kind.POINT} and not block.rows
    return is_line and bool(_ROW.fullmatch(block.text.strip())) and len(block.text.strip()) > 1


def _underlines(row: Block, above: Block) -> bool:
    """Whether a row of signs stands right below a line, and is about as long."""
    near = row.line is not None and row.line.gap <= 1
    is_line = above.kind is Kind.PARAGRAPH and 0 < len(above.text.split()) <= _WORDS
    return near and is_line and len(row.text.strip()) * 2 >= len(above.text)


def _undressed(block: Block) -> Block:
    if block.kind is not Kind.PARAGRAPH or len(block.text.split()) > _WORDS + 2 or "\n" in block.text:
        return block
    text = block.text.strip()
    dressed = _AROUND.fullmatch(text) or (_BEFORE.fullmatch(text) if block.line else None)
    if dressed is None or not any(map(str.isalnum, dressed["text"])):
        return block
    return block.having(SHOUTS, runs=_cut(block.runs, text, *dressed.span("text")))


def _cut(runs: Runs, text: str, start: int, end: int) -> Runs:
    offset = text_of(runs).find(text)
    return stripped(cut(runs, offset + start, offset + end))
