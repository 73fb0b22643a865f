"""The loop: claim, hand to the crew, write down what came of it, until nobody is left or there is a reason to end.

Rules:

1. Only this thread touches the ledger; a batch reaches a line after its claim is on the disk.
2. Outcomes are committed in groups of bounded age and size, and the journal covers what is not yet.
3. Every ending but sudden death gives unbegun claims back, and waits for what is in flight.
"""

from __future__ import annotations

import random as default_random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from queue import Empty, SimpleQueue
from threading import Event

from newsletter.delivery.breaker import Breaker, Tolerance
from newsletter.delivery.claims import Entry
from newsletter.delivery.clock import Clock
from newsletter.delivery.crew import BackOff, Batch, Desk, Failed, Returned, Worker
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import Outcome, Patience, State, settle
from newsletter.delivery.run import Claim, Counts, Run
from newsletter.delivery.transports import Messages, Parcel, Transport
from newsletter.errors import TransportStopped

_TICK_S = 0.1
"""How long the loop sleeps at most: the age of Ctrl-C when it is seen."""


class Ending(StrEnum):
    """Why the loop ended."""

    DONE = "done"
    CANARY = "canary"
    """The first have it; the others wait for a word."""
    LATE = "late"
    """The time after which nothing may leave has come."""
    STOPPED = "stopped"
    """By `stop`, from another terminal."""
    INTERRUPTED = "interrupted"
    """By Ctrl-C."""
    BLOCKED = "blocked"
    """By the transport or the breaker: a fault about us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How eagerly, and how patiently."""

    per_second: float | None = None
    record_every_s: float = 0.2
    record_at: int = 500
    patience: Patience = field(default_factory=Patience)
    tolerance: Tolerance = field(default_factory=Tolerance)
    back_off: BackOff = field(default_factory=BackOff)


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
) -> Summary:
    """Deliver what a run still owes, as far as it goes now. `skeletons` are its editions by segment.

    Setting `stop` finishes what is in flight and ends. A `KeyboardInterrupt` leaves at once: what is then in
    flight is settled by the next process, from the journal. Raises what a defect raises, and no
    `TransportStopped`: that is in the summary.
    """
    policy = policy or Policy()
    ledger.claims.recover(run, policy.patience)
    process = ledger.processes.start()
    ledger.claims.begin(run, process.name)
    loop = _Loop(ledger, run, transport, skeletons, clock=clock, stop=stop, policy=policy, random=random)
