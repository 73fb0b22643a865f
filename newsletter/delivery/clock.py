"""Time as the engine needs it: told and waited for in one place, so that a test may turn it by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import Protocol


class Clock(Protocol):
    """What time it is, and waiting for it."""

    def now(self) -> float:
        """Epoch seconds, UTC."""

    def wait(self, seconds: float, woken_by: Event) -> None:
        """Wait, or less when the event is set."""


class SharedClock:
    """The time of a database that several machines share, counted on by a clock that nobody sets."""

    def __init__(self, epoch_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._ahead_s = epoch_s - monotonic()

    def now(self) -> float:
        """Epoch seconds, UTC."""
        return self._monotonic() + self._ahead_s

    def wait(self, seconds: float, woken_by: Event) -> None:
        woken_by.wait(seconds)


class SystemClock:
    """The time of this machine."""

    def now(self) -> float:
        return time.time()

    def wait(self, seconds: float, woken_by: Event) -> None:
        woken_by.wait(seconds)
