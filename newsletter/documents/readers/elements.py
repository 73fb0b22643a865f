"""What is known of HTML's elements: which part words, what their styles say, where their links lead.

Rule: the same for every program that writes HTML; what only one of them does is named after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from lxml.html import HtmlElement

LEFT_OUT = {
    "nav": "menu",
    "aside": "aside",
    "form": "form",
    "button": "button",
    "select": "form",
    "textarea": "form",
    "iframe": "embedded page",
    "object": "embedded object",
    "audio": "sound",
    "video": "film",
}
"""What is no text of a report, and what to call it."""
SILENT = {"script", "style", "head", "template", "noscript", "meta", "link", "title", "svg", "math", "base"}
"""What a browser shows to nobody."""
STYLED: Mapping[str, Mapping[str, Any]] = {
    "b": {"bold": True},
    "strong": {"bold": True},
    "i": {"italic": True},
    "em": {"italic": True},
    "cite": {"italic": True},
    "dfn": {"italic": True},
    "var": {"italic": True},
    "u": {"underlined": True},
    "s": {"struck": True},
    "strike": {"struck": True},
    "sup": {"raised": True},
    "sub": {"raised": True},
    "mark": {"marked": True},
    "ins": {},
}
_INLINE_TAGS = {
    *STYLED,
    *("a", "abbr", "acronym", "bdi", "bdo", "big", "code", "data", "font", "kbd", "label", "q"),
}
_INLINE_TAGS |= {"del", "samp", "small", "span", "time", "tt", "wbr"}
"""What does not part words."""
_LONG_CELL_WORDS = 60
NOTE_CALL = re.compile(
    r"#(?:footnote-\d+|endnote-\d+|_ftn\d+|_edn\d+|ftnt\d+|fn:?\d+|sd(?:foot|end)note\d+sym)"
)
NOTE_BACK = re.compile(
    r"#(?:footnote-ref-\d+|endnote-ref-\d+|_ftnref\d+|_ednref\d+|ftnt_ref\d+|fnref:?\d+|sd(?:foot|end)note\d+anc)"
)
NOTE_ID = re.compile(r"footnote-\d+|endnote-\d+|fn:?\d+")
"""As mammoth, Word, Google Docs, pandoc and LibreOffice name them."""
COMMENT = re.compile(r"#cmnt(?:_ref)?\d+")
"""As Google Docs names them."""
_UNITS = {"pt": 1.0, "px": 0.75, "em": 12.0, "rem": 12.0, "cm": 28.35, "mm": 2.835, "in": 72.0}
_LENGTH = re.compile(r"(\d*\.?\d+)\s*(pt|px|em|rem|cm|mm|in)\b")
_BOLD_FROM = 600
_TITLES = {"title", "msotitle"}

Sheet = Mapping[tuple[str, str], Mapping[str, str]]
"""Tag and class (either may be empty) → what a stylesheet says of them."""


def style_of(element: HtmlElement, tag: str, sheet: Sheet) -> dict[str, str]:
    """What an element's tag, classes and own `style` say together."""
    found: dict[str, str] = {}
    for each in ["", *sorted(classes(element))]:
        found |= sheet.get(("", each), {}) if each else {}
        found |= sheet.get((tag, each), {})
    return found | declarations(element.get("style", ""))


def size_in_points(css: Mapping[str, str]) -> float | None:
    """The size of letters that a style asks for; None where it asks for none that can be told."""
    return _points(css.get("font-size", ""))


def indent_in_points(css: Mapping[str, str]) -> float | None:
    """How far in a style sets a paragraph; None where it says nothing that can be told."""
    return _points(css.get("margin-left", "")) or _points(css.get("padding-left", ""))


def _points(length: str) -> float | None:
    found = _LENGTH.match(length)
    return float(found[1]) * _UNITS[found[2]] if found else None


def is_heavy(css: Mapping[str, str]) -> bool | None:
    """Whether a style makes letters bold; None where it says nothing of it."""
    weight = css.get("font-weight", "")
    return (weight.startswith("bold") or (weight.isdigit() and int(weight) >= _BOLD_FROM)) if weight else None


def is_contents(element: HtmlElement) -> bool:
    """Whether an element is a line of a table of contents, as Word saves it."""
    return any(name.startswith("msotoc") for name in classes(element))


def is_title(element: HtmlElement) -> bool:
    """Whether an element has the class that Word, Google Docs and mammoth give a title."""
    return bool(_TITLES & classes(element))


def calls_note(address: str) -> bool:
    """Whether a link leads to a footnote."""
    return bool(NOTE_CALL.fullmatch(address))


def is_inline(tag: str) -> bool:
    """Whether an element stands in a line, and parts no words; Word's own have a colon in their names."""
    return tag in _INLINE_TAGS or ":" in tag


def declarations(text: str) -> dict[str, str]:
    """What a `style` attribute or a rule says: property → value, in small letters."""
    pairs = (part.partition(":") for part in text.split(";"))
    return {name.strip().lower(): value.strip().lower() for name, mark, value in pairs if mark}


def is_hidden(element: HtmlElement, css: Mapping[str, str]) -> bool:
    """Whether nobody sees an element; Word marks so the signs of its lists, which it draws itself."""
    said = css.get("mso-list", "") == "ignore" or css.get("display", "") == "none"
    return said or css.get("visibility", "") == "hidden" or "hidden" in element.attrib


def classes(element: HtmlElement) -> set[str]:
    """An element's classes, in small letters."""
    return set(element.get("class", "").lower().split())


def flat(element: HtmlElement, *, without: HtmlElement | None = None) -> str:
    """All that a reader sees of an element, on one line, but for one of its parts."""
    return " ".join("".join(_texts(element, without)).split())


def _texts(element: HtmlElement, without: HtmlElement | None) -> Iterator[str]:
    """The texts below an element, with spaces where words part."""
    yield element.text or ""
    for child in element:
        is_seen = isinstance(child.tag, str) and child is not without and child.tag not in SILENT
        apart = "" if is_seen and is_inline(child.tag) else " "
        yield apart
        if is_seen and not is_hidden(child, declarations(child.get("style", ""))):
            yield from _texts(child, without)
        yield apart
        yield child.tail or ""


def table_of(row: HtmlElement) -> HtmlElement | None:
    """The innermost table that a row stands in."""
    return next((each for each in row.iterancestors() if each.tag == "table"), None)


def in_head(row: HtmlElement) -> bool:
    """Whether a row is marked as part of its table's head."""
    return any(each.tag == "thead" for each in row.iterancestors())


def is_data(cells: list[list[HtmlElement]]) -> bool:
    """Whether a table holds data, or only places text on a page."""
    if max((len(row) for row in cells), default=0) < 2:  # noqa: PLR2004 - one column is a box
        return False
    for cell in (cell for row in cells for cell in row):
        if any(each.tag in {"h1", "h2", "h3"} for each in cell.iterdescendants()):
            return False
        if len(cell.text_content().split()) > _LONG_CELL_WORDS:
            return False
    return True


def unwrapped(address: str) -> str:
    """Where a link leads, without the detour that Google or Outlook puts before it."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    host = (parts.hostname or "").lower()
    if host.endswith("google.com") and parts.path == "/url":
        return parse_qs(parts.query).get("q", [address])[0]
    if host.endswith("safelinks.protection.outlook.com"):
        return parse_qs(parts.query).get("url", [address])[0]
    return address
