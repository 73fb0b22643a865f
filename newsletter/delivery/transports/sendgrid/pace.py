"""When the next request may leave: SendGrid says so in headers, and one word holds for all lines.

Rule: numbers of requests are nowhere assumed (SendGrid publishes none for mail/send); only headers and refusals
count. The clock and the sleep are passed in.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_SLICE_S = 0.25
"""A wait is asleep for this long at a time, so that a stop is felt."""


@dataclass
class Pace:
    """The gate that requests pass, shared by the lines of a transport and by the account's other calls."""

    clock: Callable[[], float] = time.time
    """Seconds since the epoch, which `X-RateLimit-Reset` counts in."""
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    first_s: float = 1.0
    longest_s: float = 300.0
    """The longest wait for a refusal that names no time, or an absurd one."""
    _open_at: float = 0.0
    _refusals: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def wait(self, stopping: Callable[[], bool]) -> bool:
        """Sleep until a request may leave; false as soon as `stopping()`."""
        while not stopping():
            remaining = self._open_at - self.clock()
            if remaining <= 0:
                return True
            self.sleep(min(remaining, _SLICE_S))
        return False

    @property
    def remaining_s(self) -> float:
        return max(0.0, self._open_at - self.clock())

    def answered(self, headers: Mapping[str, str]) -> None:
        """Note an answer that was no refusal; the last one a window allows closes the gate until the next."""
        with self._lock:
            self._refusals = 0
            if headers.get("X-RateLimit-Remaining") == "0":
                self._close_for(_number(headers.get("X-RateLimit-Reset")) - self.clock())

    def refused(self, headers: Mapping[str, str]) -> None:
        """Note a 429: wait for the reset, else for Retry-After, else ever longer, with jitter."""
        with self._lock:
            backoff = self.first_s * 2 ** min(self._refusals, 20) * (1 + self.chance() / 4)
            self._refusals += 1
            named = _number(headers.get("X-RateLimit-Reset")) - self.clock()
            if named <= 0:
                named = _number(headers.get("Retry-After"))
            # A reset that has passed by our clock is not believed twice: the backoff grows under it.
            self._close_for(named if named > 0 else backoff)

    def _close_for(self, wait_s: float) -> None:
        self._open_at = max(self._open_at, self.clock() + min(wait_s, self.longest_s))


def _number(text: str | None) -> float:
    """A header that counts seconds; 0 where it is absent or no number (Retry-After may be a date)."""
    try:
        return float(int(text or ""))
    except ValueError:
        return 0.0
