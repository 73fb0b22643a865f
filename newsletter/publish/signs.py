"""Signs that no font has, written out in words: a face becomes “[slightly smiling face]”.

Rule: nothing is left out in silence, and a letter is never a word; who lacks letters needs a font.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

_KEPT = frozenset({"address", "to", "anchor", "code"})
"""Keys of values that nobody reads: addresses and pictures."""
_JOINERS = "\u200d\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"
"""What binds signs to one: joiners, variations, key caps, shades of skin, and the letters of a flag's tag."""
_FLAGS = range(0x1F1E6, 0x1F200)
"""Each stands for a letter; two of them are a flag."""


def not_to_be_spelled(missing: Iterable[str]) -> set[str]:
    """The letters among the signs that are missing."""
    return {
        sign
        for sign in "".join(missing)
        if unicodedata.category(sign)[0] in "LMN" and not sign.isascii() and not re.match(f"[{_JOINERS}]", sign)
    }


def spelled_out(values: Any, missing: Iterable[str]) -> Any:
    """The same values, with the names of those signs in place of them."""
    wanted = "".join(sorted({sign for sign in "".join(missing) if not sign.isascii()}))
    found = re.compile(f"(?:[{re.escape(wanted)}][{_JOINERS}]*)+")
    return _replaced(values, found)


def without(text: str, others: str) -> str:
    """A text, which has no white space, without the signs that `others` holds, set or spelled out."""
    held = {sign for sign in others if unicodedata.category(sign) == "So"}
    if not held:
        return text
    names = "|".join(sorted(re.escape(_name(sign).replace(" ", "")) for sign in held))
    return re.sub(f"[{re.escape(''.join(sorted(held)))}{_JOINERS}]|\\[(?:{names})+\\]", "", text)


def _replaced(value: Any, found: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return found.sub(_named, value)
    if isinstance(value, Mapping):
        return {key: held if key in _KEPT else _replaced(held, found) for key, held in value.items()}
    return [_replaced(held, found) for held in value] if isinstance(value, list | tuple) else value


def _named(found: re.Match[str]) -> str:
    names = [_name(sign) for sign in found[0] if not re.match(f"[{_JOINERS}]", sign)]
    return f"[{' '.join(names)}]" if names else ""


def _name(sign: str) -> str:
    if ord(sign) in _FLAGS:
        return chr(ord("A") + ord(sign) - _FLAGS.start)
    return unicodedata.name(sign, "a sign without a name").lower()
