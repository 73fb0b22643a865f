"""The loop: claim, hand to the crew, write down what came of it, until nobody is left or something ends it.

Rules:

1. Only this thread touches the ledger; a batch reaches a line after its claim is on the disk.
2. Outcomes are committed in groups of bounded age and size, and the journal covers what is not yet.
3. Every ending but sudden death gives unbegun claims back, and waits for what is in flight.
"""

from __future__ import annotations

import random as default_random
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from queue import Empty, SimpleQueue
from threading import Event

from newsletter.delivery.books import Books, Ending, Obstacle, Policy
from newsletter.delivery.breaker import Breaker
from newsletter.delivery.clock import Clock
from newsletter.delivery.crew import Batch, Desk, GaveUp, Returned, Worker
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.link import Link
from newsletter.delivery.run import Claim, Counts, Run
from newsletter.delivery.transports import LineLost, Messages, Parcel, Transport
from newsletter.errors import TransportStopped, Unreachable

__all__ = ["Ending", "Obstacle", "Policy", "Progress", "Summary", "deliver"]

_LEAVE_S = 10.0
"""How long a session without a ledger waits for what is in flight, so that the journal knows the end of it."""

_TICK_S = 0.1
"""How long the loop sleeps at most: the age of Ctrl-C when it is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What came of one session of the loop. `counts` are the run's, of all its sessions."""

    run: Run
    ending: Ending
    counts: Counts
    settled: int
    """People settled in this session."""
    elapsed_s: float
    reason: str = ""
    hint: str = ""
    obstacle: Obstacle | None = None
    """With BLOCKED."""

    @property
    def exit_code(self) -> int:
        """0 done · 1 too late · 5 blocked · 6 some refused or deferred · 7 some unknown · 130 interrupted."""
        if self.ending in {Ending.INTERRUPTED, Ending.STOPPED}:
            return 130
        if self.ending is Ending.BLOCKED:
            return 5
        if self.counts.unknown:
            return 7
        if self.counts.rejected or self.counts.deferred:
            return 6
        return 1 if self.ending is Ending.LATE else 0


Progress = Callable[[int, int, float], None]
"""Called with: people settled in this session, people it began with, people a second."""


def deliver(
    ledger: Ledger,
    run: Run,
    transport: Transport,
    skeletons: Mapping[str, Messages],
    *,
    clock: Clock,
    stop: Event,
    policy: Policy | None = None,
    progress: Progress | None = None,
    random: Callable[[], float] = default_random.random,
    breaker: Breaker | None = None,
) -> Summary:
    """Deliver what a run still owes, as far as it goes now. `skeletons` are its editions by segment.

    Setting `stop` finishes what is in flight and ends. A `KeyboardInterrupt` leaves at once: what is then in
    flight is settled by the next process, from the journal. Raises what a defect raises, and no
    `TransportStopped`: that is in the summary. Sessions of the same run may share a `breaker`.
    """
    policy = policy or Policy()
    link = Link(ledger.owners.lease(), clock, stop)
    link(lambda: ledger.claims.tidy(policy.patience))
    process = ledger.processes.start()
    link(lambda: ledger.claims.begin(run, process.name))
    desk = Desk(process, breaker or Breaker(policy.tolerance), stop, link.lease)
    books = Books(ledger, run, process, policy=policy, clock=clock, random=random, link=link)
    link.on_return = books.come_back

    def hire() -> Worker:
        return Worker(transport, loop.work, desk, clock=clock, back_off=policy.back_off, random=random)

    loop = _Loop(books, desk, transport, skeletons, hire=hire, stop=stop, progress=progress)
    try:
        ending = loop.run()
        link(lambda: ledger.claims.end(run, process.name, ending))
    except KeyboardInterrupt:
        raise
    except BaseException:
        if loop.sent_home():
            process.abandon()  # Whoever comes next may settle what is open, though this program lives on.
        raise
    process.close()
    if loop.defect is not None:
        raise loop.defect
    return Summary(
        run=run,
        ending=ending,
        counts=link(lambda: ledger.accounts.counts(run)),
        settled=books.settled,
        elapsed_s=books.elapsed_s,
        reason=loop.reason,
        hint=loop.hint,
        obstacle=loop.obstacle if ending is Ending.BLOCKED else None,
    )


