"""The web pages: an issue's own, and the archive that lists them.

Rule: what a page says is settled here and how it looks in `templates/site/`; the finished page is judged as a
mail is. It asks nobody for anything but a picture of its own site, runs no script, and nobody can miss the
disclaimer on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markdown_it.token import Token
from markupsafe import Markup

from newsletter.errors import Mistake, SourceError, Where
from newsletter.markdown import plain
from newsletter.publish.copy import PublicCopy
from newsletter.render import disclaimer, finished, footer, prose, visible
from newsletter.render import theme as themes
from newsletter.render.content import Section
from newsletter.render.look import Look, font_stack, palette
from newsletter.render.sight import NotSeen
from newsletter.render.variables import Part, direction
from newsletter.render.words import FEWEST_FOR_CONTENTS, Words, in_words, unbroken, words_of

RELATIONS = frozenset({"canonical", "alternate"})

_ISSUE, _ARCHIVE = "site/issue.html", "site/index.html"
_TO_ROOT = "../../"
"""From an issue's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a page is told of the site that it stands on."""

    templates: Mapping[str, str]
    address: str
    """The page's own, ending in a slash."""
    noindex: bool = False


@dataclass(frozen=True, slots=True)
class Beside:
    """A file that stands beside a page."""

    name: str
    size: str
    """In words."""


def issue_page(
    copy: PublicCopy, around: Surroundings, *, paper: Beside | None, card: Mapping[str, object] | None
) -> str:
    """The page of an issue. Raises `SourceError` for a template that cannot make it."""
    held = copy.content
    pictures = _Pictures(copy.look.pages_url)
    sections = [_part(section, pictures) for section in held.sections]
    headed = [section for section in sections if section.heading]
    known = _known(copy.look, copy.words, around, title=held.title, description=held.preheader) | {
        "lang": copy.lang,
        "dir": copy.direction,
        "root": _TO_ROOT,
        "date": copy.report.meeting.date.isoformat(),
        "summary": [prose.inline(point) for point in held.summary],
        "contents": headed if len(headed) >= FEWEST_FOR_CONTENTS else [],
        "sections": sections,
        "corrections": [
            {"date": day.isoformat(), "words": in_words(day), "text": prose.inline(text)}
            for day, text in copy.corrections
        ],
        "paper": paper,
        "card": card,
    }
    return _finished(_ISSUE, known, around, frozenset(pictures.shown))


def archive_page(issues: Sequence[Mapping[str, object]], look: Look, around: Surroundings) -> str:
    """The page that lists the issues, given as the template names them, newest first."""
    title = f"Reports by {look.sender_name}"
    description = look.strapline or f"Every report by {look.sender_name}, newest first."
    said = words_of(look)
    known = _known(look, said, around, title=title, description=description) | {
        "lang": look.lang,
        "dir": direction(look.lang),
        "root": "",
        "issues": issues,
        "card": None,
    }
    return _finished(_ARCHIVE, known, around, frozenset())


def _known(look: Look, said: Words, around: Surroundings, *, title: str, description: str) -> dict[str, Any]:
    """What every page may name."""
    return {
        "title": title,
        "heading": unbroken(title),
        "description": description,
        "address": around.address,
        "noindex": around.noindex,
        "words": said,
        "look": look,
        "palette": palette(look),
        "font": font_stack(look),
        "disclaimer": Markup(disclaimer.html_piece(look.disclaimer)),  # noqa: S704 - it escapes the wording
    }


def _part(section: Section, pictures: _Pictures) -> Part:
    heading = prose.inline(pictures.settled(section.heading)) if section.heading else None
    body = [pictures.settled(token) for token in section.body]
    return Part(section.number, heading, section.anchor, prose.block(body, in_mail=False))


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Shows the pictures that stand on the pages' own site; any other is a link with its description."""

    pages_url: str
    shown: set[str] = field(default_factory=set)

    def settled(self, token: Token) -> Token:
        if not any(child.type == "image" for child in token.children or ()):
            return token
        return replace(token, children=list(self._children(token.children or ())))

    def _children(self, children: Iterable[Token]) -> Iterator[Token]:
        in_link = 0
        for child in children:
            in_link += child.nesting if child.type in {"link_open", "link_close"} else 0
            address = str(child.attrs.get("src", ""))
            if child.type != "image":
                yield child
            elif self.pages_url and address.startswith(f"{self.pages_url}/"):
                local = _TO_ROOT + address.removeprefix(f"{self.pages_url}/")
                self.shown.add(local)
                yield replace(child, attrs={**child.attrs, "src": local})
            else:
                words = Token("text", "", 0, content=f"Picture: {plain(child)}")
                opening = Token("link_open", "a", 1, attrs={"href": address})
                yield from [words] if in_link else [opening, words, Token("link_close", "a", -1)]


def _finished(name: str, known: Mapping[str, Any], around: Surroundings, pictures: frozenset[str]) -> str:
    """The page, judged. Raises `SourceError` with each thing that a reader could miss or be harmed by."""
    html = themes.page(name, around.templates, known)
    piece = str(known["disclaimer"])
    faults = list(finished.faults(html, pictures=pictures, unsubscribe="", relations=RELATIONS))
    try:
        visible.check(html, piece, is_mail=False)
    except NotSeen as error:
        faults.append(f"a reader could miss the disclaimer: {error}")
    faults += footer.faults(html, known["words"])
    if faults:
        where = Where(f"{themes.FOLDER}/{name}")
        raise SourceError(Mistake(where, f"this page cannot be published: {fault}") for fault in faults)
    return html
