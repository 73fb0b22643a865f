"""What a theme knows: everything that `theme.mjml` and `prose.css` may name.

Rule: a theme is given words, settings and finished markup. It is never given a recipient, a token's meaning, or
anything that could be asked for more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from newsletter.model import Report
from newsletter.render import mjml, prose
from newsletter.render.columns import columns
from newsletter.render.content import Content, Section
from newsletter.render.look import Look, font_stack, palette
from newsletter.render.slots import Tokens
from newsletter.render.words import FEWEST_FOR_CONTENTS, Words

_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})


@dataclass(frozen=True, slots=True)
class Part:
    """One section. `number` is None where it is not counted, `heading` where it has none."""

    number: int | None
    heading: Markup | None
    anchor: str
    body: Markup


def variables(report: Report, held: Content, look: Look, said: Words, tokens: Tokens) -> dict[str, Any]:
    """The names a theme may use, with their values."""
    lang = report.lang or look.lang
    contents = held.contents if len(held.contents) >= FEWEST_FOR_CONTENTS else ()
    return {
        "title": held.title,
        "preheader": mjml.padded(held.preheader, columns(tokens.with_defaults(held.preheader))),
        "summary": tuple(prose.inline(point) for point in held.summary),
        "contents": tuple(_part(section) for section in contents),
        "sections": tuple(_part(section) for section in held.sections),
        "words": said,
        "look": look,
        "palette": palette(look),
        "font": font_stack(look),
        "lang": lang,
        "dir": direction(lang),
        "disclaimer": tokens.disclaimer,
    }


def direction(lang: str) -> str:
    """Which way a language is written, as `dir` has it."""
    return "rtl" if lang.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"


def _part(section: Section) -> Part:
    heading = prose.inline(section.heading) if section.heading else None
    return Part(section.number, heading, section.anchor, prose.block(section.body))
