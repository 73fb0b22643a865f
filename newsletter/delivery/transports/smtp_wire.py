"""One SMTP connection: smtplib opens it (TLS, EHLO, AUTH), and from then on its bytes are driven from here.

Rules:

1. What was written is counted, so that it is known whether the end of a message can have left.
2. A reply counts only when it is whole: three digits, its last line ended. A cut-off one is none.
3. Nothing waits for ever, and nothing less than RFC 5321 section 4.5.3.2 asks for. Setting the socket's time
   anew for each command would cost as much as the command, so it only ever grows, to that of the end of data.
4. A message is one call to the system each way, and while lines have a turn to wait for, few are at work at
   once: Python runs one thread at a time, and to change threads at each call costs as much as the call.
"""

from __future__ import annotations

import ipaddress
import re
import smtplib
import socket
import ssl
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Literal

from newsletter.delivery.transports import LineLost
from newsletter.delivery.transports.smtp_lines import LINE_BYTES, Lines, Turn
from newsletter.delivery.transports.smtp_replies import Reply, redacted
from newsletter.errors import TransportStopped

_LINES = 100

_REPLY_LINE = re.compile(rb"(\d{3})(?:[ -]([^\n]*)|\r?)\n")
"""Code and text. A line without its end does not match."""

_NO_REPLY = "the server's reply was cut off or is none"

_TIMEVAL = struct.Struct("ll")

_TOO_LATE = (TimeoutError, BlockingIOError)
"""How Python tells that time is up, and how the system does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds; those of RFC 5321 section 4.5.3.2, and our own for connecting and leaving.

    A short `end_s` would make duplicates: a server may take minutes to answer for a message it has taken.
    """

    connect_s: float = 30
    greeting_s: float = 300
    command_s: float = 300
    data_s: float = 120
    block_s: float = 180
    end_s: float = 600
    quit_s: float = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where mail is handed in, and how."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeouts: Timeouts = field(default_factory=Timeouts)
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    """What to trust; by default what the system trusts."""

    @property
    def named(self) -> str:
        return f"{self.host}:{self.port}"


class WireLost(Exception):
    """The connection is gone, or said something that is no reply. `written` is how much of a write left."""

    def __init__(self, detail: str, written: int = 0) -> None:
        super().__init__(detail)
        self.detail = detail
        self.written = written


class Wire:
    """An open, authenticated session."""

    def __init__(self, session: Session, timeouts: Timeouts) -> None:
        assert session.sock is not None
        self._session = session
        self._socket: socket.socket = session.sock
        self._timeouts = timeouts
        self._timeout_s = 0.0
        self._lines = session.lines
        self._is_plain = not isinstance(self._socket, ssl.SSLSocket)
        if self._is_plain:
            self._socket.settimeout(None)  # The system keeps time: Python would ask it before each call.
        self.pipelining = session.has_extn("pipelining")
        self.smtputf8 = session.has_extn("smtputf8")
        self.takes_size = session.has_extn("size")
        size = session.esmtp_features.get("size", "")
        self.size_limit = int(size) if size.isdigit() and int(size) else None

    def read(self, timeout_s: float) -> Reply:
        """One whole reply. Raises `WireLost`."""
        try:
            self._allow(timeout_s)
            return self._read()
        except _TOO_LATE:
            raise WireLost(f"no reply within {self._timeout_s:.0f} seconds") from None
        except OSError as error:
            raise WireLost(f"the connection broke: {_named(error)}") from None

    def write(self, *parts: bytes, timeout_s: float) -> None:
        """All of it. Raises `WireLost` with the number of bytes that were given to the system.

        TLS tells of a write only once all of it has left, so that there the number is that of whole parts.
        """
        written = 0
        try:
            self._allow(timeout_s)
            for taken in self._taken(parts):
                written += taken
        except _TOO_LATE:
            raise WireLost(f"the server took nothing for {self._timeout_s:.0f} seconds", written) from None
        except OSError as error:
            raise WireLost(f"the connection broke: {_named(error)}", written) from None

    @contextmanager
    def in_turn(self, turn: Turn) -> Iterator[None]:
        """Hold a turn but for the time that is spent waiting for the server. TLS can only wait."""
        if not self._is_plain:
            yield
            return
        with turn:
            self._lines.turn = turn
            try:
                yield
            finally:
                self._lines.turn = None

    def quit(self) -> None:
        """Take leave. Whatever happens now changes nothing that was answered before."""
        self.hurry()
        with suppress(WireLost):
            self.write(b"QUIT\r\n", timeout_s=self._timeouts.quit_s)
            self.read(self._timeouts.quit_s)
        self.drop()

    def hurry(self) -> None:
        """Let the next time that is given hold, though it be shorter than the last."""
        self._timeout_s = 0.0

    def drop(self) -> None:
        """Close, without a word."""
        self._session.close()

    def _taken(self, parts: Sequence[bytes]) -> Iterator[int]:
        """How much of the parts the system takes, time after time, until it has all."""
        taken = 0
        if self._is_plain:
            with suppress(BlockingIOError):
                taken = self._socket.sendmsg(parts, [], socket.MSG_DONTWAIT)
            yield taken
        for part in parts:
            rest = memoryview(part)[taken:]
            taken = max(taken - len(part), 0)
            while rest:
                with self._lines.turn.aside() if self._lines.turn else nullcontext():
                    sent = self._socket.send(rest)
                yield sent
                rest = rest[sent:]

    def _allow(self, timeout_s: float) -> None:
        if timeout_s <= self._timeout_s:
            return
        self._timeout_s = timeout_s
        if self._is_plain:
            time = _TIMEVAL.pack(int(timeout_s), int(timeout_s % 1 * 1_000_000))
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, time)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, time)
        else:
            self._socket.settimeout(timeout_s)

    def _read(self) -> Reply:
        lines = [self._read_line()]
        while lines[-1][3:4] == b"-":
            if len(lines) == _LINES:
                raise WireLost("the server's reply does not end")
            lines.append(self._read_line())
        return _reply(*lines)

    def _read_line(self) -> bytes:
        line = self._lines.readline(LINE_BYTES)
        if not line:
            raise WireLost("the server closed the connection")
        if not line[:3].isdigit() or not line.endswith(b"\n"):
            raise WireLost(_NO_REPLY)
        return line


