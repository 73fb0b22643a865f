"""What can be wrong with the text of a draft: every rule, and the place where it is broken."""

from __future__ import annotations

import re
from itertools import chain, product, zip_longest
from typing import TYPE_CHECKING
from urllib.parse import unquote

from newsletter import markdown
from newsletter.drafts import links
from newsletter.drafts.known import FIELD, Masked
from newsletter.errors import Mistake, Where, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

    from newsletter.drafts.body import Body
    from newsletter.drafts.known import Known
    from newsletter.drafts.source import Source

MAX_LEVEL = 40
"""How deep lists and quotations may nest, as tokens: well before the parser drops what is deeper."""

_ONLY = "Write ::: only SEGMENT before the text and ::: after it, each on a line of its own."
_HALF_LINK = re.compile(r"\]\([^\s'\"“”‘’–—…]*")
_HALF_LINK_HINT = "An address holds no spaces: write %20 for each."
_AROUND = (("](", ")"), ("](", " "), ("<", ">"), ("", ""))
_AROUND_DEFINED = (("]: <", ">"), ("]: ", ""))
"""What stands around an address in a link, and where a reference is defined; the surest first."""

Spot = tuple[int, int]
"""An index into the body's lines, and one into that line's text."""


def find(body: Body, source: Source, known: Known) -> list[Mistake]:
    """Every mistake in a body, in no order."""
    inspector = _Inspector(body, source, known)
    inspector.fields()
    inspector.blocks()
    inspector.only_blocks()
    for token in body.tokens:
        if token.type == "inline":
            inspector.links(token)
    return inspector.mistakes


def in_line(text: str) -> links.Fault | None:
    """The first link or picture at fault in one line of Markdown, such as a point of the summary."""
    masked = Masked.of(text)
    inline = markdown.parse_inline(masked.text)
    for _, fault in _faulty_addresses(inline, masked):
        return links.Fault(fault.what, masked.as_written(fault.hint))
    return None


