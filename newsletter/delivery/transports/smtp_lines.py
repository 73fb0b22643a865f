"""A server's words, line by line, and the turns that connections take while nobody waits for them.

Rule: Python runs one thread at a time, and to change threads at each call to the system costs as much as the
call. So a line that has work keeps its turn until it would have to wait.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from types import TracebackType
from typing import Self

LINE_BYTES = 4096
"""RFC 5321 section 4.5.3.1.5 allows 512; servers say more. A line beyond this makes no sense."""

_AT_ONCE = 65_536


class Turn:
    """What the lines that share it take turns at; let go of while its holder waits for a server."""

    def __init__(self) -> None:
        self._lock = Lock()

    def __enter__(self) -> Self:
        self._lock.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """While the holder waits: the others go on."""
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()


class Lines:
    """Reads a server's words. Whatever comes is taken at once: with PIPELINING it answers four commands."""

    def __init__(self, source: socket.socket) -> None:
        self._source = source
        self._read = b""
        self.turn: Turn | None = None
        """Held by the reader, if any."""

    def readline(self, size: int = LINE_BYTES) -> bytes:
        """The next line with its end; without one where the server closed, or says too much."""
        while (end := self._read.find(b"\n")) < 0 and len(self._read) < size:
            more = self._receive()
            if not more:
                break
            self._read += more
        cut = min(end + 1 or size, size)
        line, self._read = self._read[:cut], self._read[cut:]
        return line

    def _receive(self) -> bytes:
        if self.turn is None:
            return self._source.recv(_AT_ONCE)
        try:
            return self._source.recv(_AT_ONCE, socket.MSG_DONTWAIT)
        except BlockingIOError:
            with self.turn.aside():
                return self._source.recv(_AT_ONCE)

    def close(self) -> None:
        """Nothing is held but what was read."""
