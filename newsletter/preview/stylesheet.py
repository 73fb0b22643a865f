"""A style sheet taken apart and put together again, so that a client's habits can be applied to it.

Rule: what is kept is written as it was read; only whole rules, declarations and conditions come and go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_SIGNS = re.compile(r"""[^{};"']+|"(?:[^"\\]|\\.)*(?:"|\Z)|'(?:[^'\\]|\\.)*(?:'|\Z)|[{};]""", re.DOTALL)
_GROUPING = ("@media", "@supports", "@layer", "@container", "@document")
"""The at-rules that hold rules; every other block holds declarations."""

STYLE = re.compile(r"(<style\b[^>]*>)(.*?)(</style\s*>)", re.DOTALL | re.IGNORECASE)
STYLE_ATTRIBUTE = re.compile(r"""(?<=\s)style=("[^"]*"|'[^']*')""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """A selector or an at-rule with what it holds: declarations as text, or further rules."""

    prelude: str
    declarations: str = ""
    rules: tuple[Rule, ...] | None = None
    """None where it holds declarations, or nothing (`@import …;`)."""

    @property
    def is_at_rule(self) -> bool:
        return self.prelude.startswith("@")

    @property
    def is_media(self) -> bool:
        return self.prelude.lower().startswith("@media")

    def __str__(self) -> str:
        if self.rules is not None:
            return f"{self.prelude} {{ {written(self.rules)} }}"
        if self.is_at_rule and not self.declarations:
            return f"{self.prelude};"
        return f"{self.prelude} {{ {self.declarations} }}"


def parsed(sheet: str) -> tuple[Rule, ...]:
    """The rules of a style sheet, in order, without comments."""
    pieces = _SIGNS.findall(_COMMENT.sub(" ", sheet.replace("<!--", " ").replace("-->", " ")))
    return tuple(_rules(iter(pieces)))


def written(rules: tuple[Rule, ...]) -> str:
    """The rules as a style sheet."""
    return "\n".join(map(str, rules))


def on_sheets(html: str, change: Callable[[str], str]) -> str:
    """The HTML with each of its style sheets changed."""
    return STYLE.sub(lambda found: f"{found[1]}{change(found[2])}{found[3]}", html)


def on_declarations(html: str, change: Callable[[str], str]) -> str:
    """The HTML with each of its `style` attributes changed."""

    def changed(found: re.Match[str]) -> str:
        quote = found[1][0]
        return f"style={quote}{change(found[1][1:-1])}{quote}"

    return STYLE_ATTRIBUTE.sub(changed, html)


def without(declarations: str, is_lost: Callable[[str, str], bool]) -> str:
    """Declarations without those that are lost; told each property and its value, in lower case."""
    kept = []
    for each in declarations.split(";"):
        name, colon, value = each.partition(":")
        if each.strip() and not (colon and is_lost(name.strip().lower(), value.strip().lower())):
            kept.append(each.strip())
    return "; ".join(kept)


def each_rule(rules: tuple[Rule, ...], change: Callable[[Rule], Rule | None]) -> tuple[Rule, ...]:
    """Every rule that is no at-rule changed, or left out where `change` gives None."""
    return tuple(_each_rule(rules, change))


def _each_rule(rules: tuple[Rule, ...], change: Callable[[Rule], Rule | None]) -> Iterator[Rule]:
    for rule in rules:
        if rule.rules is not None:
            yield replace(rule, rules=each_rule(rule.rules, change))
        elif rule.is_at_rule:
            yield rule
        elif (changed := change(rule)) is not None:
            yield changed


def _rules(pieces: Iterator[str]) -> Iterator[Rule]:
    """The rules up to the end of this block."""
    prelude = ""
    for piece in pieces:
        match piece:
            case "{":
                yield _block(" ".join(prelude.split()), pieces)
                prelude = ""
            case ";":
                if prelude.strip().startswith("@"):
                    yield Rule(" ".join(prelude.split()))
                prelude = ""
            case "}":
                return
            case _:
                prelude += piece


def _block(prelude: str, pieces: Iterator[str]) -> Rule:
    if prelude.lower().startswith(_GROUPING):
        return Rule(prelude, rules=tuple(_rules(pieces)))
    held, depth = "", 1
    for piece in pieces:
        depth += (piece == "{") - (piece == "}")
        if not depth:
            break
        held += piece
    return Rule(prelude, " ".join(held.split()))
