"""Which declarations of CSS hide what they stand on, whoever reads the mail.

Rule: a property is judged by itself, without the cascade: a theme has no reason to write one of these around
the disclaimer, whatever else it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from newsletter.render.css import Declaration

LEAST_HEIGHT_PX = 20.0
LEAST_WIDTH_PX = 120.0
_LEAST_OPACITY = 0.5
_FARTHEST_PX = 100.0
_TIGHTEST_PX = -2.0

_LENGTH = re.compile(r"(-?(?:\d+\.?\d*|\.\d+))(px|pt|em|rem|%|vw|vh|ex|ch|in|cm|mm|)")
_PX = {
    "px": 1.0,
    "": 1.0,
    "pt": 4 / 3,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
    "ch": 8.0,
    "in": 96.0,
    "cm": 37.8,
    "mm": 3.78,
}
_CLIPPING = frozenset({"hidden", "clip", "scroll", "auto"})

_MOVING = ("left", "right", "top", "bottom", "inset", "text-indent", "translate")
_DISTORTING = (
    *("transform", "rotate", "scale", "zoom", "filter", "mask", "mask-image", "clip-path", "offset-path"),
    *("mix-blend-mode", "all", "animation", "animation-name"),
)
_PAINTING = ("-webkit-text-fill-color", "-webkit-text-security", "-webkit-text-stroke")

_HARMLESS: dict[str, Callable[[str], bool]] = {
    "display": lambda value: value not in {"none", "contents"},
    "visibility": lambda value: value not in {"hidden", "collapse"},
    "content-visibility": lambda value: value == "visible",
    "mso-hide": lambda value: value == "none",
    "opacity": lambda value: number(value) >= _LEAST_OPACITY,
    "clip": lambda value: value == "auto",
    "position": lambda value: value in {"static", "relative"},
    "background-image": lambda value: value == "none",
    "letter-spacing": lambda value: min(sizes(value), default=0) >= _TIGHTEST_PX,
    "word-spacing": lambda value: min(sizes(value), default=0) >= _TIGHTEST_PX,
    **dict.fromkeys(_MOVING, lambda value: all(abs(size) <= _FARTHEST_PX for size in sizes(value))),
    **dict.fromkeys(_DISTORTING, lambda value: value in {"none", "normal", "1"}),
    **dict.fromkeys(_PAINTING, lambda _value: False),
}
"""The properties that can hide, and what they may say."""


def hides(declaration: Declaration, block: Sequence[Declaration]) -> bool:
    """Whether a declaration, in its block, would hide what it stands on."""
    name, value, _ = declaration
    if name in {"height", "max-height", "width", "max-width"}:
        return _leaves_no_room(name, value, block)
    if name.startswith("margin"):
        name = "left"
    harmless = _HARMLESS.get(name)
    return harmless is not None and not harmless(value)


def lies_over(declaration: Declaration) -> bool:
    """Whether a declaration could lay what it stands on over something else."""
    name, value, _ = declaration
    if name == "position":
        return value not in {"static", "relative"}
    return name.startswith("margin") and any(size < 0 for size in sizes(value))


def least(name: str) -> float:
    """The least width or height, in px, in which a paragraph can be read."""
    return LEAST_WIDTH_PX if name.endswith("width") else LEAST_HEIGHT_PX


def _leaves_no_room(name: str, value: str, block: Sequence[Declaration]) -> bool:
    """A small height of its own hides nothing unless it clips too; `max-` is only written that small to
    hide.
    """
    size = px(value)
    if size is None or size >= least(name):
        return False
    clips = any(other.name.startswith("overflow") and other.value in _CLIPPING for other in block)
    return clips or size == 0 or name.startswith("max-")


def sizes(value: str) -> list[float]:
    """The lengths of a value such as that of `margin`, in px."""
    return [size for size in map(px, value.split()) if size is not None]


def px(value: str) -> float | None:
    """A length in px, with an em taken as 16; a share of something unknown, or no length, is None."""
    found = _LENGTH.fullmatch(value.strip())
    if found is None:
        return None
    if found[2] in _PX:
        return float(found[1]) * _PX[found[2]]
    return 0.0 if float(found[1]) == 0 else None


def number(value: str) -> float:
    """A plain number or a percentage as a share of one; anything else is 0, the worst of them."""
    if value.endswith("%") and is_number(value[:-1]):
        return float(value[:-1]) / 100
    return float(value) if is_number(value) else 0.0


def is_number(value: str) -> bool:
    """Whether the value has no unit."""
    return re.fullmatch(r"-?(?:\d+\.?\d*|\.\d+)", value) is not None
