"""The pages as HTML: Jinja2 with everything escaped, one style sheet inside, nothing else.

Rule: a page needs no script and no second request, and its policy names the one style sheet by its digest.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from newsletter.mailing import look_of
from newsletter.render.look import Look, font_stack, palette
from newsletter.settings import Settings

PRIVATE = {"X-Robots-Tag": "noindex, nofollow"}
"""For a page that only the holder of a link should find."""

_WORDS = {
    403: ("Not from there", "This form works on its own page alone. Please open that and fill it in there."),
    404: ("There is nothing here", "The address may have been cut off when it was copied."),
    405: ("That cannot be done here", "This page can be looked at, but it takes nothing of this kind."),
    408: (
        "That took too long",
        "What you sent did not arrive whole, and nothing was changed. Please try again.",
    ),
    413: ("That is too much", "This page takes a short form, and what came is larger. Nothing was changed."),
    429: ("Too many requests", "A great deal came from your connection. Please wait a little and try again."),
    500: ("Something went wrong", "The fault is ours, and it was written down. Please try again later."),
    503: ("Not just now", "The page is busy, and nothing was changed. Please try again in a minute."),
}


class Pages:
    """The pages of one writer."""

    def __init__(self, settings: Settings, *, joining: bool) -> None:
        look = look_of(settings)
        css = _css(look)
        digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
        self._policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        self._environment = Environment(
            loader=PackageLoader("newsletter.site", "page"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "css": Markup(css),  # noqa: S704 - our own, with a checked colour and a font of a list
            "look": look,
            "leave_by_mail": settings.unsubscribe_to,
            "joining": joining,
        }

    def page(
        self, name: str, status: int = 200, headers: Mapping[str, str] | None = None, **values: object
    ) -> HTMLResponse:
        """The page `page/NAME.html` with these values in it."""
        html = self._environment.get_template(f"{name}.html").render(values)
        return HTMLResponse(html, status, {"Content-Security-Policy": self._policy, **(headers or {})})

    def error(self, status: int, headers: Mapping[str, str] | None = None) -> HTMLResponse:
        """What went wrong, in plain words."""
        title, words = _WORDS.get(status, _WORDS[500] if status >= 500 else _WORDS[404])  # noqa: PLR2004
        ours = status >= 500  # noqa: PLR2004 - RFC 9110 section 15.6
        return self.page("error", status, headers, title=title, words=words, leave_by_mail_too=ours)


def _css(look: Look) -> str:
    """The style sheet, in the writer's colour and font."""
    shades = palette(look)
    chosen = {
        "accent": shades.accent,
        "text-accent": shades.text,
        "dark-accent": shades.dark_text,
        "font": font_stack(look),
    }
    own = " ".join(f"--{name}: {value};" for name, value in chosen.items())
    shared = (resources.files("newsletter.site") / "page" / "page.css").read_text(encoding="utf-8")
    return f":root {{ {own} }}\n{shared}"
