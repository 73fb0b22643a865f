"""The circuit breaker: when refusals say that something is wrong with us, and the run must stop.

Rule: one refusal about us stops a run that nobody has accepted yet; later it takes several close together,
so that one odd mailbox does not stop everybody, and a poisoned list or sender does.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from newsletter.delivery.outcome import Outcome, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How many refusals among the last `window` outcomes are borne."""

    window: int = 100
    about_us: int = 3
    rejected: int = 30


class Breaker:
    """Sees every outcome, and says why to stop, once there is reason."""

    def __init__(self, tolerance: Tolerance) -> None:
        self._tolerance = tolerance
        self._recent: deque[tuple[bool, bool]] = deque(maxlen=tolerance.window)
        self._accepted = False
        self.reason: str | None = None

    def see(self, outcome: Outcome) -> None:
        """Take one outcome into account."""
        if outcome.state is State.ACCEPTED:
            self._accepted = True
        refused = outcome.state is State.REJECTED
        self._recent.append((refused, outcome.about_us))
        if self.reason is None and (refused or outcome.about_us):
            self.reason = self._judge(outcome)

    def _judge(self, outcome: Outcome) -> str | None:
        said = " ".join(filter(None, (outcome.code, outcome.detail)))
        about_us = sum(ours for _, ours in self._recent)
        if about_us >= (self._tolerance.about_us if self._accepted else 1):
            return f"refused for what we are or send, not for who they are: {said}"
        rejected = sum(refused for refused, _ in self._recent)
        if rejected >= self._tolerance.rejected:
            return f"{rejected} of the last {len(self._recent)} people were refused, the last with: {said}"
        return None
