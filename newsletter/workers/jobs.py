"""What a worker does with a job: carries it, and says what becomes of the rest of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Lock

from newsletter.delivery.clock import Clock
from newsletter.delivery.engine import Obstacle, Summary
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.link import Link
from newsletter.delivery.owners import Lease
from newsletter.delivery.queue import Job
from newsletter.delivery.run import Run
from newsletter.errors import TransportStopped
from newsletter.log import Happening, note
from newsletter.metrics import WorkerMeters

Carry = Callable[[Ledger, Run], Summary]
"""Delivers a part of a run. Raises what stops this worker: settings that cannot be, a ledger that is lost."""

_PAUSE_S, _LONGEST_PAUSE_S = 5.0, 60.0
"""How long a worker that cannot reach its relay carries nothing."""


class Jobs:
    """Does one job after another; several threads may do one each."""

    def __init__(
        self, ledger: Ledger, carry: Carry, *, clock: Clock, stop: Event, meters: WorkerMeters
    ) -> None:
        self._ledger = ledger
        self._carry = carry
        self._clock = clock
        self._stop = stop
        self._meters = meters
        self._lock = Lock()
        self._in_vain = 0
        self._resume_at = 0.0
        """Until then (monotonic) what this worker takes it gives back: others may reach the relay."""
        self.refused: TransportStopped | None = None
        """Why this worker is of no more use, once it is not."""

    def do(self, job: Job) -> None:
        """Carry what is left of a job, and give back what is left then."""
        ledger = self._ledger.beside()
        link = Link(Lease(float("inf")), self._clock, self._stop)
        run = link(lambda: ledger.sharing.run(job.run_id))
        pause_s = self._resume_at - time.monotonic()
        if run is None or self._stop.is_set() or pause_s > 0 or run.rests(self._clock.now()):
            link(lambda: ledger.sharing.give_back(job))
            self._stop.wait(max(pause_s, 0.0))
            return
        note(Happening.JOB_BEGUN, run=run.name, issue=run.issue, first=job.first_id)
        summary = self._carry(ledger, run.part(job.first_id, job.last_id))
        note(
            Happening.JOB_ENDED,
            run=run.name,
            issue=run.issue,
            first=job.first_id,
            ending=summary.ending.value,
            settled=summary.settled,
            seconds=round(summary.elapsed_s, 3),
        )
        self._meters.job(summary)
        if summary.obstacle is Obstacle.CONTENT:
            link(lambda: ledger.sharing.halt(run, summary.reason))
        link(lambda: ledger.sharing.give_back(job))
        self._take_in(summary)

    def _take_in(self, summary: Summary) -> None:
        """Draw the lesson of a job for this worker."""
        if summary.obstacle is Obstacle.WAY_OUT:
            self.refused = TransportStopped(summary.reason, summary.hint)
        elif summary.obstacle is Obstacle.UNREACHABLE:
            with self._lock:
                self._in_vain += 1
                pause_s = min(_PAUSE_S * 2.0 ** (self._in_vain - 1), _LONGEST_PAUSE_S)
                self._resume_at = time.monotonic() + pause_s
            note(Happening.WAY_OUT_LOST, reason=summary.reason, pause_s=pause_s)
            self._stop.wait(pause_s)
        elif summary.settled:
            self._in_vain = 0
