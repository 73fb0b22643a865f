"""A mail server that knows for certain what it has taken, and tells a trap of each of its steps."""

from __future__ import annotations

import socket
import time

from tests.crash.loopback import Loopback
from tests.crash.points import Smtp, Trap

_HALF_OF_A_MESSAGE_LINES = 100


class SmtpReceiver:
    """The server's mind: what it says and what it has taken. `connections` is where it listens."""

    def __init__(self) -> None:
        self.connections = Loopback(self._serve)
        self.pipelining = True
        self.pause_s = 0.0
        """How long a message takes. Less of it also shortens what has begun."""
        self.trap = Trap()
        self.taken: list[tuple[str, bytes]] = []
        """Recipient and message, in order; an append is whole or not at all."""

    def _serve(self, connection: socket.socket) -> None:
        _Session(self, connection).run()


class _Session:
    """One connection. A client that goes ends it by a `ConnectionError`."""

    def __init__(self, server: SmtpReceiver, connection: socket.socket) -> None:
        self._server = server
        self._trap = server.trap
        self._connection = connection
        self._reader = connection.makefile("rb")
        self._to = ""

    def run(self) -> None:
        self._trap.reached(Smtp.CONNECTED)
        with self._reader:
            self._say("220 receiver.example ESMTP")
            while self._obey(self._line()):
                pass

    def _obey(self, line: bytes) -> bool:
        """Do what a command asks for; false when it was the last."""
        command = line.decode().strip()
        match command.split(" ")[0].upper():
            case "EHLO":
                extensions = ["SIZE 50000000", *(["PIPELINING"] if self._server.pipelining else [])]
                self._say("\r\n".join(f"250-{name}" for name in extensions) + "\r\n250 ENHANCEDSTATUSCODES")
            case "MAIL":
                self._trap.reached(Smtp.MAIL)
                self._say("250 2.1.0 Ok")
            case "RCPT":
                self._trap.reached(Smtp.RCPT)
                self._to = command.partition("<")[2].partition(">")[0]
                self._say("250 2.1.5 Ok")
            case "DATA":
                self._data()
            case "RSET":
                self._say("250 2.0.0 Ok")
            case _:
                self._trap.reached(Smtp.QUIT)
                self._say("221 2.0.0 Bye")
                return False
        return True

    def _data(self) -> None:
        self._trap.reached(Smtp.DATA)
        self._say("354 Go on")
        self._trap.reached(Smtp.INPUT)
        message = self._message()
        if self._trap.reached(Smtp.DOT):
            raise ConnectionAbortedError
        self._server.taken.append((self._to, message))
        self._trap.reached(Smtp.TAKEN)
        self._pause()
        self._say("250 2.0.0 Ok: taken")
        self._trap.reached(Smtp.REPLIED)

    def _pause(self) -> None:
        begun = time.monotonic()
        while (left_s := begun + self._server.pause_s - time.monotonic()) > 0:
            time.sleep(min(left_s, 0.05))

    def _message(self) -> bytes:
        lines: list[bytes] = []
        while (line := self._line()) != b".\r\n":
            lines.append(line)
            if len(lines) == _HALF_OF_A_MESSAGE_LINES:
                self._trap.reached(Smtp.BODY)
        return b"".join(lines)

    def _line(self) -> bytes:
        line = self._reader.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionAbortedError
        return line

    def _say(self, text: str) -> None:
        self._connection.sendall(f"{text}\r\n".encode())
