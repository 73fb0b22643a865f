"""Whether a person sees the disclaimer: the finished HTML, judged as the strictest of mail readers shows it.

Rule: in doubt it is not seen. Around the disclaimer a theme may say what is known to leave it readable, and
nothing else; whatever cannot be understood is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from newsletter.render import allowed, colour, hiding, layers, outline, sight
from newsletter.render.css import Declaration
from newsletter.render.outline import Element
from newsletter.render.sight import NotSeen, Reaching, Sight

CLIP_BYTES = 102_000
"""Gmail shows about this much of the HTML and cuts the rest."""

LEAST_FONT_PX = 11.0
_LEAST_ROOM_PX = 160.0
_PHONE_PX = 360.0
_MOST_CONDITIONS = 6

SHOWN_TAGS = frozenset(
    (
        "html body div main article section header footer aside center "
        "table tbody thead tfoot tr td th p"
    ).split()
)
_ATTRIBUTES = frozenset(
    (
        "align aria-label aria-roledescription bgcolor border cellpadding cellspacing class colspan dir id lang "
        "role style title valign vertical-align width xml:lang xmlns xmlns:o xmlns:v xmlns:w"
    ).split()
)
_SIMPLE_SCHEME = re.compile(
    r"@media (?:(?:only )?(?:screen|all) and )?\(prefers-color-scheme: (dark|light)\)"
)
_COLOUR_NAMES = frozenset({"color", "background", "background-color", "font-size", "line-height"})


class TooLong(NotSeen):
    """The mail is so long that Gmail would cut the disclaimer off."""

    def __init__(self, end_bytes: int) -> None:
        super().__init__(
            f"it ends {end_bytes:,} bytes into the HTML and Gmail cuts a mail at {CLIP_BYTES:,}"
        )
        self.end_bytes = end_bytes


def check(html: str, piece: str) -> None:
    """Raise `NotSeen` unless `piece`, whole and once, can be read in the finished HTML."""
    start = _place(html, piece)
    end = len(html[: start + len(piece)].encode())
    if end >= CLIP_BYTES:
        raise TooLong(end)
    for view in (html, outline.as_outlook_reads(html)):
        _check_view(view, piece, for_outlook=view is not html)


def _place(html: str, piece: str) -> int:
    """Where the piece stands in the open: not in a comment, a style, or a branch for some readers only."""
    if html.count(piece) != 1:
        raise NotSeen("it is not there" if piece not in html else "it stands there more than once")
    start = html.index(piece)
    if outline.is_held_back(html, start):
        raise NotSeen("it stands inside a comment, a style or a script")
    if not outline.is_for_all(html, start):
        raise NotSeen("it stands in a branch that only some mail readers show (<!--[if …]>)")
    return start


def _check_view(html: str, piece: str, *, for_outlook: bool) -> None:
    seen = sight.of(html)
    start = html.index(piece)
    own = next((element for element in seen.outline.elements if element.start == start), None)
    if own is None:
        raise NotSeen("the tags around it do not nest: it stands inside a tag or an attribute")
    chain = own.chain()
    for element in chain:
        _check_element(element, for_outlook=for_outlook)
        _check_said(seen, element, is_piece=element is own)
    _check_room(seen, chain)
    _check_readable(own, list(seen.reaching(own, _is_colour)))
    layers.check(seen.outline, for_outlook=for_outlook)


# What holds it


def _check_element(element: Element, *, for_outlook: bool) -> None:
    tag, parent = element.tag, element.parent
    if tag not in SHOWN_TAGS or (parent and parent.tag == "p"):
        around = tag if tag not in SHOWN_TAGS else "p"
        raise NotSeen(f"it stands inside <{around}>; put it straight into an mj-text")
    if "hidden" in element.attributes or element.attributes.get("aria-hidden", "").lower() == "true":
        raise NotSeen(f"<{tag}> around it is marked as hidden")
    is_loose_row = for_outlook and tag == "tr" and parent is not None and parent.tag == "table"
    if parent and not is_loose_row and not outline.may_stand_in(tag, parent.tag):
        raise NotSeen(f"<{tag}> around it stands directly inside <{parent.tag}>; write table, tbody, tr, td")
    for name, value in element.attributes.items():
        _check_attribute(tag, name, value)
    if tag in {"tr", "table", "tbody", "thead", "tfoot"}:
        _check_alone(element)


def _check_attribute(tag: str, name: str, value: str) -> None:
    if name == "width":
        size = hiding.px(value)
        fits = size is not None and allowed.LEAST_WIDTH_PX <= size <= allowed.MOST_WIDTH_PX
        if value not in {"100%", "auto"} and not fits:
            raise NotSeen(f'<{tag} width="{value}"> around it leaves it no room; write 100%')
    elif name == "role":
        if value not in {"", "none", "presentation", "article", "main", "contentinfo"}:
            raise NotSeen(f'<{tag} role="{value}"> around it could hide it; leave the role out')
    elif name in {"border", "cellpadding", "cellspacing"} and (hiding.px(value or "0") or 0) != 0:
        raise NotSeen(f'<{tag} {name}="{value}"> around it: write 0, and padding or border in a style')
    elif name not in _ATTRIBUTES and not name.startswith("data-"):
        raise NotSeen(f"<{tag} {name}=…> around it could hide it; leave {name} out")


def _check_alone(element: Element) -> None:
    """Another cell in any row of a table makes a column of its own, and takes room."""
    if element.tag == "tr":
        crowd = len(element.children) > 1
    else:
        crowd = any(len(row.children) > 1 or row.tag not in _PARTS for row in element.children)
        crowd = crowd and element.tag != "table"
        crowd |= element.tag == "table" and any(part.tag not in _PARTS for part in element.children)
        crowd |= element.tag == "table" and any(
            len(row.children) > 1 for part in element.children for row in _rows(part)
        )
    if crowd:
        raise NotSeen("it shares a table with other cells or columns; give it a section of its own")
