"""A finished document as one kind of reader takes it, and which rules of its styles reach an element.

Rule: a rule that may hold is asked for with the condition under which it does; what cannot be understood is an
error and not a rule that never holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from cssselect.parser import Selector

from newsletter.render import css, outline, selectors
from newsletter.render.css import Declaration, Rule
from newsletter.render.outline import Element, Outline
from newsletter.render.selectors import Names, Reach

_NEVER_REACHING = re.compile(r"@(?:-webkit-)?keyframes|@page")
_HARMLESS_PSEUDO = frozenset({"marker", "selection", "placeholder", "backdrop", "file-selector-button"})


class NotSeen(ValueError):
    """What every reader must see could be missed by one. The text says why."""


@dataclass(frozen=True, slots=True)
class Reaching:
    """A rule that reaches an element, or its pseudo-element, by one of its selectors."""

    rule: Rule
    specificity: tuple[int, int, int]
    conditions: tuple[str, ...]
    pseudo: str

    @property
    def where(self) -> str:
        return " ".join(("in", *self.rule.conditions, self.rule.selector))


@dataclass(frozen=True, slots=True)
class Sight:
    """A document, its rules with their selectors understood, and what it names."""

    outline: Outline
    rules: tuple[tuple[Rule, tuple[tuple[str, Selector | None], ...]], ...]
    names: Names

    def only(self, matters: Callable[[Declaration], bool]) -> Sight:
        """The same with the rules that have a declaration that matters."""
        kept = (held for held in self.rules if any(map(matters, held[0].declarations)))
        return replace(self, rules=tuple(kept))

    def only_pseudo(self) -> Sight:
        """The same with the rules for pseudo-elements."""
        kept = (held for held in self.rules if any(item and item.pseudo_element for _, item in held[1]))
        return replace(self, rules=tuple(kept))

    def reaching(self, element: Element) -> Iterator[Reaching]:
        """The rules that reach an element in some reader, in order. Raises `NotSeen` for one that cannot be
        judged.
        """
        for rule, understood in self.rules:
            for text, selector in understood:
                if selector is None:
                    raise NotSeen(f"the rule for '{text}' cannot be judged; write it more simply")
                reach = selectors.reach(selector.parsed_tree, element, self.names)
                if reach is not Reach.NO:
                    yield _reaching(rule, text, selector, reach)


@lru_cache(maxsize=4)
def of(html: str) -> Sight:
    """What a reader of this HTML has to go by. Raises `NotSeen` where readers would not agree on it."""
    try:
        outlined = outline.read(html)
    except outline.Misnested as error:
        raise NotSeen(
            f"the tags around it do not nest ({error}), so that mail readers may show it in different ways"
        ) from None
    _check_plain(outlined)
    rules = (rule for rule in outlined.rules if not any(map(_NEVER_REACHING.match, rule.conditions)))
    return Sight(outlined, tuple((rule, _understood(rule)) for rule in rules), Names.of(outlined))


def _check_plain(outlined: Outline) -> None:
    """Every reader takes the styles apart in the same way."""
    for place, texts in (
        ("a style sheet", outlined.sheets),
        ("a style attribute", _styles(outlined.elements)),
    ):
        found = next(filter(None, map(css.doubt, texts)), "")
        if found:
            raise NotSeen(f"{place} cannot be judged, for {found}; write it plainly")


def _styles(elements: Iterable[Element]) -> Iterator[str]:
    return (style for style in (element.attributes.get("style") for element in elements) if style)


@lru_cache(maxsize=512)
def _understood(rule: Rule) -> tuple[tuple[str, Selector | None], ...]:
    found = ((text, selectors.parsed(text)) for text in selectors.alternatives(rule.selector))
    return tuple(
        (text, item) for text, item in found if item is None or item.pseudo_element not in _HARMLESS_PSEUDO
    )


def _reaching(rule: Rule, text: str, selector: Selector, reach: Reach) -> Reaching:
    in_dark_outlook = selectors.DARK_OUTLOOK.findall(text)
    conditions = [re.sub(r"\s*:\s*", ": ", condition) for condition in rule.conditions]
    conditions += ["dark mode of Outlook"] if in_dark_outlook else []
    conditions += [f"where {text} holds"] if reach is Reach.MAYBE else []
    ids, classes, tags = selector.specificity()
    # An attribute that Outlook sets counts as a class does.
    weight = (ids, classes + len(in_dark_outlook), tags)
    pseudo = str(selector.pseudo_element or "")
    return Reaching(rule, weight, tuple(conditions), pseudo)
