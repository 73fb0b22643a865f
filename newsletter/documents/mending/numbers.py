"""Numbers and letters typed before headings: “1.”, “2)”, “Item 3:”, “A.”, “IV.”.

Rule: those that count on from the first are taken out, since a mail numbers its sections itself; an initial, or
a number that stands alone, is text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

NUMBERED = re.compile(
    r"(?:(?:item|section|agenda item)\s+)?(?P<number>\d{1,2})(?:[.):]|\s+[-–—])\s+(?=\S)", re.IGNORECASE
)
"""A number typed before a heading."""
_LETTERED = re.compile(r"(?P<number>[A-Z])[.):]\s+(?=\S)")
_ROMAN = re.compile(r"(?P<number>[IVX]{1,5})[.):]\s+(?=\S)")
_ROMANS = "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII XVIII XIX XX".split()  # noqa: SIM905
_NAMES = (
    (NUMBERED, 2, [str(number) for number in range(1, 100)]),
    (_LETTERED, 3, [chr(letter) for letter in range(ord("A"), ord("Z") + 1)]),
    (_ROMAN, 3, _ROMANS),
)
"""What may be typed, how many must count on, and what they are called in order."""


def that_count_on(texts: Mapping[int, str]) -> dict[int, re.Match[str]]:
    """The texts, by their place, that most of a text's headings begin with, if they count on from the first."""
    for pattern, fewest, names in _NAMES:
        found = {index: match for index, text in texts.items() if (match := pattern.match(text))}
        said = [match["number"].removeprefix("0") for match in found.values()]
        if len(found) >= fewest and said == names[: len(said)] and len(found) * 2 > len(texts):
            return found
    return {}


def typed(text: str) -> str:
    """What is typed before a heading that counts on."""
    return next((found[0] for pattern, _, _ in _NAMES if (found := pattern.match(text))), "")


def is_place(number: str, place: int) -> bool:
    """Whether a number or a letter names a place, counted from 1."""
    return any(names[place - 1 : place] == [number.removeprefix("0")] for _, _, names in _NAMES)
