"""A style sheet as a list of rules, each with the conditions it stands under.

Rule: nothing is skipped. What no library reads for us (`@supports`, `@layer`, nesting, an unclosed block) is
read here too, because this decides whether the disclaimer can be seen, and a reader's program may read more
than ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_SIGNS = re.compile(
    r"""(?P<comment>/\*.*?(?:\*/|\Z))
    |[^{};"'\\/]+|/|[{};]|\\.
    |(?P<quoted>"(?:[^"\\]|\\.)*(?:"|\Z)|'(?:[^'\\]|\\.)*(?:'|\Z))""",
    re.DOTALL | re.VERBOSE,
)
_AT_RULE = re.compile(r"@[-\w]*")
_KNOWN_AT_RULES = frozenset({"@media", "@supports", "@page", "@keyframes", "@-webkit-keyframes", "@charset"})
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?|\\(.)", re.DOTALL)


class Declaration(NamedTuple):
    """One property and its value, in lower case."""

    name: str
    value: str
    important: bool


class Rule(NamedTuple):
    """A selector and what it says, under the preludes of the at-rules around it."""

    conditions: tuple[str, ...]
    selector: str
    declarations: tuple[Declaration, ...]


@lru_cache(maxsize=512)
def declarations(text: str) -> tuple[Declaration, ...]:
    """The declarations of a `style` attribute or of a block."""
    return tuple(_declarations(_pieces(text)))


@lru_cache(maxsize=64)
def rules(sheet: str) -> tuple[Rule, ...]:
    """Every rule of a style sheet, in order; a rule nested in another stands under its own selector."""
    pieces = _signs(sheet.replace("<!--", " ").replace("-->", " "))
    return tuple(_rules(iter([*pieces, "}"]), (), ""))


@lru_cache(maxsize=512)
def doubt(text: str) -> str:
    """What makes a style sheet or a `style` such that two programs may read it in two ways; empty if nothing
    does.
    """
    depth = 0
    for found in _SIGNS.finditer(text):
        sign = found[0]
        if found["comment"]:
            continue
        if found["quoted"]:
            if "\n" in sign or "\f" in sign or "\r" in sign or len(sign) == 1 or sign[-1] != sign[0]:
                return "a quotation in it does not end on its line"
            continue
        if sign.startswith("\\"):
            return "it has a backslash"
        unknown = next((name for name in _AT_RULE.findall(sign) if name.lower() not in _KNOWN_AT_RULES), None)
        if unknown:
            return f"it has {unknown}"
        depth += sum(sign.count(bracket) for bracket in "([") - sum(sign.count(bracket) for bracket in ")]")
        if depth < 0 or (depth and sign in "{};"):
            return "its brackets do not close"
    return "its brackets do not close" if depth else ""


def _signs(text: str) -> Iterator[str]:
    """The text in pieces: quotations whole, and a blank for each comment."""
    for found in _SIGNS.finditer(text):
        yield " " if found["comment"] else found[0]


def _rules(pieces: Iterator[str], conditions: tuple[str, ...], selector: str) -> Iterator[Rule]:
    """The rules up to the end of this block; its own declarations first."""
    own: list[str] = []
    inner: list[Rule] = []
    prelude = ""
    for piece in pieces:
        match piece:
            case "{":
                prelude = " ".join(prelude.split())
                if prelude.startswith("@"):
                    inner += _rules(pieces, (*conditions, prelude.lower()), selector)
                else:
                    inner += _rules(pieces, conditions, _nested(prelude, selector))
                prelude = ""
            case ";" | "}":
                own.append(prelude)
                prelude = ""
                if piece == "}":
                    break
            case _:
                prelude += piece
    held = tuple(_declarations(own))
    if selector and held:
        yield Rule(conditions, selector, held)
    yield from inner


def _nested(prelude: str, outer: str) -> str:
    return prelude.replace("&", f":is({outer})") if outer else prelude


def _pieces(text: str) -> Iterator[str]:
    held = ""
    for piece in _signs(text):
        if piece == ";":
            yield held
            held = ""
        else:
            held += piece
    yield held


def _declarations(texts: Iterator[str] | list[str]) -> Iterator[Declaration]:
    for text in texts:
        name, colon, value = _plain(text).partition(":")
        if not colon:
            continue
        value, bang, word = value.rpartition("!") if value.strip().endswith("important") else (value, "", "")
        yield Declaration(name.strip(), " ".join((value if bang else value + word).split()), bool(bang))


def _plain(text: str) -> str:
    """In lower case, and with what backslashes hide."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16) % 0x110000) if found[1] else found[2], text).lower()
