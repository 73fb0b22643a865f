"""HTML: what Word and Google Docs save, and pages of the web.

Rule: of a page, its main part is read, and every word around it is listed; nothing is fetched.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from lxml import etree, html

from newsletter.decoding import decoded
from newsletter.documents.blocks import Document, Left, Passage
from newsletter.documents.readers import elements, tree
from newsletter.errors import Refused

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_BYTES = 8_000_000
"""A page with its pictures inside is a few; its text is far less."""
_DATA = re.compile(rb"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]{100,}")
_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_HEAD_BYTES = 2048
_MAIN = (
    "//main",
    "//*[@role='main']",
    "//article",
    "//*[contains(@class,'entry-content')]",
    "//*[@id='content']",
)
_LEAST_SHARE = 0.6
"""The main part of a page has most of its words; what has less is only one of several."""
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SELECTOR = re.compile(r"(?P<tag>[a-zA-Z][\w]*)?(?:\.(?P<class>[\w-]+))?")
_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_CONDITIONAL = re.compile(r"<!\[(?:if[^\]]*|endif)\]>", re.IGNORECASE)
"""How Word hides from browsers what only it shall read: they are no comments, and hold nothing."""


def read(data: bytes) -> Document:
    """Read a page. Raises `Refused`."""
    data = _DATA.sub(b"data:,", data)
    if len(data) > MAX_BYTES:
        raise Refused(f"the page has {len(data) / 1e6:.0f} MB of text: this is no report")
    text = _CONDITIONAL.sub("", _decoded(data))
    root = _parsed(text)
    main = _main(root)
    found = tree.of_element(main, _sheet(root))
    around = tuple(_around(root, main))
    source = tuple(Passage(f"line {number}", words) for number, words in _Words.of(text))
    return Document(format="html", blocks=found.blocks, source=source, left=(*around, *found.left))


def _decoded(data: bytes) -> str:
    said = _CHARSET.search(data[:_HEAD_BYTES])
    name = said[1].decode("ascii", "replace") if said else ""
    try:
        codecs.lookup(name or "utf-8")
    except LookupError:
        name = ""
    return decoded(data, name or None)


def _parsed(text: str) -> HtmlElement:
    # A declared encoding is not wanted in text that has been decoded.
    text = re.sub(r"\A\s*<\?xml[^>]*\?>", "", text)
    try:
        root: HtmlElement = html.document_fromstring(
            text, parser=html.HTMLParser(no_network=True, remove_comments=True)
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        raise Refused("there is no text on this page") from None
    return root


def _main(root: HtmlElement) -> HtmlElement:
    """The part of the page that is the text: the whole body, where none is most of it."""
    body = root.find("body")
    whole: HtmlElement = root if body is None else body
    words = len(_words(whole))
    for path in _MAIN:
        found = [each for each in root.xpath(path) if len(_words(each)) >= words * _LEAST_SHARE]
        if len(found) == 1:
            main: HtmlElement = found[0]
            return main
    return whole


def _words(element: HtmlElement) -> list[str]:
    texts = element.xpath(".//text()[not(ancestor::script or ancestor::style)]")
    return " ".join(map(str, texts)).split()


def _around(root: HtmlElement, main: HtmlElement) -> Iterator[Left]:
    """The text that stands on the page outside its main part."""
    body = root.find("body")
    said = elements.flat(body, without=main) if body is not None and main is not body else ""
    if said:
        yield Left("around the text", said, is_in_source=True)


def _sheet(root: HtmlElement) -> dict[tuple[str, str], dict[str, str]]:
    """What the page's own rules say of tags and classes; later rules win, as in a browser."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for style in root.iter("style"):
        for selectors, body in _RULE.findall(_COMMENT.sub("", style.text or "")):
            said = elements.declarations(body)
            for selector in selectors.split(","):
                simple = _SELECTOR.fullmatch(selector.strip())
                if simple and (simple["tag"] or simple["class"]):
                    key = ((simple["tag"] or "").lower(), (simple["class"] or "").lower())
                    found.setdefault(key, {}).update(said)
    return found


class _Words(HTMLParser):
    """The words of a page by the standard library's parser, which shares nothing with the reader's."""

    _SILENT = ("script", "style", "head", "template", "noscript", "title", "del", "svg", "math")
    _VOID = (
        "br",
        "img",
        "hr",
        "input",
        "meta",
        "link",
        "wbr",
        "col",
        "area",
        "base",
        "embed",
        "source",
        "track",
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.silent: list[str] = []
        self.parts: list[str] = []
        self.found: list[tuple[int, list[str]]] = []

    @classmethod
    def of(cls, text: str) -> list[tuple[int, str]]:
        parser = cls()
        parser.feed(text)
        parser.close()
        return [(number, "".join(parts)) for number, parts in parser.found]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: (value or "") for name, value in attrs}
        hidden = any(name == "hidden" for name, _ in attrs) or re.search(
            r"mso-list:\s*ignore|display:\s*none|visibility:\s*hidden", said.get("style", ""), re.IGNORECASE
        )
        if tag in self._VOID:
            self.part() if tag in {"br", "hr"} else None
        elif tag in self._SILENT or hidden or self.silent:
            self.silent.append(tag)
        elif not elements.is_inline(tag) or elements.calls_note(said.get("href", "")):
            self.part()

    def handle_endtag(self, tag: str) -> None:
        if tag in self.silent:
            while self.silent and self.silent.pop() != tag:
                pass
        elif not elements.is_inline(tag):
            self.part()

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.add(data)

    def add(self, text: str) -> None:
        if not text.strip() and not self.parts:
            return
        if not self.parts:
            self.found.append((self.getpos()[0], self.parts))
        self.parts.append(text)

    def part(self) -> None:
        """What follows is no longer the same word."""
        self.parts = []
