"""Where a problem stands, in words: in a file, or in the mail for one edition.

Rule: what a place says can be read again; the same place in another edition's mail is known as such.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MOST_LINES = 6
"""So many other lines are told; whoever mends those sees the next."""

_IN_MAIL = re.compile(r"the mail for (?P<edition>[^:]+): (?P<what>.*)", re.DOTALL)
_LINE = re.compile(r"(?P<file>[^:]+):(?P<line>\d+)(?::\d+)?")


def in_mail(edition: str, what: str) -> str:
    """A place in the mail, for the one who looks at the preview."""
    return f"the mail for {edition}: {what}"


def in_any_mail(place: str) -> str:
    """The place without the edition that it was found in."""
    found = _IN_MAIL.fullmatch(place)
    return found["what"] if found else place


def in_words(first: str, also: Sequence[str]) -> str:
    """A place with the others like it: “drafts/x.md:14:3, also lines 20 and 31”."""
    here = _LINE.fullmatch(first)
    there = [_LINE.fullmatch(place) for place in also]
    lines = [each["line"] for each in there if each and here and each["file"] == here["file"]]
    if not also or len(lines) < len(also):
        return first + (f", and {len(also)} more" if also else "")
    told = list(dict.fromkeys(lines))[:MOST_LINES]
    more = len(set(lines)) - len(told)
    last = f"{more} more" if more else told.pop()
    shown = f"{', '.join(told)} and {last}" if told else last
    return f"{first}, also {'line' if shown == last else 'lines'} {shown}"
