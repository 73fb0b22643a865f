"""SendGrid's events in our words.

Rules:

1. Opens and clicks are dropped before anything is kept: nobody here wants to know who read what.
2. An event that is not understood is kept, without what could name a person, and never refused: SendGrid would
   send it again for a day, and everything else in its post with it.

Source: SendGrid's pages "Event Webhook Reference" and "Bounce Classifications".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from newsletter import address
from newsletter.delivery.fate import Event, Fate
from newsletter.delivery.transports.smtp_replies import redacted
from newsletter.feedback.enhanced import NO_MAILBOX, Failure, failure, status_in
from newsletter.feedback.leaving import UNSUBSCRIBED

SOURCE: Final = "sendgrid"
FILE: Final = "sendgrid file"
"""A file of posts, which nobody signed: what it says is never taken for what SendGrid said."""

COMPLAINED: Final = "complained"

ACCOUNT_CHANGED: Final = "account_status_change"
"""SendGrid's word for an event about the whole account: warned, suspended, banned."""

_NOT_WANTED: Final = frozenset({"open", "click"})

_FATES: Final[dict[str, Fate]] = {
    "processed": Fate.PROCESSED,
    "deferred": Fate.DEFERRED,
    "delivered": Fate.DELIVERED,
    "dropped": Fate.DROPPED,
    "bounce": Fate.BOUNCED,
    "spamreport": Fate.COMPLAINED,
    "unsubscribe": Fate.UNSUBSCRIBED,
    "group_unsubscribe": Fate.UNSUBSCRIBED,
    "group_resubscribe": Fate.RESUBSCRIBED,
}

_DROPPED_FOR: Final[dict[str, str]] = {
    "unsubscribed address": UNSUBSCRIBED,
    "bounced address": NO_MAILBOX,
    "spam reporting address": COMPLAINED,
    "invalid": NO_MAILBOX,
}
"""SendGrid's reason → ours, where it will never mail this address again. A quota is not the reader's fault."""

_GONE_CLASSES: Final = frozenset({"invalid address", "mailbox unavailable"})
"""Bounce classifications that speak of the mailbox, where the status does not say more."""

_NAME = re.compile(r"[a-z0-9-]{1,64}")
_KIND = re.compile(r"[A-Za-z_ -]{1,60}")
_MOST_ID = 100
_MOST_DETAIL = 200
_MOST_KEPT = 2_000
_PERSONAL: Final = frozenset({"email", "ip", "useragent", "url", "url_offset"})


@dataclass(frozen=True, slots=True)
class Posted:
    """What a post held: events in our words, and how many that nobody here wants."""

    events: tuple[Event, ...] = ()
    unwanted: int = field(default=0, kw_only=True)


def read(posted: Iterable[object], *, group: int | None, now: float, signed: bool = True) -> Posted:
    """The elements of a post as events. `group` is our own unsubscribe group: another's is not our matter."""
    events: list[Event] = []
    unwanted = 0
    for each in posted:
        if isinstance(each, Mapping) and _text(each, "event") in _NOT_WANTED:
            unwanted += 1
        else:
            said = each if isinstance(each, Mapping) else {"event": each}
            events.append(_event(said, group, now, signed=signed))
    return Posted(tuple(events), unwanted=unwanted)


def _event(said: Mapping[str, Any], group: int | None, now: float, *, signed: bool) -> Event:
    name = _text(said, "event")
    if name == ACCOUNT_CHANGED:
        return _account(said, now, signed=signed)
    fate = _fate(said, name, group)
    status = status_in(_text(said, "status"))
    run, code, attempt = (_name(said, key) for key in ("run", "recipient", "attempt"))
    return Event(
        source=SOURCE if signed else FILE,
        id=_identity(said, signed=signed),
        fate=fate,
        name=name[:_MOST_ID],
        at=_time(said, now),
        run=run,
        code=code,
        attempt=attempt if run and code and attempt else None,
        key=_key(_text(said, "email")),
        provider_id=_text(said, "sg_message_id").strip().partition(".")[0][:_MOST_ID],
        status=status,
        detail=_kept(said) if fate is Fate.OTHER else _detail(said),
        suppress=_reason(said, fate, status),
    )


