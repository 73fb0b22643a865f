"""SendGrid's lists of whom it will not mail, brought in; and our opt-outs, told to our own group there.

Rules:

1. Whoever SendGrid keeps out is kept out here: it would take the mail and drop it. Its blocks are no such list.
2. Our opt-outs go to the unsubscribe group of this newsletter, never to the account's global list, by which
   others of the account would be bound. To a group that is not there SendGrid adds nobody: it adds them to that
   global list. So the group is looked up first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

from newsletter import address
from newsletter.delivery.suppressions import EVERYWHERE, NewSuppression
from newsletter.errors import Mistake, SettingsError, Where
from newsletter.feedback.enhanced import NO_MAILBOX
from newsletter.feedback.leaving import UNSUBSCRIBED
from newsletter.feedback.sendgrid import COMPLAINED

if TYPE_CHECKING:
    from newsletter.delivery.ledger import Ledger
    from newsletter.delivery.transports.sendgrid.account import Account
    from newsletter.delivery.transports.sendgrid.account import Suppression as Entry

_T = TypeVar("_T")

SOURCE: Final = "sendgrid"

GROUP: Final = "group"

_REASONS: Final = {
    "unsubscribes": UNSUBSCRIBED,
    GROUP: UNSUBSCRIBED,
    "spam_reports": COMPLAINED,
    "bounces": NO_MAILBOX,
    "invalid_emails": NO_MAILBOX,
}
_SAID_BY = "SendGrid's list of "
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was read of SendGrid's lists, and what was told to our group there."""

    read: int = 0
    suppressed: int = 0
    """Mailboxes that were not suppressed here yet."""
    told: int = 0
    """Opt-outs of ours that the group did not have."""


def exchange_lists(ledger: Ledger, account: Account, group: int | None) -> Iterator[Exchange]:
    """Bring SendGrid's suppressions in, and tell it ours; after each handful, what was done so far.

    Without a group it is not told of our opt-outs. Raises `TransportStopped` where SendGrid does not answer,
    and `SettingsError` where it has no such group.
    """
    if group is not None and not account.has_group(group):
        raise SettingsError(
            [Mistake(Where("newsletter.yaml"), f"SendGrid has no unsubscribe group {group}")],
            "Look at sendgrid.unsubscribe_group: to a group that is not there, SendGrid adds nobody, and keeps "
            "them from every mail of the account instead.",
        )
    done = Exchange()
    there: set[str] = set()
    for some in _handfuls(account.suppressions(group=group)):
        known = [(entry, key) for entry in some if (key := _key(entry.address))]
        there |= {key for entry, key in known if entry.list == GROUP}
        new = ledger.suppressions.add_all([_suppression(entry, key) for entry, key in known])
        done = replace(done, read=done.read + len(some), suppressed=done.suppressed + new)
        yield done
    if group is not None:
        for ours in _handfuls(_untold(ledger, there)):
            account.add_to_group(group, ours)
            done = replace(done, told=done.told + len(ours))
            yield done
    ledger.readings.finish(SOURCE)
    yield done


def _untold(ledger: Ledger, there: set[str]) -> Iterator[str]:
    """The mailboxes of ours that the group lacks. Who left one list of several may have the mail of the others.

    Of whoever was erased no address is left to tell.
    """
    ours = {
        each.key
        for each in ledger.suppressions
        if each.scope == EVERYWHERE
        and each.reason != NO_MAILBOX
        and not each.source.startswith(_SAID_BY)
        and "@" in each.key
    }
    yield from sorted(ours - there)


def _suppression(entry: Entry, key: str) -> NewSuppression:
    since = entry.since.timestamp() if entry.since else None
    return NewSuppression(key, _REASONS[entry.list], f"{_SAID_BY}{entry.list}", at=since)


def _key(written: str) -> str:
    """The key of an address; empty for what is none, which no list of ours can hold either."""
    try:
        return address.key(address.parse(written))
    except address.AddressError:
        return ""


def _handfuls(each: Iterable[_T]) -> Iterator[list[_T]]:
    """Some at a time: the ledger is not held while SendGrid is asked for the next page."""
    waiting = iter(each)
    while some := list(islice(waiting, _AT_ONCE)):
        yield some
