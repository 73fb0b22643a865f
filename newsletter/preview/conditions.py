"""Conditional comments, read as Outlook on Windows reads them and nobody else does.

Source: Microsoft, "About conditional comments" (the grammar); Word sets `mso` and its version, not `IE`.
"""

from __future__ import annotations

import re

WORD = 16.0
"""Outlook 2016 to 2024 and of Microsoft 365 all say version 16."""

_HIDDEN = re.compile(r"<!--\[if\s([^\]]*)\]>(?!<!-->)(.*?)<!\[endif\]-->", re.DOTALL | re.IGNORECASE)
"""`<!--[if mso]>…<![endif]-->`: for Outlook; a comment to everybody else."""

_REVEALED = re.compile(
    r"<!--\[if\s([^\]]*)\]>(?:<!-->|-->)(.*?)(?:<!--<!\[endif\]-->|<!\[endif\]-->)", re.DOTALL | re.IGNORECASE
)
"""`<!--[if !mso]><!-->…<!--<![endif]-->`: for everybody else."""

_BARE = re.compile(r"<!\[if\s([^\]]*)\]>(.*?)<!\[endif\]>", re.DOTALL | re.IGNORECASE)
_TERMS = re.compile(
    r"\(|\)|!|&|\||(?:(gt|gte|lt|lte)\s+)?(mso|ie|vml|true|false)(?:\s+([\d.]+))?", re.IGNORECASE
)


def as_word_reads(html: str) -> str:
    """The HTML with every conditional comment settled as Word settles it."""
    settled = _REVEALED.sub(_settled, html)
    settled = _HIDDEN.sub(_settled, settled)
    return _BARE.sub(_settled, settled)


def holds(expression: str) -> bool:
    """Whether the condition holds in Word: `mso`, `!mso`, `mso | IE`, `(gte mso 9)&(lt mso 16)`…

    What cannot be read does not hold.
    """
    terms = list(_TERMS.finditer(expression))
    if "".join(found[0] for found in terms).replace(" ", "") != expression.replace(" ", ""):
        return False
    words = ["(" if found[0] == "(" else _value(found) for found in terms]
    value, rest = _either(words)
    return value and not rest


def _settled(found: re.Match[str]) -> str:
    return found[2] if holds(found[1]) else ""


def _value(found: re.Match[str]) -> str:
    """A term as one of `( ) ! & | true false`."""
    if found[2] is None:
        return found[0]
    name, operator, version = found[2].lower(), (found[1] or "").lower(), found[3]
    if name != "mso" or version is None:
        return "true" if name in {"mso", "vml", "true"} else "false"
    wanted = float(version)
    compared = {
        "": wanted == WORD,
        "gt": wanted < WORD,
        "gte": wanted <= WORD,
        "lt": wanted > WORD,
        "lte": wanted >= WORD,
    }
    return "true" if compared[operator] else "false"


def _either(words: list[str]) -> tuple[bool, list[str]]:
    value, rest = _both(words)
    while rest[:1] == ["|"]:
        other, rest = _both(rest[1:])
        value = value or other
    return value, rest


def _both(words: list[str]) -> tuple[bool, list[str]]:
    value, rest = _one(words)
    while rest[:1] == ["&"]:
        other, rest = _one(rest[1:])
        value = value and other
    return value, rest


def _one(words: list[str]) -> tuple[bool, list[str]]:
    match words:
        case ["!", *rest]:
            value, rest = _one(rest)
            return not value, rest
        case ["(", *rest]:
            value, rest = _either(rest)
            return value, rest[1:]
        case ["true", *rest]:
            return True, rest
        case _:
            return False, words[1:]
