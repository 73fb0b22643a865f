"""Whether anything in a mail could lie over something else.

Rule: every element keeps to its own place. What moves, casts a shadow or is lower than its content is refused
wherever it stands, for what stands before or after the disclaimer could cover it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from newsletter.render import allowed, css, hiding, outline
from newsletter.render.css import Declaration, Rule
from newsletter.render.outline import Element, Outline
from newsletter.render.sight import NotSeen

_GROWING = frozenset({"html", "body", "table", "tbody", "thead", "tfoot", "tr", "td", "th", "img"})
"""What is as high as its content, whatever height it is given."""
_CLIPPING = frozenset({"hidden", "clip", "scroll", "auto"})
_HEIGHTS = frozenset({"height", "max-height"})


def check(outlined: Outline, *, for_outlook: bool) -> None:
    """Raise `NotSeen` for what could cover something."""
    if not for_outlook:
        try:
            outline.check_places(outlined)
        except outline.Misnested as error:
            raise NotSeen(f"the tags of the mail do not nest: {error}") from None
    for element in outlined.elements:
        _check_own(element)
    for rule in outlined.rules:
        for fault in _of_rule(rule):
            raise NotSeen(f"{fault} in {rule.selector} could lay something over it; leave it out")
    _check_lines(outlined)


def _check_own(element: Element) -> None:
    style = element.attributes.get("style")
    if not style:
        return
    fault = _moved(style)
    if not fault and element.is_filled and element.tag not in _GROWING and ":" not in element.tag:
        fault = _too_low(element.declarations)
    if fault:
        raise NotSeen(f"{fault} on <{element.tag}> could lay something over it; leave it out")


@lru_cache(maxsize=512)
def _moved(style: str) -> str:
    return next((_said(said) for said in css.declarations(style) if not allowed.elsewhere(said)), "")


def _too_low(block: tuple[Declaration, ...]) -> str:
    """A height that its content could leave, unless what leaves it is cut off."""
    if any(said.name == "overflow" and said.value in _CLIPPING for said in block):
        return ""
    fixed = (said for said in block if said.name in _HEIGHTS and said.value not in {"auto", "none", "100%"})
    return next(map(_said, fixed), "")


@lru_cache(maxsize=512)
def _of_rule(rule: Rule) -> tuple[str, ...]:
    return tuple(_faults(rule))


def _faults(rule: Rule) -> Iterator[str]:
    block = rule.declarations
    size = next((hiding.px(said.value) for said in block if said.name == "font-size"), None)
    for said in block:
        is_low = said.name == "line-height" and allowed.is_low(said.value, size)
        if is_low or not allowed.elsewhere(said):
            yield _said(said)
    subjects = {selector.split()[-1].split(".")[0].split(":")[0] for selector in rule.selector.split(",")}
    if not subjects <= _GROWING and _too_low(block):
        yield _too_low(block)


def _said(declaration: Declaration) -> str:
    return f"{declaration.name}:{declaration.value}"


def _check_lines(outlined: Outline) -> None:
    """Every text has lines as high as its letters, as far as the styles of its tags say."""
    known: dict[Element, tuple[float | None, str, bool]] = {}
    for text in outlined.texts:
        if text.holder:
            _, height, is_low = _lines(text.holder, known)
            if is_low:
                raise NotSeen(
                    f"line-height:{height} around “{text.words.strip()[:20]}” could lay it over something else"
                )


def _lines(
    element: Element, known: dict[Element, tuple[float | None, str, bool]]
) -> tuple[float | None, str, bool]:
    """The size of letters, the height of lines, and whether they lie on each other."""
    if element not in known:
        size, height, is_low = _lines(element.parent, known) if element.parent else (None, "normal", False)
        said = {item.name: item.value for item in element.declarations}
        if "font-size" in said or "line-height" in said:
            size = hiding.px(said["font-size"]) if "font-size" in said else size
            height = said.get("line-height", height)
            is_low = allowed.is_low(height, size)
        known[element] = (size, height, is_low)
    return known[element]
