"""What the other side says later of a message it took: the events, and their fold as a monotone join.

Rules:

1. This is a second axis: nothing here is one of the six states, and a bounce never undoes an acceptance.
2. The events of a message may come in any order and more than once; they come to the same standing, since a
   standing only ever rises.
3. Nothing that is good news later (a delivery, a return to the list) takes back an opt-out or a bounce.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import reduce
from typing import Final


class Fate(StrEnum):
    """What an event says of a message or its reader, in one vocabulary over all who may say it."""

    PROCESSED = "processed"
    """They have it on record: it was accepted."""
    DEFERRED = "deferred"
    """Not taken by the mailbox's server yet; they go on trying."""
    DELIVERED = "delivered"
    DROPPED = "dropped"
    """They took it from us and never tried: the address is on a list of theirs, or the content is refused."""
    BLOCKED = "blocked"
    """Refused for the sender, the content or a policy: it says nothing of the mailbox."""
    BOUNCED = "bounced"
    """Given up for good."""
    COMPLAINED = "complained"
    """The reader called it spam."""
    UNSUBSCRIBED = "unsubscribed"
    RESUBSCRIBED = "resubscribed"
    """The reader came back by the other side's own page. It lifts nothing here."""
    OTHER = "other"
    """A word that this program does not know; the event is kept."""


RANK: Final[dict[Fate, int]] = {
    Fate.PROCESSED: 1,
    Fate.DEFERRED: 2,
    Fate.DELIVERED: 3,
    Fate.DROPPED: 4,
    Fate.BLOCKED: 5,
    Fate.BOUNCED: 6,
}
"""The axis of delivery: of two fates the higher one holds. Delivered and then bounced is bounced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that the other side says happened."""

    source: str
    """Who says it: `sendgrid`, `mail`."""
    id: str
    """What tells it from every other event of this source; told again, it has the same."""
    fate: Fate
    name: str
    """The other side's own word for it."""
    at: float
    """When it happened, in epoch seconds."""
    run: str = ""
    """`Run.name`, where the event names it."""
    code: str = ""
    """`Person.code`, where the event names it."""
    issue: str = ""
    """The issue as `model.issue_part` writes it, where the event names that and not the run."""
    attempt: str | None = None
    """The attempt that it proves was accepted; empty for whichever was made; None where it proves none."""
    key: str = field(default="", repr=False)
    """`address.key` of the address it names."""
    provider_id: str = ""
    """What the other side calls the request that the message came in."""
    status: str = ""
    """The enhanced status (RFC 3463)."""
    detail: str = field(default="", repr=False)
    """The same in words, without any address."""
    suppress: str = ""
    """Why this mailbox must not be written to again; empty where it may."""

    @property
    def identity(self) -> tuple[str, str]:
        """What it is known by among all events."""
        return self.source, self.id


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one message of one attempt, all its events taken together."""

    delivery: Fate | None = None
    complained: bool = False
    unsubscribed: bool = False

    def join(self, other: Standing) -> Standing:
        """The least that holds both: in any order, and again, it is the same."""
        known = [fate for fate in (self.delivery, other.delivery) if fate is not None]
        return Standing(
            max(known, key=RANK.__getitem__, default=None),
            self.complained or other.complained,
            self.unsubscribed or other.unsubscribed,
        )


def standing(fate: Fate) -> Standing:
    """What one event says by itself."""
    return Standing(
        fate if fate in RANK else None,
        complained=fate is Fate.COMPLAINED,
        unsubscribed=fate is Fate.UNSUBSCRIBED,
    )


def fold(fates: Iterable[Fate]) -> Standing:
    """What events come to."""
    return reduce(Standing.join, map(standing, fates), Standing())
