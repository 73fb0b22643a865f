"""Report + theme → edition: the one path that every preview, rehearsal and message takes.

Rule: pure functions, no file is read. The order never changes: merge fields become tokens, then Markdown,
theme, MJML, inlining, the disclaimer, and the split at the tokens. What comes out carries the disclaimer,
visibly, in both parts, or there is no edition.

Nothing heavy is imported before something is rendered: the room also serves those who only fill in slots.
"""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.model import Edition, Report, Theme
from newsletter.render.look import FONTS, Look
from newsletter.render.pieces import escape, fill

__all__ = ["FONTS", "Look", "edition", "escape", "fill", "theme_names"]


def edition(
    report: Report, theme: Theme, look: Look, *, segment: str | None, segment_title: str = ""
) -> Edition:
    """The report as one segment gets it; with None the web, print and forwarding copy, which is nobody's.

    Raises `SourceError` for a theme that cannot make it, and `SettingsError` for a look that cannot be used.
    """
    from newsletter.render import compose  # noqa: PLC0415 - Jinja2, MJML, lxml and premailer

    return compose.edition(report, theme, look, segment=segment, segment_title=segment_title)


def theme_names(sources: Mapping[str, str]) -> tuple[str, ...]:
    """The themes among the files of `templates/`: the folders that hold a `theme.mjml`."""
    return tuple(sorted(name.removesuffix("/theme.mjml") for name in sources if name.endswith("/theme.mjml")))
