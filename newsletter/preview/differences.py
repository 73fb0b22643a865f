"""What of one reader's copy is not in the copy that everybody can see.

Rule: whole blocks are compared (a paragraph, a bullet, a heading, a cell), by their words; a block is marked by
an attribute in its own tag, and no other byte changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import unescape

from newsletter.render.markup import Kind, parts

_BLOCK = re.compile(r"<(/?)(p|li|h[1-6]|td|th|blockquote|pre|div|dt|dd|caption)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Block:
    """A block's words, and where its tag has room for an attribute."""

    at: int
    words: str = ""


def marked(html: str, common: str) -> tuple[str, int]:
    """The HTML with `data-differs` on each block whose words are not in `common`; and how many there are."""
    blocks = list(_blocks(html))
    places = [blocks[index].at for index in _new([each.words for each in blocks], _words(common))]
    for at in reversed(places):
        html = f"{html[:at]} data-differs{html[at:]}"
    return html, len(places)


def marked_lines(text: str, common: str) -> tuple[tuple[str, bool], ...]:
    """Each line of the text part, and whether it differs."""
    lines = text.splitlines()
    new = set(_new(lines, common.splitlines()))
    return tuple((line, place in new and bool(line.strip())) for place, line in enumerate(lines))


def _new(mine: Sequence[str], common: Sequence[str]) -> Iterator[int]:
    """The places in `mine` of what is not in `common`."""
    matcher = SequenceMatcher(None, common, mine, autojunk=False)
    for kind, _, _, start, end in matcher.get_opcodes():
        if kind in {"insert", "replace"}:
            yield from range(start, end)


def _words(html: str) -> list[str]:
    return [each.words for each in _blocks(html)]


def _blocks(html: str) -> Iterator[_Block]:
    """The blocks that have words of their own, in order."""
    open_blocks: list[_Block] = []
    ordered: list[_Block] = []
    for part in parts(html):
        if part.kind is Kind.TEXT and open_blocks:
            open_blocks[-1].words += html[part.start : part.end]
        elif part.kind is Kind.TAG and (tag := _BLOCK.match(html, part.start)):
            if tag[1]:
                open_blocks = open_blocks[:-1]
            else:
                open_blocks.append(_Block(tag.end()))
                ordered.append(open_blocks[-1])
    for each in ordered:
        each.words = " ".join(unescape(each.words).split())
    return (each for each in ordered if each.words)
