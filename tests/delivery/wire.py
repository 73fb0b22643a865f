"""A way between two programs that can be cut, or fall silent, and be mended."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Self

from tests.crash.loopback import Loopback

_CHUNK = 65_536


class Wire:
    """Listens on a port of 127.0.0.1 and carries what comes to `target`: a port, or a socket's path."""

    def __init__(self, target: int | str, host: str = "127.0.0.1") -> None:
        self._target = target
        self.host = host
        self._listener = Loopback(self._serve, host)
        self._open: set[socket.socket] = set()
        self._muted: set[socket.socket] = set()
        self._cut = self._silent = False

    @property
    def port(self) -> int:
        return self._listener.port

    def __enter__(self) -> Self:
        self._listener.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self._listener.__exit__(kind, error, trace)

    def cut(self) -> None:
        """Break every connection, and each new one."""
        self._cut = True
        for end in list(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def fall_silent(self) -> None:
        """Keep the connections, and carry nothing: neither side is told."""
        self._silent = True

    def mend(self) -> None:
        """Carry new connections again; one that lost something on the way stays silent for ever."""
        self._cut = self._silent = False

    def _serve(self, near: socket.socket) -> None:
        if self._cut:
            return
        with self._connected() as far:
            self._open |= {near, far}
            back = Thread(target=self._carry, args=(far, near), daemon=True)
            back.start()
            self._carry(near, far)
            back.join()
            self._open -= {near, far}

    def _connected(self) -> socket.socket:
        if isinstance(self._target, int):
            return socket.create_connection(("127.0.0.1", self._target))
        far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        far.connect(self._target)
        return far

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                if self._silent:
                    self._muted |= {source, sink}
                if source not in self._muted:
                    sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
