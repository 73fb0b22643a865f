"""The way to the ledger: what is asked of it is asked again until it answers.

Rules:

1. While the ledger does not answer, nothing new is begun; what is in flight is finished, and the journal keeps
   what came of it until it can be written down.
2. What is asked may have been done although no answer came: every deed can be done twice.
3. Nobody waits for a ledger once told to stop: a few tries more, and the rest is left to the journal.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import TypeVar

from newsletter.delivery.clock import Clock
from newsletter.delivery.database import LedgerLost
from newsletter.delivery.owners import Lease
from newsletter.log import Happening, note

Answer = TypeVar("Answer")

_FIRST_S = 0.1
"""A connection that had only grown old is replaced by the first new try."""

_LONGEST_S = 5.0
_LAST_TRIES = 3


class Link:
    """One session's way to the ledger."""

    def __init__(self, lease: Lease, clock: Clock, stop: Event) -> None:
        self.lease = lease
        self._clock = clock
        self._stop = stop
        self.on_return: Callable[[], None] | None = None
        """What is to be done first when the ledger answers again."""
        self.patient = True

    def __call__(self, deed: Callable[[], Answer]) -> Answer:
        """Do this with the ledger, however long it takes. Raises `LedgerLost` when told to stop meanwhile."""
        failures = after_stop = 0
        while True:
            try:
                if failures and self.on_return is not None:
                    self.on_return()
                answer = deed()
            except LedgerLost as lost:
                failures += 1
                after_stop += self._stop.is_set()
                self.lease.suspend()
                if failures == 1:
                    note(Happening.LEDGER_LOST, reason=lost.message)
                if not self.patient or after_stop > _LAST_TRIES:
                    raise
                self._clock.wait(min(_FIRST_S * 2.0 ** (failures - 1), _LONGEST_S), Event())
            else:
                if failures:
                    note(Happening.LEDGER_BACK, tries=failures)
                return answer
