"""Headings that run into their paragraph: “**Finance:** The Treasurer said …”.

Rule: only in a document that shows headings in no other way, and where several paragraphs begin so; elsewhere
such words are emphasis, and stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.documents.blocks import Block, Kind, cut, stripped, text_of
from newsletter.documents.mending import phrases
from newsletter.documents.mending.signs import signs
from newsletter.documents.mending.steps import Blocks, Mended

STEP = "headings in a paragraph"

_FEWEST = 3
_FEWEST_PLAIN = 4
_WORDS = 8
_LEAST_AFTER, _LEAST_AFTER_BOLD = 8, 3
_FEW_OTHERS = 2
_PLAIN = re.compile(r"(?P<head>[A-Z][^.:;!?\n]{2,60})(?P<mark>:|\s[–—-])\s+(?=[A-Z“‘\"'£\d])")
_STOPPED = re.compile(r"(?P<head>[A-Z][^.;!?\n]{2,60})(?P<mark>[.?])\s+(?=[A-Z“‘\"'£\d])")


def mend(blocks: Blocks) -> Mended:
    """Part headings from their paragraphs, where that is how a document shows them."""
    if len(signs(blocks, 0.0)) >= _FEW_OTHERS:
        return Mended(blocks)
    texts = sum(_may_hold(block) and _has_text(block, 0, _LEAST_AFTER) for block in blocks)
    for length, fewest in (
        (_bold, _FEWEST),
        (_plain, _FEWEST_PLAIN),
        (_stopped, max(_FEWEST_PLAIN, texts / 3)),
    ):
        places = {index: found for index, block in enumerate(blocks) if (found := length(block))}
        if len(places) >= fewest:
            return Mended.of(
                part for index, block in enumerate(blocks) for part in _parted(block, places.get(index))
            )
    return Mended(blocks)


def _bold(block: Block) -> int | None:
    """How many characters at the beginning are bold, where they may be a heading."""
    if not _may_hold(block):
        return None
    length = 0
    for run in block.runs:
        if not run.bold and run.text.strip():
            break
        length += len(run.text)
    head = block.text[:length].strip()
    return length if _may_head(head) and _has_text(block, length, _LEAST_AFTER_BOLD) else None


def _plain(block: Block) -> int | None:
    """The same, of words before a colon or a dash."""
    found = _PLAIN.match(block.text) if _may_hold(block) else None
    if found is None or not _may_head(found["head"]) or phrases.leads_in(found["head"]):
        return None
    return found.end() if _has_text(block, found.end(), _LEAST_AFTER) else None


def _stopped(block: Block) -> int | None:
    """The same, of words without a verb before a full stop or a question mark."""
    found = _STOPPED.match(block.text) if _may_hold(block) else None
    if found is None or not _may_head(found["head"]) or phrases.leads_in(found["head"]):
        return None
    if found["head"].endswith("ed"):
        # “Questions followed.”
        return None
    return found.end() if _has_text(block, found.end(), _LEAST_AFTER_BOLD) else None


def _may_hold(block: Block) -> bool:
    return block.kind is Kind.PARAGRAPH and not block.level and not block.quoted and "\n" not in block.text


def _may_head(head: str) -> bool:
    return 0 < len(head.split()) <= _WORDS and head[0].isupper() and not phrases.is_no_heading(head)


def _has_text(block: Block, length: int, least: int) -> bool:
    return len(block.text[length:].split()) >= least


def _parted(block: Block, length: int | None) -> Iterator[Block]:
    if length is None:
        yield block
        return
    head = stripped(cut(block.runs, 0, length))
    end = len(text_of(head).rstrip(" :.–—-"))
    yield block.having(
        STEP,
        kind=Kind.HEADING,
        level=1,
        runs=stripped(cut(head, 0, end)),
        look="taken for a heading of its paragraph",
    )
    yield block.having(STEP, runs=stripped(cut(block.runs, length)))
