"""SMTP servers that nobody here wrote: aiosmtpd in a thread, Postfix's smtp-sink as a process."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "relay-user", "a password for tests alone"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Taken:
    """What aiosmtpd took, and from whom."""

    messages: list[tuple[str, str, bytes]] = field(default_factory=list)
    """Envelope sender, recipient, content."""
    sessions: set[int] = field(default_factory=set)

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        (to,) = envelope.rcpt_tos
        self.messages.append((str(envelope.mail_from), to, envelope.content))
        self.sessions.add(id(session))
        return "250 2.0.0 taken"


def _authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, who: Any) -> AuthResult:
    good = isinstance(who, LoginPassword) and who == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@contextmanager
def aiosmtpd(*, login: bool = False, taken: Taken | None = None, **options: Any) -> Iterator[tuple[Taken, int]]:
    """A server in a thread; what it takes, and its port. `login` asks for `USER` and `PASSWORD` under TLS.

    `taken` is told of each message; a kind of its own may refuse some.
    """
    taken, port = taken or Taken(), free_port()
    if login:
        options |= {"authenticator": _authenticate, "auth_required": True, "auth_require_tls": True}
    server = Controller(taken, hostname="127.0.0.1", port=port, **options)
    server.start()
    try:
        yield taken, port
    finally:
        server.stop()


@dataclass(frozen=True)
class Certificate:
    """A server's certificate for 127.0.0.1 and localhost, and a client that trusts it."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def certificate(folder: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.test")])
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "relay.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return Certificate(server, ssl.create_default_context(cafile=path))


@contextmanager
def smtp_sink(*flags: str) -> Iterator[int]:
    """Postfix's test server with its fault flags; its port. Skips the test where it is not installed."""
    program = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/libexec/postfix")
    if program is None:
        missing = "smtp-sink (of the package postfix) is not installed"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    port = free_port()
    as_nobody = ("-u", "nobody") if os.getuid() == 0 else ()
    server = subprocess.Popen([program, *as_nobody, *flags, f"127.0.0.1:{port}", "100"])
    try:
        _wait_until_open(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait_until_open(port: int) -> None:
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.01)
        else:
            return
    pytest.fail("the server did not start")
