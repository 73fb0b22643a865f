"""The HTTP side: addresses, the key, the rate, and the faults; a thread a connection, 127.0.0.1 only."""

from __future__ import annotations

import json
import math
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.sendgrid_stand_in import faults
from tests.sendgrid_stand_in.limits import REQUEST_BYTES, Violation
from tests.sendgrid_stand_in.routes import NotServed, Reply, Request, answer, errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.sendgrid_stand_in.faults import Fault
    from tests.sendgrid_stand_in.routes import Desk

MAIL_SEND = "/v3/mail/send"


@dataclass
class RateLimit:
    """So many requests in each window, then 429 until the next one."""

    clock: Callable[[], float]
    requests: int = 10_000
    window_s: float = 60.0
    names_reset: bool = True
    """Whether a refusal carries the X-RateLimit headers."""
    retry_after_s: int | None = None
    _window: int = -1
    _used: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> tuple[bool, dict[str, str]]:
        """Whether one more request is allowed, and the headers that say so."""
        with self._lock:
            window = math.floor(self.clock() / self.window_s)
            if window != self._window:
                self._window, self._used = window, 0
            allowed = self._used < self.requests
            self._used += allowed
            remaining = self.requests - self._used
        return allowed, self._headers(window, remaining, allowed=allowed)

    def _headers(self, window: int, remaining: int, *, allowed: bool) -> dict[str, str]:
        headers = {}
        if self.names_reset:
            reset = math.ceil((window + 1) * self.window_s)
            headers = {
                "X-RateLimit-Limit": str(self.requests),
                "X-RateLimit-Remaining": str(remaining),
                "X-RateLimit-Reset": str(reset),
            }
        if not allowed and self.retry_after_s is not None:
            headers["Retry-After"] = str(self.retry_after_s)
        return headers


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came in, for tests to look at."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    status: int | None
    """What it was answered; None where a fault took the answer."""


class Server(ThreadingHTTPServer):
    """Holds what the handler's threads share."""

    daemon_threads = True
    block_on_close = True
    # The default of 5 would refuse a sender with many lines.
    request_queue_size = 128

    def __init__(self, desk: Desk, rate: RateLimit, keys: frozenset[str], port: int) -> None:
        self.desk = desk
        self.rate = rate
        self.keys = keys
        self.script: list[Fault] = []
        self.seen: list[Seen] = []
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def next_fault(self) -> Fault | None:
        with self.lock:
            return self.script.pop(0) if self.script else None

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class decides
        """A client that leaves in the middle is what faults are for; anything else is our own mistake."""
        raise  # noqa: PLE0704 - called from the base class's except block


class Handler(BaseHTTPRequestHandler):
    """One connection, one request: SendGrid's client closes after each."""

    server: Server
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        self.close_connection = True
        self._serve(urlsplit(self.path))

    def _serve(self, url: Any) -> None:
        is_send = (self.command, url.path) == ("POST", MAIL_SEND)
        fault = self.server.next_fault() if is_send else None
        if fault is not None and fault.wire in faults.BEFORE_THE_BODY:
            self._strike(fault)
            return
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(min(length, REQUEST_BYTES + 1))
        if len(raw) < length <= REQUEST_BYTES:
            return
        reply = self._refusal(length) or self._answer(url, raw, fault)
        if reply is None:
            assert fault is not None
            self._strike(fault)
        else:
            self._send(reply)

    def _refusal(self, length: int) -> Reply | None:
        """What is refused before anybody looks at the body."""
        authorization = self.headers.get("Authorization") or ""
        scheme, _, key = authorization.partition(" ")
        if scheme != "Bearer" or key not in self.server.keys:
            return errors(
                401, Violation("The provided authorization grant is invalid, expired, or revoked", None)
            )
        allowed, self.rate_headers = self.server.rate.take()
        if not allowed:
            return errors(429, Violation("too many requests", None))
        if length > REQUEST_BYTES:
            return errors(
                413, Violation("The JSON payload you have included in your request is too large.", None)
            )
        return None

    def _answer(self, url: Any, raw: bytes, fault: Fault | None) -> Reply | None:
        """The reply; None where a fault takes its place."""
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            return errors(400, Violation("Bad Request", None))
        request = Request(self.command, url.path, query, body, self.headers.get("Content-Type") or "")
        try:
            return answer(self.server.desk, request, fault)
        except NotServed as error:
            return errors(error.status, Violation(str(error), None))

    rate_headers: Mapping[str, str] = {}

    def _send(self, reply: Reply) -> None:
        content = b"" if reply.body is None else json.dumps(reply.body).encode()
        self._note(reply.status)
        self.send_response(reply.status)
        for name, value in {**self.rate_headers, **reply.headers}.items():
            self.send_header(name, value)
        if content:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def _strike(self, fault: Fault) -> None:
        self._note(None)
        faults.strike(fault, self.connection, self.server.stopped.wait)

    def _note(self, status: int | None) -> None:
        with self.server.lock:
            self.server.seen.append(Seen(self.command, self.path, dict(self.headers), status))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Nothing is logged: `seen` is the record."""

    def setup(self) -> None:
        super().setup()
        # A client that hangs must not hold a thread for ever.
        self.connection.settimeout(30)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
