"""Whether a finished part tells all that the draft says.

Rule: letters and digits are compared, all of them and in order, for marks, breaks and the numbers of links are
each part's own way of showing the same words. A picture is its own description, and is shown, not told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter import markdown
from newsletter.checks.prose import shown
from newsletter.drafts.known import Masked
from newsletter.model import Report

if TYPE_CHECKING:
    from markdown_it.token import Token

_LINK_NUMBER = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class _Said:
    text: str
    is_repeated: bool = False
    """A table's header, which the text part may write before each cell."""


def lacking(report: Report, segment: str | None, part: str) -> tuple[str, ...]:
    """What this segment should read and the part does not say in its place, in the order of the draft.

    A theme may put the summary above the report or below it.
    """
    text = letters(part)
    front, body = list(_summary(report)), list(_body(report, segment))
    orders = (front + body, body + front)
    return min((tuple(_not_found(order, text)) for order in orders), key=len)


def _not_found(order: Sequence[_Said], text: str) -> Iterator[str]:
    reached = 0
    for said in order:
        wanted = letters(said.text)
        place = text.find(wanted, reached)
        if place < 0:
            yield said.text
        elif not said.is_repeated:
            reached = place + len(wanted)


def _summary(report: Report) -> Iterator[_Said]:
    for point in report.summary:
        masked = Masked.of(point)
        yield from map(_Said, _stretches(markdown.parse_inline(masked.text), masked))


def _body(report: Report, segment: str | None) -> Iterator[_Said]:
    masked = Masked.of(report.body)
    is_header = False
    for token in markdown.for_segment(markdown.parse(masked.text), segment):
        if token.type in {"th_open", "th_close"}:
            is_header = token.type == "th_open"
        if token.type in {"inline", "fence", "code_block"}:
            yield from (_Said(text, is_header) for text in _stretches(token, masked))


def _stretches(token: Token, masked: Masked) -> Iterator[str]:
    """What is read without a break: a picture is one."""
    held = [""]
    for child in token.children or [token]:
        if child.type == "image":
            held.append("")
        else:
            held[-1] += " " if child.type in {"softbreak", "hardbreak"} else child.content
    yield from (" ".join(shown(masked.as_written(text)).split()) for text in held)


def letters(text: str) -> str:
    """The letters and digits of a part, without the numbers of its links."""
    return "".join(filter(str.isalnum, _LINK_NUMBER.sub("", text)))
