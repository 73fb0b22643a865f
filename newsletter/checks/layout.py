"""Rules about what the mail measures: on a phone, under a thumb, and in Gmail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from newsletter.checks.page import named, text_of
from newsletter.checks.places import in_mail
from newsletter.checks.rules import Evidence, Finding, Severity, rule
from newsletter.render import css, hiding

PHONE_PX = 331
"""What is left for text on a phone of 375 px with the themes' margins."""
LETTER_PX = 7.8
"""An average letter at the 15 px that tables have on a phone."""
CELL_PX = 10
"""Beside each cell's text."""

TARGET_PX = 24.0
"""The least size of a target, and the least distance between two (WCAG 2.2, 2.5.8)."""
NARROW_LETTERS = 2
"""A link of so few letters is narrower than that."""

STYLES_BYTES = 16_000
"""Gmail drops a whole style element of more (hteumeuleu/email-bugs #90)."""

_PARTS = re.compile(r"[\s/–—-]+")
_LENGTHS = re.compile(r"[\d.]+(?:px|pt|em)?")


@rule("M05", Severity.WARNING)
def tables_too_wide_for_a_phone(evidence: Evidence) -> Iterator[Finding]:
    """What it does: adds up the longest word of each column of a table; warns where a phone has no room for
    them.

    Why it matters: the right-hand columns are cut off, and in many programs cannot be scrolled to.
    Example: a table of nine columns.
    Instead: leave out columns, shorten the words above them, or make a list.
    """
    for name, page in evidence.pages.items():
        for table in page.root.iter("table"):
            if table.get("role") == "presentation":
                continue
            width = _least_width(table)
            if width > PHONE_PX:
                message = f"a table needs about {width:.0f} px, and a phone has {PHONE_PX}"
                yield Finding(message, in_mail(name, named(table)))


@rule("M06", Severity.WARNING)
def links_too_small_for_a_thumb(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for links of one or two letters, and for lists of links with less than 24 px a line.

    Why it matters: a thumb finds the wrong one, or none.
    Example: `[1](https://…)` as a footnote; a menu in small print.
    Instead: link words, not numbers, and give each line of a list of links some room.
    """
    for name, page in evidence.pages.items():
        for link in page.root.iter("a"):
            text = text_of(link)
            if link.get("href") and 0 < len(text) <= NARROW_LETTERS:
                yield Finding(
                    f"the link “{text}” is too narrow for a thumb", in_mail(name, named(link.getparent()))
                )
            elif link.get("href") and _is_row(link.getparent(), text):
                height = _height(link)
                if height < TARGET_PX:
                    yield Finding(
                        f"the link “{text}” has {height:.0f} px, and a thumb needs {TARGET_PX:.0f}",
                        in_mail(name, named(link)),
                    )


@rule("M07", Severity.WARNING)
def too_many_styles_for_gmail(evidence: Evidence) -> Iterator[Finding]:
    """What it does: measures each style element; warns from 16 KB, and of an at-rule inside an at-rule.

    Why it matters: Gmail drops the whole of it, and with it what makes the mail fit a phone.
    Example: a theme with a framework's style sheet.
    Instead: keep what you use, in several `mj-style`.
    """
    for name, page in evidence.pages.items():
        for style in page.root.iter("style"):
            text = style.text or ""
            if len(text.encode()) > STYLES_BYTES:
                yield Finding(
                    f"a style element of {len(text) / 1000:.0f} KB, which Gmail drops", in_mail(name, "<style>")
                )
            if any(len(held.conditions) > 1 for held in css.rules(text)):
                yield Finding(
                    "an at-rule inside an at-rule; Gmail drops the whole style element",
                    in_mail(name, "<style>"),
                )


def _least_width(table: Any) -> float:
    """What its columns need when every word that can stand on a line of its own does."""
    columns: dict[int, int] = {}
    for row in table.iter("tr"):
        for index, cell in enumerate(row.iter("td", "th")):
            longest = max((len(part) for part in _PARTS.split(text_of(cell))), default=0)
            columns[index] = max(columns.get(index, 0), longest)
    return sum(longest * LETTER_PX + CELL_PX for longest in columns.values())


def _is_row(holder: Any, text: str) -> bool:
    """Whether the element holds one link and nothing else, below or above another of the kind."""
    if holder is None or holder.tag not in {"li", "td", "p", "div"} or text_of(holder) != text:
        return False
    line = holder.getparent() if holder.tag == "td" else holder
    return any(
        beside is not None and beside.tag == line.tag and beside.find(".//a") is not None
        for beside in (line.getprevious(), line.getnext())
    )


def _height(link: Any) -> float:
    """The line's height with the space around it, by the styles written into the tags."""
    size, share, height, around = None, None, None, 0.0
    for depth, element in enumerate((link, *link.iterancestors())):
        said = {
            declaration.name: declaration.value for declaration in css.declarations(element.get("style", ""))
        }
        size = size or hiding.px(said.get("font-size", ""))
        if share is None and height is None and "line-height" in said:
            share = hiding.number(said["line-height"]) or None
            height = None if share else hiding.px(said["line-height"])
        if depth <= 1:
            around += _vertical(said)
    return (height or (size or 16.0) * (share or 1.2)) + around


def _vertical(said: dict[str, str]) -> float:
    """The margin and padding above and below."""
    return sum(_above_and_below(said, name) for name in ("margin", "padding"))


def _above_and_below(said: dict[str, str], name: str) -> float:
    sizes = [hiding.px(size) or 0.0 for size in _LENGTHS.findall(said.get(name, ""))]
    top, bottom = (sizes[0], sizes[2 if len(sizes) > 2 else 0]) if sizes else (0.0, 0.0)  # noqa: PLR2004 - CSS's order
    top = hiding.px(said.get(f"{name}-top", "")) or top
    return top + (hiding.px(said.get(f"{name}-bottom", "")) or bottom)
