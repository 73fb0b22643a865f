"""What the cascade makes of a property of an element, in every combination of a style sheet's conditions.

The selectors are matched by lxml, so this knows what stands where, as the check of the product does not ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from cssselect import parse
from lxml.cssselect import CSSSelector

from newsletter.render import css
from newsletter.render.css import Rule

PAINTING = {"color", "background", "background-color", "font-size"}
OUTLOOK = re.compile(r"\[data-ogs[cb]\]")


@dataclass
class Painted:
    """An element, with the painting rules that reach it."""

    element: Any
    rules: list[tuple[Rule, tuple[int, int, int]]]


def chain(element: Any, rules: Sequence[Rule]) -> list[Painted]:
    """The element and all that hold it."""
    found = [Painted(item, []) for item in (element, *element.iterancestors())]
    for rule in rules:
        for selector in rule.selector.split(","):
            bare = OUTLOOK.sub("", selector).strip()
            if "::" not in bare and any(said.name in PAINTING for said in rule.declarations):
                found_by: Any = CSSSelector(bare, translator="html")
                matched = set(found_by(element.getroottree()))
                ids, classes, tags = parse(bare)[0].specificity()
                weight = (ids, classes + len(OUTLOOK.findall(selector)), tags)
                for item in found:
                    item.rules += [(rule, weight)] if item.element in matched else []
    return found


def conditions(rule: Rule) -> set[str]:
    """What has to hold for a rule to hold."""
    return {*rule.conditions, *(["dark mode of Outlook"] if OUTLOOK.search(rule.selector) else [])}


def scenes(items: Sequence[Painted]) -> Iterator[tuple[str, ...]]:
    """Every set of conditions."""
    found = sorted({condition for item in items for rule, _ in item.rules for condition in conditions(rule)})
    for size in range(len(found) + 1):
        yield from combinations(found, size)


def resolved(items: Sequence[Painted], scene: Sequence[str], name: str) -> str:
    """The value, from the innermost element that has one; empty where none has."""
    return next(filter(None, (_cascaded(item, scene, name) for item in items)), "")


def _cascaded(item: Painted, scene: Sequence[str], name: str) -> str:
    blocks = [
        (False, weight, rule.declarations) for rule, weight in item.rules if conditions(rule) <= set(scene)
    ]
    blocks.append((True, (0, 0, 0), css.declarations(item.element.get("style", ""))))
    ranked = [
        ((said.important, is_own, weight), said.value)
        for is_own, weight, block in blocks
        for said in block
        if said.name == name or (name, said.name) == ("background-color", "background")
    ]
    return max(enumerate(ranked), key=lambda entry: (entry[1][0], entry[0]))[1][1] if ranked else ""
