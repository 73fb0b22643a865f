"""The pages served, until the process is told to stop.

Rule: what was accepted is finished before the end, and nothing of a request is written down: no address, no
token, no line for a visit.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from newsletter.errors import Mistake, SettingsError, UsageError, Where
from newsletter.settings import Serve
from newsletter.site.app import build
from newsletter.site.office import open_office
from newsletter.workspace import SETTINGS, Workspace

_GOODBYE_S = 15
"""How long an open request may keep the process from ending."""

_MOST_CONNECTIONS = 500
"""Half of what a process may usually hold open; beyond, 503."""

_BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 is any free one."""

    host: str
    port: int


def serve(workspace: Workspace, where: Address, *, ready: Callable[[str], None]) -> None:
    """Serve the public pages of a workspace until SIGINT or SIGTERM.

    `ready` is told the base address once requests are taken. Raises `UsageError` where the port cannot be used,
    `SettingsError` where the certificate cannot, and `LedgerError`.
    """
    settings = workspace.settings.serve
    certificate, key = _certificate(settings, workspace.root)
    with _bound(where) as listening, open_office(workspace) as office:
        config = uvicorn.Config(
            build(office),
            http=Impatient,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            ssl_certfile=certificate,
            ssl_keyfile=key,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=_GOODBYE_S,
        )
        host, port = listening.getsockname()[:2]
        scheme = "https" if certificate else "http"
        named = f"[{host}]" if ":" in host else host
        _Server(config, lambda: ready(f"{scheme}://{named}:{port}")).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()


class Impatient(H11Protocol):
    """Hangs up on whoever does not finish the head of a request: uvicorn itself would wait for ever."""

    head_s = 15.0
    """How long the head of a request may take to arrive."""

    _until: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._until is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._until = self.loop.call_later(self.head_s, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._until is not None:
            self._until.cancel()
            self._until = None


def _certificate(settings: Serve, root: Path) -> tuple[Path | None, Path | None]:
    """The files of the certificate and its key, found good; paths in the settings start at the workspace."""
    if settings.certificate is None:
        return None, None
    certificate = root / settings.certificate
    key = root / settings.private_key if settings.private_key else None
    try:
        # A key that wants a password would have OpenSSL ask for it at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except OSError as error:
        reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        what = f"serve.certificate and serve.private_key cannot be used: {reason}"
        hint = "They are PEM files that this user may read; the key has no password."
        raise SettingsError([Mistake(Where(SETTINGS), what)], hint) from None
    return certificate, key


def _bound(where: Address) -> socket.socket:
    """A socket that listens. Before `ready` is told: a reader who is quick has to wait, not to fail."""
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    # Only where the protocol is named does asyncio turn Nagle's algorithm off, which otherwise holds back the
    # second half of each answer on a kept connection for 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((where.host, where.port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"{where.host}, port {where.port}, cannot be served at: {error.strerror or error}",
            "Choose another with --host and --port, or see serve.host and serve.port in newsletter.yaml.",
        ) from None
    return listening
