"""Stops a run whose requests get no answer, before everybody is unknown.

Rule: SendGrid documents 503 as its API being down; without a bound, a run into that would leave a whole list of
people of whom nobody knows whether they were mailed.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from newsletter.errors import TransportStopped


@dataclass
class Silence:
    """Counts requests in a row whose fate is unknown, over all lines."""

    most: int = 3
    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def broken(self) -> None:
        """Note an acceptance."""
        with self._lock:
            self._count = 0

    def heard_nothing(self) -> None:
        """Note a request whose fate is unknown. Raises `TransportStopped` at `most` in a row."""
        with self._lock:
            self._count += 1
            reached = self._count >= self.most
        if reached:
            raise TransportStopped(
                f"{self.most} requests in a row ended without a usable answer from SendGrid.",
                "Wait until SendGrid is well, reconcile those who are unknown, then resume.",
            )
