"""Colours as themes and settings write them, and whether a person can read one on another.

Source of the formulas: WCAG 2.2, "relative luminance" and "contrast ratio"; AA asks 4.5 to 1 for text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

AA = 4.5
_LINEAR_UP_TO = 0.04045

_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_RGB = re.compile(r"rgb\((\d{1,3}),(\d{1,3}),(\d{1,3})\)|rgba\((\d{1,3}),(\d{1,3}),(\d{1,3}),(?:1|1\.0|100%)\)")
_BLANKS = re.compile(r"\s*([(),])\s*")
_NAMED = {
    "black": "#000000",
    "white": "#ffffff",
    "gray": "#808080",
    "grey": "#808080",
    "silver": "#c0c0c0",
    "red": "#ff0000",
    "green": "#008000",
    "blue": "#0000ff",
    "navy": "#000080",
    "maroon": "#800000",
    "yellow": "#ffff00",
}


class Colour(NamedTuple):
    """An opaque colour in sRGB, each channel from 0 to 255."""

    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


WHITE = Colour(255, 255, 255)
BLACK = Colour(0, 0, 0)


def parse(text: str) -> Colour | None:
    """An opaque colour: hexadecimal, `rgb()` with commas, or one of a few names. None for anything else, also
    for what only some readers take for a colour.
    """
    text = _NAMED.get(text.strip().lower(), text.strip())
    if _HEX.fullmatch(text):
        digits = text[1:] if len(text) == len("#rrggbb") else "".join(digit * 2 for digit in text[1:])
        return Colour(*bytes.fromhex(digits))
    found = _RGB.fullmatch(_BLANKS.sub(r"\1", text.lower()))
    if found:
        return Colour(*(min(int(channel), 255) for channel in found.groups() if channel))
    return None


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio, from 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(colour: Colour, other: Colour, share: float) -> Colour:
    """`colour` with this share of `other` in it, from 0 to 1."""
    return Colour(*(round(a + (b - a) * share) for a, b in zip(colour, other, strict=True)))


def readable(colour: Colour, background: Colour, ratio: float = AA) -> Colour:
    """The nearest shade of `colour`, towards black or white, that can be read on `background`."""
    target = BLACK if contrast(BLACK, background) > contrast(WHITE, background) else WHITE
    shades = (mix(colour, target, step / 50) for step in range(51))
    return next((shade for shade in shades if contrast(shade, background) >= ratio), target)


def _luminance(colour: Colour) -> float:
    linear = [
        value / 12.92 if value <= _LINEAR_UP_TO else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
