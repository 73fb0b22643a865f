"""What must hold of every finished HTML part, whatever the theme.

Rule: a fault that a reader would meet is an error here, not a surprise in an inbox: one document, nothing left
uncompiled, a language, one main heading, words for every picture, safe links, and no request to anyone but
for the author's own pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from newsletter.render import markup
from newsletter.render.markup import Kind

_DOCTYPE = re.compile(r"<!doctype\b", re.IGNORECASE)
_UNCOMPILED = re.compile(r"</?mj-?[a-z-]*", re.IGNORECASE)
_REMOTE_STYLE = re.compile(r"@import|@font-face|url\(", re.IGNORECASE)
_FETCHING = frozenset(
    (
        *("script", "link", "iframe", "frame", "object", "embed", "video", "audio", "source", "track"),
        *("form", "input", "button", "base", "svg", "applet", "portal"),
    )
)
_FETCHING_ATTRIBUTES = frozenset({"src", "srcset", "background", "poster", "data", "lowsrc", "dynsrc"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel"})


def faults(
    html: str, *, pictures: frozenset[str], unsubscribe: str, relations: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Each thing wrong.

    `pictures` are the addresses that may be fetched; `unsubscribe` is the link that must be there, empty in a
    copy that is nobody's; `relations` are those that a page may name by `<link rel=…>`, which fetch nothing.
    """
    if len(_DOCTYPE.findall(html)) != 1 or not html.lower().startswith("<!doctype html"):
        yield "it has not one doctype, at its start"
    for found in sorted(set(_UNCOMPILED.findall(html))):
        yield f"{found}> is left uncompiled"
    root = etree.fromstring(html, etree.HTMLParser())
    yield from _of_document(root)
    yield from _of_requests(root, pictures, relations)
    yield from _of_links(root, unsubscribe)
    yield from _of_comments(html, pictures)


def _of_document(root: Any) -> Iterator[str]:
    if not root.get("lang") or root.get("lang") == "und":
        yield 'it does not say its language: write <mjml lang="{{ lang }}" dir="{{ dir }}">'
    headings = len(root.findall(".//h1"))
    if headings != 1:
        yield f"it has {headings} main headings (h1); the title is the one"
    for picture in root.iter("img"):
        if picture.get("alt") is None:
            yield f"the picture {picture.get('src', '')} has no alt text"


def _of_requests(root: Any, pictures: frozenset[str], relations: frozenset[str]) -> Iterator[str]:
    for element in root.iter(etree.Element):
        if element.tag in _FETCHING and not (element.tag == "link" and element.get("rel") in relations):
            yield f"<{element.tag}> has no place in a mail"
        for name, value in element.attrib.items():
            if name in _FETCHING_ATTRIBUTES and not _allowed(value, pictures):
                yield f"<{element.tag} {name}=…> fetches {value}, which is not the author's own picture"
            elif name.startswith("on"):
                yield f"<{element.tag} {name}=…> is a script"
            elif name == "style" and _REMOTE_STYLE.search(value):
                yield f"the style of <{element.tag}> fetches something"
        if element.tag == "style" and _REMOTE_STYLE.search(element.text or ""):
            yield "a style fetches something (@import, @font-face or url)"


def _of_links(root: Any, unsubscribe: str) -> Iterator[str]:
    addresses = [element.get("href", "").strip() for element in root.iter("a", "area")]
    for address in addresses:
        scheme = _SCHEME.match(address)
        if scheme and scheme[1].lower() not in _SAFE_SCHEMES:
            yield f"the link {address} has a scheme that does not belong in a mail"
    if unsubscribe and unsubscribe not in addresses:
        yield 'it has no unsubscribe link: write <a href="{{ words.unsubscribe_url }}">Unsubscribe</a>'


def _of_comments(html: str, pictures: frozenset[str]) -> Iterator[str]:
    """Outlook reads what stands in conditional comments."""
    for part in markup.parts(html):
        if part.kind is not Kind.COMMENT:
            continue
        held = html[part.start : part.end]
        if _REMOTE_STYLE.search(held):
            yield "a comment for Outlook fetches something"
        inside = held.removeprefix("<!--").removesuffix("-->")
        for tag in (tag for tag in markup.scan(inside) if tag.kind is Kind.TAG):
            for attribute in markup.attributes(inside, tag):
                value = inside[attribute.start : attribute.end]
                if attribute.name in _FETCHING_ATTRIBUTES and not _allowed(value, pictures):
                    yield f"a comment for Outlook fetches {value}"


def _allowed(address: str, pictures: frozenset[str]) -> bool:
    return address in pictures or address.startswith(("data:", "cid:"))
