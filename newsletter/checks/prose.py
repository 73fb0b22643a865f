"""The draft as a reader reads it: passages of plain text, each of which knows where it stands in the file.

Rule: a merge field is read as its default, for that is what a rule must judge; what stands in code is left out,
because nobody mends it for style.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter import markdown
from newsletter.checks.marks import CODE
from newsletter.drafts import FIELD
from newsletter.drafts.known import Masked
from newsletter.model import Report

if TYPE_CHECKING:
    from markdown_it.token import Token

_WORD = re.compile(r"\w[\w’'-]*")
_SURE_LENGTH = 4
"""A word of so many letters finds its own line among the few of a paragraph."""


class Kind(StrEnum):
    """What a passage is."""

    TITLE = "title"
    SUBJECT = "subject"
    PREHEADER = "preheader"
    SUMMARY = "summary"
    HEADING = "heading"
    TEXT = "text"
    CELL = "cell"


IN_FRONT = (Kind.TITLE, Kind.SUBJECT, Kind.PREHEADER)


@dataclass(frozen=True, slots=True)
class Link:
    """A link: what a reader sees of it, and where it leads."""

    text: str
    address: str
    is_bare: bool = False
    """The writer typed the address alone."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its description, and where it is fetched from."""

    description: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of text without a break: a heading, a paragraph, a point, a cell, a line of the inbox."""

    kind: Kind
    text: str
    file: str
    lines: tuple[tuple[int, str], ...] = ()
    """The lines of the file that it came from: number and text."""
    has_columns: bool = False
    """The lines stand in the file as they are here, so that a column can be told."""
    column: int = 0
    level: int = 0
    """Of a heading: 2 for `##`."""
    links: tuple[Link, ...] = ()
    pictures: tuple[Picture, ...] = ()

    @property
    def where(self) -> str:
        """Where it begins."""
        number = self.lines[0][0] if self.lines else 0
        return _place(self.file, number, self.column)

    def place(self, needle: str) -> str:
        """Where `needle` stands in it, as near as can be told."""
        words = [word for word in _WORD.findall(needle) if len(word) >= _SURE_LENGTH]
        for wanted in (needle, *words):
            for number, line in self.lines:
                column = line.find(wanted)
                if column >= 0:
                    return _place(self.file, number, column + 1 if self.has_columns else 0)
        return self.where


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with the text up to the next heading of any level. The first may have no heading."""

    heading: Passage | None
    passages: tuple[Passage, ...]
    holds: int
    """How many blocks stand in it: also those without text, such as code."""

    @property
    def words(self) -> int:
        return sum(len(passage.text.split()) for passage in self.passages)


@dataclass(frozen=True, slots=True)
class Prose:
    """All that the draft says, in the order in which it is read."""

    front: tuple[Passage, ...]
    """Title, subject, preheader, and the summary's lines, where the draft gives them."""
    sections: tuple[Section, ...]

    @property
    def headings(self) -> tuple[Passage, ...]:
        return tuple(section.heading for section in self.sections if section.heading)

    @property
    def body(self) -> Iterator[Passage]:
        """Headings and text."""
        for section in self.sections:
            if section.heading:
                yield section.heading
            yield from section.passages

    @property
    def passages(self) -> Iterator[Passage]:
        """Everything."""
        yield from self.front
        yield from self.body

    def of(self, kind: Kind) -> Passage | None:
        """The first passage of a kind."""
        return next((passage for passage in self.passages if passage.kind is kind), None)


def read(report: Report) -> Prose:
    """The passages of a report."""
    masked = Masked.of(report.body)
    lines = tuple(zip(report.lines, report.body.split("\n"), strict=False))
    reader = _Reader(report, masked, lines)
    return Prose(tuple(_front(report)), tuple(reader.sections(markdown.parse(masked.text))))


def shown(text: str) -> str:
    """A text with each merge field as its default, or as its name where it has none."""
    return FIELD.sub(_as_shown, text)


def _as_shown(field: re.Match[str]) -> str:
    default: str | None = field["default"]
    return str(field["name"]) if default is None else default


