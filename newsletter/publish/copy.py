"""A report as it belongs to nobody: what the web page, the print edition and the fragment are made of.

Rule: no `only` block, the defaults in place of merge fields, and no way out of anybody. What has no default
cannot be published, for a reader would see the name of a column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple
from urllib.parse import quote

from markdown_it.token import Token

from newsletter import markdown
from newsletter.drafts import FIELD
from newsletter.errors import Mistake, SettingsError, SourceError, Where
from newsletter.model import Report
from newsletter.render import content as contents
from newsletter.render import disclaimer
from newsletter.render.content import Content, Section
from newsletter.render.look import SETTINGS, Look
from newsletter.render.slots import Tokens
from newsletter.render.variables import direction
from newsletter.render.words import Words, words


class Corrected(NamedTuple):
    """A correction as it is shown: its day, and its text as an inline token."""

    day: date
    text: Token


_ADDRESSES = frozenset({"href", "src"})
_SECTION = 2
"""The rank of a section's heading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCopy:
    """What every public copy says. No merge field and no token for one is left in it."""

    report: Report
    content: Content
    words: Words
    look: Look
    lang: str
    corrections: tuple[Corrected, ...]

    @property
    def direction(self) -> str:
        return direction(self.lang)

    @property
    def changed_on(self) -> date:
        """The day of its last correction, or of its meeting."""
        return max((each.day for each in self.corrections), default=self.report.meeting.date)


def public_copy(report: Report, look: Look) -> PublicCopy:
    """Raises `SourceError` for merge fields without a default, and `SettingsError` for a disclaimer that does
    not disclaim.
    """
    lacking = disclaimer.missing_words(look.disclaimer)
    if lacking:
        what = f"the disclaimer lacks {' and '.join(lacking)}"
        raise SettingsError([Mistake(Where(SETTINGS), what, "It has to say what it is, and what it is not.")])
    report = contents.cleaned(report)
    tokens = Tokens.of(contents.drafted(report), (*look.texts(), report.title))
    held = contents.content(report, tokens, None)
    mistakes = sorted({*_without_default(held, report, tokens)})
    if mistakes:
        raise SourceError(mistakes)
    return PublicCopy(
        report=report,
        content=_settled(held, tokens),
        words=words(report, look, tokens, minutes=held.minutes, personal=False),
        look=look,
        lang=report.lang or look.lang,
        corrections=tuple(
            Corrected(each.date, markdown.parse_inline(each.text)) for each in report.corrections
        ),
    )


def _without_default(held: Content, report: Report, tokens: Tokens) -> Iterator[Mistake]:
    """Each merge field without a default that a reader of a public copy would meet."""
    lines = report.body.split("\n")
    for section in held.sections:
        for token in (section.heading, *section.body):
            names = _lacking(_fields_in(token, tokens)) if token and token.type == "inline" else ()
            for index in range(*(token.map or (0, 0))) if token and names else ():
                written = {found["name"] for found in FIELD.finditer(lines[index]) if found["default"] is None}
                where = Where(report.source, report.lines[index] if index < len(report.lines) else 0)
                yield from (_mistake(where, name) for name in written & set(names))
    places = {name: Where(report.source, line, column) for name, line, column in report.places}
    for index, point in enumerate(held.summary):
        where = places.get(f"summary.{index}", Where(report.source))
        yield from (_mistake(where, name) for name in _lacking(_fields_in(point, tokens)))
    if report.preheader is not None:
        fields = (tokens.fields[found[0]] for found in tokens.pattern.finditer(held.preheader))
        where = places.get("preheader", Where(report.source))
        yield from (_mistake(where, name) for name in _lacking(fields))


def _lacking(fields: Iterable[tuple[str, str | None]]) -> tuple[str, ...]:
    return tuple(name for name, default in fields if default is None)


def _mistake(where: Where, name: str) -> Mistake:
    return Mistake(
        where,
        f"a public copy has nobody's '{name}', and the field has no default",
        f'Write {{{{ {name} | default("…") }}}}, or put it into a block for some segments only.',
    )


def _fields_in(token: Token, tokens: Tokens) -> Iterator[tuple[str, str | None]]:
    texts = [token.content, *map(str, token.attrs.values())]
    yield from (tokens.fields[found[0]] for text in texts for found in tokens.pattern.finditer(text))
    for child in token.children or ():
        yield from _fields_in(child, tokens)


def _settled(held: Content, tokens: Tokens) -> Content:
    """The content with the default of each merge field in its place."""
    return replace(
        held,
        subject=tokens.with_defaults(held.subject),
        preheader=tokens.with_defaults(held.preheader),
        summary=tuple(_plain(held.summary, tokens)),
        sections=tuple(_plain_section(section, tokens) for section in held.sections),
    )


def _plain_section(section: Section, tokens: Tokens) -> Section:
    """What has no words is no heading: it would be a gap in the list of contents."""
    body = _worded(list(_plain(section.body, tokens)))
    heading = next(iter(_plain([section.heading], tokens))) if section.heading else None
    if heading is not None and not markdown.plain(heading):
        section, heading = replace(section, number=None, heading=None, anchor=""), None
    return replace(section, heading=heading, body=tuple(_levelled(heading is not None, body)))


def _worded(body: Sequence[Token]) -> Iterator[Token]:
    """The body without headings that have no words."""
    skipped = 0
    for index, token in enumerate(body):
        if token.type == "heading_open" and not markdown.plain(body[index + 1]):
            skipped = 3  # the opening, the line and the closing
        if not skipped:
            yield token
        skipped = max(0, skipped - 1)


def _levelled(has_heading: bool, body: Iterable[Token]) -> Iterator[Token]:
    """No heading is more than one rank below the one before it, nor of a section's own rank inside one.

    Screen readers go by ranks (PDF/UA asks it: ISO 14289-1, 7.4.2), and the title of the report is the `h1`.
    """
    highest = _SECTION + 1 if has_heading else _SECTION
    rank = highest - 1
    for token in body:
        if token.type == "heading_open":
            rank = min(max(int(token.tag[1:]), highest), rank + 1)
        yield replace(token, tag=f"h{rank}") if token.type in {"heading_open", "heading_close"} else token


def _plain(held: Iterable[Token], tokens: Tokens) -> Iterator[Token]:
    for token in held:
        yield replace(
            token,
            content=tokens.with_defaults(token.content),
            attrs={name: _plain_attribute(name, value, tokens) for name, value in token.attrs.items()},
            children=None if token.children is None else list(_plain(token.children, tokens)),
        )


def _plain_attribute(name: str, value: str | float, tokens: Tokens) -> str | float:
    if not isinstance(value, str):
        return value
    if name not in _ADDRESSES:
        return tokens.with_defaults(value)
    defaults: Mapping[str, str] = {token: default or "" for token, (_, default) in tokens.fields.items()}
    return tokens.pattern.sub(lambda found: quote(defaults[found[0]], safe=""), value)
