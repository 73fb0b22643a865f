"""What a reader pastes into a mail of their own: the report as a piece of HTML without a page around it.

Rule: only tags and styles that survive the paste into a mail program, each style on its own tag; all of it in
ASCII, since a fragment cannot say in which encoding it is. The disclaimer stands in it whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from markdown_it.token import Token
from markupsafe import Markup

from newsletter.publish.copy import Corrected, PublicCopy
from newsletter.render import disclaimer, prose
from newsletter.render.content import Section
from newsletter.render.slots import Tokens
from newsletter.render.text import text_part
from newsletter.render.words import in_words

_STYLES = {
    "p": "margin:0 0 12px",
    "h3": "margin:18px 0 8px;font-size:17px",
    "h4": "margin:16px 0 8px;font-size:16px",
    "ul": "margin:0 0 12px 24px;padding:0",
    "ol": "margin:0 0 12px 28px;padding:0",
    "li": "margin:0 0 6px",
    "blockquote": "margin:0 0 12px;padding:0 0 0 16px;border-left:3px solid #b9b4aa",
    "th": "padding:4px 12px 4px 0;border-bottom:1px solid #777777;text-align:left",
    "td": "padding:4px 12px 4px 0;border-bottom:1px solid #cccccc",
    "pre": "margin:0 0 12px",
}
_AROUND = Markup(
    '<div lang="{lang}" dir="{dir}" style="font-family:Georgia,\'Times New Roman\',serif;font-size:16px;'
    'line-height:1.5;color:#222222;max-width:640px">\n{held}</div>\n'
)
_TITLE = Markup('<h1 style="margin:0 0 8px;font-size:26px;line-height:1.25">{}</h1>\n')
_HEADING = Markup('<h2 style="margin:24px 0 10px;font-size:20px;line-height:1.3">{}{}</h2>\n')
_LINE = Markup('<p style="margin:0 0 12px">{}</p>\n')
_FRAME = Markup('<div style="margin:28px 0 16px;padding:12px 16px;border:1px solid #b9b4aa">{}</div>\n')
_LINK = Markup('<a href="{}">{}</a>')
_POINTS = Markup('<ul style="margin:0 0 12px 24px;padding:0">\n{}</ul>\n')
_POINT = Markup('<li style="margin:0 0 6px">{}</li>\n')


def html(copy: PublicCopy) -> str:
    """The fragment, in ASCII."""
    piece = Markup(disclaimer.html_piece(copy.look.disclaimer))  # noqa: S704 - it escapes the wording
    parts = [*_opening(copy), *map(_section, copy.content.sections), _FRAME.format(piece), *_footer(copy)]
    made = _AROUND.format(lang=copy.lang, dir=copy.direction, held=Markup("").join(parts))
    assert piece in made
    return made.encode("ascii", "xmlcharrefreplace").decode()


def text(copy: PublicCopy) -> str:
    """The same as text, laid out as the text part of the mail."""
    nothing_to_fill = Tokens.of((), (copy.report.body,))
    made = text_part(copy.content, copy.look, copy.words, nothing_to_fill, corrections=copy.corrections)
    assert disclaimer.text_piece(copy.look.disclaimer) in made
    return made


def _opening(copy: PublicCopy) -> Iterator[Markup]:
    said = copy.words
    yield _LINE.format(said.writer)
    yield _TITLE.format(copy.content.title)
    yield _LINE.format(f"{said.meeting}, {said.date}")
    yield from map(_correction, copy.corrections)
    if copy.content.summary:
        yield _HEADING.format("", "In brief")
        yield _list(copy.content.summary)


def _correction(made: Corrected) -> Markup:
    return _LINE.format(Markup("<strong>Corrected on {}:</strong> {}").format(*_dated(made)))


def _dated(made: Corrected) -> tuple[str, Markup]:
    return in_words(made.day), prose.inline(made.text)


def _list(points: Iterable[Token]) -> Markup:
    return _POINTS.format(Markup("").join(_POINT.format(prose.inline(point)) for point in points))


def _section(section: Section) -> Markup:
    body = prose.block([_styled(token) for token in section.body])
    if section.heading is None:
        return body
    number = f"{section.number}. " if section.number else ""
    return _HEADING.format(number, prose.inline(section.heading)) + body


def _styled(token: Token) -> Token:
    style = _STYLES.get(token.tag) if token.nesting >= 0 and not token.hidden else None
    if style is None:
        return token
    own = str(token.attrs.get("style", ""))
    return replace(token, attrs={**token.attrs, "style": ";".join(filter(None, (style, own)))})


def _footer(copy: PublicCopy) -> Sequence[Markup]:
    """In the order of the mail's."""
    said = copy.words
    lines = [
        _LINE.format(said.writer),
        _addressed(said.answer, f"mailto:{said.reply_to}", said.reply_to),
        _LINE.format(said.imprint) if said.imprint else None,
        _LINE.format(said.postal_address) if said.postal_address else None,
        _addressed("Privacy notice:", said.privacy_url, said.privacy_url),
        _addressed("On the web:", said.web_url, said.web_url),
        _addressed("Print edition (PDF):", said.paper_url, said.paper_url),
        _addressed(said.forwarded, said.site_url, said.site_url),
    ]
    return [line for line in lines if line is not None]


def _addressed(words: str, address: str, shown: str) -> Markup | None:
    return _LINE.format(Markup("{} {}").format(words, _LINK.format(address, shown))) if shown else None
