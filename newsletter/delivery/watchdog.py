"""An end to waiting for a server that neither answers nor hangs up.

The system notices a peer that is gone, but not a proxy that holds the connection while nobody is behind it, nor
a server that hangs: there a read would last for ever.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from itertools import count
from threading import Lock, Thread
from typing import Generic, TypeVar

Answer = TypeVar("Answer")

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


class Question(Generic[Answer]):
    """What somebody asks again and again who does not wait long for an answer.

    It is put in a thread of its own, and not again while that waits: whoever asks meanwhile waits with it.
    """

    def __init__(self, ask: Callable[[], Answer]) -> None:
        self._ask = ask
        self._asked: Future[Answer] | None = None
        self._lock = Lock()

    def answer(self, within_s: float) -> Answer:
        """What it is answered with, or raises. Raises `TimeoutError` when that takes longer."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                Thread(target=self._put, args=(self._asked,), name="question", daemon=True).start()
            asked = self._asked
        return asked.result(within_s)

    def _put(self, asked: Future[Answer]) -> None:
        try:
            asked.set_result(self._ask())
        except BaseException as error:  # noqa: BLE001 - carried to whoever waits for the answer
            asked.set_exception(error)


def hang_up(fileno: int) -> None:
    """Shut a connection without closing it: its descriptor stays its owner's."""
    with suppress(OSError), socket.socket(fileno=os.dup(fileno)) as connection:
        connection.shutdown(socket.SHUT_RDWR)
