"""Around every answer: the headers that keep a page to itself, and an end to floods.

Rule: no answer leaves without these headers, an error least of all. A page of ours runs no script, fetches
nothing, is framed by nobody, tells nobody where the reader came from, and is kept by no cache.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.site.allowance import Allowance
from newsletter.site.requests import client_of

_log = logging.getLogger(__name__)

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The policy of whatever names none of its own."""

SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": NOTHING,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        "magnetometer=(), microphone=(), payment=(), usb=()"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_HTTPS_FOR = "max-age=31536000"
"""A year (RFC 6797), for this host alone: what stands beside it is not ours to decide."""

_FLOOD_BURST, _FLOOD_EVERY_S = 600, 1 / 60
"""A large receiver hands in the one-click requests of all its readers from a few addresses."""

Refusal = Callable[[float], Awaitable[Response]]
"""The answer to somebody who asks too much, told the seconds to wait."""


class Guard:
    """Stands before the app, its error pages included."""

    def __init__(self, app: ASGIApp, *, too_many: Refusal) -> None:
        self._app = app
        self._too_many = too_many
        self._flood = Allowance(burst=_FLOOD_BURST, every_s=_FLOOD_EVERY_S)
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_https = scope["scheme"] == "https"

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE.items():
                    headers.setdefault(name, value)
                if is_https:
                    headers.setdefault("Strict-Transport-Security", _HTTPS_FOR)
            await send(message)

        connection = HTTPConnection(scope)
        self._warn_of_a_proxy(connection)
        wait_s = self._flood.take(client_of(connection))
        answer = await self._too_many(wait_s) if wait_s else self._app
        await answer(scope, receive, safely)

    def _warn_of_a_proxy(self, connection: HTTPConnection) -> None:
        """Behind a proxy that nobody named, all readers count as one."""
        passed_on_for = connection.headers.get("x-forwarded-for")
        if self._has_warned or passed_on_for is None or connection.client is None:
            return
        if connection.client.host not in passed_on_for:
            self._has_warned = True
            _log.warning("serve.trusted_proxies does not name a proxy that is used: all readers count as one")
