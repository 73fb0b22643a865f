"""A report as one segment reads it, taken apart once for both parts of the mail.

Rule: numbers are given here, in one place, so that "item 4" is the same in the contents list, in the
headings, in both parts and in every edition: what stands in an `only` block has none and is not counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count

from markdown_it.token import Token

from newsletter import markdown
from newsletter.model import Report
from newsletter.render.slots import Tokens

WORDS_PER_MINUTE = 238
"""Silent reading of English non-fiction: Brysbaert 2019, over 190 studies."""

PREHEADER_LENGTH = 140
"""Inboxes show between 35 and 140 characters beside the subject."""

_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What XML, and so MJML, cannot hold; pasted text from word processors brings some of it."""
_SEPARATORS = re.compile("[\u2028\u2029]")
_SENTENCE = re.compile(r".+?[.!?…][”’)]*(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading. The first section of a report may have none."""

    heading: Token | None
    number: int | None
    anchor: str
    body: tuple[Token, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A report for one segment, with tokens for its merge fields."""

    title: str
    subject: str
    preheader: str
    summary: tuple[Token, ...]
    sections: tuple[Section, ...]
    minutes: int

    @property
    def contents(self) -> tuple[Section, ...]:
        """The sections that a contents list names."""
        return tuple(section for section in self.sections if section.heading)

    @property
    def pictures(self) -> frozenset[str]:
        """The addresses of the pictures that the author put in."""
        bodies = (token for section in self.sections for token in (section.heading, *section.body) if token)
        children = (child for token in (*self.summary, *bodies) for child in token.children or ())
        return frozenset(str(child.attrs.get("src", "")) for child in children if child.type == "image")


def writable(text: str) -> str:
    """The text without what XML cannot hold."""
    return _SEPARATORS.sub(" ", _UNWRITABLE.sub("", text))


def reading_minutes(words: int) -> int:
    """Whole minutes, at least one."""
    return max(1, round(words / WORDS_PER_MINUTE))


def cleaned(report: Report) -> Report:
    """The report without what cannot be written; each text but the body as one line."""
    return replace(
        report,
        title=_one_line(report.title),
        subject=_one_line(report.subject),
        preheader=None if report.preheader is None else _one_line(report.preheader),
        summary=tuple(map(_one_line, report.summary)),
        body=writable(report.body),
    )


def drafted(report: Report) -> tuple[str, ...]:
    """The texts that may hold merge fields."""
    return (report.body, report.subject, report.preheader or "", *report.summary)


def content(report: Report, tokens: Tokens, segment: str | None) -> Content:
    """A cleaned report as this segment reads it; with None as everybody does."""
    kept = markdown.for_segment(markdown.parse(tokens.put(report.body)), segment)
    sections = _sections(kept)
    summary = tuple(markdown.parse_inline(tokens.put(point)) for point in report.summary)
    return Content(
        title=markdown.typographic(report.title),
        subject=markdown.typographic(tokens.put(report.subject)),
        preheader=_preheader(report, tokens, summary, sections),
        summary=summary,
        sections=sections,
        minutes=reading_minutes(markdown.words(kept)),
    )


def _one_line(text: str) -> str:
    return " ".join(writable(text).split())


def _sections(kept: Iterable[Token]) -> tuple[Section, ...]:
    """Cut at the headings at the margin: `##`, and `#`, which drafts do not have but a `Report` could."""
    groups: list[tuple[bool, list[Token]]] = [(True, [])]
    for_all = True
    for token in kept:
        if token.type in {"only_open", "only_close"}:
            for_all = token.type == "only_close"
            continue
        # The parser counts an `only` block as a level.
        at_margin = token.level == (0 if for_all else 1)
        if token.type == "heading_open" and at_margin and token.tag in {"h1", "h2"}:
            groups.append((for_all, []))
        groups[-1][1].append(token)
    return tuple(_numbered(groups))


def _numbered(groups: Sequence[tuple[bool, list[Token]]]) -> Iterable[Section]:
    numbers, notes = count(1), count(1)
    _, before_any_heading = groups[0]
    if before_any_heading:
        yield Section(None, None, "", tuple(before_any_heading))
    for for_all, held in groups[1:]:
        number = next(numbers) if for_all else None
        anchor = f"item-{number}" if for_all else f"note-{next(notes)}"
        # What a heading is made of: heading_open, inline, heading_close; what stands below it follows.
        yield Section(held[1], number, anchor, tuple(held[3:]))


def _preheader(report: Report, tokens: Tokens, summary: Sequence[Token], sections: Sequence[Section]) -> str:
    """The author's own line, else the first of the summary, else the first sentence after any greeting."""
    if report.preheader is not None:
        return markdown.typographic(tokens.put(report.preheader))
    if summary:
        return markdown.plain(summary[0])
    paragraphs = [markdown.plain(inline) for inline in _paragraphs(sections)]
    sentences = (_SENTENCE.match(text) for text in paragraphs)
    first = next((found[0] for found in sentences if found), next(iter(paragraphs), ""))
    return _shortened(first, tokens)


def _paragraphs(sections: Sequence[Section]) -> Iterable[Token]:
    for section in sections:
        for before, token in zip(section.body, section.body[1:], strict=False):
            if before.type == "paragraph_open" and before.level == 0:
                yield token


def _shortened(text: str, tokens: Tokens) -> str:
    """Whole words, as many as an inbox shows; a token is a word of its own and never cut."""
    if len(tokens.with_defaults(text)) <= PREHEADER_LENGTH:
        return text
    words = text.split()
    while len(tokens.with_defaults(" ".join(words))) >= PREHEADER_LENGTH and len(words) > 1:
        words.pop()
    return " ".join(words) + "…"
