"""Reports about a message that machines write for machines: RFC 3464 on its delivery, RFC 5965 on a complaint.

Rule: only what calls itself a report is read as one (RFC 6522), and only at the top of a mail: a report that
somebody forwards, or tells of, is a letter.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Final, TypeAlias

from newsletter.delivery.fate import Fate
from newsletter.feedback.enhanced import Failure, failure, status_in

Text: TypeAlias = "Message[str, str]"
"""A mail or a part of one, parsed by the old policy, which raises for nothing that it meets."""

_WRAPPED_IN: Final = frozenset({"multipart/mixed", "multipart/signed"})
"""What a gateway may put around a report to add a footer or a signature."""

_STATUS_PARTS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_PARTS: Final = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"}
)
_NO_COMPLAINT: Final = frozenset({"not-spam"})

_PASSED_ON: Final[dict[str, Fate]] = {
    "delivered": Fate.DELIVERED,
    "delayed": Fate.DEFERRED,
    # Handed to a system that reports nothing, or to the members of a list: taken, and no more is known.
    "relayed": Fate.PROCESSED,
    "expanded": Fate.PROCESSED,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a report says of one address."""

    fate: Fate
    status: str = ""
    said: str = field(default="", repr=False)
    """The reply of the server that refused."""
    suppress: str = field(default="", kw_only=True)
    address: str = field(default="", repr=False, kw_only=True)


def report_in(message: Text) -> Text | None:
    """The report that a mail is, or is but for what a gateway put around it."""
    if message.get_content_type() == "multipart/report":
        return message
    if message.get_content_type() in _WRAPPED_IN:
        return next((each for each in parts(message) if each.get_content_type() == "multipart/report"), None)
    return None


def verdicts(report: Text) -> tuple[Verdict, ...]:
    """What a report on delivery says, address by address; nothing where it is another kind of report."""
    blocks = [
        block for part in parts(report) if part.get_content_type() in _STATUS_PARTS for block in _blocks(part)
    ]
    return tuple(found for block in blocks if (found := _verdict(block)) is not None)


def is_complaint(report: Text) -> bool:
    """Whether it is a reader's word that a message is spam, passed on by their provider."""
    for part in parts(report):
        if part.get_content_type() == "message/feedback-report":
            said = next(_blocks(part), None)
            return said is not None and plain(said, "Feedback-Type").casefold() not in _NO_COMPLAINT
    return False


def returned(report: Text) -> Iterator[Text]:
    """The message that is reported on, or its header, as it came back."""
    for part in parts(report):
        if part.get_content_type() in _RETURNED_PARTS:
            payload = part.get_payload()
            if isinstance(payload, list):
                yield from (each for each in payload if isinstance(each, Message))
            else:
                yield email.message_from_string(text_of(part))


def parts(message: Text) -> list[Text]:
    """The parts directly below a multipart; none where it is none, whatever it calls itself."""
    payload = message.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def text_of(part: Text) -> str:
    """The text of a part, decoded as far as it can be."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def plain(message: Text, name: str) -> str:
    """A header's value on one line; empty where there is none."""
    return " ".join(str(message.get(name, "")).split())


def _verdict(block: Text) -> Verdict | None:
    """A block of fields about one address; the first block, about the message as a whole, is none."""
    action = plain(block, "Action").casefold().partition(" ")[0]
    status = status_in(plain(block, "Status"))
    said = _after_type(plain(block, "Diagnostic-Code"))
    where = _after_type(plain(block, "Final-Recipient"))
    if action in _PASSED_ON:
        return Verdict(_PASSED_ON[action], status, said, address=where)
    if action != "failed":
        return None
    found = failure(status, said) or Failure.FAILED
    return Verdict(found.fate, status or status_in(said), said, suppress=found.suppress, address=where)


def _after_type(value: str) -> str:
    """`rfc822; j.doe@example.org`, `smtp; 550 …`: what stands after the type."""
    return value.partition(";")[2].strip() or value


def _blocks(part: Text) -> Iterator[Text]:
    """The groups of fields in a part; the standard library parts them for one of the types alone."""
    payload = part.get_payload()
    if isinstance(payload, list) and len(payload) > 1:
        yield from (each for each in payload if isinstance(each, Message))
        return
    only = payload[0] if isinstance(payload, list) and payload else None
    whole = only.as_string() if isinstance(only, Message) else text_of(part)
    for block in re.split(r"\r?\n[ \t]*\r?\n", whole):
        if block.strip():
            yield email.message_from_string(block.strip() + "\n")