def _account(said: Mapping[str, Any], now: float, *, signed: bool) -> Event:
    """What became of the account, as SendGrid names it: `compliance_suspend`, `financial_deactivate`."""
    kind = _text(said, "type")
    return Event(
        source=SOURCE if signed else FILE,
        id=_identity(said, signed=signed),
        fate=Fate.OTHER,
        name=ACCOUNT_CHANGED,
        at=_time(said, now),
        detail=kind if _KIND.fullmatch(kind) else "it does not say how",
    )


def _fate(said: Mapping[str, Any], name: str, group: int | None) -> Fate:
    fate = _FATES.get(name, Fate.OTHER)
    if fate is Fate.BOUNCED and _text(said, "type").casefold() == "blocked":
        return Fate.BLOCKED
    if name.startswith("group_") and said.get("asm_group_id") != group:
        return Fate.OTHER
    return fate


def _reason(said: Mapping[str, Any], fate: Fate, status: str) -> str:
    """Why the address must not be written to again, if it must not."""
    match fate:
        case Fate.COMPLAINED:
            return COMPLAINED
        case Fate.UNSUBSCRIBED:
            return UNSUBSCRIBED
        case Fate.DROPPED:
            return _DROPPED_FOR.get(_text(said, "reason").strip().casefold(), "")
        case Fate.BOUNCED:
            return NO_MAILBOX if _is_gone(said, status) else ""
        case _:
            return ""


def _is_gone(said: Mapping[str, Any], status: str) -> bool:
    """Whether a bounce says that there is no such mailbox: by its status, else by its classification."""
    found = failure(status, _text(said, "reason"))
    classification = _text(said, "bounce_classification").strip().casefold()
    return found is Failure.GONE if found else classification in _GONE_CLASSES


def _identity(said: Mapping[str, Any], *, signed: bool) -> str:
    """SendGrid's own name for the event; without one, or without a signature, a digest of all it says."""
    given = _text(said, "sg_event_id")
    if signed and given and len(given) <= _MOST_ID:
        return given
    whole = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(whole.encode()).hexdigest()


def _time(said: Mapping[str, Any], now: float) -> float:
    """When it happened; now, where it does not say so sensibly."""
    at = said.get("timestamp")
    if isinstance(at, bool) or not isinstance(at, int | float):
        return now
    # Neither NaN nor a number too large for a float lies between.
    return float(at) if 0 < at <= now else now


def _key(email: str) -> str:
    try:
        return address.key(address.parse(email))
    except address.AddressError:
        return ""


def _detail(said: Mapping[str, Any]) -> str:
    words = [_text(said, key) for key in ("bounce_classification", "reason", "response")]
    return redacted("; ".join(filter(None, words)), _text(said, "email"))[:_MOST_DETAIL]


def _kept(said: Mapping[str, Any]) -> str:
    """All that an unknown event says, but for what could name a person."""
    rest = {key: value for key, value in said.items() if key not in _PERSONAL}
    return redacted(json.dumps(rest, default=str), _text(said, "email"))[:_MOST_KEPT]


def _name(said: Mapping[str, Any], key: str) -> str:
    """One of our own custom arguments; empty for anything that we cannot have written."""
    value = said.get(key)
    return value if isinstance(value, str) and _NAME.fullmatch(value) else ""


def _text(said: Mapping[str, Any], key: str) -> str:
    """A field as printable text; what is not text counts as its JSON."""
    value = said.get(key, "")
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, default=str)
    return "".join(character if character.isprintable() else " " for character in text)


def from_lines(text: str) -> Iterator[object]:
    """The elements of a file of posts: one JSON array, or one array or object a line. Raises `ValueError`."""
    text = text.strip()
    try:
        found = [json.loads(text)]
    except ValueError:
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
    for each in found:
        yield from each if isinstance(each, list) else [each]
