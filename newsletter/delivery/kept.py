"""Lines that outlast a session: a worker does one job after another, and opening a line costs as much as many
messages.

Rule: a line is kept only after a hand-over that ended in order; whoever takes it next may count on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from newsletter.delivery.transports import Line, Parcel, Report, Transport


class Kept:
    """A transport whose lines are kept when they are closed, for the next session."""

    def __init__(self, transport: Transport, lines: int) -> None:
        self._transport = transport
        self._idle: list[Line] = []
        self._lock = Lock()
        self.lines = lines
        """What one session may open."""

    @property
    def name(self) -> str:
        return self._transport.name

    @property
    def batch(self) -> int:
        return self._transport.batch

    def connect(self) -> Line:
        with self._lock:
            line = self._idle.pop() if self._idle else None
        return _KeptLine(self, line or self._transport.connect())

    def keep(self, line: Line) -> None:
        with self._lock:
            self._idle.append(line)

    def hang_up(self) -> None:
        """Close the lines that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()


class _KeptLine:
    def __init__(self, kept: Kept, line: Line) -> None:
        self._kept = kept
        self._line = line
        self._in_order = True

    def deliver(self, parcels: Sequence[Parcel], report: Report) -> None:
        self._in_order = False
        self._line.deliver(parcels, report)
        self._in_order = True

    def close(self) -> None:
        if self._in_order:
            self._kept.keep(self._line)
        else:
            self._line.close()