def _front(report: Report) -> Iterator[Passage]:
    texts = [(Kind.TITLE, "title", report.title)]
    texts += [(Kind.SUBJECT, "subject", report.subject)] if report.subject != report.title else []
    texts += [(Kind.PREHEADER, "preheader", report.preheader)] if report.preheader else []
    texts += [(Kind.SUMMARY, f"summary.{index}", point) for index, point in enumerate(report.summary)]
    places = {name: (line, column) for name, line, column in report.places}
    for kind, name, text in texts:
        line, column = places.get(name, (0, 0))
        masked = Masked.of(text)
        if kind is Kind.SUMMARY:
            token = markdown.parse_inline(masked.text)
            said, links, pictures = _said(token, masked), _links(token, masked), _pictures(token, masked)
        else:
            said, links, pictures = markdown.typographic(shown(text)), (), ()
        yield Passage(
            kind=kind,
            text=said,
            file=report.source,
            lines=((line, ""),),
            column=column,
            links=links,
            pictures=pictures,
        )


class _Reader:
    def __init__(self, report: Report, masked: Masked, lines: Sequence[tuple[int, str]]) -> None:
        self.report = report
        self.masked = masked
        self.lines = lines
        # In YAML a line stands further right, and not always by as much.
        self.has_columns = report.source.endswith((".md", ".markdown"))

    def sections(self, tokens: Sequence[Token]) -> Iterator[Section]:
        heading: Passage | None = None
        held: list[Passage] = []
        blocks = 0
        # A row of a table has a place; its cells have none.
        row: list[int] | None = None
        for before, token in zip([None, *tokens], tokens, strict=False):
            if token.type == "tr_open":
                row = token.map
            if token.type in {"fence", "code_block", "hr"}:
                blocks += 1
            if token.type != "inline":
                continue
            kind = _kind(before)
            passage = self._passage(token, kind, token.map or row, before)
            if kind is Kind.HEADING:
                if heading or held or blocks:
                    yield Section(heading, tuple(held), blocks)
                heading, held, blocks = passage, [], 0
            else:
                held.append(passage)
                blocks += 1
        yield Section(heading, tuple(held), blocks)

    def _passage(self, token: Token, kind: Kind, span: list[int] | None, before: Token | None) -> Passage:
        start, end = span or (0, 0)
        return Passage(
            kind=kind,
            text=_said(token, self.masked),
            file=self.report.source,
            lines=tuple(self.lines[start:end]),
            has_columns=self.has_columns,
            level=int(before.tag[1]) if before is not None and kind is Kind.HEADING else 0,
            links=_links(token, self.masked),
            pictures=_pictures(token, self.masked),
        )


def _kind(before: Token | None) -> Kind:
    match before.type if before is not None else "":
        case "heading_open":
            return Kind.HEADING
        case "th_open" | "td_open":
            return Kind.CELL
        case _:
            return Kind.TEXT


def _said(inline: Token, masked: Masked) -> str:
    return shown(masked.as_written(_visible(inline.children or ())))


def _visible(tokens: Iterable[Token]) -> str:
    parts = (CODE if token.type == "code_inline" else _of_one(token) for token in tokens)
    return " ".join("".join(parts).split())


def _of_one(token: Token) -> str:
    if token.type in {"softbreak", "hardbreak"}:
        return " "
    return "" if token.type == "image" else token.content


def _links(inline: Token, masked: Masked) -> tuple[Link, ...]:
    found: list[Link] = []
    address, is_bare = "", False
    held: list[Token] | None = None
    for token in inline.children or ():
        if token.type == "link_open":
            address, is_bare, held = str(token.attrs.get("href", "")), token.info == "auto", []
        elif token.type == "link_close" and held is not None:
            text = shown(masked.as_written(_visible(held)))
            found.append(Link(text or _described(held), masked.as_written(address), is_bare))
            held = None
        elif held is not None:
            held.append(token)
    return tuple(found)


def _described(tokens: Iterable[Token]) -> str:
    """What the pictures among them say: a link may hold nothing else."""
    return " ".join(token.content for token in tokens if token.type == "image")


def _pictures(inline: Token, masked: Masked) -> tuple[Picture, ...]:
    return tuple(
        Picture(masked.as_written(token.content), masked.as_written(str(token.attrs.get("src", ""))))
        for token in inline.children or ()
        if token.type == "image"
    )


def _place(file: str, line: int, column: int) -> str:
    return ":".join([file, *(str(number) for number in (line, column) if number)])
