"""The crew: one thread per line, each handing over batches and reporting what became of them.

Rule: when a batch comes back, each of its parcels is exactly one of: reported, unknown (handed over
without a reply), or left (not a byte of it counted). The engine alone touches the ledger.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Lock, Thread

from newsletter.delivery.breaker import Breaker
from newsletter.delivery.clock import Clock
from newsletter.delivery.outcome import Outcome, State
from newsletter.delivery.processes import MARKS, Mark, Process
from newsletter.delivery.transports import Line, LineLost, Parcel, Transport
from newsletter.errors import TransportStopped

Batch = Sequence[Parcel]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOff:
    """How long a line that was lost waits before the next is opened."""

    first_s: float = 1.0
    longest_s: float = 60.0
    tries: int = 8
    """So many failures in a row, while no line gets anything through, stop the run: some three minutes."""
    tries_at_first: int = 3
    """The same while nothing has got through in this session: then the settings are the likelier cause."""

    def delay_s(self, failures: int, chance: float) -> float:
        """The wait after so many failures in a row; `chance` in [0, 1) keeps lines from coming back at once."""
        return min(self.first_s * 2.0 ** min(failures - 1, 30), self.longest_s) * (0.5 + chance / 2)


@dataclass(frozen=True, slots=True)
class Returned:
    """A batch came back, with what was left of it."""

    left: Batch


@dataclass(frozen=True, slots=True)
class Failed:
    """A thread ended by an error: the transport's stop, or a defect."""

    error: BaseException
    left: Batch


class Desk:
    """Where the crew reports: thread-safe, and quick."""

    def __init__(self, process: Process, breaker: Breaker, stop: Event) -> None:
        self._process = process
        self._breaker = breaker
        self._stop = stop
        self._lock = Lock()
        self._outcomes: deque[Outcome] = deque()
        self.halt = Event()
        """Set when the run must end, for whatever reason."""
        self.progress = 0
        """How many people the other side has answered for. Only its change has a meaning."""
        self.mail: SimpleQueue[Returned | Failed] = SimpleQueue()

    @property
    def tripped(self) -> str | None:
        """Why the breaker says to stop, once it does."""
        return self._breaker.reason

    def take(self) -> list[Outcome]:
        """The outcomes reported since the last call."""
        return [self._outcomes.popleft() for _ in range(len(self._outcomes))]

    def waiting(self) -> int:
        return len(self._outcomes)

    def settle(self, outcome: Outcome) -> None:
        """Note an outcome: in the journal first, then for the ledger."""
        self._process.mark(outcome.person, MARKS[outcome.state])
        self._outcomes.append(outcome)
        with self._lock:
            self._breaker.see(outcome)
            self.progress += outcome.state not in {State.PENDING, State.UNKNOWN}
            if self._breaker.reason is not None:
                self.halt.set()

    def hand_over(self, person: int) -> None:
        self._process.mark(person, Mark.HANDED_OVER)

    def stopping(self) -> bool:
        return self.halt.is_set() or self._stop.is_set() or self._process.asked_to_stop()


class BatchReport:
    """The `Report` for one batch: knows which of its parcels are open, and which were handed over."""

    def __init__(self, desk: Desk, batch: Batch) -> None:
        self._desk = desk
        self._open = {parcel.person.id: parcel for parcel in batch}
        self._handed_over: set[int] = set()

    def __call__(self, outcome: Outcome) -> None:
        del self._open[outcome.person]
        self._desk.settle(outcome)

    def handing_over(self, parcels: Sequence[Parcel]) -> None:
        for parcel in parcels:
            self._handed_over.add(parcel.person.id)
            self._desk.hand_over(parcel.person.id)

    def stopping(self) -> bool:
        return self._desk.stopping()

    def finish(self, why: str) -> Batch:
        """Settle what was handed over and not reported as unknown; what is left was not begun."""
        for person in [person for person in self._open if person in self._handed_over]:
            self(Outcome(person, State.UNKNOWN, detail=why))
        return tuple(self._open.values())


class Worker(Thread):
    """One line's thread."""

    def __init__(
        self,
        transport: Transport,
        work: SimpleQueue[Batch | None],
        desk: Desk,
        *,
        clock: Clock,
        back_off: BackOff,
        random: Callable[[], float],
    ) -> None:
        super().__init__(name=f"line-{threading.active_count()}", daemon=True)
        self._transport = transport
        self._work = work
        self._desk = desk
        self._clock = clock
        self._back_off = back_off
        self._random = random
        self._line: Line | None = None
        self._left: Batch = ()
        self._failures = 0
        self._progress = 0

    def run(self) -> None:
        try:
            while (batch := self._work.get()) is not None:
                self._left = batch
                while self._left and not self._desk.stopping():
                    self._attempt(self._left)
                self._desk.mail.put(Returned(self._left))
        except BaseException as error:  # noqa: BLE001 - carried to the engine's thread, and raised there
            self._desk.mail.put(Failed(error, self._left))
        finally:
            self._drop()

    def _attempt(self, batch: Batch) -> None:
        """Hand over what is left of a batch, by a line opened if need be."""
        report = BatchReport(self._desk, batch)
        lost: LineLost | None = None
        try:
            if self._line is None:
                self._line = self._transport.connect()
            self._line.deliver(batch, report)
        except LineLost as error:
            lost = error
        finally:
            self._left = report.finish(lost.detail if lost else "the line ended without a reply")
        if lost is not None:
            self._drop()
            self._wait_after(lost)
        elif len(self._left) == len(batch) and not self._desk.stopping():
            raise RuntimeError(f"the {self._transport.name} line returned without doing anything")

    def _wait_after(self, lost: LineLost) -> None:
        """Let some time pass before the next line. Raises `TransportStopped` when nothing gets through."""
        if self._desk.progress != self._progress:
            self._progress = self._desk.progress
            self._failures = 0
        self._failures += 1
        tries = self._back_off.tries if self._progress else self._back_off.tries_at_first
        if self._failures >= tries:
            raise TransportStopped(
                f"{self._transport.name}: {self._failures} lines in a row were lost, the last: {lost.detail}",
                "Nobody is lost: see that the server can be reached, then resume.",
            )
        delay_s = self._back_off.delay_s(self._failures, self._random())
        self._clock.wait(max(delay_s, lost.retry_after_s or 0.0), self._desk.halt)

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
