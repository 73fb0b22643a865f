"""SendGrid's limits on a mail/send request, checked before anything is sent.

Rule: a fault of what all share stops the run with a clear text; a fault of one person's values refuses that
person and nobody else. Of two documented figures the stricter holds.
Source: SendGrid's pages "Mail Send" and "Errors"; see each limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

MOST_PEOPLE: Final = 1000
"""Personalizations, and recipients (to, cc and bcc together), in a request."""
MOST_REQUEST_BYTES: Final = 30_000_000
MOST_SUBSTITUTIONS: Final = 150
MOST_SUBSTITUTION_BYTES: Final = 10_000
"""Keys and values of one personalization; one page says 50,000."""
MOST_CUSTOM_ARGS_BYTES: Final = 10_000
"""Global and personal together; one page says 50,000."""
MOST_CATEGORIES: Final = 10
LONGEST_CATEGORY: Final = 255
LONGEST_ADDRESS: Final = 320
MOST_AHEAD_S: Final = 72 * 3600
"""How far ahead `send_at` may lie."""
CALL_BACK_S: Final = 600
"""A cancellation or pause is certain only until so long before `send_at`."""

RESERVED_HEADERS: Final = frozenset(
    {
        *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"),
        *("to", "from", "subject", "reply-to", "cc", "bcc"),
    }
)
RESERVED_ARGS: Final = frozenset(
    {
        *("email", "event", "timestamp", "category", "sg_event_id", "sg_message_id", "smtp-id", "reason"),
        *("status", "response", "type", "ip", "url", "useragent", "pool", "tls", "send_at"),
    }
)
"""Keys of events: SendGrid's own value takes the place of a custom argument of that name."""

_IN_NAMES = re.compile(r"[,;\r\n]")
"""A display name with one of these is accepted and the mail silently dropped (sendgrid-python issue 291)."""
_ORDER = {"text/plain": 0, "text/html": 1}
_UTF8_BYTES = 4


def faults(request: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the part that all people of a request share; each ends a sentence "The mail …"."""
    if not 0 < len(request["personalizations"]) <= MOST_PEOPLE:
        yield f"has not 1 to {MOST_PEOPLE:,} people in a request"
    if not request["from"]["email"].isascii():
        yield "has a From address that is not ASCII, which SendGrid refuses"
    if not request.get("subject"):
        yield "has no subject"
    yield from _content_faults(request.get("content") or [])
    yield from _header_faults(request.get("headers") or {})
    yield from _category_faults(request.get("categories") or [])
    if ("send_at" in request) is not ("batch_id" in request):
        yield "has a time without a batch id or a batch id without a time, so nobody could call it back"


def personal_fault(block: Mapping[str, Any], shared_args: Mapping[str, str]) -> str:
    """What is wrong with one personalization, in words without its values; empty where nothing is."""
    return next(_personal_faults(block, shared_args), "")


def _personal_faults(block: Mapping[str, Any], shared_args: Mapping[str, str]) -> Iterator[str]:
    recipients = [person for kind in ("to", "cc", "bcc") for person in block.get(kind) or ()]
    if len(recipients) != 1:
        yield "a message has exactly one recipient"
        return
    if len(recipients[0]["email"]) > LONGEST_ADDRESS:
        yield f"the address is longer than {LONGEST_ADDRESS} characters"
    if _IN_NAMES.search(recipients[0].get("name") or ""):
        yield "the name holds a comma, a semicolon or a line break, and SendGrid drops such mail"
    substitutions = block.get("substitutions") or {}
    if len(substitutions) > MOST_SUBSTITUTIONS:
        yield f"there are more than {MOST_SUBSTITUTIONS} personal values"
    if _exceeds(substitutions, MOST_SUBSTITUTION_BYTES):
        yield f"the personal values are larger than {MOST_SUBSTITUTION_BYTES:,} bytes"
    arguments = {**shared_args, **(block.get("custom_args") or {})}
    if _exceeds(arguments, MOST_CUSTOM_ARGS_BYTES):
        yield f"the custom arguments are larger than {MOST_CUSTOM_ARGS_BYTES:,} bytes"
    if not RESERVED_ARGS.isdisjoint(arguments):
        yield "a custom argument has the name of one of SendGrid's own"
    yield from _header_faults(block.get("headers") or {})


def _exceeds(values: Mapping[str, str], most_bytes: int) -> bool:
    """Whether keys and values take more bytes in UTF-8; the usual case is settled by counting characters."""
    characters = sum(map(len, values)) + sum(map(len, values.values()))
    if characters * _UTF8_BYTES <= most_bytes:
        return False
    return sum(len(text.encode()) for item in values.items() for text in item) > most_bytes


def _content_faults(parts: list[Mapping[str, str]]) -> Iterator[str]:
    if not parts or any(not part.get("value") for part in parts):
        yield "has a part without content"
    if any(re.search(r"[;\r\n]", part.get("type") or ";") for part in parts):
        yield "has a part whose type is missing or holds a semicolon"
    order = [_ORDER.get(part.get("type", ""), len(_ORDER)) for part in parts]
    if order != sorted(order):
        yield "has its parts in another order than text/plain, text/html, others"


def _header_faults(headers: Mapping[str, str]) -> Iterator[str]:
    yield from filter(None, map(_header_name_fault, headers))
    if any("\n" in value or "\r" in value for value in headers.values()):
        yield "has a header whose value has a line break"


@lru_cache(maxsize=100)
def _header_name_fault(name: str) -> str:
    """What is wrong with a header's name; everybody's headers have the same few."""
    if name.lower() in RESERVED_HEADERS:
        return f"sets the header {name}, which SendGrid writes itself"
    return "" if name.isascii() and " " not in name else "has a header whose name is not plain ASCII"


def _category_faults(categories: list[str]) -> Iterator[str]:
    if len(categories) > MOST_CATEGORIES or len(set(categories)) < len(categories):
        yield f"has more than {MOST_CATEGORIES} categories, or one twice"
    if any(not category.isascii() or len(category) > LONGEST_CATEGORY for category in categories):
        yield f"has a category that is not ASCII or longer than {LONGEST_CATEGORY} characters"
