"""What a step of mending is.

Rule: a step is a pure function from blocks to blocks. Whatever word it takes out, puts in or alters it says,
since a difference between the document and the draft that no step has said counts as a loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from newsletter.documents.blocks import Block

Blocks = tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Words that differ between the document and the draft on purpose."""

    step: str
    before: str = ""
    """As the document has them; empty where something was put in."""
    after: str = ""
    """As the draft has them; empty where something was taken out."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What a step made of the blocks."""

    blocks: Blocks
    changes: tuple[Change, ...] = ()

    @classmethod
    def of(cls, blocks: Iterable[Block], changes: Iterable[Change] = ()) -> Mended:
        return cls(tuple(blocks), tuple(changes))


Step = Callable[[Blocks], Mended]
