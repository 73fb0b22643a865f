"""Greylisting as a Postfix policy service: whoever is called `grey…` is let through at the second asking."""

from __future__ import annotations

import socketserver
from threading import Thread
from types import TracebackType
from typing import Self


class _Asked(socketserver.StreamRequestHandler):
    """One smtpd process asking: lines `name=value`, an empty one at the end of each question."""

    server: _Server

    def handle(self) -> None:
        question: dict[str, str] = {}
        for line in self.rfile:
            name, _, value = line.decode().strip().partition("=")
            if name:
                question[name] = value
            else:
                self.wfile.write(f"action={self.server.action(question['recipient'])}\n\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self._seen: set[str] = set()

    def action(self, recipient: str) -> str:
        if recipient in self._seen or not recipient.startswith("grey"):
            return "DUNNO"
        self._seen.add(recipient)
        return "450 4.2.0 Greylisted, come back later"


class Greylist:
    """The service, for as long as the `with` block lasts."""

    def __enter__(self) -> Self:
        self._server = _Server()
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])
