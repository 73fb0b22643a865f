"""Characters that only look like what was meant, or that nobody sees.

Rule: no letter is changed that a reader can tell from the one before, but for text in a wrong encoding, which
is undone only where that gives whole words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from unicodedata import normalize

from newsletter.documents.blocks import Block, Kind, Run, Runs, stripped, text_of
from newsletter.documents.mending.marks import PRIVATE
from newsletter.documents.mending.steps import Blocks, Change, Mended

STEP = "characters"

_LIGATURES = re.compile("[\ufb00-\ufb06]")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c\ufffc]")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_PRIVATE = re.compile("[\uf000-\uf0ff]")
_QUOTES = (
    (re.compile(r"(?<=[\w.,!?])(?:''|´´|``)"), "”"),
    (re.compile(r"``|´´|(?<!\w),,(?=\w)"), "“"),
    (re.compile(r"(?<=\w)[`´](?=\w)"), "’"),
)
"""Quotes and apostrophes put together from accents and commas."""
_MOJIBAKE = re.compile(r"(?:â€|Ã[\x80-\xbf©¨¡³­ª«¢§®¯°±²´µ¶·¸¹º»¼½¾¿ ]|Â[£§°·©\xa0«»])\S*")
_NON_BREAKING = re.compile("[\u2011]")


def mend(blocks: Blocks) -> Mended:
    """Every run of every block."""
    changes: list[Change] = []
    mended = [_mended(block, changes) for block in blocks]
    # Where nothing was but what nobody sees, nothing is left.
    return Mended.of(
        (block for block in mended if block.runs or block.rows or block.kind is Kind.RULE), changes
    )


def _mended(block: Block, changes: list[Change]) -> Block:
    runs = _runs(block.runs, changes)
    rows = tuple(tuple(_runs(cell, changes) for cell in row) for row in block.rows)
    if runs == block.runs and rows == block.rows:
        return block
    look = "a character of a font that is gone" if _PRIVATE.search(text_of(runs)) else ""
    return block.having(STEP, runs=stripped(runs), rows=rows, look=look)


def _runs(runs: Runs, changes: list[Change]) -> Runs:
    return tuple(_run(run, changes) for run in runs)


def _run(run: Run, changes: list[Change]) -> Run:
    text = run.text
    if (
        text.isascii()
        and "`" not in text
        and "''" not in text
        and ",," not in text
        and not _CONTROLS.search(text)
    ):
        return run
    repaired = _MOJIBAKE.sub(lambda found: _decoded(found[0]), text)
    changes += _said(text, repaired)
    return replace(run, text=_cleaned(repaired))


def _cleaned(text: str) -> str:
    text = _LIGATURES.sub(lambda found: normalize("NFKC", found[0]), text)
    text = _PRIVATE.sub(lambda found: PRIVATE.get(found[0], found[0]), _NON_BREAKING.sub("-", text))
    text = _CONTROLS.sub("", _UNSEEN.sub("", _SPACES.sub(" ", text)))
    for pattern, meant in _QUOTES:
        text = pattern.sub(meant, text)
    return normalize("NFC", text)


def _decoded(word: str) -> str:
    """A word that was UTF-8 and read as Windows-1252."""
    try:
        return word.encode("cp1252").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return word


def _said(text: str, repaired: str) -> Iterator[Change]:
    if text != repaired:
        yield Change(STEP, text, repaired)