class _Loop:
    """One session: what is claimed, what is out, and why to end."""

    def __init__(
        self,
        books: Books,
        desk: Desk,
        transport: Transport,
        skeletons: Mapping[str, Messages],
        *,
        hire: Callable[[], Worker],
        stop: Event,
        progress: Progress | None,
    ) -> None:
        self._books = books
        self._desk = desk
        self._transport = transport
        self._skeletons = skeletons
        self._hire = hire
        self._stop = stop
        self._progress = progress
        self._workers: list[Worker] = []
        self._due: deque[tuple[float, Batch]] = deque()
        self._out = 0
        self.defect: BaseException | None = None
        self.work: SimpleQueue[Batch | None] = SimpleQueue()
        self.reason = ""
        self.hint = ""
        self.obstacle = Obstacle.CONTENT

    def run(self) -> Ending:
        """Go on until there is a reason to end; then bring in what is out."""
        try:
            while (ending := self._ending()) is None:
                self._books.keep_alive()
                self._hear_what_became()
                self._hand_out()
                self._listen()
                self._write_down()
        except KeyboardInterrupt:
            self._desk.halt.set()
            self._books.hurry()
            self._write_down(at_once=True)
            raise
        except BaseException:
            self._desk.halt.set()  # A ledger that cannot be written: nothing more may leave.
            raise
        self._bring_in()
        return self._books.final(ending)

    def _hear_what_became(self) -> None:
        """Of those who were accepted: a provider takes first, and refuses later."""
        fates = self._books.told()
        if fates:
            self._desk.hear(fates)

    def sent_home(self) -> bool:
        """Let each thread finish the message it is at; whether all did in time."""
        self._desk.halt.set()
        for _ in self._workers:
            self.work.put(None)
        until = time.monotonic() + _LEAVE_S
        for worker in self._workers:
            worker.join(max(until - time.monotonic(), 0.0))
        return not any(worker.is_alive() for worker in self._workers)

    def _ending(self) -> Ending | None:
        """Why to end now, if there is a reason."""
        if self.reason or self.defect is not None or self._desk.tripped:
            self.reason = self.reason or self._desk.tripped or ""
            self.hint = self.hint or "See to the cause, then resume; those refused are reached by retry."
            return Ending.BLOCKED
        if self._stop.is_set():
            return Ending.INTERRUPTED
        if self._desk.ending() or self._books.stopped:
            return Ending.STOPPED
        if self._books.late:
            return Ending.LATE
        if not self._out and not self._due:
            self._write_down(at_once=True)  # An outcome that waits may be somebody to be sent to again.
            if self._books.nobody_left():
                return Ending.DONE
        return None

    def _hand_out(self) -> None:
        """Claim as many as keep the lines busy, and give out the batches whose time has come."""
        room = 2 * self._transport.lines - self._out - len(self._due)
        if not self._due and room >= max(1, self._transport.lines // 2):
            claim = self._books.claim(room, self._transport.batch)
            self._due.extend(self._batches(claim, room))
        while self._due and self._due[0][0] <= self._books.now():
            self.work.put(self._due.popleft()[1])
            self._out += 1
        while len(self._workers) < min(self._transport.lines, self._out):
            self._workers.append(self._hire())
            self._workers[-1].start()

    def _batches(self, claim: Claim, room: int) -> Iterator[tuple[float, Batch]]:
        """Batches of one edition each, spread over the lines, with the time each may begin."""
        size = self._books.batch_size(len(claim.people), room, self._transport.batch)
        begin_at = claim.begin_at
        people = sorted(claim.people, key=attrgetter("segment"))
        for segment, group in groupby(people, attrgetter("segment")):
            skeleton = self._skeletons[segment]
            parcels = [Parcel(each.person, skeleton, claim.attempt) for each in group]
            for start in range(0, len(parcels), size):
                batch = parcels[start : start + size]
                yield begin_at, batch
                begin_at += self._books.time_for(len(batch))

    def _listen(self) -> None:
        """Wait for word from the crew, no longer than a tick or the next batch's time."""
        if not (self._out or self._due or self._books.too_early):
            return
        wait_s = min(_TICK_S, self._due[0][0] - self._books.now()) if self._due else _TICK_S
        try:
            self._hear(self._desk.mail.get(timeout=max(wait_s, 0.001)))
            while True:
                self._hear(self._desk.mail.get_nowait())
        except Empty:
            return

    def _hear(self, word: Returned | GaveUp) -> None:
        lost = isinstance(word.end, LineLost)
        if isinstance(word, Returned):
            if lost and word.left and not self._desk.halt.is_set():
                self.work.put(word.left)  # For whichever line is free first.
                return
            self._out -= 1
            self._books.give_back(word.left)
        if word.end is not None and not lost:
            self._desk.halt.set()
            if isinstance(word.end, TransportStopped):
                self.reason, self.hint = word.end.message, word.end.hint
                out_of_reach = isinstance(word.end, Unreachable)
                self.obstacle = Obstacle.UNREACHABLE if out_of_reach else Obstacle.WAY_OUT
            else:
                self.defect = word.end

    def _write_down(self, *, at_once: bool = False) -> None:
        if at_once or self._books.is_time_to_record(self._desk.waiting()):
            self._books.record(self._desk.take())
            if self._progress is not None:
                self._progress(self._books.settled, self._books.planned, self._books.per_second)

    def _take_back(self) -> None:
        """Return the batches that no thread has taken; perhaps no thread is left to take them."""
        for _, due in self._due:
            self._books.give_back(due)
        self._due.clear()
        with suppress(Empty):
            while batch := self.work.get_nowait():
                self._out -= 1
                self._books.give_back(batch)

    def _bring_in(self) -> None:
        """Take back what no line has begun, wait for what is in flight, and send the crew home."""
        self._desk.halt.set()
        self._take_back()
        for _ in self._workers:
            self.work.put(None)
        while self._out:
            self._listen()
            self._write_down()
        for worker in self._workers:
            worker.join()
        self._write_down(at_once=True)
