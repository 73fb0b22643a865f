"""Where a problem stands, in words: in a file, or in the mail for one edition.

Rule: what a place says can be read again; the same place in another edition's mail is known as such.
"""

from __future__ import annotations

import re

_IN_MAIL = re.compile(r"the mail for (?P<edition>[^:]+): (?P<what>.*)", re.DOTALL)
_LINE = re.compile(r"(?P<file>[^:]+):(?P<line>\d+)(?::\d+)?")


def in_mail(edition: str, what: str) -> str:
    """A place in the mail, for the one who looks at the preview."""
    return f"the mail for {edition}: {what}"


def in_any_mail(place: str) -> str:
    """The place without the edition that it was found in."""
    found = _IN_MAIL.fullmatch(place)
    return found["what"] if found else place


def line_of(place: str) -> tuple[str, int] | None:
    """The file and the line, of a place that has one."""
    found = _LINE.fullmatch(place)
    return (found["file"], int(found["line"])) if found else None
