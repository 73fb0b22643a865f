"""Ends a command by SIGKILL at one exact step of its own. Python imports this at its start, from PYTHONPATH.

Nothing of the program is replaced or told: a profile function, as a profiler installs it, sees the calls.
`CRASH_AT` is `STEP:before|after:N`; the steps are those of `tests.crash.points.Inside`.
"""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import sys
import threading
from socket import socket
from types import FrameType
from typing import Any

_JOURNAL = "processes.py"
_JOURNAL_STEPS = {"add", "mark", "free"}
_EVENTS = {"before": ("call", "c_call"), "after": ("return", "c_return")}


class _Watch:
    """Sees calls, counts those of one step, and ends the process at the n-th."""

    def __init__(self, wanted: str) -> None:
        step, when, nth = wanted.split(":")
        self._step = step
        self._python, self._c = _EVENTS[when]
        self._nth = int(nth)
        self._times = itertools.count(1)
        self._written: dict[int, int] = {}

    def begin(self, event: str, _arguments: object) -> None:
        """Watch from the moment on at which the ledger is opened; what is before sends nothing."""
        if event == "sqlite3.connect" and sys.getprofile() is None:
            threading.setprofile(self.see)
            sys.setprofile(self.see)

    def see(self, frame: FrameType, event: str, what: Any) -> None:
        if event == self._python and self._step in _JOURNAL_STEPS:
            code = frame.f_code
            if code.co_name == self._step and code.co_filename.endswith(_JOURNAL):
                self._count()
        elif event in {"c_call", "c_return"} and what.__name__ == self._step:
            self._see_builtin(event, what)

    def _see_builtin(self, event: str, what: Any) -> None:
        owner = what.__self__
        if isinstance(owner, sqlite3.Connection) and not self._writes(owner, event):
            return
        if event == self._c and (isinstance(owner, sqlite3.Connection | socket) or what is os.rename):
            self._count()

    def _writes(self, database: sqlite3.Connection, event: str) -> bool:
        """Whether this commit is of a transaction that changed anything."""
        changes = database.total_changes
        changed = changes != self._written.get(id(database), 0)
        if event == "c_return":
            self._written[id(database)] = changes
        return changed

    def _count(self) -> None:
        if next(self._times) == self._nth:
            os.kill(os.getpid(), signal.SIGKILL)


if wanted := os.environ.get("CRASH_AT"):
    sys.addaudithook(_Watch(wanted).begin)
