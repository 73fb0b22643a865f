"""The styles of a Word document: which are headings, points, quotations, and how large and heavy they are.

Rule: a style is known by what it does (its outline level, its place under another), then by its English name,
which Word keeps in every language; its id is whatever the writer's Word calls it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.documents.readers.word_text import child, name_of, value_of

if TYPE_CHECKING:
    from lxml.etree import _Element

_DEFAULT_SIZE = 10.0
"""Of a document that names none (ECMA-376 part 1, 17.3.2.38)."""
_BODY_LEVEL = 9
"""The outline level that means text."""
_POINTS = re.compile(r"List (?P<kind>Bullet|Number)(?: (?P<depth>[2-5]))?", re.IGNORECASE)
_QUOTES = {"quote", "intense quote", "block text", "quotations", "block quotation"}
_CONTENTS = re.compile(r"toc (?:[1-9]|heading)", re.IGNORECASE)
_HEADING = re.compile(r"heading (?P<level>[1-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A paragraph style, with what it has from the styles it is based on."""

    name: str = ""
    based_on: str | None = None
    level: int | None = None
    """Of a heading, from 1."""
    size: float | None = None
    bold: bool | None = None
    italic: bool | None = None
    indent: float | None = None
    """How far in its paragraphs stand, in points."""
    hidden: bool | None = None


@dataclass(frozen=True, slots=True)
class Styles:
    """The paragraph styles of a document."""

    by_id: dict[str, Style]
    default_id: str | None
    default_size: float

    def get(self, style_id: str | None) -> Style:
        return self.by_id.get(style_id or self.default_id or "") or Style()


def of(root: _Element | None) -> Styles:
    """Read `word/styles.xml`."""
    if root is None:
        return Styles({}, None, _DEFAULT_SIZE)
    own: dict[str, Style] = {}
    default = None
    for each in root:
        key = value_of(each, "styleId")
        if name_of(each) == "style" and value_of(each, "type") == "paragraph" and key and key not in own:
            own[key] = _own(each)
            default = key if value_of(each, "default") in {"1", "true", "on"} else default
    size = _points(child(root, "docDefaults", "rPrDefault", "rPr", "sz"))
    return Styles({key: _whole(key, own) for key in own}, default, size or _DEFAULT_SIZE)


def _own(style: _Element) -> Style:
    name = value_of(child(style, "name")) or ""
    level = value_of(child(style, "pPr", "outlineLvl"))
    heading = _HEADING.fullmatch(name)
    indent = child(style, "pPr", "ind")
    if heading:
        level = str(int(heading["level"]) - 1)
    return Style(
        name=name,
        based_on=value_of(child(style, "basedOn")),
        level=int(level) + 1 if level is not None and level.isdigit() and int(level) < _BODY_LEVEL else None,
        size=_points(child(style, "rPr", "sz")),
        bold=_switch(child(style, "rPr", "b")),
        italic=_switch(child(style, "rPr", "i")),
        hidden=_switch(child(style, "rPr", "vanish")),
        indent=twips(value_of(indent, "left") or value_of(indent, "start")),
    )


def _switch(element: _Element | None) -> bool | None:
    """A property that is on where it is named (ECMA-376 part 1, 17.17.4); None where it is not."""
    return None if element is None else value_of(element) not in {"0", "false", "off"}


def _whole(key: str, own: dict[str, Style]) -> Style:
    """A style with what it inherits."""
    found, seen, above = own[key], {key}, own[key].based_on
    while above in own and above not in seen:
        seen.add(above)
        base = own[above]
        found = replace(
            found,
            level=found.level if found.level is not None else base.level,
            size=found.size or base.size,
            bold=found.bold if found.bold is not None else base.bold,
            italic=found.italic if found.italic is not None else base.italic,
            indent=found.indent if found.indent is not None else base.indent,
            hidden=found.hidden if found.hidden is not None else base.hidden,
        )
        above = base.based_on
    return found


def twips(length: str | None) -> float | None:
    """A length that Word counts in twentieths of a point, in points."""
    return int(length) / 20 if length is not None and length.removeprefix("-").isdecimal() else None


def _points(element: _Element | None) -> float | None:
    """`w:sz` counts half points."""
    said = value_of(element)
    return int(said) / 2 if said is not None and said.isdigit() and int(said) else None


def style_map(styles: Styles) -> str:
    """What mammoth is told of this document's styles, beside its own defaults."""
    return "\n".join([*_mapped(styles), "u => u", "strike => s", "highlight => mark"])


def _mapped(styles: Styles) -> Iterator[str]:
    for style in {style.name: style for style in styles.by_id.values()}.values():
        name = style.name.replace("\\", "\\\\").replace("'", "\\'")
        path = _path(style)
        if path and "\n" not in name:
            yield f"p[style-name='{name}'] => {path}"


def _path(style: Style) -> str:
    points = _POINTS.fullmatch(style.name)
    if points:
        kind = "ul" if points["kind"].lower() == "bullet" else "ol"
        around = "ul|ol > li > " * (int(points["depth"] or 1) - 1)
        return f"{around}{kind} > li:fresh"
    if style.name.lower() == "title":
        return "h1.title:fresh"
    if style.name.lower() in _QUOTES:
        return "blockquote > p:fresh"
    return f"h{min(style.level, 6)}:fresh" if style.level else ""


def of_contents(styles: Styles) -> frozenset[str]:
    """The ids of the styles in which Word sets a table of contents."""
    return frozenset(key for key, style in styles.by_id.items() if _CONTENTS.fullmatch(style.name))


def that_hide(root: _Element | None) -> frozenset[str]:
    """The ids of the styles, of paragraphs and of letters, whose text nobody sees."""
    found = root if root is not None else ()
    own = {value_of(each, "styleId") or "": _own(each) for each in found if name_of(each) == "style"}
    return frozenset(key for key in own if _whole(key, own).hidden)


def counts_by_letters(numbering: _Element | None, main: _Element) -> bool:
    """Whether a list of the text counts in a way that Markdown cannot: by letters or Roman numerals."""
    if numbering is None:
        return False
    lettered: set[tuple[str, str]] = set()
    for each in (each for each in numbering if name_of(each) == "abstractNum"):
        for level in (level for level in each if name_of(level) == "lvl"):
            if (value_of(child(level, "numFmt")) or "").startswith(("lower", "upper")):
                lettered.add((value_of(each, "abstractNumId") or "", value_of(level, "ilvl") or ""))
    lists = {
        value_of(each, "numId"): value_of(child(each, "abstractNumId"))
        for each in numbering
        if name_of(each) == "num"
    }
    return any(
        (lists.get(value_of(child(each, "numId"))) or "", value_of(child(each, "ilvl")) or "0") in lettered
        for each in main.iter()
        if name_of(each) == "numPr"
    )
