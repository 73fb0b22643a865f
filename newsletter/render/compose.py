"""The steps from a report to an edition, in their order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

from newsletter.errors import Mistake, SettingsError, SourceError, Where, did_you_mean
from newsletter.model import UNSUBSCRIBE, Edition, Pieces, Report, Theme
from newsletter.render import disclaimer, finished, footer, mjml, theme_names, visible
from newsletter.render import theme as themes
from newsletter.render.content import cleaned, content, drafted, writable
from newsletter.render.inline import inline
from newsletter.render.look import SETTINGS, Look
from newsletter.render.sight import NotSeen
from newsletter.render.slots import Misplaced, Tokens
from newsletter.render.text import BEYOND_LATIN_1, text_part
from newsletter.render.variables import variables
from newsletter.render.words import words

_ALWAYS_FIELDS = ("first_name", "last_name")
"""Every message needs them for its To header."""

_AROUND_THE_REPORT_BYTES = 15_000
"""What a mail has beside the report; by it, and by the bytes of this report's words, is guessed what fits."""
_SAFE_SHARE = 0.95
"""Of what would fit, for no two parts of a report have as many links and tables."""


def edition(report: Report, theme: Theme, look: Look, *, segment: str | None, segment_title: str) -> Edition:
    """See `newsletter.render.edition`."""
    _known(theme)
    look, report = _usable(look), cleaned(report)
    tokens = Tokens.of(drafted(report), (*theme.sources.values(), *look.texts(), report.title, segment_title))
    held = content(report, tokens, segment)
    said = words(report, look, tokens, minutes=held.minutes, personal=segment is not None)
    known = variables(report, held, look, said, tokens) | {"segment_title": segment_title}
    piece = disclaimer.html_piece(look.disclaimer)

    filled = themes.fill(theme, known)
    html = inline(mjml.to_html(filled), themes.prose_css(theme, known))
    html = _with_disclaimer(html, piece, theme, tokens)
    pictures = held.pictures | {look.logo}
    _refuse(theme, finished.faults(html, pictures=pictures, unsubscribe=said.unsubscribe_url))
    _check_seen(html, piece, theme, report)
    _refuse(theme, footer.faults(html, said))
    # A preheader brings such a sign; a theme may have none.
    html = html if any(sign > "\xff" for sign in html) else html.replace("</body>", f"{BEYOND_LATIN_1}</body>")

    subject = tokens.split_line(held.subject)
    finished_html = _split(html, tokens, theme)
    text = tokens.split_text(text_part(held, look, said, tokens))
    made = Edition(
        issue=report.issue,
        segment=segment,
        lang=report.lang or look.lang,
        subject=subject,
        html=finished_html,
        text=text,
        fields=_fields(subject, finished_html, text),
        disclaimer_html=piece,
        disclaimer_text=disclaimer.text_piece(look.disclaimer),
        mjml=filled.text,
    )
    _assert_disclaimed(made)
    return made


def _known(theme: Theme) -> None:
    names = theme_names(theme.sources)
    if theme.name not in names:
        where = Where(f"{themes.FOLDER}/{theme.name}/{themes.ENTRY}")
        raise SourceError([Mistake(where, "there is no such theme", did_you_mean(theme.name, names))])


def _usable(look: Look) -> Look:
    """The look with texts that can be written. Raises `SettingsError` for a disclaimer that does not
    disclaim.
    """
    lacking = disclaimer.missing_words(look.disclaimer)
    if lacking:
        named = " and ".join(f"“{words}”" for words in lacking)
        hint = "It has to say that this is a personal account and not the official record."
        raise SettingsError([Mistake(Where(SETTINGS), f"the disclaimer lacks {named}", hint)])
    return Look(**{item.name: " ".join(writable(getattr(look, item.name)).split()) for item in fields(look)})


def _with_disclaimer(html: str, piece: str, theme: Theme, tokens: Tokens) -> str:
    """The HTML with the disclaimer at the place that the theme gives it."""
    places = html.count(tokens.disclaimer)
    if places != 1:
        found = "more than one place" if places else "no place"
        _refuse(theme, [f"it gives the disclaimer {found}; write {{{{ disclaimer }}}} once, in the footer"])
    return html.replace(tokens.disclaimer, piece)


def _check_seen(html: str, piece: str, theme: Theme, report: Report) -> None:
    """Raise `SourceError` for a theme that could hide the disclaimer, and for a report that gets it cut off."""
    try:
        visible.check(html, piece)
    except visible.TooLong as error:
        raise _too_long(report, error.end_bytes) from None
    except NotSeen as error:
        _refuse(theme, [f"a reader could miss the disclaimer: {error}"])


def _too_long(report: Report, end_bytes: int) -> SourceError:
    """What the author is to do: the theme cannot help it."""
    words = len(report.body.split())
    room = visible.CLIP_BYTES - _AROUND_THE_REPORT_BYTES
    share = _SAFE_SHARE * room / max(end_bytes - _AROUND_THE_REPORT_BYTES, 1)
    fitting = int(words * share) // 100 * 100
    what = f"the report is too long for a mail: {words:,} words, which make {end_bytes:,} bytes of HTML"
    hint = (
        f"Gmail cuts a mail at {visible.CLIP_BYTES:,} bytes, and the disclaimer with it. Shorten the report to "
        f"about {fitting:,} words, or send a part of it and link to the whole."
    )
    return SourceError([Mistake(Where(report.source or report.issue), what, hint)])


def _split(html: str, tokens: Tokens, theme: Theme) -> Pieces:
    try:
        return tokens.split_html(html)
    except Misplaced as error:
        _refuse(theme, [str(error)])
        raise


def _refuse(theme: Theme, faults: Iterable[str]) -> None:
    """Raise `SourceError` if there is any fault."""
    entry = Where(f"{themes.FOLDER}/{theme.name}/{themes.ENTRY}")
    mistakes = [Mistake(entry, f"this theme cannot make a mail: {fault}") for fault in faults]
    if mistakes:
        raise SourceError(mistakes)


def _fields(*parts: Pieces) -> tuple[str, ...]:
    used = (slot.field for pieces in parts for slot in pieces.slots)
    return tuple(dict.fromkeys((*_ALWAYS_FIELDS, *(name for name in used if name != UNSUBSCRIBE))))


def _assert_disclaimed(made: Edition) -> None:
    """What the message room relies on: each piece stands whole in one static of its part."""
    assert sum(made.disclaimer_html in static for static in made.html.statics) == 1
    assert any(made.disclaimer_text in static for static in made.text.statics)
