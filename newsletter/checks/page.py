"""An edition's HTML as one person gets it, parsed, with what its style sheets say.

Rule: merge fields stand as their defaults, and what Outlook alone reads (conditional comments) is no part of
it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from lxml import etree

from newsletter.model import Edition, Pieces
from newsletter.render import css, fill

_SHOWN = 40
_UNREAD = frozenset({"head", "style", "script", "title"})


@dataclass(frozen=True, slots=True)
class Page:
    """The finished HTML of one edition."""

    html: str
    root: Any
    rules: tuple[css.Rule, ...]
    """Of all its style sheets, in order."""

    def lost_targets(self) -> tuple[str, ...]:
        """The links into the page that find no place in it, each once."""
        there = {element.get(name) for element in self.root.iter(etree.Element) for name in ("id", "name")}
        targets = (link.get("href", "") for link in self.root.iter("a"))
        lost = (target for target in targets if target.startswith("#") and unquote(target[1:]) not in there)
        return tuple(dict.fromkeys(lost))

    def visible_text(self) -> str:
        """What stands in the page to be read, without the preheader, which is for the inbox."""
        return " ".join(_visible(self.root))

    def styled(self) -> Iterator[tuple[Any, tuple[css.Declaration, ...]]]:
        """Each element that has a style of its own, and what that says."""
        for element in self.root.iter(etree.Element):
            style = element.get("style")
            if style:
                yield element, css.declarations(style)


def read(edition: Edition) -> Page:
    """Parse the HTML of an edition."""
    html = filled(edition.html)
    root = etree.fromstring(html, etree.HTMLParser())
    return Page(html, root, tuple(rule for style in root.iter("style") for rule in _rules(style)))


def filled(pieces: Pieces) -> str:
    """The content with its defaults; a field without one shows its name in brackets."""
    return fill(pieces, {slot.field: f"[{slot.field}]" for slot in pieces.slots if slot.default is None})


def web_addresses(edition: Edition) -> tuple[str, ...]:
    """The links and pictures of an edition that stand on the web, but for those that lack a person's own
    part.
    """
    root = read(edition).root
    found = [link.get("href", "") for link in root.iter("a")] + [
        picture.get("src", "") for picture in root.iter("img")
    ]
    nobodys = {quote(f"[{slot.field}]", safe="") for slot in edition.html.slots}
    return tuple(
        dict.fromkeys(
            address
            for address in found
            if address.startswith(("http://", "https://")) and not any(part in address for part in nobodys)
        )
    )


def text_of(element: Any) -> str:
    """What a reader reads in it, on one line."""
    return " ".join("".join(element.itertext()).split())


def named(element: Any) -> str:
    """The element for people: its tag, and how its text begins."""
    text = text_of(element)
    begins = text if len(text) <= _SHOWN else re.sub(r"\s\S*$", "", text[:_SHOWN]) + "…"
    return f"<{element.tag}> “{begins}”" if begins else f"<{element.tag}>"


def _visible(element: Any) -> Iterator[str]:
    if element.tag in _UNREAD or not isinstance(element.tag, str):
        return
    if any(
        said.name == "display" and said.value == "none" for said in css.declarations(element.get("style", ""))
    ):
        return
    yield element.text or ""
    for child in element:
        yield from _visible(child)
        yield child.tail or ""


def _rules(style: Any) -> Iterator[css.Rule]:
    media = style.get("media")
    for rule in css.rules(style.text or ""):
        yield rule._replace(conditions=(f"@media {media.lower()}", *rule.conditions)) if media else rule
