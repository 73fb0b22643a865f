"""The ways of looking at a mail: in light or dark, in one client or another, with what differs marked.

Rule: what is sent is never touched. A view is made from the finished HTML of a message, in any browser alike:
what depends on the reader's machine (a dark screen) is settled here, not by the machine of who looks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from html import escape, unescape
from urllib.parse import quote, urlsplit

from newsletter.preview import clients
from newsletter.preview.stylesheet import STYLE


class Look(StrEnum):
    """The reader's screen. A forced inversion is the light one, turned around by the page."""

    LIGHT = "light"
    DARK = "dark"


class Client(StrEnum):
    """The reader's program."""

    ANY = "any"
    """One that keeps to the standards: Apple Mail, Thunderbird, the new Outlook."""
    OUTLOOK = "outlook"
    GMAIL = "gmail"


_CLIENTS: dict[Client, Callable[[str], str]] = {
    Client.ANY: lambda html: html,
    Client.OUTLOOK: clients.outlook,
    Client.GMAIL: clients.gmail,
}

_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", re.IGNORECASE)
_COLOUR_SCHEME = re.compile(r"((?:supported-)?color-schemes?\s*:)[^;}]*", re.IGNORECASE)
_META_SCHEME = re.compile(
    r"""(<meta\b[^>]*name=["'](?:supported-)?color-schemes?["'][^>]*content=)["'][^"']*["']""", re.IGNORECASE
)
_MEDIA = re.compile(r"""(<(?:style|source|link)\b[^>]*\smedia=["'])([^"']*)""", re.IGNORECASE)
_IMG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_SRC = re.compile(r"""(?<=\s)(src|srcset)=("[^"]*"|'[^']*')""", re.IGNORECASE)
_FETCHES = re.compile(r"""(?<=\s)(background)=("[^"]*"|'[^']*')""", re.IGNORECASE)

_FOR_US = """<base target="_blank"><style data-preview>
html.inverted { filter: invert(1) hue-rotate(180deg); background: #ffffff; }
html.inverted img { filter: invert(1) hue-rotate(180deg); }
html.marking [data-differs] { outline: 2px dashed #c2660a !important; outline-offset: 3px;
  background-color: rgba(245, 158, 11, .16) !important; }
html [data-found] { outline: 3px solid #2563eb !important; outline-offset: 4px; }
[data-clipped] { font: 14px/1.4 Arial, sans-serif; color: #444; padding: 16px; background: #fff; }
</style>"""
"""What the page needs inside the frame. Links open nothing: the frame may not open windows."""


def view(html: str, client: Client, look: Look) -> str:
    """The HTML as this client shows it on this screen. Nothing in it asks anything of anybody."""
    return _framed(_seen(without_requests(_CLIENTS[client](html)), look))


def has_dark_styles(html: str) -> bool:
    """Whether the mail says how it wants to look on a dark screen."""
    return any(
        found[1].lower() == "dark" for sheet in STYLE.findall(html) for found in _SCHEME.finditer(sheet[1])
    )


def remote_pictures(html: str) -> tuple[str, ...]:
    """The hosts that a reader's program would fetch pictures from."""
    found = (unescape(src[1:-1]) for tag in _IMG.findall(html) for _, src in _SRC.findall(tag))
    return tuple(dict.fromkeys(urlsplit(each).netloc for each in found if not each.startswith("data:")))


def without_requests(html: str) -> str:
    """The HTML with a plain box, of the same size, for each picture that would have to be fetched."""
    return _FETCHES.sub("", _IMG.sub(lambda found: _SRC.sub(_boxed, found[0]), html))


def _boxed(found: re.Match[str]) -> str:
    source = unescape(found[2][1:-1])
    if source.startswith("data:"):
        return found[0]
    if found[1].lower() == "srcset":
        return ""
    words = escape(f"Picture from {urlsplit(source).netloc or 'a file'}")
    box = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="180"><rect width="100%" height="100%" '
        f'fill="#d9d9de"/><text x="50%" y="50%" text-anchor="middle" font-family="sans-serif" font-size="15" '
        f'fill="#333">{words}</text></svg>'
    )
    return f'src="data:image/svg+xml,{quote(box)}"'


def _seen(html: str, look: Look) -> str:
    """What depends on the reader's screen, settled for this one."""

    def settle(text: str) -> str:
        # Conditions on the width that always hold, or never do, fit wherever the other stood.
        return _SCHEME.sub(
            lambda found: "(min-width: 0)" if found[1].lower() == look else "(max-width: 0)", text
        )

    def sheet(found: re.Match[str]) -> str:
        return found[1] + _COLOUR_SCHEME.sub(rf"\1 {look.value}", settle(found[2])) + found[3]

    html = STYLE.sub(sheet, html)
    html = _MEDIA.sub(lambda found: found[1] + settle(found[2]), html)
    return _META_SCHEME.sub(rf'\1"{look.value}"', html)


def _framed(html: str) -> str:
    """With what the page needs: in the head, or before everything where there is none."""
    place = re.search(r"</head\s*>", html, re.IGNORECASE)
    at = place.start() if place else 0
    return html[:at] + _FOR_US + html[at:]
