"""The text of a draft as lines of Markdown, each with its place in the file.

Rule: the same text written in either form comes out as the same lines. Between two blocks stands one empty
line, and a `::: only` line names its segments with a space between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain, repeat
from operator import getitem
from typing import TYPE_CHECKING, Any, NamedTuple

from newsletter import markdown
from newsletter.drafts.known import Masked
from newsletter.drafts.source import clean

if TYPE_CHECKING:
    from markdown_it.token import Token

    from newsletter.drafts.source import Source
    from newsletter.yaml_source import Document, Location


class Line(NamedTuple):
    """One line of Markdown."""

    text: str
    number: int
    """Its line in the file, from 1."""
    shift: int = 0
    """How many columns further right its text stands in the file."""


@dataclass(frozen=True, slots=True)
class Body:
    """The lines as written, and parsed with every merge field replaced by a word of its own."""

    lines: tuple[Line, ...]
    tokens: tuple[Token, ...]
    masked: Masked
    """The text that `tokens` were parsed from."""

    def canonical(self) -> list[Line]:
        """The lines with one empty line between blocks, none at either end."""
        shown: list[Line] = []
        for block in self._blocks():
            if shown:
                shown.append(Line("", shown[-1].number))
            last = block[-1]
            shown += [*block[:-1], last._replace(text=last.text.rstrip())]
        return shown

    def _blocks(self) -> Iterator[list[Line]]:
        done = 0
        for token in _outermost(self.tokens):
            assert token.map is not None
            start, end = token.map
            yield from _without_blanks(self.lines[done:start])
            done = end
            if token.type == "only_open":
                yield [Line(f"::: only {' '.join(token.meta['segments'])}", self.lines[start].number)]
            else:
                yield from _without_blanks(self.lines[start:end], split=False)
        yield from _without_blanks(self.lines[done:])


def from_markdown(lines: Iterable[str], *, first_line: int) -> Body:
    """The part of a Markdown draft below its front matter."""
    return _parsed([Line(text, number) for number, text in enumerate(lines, first_line)])


def from_yaml(document: Document, source: Source) -> Body:
    """The text of a YAML draft: intro, sections, closing. What has the wrong type is left out here."""
    writer = _Writer(document, source)
    writer.text(("intro",))
    sections = document.data.get("sections")
    for index, section in enumerate(sections if isinstance(sections, list) else ()):
        if isinstance(section, dict):
            writer.section(section, ("sections", index))
    writer.text(("closing",))
    return _parsed(writer.lines)


def _parsed(lines: Sequence[Line]) -> Body:
    masked = Masked.of("\n".join(line.text for line in lines))
    return Body(tuple(lines), tuple(markdown.parse(masked.text)), masked)


def _outermost(tokens: Iterable[Token]) -> Iterator[Token]:
    """The blocks that stand in no list or quotation, and the lines around what is for some segments only."""
    depth = 0
    for token in tokens:
        if token.type in {"only_open", "only_close"}:
            yield token
            continue
        if depth == 0 and token.map is not None and token.nesting >= 0:
            yield token
        depth += token.nesting


def _without_blanks(lines: Sequence[Line], *, split: bool = True) -> Iterator[list[Line]]:
    """The lines without empty ones at the ends; split at those between, if wished."""
    block: list[Line] = []
    blanks: list[Line] = []
    for line in lines:
        if not line.text.strip():
            blanks.append(line)
            continue
        if block and blanks and split:
            yield block
            block = []
        block += [*(blanks if block else ()), line]
        blanks = []
    if block:
        yield block


class _Writer:
    """Writes the parts of a YAML draft as Markdown."""

    def __init__(self, document: Document, source: Source) -> None:
        self.document = document
        self.source = source
        self.lines: list[Line] = []

    def section(self, section: dict[str, Any], at: Location) -> None:
        only, points = section.get("only"), section.get("points")
        names = [name for name in only if isinstance(name, str)] if isinstance(only, list) else []
        if names:
            place = self.document.where((*at, "only"))
            self.block([Line(f"::: only {' '.join(names)}", place.line, place.column - 1)])
        self.heading((*at, "heading"))
        self.text((*at, "body"))
        for index in range(len(points) if isinstance(points, list) else 0):
            self.point((*at, "points", index), first=index == 0)
        if names:
            self.block([Line(":::", self.lines[-1].number)])

    def text(self, at: Location) -> None:
        self.block(self.value(at))

    def heading(self, at: Location) -> None:
        lines = self.value(at)
        if lines:
            words = " ".join(" ".join(line.text for line in lines).split())
            self.block([Line(f"## {words}", lines[0].number, lines[0].shift - len("## "))])

    def point(self, at: Location, *, first: bool) -> None:
        marks = chain(["- "], repeat("  "))
        item = [
            Line((mark + line.text).rstrip(), line.number, line.shift - len(mark))
            for mark, line in zip(marks, self.value(at), strict=False)
        ]
        if first:
            self.block(item)
        else:
            self.lines += item

    def block(self, lines: Sequence[Line]) -> None:
        """Add lines with an empty one before them."""
        if self.lines and lines:
            self.lines.append(Line("", self.lines[-1].number))
        self.lines += lines

    def value(self, at: Location) -> list[Line]:
        """The lines of a text, in place: exactly for a `|` block, else all at the text's beginning."""
        value = reduce(getitem, at, self.document.data) if at in self.document.values else None
        if not isinstance(value, str):
            return []
        place = self.document.where(at)
        if at in self.document.blocks:
            numbered = enumerate(value.split("\n"), place.line + 1)
            lines = [Line(text, number, self.source.line(number).find(text)) for number, text in numbered]
        else:
            lines = [Line(text, place.line, place.column - 1) for text in clean(value).split("\n")]
        return next(_without_blanks(lines, split=False), [])
