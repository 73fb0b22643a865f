"""Whether a person sees the disclaimer: the finished HTML, judged as the strictest of mail readers shows it.

Rule: in doubt it is not seen. Whatever could hide it in any reader, on any screen, in light or in dark, is
refused, and so is whatever cannot be understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any

from cssselect import ExpressionError, SelectorError, parse
from lxml import etree
from lxml.cssselect import CSSSelector

from newsletter.render import colour, css, hiding, markup
from newsletter.render.css import Declaration, Rule
from newsletter.render.markup import Kind

CLIP_BYTES = 102_000
"""Gmail shows about this much of the HTML and cuts the rest."""

LEAST_FONT_PX = 11.0
_MOST_CONDITIONS = 6

_SHOWN_TAGS = frozenset(
    [
        "html",
        "body",
        "div",
        "main",
        "article",
        "section",
        "header",
        "footer",
        "aside",
        "center",
        "table",
        "tbody",
        "thead",
        "tfoot",
        "tr",
        "td",
        "th",
        "p",
    ]
)
_REVEALED = re.compile(r"<!(?:--)?\[if[^\]]*\](?:>|-->)(?:<!-->|-->)?")
_HIDDEN_COMMENT = re.compile(r"<!--\[if[^\]]*\]>(?!<!-->|-->)(?P<held>.*?)<!\[endif\]-->", re.DOTALL)
_UNREVEALED = re.compile(r"<!(?:--<!)?\[endif\](?:--)?>")
_DARK_OUTLOOK = re.compile(r"\[data-ogs[cb]\]")
_PSEUDO_ELEMENT = re.compile(r"::?(?:before|after|first-line|first-letter|-[\w-]+)|::[\w-]+")
_HARMLESS_PSEUDO = re.compile(r"::(?:marker|selection|placeholder|-webkit-scrollbar)$")
_COLOUR_NAMES = {"color", "background", "background-color", "font-size", "font", "line-height"}


class NotSeen(ValueError):
    """The disclaimer could be missed by a reader. The text says why."""


@dataclass(frozen=True, slots=True)
class _Reach:
    """A rule that reaches an element, with the specificity of the selector by which it does."""

    rule: Rule
    specificity: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Element:
    """An element that holds the disclaimer, or is it, with the rules that reach it, in order."""

    tag: str
    attributes: dict[str, str]
    own: tuple[Declaration, ...]
    reached_by: tuple[_Reach, ...]


def check(html: str, piece: str) -> None:
    """Raise `NotSeen` unless `piece`, whole and once, can be read in the finished HTML."""
    start = _place(html, piece)
    end = len(html[: start + len(piece)].encode())
    if end >= CLIP_BYTES:
        raise NotSeen(
            f"it ends {end:,} bytes into the HTML and Gmail cuts a mail at {CLIP_BYTES:,}: shorten the report"
        )
    for view in (html, _as_outlook_reads(html)):
        _check_view(view, piece)


def _as_outlook_reads(html: str) -> str:
    """The HTML with what stands in conditional comments; whatever their condition, for doubt is no excuse."""
    return _HIDDEN_COMMENT.sub(lambda found: found["held"], html)


def _check_view(html: str, piece: str) -> None:
    root = etree.fromstring(html, etree.HTMLParser())
    found = [element for element in root.iter("p") if _written(element) == piece]
    if len(found) != 1:
        raise NotSeen("the tags around it do not nest, so that mail readers may show it in different ways")
    sheets = [rule for style in root.iter("style") for rule in _rules(style)]
    chain = _chain(found[0], [rule for rule in sheets if any(map(_matters, rule.declarations))])
    for element in chain:
        _check_hidden(element)
    _check_covered(root, sheets)
    _check_readable(chain)


def _rules(style: Any) -> Iterator[Rule]:
    media = style.get("media")
    for rule in css.rules(style.text or ""):
        yield rule._replace(conditions=(f"@media {media.lower()}", *rule.conditions)) if media else rule


def _place(html: str, piece: str) -> int:
    """Where the piece stands in the open: not in a comment, a style, or a branch for some readers only."""
    if html.count(piece) != 1:
        raise NotSeen("it is not there" if piece not in html else "it stands there more than once")
    start = html.index(piece)
    for part in markup.parts(html):
        if part.kind in {Kind.COMMENT, Kind.RAW} and part.start < start < part.end:
            raise NotSeen("it stands inside a comment, a style or a script")
    before = _HIDDEN_COMMENT.sub("", html[:start])
    if len(_REVEALED.findall(before)) != len(_UNREVEALED.findall(before)):
        raise NotSeen("it stands in a branch that only some mail readers show (<!--[if …]>)")
    return start


# What reaches an element


def _written(element: Any) -> str:
    return etree.tostring(element, encoding="unicode", method="html", with_tail=False)


def _chain(innermost: Any, rules: Iterable[Rule]) -> list[_Element]:
    """The disclaimer's own element and all that hold it, outwards."""
    elements = [innermost, *innermost.iterancestors()]
    reached: list[list[_Reach]] = [[] for _ in elements]
    for rule in rules:
        for selector in _alternatives(rule.selector):
            matched, specificity = _match(selector, rule, innermost.getroottree())
            for element, reaches in zip(elements, reached, strict=True):
                if element in matched:
                    reaches.append(_Reach(rule, specificity))
    return [
        _Element(element.tag, dict(element.attrib), css.declarations(element.get("style", "")), tuple(reaches))
        for element, reaches in zip(elements, reached, strict=True)
    ]


