"""A real web site on loopback: one answer for every page, at its own time of day."""

from __future__ import annotations

import ssl
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class Site:
    """The site, for as long as the `with` block lasts."""

    def __init__(self, *, status: int = 200, tls: ssl.SSLContext | None = None) -> None:
        self.status = status
        self.date: str | None = formatdate(usegmt=True)
        self.location = ""
        self.seen: list[str] = []
        """`GET /path` of each request."""
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.site = self
        self._scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    site: Site

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not trust the certificate hangs up, and that is what the test wants."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        site = self.server.site
        site.seen.append(f"{self.command} {self.path}")
        self.send_response_only(site.status)
        if site.date is not None:
            self.send_header("Date", site.date)
        if site.location:
            self.send_header("Location", site.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """`seen` is the record."""
