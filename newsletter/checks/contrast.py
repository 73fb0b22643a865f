"""Rules about whether text can be read on its ground: in light, in dark, and where a program turns colours
round.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from colorsys import hls_to_rgb, rgb_to_hls

from newsletter.checks.paint import Painted
from newsletter.checks.places import in_mail
from newsletter.checks.rules import Evidence, Finding, Severity, rule
from newsletter.render import colour
from newsletter.render.colour import Colour

LARGE_PX = 24.0
"""WCAG 2.2 asks 3 to 1 of letters so large, and 4.5 to 1 of others."""
LARGE_RATIO = 3.0
INVERTED_RATIO = 3.0
"""Where a program has chosen the colours, nobody can promise more."""
SMALL_PX = 12.0

_FULL = 255


@rule("M02", Severity.WARNING)
def text_too_pale(evidence: Evidence) -> Iterator[Finding]:
    """What it does: works out the colour of all text and of the ground below it, and the contrast between them.

    Why it matters: below 4.5 to 1 many people cannot read it, and nobody can in the sun.
    Example: `color: #999999` on white, which is 2.8 to 1.
    Instead: a darker grey: `#5c5c62`.
    """
    for name, painted in evidence.in_light.items():
        yield from _once(_too_pale(painted, name, "in light"))


@rule("M03", Severity.WARNING)
def text_too_dark_in_dark(evidence: Evidence) -> Iterator[Finding]:
    """What it does: does the same with the colours that the theme gives for dark screens.

    Why it matters: a colour that was forgotten there stays dark on dark.
    Example: a theme that darkens the page for `prefers-color-scheme: dark` and leaves `h2 { color: #1b1b1f }`.
    Instead: give every text its dark colour, as `parts/head.mjml` does.
    """
    for name, painted in evidence.in_dark.items():
        yield from _once(_too_pale(painted, name, "in its own dark colours"))


@rule("M04", Severity.WARNING)
def text_lost_when_colours_are_turned_round(evidence: Evidence) -> Iterator[Finding]:
    """What it does: turns light into dark as Gmail's apps and Outlook do, and looks at the contrast again.

    Why it matters: these programs heed no dark colours of yours.
    Example: pure blue text, `#0000ff`, which stays as it is when the page turns black.
    Instead: a colour that is clearly dark, `#1a3f8f`, which they can turn into a clearly light one.
    """
    for name, painted in evidence.in_light.items():
        yield from _once(_lost_when_turned(painted, name))


@rule("M08", Severity.WARNING)
def letters_too_small(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for text below 12 px.

    Why it matters: readers over fifty need glasses for it, and some programs enlarge it and break the layout.
    Example: `font-size: 10px` in a footer.
    Instead: 14 px or more, and 16 px for the report.
    """
    for name, painted in evidence.in_light.items():
        yield from _once(
            Finding(f"letters of {each.paint.size_px:g} px", in_mail(name, each.place))
            for each in painted
            if each.paint.size_px < SMALL_PX
        )


def _too_pale(found: Iterable[Painted], name: str, scene: str) -> Iterator[Finding]:
    for each in found:
        ink, ground = each.paint.ink, each.paint.ground
        if ink is None or ground is None:
            continue
        ratio = colour.contrast(ink, ground)
        if ratio < (LARGE_RATIO if each.paint.size_px >= LARGE_PX else colour.AA):
            yield Finding(
                f"{ink} on {ground} has a contrast of {ratio:.1f} to 1 {scene}", in_mail(name, each.place)
            )


def _lost_when_turned(found: Iterable[Painted], name: str) -> Iterator[Finding]:
    for each in found:
        ink, ground = each.paint.ink, each.paint.ground
        # What cannot be read in light is told there.
        if ink is None or ground is None or colour.contrast(ink, ground) < INVERTED_RATIO:
            continue
        dark_ink, dark_ground = _turned(ink), _turned(ground)
        if colour.contrast(dark_ink, dark_ground) < INVERTED_RATIO:
            message = f"{ink} becomes {dark_ink} on {dark_ground} where a program turns colours round"
            yield Finding(message, in_mail(name, each.place))


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One place is enough for each pair of colours."""
    yield from {found.message: found for found in reversed(list(findings))}.values()


def _turned(before: Colour) -> Colour:
    """A colour with its lightness turned round, its hue kept."""
    hue, lightness, saturation = rgb_to_hls(*(channel / _FULL for channel in before))
    return Colour(*(round(channel * _FULL) for channel in hls_to_rgb(hue, 1 - lightness, saturation)))
