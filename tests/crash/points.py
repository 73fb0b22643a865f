"""Where a command is killed: at a step of the other side, at a step of its own, or after some time.

Rule: who strikes waits until the process is dead before anything else happens, so that a step is a step.
"""

from __future__ import annotations

import random
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Smtp(StrEnum):
    """Steps of a mail server; each is reached before the server goes on."""

    CONNECTED = "connected"
    MAIL = "MAIL read"
    RCPT = "RCPT read"
    DATA = "DATA read"
    INPUT = "354 said"
    BODY = "half the message read"
    DOT = "final dot read, message dropped"
    TAKEN = "message taken, no reply"
    REPLIED = "250 said"
    QUIT = "QUIT read"


class Http(StrEnum):
    """Steps of a request to SendGrid."""

    CONNECTED = "connected"
    HEADERS = "headers read"
    HALF = "half the request read"
    WHOLE = "request read, and dropped"
    LATE = "request read, then accepted"
    TAKEN = "request accepted, no reply"
    HALF_REPLY = "half the reply said"
    REPLIED = "202 said"


class Inside(StrEnum):
    """Steps of the command itself, just before or just after; see `inside/sitecustomize.py`."""

    COMMIT = "commit"
    """Of a transaction that wrote."""
    CLAIMED = "add"
    """Somebody claimed is put into the journal."""
    MARK = "mark"
    """The journal notes how far a message has come."""
    FREE = "free"
    """Somebody whose outcome is committed leaves the journal."""
    SEND = "sendmsg"
    """Bytes are given to a socket."""
    RENAME = "rename"
    """A file of the outbox gets its name."""


@dataclass(frozen=True, slots=True)
class AtStep:
    """When the other side reaches a step for the n-th time."""

    step: Smtp | Http
    nth: int

    kind: ClassVar = "a step of the server"


@dataclass(frozen=True, slots=True)
class AtInside:
    """At the n-th time of a step of the command's own; `after` it instead of before."""

    step: Inside
    nth: int
    after: bool = False

    kind: ClassVar = "a step of its own"

    @property
    def text(self) -> str:
        """As `inside/sitecustomize.py` reads it."""
        return f"{self.step.value}:{'after' if self.after else 'before'}:{self.nth}"


@dataclass(frozen=True, slots=True)
class AtTime:
    """So long after the first sign of the command on the other side, or after its start."""

    delay_s: float
    from_start: bool = False

    kind: ClassVar = "a random moment"


Point = AtStep | AtInside | AtTime


class Trap:
    """Watches the steps of the other side and kills the process at one of them. For many threads."""

    def __init__(self, point: Point | None = None) -> None:
        self._point = point if isinstance(point, AtStep) else None
        self._armed = threading.Event()
        self._lock = threading.Lock()
        self._count = 0
        self._victim: subprocess.Popen[bytes] | None = None
        self.begun = threading.Event()
        """Set at the first step of all."""

    def arm(self, victim: subprocess.Popen[bytes]) -> None:
        """Name the process; steps wait for it."""
        self._victim = victim
        self._armed.set()

    def reached(self, step: Smtp | Http) -> bool:
        """Note a step; whether the process was killed at it. Meanwhile no other step is passed."""
        self.begun.set()
        if self._point is None or self._point.step is not step:
            with self._lock:
                return False
        self._armed.wait()
        assert self._victim is not None
        with self._lock:
            self._count += 1
            if self._count != self._point.nth:
                return False
            self._victim.kill()
            self._victim.wait()
            return True


_COMMITS = 5
"""More transactions than this are few in a send to a hundred."""

_OWN_STEPS = {
    "smtp": (Inside.CLAIMED, Inside.MARK, Inside.FREE, Inside.SEND),
    "smtp lock-step": (Inside.SEND,),
    "sendgrid": (Inside.CLAIMED, Inside.MARK, Inside.FREE),
    "outbox": (Inside.CLAIMED, Inside.MARK, Inside.FREE, Inside.RENAME),
}


def labelled(way: str) -> list[Point]:
    """Every step that a way out has, at some times of its being reached; commits first."""
    steps: list[Smtp | Http] = []
    if way == "sendgrid":
        steps = list(Http)
    elif way != "outbox":
        steps = list(Smtp)
    both = (False, True)
    return [
        *(AtInside(Inside.COMMIT, nth, after) for nth in range(1, _COMMITS + 1) for after in both),
        *(AtInside(step, nth, after) for step in _OWN_STEPS[way] for nth in (1, 25) for after in both),
        *(AtStep(step, nth) for step in steps for nth in (1, 3)),
    ]


def at_random(seed: int) -> Iterator[AtTime]:
    """Moments without end: most while mail is under way, some from the first instruction on."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, and no secret
    while True:
        if chance.random() < 0.75:
            yield AtTime(chance.uniform(0.0, 0.3))
        else:
            yield AtTime(chance.uniform(0.3, 1.5), from_start=True)
