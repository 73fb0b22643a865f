"""One worker's life: begin, take jobs, leave in order."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event, Lock, Timer

from newsletter.delivery.clock import Clock
from newsletter.delivery.database import LedgerLost
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.queue import Job
from newsletter.health import Answer, Health, plain
from newsletter.log import Happening, note
from newsletter.metrics import CONTENT_TYPE, WorkerMeters
from newsletter.workers.fetching import Fetcher
from newsletter.workers.jobs import Carry, Jobs
from newsletter.workers.watch import Watch

_LEFT_OPEN = 130
"""The exit code of a worker whose time of grace was over before everything was finished."""

_SILENT_S = 15.0
"""So long the ledger may not answer before this worker is not ready."""

_DEAF_S = 60.0
"""So long the watch may hang before this worker is no longer said to live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a worker works."""

    at_once: int = 2
    """Jobs at a time: while the end of one is awaited, the next is under way."""
    wait: bool = True
    """For more; otherwise it ends when the queue is empty."""
    grace_s: float = 25.0
    """How long it may take to leave when told to: less than the supervisor waits before it kills."""
    metrics: tuple[str, int] | None = None
    """Host and port of `/live`, `/ready` and `/metrics`."""


class Worker:
    """A worker on a shared ledger."""

    def __init__(
        self,
        ledger: Ledger,
        carry: Carry,
        *,
        clock: Clock,
        stop: Event,
        terms: Terms,
        hang_up: Callable[[], None] = lambda: None,
    ) -> None:
        self._ledger = ledger
        self._hang_up = hang_up
        self._stop = stop
        self._terms = terms
        self._meters = WorkerMeters(ledger.beside)
        self._jobs = Jobs(ledger, carry, clock=clock, stop=stop, meters=self._meters)
        self._fetcher = Fetcher(
            ledger.conninfo,
            self._do,
            at_once=terms.at_once,
            wait=terms.wait,
            silence_s=ledger.owners.silence_s,
        )
        self._watch = Watch(ledger, stop=stop, lost=self._fetcher.hang_up, broken=self._break_off)
        self._defect: BaseException | None = None
        self._lock = Lock()
        self._leaves = False
        self._end = Timer(terms.grace_s, _leave_at_once)
        self._end.daemon = True
        self.port: int | None = None
        """Where it answers for its health, once it does."""

    def run(self) -> None:
        """Work until told to stop. Raises what makes this worker useless, when it has left in order."""
        with ExitStack() as stack:
            if self._terms.metrics is not None:
                host, port = self._terms.metrics
                answers = {"/live": self._live, "/ready": self._ready, "/metrics": self._numbers}
                self.port = stack.enter_context(Health(host, port, answers)).port
            note(Happening.WORKER_STARTED, process=os.getpid(), at_once=self._terms.at_once, port=self.port)
            self._watch.start()
            try:
                self._fetcher.run()
                self._hang_up()  # A relay that says no farewell is waited for no longer than all else.
            finally:  # However it ended, nothing is left that would end the process later.
                self._stop.set()
                with self._lock:
                    self._leaves = True
                    self._end.cancel()
        note(Happening.WORKER_STOPPED, process=os.getpid())
        for error in (self._defect, self._jobs.refused):
            if error is not None:
                raise error

    def leave(self) -> None:
        """Take nothing more, and be gone within the time of grace. From any thread."""
        with self._lock:
            if self._leaves:
                return
            self._leaves = True
            self._end.start()
        note(Happening.WORKER_STOPPING, process=os.getpid(), grace_s=self._terms.grace_s)
        self._stop.set()
        self._fetcher.stop()

    def _do(self, job: Job) -> None:
        self._meters.at_work(1)
        try:
            self._jobs.do(job)
        except LedgerLost:
            self.leave()  # Told to stop while the ledger was away: the journal has what is open.
        except BaseException as error:  # noqa: BLE001 - carried to the worker's thread, and raised there
            self._break_off(error)
        finally:
            self._meters.at_work(-1)
        if self._jobs.refused is not None:
            self.leave()

    def _break_off(self, error: BaseException) -> None:
        """Leave for what another job would run into as well: settings that cannot be, a defect of ours."""
        self._defect = self._defect or error
        self.leave()

    def _live(self) -> Answer:
        hangs = self._watch.hangs_s > _DEAF_S
        return plain(503, "the watch hangs") if hangs else plain(200, "live")

    def _ready(self) -> Answer:
        if self._stop.is_set():
            return plain(503, "stopping")
        if self._watch.silence_s > _SILENT_S:
            return plain(503, "the ledger does not answer")
        return plain(200, "ready")

    def _numbers(self) -> Answer:
        return 200, CONTENT_TYPE, self._meters.text()


def _leave_at_once() -> None:
    """What is open is in the journal."""
    note(Happening.WORKER_STOPPED, process=os.getpid(), left_open=True)
    os._exit(_LEFT_OPEN)
