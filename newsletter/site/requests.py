"""What a request brings, read with bounds: who sends it, and its form."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request

from newsletter.site.allowance import client_name

FORM_BYTES = 8_192
"""An address has at most 254 bytes, and there are few fields beside it."""

_BODY_S = 15.0
"""How long a body may take; a phone in a tunnel needs a while, and nobody needs more."""

_MOST_FIELDS = 20


def client_of(connection: HTTPConnection) -> str:
    """A name for who asks, by which their requests are counted."""
    return client_name(connection.client.host if connection.client else "")


async def body_of(request: Request, *, at_most: int) -> bytes:
    """The whole body. Raises `HTTPException`: 413 where it is larger, 408 where it does not come."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > at_most:
        raise HTTPException(413)
    held = bytearray()
    try:
        async with asyncio.timeout(_BODY_S):
            async for chunk in request.stream():
                held += chunk
                if len(held) > at_most:
                    raise HTTPException(413)
    except (TimeoutError, ClientDisconnect):
        raise HTTPException(408) from None
    return bytes(held)


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form of ours, the first of each name; none where the body is no such form."""
    body = await body_of(request, at_most=FORM_BYTES)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    try:
        fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise HTTPException(413) from None
    return dict(reversed(fields))
