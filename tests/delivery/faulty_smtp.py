"""An SMTP server on loopback that does one wrong thing at one moment, and knows what it has taken."""

from __future__ import annotations

import select
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Fault:
    """At one point of one transaction: say something else, take the message or not, and hang up or not."""

    at: str
    """MAIL, RCPT, DATA, BODY (after its first bytes), END or QUIT."""
    say: str | None = None
    """Said instead of the proper reply, as it stands; None says nothing, and then hangs up."""
    then: str = "close"
    """`close`, `reset`, `hang` (read on, and say nothing), `stall` (read nothing either) or `go on`."""
    take: bool = False
    """At END: the message is taken before the fault."""


class _HangUp(Exception):
    pass


@dataclass
class FaultySmtp:
    """Serves while the `with` block lasts. `fault` strikes once, in transaction number `on` (from 0)."""

    fault: Fault | None = None
    on: int = 2
    pipelining: bool = True
    extensions: tuple[str, ...] = ("SIZE 50000000", "ENHANCEDSTATUSCODES")
    greeting: str = "220 faulty.example ESMTP\r\n"
    grants_data_always: bool = False
    """354 even when nobody was accepted by RCPT, as some servers do."""
    always: bool = False
    """The fault strikes in every transaction from `on`."""
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    lone_dots: int = 0
    sessions: int = 0
    commands: list[str] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    """The server's side of TLS, from the first byte."""
    piecemeal: bool = False
    """Replies come byte by byte."""
    looks_ahead: bool = False
    """Notes in `written_ahead`, before it answers for a message, whether the next has been begun."""
    written_ahead: list[bool] = field(default_factory=list)
    _transactions: int = -1

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in self._threads:
            thread.join()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def addresses(self) -> list[str]:
        """To whom messages were taken, in order."""
        return [address for address, _ in self.taken]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            self.sessions += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _Session(self, connection).run()
        except (_HangUp, OSError):
            return
        finally:
            connection.close()

    def strikes(self, at: str) -> Fault | None:
        """The fault, if this is its moment."""
        fault = self.fault
        if fault is None or fault.at != at:
            return None
        if at != "QUIT" and (
            self._transactions < self.on or (self._transactions > self.on and not self.always)
        ):
            return None
        return fault


class _Session:
    def __init__(self, server: FaultySmtp, connection: socket.socket) -> None:
        self._server = server
        self._connection = connection
        self._unread = b""
        self._to = ""

    def run(self) -> None:
        self._say(self._server.greeting)
        while line := self._line():
            self._obey(line.decode().strip())

    def _line(self) -> bytes:
        """The next line with its end; empty when the client has hung up."""
        while b"\n" not in self._unread:
            more = self._connection.recv(65_536)
            if not more:
                return b""
            self._unread += more
        line, end, self._unread = self._unread.partition(b"\n")
        return line + end

    def _has_more(self) -> bool:
        """Whether the client has written on without waiting for a reply."""
        return bool(self._unread or select.select([self._connection], [], [], 0.05)[0])

    def _obey(self, command: str) -> None:
        self._server.commands.append(command)
        verb = command.split(" ", maxsplit=1)[0].upper()
        match verb:
            case "EHLO":
                names = [*self._server.extensions, *(["PIPELINING"] if self._server.pipelining else [])]
                self._say("".join(f"250-{name}\r\n" for name in ["faulty.example", *names]) + "250 HELP\r\n")
            case "MAIL":
                self._server._transactions += 1
                self._to = ""
                self._answer("MAIL", "250 2.1.0 Ok")
            case "RCPT":
                if self._answer("RCPT", "250 2.1.5 Ok"):
                    self._to = command.partition("<")[2].partition(">")[0]
            case "DATA":
                self._data()
            case "RSET":
                self._say("250 2.0.0 Ok\r\n")
            case "QUIT":
                self._answer("QUIT", "221 2.0.0 Bye")
                raise _HangUp
            case _:
                self._say("502 5.5.2 What?\r\n")

    def _data(self) -> None:
        if not self._to and not self._server.grants_data_always:
            self._say("503 5.5.1 No valid recipients\r\n")
            return
        if not self._answer("DATA", "354 Go on"):
            return
        body = self._body()
        if not body:
            self._server.lone_dots += 1
            self._say("250 2.0.0 Ok, though there was nothing\r\n")
            return
        if self._server.looks_ahead:
            self._server.written_ahead.append(self._has_more())
        fault = self._server.strikes("END")
        if fault is None or fault.take:
            self._server.taken.append((self._to, body))
        self._answer("END", "250 2.0.0 Ok: queued as 4F3A2B1C")

    def _body(self) -> bytes:
        lines: list[bytes] = []
        while (line := self._line()) != b".\r\n":
            if not line:
                raise _HangUp
            lines.append(line)
            if self._server.strikes("BODY"):
                self._answer("BODY", "")
        return b"".join(lines)

    def _answer(self, at: str, proper: str) -> bool:
        """Give the proper reply, or the fault; whether the command was granted."""
        fault = self._server.strikes(at)
        if fault is None:
            self._say(f"{proper}\r\n")
            return True
        if fault.say is not None:
            self._say(fault.say)
        if fault.then == "go on":
            return fault.say is not None and fault.say[:1] in "23"
        if fault.then == "hang":
            while self._connection.recv(65_536):
                continue
        if fault.then == "stall":
            ended = select.poll()
            ended.register(self._connection, select.POLLRDHUP)
            ended.poll()
        if fault.then == "reset":
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        raise _HangUp

    def _say(self, text: str) -> None:
        reply = text.encode()
        step = 1 if self._server.piecemeal else len(reply) or 1
        for start in range(0, len(reply), step):
            self._connection.sendall(reply[start : start + step])
