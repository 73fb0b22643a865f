"""Which colour text has in a mail, on which ground and how large: the cascade, for all of its text at once.

Rule: what cannot be told (a translucent colour, a picture behind the text) is left out, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from cssselect import ExpressionError, SelectorError, parse
from lxml import etree
from lxml.cssselect import CSSSelector

from newsletter.checks.page import Page, named
from newsletter.render import colour, css, hiding
from newsletter.render.colour import BLACK, WHITE, Colour

LINK = Colour(0x00, 0x00, 0xEE)
"""What a link has where nothing else is said."""

_NAMES = frozenset({"color", "background", "background-color", "font-size", "display"})
_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\([^)]*\)|\b[a-z]+\b")
_NOT_SHOWN = frozenset({"head", "style", "script", "title", "template"})
_ELSEWHERE = re.compile(
    r"\[data-ogs[cb]\]|::?(?:before|after|marker|selection|first-|hover|focus|active|visited)"
)
"""Selectors that reach only some clients, some moments, or no text of ours."""
_AFTER_SHEETS = (2, 0, 0, 0)

_Declared = tuple[Any, css.Declaration, tuple[int, int, int, int]]
_Rank = tuple[bool, tuple[int, int, int, int], int]


Scene = Literal["light", "dark"]
"""On a light screen, or on a dark one by a program that heeds the mail's own dark colours."""


@dataclass(frozen=True, slots=True)
class Paint:
    """How an element's text looks. A colour that cannot be told is None."""

    ink: Colour | None = BLACK
    ground: Colour | None = WHITE
    size_px: float = 16.0


@dataclass(frozen=True, slots=True)
class Painted:
    """Text as it looks, and the first place where it looks so."""

    paint: Paint
    place: str


def has_dark_colours(page: Page) -> bool:
    """Whether the mail brings dark colours of its own."""
    return any("prefers-color-scheme" in condition for rule in page.rules for condition in rule.conditions)


def painted(page: Page, scene: Scene) -> tuple[Painted, ...]:
    """Each way in which text is painted, once."""
    # lxml makes an element anew each time nobody holds it, and then it is another key.
    held = list(page.root.iter(etree.Element))
    said = _said(page, scene)
    found: dict[Paint, Painted] = {}
    paints: dict[Any, Paint | None] = {}
    for element in held:
        paint = paints[element] = _paint(
            element, paints.get(element.getparent(), Paint()), said.get(element, {})
        )
        if paint and paint not in found and _has_text(element):
            found[paint] = Painted(paint, named(element))
    return tuple(found.values())


def _paint(element: Any, around: Paint | None, said: Mapping[str, str]) -> Paint | None:
    """How its own text looks; None where it is not shown."""
    if around is None or element.tag in _NOT_SHOWN or said.get("display") == "none":
        return None
    ink: Colour | None = around.ink
    if "color" in said:
        ink = (
            around.ink if said["color"] in {"inherit", "currentcolor", "unset"} else colour.parse(said["color"])
        )
    elif element.tag == "a" and element.get("href"):
        ink = LINK
    size = hiding.px(said.get("font-size", ""))
    return replace(around, ink=ink, ground=_ground(said, around.ground), size_px=size or around.size_px)


def _ground(said: Mapping[str, str], around: Colour | None) -> Colour | None:
    value = said.get("background-color", "")
    if value in {"", "transparent", "inherit", "initial", "unset", "none"}:
        return around
    return colour.parse(value)


def _has_text(element: Any) -> bool:
    """Whether text stands in it, and not in what it holds alone."""
    return bool((element.text or "").strip()) or any((child.tail or "").strip() for child in element)


def _said(page: Page, scene: Scene) -> dict[Any, dict[str, str]]:
    """Element → property → value, by importance, then `style` over sheets, then specificity, then order."""
    ranked: dict[Any, dict[str, tuple[_Rank, str]]] = {}
    for order, (element, declaration, specificity) in enumerate(_declared(page, scene)):
        for name, value in _plain(declaration):
            rank = (declaration.important, specificity, order)
            best = ranked.setdefault(element, {})
            if name not in best or best[name][0] <= rank:
                best[name] = (rank, value)
    return {element: {name: value for name, (_, value) in best.items()} for element, best in ranked.items()}


def _declared(page: Page, scene: Scene) -> Iterator[_Declared]:
    """Every declaration that counts, with the element it reaches, in order."""
    for element in page.root.iter("table", "td", "tr", "th", "body", "font"):
        for attribute, name in (("bgcolor", "background-color"), ("color", "color")):
            if element.get(attribute):
                yield (
                    element,
                    css.Declaration(name, element.get(attribute).lower(), important=False),
                    (0, 0, 0, 0),
                )
    for rule in page.rules:
        if _holds(rule, scene):
            yield from _reached(page, rule)
    for element, declarations in page.styled():
        yield from ((element, each, _AFTER_SHEETS) for each in declarations if each.name in _NAMES)


def _reached(page: Page, rule: css.Rule) -> Iterator[_Declared]:
    wanted = [declaration for declaration in rule.declarations if declaration.name in _NAMES]
    for find, specificity in _selectors(rule.selector) if wanted else ():
        elements: Any = find(page.root)
        for element in elements:
            yield from ((element, declaration, (1, *specificity)) for declaration in wanted)


def _plain(declaration: css.Declaration) -> Iterator[tuple[str, str]]:
    """A declaration, with a shorthand taken apart."""
    if declaration.name != "background":
        yield declaration.name, declaration.value
        return
    words = [found for found in _COLOUR.findall(declaration.value) if colour.parse(found)]
    if "url(" in declaration.value or "gradient" in declaration.value:
        yield "background-color", "?"
    elif words:
        yield "background-color", words[-1]


def _holds(rule: css.Rule, scene: Scene) -> bool:
    """Whether a rule counts in a scene. On a narrow screen is where most mail is read."""
    for condition in rule.conditions:
        words = condition.replace(" ", "")
        if "print" in words or words.startswith(("@supports", "@layer", "@font-face")):
            return False
        if "prefers-color-scheme:dark" in words and scene != "dark":
            return False
        if "prefers-color-scheme:light" in words and scene != "light":
            return False
    return True


@lru_cache(maxsize=512)
def _selectors(selector: str) -> tuple[tuple[CSSSelector, tuple[int, int, int]], ...]:
    """The selectors of a list, compiled; those that cannot be are left out."""
    found = []
    for one in re.split(r",(?![^(\[]*[)\]])", selector):
        if _ELSEWHERE.search(one):
            continue
        try:
            found.append((CSSSelector(one.strip(), translator="html"), parse(one)[0].specificity()))
        except (SelectorError, ExpressionError, etree.XPathError):
            continue
    return tuple(found)
