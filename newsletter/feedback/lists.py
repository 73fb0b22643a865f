"""SendGrid's lists of whom it will not mail, brought in; and our opt-outs, told to our own group there.

Rules:

1. Whoever SendGrid keeps out is kept out here: it would take the mail and drop it. Its blocks are no such list.
2. Our opt-outs go to the unsubscribe group of this newsletter, never to the account's global list, by which
   others of the account would be bound. To a group that is not there SendGrid adds nobody: it adds them to that
   global list. So the group is looked up first.
3. Whoever came back here since they were put into our group is taken out of it, and that is written down. Who
   is in it since a later moment has left again. Its other lists are the account's, and a person's to change.
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
    from newsletter.delivery.mailboxes import CodeOf
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
    taken_out: int = 0
    """People who came back here, and were still in the group."""
    barred: int = 0
    """People who came back here, and are still on a list of the account: they stay suppressed."""


def exchange_lists(
    ledger: Ledger, account: Account, group: int | None, *, code_of: CodeOf
) -> Iterator[Exchange]:
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
    returned = _Returned(ledger, code_of)
    for some in _handfuls(account.suppressions(group=group)):
        known = [(entry, key) for entry in some if (key := _key(entry.address))]
        there |= {key for entry, key in known if entry.list == GROUP}
        new = ledger.suppressions.add_all([_suppression(*each) for each in known if not returned.keeps(*each)])
        done = replace(done, read=done.read + len(some), suppressed=done.suppressed + new)
        yield done
    if group is not None:
        suppressed, taken_out = returned.let_back(account, group)
        done = replace(done, suppressed=done.suppressed + suppressed, taken_out=taken_out)
    done = replace(done, barred=len(returned.barred))
    yield done
    if group is not None:
        for ours in _handfuls(_untold(ledger, there)):
            account.add_to_group(group, ours)
            done = replace(done, told=done.told + len(ours))
            yield done
    ledger.readings.finish(SOURCE)
    yield done


class _Returned:
    """Whoever came back here, as they are met with on SendGrid's lists."""

    def __init__(self, ledger: Ledger, code_of: CodeOf) -> None:
        self._ledger = ledger
        self._code_of = code_of
        self._back = ledger.suppressions.came_back()
        self._out = ledger.suppressions.keys()
        self._in_group: dict[str, Entry] = {}
        self._left_again: set[str] = set()
        """Those on a list of the account since: whoever complained is not taken out of anything."""
        self.barred: set[str] = set()
        """Those on a list of the account since before."""

    def keeps(self, entry: Entry, key: str) -> bool:
        """Whether an entry is to be looked at by `let_back`, when all have been read."""
        if (back_at := self._back_at(key)) is None:
            return False
        if entry.list == GROUP:
            self._in_group[key] = entry
            return True
        if _is_before(entry, back_at):
            self.barred.add(key)
        else:
            self._left_again.add(key)
        return False

    def let_back(self, account: Account, group: int) -> tuple[int, int]:
        """Take them out of the group. The number of those who have left by it since, and of those taken out."""
        suppressed = taken_out = 0
        since = account.group_since(group) if self._in_group else {}
        for key, entry in self._in_group.items():
            dated, back_at = replace(entry, since=since.get(entry.address)), self._back_at(key)
            if back_at is None or not _is_before(dated, back_at):
                suppressed += self._ledger.suppressions.add_all([_suppression(dated, key)])
            elif key not in self.barred and key not in self._left_again:
                with self._ledger.audit.act("sync", {"out_of_group": group}, [self._code_of(key)]):
                    account.take_from_group(group, entry.address)
                taken_out += 1
        return suppressed, taken_out

    def _back_at(self, key: str) -> float | None:
        known_as = (key, self._code_of(key))
        if not self._out.isdisjoint(known_as):
            return None
        return max((self._back[each] for each in known_as if each in self._back), default=None)


def _is_before(entry: Entry, moment: float) -> bool:
    """Whether an entry is older than a moment. One without a time may be newer."""
    return entry.since is not None and entry.since.timestamp() < moment


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
