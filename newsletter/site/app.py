"""The application: the routes of every room, and an answer in plain words to whatever goes wrong.

Rule: a room is a module with `ROUTES`, named here; its handlers find all they need by `office_of(request)`.
"""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from newsletter.errors import NewsletterError
from newsletter.site import joining, leaving, online, webhook
from newsletter.site.guard import Guard
from newsletter.site.office import Office, office_of

_log = logging.getLogger(__name__)

ROUTES: Final[list[BaseRoute]] = [*leaving.ROUTES, *joining.ROUTES, *webhook.ROUTES, *online.ROUTES]
"""In order: the first that fits answers."""


def build(office: Office) -> ASGIApp:
    """The pages of an office as an ASGI application."""
    app = Starlette(
        routes=ROUTES,
        exception_handlers={HTTPException: _refused, NewsletterError: _not_now, Exception: _broken},
        lifespan=_lifespan,
    )
    app.state.office = office

    async def too_many(wait_s: float) -> Response:
        return office.pages.error(429, {"Retry-After": str(math.ceil(wait_s))})

    return Guard(app, too_many=too_many)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    """Close the records while the process is still being listened to: after a signal nothing else is run."""
    yield
    app.state.office.close()


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return office_of(request).pages.error(error.status_code, error.headers)


async def _not_now(request: Request, error: Exception) -> Response:
    """The ledger is busy or cannot be written: nothing was changed, and whoever asked may ask again."""
    assert isinstance(error, NewsletterError)
    _log.error("a request was not carried out: %s", error.message)
    return office_of(request).pages.error(503, {"Retry-After": "60"})


async def _broken(request: Request, _error: Exception) -> Response:
    return office_of(request).pages.error(500)
