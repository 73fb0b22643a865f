"""Who may talk to the page: the browser that was given the link, and nobody else.

Rule: a request without the key learns nothing, not even whether a page is there. Other pages of this machine
are strangers too: cookies do not tell one port from another, so ours is bound to a path that nobody can guess,
and whatever a browser sends on behalf of another page is refused.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE = "newsletter-preview"
_FROM_OURSELVES = frozenset({"same-origin", "none"})

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-same-origin"
)
"""The mail itself: it may be styled, and nothing else. No script runs, nothing is fetched, nothing opens."""

_WELCOME = (
    '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=./"><title>Preview</title>'
)
"""A page that goes on to the preview by itself: a redirect from elsewhere would leave the cookie behind."""


@dataclass(slots=True)
class Keys:
    """The secrets of one preview: a path, a token for one use, and the cookie that it is changed for."""

    room: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    used: bool = False

    @property
    def path(self) -> str:
        return f"/{self.room}/"

    def link(self, authority: str) -> str:
        """What opens the preview, once."""
        return f"http://{authority}{self.path}?token={self.token}"


class Guard:
    """Lets a request through to the app, or answers it alike whatever it was after."""

    def __init__(self, app: ASGIApp, *, keys: Keys, authority: str) -> None:
        self._app = app
        self._keys = keys
        self._authority = authority

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if not self._is_for_us(request):
            await _refused()(scope, receive, send)
        elif self._is_known(request):
            if self._is_ours(request):
                await self._app(scope, receive, send)
            else:
                await _refused()(scope, receive, send)
        else:
            await self._first(request)(scope, receive, send)

    def _is_for_us(self, connection: HTTPConnection) -> bool:
        """By the right name (a foreign name could point here) and under the right path."""
        return connection.headers.get("host") == self._authority and connection.url.path.startswith(
            self._keys.path
        )

    def _is_known(self, connection: HTTPConnection) -> bool:
        return _same(connection.cookies.get(COOKIE, ""), self._keys.cookie)

    def _is_ours(self, request: Request) -> bool:
        """Whether our own page asks. What changes something has to say so."""
        origin = request.headers.get("origin")
        if request.method not in {"GET", "HEAD"} and origin is None:
            return False
        if origin is not None and origin != f"http://{self._authority}":
            return False
        return request.headers.get("sec-fetch-site", "none") in _FROM_OURSELVES

    def _first(self, request: Request) -> Response:
        """Change the token for the cookie, once."""
        given = request.query_params.get("token", "")
        at_the_door = request.method == "GET" and request.url.path == self._keys.path
        if self._keys.used or not at_the_door or not _same(given, self._keys.token):
            return _refused()
        self._keys.used = True
        welcome = HTMLResponse(_WELCOME, headers=SAFE | {"Content-Security-Policy": "default-src 'none'"})
        welcome.set_cookie(COOKIE, self._keys.cookie, path=self._keys.path, httponly=True, samesite="strict")
        return welcome


SAFE = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def _refused() -> Response:
    words = "This link was opened already, or is not one. Start again: newsletter preview\n"
    return PlainTextResponse(words, 403, headers=SAFE)


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode(), secret.encode())
