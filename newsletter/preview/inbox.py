"""The line by which a mail is chosen or passed over: sender, subject and preheader, and where each is cut.

The numbers of characters are what the clients show at their usual sizes: Apple Mail on a phone of 390 points,
Gmail on the web in a window of 1,280 pixels. Letters differ in width, so they are near, not exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from newsletter.render.markup import Kind, parts

_INVISIBLE = re.compile("[\u00ad\u034f\u200b-\u200f\u2060\ufeff]+")
_PADDING = re.compile("(?:\u200c\u00a0){8,}")
"""What follows a preheader so that nothing else comes into the line: it shows nothing, and has width."""
_ENOUGH = 300
_WITHIN_WORDS = re.compile(r"</?(?:a|b|i|u|em|strong|span|font|small|sub|sup)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cut:
    """A text, as far as it is shown, and what falls off."""

    shown: str
    lost: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One client's line of a mail."""

    client: str
    sender: Cut
    subject: Cut
    preheader: Cut


def lines(*, sender: str, subject: str, html: str) -> tuple[Line, Line]:
    """The line on a phone and on a desktop."""
    said = preheader(html)
    phone = Line(client="phone", sender=cut(sender, 24), subject=cut(subject, 38), preheader=cut(said, 84))
    at_desk = cut(subject, 72)
    rest = max(0, 118 - len(at_desk.shown))
    desktop = Line(client="desktop", sender=cut(sender, 20), subject=at_desk, preheader=cut(said, rest))
    return phone, desktop


def preheader(html: str) -> str:
    """The first words of a mail as clients take them for the list, whether or not they can be seen in it."""
    start = re.search(r"<body\b", html, re.IGNORECASE)
    body = html[start.start() :] if start else html
    text = ""
    for part in parts(body):
        if part.kind is Kind.TEXT:
            text += body[part.start : part.end]
        elif part.kind is Kind.TAG and not _WITHIN_WORDS.match(body, part.start):
            text += " "
        if len(text) > _ENOUGH:
            break
    said = _PADDING.split(unescape(text), maxsplit=1)[0]
    return " ".join(_INVISIBLE.sub("", said).split())


def cut(text: str, width: int) -> Cut:
    """The text, cut where it is wider than this many characters."""
    text = " ".join(text.split())
    if len(text) <= width:
        return Cut(text, "")
    at = max(width - 1, 0)
    return Cut(text[:at].rstrip() + "…", text[at:].lstrip())
