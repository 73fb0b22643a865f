"""Connections on 127.0.0.1, a thread each, that can be waited for to the last."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self


class Loopback:
    """Calls `serve` with each connection while the `with` block lasts. A `ConnectionError` there ends it."""

    def __init__(self, serve: Callable[[socket.socket], None], host: str = "127.0.0.1") -> None:
        self._serve = serve
        self._listener = socket.create_server((host, 0), backlog=64)
        self._open = 0
        self._change = threading.Condition()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.settle()

    def settle(self, within_s: float = 20) -> None:
        """Wait until every connection has been read to its end: a dead client's bytes are still under way."""
        with self._change:
            if not self._change.wait_for(lambda: not self._open, within_s):
                raise AssertionError("a connection is still open, and its client should be gone")

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._count(1)
                threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        try:
            with connection, suppress(ConnectionError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._serve(connection)
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._change:
            self._open += change
            self._change.notify_all()
