"""Scripted faults: what goes wrong on the wire, and whether the request was accepted all the same.

Rule: a fault says both sides of the truth, so a test can hold what the sender believes against it.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Wait = Callable[[float], bool]
    Strike = Callable[["Fault", socket.socket, Wait], None]


class Acceptance(Enum):
    """What becomes of the request behind the fault."""

    NEVER = auto()
    BEFORE = auto()
    """Accepted, and only then the fault."""
    LATE = auto()
    """Accepted when the test says `accept_late()`, after the client has gone."""


class Wire(StrEnum):
    """What the client sees."""

    CLOSE = "the connection is closed without a reply"
    RESET = "the connection is reset without a reply"
    HANG = "nothing comes back"
    CUT_STATUS = "the status line breaks off inside the code"
    CUT_HEADERS = "the headers break off"
    CUT_BODY = "the body is shorter than announced"
    GARBAGE = "the reply is not HTTP"
    DRIP = "the reply comes byte by byte"
    ENDLESS = "the headers never end"
    STATUS = "another status than 202"
    EARLY_STATUS = "a status before the body was read, and the connection closed"
    RESET_EARLY = "the connection is reset while the request is being sent"


BEFORE_THE_BODY = frozenset({Wire.EARLY_STATUS, Wire.RESET_EARLY})
"""Faults that strike before the whole request is there, which therefore can accept nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault for one mail/send request. `pause_s` is the gap between dripping bytes."""

    wire: Wire
    acceptance: Acceptance = Acceptance.NEVER
    status: int = 202
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    pause_s: float = 0.02

    def __post_init__(self) -> None:
        if self.wire in BEFORE_THE_BODY and self.acceptance is not Acceptance.NEVER:
            raise ValueError("A request that was never read whole cannot be accepted")


def strike(fault: Fault, connection: socket.socket, wait: Wait) -> None:
    """Do on the wire what the fault says. `wait` sleeps, and returns True once the stand-in stops.

    Raises OSError when the client leaves first.
    """
    STRIKES[fault.wire](fault, connection, wait)


def _close(_: Fault, _connection: socket.socket, _wait: Wait) -> None:
    """Leave without a word; the handler closes."""


def _reset(_: Fault, connection: socket.socket, _wait: Wait) -> None:
    """Make the close that follows a reset (RST): linger on, for no time."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _send(reply: bytes) -> Strike:
    return lambda _fault, connection, _wait: connection.sendall(reply)


def _status(fault: Fault, connection: socket.socket, _wait: Wait) -> None:
    connection.sendall(_reply(fault))


def _cut_body(fault: Fault, connection: socket.socket, _wait: Wait) -> None:
    connection.sendall(_reply(fault, announced=len(fault.body) + 100))


def _drip(fault: Fault, connection: socket.socket, wait: Wait) -> None:
    reply = _reply(fault)
    for position in range(len(reply)):
        connection.sendall(reply[position : position + 1])
        if wait(fault.pause_s):
            return


def _endless(_: Fault, connection: socket.socket, _wait: Wait) -> None:
    """Send enough headers for any client to give up (http.client does at 100), with a bound of its own."""
    connection.sendall(b"HTTP/1.1 202 Accepted\r\n")
    for number in range(300):
        connection.sendall(f"X-Endless-{number}: 1\r\n".encode())


def _hang(_: Fault, connection: socket.socket, wait: Wait) -> None:
    """Say nothing until the client leaves."""
    connection.settimeout(0.02)
    while not wait(0.0):
        try:
            if not connection.recv(1):
                return
        except TimeoutError:
            continue


def _reply(fault: Fault, *, announced: int | None = None) -> bytes:
    length = len(fault.body) if announced is None else announced
    lines = [f"HTTP/1.1 {fault.status} Scripted", f"Content-Length: {length}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in fault.headers]
    return "\r\n".join([*lines, "", ""]).encode() + fault.body


STRIKES: dict[Wire, Strike] = {
    Wire.CLOSE: _close,
    Wire.RESET: _reset,
    Wire.RESET_EARLY: _reset,
    Wire.HANG: _hang,
    Wire.CUT_STATUS: _send(b"HTTP/1.1 20"),
    Wire.CUT_HEADERS: _send(b"HTTP/1.1 202 Accepted\r\nX-Mess"),
    Wire.CUT_BODY: _cut_body,
    Wire.GARBAGE: _send(b"\x16\x03\x01\x02\x00 not a reply\r\n\r\n"),
    Wire.DRIP: _drip,
    Wire.ENDLESS: _endless,
    Wire.STATUS: _status,
    Wire.EARLY_STATUS: _status,
}
