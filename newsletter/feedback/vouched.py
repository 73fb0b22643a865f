"""Whether the reader's own mail server vouches for who wrote a mail (RFC 8601).

Rule: From is written by the sender and proves nothing. The topmost Authentication-Results counts, if the server
that keeps the mailbox wrote it under the name that the settings give, and if it says that DMARC passed.
"""

from __future__ import annotations

import re

from newsletter.feedback.report import Text

_COMMENT = re.compile(r"\([^()]*\)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def is_vouched(message: Text, by: str | None) -> bool:
    """Whether the server `by` says that From is not forged."""
    results = message.get_all("Authentication-Results", [])
    if by is None or not results or len(message.get_all("From", [])) != 1:
        return False
    server, *found = _bare(str(results[0])).split(";")
    name = server.split()
    return bool(name) and name[0].casefold() == by.casefold() and any(map(_is_dmarc_pass, found))


def _is_dmarc_pass(result: str) -> bool:
    return re.match(r"\s*dmarc\s*=\s*pass(?![\w-])", result, re.IGNORECASE) is not None


def _bare(value: str) -> str:
    """The value without quoted strings and comments, in which anything may stand."""
    value = _QUOTED.sub('""', value)
    while (shorter := _COMMENT.sub(" ", value)) != value:
        value = shorter
    return value
