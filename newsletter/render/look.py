"""What `newsletter.yaml` gives every theme: who writes, what the footer says, and the few choices of taste.

Rule: a theme asks for a role ("the accent, to be read on the page"), and the shade that serves it in light and
in dark is worked out here, so that no choice of accent makes text unreadable.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from difflib import get_close_matches

from newsletter.errors import Mistake, SettingsError, Where
from newsletter.model import Report
from newsletter.render import colour
from newsletter.render.colour import WHITE, Colour
from newsletter.render.disclaimer import DEFAULT_WORDING

SETTINGS = "newsletter.yaml"

FONTS = {
    "Georgia": "Georgia, 'Times New Roman', Times, serif",
    "Palatino": "'Palatino Linotype', Palatino, 'Book Antiqua', Georgia, serif",
    "Times": "'Times New Roman', Times, serif",
    "Arial": "Arial, Helvetica, sans-serif",
    "Helvetica": "Helvetica, Arial, sans-serif",
    "Tahoma": "Tahoma, Verdana, Arial, sans-serif",
    "Trebuchet": "'Trebuchet MS', Tahoma, Arial, sans-serif",
    "Verdana": "Verdana, Tahoma, Arial, sans-serif",
    "system": "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
}
"""The fonts that readers' own machines have: mail that asks for others shows something else in most of them."""

PAPER = Colour(0xF4, 0xF2, 0xEE)
"""Around the page, and the darkest ground that text stands on in light."""
NIGHT = Colour(0x2A, 0x2B, 0x2E)
"""The lightest ground that text stands on in dark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the settings give a theme. An empty text means: the theme leaves that part out."""

    sender_name: str
    role: str = ""
    """The writer's office, as it stands under the name."""
    strapline: str = ""
    reply_to: str = ""
    disclaimer: str = DEFAULT_WORDING
    """The author's own wording, or ours."""
    imprint: str = ""
    """The whole statement, "Promoted by NAME, POSTAL ADDRESS"; the author's words, for which we have no
    default.
    """
    postal_address: str = ""
    privacy_url: str = ""
    site_url: str = ""
    """Where people ask for a copy of their own."""
    pages_url: str = ""
    """Base of the published pages; with it an edition links to its web copy."""
    paper: str = "none"
    """What a mail does with the print edition: `none`, `link` or `attach`."""
    accent: str = "#8a1538"
    logo: str = ""
    """The web address of a picture, shown small and square beside the name."""
    font: str = "Georgia"
    """A key of `FONTS`."""
    lang: str = "en-GB"
    """For reports that name no language of their own."""

    def paper_for(self, report: Report) -> str:
        """What the mail of this report does with its print edition."""
        return report.paper or self.paper

    def texts(self) -> tuple[str, ...]:
        """Every text of it."""
        return tuple(getattr(self, item.name) for item in fields(self))


@dataclass(frozen=True, slots=True)
class Palette:
    """The accent in the shades that can be read: 4.5 to 1 or better where it is text."""

    accent: str
    """As chosen, for bars and rules."""
    text: str
    """On white and on the paper around it."""
    tint: str
    """A pale ground for a box; dark text and `text` can be read on it."""
    dark_text: str
    """On dark grounds."""


def palette(look: Look) -> Palette:
    """The shades of the chosen accent. Raises `SettingsError` for what is no colour."""
    accent = colour.parse(look.accent)
    if accent is None:
        raise _wrong(f"the accent '{look.accent}' is not a colour", "Write it as #rrggbb, such as #8a1538.")
    tint = colour.mix(WHITE, accent, 0.06)
    darkest = min((PAPER, tint), key=lambda ground: colour.contrast(ground, colour.BLACK))
    return Palette(
        accent=str(accent),
        text=str(colour.readable(accent, darkest)),
        tint=str(tint),
        dark_text=str(colour.readable(accent, NIGHT)),
    )


def font_stack(look: Look) -> str:
    """The chosen font with what stands in for it. Raises `SettingsError` for one that mail cannot count on."""
    name = font_named(look.font)
    if name is None:
        raise _wrong(*unknown_font(look.font))
    return FONTS[name]


def font_named(text: str) -> str | None:
    """The key of `FONTS` that somebody wrote, in whatever case; None where there is none."""
    return next((name for name in FONTS if name.lower() == text.strip().lower()), None)


def unknown_font(text: str) -> tuple[str, str]:
    """What is wrong with a font that is not in `FONTS`, and what to do: the nearest, or all of them."""
    near = get_close_matches(text.strip().lower(), map(str.lower, FONTS), n=1)
    hint = f"Did you mean '{font_named(near[0])}'?" if near else f"There are: {', '.join(FONTS)}."
    return f"the font '{text}' is not one that readers' machines have", hint


def _wrong(what: str, hint: str) -> SettingsError:
    return SettingsError([Mistake(Where(SETTINGS), what, hint)])
