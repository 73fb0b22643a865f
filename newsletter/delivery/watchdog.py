"""An end to waiting for a server that neither answers nor hangs up.

The system notices a peer that is gone, but not a proxy that holds the connection while nobody is behind it, nor
a server that hangs: there a read would last for ever.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from threading import Lock, Thread

_LOOK_S = 0.5


class Watchdog:
    """Hangs up on connections that are waited for too long. One thread, begun with the first."""

    def __init__(self) -> None:
        self._due: dict[int, tuple[float, int]] = {}
        self._names = count()
        self._lock = Lock()
        self._thread: Thread | None = None

    @contextmanager
    def limit(self, fileno: int, seconds: float) -> Iterator[None]:
        """Hang up on this connection if the block lasts longer: whoever reads from it is told so."""
        name = next(self._names)
        with self._lock:
            self._due[name] = time.monotonic() + seconds, fileno
            if self._thread is None:
                self._thread = Thread(target=self._watch, name="watchdog", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._due.pop(name, None)

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_S)
            with self._lock:
                now = time.monotonic()
                for name in [name for name, (until, _) in self._due.items() if until <= now]:
                    hang_up(self._due.pop(name)[1])


def hang_up(fileno: int) -> None:
    """Shut a connection without closing it: its descriptor stays its owner's."""
    with suppress(OSError), socket.socket(fileno=os.dup(fileno)) as connection:
        connection.shutdown(socket.SHUT_RDWR)
