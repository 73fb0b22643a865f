"""When a line that was lost is followed by the next, and when there is no use in another.

Rules:

1. Each thread backs off by its own losses: a server that allows fewer lines than we would open is asked ever
   more seldom for one more, while those it allows go on.
2. A run is given up only when no line gets anything through for a whole schedule, and none is open any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


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


class Losses:
    """The losses of one thread's lines."""

    def __init__(self, back_off: BackOff, random: Callable[[], float]) -> None:
        self._back_off = back_off
        self._random = random
        self._progress = 0
        self.in_a_row = 0
        """Since a line of this thread got something through."""
        self.in_vain = 0
        """Since any line did."""

    def got_through(self) -> None:
        """A line of this thread got something through."""
        self.in_a_row = 0

    def add(self, *, progress: int) -> None:
        """A line was lost. `progress` counts what all lines got through; only its change has a meaning."""
        self.in_a_row += 1
        self.in_vain = self.in_vain + 1 if progress == self._progress else 1
        self._progress = progress

    @property
    def without_hope(self) -> bool:
        """Whether the whole schedule went by in vain."""
        tries = self._back_off.tries if self._progress else self._back_off.tries_at_first
        return self.in_vain >= tries

    def delay_s(self) -> float:
        """The wait before the next line."""
        return self._back_off.delay_s(self.in_a_row, self._random())
