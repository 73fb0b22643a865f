"""The mails by which people confirm, handed to the workspace's own way out, one after another.

Rule: whoever filled in the form is answered before, and whatever becomes of the mail: the answer must not tell
whether an address is known, or takes mail. A mail that cannot leave is tried again for half a day, by the next
process if need be, and then let go, since its reader can ask for another.
"""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from queue import Empty, SimpleQueue
from threading import Thread

from newsletter import dispatch
from newsletter.delivery.outcome import Outcome, State
from newsletter.delivery.transports import LineLost, Parcel, Transport
from newsletter.delivery.transports.outbox import Outbox
from newsletter.errors import TransportStopped
from newsletter.message.confirmation import Confirmation
from newsletter.model import Person
from newsletter.site.waiting import Kept
from newsletter.workspace import Workspace

_log = logging.getLogger(__name__)

FOLDER = "confirmations"
"""In the outbox, where mail goes out by it: nobody is written to, and the mails can be looked at."""

_MOST_WAITING = 200
_AGAIN_AFTER_S = (10.0, 120.0, 900.0, 3_600.0, 10_800.0, 21_600.0)
"""A relay is back in minutes, or in hours; the link in the mail holds for two days."""

_GOODBYE_S = 10.0


@dataclass(frozen=True, slots=True, order=True)
class _Letter:
    """A mail and when it is to be tried; the earliest comes first."""

    due_at: float
    person: Person = field(compare=False)
    confirmation: Confirmation = field(compare=False)
    kept: Kept = field(compare=False)
    tries: int = field(default=0, compare=False)


class Post:
    """One thread that hands over what is put in. Raises `SettingsError` for a way out that never could work."""

    def __init__(self, workspace: Workspace, *, again_after_s: Sequence[float] = _AGAIN_AFTER_S) -> None:
        self._transport = _way_out(workspace)
        self._again_after_s = again_after_s
        self._new: SimpleQueue[_Letter | None] = SimpleQueue()
        self._later: list[_Letter] = []
        self._is_closed = False
        self._thread = Thread(target=self._work, name="site-post", daemon=True)
        self._thread.start()

    @property
    def is_full(self) -> bool:
        """Whether so many wait already that nobody should be told that a mail will come."""
        return self._new.qsize() + len(self._later) >= _MOST_WAITING

    def send(self, person: Person, confirmation: Confirmation, kept: Kept) -> None:
        """Hand a mail over as soon as may be. `kept` is dropped when it has left or is let go."""
        self._new.put(_Letter(time.monotonic(), person, confirmation, kept))

    def close(self) -> None:
        """Hand over what is new, and wait for nothing long. A second time does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self._new.put(None)
        self._thread.join(_GOODBYE_S)
        left = self._new.qsize() + len(self._later)
        if self._thread.is_alive() or self._later:
            _log.warning("the process ended with confirmations that the next will send: %d", left)
        for each in self._later:
            os.close(each.kept.descriptor)

    def _work(self) -> None:
        while True:
            try:
                letter = self._new.get(timeout=self._patience_s())
            except Empty:
                letter = heappop(self._later)
            if letter is None:
                return
            try:
                self._hand_over(letter)
            except Exception as error:  # noqa: BLE001 - one mail must not end the thread that sends the others
                # Its name alone: a text may hold the address.
                _log.error("a confirmation was not sent: %s", type(error).__name__)
                letter.kept.drop()

    def _patience_s(self) -> float | None:
        """How long a new letter may be waited for: until an old one is due."""
        return max(self._later[0].due_at - time.monotonic(), 0.0) if self._later else None

    def _hand_over(self, letter: _Letter) -> None:
        outcome = self._try(letter) if letter.kept.is_there else Outcome(0, State.ACCEPTED)
        again = outcome.state in {State.PENDING, State.DEFERRED} and letter.tries < len(self._again_after_s)
        if again:
            due_at = time.monotonic() + self._again_after_s[letter.tries]
            heappush(self._later, replace(letter, due_at=due_at, tries=letter.tries + 1))
        else:
            letter.kept.drop()
        if outcome.state is State.ACCEPTED:
            return
        said = f"{outcome.code} {outcome.detail}".strip()
        _log.error(
            "a confirmation was not sent, %s: %s", "and will be again" if again else "and is let go", said
        )

    def _try(self, letter: _Letter) -> Outcome:
        """What became of a letter. An unknown one is not sent again: it may have arrived."""
        report = _Report()
        parcel = Parcel(letter.person, letter.confirmation, secrets.token_hex(6))
        try:
            line = self._transport.connect()
            try:
                line.deliver([parcel], report)
            finally:
                line.close()
        except LineLost as lost:
            return report.outcome(lost.detail)
        except TransportStopped as stopped:
            return report.outcome(stopped.message)
        return report.outcome("")


class _Report:
    """What a line tells of one letter."""

    def __init__(self) -> None:
        self._outcome: Outcome | None = None
        self._handed_over = False

    def __call__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def handing_over(self, _parcels: Sequence[Parcel]) -> None:
        self._handed_over = True

    def stopping(self) -> bool:
        return False

    def withdrawn(self, _parcels: Sequence[Parcel]) -> None:
        self._handed_over = False

    def outcome(self, detail: str) -> Outcome:
        """What was said of it, or what can be known without a word."""
        left = State.UNKNOWN if self._handed_over else State.PENDING
        return self._outcome or Outcome(0, left, detail=detail)


def _way_out(workspace: Workspace) -> Transport:
    match workspace.settings.transport:
        case "smtp":
            from newsletter.delivery.transports.smtp import Smtp  # noqa: PLC0415 - only when used

            return Smtp(server=dispatch.smtp_server(workspace), lines=1)
        case "sendgrid":
            from newsletter.delivery.transports.sendgrid import SendGrid  # noqa: PLC0415 - only when used

            # Without the unsubscribe group: whoever left by it must be able to come back.
            return SendGrid(dispatch.sendgrid_access(workspace), lines=1, batch=1)
        case _:
            return Outbox(workspace.root / dispatch.OUTBOX / FOLDER, lines=1)
