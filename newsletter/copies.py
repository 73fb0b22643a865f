"""One copy of a mailing, to be looked at: exactly a person's own, or one with the defaults.

Rule: it is the message that would leave, and what is shown of it is parsed out of its bytes.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Container, Mapping
from dataclasses import replace

from newsletter import address, plan
from newsletter.errors import UsageError
from newsletter.mailing import Mailing, one_message, stranger
from newsletter.message import code_for
from newsletter.model import Edition, Person, Recipient

Left = Mapping[str, Container[str]]
"""A list's name → keys of those who left that list alone."""

_SUBTYPES = {"html": "html", "text": "plain"}


def rendered(
    mailing: Mailing, *, segment: str | None, to: str | None, form: str, left: Left | None = None
) -> bytes:
    """One copy as `html`, `text`, `mjml` or `eml`: exactly a person's own, or one with the defaults."""
    recipient = find_recipient(mailing, to, left) if to is not None else None
    name = recipient.segment if recipient else segment
    chosen = mailing.editions[name] if name else mailing.default_edition
    if form == "mjml":
        return chosen.mjml.encode()
    if recipient is not None:
        message = one_message(
            mailing.workspace, chosen, mailing.headers, person_for(mailing, chosen, recipient)
        )
    else:
        inert = replace(mailing.headers, inert=True)
        message = one_message(
            mailing.workspace, chosen, inert, stranger(chosen, mailing.headers.sender_address)
        )
    return message if form == "eml" else part_of(message, form)


def find_recipient(mailing: Mailing, wanted: str, left: Left | None = None) -> Recipient:
    """The person with this address, in the segment they belong to. Raises `UsageError` if they get nothing."""
    try:
        key = address.key(address.parse(wanted))
    except address.AddressError as error:
        raise UsageError(f"that is not an address: {error}") from None
    found = [each for each in mailing.audience.read(left or {}) if each.recipient.key == key]
    if not found:
        raise UsageError(
            "nobody with this address is in the segments of this draft", "Try: newsletter explain ADDRESS"
        )
    chosen = next((each.recipient for each in found if each.reason is None), None)
    if chosen is None or chosen.segment not in mailing.editions:
        why = found[0].reason or f"they belong to the segment {chosen.segment if chosen else ''}"
        raise UsageError(f"this person would not get it: {why}", "Try: newsletter explain ADDRESS")
    return chosen


def part_of(message: bytes, form: str) -> bytes:
    """The `html` or `text` part of a message, decoded."""
    part = email.message_from_bytes(message, policy=email.policy.default).get_body((_SUBTYPES[form],))
    if part is None:
        raise ValueError(f"the message has no {form} part")
    content: str = part.get_content()
    return content.encode()


def person_for(mailing: Mailing, chosen: Edition, recipient: Recipient) -> Person:
    """A recipient as an edition merges them, before any ledger knows them."""
    code = code_for(recipient.key, mailing.workspace.secret())
    return Person(0, recipient.address, code, plan.values_of(chosen, recipient))
