"""What can become of a person in a run: the states as one table, and the pure step from reply to row.

Rules the table keeps:

1. A claim is durable before a byte leaves, so only a claimed person can have been mailed.
2. `accepted` is final once the mail has left. A bounce that follows is an event on another axis and never
   changes it; what was handed over for later can be called back before its time, by a person's word.
3. `unknown` is left by evidence (the provider's record, a delivered copy, the late word of the process that
   had the claim) or by a person's word, never by a machine's guess: no machine decides to send a second time.
4. Whoever is `pending`, `deferred`, `rejected` or `suppressed` has not had the mail.
5. Every person of a run is in exactly one state, so the states always sum to the run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a person of a run stands."""

    PENDING = "pending"
    CLAIMED = "claimed"
    """In a process's hands; a dead process's claim is unknown until its journal says better."""
    ACCEPTED = "accepted"
    """The other side took responsibility for the message. Not: delivered."""
    DEFERRED = "deferred"
    """Refused for now; due again at a time."""
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    """The message may have been taken; nobody here can know."""
    SUPPRESSED = "suppressed"
    """Left after the run was frozen."""


class Cause(StrEnum):
    """Who moves a person from one state to another."""

    CLAIM = "claim"
    """A process takes people to mail them."""
    REPLY = "reply"
    """The transport's word on a claim, or its return unbegun."""
    RECOVERY = "recovery"
    """A dead process's claim is settled from its journal."""
    LATE_WORD = "late word"
    """A process that was taken for dead tells what became of its claims, itself or by its journal."""
    EVIDENCE = "evidence"
    """A record of the other side: provider events, its log, a delivered copy."""
    RECALL = "recall"
    """A person calls back what the provider was to let leave later."""
    WORD = "word"
    """A person asked for it: retry, or a new run after a refusal or a lifted opt-out."""


_REPLIES: Final = frozenset(
    {State.PENDING, State.ACCEPTED, State.DEFERRED, State.REJECTED, State.UNKNOWN},
)
_NONE: Final[frozenset[State]] = frozenset()

TRANSITIONS: Final[dict[State, dict[Cause, frozenset[State]]]] = {
    State.PENDING: {Cause.CLAIM: frozenset({State.CLAIMED, State.SUPPRESSED})},
    State.CLAIMED: {Cause.REPLY: _REPLIES, Cause.RECOVERY: _REPLIES},
    State.DEFERRED: {
        Cause.CLAIM: frozenset({State.CLAIMED, State.SUPPRESSED}),
        Cause.WORD: frozenset({State.PENDING}),
    },
    State.REJECTED: {Cause.WORD: frozenset({State.PENDING})},
    State.UNKNOWN: {
        Cause.LATE_WORD: _REPLIES,
        Cause.EVIDENCE: frozenset({State.ACCEPTED, State.REJECTED, State.PENDING}),
        Cause.RECALL: frozenset({State.PENDING}),
        Cause.WORD: frozenset({State.PENDING}),
    },
    State.SUPPRESSED: {Cause.WORD: frozenset({State.PENDING})},
    State.ACCEPTED: {Cause.RECALL: frozenset({State.UNKNOWN, State.PENDING})},
}
"""State → who may move a person out of it → where to. What is not here does not happen."""


def sources(after: State, cause: Cause) -> frozenset[State]:
    """The states from which `cause` may bring a person to `after`: the condition of a compare-and-set."""
    return frozenset(before for before, moves in TRANSITIONS.items() if after in moves.get(cause, _NONE))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a transport knows of one person's message.

    PENDING means: begun and not sent, and safe to send again at once. REJECTED is this attempt's permanent
    refusal.
    """

    person: int
    """`Person.id`."""
    state: State
    code: str = field(default="", kw_only=True)
    """What the other side said, as a number: `550 5.1.1`, `400`."""
    detail: str = field(default="", kw_only=True)
    """The same in words, without any address."""
    retry_after_s: float | None = field(default=None, kw_only=True)
    """When the other side named a time to wait for (DEFERRED)."""
    provider_id: str = field(default="", kw_only=True)
    """What the other side calls the message, to match later events (`X-Message-Id`, a queue id)."""
    about_us: bool = field(default=False, kw_only=True)
    """A refusal of sender, content or policy: it trips the breaker and says nothing of the reader."""
    gone: bool = field(default=False, kw_only=True)
    """The mailbox does not exist: the address is suppressed, so that no later issue tries it."""

    @property
    def is_answer(self) -> bool:
        """Whether the other side has spoken for this person, so that its line got something through."""
        return self.state not in {State.PENDING, State.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a person who is refused for now is tried again.

    First after minutes (greylisting wants 5 to 15), then at least 30 minutes apart (RFC 5321 section
    4.5.4.1), and not for ever.
    """

    first_s: float = 10 * 60
    then_s: float = 30 * 60
    growth: float = 1.5
    longest_s: float = 6 * 3600
    deadline_s: float = 4 * 86400
    """Counted from the freezing of the run."""
    line_losses: int = 4
    """A message whose line breaks this often before its end is deferred, lest it stop everybody."""

    def delay_s(self, attempts: int, chance: float) -> float:
        """The wait after the `attempts`-th try; `chance` in [0, 1) spreads it by up to a quarter."""
        base = self.first_s
        if attempts > 1:
            base = min(self.then_s * self.growth ** min(attempts - 2, 20), self.longest_s)
        return base * (1 + chance / 4)


@dataclass(frozen=True, slots=True)
class Settled:
    """The row after an outcome. `due_at` (epoch seconds) stands only with DEFERRED."""

    state: State
    due_at: float | None = None
    detail: str = ""


def settle(
    outcome: Outcome,
    attempts: int,
    *,
    now: float,
    frozen_at: float,
    patience: Patience,
    chance: float,
) -> Settled:
    """What an outcome makes of a claimed person after `attempts` tries."""
    state, refusals = outcome.state, attempts
    if state is State.PENDING and attempts >= patience.line_losses:
        state, refusals = State.DEFERRED, 1
    if state is not State.DEFERRED:
        return Settled(state, detail=outcome.detail)
    wait = patience.delay_s(refusals, chance)
    due_at = now + max(wait, outcome.retry_after_s or 0.0)
    if due_at > frozen_at + patience.deadline_s:
        return Settled(State.REJECTED, detail=f"given up after {attempts} tries: {outcome.detail}")
    return Settled(State.DEFERRED, due_at, outcome.detail)
