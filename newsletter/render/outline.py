"""Finished HTML as browsers nest it: elements, texts and style sheets, each text with what is open around it.

Rule: only what every reader nests alike is an outline. A parser mends; the parsers of browsers and of libraries
mend differently, and what one of them closes another leaves open around all that follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape

from newsletter.render import css, markup
from newsletter.render.css import Declaration, Rule
from newsletter.render.markup import Kind, Part

_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
_ROWS = frozenset({"tbody", "thead", "tfoot"})
_CELLS = frozenset({"td", "th"})
_TABLE_PARTS = frozenset({"table", "tr", *_ROWS})
_KNOWN = markup.names(
    "html head title meta style link body div main article section header footer nav aside center address "
    "table tbody thead tfoot tr td th p h1 h2 h3 h4 h5 h6 ul ol li blockquote pre hr br img wbr "
    "a span b strong i em u s small big sub sup strike del ins code kbd samp abbr cite q font bdi tt time"
)
"""The tags that every reader takes for what they are, and that leave what follows them alone."""
_REVEALED = re.compile(r"<!(?:--)?\[if[^\]]*\](?:>|-->)(?:<!-->|-->)?")
_HIDDEN_COMMENT = re.compile(r"<!--\[if[^\]]*\]>(?!<!-->|-->)(?P<held>.*?)<!\[endif\]-->", re.DOTALL)
_UNREVEALED = re.compile(r"<!(?:--<!)?\[endif\](?:--)?>")


class Misnested(ValueError):
    """Readers would nest the tags in different ways. The text says which."""


@dataclass(slots=True, eq=False)
class Element:
    """A tag with its attributes, and what stands around and in it."""

    tag: str
    start: int
    attributes: dict[str, str]
    parent: Element | None = field(kw_only=True)
    children: list[Element] = field(default_factory=list, kw_only=True)
    is_filled: bool = field(default=False, kw_only=True)
    """Whether words or pictures stand in it."""

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        """What its own `style` says."""
        return css.declarations(self.attributes.get("style", ""))

    def chain(self) -> tuple[Element, ...]:
        """The element and all that hold it, outwards."""
        return (self, *self.parent.chain()) if self.parent else (self,)


@dataclass(frozen=True, slots=True)
class Text:
    """A stretch of text: its words, and the innermost element around it."""

    start: int
    words: str
    holder: Element | None
    for_all: bool = field(kw_only=True)
    """Whether it stands outside the branches that only some readers show."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A document."""

    elements: tuple[Element, ...]
    texts: tuple[Text, ...]
    sheets: tuple[str, ...]
    rules: tuple[Rule, ...]


def as_outlook_reads(html: str) -> str:
    """The HTML with what stands in conditional comments; whatever their condition, for doubt is no excuse."""
    return _HIDDEN_COMMENT.sub(lambda found: found["held"], html)


def is_for_all(html: str, place: int) -> bool:
    """Whether a place is outside the branches that only some readers show."""
    before = _HIDDEN_COMMENT.sub("", html[:place])
    return len(_REVEALED.findall(before)) == len(_UNREVEALED.findall(before))


def is_held_back(html: str, place: int) -> bool:
    """Whether a place is in a comment, a style or a script."""
    return any(
        part.kind in {Kind.COMMENT, Kind.RAW} and part.start < place < part.end for part in markup.parts(html)
    )


@lru_cache(maxsize=4)
def read(html: str) -> Outline:
    """The outline, kept for the next who asks. Raises `Misnested`."""
    reader = _Reader(html)
    for part in markup.parts(html):
        reader.take(part)
    if reader.open:
        raise Misnested(f"<{reader.open[-1].tag}> is never closed")
    return Outline(tuple(reader.elements), tuple(reader.texts), *reader.styles())


def check_places(outline: Outline) -> None:
    """Raise `Misnested` for a tag that browsers move, or that changes how they read what follows.

    What only Outlook reads has tags of its own, to which this does not apply.
    """
    for element in outline.elements:
        _check_place(element)


def _check_place(element: Element) -> None:
    tag, parent = element.tag, element.parent.tag if element.parent else ""
    if tag not in _KNOWN:
        raise Misnested(f"<{tag}> is not read alike by all mail readers")
    if not may_stand_in(tag, parent) and (tag, parent) != ("tr", "table"):
        raise Misnested(f"<{tag}> stands directly inside <{parent}>")
    if tag == "a" and element.parent and any(around.tag == "a" for around in element.parent.chain()):
        raise Misnested("<a> stands inside <a>")


@dataclass(slots=True)
class _Reader:
    html: str
    open: list[Element] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    sheets: list[tuple[str, str]] = field(default_factory=list)
    branches: int = 0

    def take(self, part: Part) -> None:
        held = self.html[part.start : part.end]
        match part.kind:
            case Kind.TEXT:
                self._text(part.start, held)
            case Kind.COMMENT:
                self.branches += bool(_REVEALED.match(held)) and not _HIDDEN_COMMENT.fullmatch(held)
                self.branches -= bool(_UNREVEALED.match(held))
            case Kind.RAW:
                element = self._opened(Part(Kind.TAG, part.start, part.start + held.index(">") + 1))
                if element.tag == "style":
                    sheet = held[held.index(">") + 1 : held.rindex("</")]
                    self.sheets.append((element.attributes.get("media", "").lower(), sheet))
            case Kind.TAG if held.startswith("</"):
                self._close(markup.tag_name(self.html, part))
            case Kind.TAG:
                element = self._opened(part)
                if element.tag == "img":
                    self._fill(element)
                if element.tag not in _VOID and not (":" in element.tag and held.endswith("/>")):
                    self.open.append(element)

    def styles(self) -> tuple[tuple[str, ...], tuple[Rule, ...]]:
        return tuple(sheet for _, sheet in self.sheets), tuple(self._rules())

    def _rules(self) -> Iterator[Rule]:
        for media, sheet in self.sheets:
            for rule in css.rules(sheet):
                yield rule._replace(conditions=(f"@media {media}", *rule.conditions)) if media else rule

    def _opened(self, part: Part) -> Element:
        parent = self.open[-1] if self.open else None
        element = Element(
            markup.tag_name(self.html, part),
            part.start,
            markup.all_attributes(self.html, part),
            parent=parent,
        )
        self.elements.append(element)
        if parent:
            parent.children.append(element)
        return element

    def _close(self, tag: str) -> None:
        if not self.open or self.open[-1].tag != tag:
            around = f"inside <{self.open[-1].tag}>" if self.open else "alone"
            raise Misnested(f"</{tag}> stands {around}")
        self.open.pop()

    def _text(self, start: int, held: str) -> None:
        if held.strip():
            holder = self.open[-1] if self.open else None
            self.texts.append(Text(start, unescape(held), holder, for_all=not self.branches))
            self._fill(holder)

    def _fill(self, element: Element | None) -> None:
        while element and not element.is_filled:
            element.is_filled = True
            element = element.parent


def may_stand_in(tag: str, parent: str) -> bool:
    """Whether every browser leaves a tag where it stands, and puts nothing between it and its parent."""
    if tag in _ROWS:
        return parent == "table"
    if tag == "tr":
        return parent in _ROWS
    return parent == "tr" if tag in _CELLS else parent not in _TABLE_PARTS
