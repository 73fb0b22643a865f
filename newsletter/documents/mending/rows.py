"""Lines with tabs, one below the other, that are the rows of a table.

Rule: two rows at least, of as many cells each; a lone tab is a space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from newsletter.documents.blocks import Block, Kind, Runs, cut, stripped, text_of
from newsletter.documents.mending.marks import mark_of
from newsletter.documents.mending.steps import Blocks, Mended

STEP = "typed tables"

_TABS = re.compile(r"\t+")
_DOTTED = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,3}\.?\t+[^\W\d][^\t]*$")
"""The number of a minute and its text: “3.1.1	The accounts were agreed.”"""
_FEWEST = 2
_LONGEST_CELL_WORDS = 20


def mend(blocks: Blocks) -> Mended:
    """Make tables of rows; elsewhere a tab is a space, as a reader of HTML would see it."""
    return Mended.of(_without_tabs(block) for block in _tables(blocks))


def _tables(blocks: Blocks) -> Iterator[Block]:
    rows: list[Block] = []
    for block in [*blocks, None]:
        if rows and (block is None or len(_cells(block)) != len(_cells(rows[0]))):
            yield from _table(rows)
            rows = []
        if block is not None and len(_cells(block)) > 1:
            rows.append(block)
        elif block is not None:
            yield block


def _cells(block: Block) -> tuple[Runs, ...]:
    """The cells of a line, where it may be a row."""
    text = block.text
    is_line = block.kind is Kind.PARAGRAPH and not block.level and "\n" not in text
    if not is_line or "\t" not in text or mark_of(text) is not None or _DOTTED.match(text):
        return ()
    places = [0, *(end for found in _TABS.finditer(text) for end in found.span()), len(text)]
    cells = tuple(
        stripped(cut(block.runs, low, high)) for low, high in zip(places[::2], places[1::2], strict=True)
    )
    return () if any(len(text_of(cell).split()) > _LONGEST_CELL_WORDS for cell in cells) else cells


def _table(rows: list[Block]) -> Iterator[Block]:
    if len(rows) < _FEWEST:
        yield from rows
        return
    cells = tuple(_cells(row) for row in rows)
    yield rows[0].having(STEP, kind=Kind.TABLE, runs=(), rows=cells, look="taken for a table")


def _without_tabs(block: Block) -> Block:
    if "\t" not in block.text or block.rows:
        return block
    runs = stripped(tuple(replace(run, text=_TABS.sub(" ", run.text)) for run in block.runs))
    is_row = len(_cells(block)) > 1
    return (
        block.having(STEP, runs=runs, look="looks like a row of a table")
        if is_row
        else replace(block, runs=runs)
    )
