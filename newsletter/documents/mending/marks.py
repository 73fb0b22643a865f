"""What people type before a point of a list.

Rule: a sign that can only be a bullet is one wherever a line begins with it; what can also be text (a dash, a
number, the letter o) needs white space after it, and neighbours that agree, which is for the caller to see.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PRIVATE = {
    "\uf0b7": "•",
    "\uf0a7": "▪",
    "\uf0d8": "➢",
    "\uf0fc": "✓",
    "\uf0a8": "□",
    "\uf06c": "●",
    "\uf06e": "■",
    "\uf076": "❖",
    "\uf0e0": "→",
    "\uf0b0": "°",
    "\uf02d": "–",
    "\uf02a": "*",
    "\uf0be": "—",
    "\uf0fe": "☑",
    "\uf071": "□",
    "\uf0d2": "•",
    "\uf09f": "•",
}
"""Letters of Word's fonts Symbol and Wingdings, as they come out where the font is gone."""

_SURE = "•‣◦▪▫●○■□◆◇►▶▸➢➤➔✓✔✗☑☐❖·∙⁃➣★☆→⇒»\uf0b7"
_UNSURE = "-–—*+"
_BULLET = re.compile(rf"(?P<mark>[{_SURE}])[ \t]*(?P<text>\S.*)?", re.DOTALL)
_DASH = re.compile(rf"(?P<mark>[{re.escape(_UNSURE)}])(?:[ \t]+(?P<text>\S.*))?", re.DOTALL)
_LETTER = re.compile(r"(?P<mark>[o§])(?:[ \t]+(?P<text>\S.*))?", re.DOTALL)
_NUMBER = re.compile(r"\(?(?P<mark>\d{1,2})[.)](?:[ \t]+(?P<text>\S.*))?", re.DOTALL)
_LABEL = re.compile(
    r"(?P<mark>\((?:[a-z]|[ivx]{1,4})\)|(?:[a-z]|[ivx]{1,4})\)|[a-z]\.)[ \t]+(?P<text>\S.*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A marker at the beginning of a text."""

    sign: str
    """Which bullet, or `1`, or `(a)`."""
    length: int
    """How many characters stand before the point's own text."""
    kind: str
    """`bullet`, `dash`, `letter`, `number` or `label`."""

    @property
    def is_sure(self) -> bool:
        return self.kind == "bullet"

    @property
    def number(self) -> int | None:
        return int(self.sign) if self.kind == "number" else None


_KINDS = (("bullet", _BULLET), ("dash", _DASH), ("letter", _LETTER), ("number", _NUMBER), ("label", _LABEL))


def mark_of(text: str) -> Mark | None:
    """The marker that a text begins with, if it can be one."""
    for kind, pattern in _KINDS:
        found = pattern.fullmatch(text)
        if found:
            length = found.start("text") if found["text"] else len(text)
            return Mark(found["mark"], length, kind)
    return None
