"""Reading the mailbox: what is recognised is noted and put aside, everything else stays as it came.

Rule: first the events are on the disk, then the mail is known as seen, and then it is moved: a line lost
anywhere between costs a second look, and does nothing twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from newsletter.delivery.events import Taken
from newsletter.delivery.readings import Seen
from newsletter.feedback.letter import RECOGNISED, Reader, Sort

if TYPE_CHECKING:
    from newsletter.delivery.ledger import Ledger
    from newsletter.feedback.imap import Mailbox

SOURCE: Final = "mailbox"

_AT_ONCE = 20
"""Mails in memory together: 5 MB where each is as large as is read of one."""

_MOVE, _FLAG = "move", "flag"
_ACTS: Final[Mapping[Sort, str]] = dict.fromkeys(RECOGNISED, _MOVE) | {Sort.ASKS: _FLAG}


@dataclass(frozen=True, slots=True)
class Report:
    """What was read of the mailbox, and what came of it."""

    sorts: Mapping[Sort, int] = field(default_factory=Counter)
    taken: Taken = field(default_factory=Taken)

    @property
    def read(self) -> int:
        return sum(self.sorts.values())


def read_mailbox(ledger: Ledger, mailbox: Mailbox, reader: Reader, *, filed_in: str) -> Iterator[Report]:
    """Read what is new, and put aside what is recognised; a report after each handful, of all so far.

    Raises `MailboxError` where the line is lost: what was read until then is kept, and the next reading goes on
    there.
    """
    folder = mailbox.folder
    _act(ledger, mailbox, filed_in)
    report = Report()
    yield report
    for uids in mailbox.after(ledger.readings.last(folder)):
        waiting = iter(uids)
        while some := list(islice(waiting, _AT_ONCE)):
            report = _add(report, *_look(ledger, mailbox, reader, some))
            _act(ledger, mailbox, filed_in)
            yield report
    ledger.readings.finish(SOURCE)


def _look(
    ledger: Ledger, mailbox: Mailbox, reader: Reader, uids: Collection[int]
) -> tuple[Mapping[Sort, int], Taken]:
    """Fetch and understand some mails, and note them: events first."""
    found = {each.uid: reader.read(each.content, at=each.at) for each in mailbox.fetch(uids)}
    taken = ledger.events.take([each.event for each in found.values() if each.event is not None])
    seen = [Seen(uid, each.sort.value, _ACTS.get(each.sort, "")) for uid, each in found.items()]
    # One that was deleted meanwhile is seen too, or it would be asked for again.
    gone = [Seen(uid, "gone") for uid in uids if uid not in found]
    ledger.readings.note(mailbox.folder, seen + gone)
    return Counter(each.sort for each in found.values()), taken


def _act(ledger: Ledger, mailbox: Mailbox, filed_in: str) -> None:
    """Do in the mailbox what is due, also what a lost line has left over."""
    for act, uids in ledger.readings.due(mailbox.folder).items():
        if act == _MOVE:
            mailbox.move(uids, filed_in)
        else:
            mailbox.flag(uids)
        ledger.readings.done(mailbox.folder, uids)


def _add(report: Report, sorts: Mapping[Sort, int], taken: Taken) -> Report:
    return Report(Counter(report.sorts) + Counter(sorts), report.taken + taken)
