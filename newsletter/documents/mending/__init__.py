"""The chain of steps that makes a report of what a reader found.

Rule: the order never changes. Characters come first, since every later step reads them; lines become paragraphs
before anything asks what a paragraph is; the title is taken before headings are ranked.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.documents.blocks import Document
from newsletter.documents.mending import (
    breaks,
    characters,
    disclaimer,
    furniture,
    headings,
    inserts,
    lines,
    masthead,
    ordinals,
    ornaments,
    points,
    rows,
    run_ins,
    sign_columns,
)
from newsletter.documents.mending.masthead import Author, Head
from newsletter.documents.mending.steps import Blocks, Change, Step

__all__ = ["Author", "Change", "Head", "Report", "mend"]

_BEFORE: tuple[Step, ...] = (
    characters.mend,
    furniture.mend,
    ordinals.mend,
    sign_columns.mend,
    lines.mend,
    breaks.mend,
    ornaments.mend,
    points.mend,
    rows.mend,
)


@dataclass(frozen=True, slots=True)
class Report:
    """A document that has been mended."""

    blocks: Blocks
    head: Head
    changes: tuple[Change, ...]


def mend(document: Document, author: Author) -> Report:
    """Run every step."""
    blocks = document.blocks
    changes: list[Change] = []
    for step in _BEFORE:
        mended = step(blocks)
        blocks = mended.blocks
        changes += mended.changes
    mended, head = masthead.mend(blocks, author)
    changes += mended.changes
    for after in (lambda each: disclaimer.mend(each, author), run_ins.mend, headings.mend, inserts.mend):
        mended = after(mended.blocks)
        changes += mended.changes
    return Report(mended.blocks, head, tuple(changes))
