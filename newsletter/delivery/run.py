"""The values of a run: what is frozen, what is claimed, and how it stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sqlalchemy.engine import RowMapping

from newsletter.delivery.outcome import State
from newsletter.model import Edition, Headers, Person


class Kind(StrEnum):
    """What a run is for. Only the real count as having had the mail; a rehearsal or test replaces the last."""

    REAL = "real"
    REHEARSAL = "rehearsal"
    """By outbox."""
    TEST = "test"
    """A marked copy to named addresses."""
    COPY = "copy"
    """The writer's own copy of each edition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a run may send. Times are epoch seconds."""

    start_at: float | None = None
    hold_until: float | None = None
    """An undo window: nothing leaves before."""
    not_after: float | None = None
    """What has not left by then stays, until a person says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """Those who get the mail first; everybody else waits for a word. The first `count`, or one segment."""

    count: int | None = None
    segment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """All that a run freezes, except its people."""

    issue: str
    kind: Kind
    transport: str
    editions: Mapping[str, Edition] = field(repr=False)
    """By segment."""
    headers: Headers = field(repr=False)
    receipt: str = ""
    components: Mapping[str, str] = field(default_factory=dict)
    """The component hashes of the receipt, so that a later refusal can say what changed."""
    content: str = ""
    """A hash of the draft's content, by which the same draft under another id is recognised."""
    timing: Timing = field(default_factory=Timing)
    canary: Canary | None = None
    per_second: float | None = None
    unsubscribe_group: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run of the ledger, without its editions and headers."""

    id: int
    name: str
    """Opaque: at most 28 characters of a-z and 0-9, as it stands in bounce addresses and custom_args."""
    issue: str
    kind: Kind
    transport: str
    receipt: str
    components: Mapping[str, str]
    content: str
    created_at: float
    first_id: int
    last_id: int
    timing: Timing
    canary_to_id: int | None
    canary_segment: str | None
    released_at: float | None
    stop_at: float | None
    ended_at: float | None
    ending: str
    batch_id: str | None
    """What the provider calls all that this run hands over for `start_at`; None where nothing is."""
    batch_at: float | None
    """Since when: who was claimed before is in no batch, or in one that is past."""
    recalled_at: float | None
    """Since when the provider is being asked to discard it."""
    halted: str
    """Why the workers stopped it, all of them, until a person resumes it; empty otherwise."""
    per_second: float | None
    """The pace that all its workers share, where several machines send."""
    unsubscribe_group: int | None
    """SendGrid's, as frozen, where several machines send."""

    @classmethod
    def of(cls, row: RowMapping) -> Run:
        """A run as its row says, the columns of `Timing` gathered."""
        values: dict[str, Any] = {str(name): value for name, value in row.items()}
        timing = Timing(**{name: values.pop(name) for name in ("start_at", "hold_until", "not_after")})
        values |= {"kind": Kind(values["kind"]), "components": json.loads(values["components"])}
        return cls(timing=timing, **values)

    def rests(self, now: float) -> bool:
        """Whether nobody is to be mailed until a person says so: it was stopped, or halted, or is too late."""
        until = self.timing.not_after
        return self.stop_at is not None or bool(self.halted) or (until is not None and now > until)

    def part(self, first_id: int, last_id: int) -> Run:
        """The same run, with these of its people alone."""
        return replace(self, first_id=max(first_id, self.first_id), last_id=min(last_id, self.last_id))

    @property
    def begins_at(self) -> float:
        """Before when nobody may be claimed. What is handed over ahead leaves at its time by itself."""
        start_at = None if self.batch_id is not None else self.timing.start_at
        return max(start_at or 0.0, self.timing.hold_until or 0.0)

    @property
    def waits_for_a_word(self) -> bool:
        """A canary was asked for, and nobody has said to go on."""
        return self.released_at is None and (self.canary_to_id is not None or self.canary_segment is not None)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A person in this process's hands."""

    person: Person
    segment: str
    attempts: int
    """This try included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """People taken by one compare-and-set, durable before it is returned."""

    people: tuple[Claimed, ...] = ()
    attempt: str = ""
    begin_at: float = 0.0
    """With a rate: the earliest time for the first of them; the others follow at the rate. Otherwise 0."""
    last_id: int = 0
    """Where the next claim may look on from."""
    suppressed: int = 0
    """People who left since the freezing, and were passed over now."""
    stopped: bool = False
    """The run was asked to stop: nobody is claimed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The six, which always sum to `planned`."""

    accepted: int = 0
    rejected: int = 0
    suppressed: int = 0
    deferred: int = 0
    unknown: int = 0
    pending: int = 0

    @property
    def planned(self) -> int:
        return sum(self.as_dict().values())

    def as_dict(self) -> dict[str, int]:
        return {
            "accepted": self.accepted,
            "rejected": self.rejected,
            "suppressed": self.suppressed,
            "deferred": self.deferred,
            "unknown": self.unknown,
            "pending": self.pending,
        }


class RunState(StrEnum):
    """How a run, or an issue, stands."""

    SCHEDULED = "scheduled"
    HELD = "held"
    CANARY = "canary"
    """The first have it; the others wait for a word."""
    SENDING = "sending"
    PAUSED = "paused"
    """Nobody is at work on it, and somebody is pending or deferred: `resume`."""
    STOPPED = "stopped"
    """A person said stop."""
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How an issue stands, over all its real runs."""

    issue: str
    state: RunState
    counts: Counts
    by_segment: Mapping[str, Counts]
    due_at: float | None = None
    """When the next deferred person is due."""

    @property
    def exit_code(self) -> int:
        """0 fine · 6 some refused or deferred · 7 some unknown, also where nothing is left to do."""
        if self.counts.unknown:
            return 7
        return 6 if self.counts.rejected or self.counts.deferred else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One person's row, for lists, exports and explanations."""

    id: int
    issue: str
    run: str
    kind: Kind
    segment: str
    address: str = field(repr=False)
    code: str
    state: State
    attempt: str
    attempts: int
    reply_code: str
    detail: str
    provider_id: str
    due_at: float | None
    claimed_at: float | None
    settled_at: float | None
