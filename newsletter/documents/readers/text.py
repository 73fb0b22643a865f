"""Plain text, as it is pasted from a mail or saved from a word processor."""

from __future__ import annotations

import re

from newsletter.decoding import decoded
from newsletter.documents.blocks import Block, Document, Kind, Line, Passage, Run
from newsletter.errors import Refused

MAX_BYTES = 2_000_000
"""Some 300,000 words."""
_TAB = 8
_COLUMNS = re.compile(r"(?<=\S) {3,}(?=\S)")
"""So many spaces stand between columns, where a page's places were kept."""
_BINARY_SHARE = 0.02
_SPACES = dict.fromkeys((0x0B, 0x85, 0x2028, 0x2029), "\n")


def read(data: bytes) -> Document:
    """Read a text. Raises `Refused` for what is none."""
    if len(data) > MAX_BYTES:
        raise Refused(f"the text has {len(data) / 1e6:.1f} MB: this is no report")
    text = decoded(data).replace("\r\n", "\n").replace("\r", "\n").translate(_SPACES).replace("\f", "\n\f")
    if sum(character < " " and character not in "\n\t\f" for character in text) > len(text) * _BINARY_SHARE:
        raise Refused(
            "this is neither a document nor text that can be read", "Save it as .docx or as plain text."
        )
    blocks: list[Block] = []
    source: list[Passage] = []
    gap, page = 0, 1
    for number, line in enumerate(text.split("\n"), start=1):
        if "\f" in line:
            page, gap = page + line.count("\f"), 0
            line = line.replace("\f", "")  # noqa: PLW2901 - the same line
        gap += 1
        line = _COLUMNS.sub("\t", line)  # noqa: PLW2901 - the same line
        shown = line.expandtabs(_TAB).rstrip()
        said = shown.lstrip()
        if not said:
            continue
        place = Line(left=len(shown) - len(said), right=len(shown), gap=gap, page=page)
        words = line.strip()
        blocks.append(Block(kind=Kind.LINE, runs=(Run(text=words),), line=place))
        source.append(Passage(f"line {number}", words))
        gap = 0
    return Document(format="txt", blocks=tuple(blocks), source=tuple(source))
