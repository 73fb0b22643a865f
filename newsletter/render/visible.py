"""Whether a person sees the disclaimer: the finished HTML, judged as the strictest of mail readers would show it.

Rule: in doubt it is not seen. Whatever could hide it in any reader, on any screen, in light or in dark, is refused,
and so is whatever cannot be understood.
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

from newsletter.render import colour, css, markup
from newsletter.render.css import Declaration, Rule
from newsletter.render.disclaimer import CLASS
from newsletter.render.markup import Kind

CLIP_BYTES = 102_000
"""Gmail shows about this much of the HTML and cuts the rest."""

LEAST_FONT_PX = 11.0
_LEAST_OPACITY = 0.5
_LEAST_HEIGHT_PX = 20.0
_LEAST_WIDTH_PX = 120.0
_FARTHEST_PX = 100.0
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
_HIDDEN_COMMENT = re.compile(r"<!--\[if[^\]]*\]>(?!<!-->|-->).*?<!\[endif\]-->", re.DOTALL)
_UNREVEALED = re.compile(r"<!(?:--<!)?\[endif\](?:--)?>")
_DARK_OUTLOOK = re.compile(r"\[data-ogs[cb]\]")
_PSEUDO_ELEMENT = re.compile(r"::?(?:before|after|first-line|first-letter|-[\w-]+)|::[\w-]+")
_HARMLESS_PSEUDO = re.compile(r"::(?:marker|selection|placeholder|-webkit-scrollbar)$")
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
_CLIPPING = {"hidden", "clip", "scroll", "auto"}
_NEVER = frozenset(
    {
        "transform",
        "clip-path",
        "filter",
        "mask",
        "mask-image",
        "mix-blend-mode",
        "all",
        "zoom",
        "scale",
        "rotate",
        "animation",
        "animation-name",
        "offset-path",
    }
)
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
            f"it ends {end:,} bytes into the HTML, and Gmail cuts a mail at {CLIP_BYTES:,}: the report is too long"
        )
    root = etree.fromstring(html, etree.HTMLParser())
    found = [element for element in root.iter("p") if _written(element) == piece]
    if len(found) != 1:
        raise NotSeen("the tags around it do not nest, so that mail readers may show it in different ways")
    sheets = [rule for style in root.iter("style") for rule in css.rules(style.text or "")]
    chain = _chain(found[0], [rule for rule in sheets if any(map(_matters, rule.declarations))])
    for element in chain:
        _check_hidden(element)
    _check_covered(root, sheets)
    _check_readable(chain)


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
    return set(matcher.find(tree)), (ids, classes + len(_DARK_OUTLOOK.findall(selector)), tags)


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
    return declaration.name in _COLOUR_NAMES or _hides(declaration, ()) is not None


# Hidden


def _check_hidden(element: _Element) -> None:
    if element.tag not in _SHOWN_TAGS:
        raise NotSeen(f"it stands inside <{element.tag}>")
    if "hidden" in element.attributes or element.attributes.get("aria-hidden", "").lower() == "true":
        raise NotSeen(f"<{element.tag}> around it is marked as hidden")
    for name in ("width", "height"):
        size = _px(element.attributes.get(name, ""))
        if size is not None and size < (_LEAST_WIDTH_PX if name == "width" else _LEAST_HEIGHT_PX):
            raise NotSeen(f'<{element.tag} {name}="{element.attributes[name]}"> around it leaves it no room')
    for where, block in _blocks(element):
        for declaration in block:
            why = _hides(declaration, block)
            if why:
                raise NotSeen(f"{why} ({declaration.name}:{declaration.value} {where})")


def _blocks(element: _Element) -> Iterator[tuple[str, tuple[Declaration, ...]]]:
    yield f"on <{element.tag}>", element.own
    for reach in element.reached_by:
        yield " ".join(("in", *reach.rule.conditions, reach.rule.selector)), reach.rule.declarations


def _hides(declaration: Declaration, block: Sequence[Declaration]) -> str | None:
    """Why a declaration would hide what it stands on, or None."""
    name, value, _ = declaration
    match name:
        case "display" if value in {"none", "contents"}:
            return "it is not displayed"
        case "visibility" | "content-visibility" if value in {"hidden", "collapse", "auto"}:
            return "it is invisible"
        case "mso-hide":
            return None if value == "none" else "Outlook hides it"
        case "opacity":
            return None if _number(value) >= _LEAST_OPACITY else "it is too faint"
        case "max-height" | "height":
            return _no_room(name, value, block, _LEAST_HEIGHT_PX)
        case "max-width" | "width":
            return _no_room(name, value, block, _LEAST_WIDTH_PX)
        case "clip":
            return None if value == "auto" else "it is clipped"
        case "position":
            return None if value in {"static", "relative"} else "it is taken out of its place"
        case "-webkit-text-fill-color" | "-webkit-text-security" | "-webkit-text-stroke":
            return "it is painted over"
        case "background-image":
            return None if value == "none" else "a picture lies behind it"
        case _ if name in _NEVER:
            return None if value in {"none", "normal", "1"} else "it is distorted"
        case _:
            return _displaced(name, value)


def _no_room(name: str, value: str, block: Sequence[Declaration], least: float) -> str | None:
    """A height of its own hides nothing unless it also clips; `max-…: 0` is only ever written to hide."""
    size = _px(value)
    if size is None or size >= least:
        return None
    clips = any(other.name.startswith("overflow") and other.value in _CLIPPING for other in block)
    return "it has no room" if clips or size == 0 or name.startswith("max-") else None


def _displaced(name: str, value: str) -> str | None:
    if name in {"left", "right", "top", "bottom", "text-indent", "translate", "inset"} or name.startswith(
        "margin"
    ):
        if any(abs(size) > _FARTHEST_PX for size in _sizes(value)):
            return "it is moved away"
    if name in {"letter-spacing", "word-spacing"} and any(size < -2 for size in _sizes(value)):  # noqa: PLR2004 - px
        return "its letters lie on each other"
    return None


def _check_covered(root: Any, sheets: Iterable[Rule]) -> None:
    """Nothing in the mail may be laid over something else."""
    blocks = [css.declarations(element.get("style", "")) for element in root.iter() if element.get("style")]
    for block in (*blocks, *(rule.declarations for rule in sheets)):
        for name, value, _ in block:
            lifted = name == "position" and value not in {"static", "relative"}
            pulled = name.startswith("margin") and any(size < 0 for size in _sizes(value))
            if lifted or pulled:
                raise NotSeen(f"something could be laid over it ({name}:{value})")


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
        size = _px(_resolved(chain[:1], scene, "font-size") or "")
        if size is None or size < LEAST_FONT_PX:
            raise NotSeen(f"its letters are smaller than {LEAST_FONT_PX:.0f} px{where}")
        _check_line_height(_resolved(chain[:1], scene, "line-height") or "normal", size, where)


def _check_line_height(value: str, size: float, where: str) -> None:
    if value == "normal":
        return
    height = _number(value) * size if _is_number(value) else _px(value.replace("%", "em")) or 0
    if value.endswith("%"):
        height = _number(value[:-1]) / 100 * size
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
        if value not in {None, "inherit", "transparent", "unset"}:
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
    # Of equals the last wins, and sorting keeps their order.
    return sorted(ranked, key=lambda entry: entry[0])[-1][1]


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


# Lengths


def _sizes(value: str) -> list[float]:
    return [size for size in map(_px, value.split()) if size is not None]


def _px(value: str) -> float | None:
    """A length in px, with an em taken as 16; a share of something unknown, or no length, is None."""
    found = _LENGTH.fullmatch(value.strip())
    if found is None:
        return None
    if found[2] in _PX:
        return float(found[1]) * _PX[found[2]]
    return 0.0 if float(found[1]) == 0 else None


def _number(value: str) -> float:
    if value.endswith("%") and _is_number(value[:-1]):
        return float(value[:-1]) / 100
    return float(value) if _is_number(value) else 0.0


def _is_number(value: str) -> bool:
    return re.fullmatch(r"-?(?:\d+\.?\d*|\.\d+)", value) is not None
