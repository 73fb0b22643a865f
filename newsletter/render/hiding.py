"""Lengths and shares as CSS writes them, and how little room is none.

Rule: an em is taken as 16 px; what is a share of something unknown is not a length.
"""

from __future__ import annotations

import re

LEAST_WIDTH_PX = 120.0
"""The least in which a line of a footer can be read."""

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
