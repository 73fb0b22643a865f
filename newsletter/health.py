"""How a process is, for whoever watches it, at a port of its own: `/live`, `/ready` and `/metrics`.

Rule: it stands beside what the process does for others, so that no reader of the public pages sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Self

from newsletter.errors import UsageError

Answer = tuple[int, str, bytes]
"""Status, content type, body."""


class Health:
    """Answers at a port while the `with` block lasts."""

    def __init__(self, host: str, port: int, answers: dict[str, Callable[[], Answer]]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = answers.get(self.path)
                status, kind, body = answer() if answer else (404, "text/plain", b"no such page\n")
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(ConnectionError):
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """A look at the numbers is no event."""

        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except OSError as error:
            raise UsageError(
                f"{host}, port {port}, cannot be listened at: {error.strerror}",
                "Choose another --metrics-port.",
            ) from None
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, name="health", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def plain(status: int, words: str) -> Answer:
    """An answer in words."""
    return status, "text/plain; charset=utf-8", f"{words}\n".encode()
