"""The circuit breaker: when refusals say that something is wrong with us, and the run must stop.

Rules:

1. One refusal about us stops a run that nobody has accepted yet; later it takes several close together, so that
   one odd mailbox does not stop everybody, and a poisoned list or sender does.
2. A provider accepts first and refuses later: what it tells meanwhile of those who were accepted counts too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from newsletter.delivery.fate import Fate
from newsletter.delivery.outcome import Outcome, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How many refusals among the last `window` outcomes are borne."""

    window: int = 100
    about_us: int = 3
    rejected: int = 30
    bounced: float = 0.1
    """Of the people of whom it was told what became of their message, once those are a window."""
    blocked: float = 0.1
    complained: float = 0.003
    """More of the readers than this, and no large provider of mailboxes takes mail from us any more."""


_ENDS = (Fate.DELIVERED, Fate.DROPPED, Fate.BLOCKED, Fate.BOUNCED)

_WORDS = {Fate.BOUNCED: "bounced", Fate.BLOCKED: "were blocked", Fate.COMPLAINED: "complained"}

_FEW = 2
"""As many are borne of any number: two odd readers are no sign."""


class Breaker:
    """Sees every outcome, and says why to stop, once there is reason."""

    def __init__(self, tolerance: Tolerance | None = None) -> None:
        self._tolerance = tolerance or Tolerance()
        self._lock = Lock()
        self._recent: deque[tuple[bool, bool]] = deque(maxlen=self._tolerance.window)
        self._accepted = False
        self.reason: str | None = None

    def see(self, outcome: Outcome) -> None:
        """Take one outcome into account. Threads of several sessions of one run may share a breaker."""
        with self._lock:
            self._see(outcome)

    def _see(self, outcome: Outcome) -> None:
        if outcome.state is State.ACCEPTED:
            self._accepted = True
        refused = outcome.state is State.REJECTED
        self._recent.append((refused, outcome.about_us))
        if self.reason is None and (refused or outcome.about_us):
            self.reason = self._judge(outcome)

    def hear(self, fates: Mapping[Fate, int]) -> None:
        """Take into account what was told so far of people who had been accepted: how many had which fate."""
        told = sum(fates.get(fate, 0) for fate in _ENDS)
        if self.reason is not None or told < self._tolerance.window:
            return
        limits = {
            Fate.BOUNCED: self._tolerance.bounced,
            Fate.BLOCKED: self._tolerance.blocked,
            Fate.COMPLAINED: self._tolerance.complained,
        }
        for fate, part in limits.items():
            number = fates.get(fate, 0)
            if number > max(part * told, _FEW):
                self.reason = f"{number:,} of the {told:,} people heard of since {_WORDS[fate]}"

    def _judge(self, outcome: Outcome) -> str | None:
        said = " ".join(filter(None, (outcome.code, outcome.detail)))
        about_us = sum(ours for _, ours in self._recent)
        if about_us >= (self._tolerance.about_us if self._accepted else 1):
            return f"refused for what we are or send, not for who they are: {said}"
        rejected = sum(refused for refused, _ in self._recent)
        if rejected >= self._tolerance.rejected:
            return f"{rejected} of the last {len(self._recent)} people were refused, the last with: {said}"
        return None
