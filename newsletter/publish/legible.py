"""What of a finished PDF can be read: letters large enough, dark enough on white paper, and on the page.

Rule: in doubt it is not read. Only this is judged; that nothing lies over the words is the template's affair,
and the foot of the pages is not its to write.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from math import hypot
from typing import Any

from newsletter.publish import signs
from newsletter.render.colour import AA, BLACK, WHITE, Colour, contrast

LEAST_FONT_PT = 7.0

_NOT_SEEN = re.compile(r"[\s\u00ad\u200b-\u200f\u2060]+")
_TO_THE_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+")
"""Hebrew, Arabic and their neighbours."""
_COLOUR_SPACE = {1: lambda grey: (grey, grey, grey), 3: lambda *rgb: rgb}
"""How many numbers name a colour → its red, green and blue, from 0 to 1."""


def pages(pdf: bytes) -> tuple[str, ...]:
    """The legible text of each page."""
    from pypdf import PdfReader  # noqa: PLC0415 - not everybody has it

    return tuple(_Reader(page).text() for page in PdfReader(BytesIO(pdf)).pages)


def times(words: str, page: str) -> int:
    """How often a page says this, however its lines are broken and its signs are spelled out."""
    said, found = (signs.without(_NOT_SEEN.sub("", text), words) for text in (words, page))
    if not _TO_THE_LEFT.search(words):
        return found.count(said)
    # Words that run to the left, and the points beside them, stand on a line in another order than in the text.
    left = [found.count(word) for word in _TO_THE_LEFT.findall(words)]
    said, found = (re.sub(rf"[\W_]|{_TO_THE_LEFT.pattern}", "", text) for text in (said, found))
    return min([*left, found.count(said)] if said else left)


@dataclass(slots=True)
class _Reader:
    """Follows a page as it is painted, and keeps the words that can be read."""

    page: Any
    colour: Colour | None = BLACK
    saved: list[Colour | None] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    def text(self) -> str:
        self.page.extract_text(visitor_operand_before=self._painted, visitor_text=self._written)
        return "".join(self.read)

    def _painted(self, operator: bytes, operands: Sequence[Any], _cm: Any, _tm: Any) -> None:
        match operator:
            case b"q":
                self.saved.append(self.colour)
            case b"Q":
                self.colour = self.saved.pop() if self.saved else None
            case b"cs" | b"k":
                self.colour = None
            case b"scn" | b"sc" | b"rg" | b"g":
                self.colour = _colour(operands)

    def _written(self, text: str, cm: Sequence[float], tm: Sequence[float], _font: Any, size: float) -> None:
        large = size * hypot(tm[2], tm[3]) * hypot(cm[2], cm[3])
        dark = self.colour is not None and contrast(self.colour, WHITE) >= AA
        if not text.strip() or (large >= LEAST_FONT_PT and dark and self._is_on_page(cm, tm)):
            self.read.append(text)

    def _is_on_page(self, cm: Sequence[float], tm: Sequence[float]) -> bool:
        """Where it begins."""
        x = cm[0] * tm[4] + cm[2] * tm[5] + cm[4]
        y = cm[1] * tm[4] + cm[3] * tm[5] + cm[5]
        box = self.page.mediabox
        return bool(box.left <= x <= box.right and box.bottom <= y <= box.top)


def _colour(operands: Sequence[Any]) -> Colour | None:
    numbers = [float(each) for each in operands if not isinstance(each, str)]
    known = _COLOUR_SPACE.get(len(numbers))
    return Colour(*(round(255 * share) for share in known(*numbers))) if known else None