def _match(selector: str, rule: Rule, tree: Any) -> tuple[set[Any], tuple[int, int, int]]:
    """The elements that a selector could reach in some reader, and its specificity."""
    if _HARMLESS_PSEUDO.search(selector):
        return set(), (0, 0, 0)
    bare = _PSEUDO_ELEMENT.sub("", _DARK_OUTLOOK.sub("", selector)).strip().lstrip(">+~ ") or "*"
    matcher = _matcher(bare)
    if matcher is None or any(condition.startswith("@layer") for condition in rule.conditions):
        raise NotSeen(f"the rule for '{selector}' cannot be judged, so it might hide it")
    # An attribute that Outlook sets counts as a class does.
    ids, classes, tags = matcher.specificity
    found: Any = matcher.find(tree)
    return set(found), (ids, classes + len(_DARK_OUTLOOK.findall(selector)), tags)


@dataclass(frozen=True, slots=True)
class _Matcher:
    find: CSSSelector
    specificity: tuple[int, int, int]


@lru_cache(maxsize=512)
def _matcher(selector: str) -> _Matcher | None:
    try:
        return _Matcher(CSSSelector(selector, translator="html"), parse(selector)[0].specificity())
    except (SelectorError, ExpressionError, etree.XPathError):
        return None


def _alternatives(selector: str) -> list[str]:
    """The selectors of a list; a comma inside brackets is none."""
    parts, depth = [""], 0
    for sign in selector:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]


def _matters(declaration: Declaration) -> bool:
    return declaration.name in _COLOUR_NAMES or hiding.hides(declaration, ())


# Hidden


def _check_hidden(element: _Element) -> None:
    if element.tag not in _SHOWN_TAGS:
        raise NotSeen(f"it stands inside <{element.tag}>")
    if "hidden" in element.attributes or element.attributes.get("aria-hidden", "").lower() == "true":
        raise NotSeen(f"<{element.tag}> around it is marked as hidden")
    for name in ("width", "height"):
        size = hiding.px(element.attributes.get(name, ""))
        if size is not None and size < hiding.least(name):
            raise NotSeen(f'<{element.tag} {name}="{element.attributes[name]}"> around it leaves it no room')
    for where, block in _blocks(element):
        for declaration in block:
            if hiding.hides(declaration, block):
                raise NotSeen(f"{declaration.name}:{declaration.value} {where} hides it")


def _blocks(element: _Element) -> Iterator[tuple[str, tuple[Declaration, ...]]]:
    yield f"on <{element.tag}>", element.own
    for reach in element.reached_by:
        yield " ".join(("in", *reach.rule.conditions, reach.rule.selector)), reach.rule.declarations


def _check_covered(root: Any, sheets: Iterable[Rule]) -> None:
    """Nothing in the mail may be laid over something else."""
    blocks = [css.declarations(element.get("style", "")) for element in root.iter() if element.get("style")]
    for block in (*blocks, *(rule.declarations for rule in sheets)):
        for declaration in block:
            if hiding.lies_over(declaration):
                raise NotSeen(f"{declaration.name}:{declaration.value} could lay something over it")


