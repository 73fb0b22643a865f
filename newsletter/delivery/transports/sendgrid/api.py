"""SendGrid's HTTP API through its own client, with what that client lacks.

Rule: every exchange ends in bounded time, follows no redirect, shows no key to any log, and its end is told as
one of four facts: a reply, unsent (the request was never whole), lost (it was, and no reply came), too large.

The client has no time-out by default, follows redirects with the key in hand, and writes key and recipients
to its debug log; see `_make_request` and `_Quiet`. It is imported with this module, which takes 0.2 s: import
this module late.
"""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
import threading
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.error import URLError

import python_http_client
import python_http_client.exceptions
import sendgrid

from newsletter.delivery.transports.sendgrid.limits import MOST_REQUEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from newsletter.delivery.transports.sendgrid.settings import Access


@dataclass(frozen=True, slots=True)
class Reply:
    """SendGrid answered."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unsent:
    """The connection failed before the request was whole at the other side, which therefore cannot have it."""

    detail: str
    begun: bool = False
    """Whether there was a connection, so that the request itself may be what broke it."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The request went out whole and no reply came back: nobody can know what became of it."""

    detail: str


@dataclass(frozen=True, slots=True)
class TooLarge:
    """Nothing was sent: the request would be larger than SendGrid takes."""

    size_bytes: int


Exchange = Reply | Unsent | Lost | TooLarge


class _Quiet(logging.Filter):
    """Keeps what the client says at DEBUG (the Authorization header, each payload) from every handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.DEBUG


# A filter outlives whatever levels a program sets later.
logging.getLogger("python_http_client.client").addFilter(_Quiet())


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Lets a redirect be an error: following one would carry the key to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class _Oversized(Exception):
    def __init__(self, size_bytes: int) -> None:
        super().__init__()
        self.size_bytes = size_bytes


class _Deadline:
    """Ends the connection of an exchange that takes too long as a whole.

    A socket's time-out counts each step, so a reply that drips would never end.
    """

    def __init__(self, limit_s: float) -> None:
        self._socket: socket.socket | None = None
        self._passed = False
        self.connected = False
        self._timer = threading.Timer(limit_s, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def watch(self, connection: socket.socket) -> None:
        """Take charge of a connection just made."""
        self._socket = connection
        self.connected = True
        if self._passed:
            raise TimeoutError("deadline")

    def _end(self) -> None:
        self._passed = True
        if self._socket is not None:
            try:
                # The plain method: that of a TLS socket would let its reader go on in clear.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                # Closed in this very moment: the exchange has ended by itself.
                return


def _opener(watch: Callable[[socket.socket], None], *, proxies: bool) -> urllib.request.OpenerDirector:
    """An opener that shows each connection to `watch`. TLS is verified, and its context made once."""

    class Plain(http.client.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            watch(self.sock)

    class Secure(http.client.HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            watch(self.sock)

    context = ssl.create_default_context()

    class PlainHandler(urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Plain, req)

    class SecureHandler(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Secure, req, context=context)

    return urllib.request.build_opener(
        _NoRedirect(),
        urllib.request.ProxyHandler(None if proxies else {}),
        PlainHandler(debuglevel=0),
        SecureHandler(debuglevel=0, context=context),
    )


class _Client(python_http_client.Client):  # type: ignore[misc]  # the library ships no types
    """The library's client with our opener; its `_make_request` is there to be replaced, by its own word."""

    opener: urllib.request.OpenerDirector

    def _build_client(self, name: str | None = None) -> _Client:
        client = _Client(
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
            timeout=self.timeout,
        )
        client.opener = self.opener
        return client

    def _make_request(self, opener: Any, request: urllib.request.Request, timeout: float | None = None) -> Any:
        del opener  # follows redirects
        size = len(request.data) if isinstance(request.data, bytes) else 0
        if size > MOST_REQUEST_BYTES:
            raise _Oversized(size)
        return super()._make_request(self.opener, request, timeout=timeout)


class Api:
    """One line to SendGrid: one exchange at a time. Raises `SettingsError` for an empty key or a bad host."""

    def __init__(self, access: Access) -> None:
        access.check()
        self._whole_s = access.whole_s
        self._deadline = _Deadline(access.whole_s)
        outer = sendgrid.SendGridAPIClient(access.api_key, host=access.host)
        client = _Client(
            host=access.host,
            # Given here, as the library would add it later to a dictionary that threads share.
            request_headers={**outer.client.request_headers, "Content-Type": "application/json"},
            version=3,
            timeout=access.step_s,
        )
        client.opener = _opener(self._watch, proxies=not access.is_local)
        outer.client = client
        self._sendgrid = outer

    def _watch(self, connection: socket.socket) -> None:
        self._deadline.watch(connection)

    def send(self, request: Mapping[str, Any]) -> Exchange:
        """POST v3/mail/send."""
        return self._exchange(lambda: self._sendgrid.send(request))

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Exchange:
        """Ask anything else: `method` is get, post, patch or delete, `path` stands below /v3/."""
        request = getattr(self._sendgrid.client._(path), method)
        return self._exchange(lambda: request(request_body=body, query_params=query))

    def _exchange(self, ask: Callable[[], Any]) -> Exchange:
        self._deadline = _Deadline(self._whole_s)
        with self._deadline:
            try:
                answer = ask()
            except python_http_client.exceptions.HTTPError as error:
                answer = error
            except _Oversized as error:
                return TooLarge(error.size_bytes)
            except URLError as error:
                # urllib wraps what fails while connecting and sending, and nothing later.
                return Unsent(_kind(error.reason), begun=self._deadline.connected)
            except (OSError, http.client.HTTPException) as error:
                return Lost(_kind(error))
        return Reply(answer.status_code, answer.headers, answer.body)


def _kind(error: object) -> str:
    """What failed, without anything the other side wrote."""
    reason = getattr(error, "strerror", None) or ""
    return f"{type(error).__name__} {reason}".strip()
