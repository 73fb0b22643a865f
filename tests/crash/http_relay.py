"""Stands between the sender and the stand-in SendGrid, and tells a trap of each step of a request.

Rule: a request is passed on whole or not at all, so the stand-in's record of what it accepted is the truth.
"""

from __future__ import annotations

import re
import socket
import time
from urllib.parse import urlsplit

from tests.crash.loopback import Loopback
from tests.crash.points import Http, Trap

_END_OF_HEADERS = b"\r\n\r\n"
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)\r\n")


class HttpRelay:
    """Passes requests on to `upstream`, one a connection. `connections` is where it listens."""

    def __init__(self, upstream: str, *, pause_s: float) -> None:
        self.connections = Loopback(self._serve)
        self.trap = Trap()
        self._pause_s = pause_s
        self._upstream = urlsplit(upstream)

    def _serve(self, client: socket.socket) -> None:
        trap = self.trap
        trap.reached(Http.CONNECTED)
        request = _request(client, trap)
        if trap.reached(Http.WHOLE):
            return
        trap.reached(Http.LATE)
        reply = self._ask(request)
        trap.reached(Http.TAKEN)
        time.sleep(self._pause_s)
        half = len(reply) // 2
        client.sendall(reply[:half])
        trap.reached(Http.HALF_REPLY)
        client.sendall(reply[half:])
        trap.reached(Http.REPLIED)

    def _ask(self, request: bytes) -> bytes:
        where = (str(self._upstream.hostname), int(self._upstream.port or 0))
        with socket.create_connection(where, timeout=20) as upstream:
            upstream.sendall(request)
            return b"".join(iter(lambda: upstream.recv(65_536), b""))


def _request(client: socket.socket, trap: Trap) -> bytes:
    """The whole request. Raises `ConnectionAbortedError` when the client goes before its end."""
    request = b""
    while _END_OF_HEADERS not in request:
        request += _some(client, 1_024)
    trap.reached(Http.HEADERS)
    length = _LENGTH.search(request)
    whole = request.index(_END_OF_HEADERS) + len(_END_OF_HEADERS) + (int(length[1]) if length else 0)
    while len(request) < whole // 2:
        request += _some(client, whole // 2 - len(request))
    trap.reached(Http.HALF)
    while len(request) < whole:
        request += _some(client, whole - len(request))
    return request


def _some(client: socket.socket, most: int) -> bytes:
    more = client.recv(most)
    if not more:
        raise ConnectionAbortedError
    return more