# Readable


def _check_readable(chain: Sequence[_Element]) -> None:
    """In light, in dark, and in every other combination of conditions under which rules reach it."""
    for scene in _scenes(chain):
        where = f" under {' and '.join(scene)}" if scene else ""
        text = _resolved(chain, scene, "color")
        ground = _resolved(chain, scene, "background-color") or "#ffffff"
        painted, behind = colour.parse(text or ""), colour.parse(ground)
        if painted is None or behind is None:
            raise NotSeen(f"its colours cannot be judged ({text} on {ground}){where}")
        ratio = colour.contrast(painted, behind)
        if ratio < colour.AA:
            raise NotSeen(
                f"{text} on {ground} has a contrast of {ratio:.1f}, and {colour.AA} is the least{where}"
            )
        size = hiding.px(_resolved(chain[:1], scene, "font-size") or "")
        if size is None or size < LEAST_FONT_PX:
            raise NotSeen(f"its letters are smaller than {LEAST_FONT_PX:.0f} px{where}")
        _check_line_height(_resolved(chain[:1], scene, "line-height") or "normal", size, where)


def _check_line_height(value: str, size: float, where: str) -> None:
    if value == "normal":
        return
    share = hiding.number(value)
    height = share * size if share else hiding.px(value) or 0
    if height < size:
        raise NotSeen(f"its lines lie on each other (line-height:{value}){where}")


def _scenes(chain: Sequence[_Element]) -> Iterator[tuple[str, ...]]:
    """Every set of conditions that could hold at once; light and dark never do."""
    found = {
        condition
        for element in chain
        for reach in element.reached_by
        if any(declaration.name in _COLOUR_NAMES for declaration in reach.rule.declarations)
        for condition in _conditions(reach.rule)
    }
    if len(found) > _MOST_CONDITIONS:
        raise NotSeen(f"its colours depend on more than {_MOST_CONDITIONS} conditions")
    for size in range(len(found) + 1):
        for scene in combinations(sorted(found), size):
            schemes = {word for word in ("dark", "light") for held in scene if f"color-scheme: {word}" in held}
            if len(schemes) <= 1:
                yield scene


def _conditions(rule: Rule) -> tuple[str, ...]:
    outlook = ("dark mode of Outlook",) if _DARK_OUTLOOK.search(rule.selector) else ()
    return (*(re.sub(r"\s*:\s*", ": ", condition) for condition in rule.conditions), *outlook)


def _resolved(chain: Sequence[_Element], scene: Sequence[str], name: str) -> str | None:
    """What the cascade makes of a property, from the innermost element that sets it."""
    for element in chain:
        value = _cascaded(element, scene, name)
        through = {None, "inherit", "unset"} | ({"transparent"} if name == "background-color" else set())
        if value not in through:
            return value
    return None


def _cascaded(element: _Element, scene: Sequence[str], name: str) -> str | None:
    """By importance, then `style` over rules and rules over attributes, then specificity, then order."""
    attribute = element.attributes.get("bgcolor") if name == "background-color" else None
    ranked = [((False, -1, (0, 0, 0)), attribute)]
    blocks = [
        (0, reach.specificity, reach.rule.declarations)
        for reach in element.reached_by
        if set(_conditions(reach.rule)) <= set(scene)
    ]
    for level, specificity, block in (*blocks, (1, (0, 0, 0), element.own)):
        for declaration in block:
            value = _value_for(declaration, name)
            if value is not None:
                ranked.append(((declaration.important, level, specificity), value))
    _, (_, winner) = max(enumerate(ranked), key=lambda entry: (entry[1][0], entry[0]))
    return winner


def _value_for(declaration: Declaration, name: str) -> str | None:
    if declaration.name == name:
        return declaration.value
    if name == "background-color" and declaration.name == "background":
        return declaration.value
    if name in {"font-size", "line-height"} and declaration.name == "font":
        return _from_font(declaration.value, name)
    return None


def _from_font(value: str, name: str) -> str:
    sizes = [word for word in value.split() if re.match(r"[\d.]", word)]
    size, _, height = sizes[-1].partition("/") if sizes else ("0", "", "")
    return size if name == "font-size" else height or "normal"
