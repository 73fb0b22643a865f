"""The preview served on this machine, until it is told to stop."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from newsletter.errors import UsageError
from newsletter.preview.app import build
from newsletter.preview.desk import Desk
from newsletter.preview.guard import Keys
from newsletter.preview.live import Live

HOST = "127.0.0.1"
_GOODBYE_S = 1
"""How long an open request may keep the preview from ending."""


def serve(desk: Desk, *, port: int, ready: Callable[[str], None]) -> None:
    """Serve the preview of a desk on a port (0 for any free one) until Ctrl-C.

    `ready` is told the link that opens it, which works once. Raises `UsageError` where the port is taken, and
    what ended it where that was not Ctrl-C.
    """
    with _bound(port) as listening:
        authority = f"{HOST}:{listening.getsockname()[1]}"
        keys = Keys()
        live = Live(desk)
        config = uvicorn.Config(
            build(live, keys, authority),
            log_config=None,
            access_log=False,
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=_GOODBYE_S,
        )
        server = _Server(config, live)
        ready(keys.link(authority))
        server.run(sockets=[listening])
    if live.defect is not None:
        raise live.defect


class _Server(uvicorn.Server):
    """Lets the pages that listen go when it is asked to stop, and stops when there is nothing more to tell."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        live.on_close = self._stop
        self._live = live

    def handle_exit(self, sig: int, frame: object) -> None:
        super().handle_exit(sig, frame)  # type: ignore[arg-type]  # the frame is passed on as it came
        self._live.close()

    def _stop(self) -> None:
        self.should_exit = True


def _bound(port: int) -> socket.socket:
    # Only where the protocol is named does asyncio turn Nagle's algorithm off: 40 ms an answer.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        # Before anybody is told the link: a browser that is faster than the server has to wait, not to fail.
        listening.listen()
    except OSError as error:
        listening.close()
        raise UsageError(
            f"port {port} cannot be used: {error.strerror}", "Leave --port out for a free one."
        ) from None
    return listening
