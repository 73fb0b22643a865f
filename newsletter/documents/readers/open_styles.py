"""The styles of an OpenDocument text: what is bold, italic, raised, large, a heading, a list that counts.

Rule: a style has what it says itself, and else what the style says that it is based on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element

_ESCAPED = re.compile(r"_([0-9a-f]{2})_")
"""How a style's name writes what no XML name may hold: `Heading_20_1`."""

_UNITS = {"pt": 1.0, "cm": 28.35, "mm": 2.835, "in": 72.0}


def name_of(element: _Element) -> str:
    """An element's name without its namespace."""
    return etree.QName(element).localname


def attribute(element: _Element, name: str) -> str | None:
    """An attribute by its local name, whatever its namespace."""
    return next((str(value) for key, value in element.attrib.items() if str(key).split("}")[-1] == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What one style says; None where it says nothing."""

    name: str
    parent: str | None = None
    bold: bool | None = None
    italic: bool | None = None
    underlined: bool | None = None
    struck: bool | None = None
    raised: bool | None = None
    marked: bool | None = None
    size: float | None = None
    hidden: bool | None = None
    indent: float | None = None
    """How far in its paragraphs stand, in points."""


class Styles:
    """The styles of a document, automatic ones among them."""

    def __init__(self, known: dict[tuple[str, str], Style], ordered: dict[str, dict[int, bool]]) -> None:
        self.known = known
        self.ordered = ordered
        """List style → depth → whether it counts."""

    @classmethod
    def of(cls, roots: list[_Element]) -> Styles:
        known: dict[tuple[str, str], Style] = {}
        ordered: dict[str, dict[int, bool]] = {}
        for each in (each for root in roots for each in root.iter()):
            name = attribute(each, "name") or ""
            if name_of(each) == "style":
                known[attribute(each, "family") or "", name] = _style(each, name)
            elif name_of(each) == "list-style":
                levels = [(level, attribute(level, "level") or "") for level in each]
                ordered[name] = {
                    int(number): name_of(level) == "list-level-style-number"
                    and bool(attribute(level, "num-format"))
                    for level, number in levels
                    if number.isdigit()
                }
        return cls(known, ordered)

    def whole(self, family: str, name: str | None) -> Style:
        """A style with what it inherits."""
        found, seen = Style(name=name or ""), set[str]()
        while name and name not in seen:
            seen.add(name)
            style = self.known.get((family, name))
            if style is None:
                break
            own = {key: getattr(style, key) for key in _FORMS if getattr(found, key) is None}
            found = replace(found, **own)
            name = style.parent
        return found

    def named(self, family: str, name: str | None) -> Iterator[str]:
        """A style's names in plain letters, its own and those it is based on."""
        seen = set[str]()
        while name and name not in seen:
            seen.add(name)
            yield _ESCAPED.sub(lambda found: chr(int(found[1], 16)), name).lower()
            style = self.known.get((family, name))
            name = style.parent if style else None


_FORMS = ("bold", "italic", "underlined", "struck", "raised", "marked", "size", "hidden", "indent")


def _style(element: _Element, name: str) -> Style:
    said: dict[str, str] = {}
    for each in element:
        if name_of(each) in {"text-properties", "paragraph-properties"}:
            said |= {str(key).split("}")[-1]: str(value) for key, value in each.attrib.items()}

    def has(key: str, none: str = "none") -> bool | None:
        return None if key not in said else said[key] != none

    indent = re.fullmatch(r"([\d.]+)(pt|cm|mm|in)", said.get("margin-left", ""))
    weight, size = said.get("font-weight"), re.fullmatch(r"([\d.]+)pt", said.get("font-size", ""))
    return Style(
        name=name,
        parent=attribute(element, "parent-style-name"),
        bold=None if weight is None else weight not in {"normal", "100", "200", "300", "400", "500"},
        italic=has("font-style", "normal"),
        underlined=has("text-underline-style"),
        struck=has("text-line-through-style"),
        raised=None if "text-position" not in said else not said["text-position"].startswith("0"),
        marked=None,
        size=float(size[1]) if size else None,
        indent=float(indent[1]) * _UNITS[indent[2]] if indent else None,
        hidden=None if "display" not in said else said["display"] == "none",
    )
