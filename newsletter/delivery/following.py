"""Looking on while the workers carry a run, as if it were carried here: the same progress, the same summary.

Rule: whoever only looks on changes nothing by leaving.
"""

from __future__ import annotations

import time
from threading import Event

from newsletter.delivery.books import Ending, Obstacle
from newsletter.delivery.clock import Clock
from newsletter.delivery.engine import Progress, Summary
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.link import Link
from newsletter.delivery.owners import Lease
from newsletter.delivery.run import Counts, Run

_LOOK_S = 0.5
_SHARE = 20
"""A look may take a twentieth of the time: to count a million people takes a third of a second."""

_NOBODY_S = 15.0
"""So long it is waited for a worker that may just be starting."""


def follow(ledger: Ledger, run: Run, *, clock: Clock, stop: Event, progress: Progress | None = None) -> Summary:
    """Look on until there is nothing more to wait for, or `stop` is set."""
    eyes = _Eyes(ledger, run, clock, stop)
    began_with = eyes.counts
    began_at = seen_at = clock.now()
    while (found := eyes.ending()) is None:
        looked = time.monotonic()
        eyes.look()
        if progress is not None:
            settled = _left(began_with) - _left(eyes.counts)
            progress(settled, _left(began_with), settled / max(clock.now() - began_at, 0.001))
        if eyes.workers:
            seen_at = clock.now()
        elif clock.now() > seen_at + _NOBODY_S:
            found = (
                Ending.BLOCKED,
                "no worker is at work",
                "Start one: newsletter worker. Everybody waits for it.",
            )
            break
        clock.wait(max(_LOOK_S, _SHARE * (time.monotonic() - looked)), stop)
    ending, reason, hint = found
    return Summary(
        run=run,
        ending=ending,
        counts=eyes.counts,
        settled=_left(began_with) - _left(eyes.counts),
        elapsed_s=clock.now() - began_at,
        reason=reason,
        hint=hint,
        obstacle=Obstacle.WAY_OUT if ending is Ending.BLOCKED else None,
    )


def _left(counts: Counts) -> int:
    return counts.pending + counts.deferred


class _Eyes:
    """What is seen of a run."""

    def __init__(self, ledger: Ledger, run: Run, clock: Clock, stop: Event) -> None:
        self._ledger = ledger
        self._run = run
        self._clock = clock
        self._stop = stop
        self._link = Link(Lease(float("inf")), clock, stop)
        self.look()

    def look(self) -> None:
        self._now = self._link(lambda: self._ledger.sharing.run(self._run.id))
        self.counts = self._link(lambda: self._ledger.accounts.counts(self._run))
        self.workers = self._link(self._ledger.sharing.workers)
        self._busy = self._link(lambda: self._ledger.sharing.is_busy(self._now or self._run))
        self._at_work = self._link(lambda: self._ledger.sharing.is_worked_on(self._run))

    def ending(self) -> tuple[Ending, str, str] | None:  # noqa: PLR0911 - a table
        """Why there is nothing more to wait for, with the reason and the hint of a halt."""
        run = self._now
        if self._stop.is_set():
            return Ending.INTERRUPTED, "the workers go on", f"To stop them: newsletter stop {self._run.issue}"
        if run is None or not self.counts.pending:
            return Ending.DONE, "", ""
        if self._at_work:
            return None
        if run.halted:
            return (
                Ending.BLOCKED,
                run.halted,
                "See to the cause, then resume; those refused are reached by retry.",
            )
        if run.stop_at is not None:
            return Ending.STOPPED, "", ""
        if run.rests(self._clock.now()):
            return Ending.LATE, "", ""
        if not self._busy and run.waits_for_a_word:
            return Ending.CANARY, "", ""
        return None
