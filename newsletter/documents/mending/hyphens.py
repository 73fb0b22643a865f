"""A word that was divided at the end of a line.

Rule: the document's own words decide; where they say nothing, a first part that people join with hyphens keeps
it, and every guess is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

STEP = "hyphenation"

_END = re.compile(r"(?<!\w)(?P<start>[^\W\d_]+(?:[-’'][^\W\d_]+)*)(?P<hyphen>[-\u2010\u00ad]\s?)$")
_START = re.compile(r"(?P<end>[^\W\d_]+(?:[’'-][^\W\d_]+)*)(?!\w)")
_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_KEPT = (
    "all anti by co cross daughter day de door down eight eighty ex face far fifty first five forty four full "
    "general half hard high in left line long low member mid month mother multi mutual near nine ninety non "
    "off on one out over part party past post pre pro re right second secretary self semi seven seventy short "
    "side single six sixty state step ten third thirty three trade twenty two under up vice week well working "
    "year"
)
_KEEPS = frozenset(_KEPT.split())
"""What people join to another word with a hyphen."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words that stand whole in a document."""

    whole: frozenset[str]

    @classmethod
    def of(cls, lines: Iterable[str]) -> Words:
        """The words of some lines, without the two halves of those that are divided."""
        found: set[str] = set()
        is_divided = False
        for line in lines:
            words = [word.lower() for word in _WORD.findall(line)]
            first, is_divided = int(is_divided), _END.search(line) is not None
            found.update(words[first : len(words) - is_divided])
        return cls(frozenset(found))


@dataclass(frozen=True, slots=True)
class Joined:
    """A word put together again."""

    before: str
    after: str
    dropped: int
    """Characters to be taken from the end of the upper line."""
    is_guess: bool


def joined(above: str, below: str, words: Words) -> Joined | None:
    """The word that two lines share; None where the upper one does not end in a hyphen that joins them."""
    upper, lower = _END.search(above), _START.match(below)
    if upper is None or lower is None or not lower["end"][0].islower():
        return None
    keeps, is_guess = _keeps_hyphen(upper["start"].lower(), lower["end"].lower(), words)
    if "\u00ad" in upper["hyphen"]:
        keeps, is_guess = False, False
    dropped = len(upper["hyphen"]) - keeps
    # With what stands around the word: it is compared as a whole.
    first, second = above.rsplit(maxsplit=1)[-1], below.split(maxsplit=1)[0]
    start = above[: len(above) - dropped].rsplit(maxsplit=1)[-1]
    return Joined(f"{first} {second}", f"{start}{second}", dropped, is_guess)


def _keeps_hyphen(start: str, end: str, words: Words) -> tuple[bool, bool]:
    """Whether the hyphen belongs to the word, and whether that is a guess."""
    if f"{start}-{end}" in words.whole:
        return True, False
    if start + end in words.whole:
        return False, False
    if start in _KEEPS or "-" in start:
        return True, True
    # Half a word is rarely a word of its own: “organi-” and “sation” stand nowhere else.
    return start in words.whole and end in words.whole, True
