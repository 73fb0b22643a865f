"""The engine's books: who is claimed, what is written down, at what rate, and how the session stands.

Rule: a person is in the journal from the claim until the outcome is committed, and never after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from newsletter.delivery.back_off import BackOff
from newsletter.delivery.breaker import Tolerance
from newsletter.delivery.claims import Entry
from newsletter.delivery.clock import Clock
from newsletter.delivery.crew import Batch
from newsletter.delivery.fate import Fate
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.link import Link
from newsletter.delivery.outcome import Outcome, Patience, Settled, State, settle
from newsletter.delivery.owners import BEAT_S
from newsletter.delivery.processes import Process
from newsletter.delivery.run import Claim, Run

_FEW = 10
"""A batch is not cut smaller than this to occupy more lines: opening one costs as much."""

_HEAR_EVERY_S = 5.0
"""How often it is asked what became of those who were accepted: the events of half a million take a while."""

_PACE_S = 0.1
"""With a rate, a batch holds what may leave in this time, so that no second sees much more than the rate."""


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


class Obstacle(StrEnum):
    """What blocked a session."""

    CONTENT = "content"
    """The breaker: refusals say that something is wrong with what we are or send."""
    WAY_OUT = "way out"
    """The relay or provider does not let us in: a key, a password, a setting."""
    UNREACHABLE = "unreachable"
    """No line to it can be opened, or kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How eagerly, and how patiently."""

    per_second: float | None = None
    record_every_s: float = 0.2
    record_at: int = 500
    patience: Patience = field(default_factory=Patience)
    tolerance: Tolerance = field(default_factory=Tolerance)
    back_off: BackOff = field(default_factory=BackOff)


class Books:
    """One session's claims and outcomes, between the loop and the ledger."""

    def __init__(
        self,
        ledger: Ledger,
        run: Run,
        process: Process,
        *,
        policy: Policy,
        clock: Clock,
        random: Callable[[], float],
        link: Link,
    ) -> None:
        self._ledger = ledger
        self._ask = link
        self._run = run
        self._process = process
        self._policy = policy
        self._clock = clock
        self._random = random
        self._attempts: dict[int, int] = {}
        self._cursor = 0
        self._exhausted = False
        self._looked_for_dead = False
        self._began_at = self._recorded_at = clock.now()
        self._heard_at = self._began_at
        self._seen_at = link.lease.now()
        counts = link(lambda: ledger.accounts.counts(run))
        self.planned = counts.pending + counts.deferred
        self.settled = 0
        self.stopped = False
        self.now = clock.now

    @property
    def elapsed_s(self) -> float:
        return self._clock.now() - self._began_at

    @property
    def per_second(self) -> float:
        return self.settled / max(self.elapsed_s, 0.001)

    @property
    def late(self) -> bool:
        """The time after which nothing may leave has come."""
        until = self._run.timing.not_after
        return until is not None and self._clock.now() > until

    @property
    def too_early(self) -> bool:
        """Nothing may leave yet: the run is scheduled, or held."""
        return self._clock.now() < self._run.begins_at

    def claim(self, room: int, batch: int) -> Claim:
        """Claim for `room` batches; everybody claimed is in the journal."""
        limit = min(self._limit(room, batch), self._process.room)
        if self._exhausted or not limit or self.too_early:
            return Claim()
        claim = self._ask(
            lambda: self._ledger.claims.claim(
                self._run,
                limit,
                owner=self._process.name,
                after=self._cursor,
                per_second=self._policy.per_second,
            )
        )
        self.stopped |= claim.stopped
        self._exhausted = self._cursor == 0 and not claim.people and not claim.suppressed
        self._cursor = claim.last_id if claim.people or claim.suppressed else 0
        self.settled += claim.suppressed
        for each in claim.people:
            self._attempts[each.person.id] = each.attempts
            self._process.add(each.person.id)
        return claim

    def keep_alive(self) -> None:
        """Say to the other machines that this process lives, and hear whether the run was stopped."""
        lease = self._ask.lease
        if not self._ledger.owners.are_leased or (lease.holds and lease.now() < self._seen_at + BEAT_S):
            return
        self._ask(self._beat if lease.holds else self.come_back)

    def told(self) -> Mapping[Fate, int] | None:
        """What the other side tells of those who were accepted; None while it is too soon to ask again."""
        if self._clock.now() < self._heard_at + _HEAR_EVERY_S:
            return None
        self._heard_at = self._clock.now()
        return self._ask(lambda: self._ledger.events.fates(self._run, since=self._began_at))

    def hurry(self) -> None:
        """From now on wait for no ledger that does not answer."""
        self._ask.patient = False

    def come_back(self) -> None:
        """After a silence: live again, and give back claims that nobody here knows of."""
        self._beat()
        self._ledger.claims.release_strays(self._run, self._process.name, self._attempts.keys())

    def _beat(self) -> None:
        asked_at = self._ask.lease.now()
        self.stopped |= self._ledger.owners.beat(self._process.name, self._run.id)
        self._ask.lease.renew(asked_at)
        self._seen_at = asked_at

    def batch_size(self, people: int, room: int, batch: int) -> int:
        """How many people a batch should hold, so that the lines share the work."""
        return max(1, min(batch, max(_FEW, -(-people // room))))

    def time_for(self, people: int) -> float:
        """How long so many people take at the rate; nothing without one."""
        return people / self._policy.per_second if self._policy.per_second else 0.0

    def give_back(self, batch: Batch) -> None:
        """Return claims of which no byte counted."""
        ids = [parcel.person.id for parcel in batch]
        self._ask(lambda: self._ledger.claims.release(self._process.name, ids))
        self._forget(ids)
        self._look_again(somebody=bool(ids))

    def is_time_to_record(self, waiting: int) -> bool:
        """Whether the outcomes that wait are many enough, or old enough."""
        age = self._clock.now() - self._recorded_at
        return waiting >= self._policy.record_at or (waiting > 0 and age >= self._policy.record_every_s)

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Write outcomes down, in one commit."""
        self._recorded_at = self._clock.now()
        entries = [Entry(outcome, self._settled(outcome)) for outcome in outcomes]
        self._ask(lambda: self._ledger.claims.record(self._process.name, entries))
        self._forget([outcome.person for outcome in outcomes])
        states = [entry.settled.state for entry in entries]
        self._look_again(somebody=State.PENDING in states)
        self.settled += len(states) - states.count(State.PENDING)

    def nobody_left(self) -> bool:
        """Whether there is nobody to claim now, not even from processes that died meanwhile."""
        if self.too_early:
            return not self.planned
        if not self._exhausted:
            return False
        if self._looked_for_dead:
            return True
        self._ask(lambda: self._ledger.claims.recover(self._run, self._policy.patience))
        self._looked_for_dead = True
        self._look_again(somebody=True)
        return False

    def final(self, ending: Ending) -> Ending:
        """What the ending comes to, with everybody's state known."""
        if ending not in {Ending.DONE, Ending.LATE}:
            return ending
        pending = self._ask(lambda: self._ledger.accounts.counts(self._run)).pending
        if ending is Ending.LATE:
            return Ending.LATE if pending else Ending.DONE
        return Ending.CANARY if pending and self._run.waits_for_a_word else Ending.DONE

    def _settled(self, outcome: Outcome) -> Settled:
        return settle(
            outcome,
            self._attempts[outcome.person],
            now=self._recorded_at,
            frozen_at=self._run.created_at,
            patience=self._policy.patience,
            chance=self._random(),
        )

    def _forget(self, people: Sequence[int]) -> None:
        for person in people:
            del self._attempts[person]
            self._process.free(person)

    def _look_again(self, *, somebody: bool) -> None:
        if somebody:
            self._cursor = 0
            self._exhausted = False

    def _limit(self, room: int, batch: int) -> int:
        per_second = self._policy.per_second
        if per_second is None:
            return room * batch
        return max(1, min(room * batch, int(per_second * _PACE_S)))
