"""Who is alive, and what the dead had done: a locked file per process, which is also its crash journal.

Rules:

1. A process holds the lock of its file until it ends, however it ends; process numbers play no part.
2. A person's slot is written before a line may begin the message, and freed after the outcome is
   committed. So, of a dead process of this boot, a claim without a slot was never begun.
3. The page cache outlives `kill -9` but not the power: a journal of another boot says nothing.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import secrets
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import IntEnum
from functools import cache
from hashlib import sha256
from pathlib import Path

from newsletter.delivery.outcome import State

_MAGIC = b"NLJOURN1"
_HEADER = struct.Struct("=8s64sB")
_STOP_AT = _HEADER.size - 1
_SLOTS_AT = 128
_SLOT = struct.Struct("<Q")
_CAPACITY = 65_536
"""Slots of 8 bytes; the file is sparse. More than the claims and unrecorded outcomes of any engine."""


class Mark(IntEnum):
    """How far a claimed person's message has come: the low byte of a slot, above it the person's id."""

    FREE = 0
    CLAIMED = 1
    HANDED_OVER = 2
    ACCEPTED = 3
    DEFERRED = 4
    REJECTED = 5
    UNKNOWN = 6
    UNSENT = 7


MARKS: Mapping[State, Mark] = {
    State.PENDING: Mark.UNSENT,
    State.ACCEPTED: Mark.ACCEPTED,
    State.DEFERRED: Mark.DEFERRED,
    State.REJECTED: Mark.REJECTED,
    State.UNKNOWN: Mark.UNKNOWN,
}

STATES: Mapping[Mark, State] = {
    Mark.CLAIMED: State.PENDING,
    Mark.HANDED_OVER: State.UNKNOWN,
    **{mark: state for state, mark in MARKS.items()},
}
"""What a dead process's slot says of the person."""


class Process:
    """This process's locked file: proof of life, journal, and the ear for a stop from elsewhere."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(self._file, _SLOTS_AT + _CAPACITY * _SLOT.size)
        self._map = mmap.mmap(self._file, 0)
        self._map[: _HEADER.size] = _HEADER.pack(_MAGIC, boot_id().encode(), 0)
        self._free = list(range(_SLOTS_AT + (_CAPACITY - 1) * _SLOT.size, _SLOTS_AT - 1, -_SLOT.size))
        self._slots: dict[int, int] = {}

    @property
    def name(self) -> str:
        return self._path.stem

    @property
    def room(self) -> int:
        """How many people more the journal can hold."""
        return len(self._free)

    def add(self, person: int) -> None:
        """Give a claimed person a slot."""
        slot = self._slots[person] = self._free.pop()
        _SLOT.pack_into(self._map, slot, person << 8)  # Byte by byte: the mark last, or half an id might count.
        self._map[slot] = Mark.CLAIMED

    def mark(self, person: int, mark: Mark) -> None:
        """Note how far a person's message has come. One byte: whole or not at all."""
        self._map[self._slots[person]] = mark

    def free(self, person: int) -> None:
        """Forget a person whose outcome is committed."""
        slot = self._slots.pop(person)
        self._map[slot] = Mark.FREE
        self._free.append(slot)

    def asked_to_stop(self) -> bool:
        return self._map[_STOP_AT] != 0

    def abandon(self) -> None:
        """End a life in which something was left open, as sudden death does: the journal stays."""
        self._map.close()
        os.close(self._file)

    def close(self) -> None:
        """End a life in which nothing was left open."""
        with suppress(FileNotFoundError):
            self._path.unlink()
        self._map.close()
        os.close(self._file)


class Processes:
    """The files of all processes that send from one workspace."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(self) -> Process:
        """Begin to be alive, under a new name."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone():
            return Process(self._path(f"{machine()}-{secrets.token_hex(6)}"))

    def sweep(self, is_awaited: Callable[[str], bool]) -> None:
        """Remove the files of this machine's dead, but for those whose claims `is_awaited` says are unsettled.

        Such are left by a process that died before it set to work, or on a rehearsal that was replaced.
        """
        if not self._folder.exists():
            return
        with self._alone():
            for path in self._folder.glob(f"{machine()}-*.journal"):
                if not self.is_alive(path.stem) and not is_awaited(path.stem):
                    path.unlink(missing_ok=True)

    def knows(self, name: str) -> bool:
        """Whether the file of this process is here: then its lock and its journal are the truth."""
        return self._path(name).exists()

    def is_alive(self, name: str) -> bool:
        """Whether this process still holds its lock. One on another machine is taken to be alive."""
        try:
            file = os.open(self._path(name), os.O_RDWR)
        except FileNotFoundError:
            return not name.startswith(f"{machine()}-")
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(file)
        return False

    def last_words(self, name: str) -> Mapping[int, State] | None:
        """What a dead process's journal says of its claims; None when it cannot be believed.

        A claim that is not in it was never begun.
        """
        try:
            data = self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        if len(data) < _SLOTS_AT or (len(data) - _SLOTS_AT) % _SLOT.size:
            return None
        magic, boot, _ = _HEADER.unpack_from(data)
        if magic != _MAGIC or not boot_id() or boot.rstrip(b"\0") != boot_id().encode():
            return None
        slots = [slot for (slot,) in _SLOT.iter_unpack(data[_SLOTS_AT:]) if slot & 0xFF]
        try:
            return {slot >> 8: STATES[Mark(slot & 0xFF)] for slot in slots}
        except ValueError:
            return None

    def bury(self, name: str) -> None:
        """Remove a dead process's file, once its claims are settled."""
        self._path(name).unlink(missing_ok=True)

    def ask_to_stop(self, name: str) -> None:
        """Make a living process of this machine stop before its next message."""
        with suppress(FileNotFoundError), self._open(name) as file:
            os.pwrite(file, b"\1", _STOP_AT)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While no other process begins: its file is made a moment before it is locked."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    @contextmanager
    def _open(self, name: str) -> Iterator[int]:
        file = os.open(self._path(name), os.O_RDWR)
        try:
            yield file
        finally:
            os.close(file)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.journal"


@cache
def boot_id() -> str:
    """What names this run of the operating system; empty where it cannot be told."""
    if sys.platform == "darwin":
        asked = ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


@cache
def machine() -> str:
    """What names this machine among those that share a ledger, without saying its name."""
    return sha256(os.uname().nodename.encode()).hexdigest()[:8]
