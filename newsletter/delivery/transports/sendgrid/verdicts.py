"""What SendGrid's answer to mail/send means, as a table.

Rule: only 202 is an acceptance, and nobody is called unsent unless SendGrid documents that nothing was sent.
Sources: SendGrid's pages "Mail Send" (responses), "Errors" and "Rate limits".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final


class Verdict(Enum):
    """What to do with the people of one request."""

    ACCEPTED = auto()
    VALID = auto()
    """Sandbox mode: SendGrid found nothing wrong, and sent nothing."""
    REFUSED = auto()
    """Nothing was sent; what is wrong may be one person's, so the request is taken apart."""
    WAIT = auto()
    """Nothing was sent; the same request may be tried later."""
    STOP = auto()
    """Nothing was sent, for a fault about us that every request would meet."""
    UNKNOWN = auto()
    """SendGrid failed after it may have accepted."""
    STRANGE = auto()
    """Not an answer of mail/send: another server, or another API. It may have accepted; stop."""


STATUSES: Final[dict[int, Verdict]] = {
    202: Verdict.ACCEPTED,
    400: Verdict.REFUSED,
    401: Verdict.STOP,
    403: Verdict.STOP,
    404: Verdict.STOP,
    405: Verdict.STOP,
    406: Verdict.STOP,
    408: Verdict.UNKNOWN,
    413: Verdict.REFUSED,
    415: Verdict.STOP,
    429: Verdict.WAIT,
}
"""The documented statuses, and 408, which says that the server gave up, not what became of the request."""

HINTS: Final[dict[int, str]] = {
    401: "Check SENDGRID_API_KEY and the account's credits, then resume.",
    403: "Check that the From address is a verified sender and that the key may send mail, then resume.",
    404: "Check the host: this one has no SendGrid API.",
    405: "Check the host: this one has no SendGrid API.",
}


def verdict(status: int, *, sandbox: bool = False) -> Verdict:
    """What a status means. Any 5xx leaves open whether the request was taken."""
    if status == 200 and sandbox:  # noqa: PLR2004 - HTTP's own number
        return Verdict.VALID
    if 500 <= status <= 599:  # noqa: PLR2004 - HTTP's own class
        return Verdict.UNKNOWN
    return STATUSES.get(status, Verdict.STRANGE)


_PLACE = re.compile(r"personalizations[.\[](?P<number>\d+)")
_ADDRESS = re.compile(r"[^\s@\[\]()<>\"']+@[^\s@\[\]()<>\"']+")
_LONGEST_DETAIL = 200


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the body of a refusal says, without any address."""

    text: str
    people: frozenset[int]
    """The personalizations it names, by their number in the request."""
    about_us: bool
    """It names a part of the request that all its people share."""


def complaint(body: bytes) -> Complaint:
    """Read `{"errors": [{"message", "field", "help"}]}`; whatever else it is becomes an empty complaint."""
    errors = _errors(body)
    fields = [str(error.get("field") or "") for error in errors]
    places = [match for match in map(_PLACE.match, fields) if match]
    return Complaint(
        text=without_addresses("; ".join(str(error.get("message") or "") for error in errors)),
        people=frozenset(int(match["number"]) for match in places),
        about_us=any(field and not field.startswith("personalizations") for field in fields),
    )


def _errors(body: bytes) -> list[dict[str, Any]]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return []
    errors = parsed.get("errors") if isinstance(parsed, dict) else None
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def without_addresses(text: str) -> str:
    """One line of an answer, fit for a ledger or a log."""
    return " ".join(_ADDRESS.sub("(an address)", text).split())[:_LONGEST_DETAIL]
