"""The crew: one thread per line, each handing over batches and reporting what became of them.

Rules:

1. When a batch comes back, each of its parcels is exactly one of: reported, unknown (handed over without a
   reply), or left (not a byte of it counted, so that it was no try). The engine alone touches the ledger.
2. A thread whose line was lost gives its batch back before it waits, so that a line that works carries all.
3. A lost line is a try of the person whose message was on it, which may be what breaks it, and the others go
   first. Lines lost with one message after the other, and nothing got through between, are an outage instead.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Lock, Thread

from newsletter.delivery.back_off import BackOff, Losses
from newsletter.delivery.breaker import Breaker
from newsletter.delivery.clock import Clock
from newsletter.delivery.fate import Fate
from newsletter.delivery.outcome import Outcome, State
from newsletter.delivery.owners import Lease
from newsletter.delivery.processes import MARKS, Mark, Process
from newsletter.delivery.transports import Line, LineLost, Parcel, Transport
from newsletter.errors import Unreachable

Batch = Sequence[Parcel]


@dataclass(frozen=True, slots=True)
class Returned:
    """A batch came back, with what was left of it."""

    left: Batch
    end: BaseException | None = None
    """What ended the line with it: its loss, the transport's stop, or a defect."""


@dataclass(frozen=True, slots=True)
class GaveUp:
    """A thread ended while it had no batch: it sees no use in another line, or there is a defect."""

    end: BaseException


class Desk:
    """Where the crew reports: thread-safe, and quick."""

    def __init__(self, process: Process, breaker: Breaker, stop: Event, lease: Lease) -> None:
        self._process = process
        self._lease = lease
        self._breaker = breaker
        self._stop = stop
        self._lock = Lock()
        self._outcomes: deque[Outcome] = deque()
        self.halt = Event()
        """Set when the run must end, for whatever reason."""
        self.progress = 0
        """How many people the other side has answered for. Only its change has a meaning."""
        self.mail: SimpleQueue[Returned | GaveUp] = SimpleQueue()
        self.open_lines = 0
        """Lines that may yet get something through."""
        self._last_loss = (0, -1)

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
            self.progress += outcome.is_answer
            if self._breaker.reason is not None:
                self.halt.set()

    def hear(self, fates: Mapping[Fate, int]) -> None:
        """Note what the other side tells meanwhile of those it had accepted."""
        with self._lock:
            self._breaker.hear(fates)
            if self._breaker.reason is not None:
                self.halt.set()

    def hand_over(self, person: int) -> None:
        self._process.mark(person, Mark.HANDED_OVER)

    def withdraw(self, person: int) -> None:
        self._process.mark(person, Mark.CLAIMED)

    def is_outage(self, person: int) -> bool:
        """Note that a line was lost with a person's message on it: is that nobody's fault?"""
        with self._lock:
            (last, progress), self._last_loss = self._last_loss, (person, self.progress)
            return progress == self.progress and last != person

    def count_line(self, change: int) -> None:
        """Note a line that was opened (1) or closed (-1)."""
        with self._lock:
            self.open_lines += change

    def ending(self) -> bool:
        """Whether the session is to end."""
        return self.halt.is_set() or self._stop.is_set() or self._process.asked_to_stop()

    def stopping(self) -> bool:
        """Whether nothing may be begun: the session ends, or the ledger has not answered for too long."""
        return self.ending() or not self._lease.holds


class BatchReport:
    """The `Report` for one batch: knows which of its parcels are open, and which were handed over."""

    def __init__(self, desk: Desk, batch: Batch) -> None:
        self._desk = desk
        self._open = {parcel.person.id: parcel for parcel in batch}
        self._handed_over: set[int] = set()
        self.got_through = False
        """Whether the other side has answered for somebody."""
        self.stopped = False
        """Whether the line was told to begin nothing more."""

    def __call__(self, outcome: Outcome) -> None:
        parcel = self._open.pop(outcome.person)
        if outcome.state is State.PENDING and self._desk.is_outage(outcome.person):
            self._open[outcome.person] = parcel  # The last in line now.
            self.withdrawn([parcel])
            return
        self.got_through |= outcome.is_answer
        self._desk.settle(outcome)

    def handing_over(self, parcels: Sequence[Parcel]) -> None:
        for parcel in parcels:
            self._handed_over.add(parcel.person.id)
            self._desk.hand_over(parcel.person.id)

    def withdrawn(self, parcels: Sequence[Parcel]) -> None:
        for parcel in parcels:
            self._handed_over.discard(parcel.person.id)
            self._desk.withdraw(parcel.person.id)

    def stopping(self) -> bool:
        self.stopped |= self._desk.stopping()
        return self.stopped

    def finish(self, why: str) -> Batch:
        """Settle what was handed over and not reported as unknown; what is left is to be begun anew."""
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
        self._losses = Losses(back_off, random)
        self._line: Line | None = None

    def run(self) -> None:
        try:
            while (batch := self._work.get()) is not None:
                end = self._carry(batch)
                if isinstance(end, LineLost):
                    self._wait_after(end)
                elif end is not None:
                    return
        except BaseException as error:  # noqa: BLE001 - carried to the engine's thread, and raised there
            self._desk.mail.put(GaveUp(error))
        finally:
            self._drop()

    def _carry(self, batch: Batch) -> BaseException | None:
        """Hand a batch over and give back what is left of it; what ended the line, if it ended."""
        report = BatchReport(self._desk, batch)
        end: BaseException | None = None
        try:
            self._deliver(batch, report)
        except BaseException as error:  # noqa: BLE001 - as above
            end = error
        lost = end if isinstance(end, LineLost) else None
        left = report.finish(lost.detail if lost else "the line ended without a reply")
        if report.got_through:
            self._losses.got_through()
        if end is None and len(left) == len(batch) and not report.stopped:
            end = RuntimeError(f"the {self._transport.name} line returned without doing anything")
        self._desk.mail.put(Returned(left, end))
        return end

    def _deliver(self, batch: Batch, report: BatchReport) -> None:
        """By a line opened if need be, unless it is time to stop."""
        if report.stopping():
            return
        if self._line is None:
            self._line = self._transport.connect()
            self._desk.count_line(1)
        self._line.deliver(batch, report)

    def _wait_after(self, lost: LineLost) -> None:
        """Let some time pass before the next line. Raises `Unreachable` when nothing gets through."""
        self._drop()
        self._losses.add(progress=self._desk.progress)
        if self._losses.without_hope and not self._desk.open_lines:
            raise Unreachable(
                f"{self._transport.name}: {self._losses.in_vain} lines in a row were lost,"
                f" the last: {lost.detail}",
                "Nobody is lost: see that the server can be reached, then resume.",
            )
        self._clock.wait(max(self._losses.delay_s(), lost.retry_after_s or 0.0), self._desk.halt)

    def _drop(self) -> None:
        if self._line is not None:
            self._desk.count_line(-1)
            self._line.close()
            self._line = None