@lru_cache(maxsize=64)
def _reply(*lines: bytes) -> Reply:
    """What these lines say. Kept, since a server says the same of nearly every message. Raises `WireLost`."""
    found = [line for line in map(_REPLY_LINE.fullmatch, lines) if line is not None]
    if len(found) < len(lines):
        raise WireLost(_NO_REPLY)
    codes = {line.group(1) for line in found}
    if len(codes) > 1:
        raise WireLost("the server's reply changes its code")
    texts = ((line.group(2) or b"").decode("utf-8", "replace").strip() for line in found)
    return Reply(int(codes.pop()), " ".join(texts))


def open_wire(server: Server) -> Wire:
    """Connect, secure and log in. Raises `LineLost`, or `TransportStopped` for what waiting does not mend."""
    _refuse_open_password(server)
    session = Session(server)
    try:
        _greet(session, server)
        return Wire(session, server.timeouts)
    except BaseException as error:
        session.close()
        if isinstance(error, (OSError, smtplib.SMTPException)):
            raise _translated(error, server) from None
        raise


@cache
def _trusted_by_the_system() -> ssl.SSLContext:
    """Made once: reading what the system trusts takes as long as sending a hundred messages."""
    return ssl.create_default_context()


def trust(server: Server) -> ssl.SSLContext:
    """What a certificate of this server is checked against."""
    return server.tls or _trusted_by_the_system()


class Session(smtplib.SMTP):
    """smtplib's session with our times and reader, TLS from the first byte when wanted, an unrevealing EHLO."""

    def __init__(self, server: Server) -> None:
        self._server = server
        super().__init__(local_hostname="[127.0.0.1]", timeout=server.timeouts.connect_s)
        self._host = server.host  # What STARTTLS checks the certificate against.

    @property
    def lines(self) -> Lines:
        """The reader of what the server says; a new one after STARTTLS, since nothing of before may count."""
        if not isinstance(self.file, Lines):
            assert self.sock is not None
            self.file = Lines(self.sock)
        return self.file

    def getreply(self) -> tuple[int, bytes]:
        _ = self.lines
        return super().getreply()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        opened = socket.create_connection((host, port), timeout)
        try:
            if self._server.security == "tls":
                opened = trust(self._server).wrap_socket(opened, server_hostname=host)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.settimeout(self._server.timeouts.greeting_s)
            self.local_hostname = _literal(opened.getsockname()[0])
        except BaseException:
            opened.close()
            raise
        return opened


def _greet(session: Session, server: Server) -> None:
    code, text = session.connect(server.host, server.port)
    if code != 220:  # noqa: PLR2004 - RFC 5321 section 4.3.2
        raise smtplib.SMTPConnectError(code, text)
    session.ehlo_or_helo_if_needed()
    if server.security == "starttls":
        session.starttls(context=trust(server))
        session.ehlo_or_helo_if_needed()
    if server.username is not None:
        session.login(server.username, server.password or "")


def _refuse_open_password(server: Server) -> None:
    if server.username is not None and server.security == "none" and not _is_here(server.host):
        raise TransportStopped(
            f"the password for {server.named} would travel in the open",
            "Set `security: starttls` or `tls` under `smtp:` in newsletter.yaml.",
        )


def _translated(error: OSError | smtplib.SMTPException, server: Server) -> LineLost | TransportStopped:
    """A failure to open a line as one of ours: does waiting mend it?"""
    if isinstance(error, ssl.SSLCertVerificationError):
        return TransportStopped(
            f"{server.named} cannot be trusted: {error.verify_message}",
            "Check `host` under `smtp:`; the certificate must be valid for that very name.",
        )
    if isinstance(error, smtplib.SMTPNotSupportedError):
        wanted = "STARTTLS" if server.security == "starttls" else "a way to log in that we know"
        return TransportStopped(
            f"{server.named} does not offer {wanted}", "Check `port` and `security` under `smtp:`."
        )
    if isinstance(error, smtplib.SMTPResponseException):
        return _refused(error, server)
    if isinstance(error, smtplib.SMTPException):
        return LineLost(f"{server.named} broke off while greeting or logging in")
    return LineLost(f"{server.named} cannot be reached: {_named(error)}")


def _refused(error: smtplib.SMTPResponseException, server: Server) -> LineLost | TransportStopped:
    raw = error.smtp_error
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    said = redacted(f"{error.smtp_code} {text}", server.username or "")
    if not 500 <= error.smtp_code < 600:  # noqa: PLR2004 - RFC 5321 section 4.2.1
        return LineLost(f"{server.named} says: {said}")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return TransportStopped(
            f"{server.named} refuses the login: {said}",
            "Check `username` under `smtp:` and NEWSLETTER_SMTP_PASSWORD.",
        )
    return TransportStopped(f"{server.named} refuses us: {said}", "Ask whoever runs the server.")


def _named(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _literal(address: str) -> str:
    """The address literal of RFC 5321 section 4.1.3: it names the connection, and not the machine."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return f"[{found}]" if found.version == 4 else f"[IPv6:{found}]"  # noqa: PLR2004


def _is_here(host: str) -> bool:
    return host == "localhost" or host.startswith("127.") or host == "::1"