class _Inspector:
    def __init__(self, body: Body, source: Source, known: Known) -> None:
        self.body = body
        self.source = source
        self.known = known
        self.mistakes: list[Mistake] = []

    def wrong(self, what: str, hint: str, spot: Spot, needle: str = "") -> None:
        """Note a mistake where `needle` stands in the file, which in folded YAML may be some lines below."""
        line = self.body.lines[spot[0]]
        column = max(line.shift + spot[1], 0)
        if self.source.line(line.number).startswith(needle, column):
            self.mistakes.append(self.source.mistake(what, line.number, column + 1, hint))
            return
        for number, text in enumerate(self.source.lines[line.number - 1 :], line.number):
            if needle in text:
                self.mistakes.append(self.source.mistake(what, number, text.index(needle) + 1, hint))
                return
        self.mistakes.append(self.source.mistake(what, line.number, max(line.shift, 0) + 1, hint))

    def fields(self) -> None:
        for index, line in enumerate(self.body.lines):
            for found in FIELD.finditer(line.text):
                name = found["name"]
                if name not in self.known.fields:
                    hint = did_you_mean(name, self.known.fields)
                    self.wrong(f"unknown merge field '{name}'", hint, (index, found.start()), found[0])

    def blocks(self) -> None:
        if not markdown.words(self.body.tokens):
            hint = "Write it below the front matter, or under intro: and sections:."
            self.mistakes.append(Mistake(Where(self.source.name), "the draft has no text", hint))
        for token in self.body.tokens:
            if token.type == "heading_open" and token.tag == "h1":
                hint = "The title is the one heading above all others: start this one with ##."
                self.wrong("a heading of the first level in the text", hint, _start(token))
            if token.type == "fence" and not self._is_closed(token):
                hint = f"Put {token.markup} on a line of its own after the code."
                self.wrong("the code block that starts here is never closed", hint, _start(token))
        deep = next((token for token in self.body.tokens if token.map and token.level > MAX_LEVEL), None)
        if deep:
            self.wrong("lists or quotations are nested too deep", "Nobody can follow this.", _start(deep))

    def _is_closed(self, fence: Token) -> bool:
        assert fence.map is not None
        first, end = fence.map
        return end - 1 > first and self.body.lines[end - 1].text.rstrip().endswith(fence.markup)

    def only_blocks(self) -> None:
        opened: list[Token] = []
        for token in self.body.tokens:
            match token.type:
                case "only_open":
                    if opened:
                        hint = f"Close the block of line {self._number(opened[-1])} with ::: first."
                        self.wrong("a ::: only block inside another", hint, _start(token), ":::")
                    self._segments(token)
                    opened.append(token)
                case "only_close" if opened:
                    opened.pop()
                case "only_close":
                    self.wrong("there is no block to close here", _ONLY, _start(token), ":::")
                case "colons":
                    what = "a ::: line can be `::: only SEGMENT` or ::: alone, and starts in the first column"
                    self.wrong(what, _ONLY, _start(token), ":::")
        for token in opened:
            hint = "Put ::: on a line of its own after its text."
            self.wrong("the ::: only block that starts here is never closed", hint, _start(token), ":::")

    def _number(self, token: Token) -> int:
        return self.body.lines[_start(token)[0]].number

    def _segments(self, token: Token) -> None:
        names = token.meta["segments"]
        if not names:
            self.wrong("a ::: only block for no segment", _ONLY, _start(token), ":::")
        for name in names:
            if name not in self.known.segments:
                spot = next(self._spots(name, _lines_of(token)), _start(token))
                self.wrong(f"unknown segment '{name}'", did_you_mean(name, self.known.segments), spot, name)

    def links(self, inline: Token) -> None:
        """Note the links and pictures of a paragraph, heading or cell that lead nowhere or say nothing."""
        places: dict[str, Iterator[tuple[Spot, str]]] = {}
        for address, fault in _faulty_addresses(inline, self.body.masked):
            if address not in places:
                places[address] = self._addresses(self.body.masked.as_written(address), inline)
            spot, written = next(places[address], (_start(inline), ""))
            self.wrong(fault.what, self.body.masked.as_written(fault.hint), spot, written)
        for token in inline.children or ():
            half = _HALF_LINK.search(token.content) if token.type == "text" else None
            if half:
                needle = self.body.masked.as_written(half[0])
                spot = next(self._spots(needle, _lines_of(inline)), _start(inline))
                self.wrong("this looks like a link, but is none", _HALF_LINK_HINT, spot, needle)

    def _addresses(self, address: str, inline: Token) -> Iterator[tuple[Spot, str]]:
        """Where an address stands, and how it is written there: the parser percent-encodes what must be."""
        here = product([_lines_of(inline)], (address, unquote(address)), _AROUND)
        elsewhere = product([(0, len(self.body.lines))], (address, unquote(address)), _AROUND_DEFINED)
        for lines, written, (before, after) in chain(here, elsewhere):
            spots = list(self._spots(f"{before}{written}{after}", lines))
            if spots:
                return iter([((index, column + len(before)), written) for index, column in spots])
        return iter(())

    def _spots(self, needle: str, lines: tuple[int, int]) -> Iterator[Spot]:
        """Where a text stands in some of the lines."""
        for index in range(*lines) if needle else ():
            for found in re.finditer(re.escape(needle), self.body.lines[index].text):
                yield index, found.start()


def _faulty_addresses(inline: Token, masked: Masked) -> Iterator[tuple[str, links.Fault]]:
    children = inline.children or []
    for token, following in zip_longest(children, children[1:]):
        fault = None
        if token.type == "link_open":
            address = str(token.attrs["href"])
            fault = links.of_link(address, masked.word)
            if fault is None and following is not None and following.type == "link_close":
                fault = links.NO_TEXT
        elif token.type == "image":
            address = str(token.attrs["src"])
            fault = links.of_image(address, masked.word)
            if fault is None and not markdown.plain(token):
                fault = links.NO_DESCRIPTION
        if fault:
            yield address, fault


def _lines_of(token: Token) -> tuple[int, int]:
    assert token.map is not None
    return token.map[0], token.map[1]


def _start(token: Token) -> Spot:
    return _lines_of(token)[0], 0
