"""The page's routes: each reads the desk, or does one act, and answers in JSON, HTML or events.

Rule: what takes time runs in a thread; what goes wrong on purpose is told in words, with its hint.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from newsletter.errors import NewsletterError, UsageError
from newsletter.preview import acts, page, results, told
from newsletter.preview.desk import Desk
from newsletter.preview.guard import MAIL_POLICY, PAGE_POLICY, SAFE, Guard, Keys
from newsletter.preview.live import Live
from newsletter.preview.people import Crowd, Wanted
from newsletter.preview.views import Client, Look

_Handler = Callable[[Desk, Request], Any]


_DIGITS = 9
"""No list has a thousand million pages, and Python reads no number of more than 4,300 digits."""


def build(live: Live, keys: Keys, authority: str) -> Starlette:
    """The application for one desk, at `authority` (host and port)."""
    room = [
        Route("/", _page),
        Route("/page.css", _style),
        Route("/page.js", _script),
        Route("/events", _events),
        Route("/state", _answer(_state)),
        Route("/copy", _answer(_copy)),
        Route("/mail", _mail),
        Route("/message.eml", _message),
        Route("/source", _answer(_source)),
        Route("/people", _answer(_people)),
        Route("/results", _results),
        Route("/step", _answer(_step)),
        Route("/file", _answer(_file)),
        Route("/choose", _choose, methods=["POST"]),
        Route("/approve", _approve, methods=["POST"]),
        Route("/test", _test, methods=["POST"]),
    ]
    app = Starlette(
        routes=[Mount(keys.path.rstrip("/"), routes=room)],
        middleware=[Middleware(Guard, keys=keys, authority=authority)],
        exception_handlers={NewsletterError: _told_error},
        lifespan=lambda _app: live.running(),
    )
    app.state.live = live
    return app


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.live.desk
    return desk


def _answer(handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
    """A route that answers with what the handler tells."""

    @wraps(handler)
    async def route(request: Request) -> Response:
        live: Live = request.app.state.live
        return JSONResponse(await live.drawn(lambda desk: handler(desk, request)), headers=SAFE)

    return route


async def _told_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, NewsletterError)
    return JSONResponse({"error": error.message, "hint": error.hint}, 409, headers=SAFE)


async def _page(_request: Request) -> Response:
    return HTMLResponse(page.html(), headers=SAFE | {"Content-Security-Policy": PAGE_POLICY})


async def _results(request: Request) -> Response:
    wanted = request.query_params.get("issue")
    html = await asyncio.to_thread(results.page, _desk(request), wanted)
    return HTMLResponse(html, headers=SAFE | {"Content-Security-Policy": PAGE_POLICY})


async def _style(_request: Request) -> Response:
    return Response(page.css(), media_type="text/css", headers=SAFE)


async def _script(_request: Request) -> Response:
    return Response(page.script(), media_type="text/javascript", headers=SAFE)


async def _events(request: Request) -> Response:
    live: Live = request.app.state.live
    return StreamingResponse(live.told(), media_type="text/event-stream", headers=SAFE)


def _state(desk: Desk, _request: Request) -> told.Told:
    return told.state(desk)


def _copy(desk: Desk, request: Request) -> told.Told:
    query = request.query_params
    found = desk.copy(query.get("segment") or None, query.get("person"))
    return told.copy(found, masked=_masked(request))


def _source(desk: Desk, request: Request) -> told.Told:
    query = request.query_params
    found = desk.copy(query.get("segment") or None, query.get("person"))
    return {"source": told.source(found, masked=_masked(request))}


async def _mail(request: Request) -> Response:
    query = request.query_params
    client, look = _client(query.get("client")), _look(query.get("look"))

    live: Live = request.app.state.live
    html = await live.drawn(
        lambda desk: desk.copy(query.get("segment") or None, query.get("person")).view(client, look)
    )
    return HTMLResponse(html, headers=SAFE | {"Content-Security-Policy": MAIL_POLICY})


async def _message(request: Request) -> Response:
    query = request.query_params
    live: Live = request.app.state.live
    found = await live.drawn(lambda desk: desk.copy(query.get("segment") or None, query.get("person")))
    name = {"Content-Disposition": 'attachment; filename="message.eml"'}
    return Response(found.message, media_type="message/rfc822", headers=SAFE | name)


def _people(desk: Desk, request: Request) -> told.Told:
    query, counted = request.query_params, desk.counted
    if counted is None:
        return {"total": 0, "page": 0, "pages": 0, "rows": []}
    page_number, text = _number(query.get("page")), query.get("text", "")
    masked = _masked(request)
    match query.get("show", ""):
        case "gone":
            return told.gone(counted, text, page=page_number, masked=masked)
        case show:
            wanted = _wanted(counted.crowd, show, query.get("segment"), text)
    return told.rows(desk, counted, wanted, page=page_number, masked=masked)


def _wanted(crowd: Crowd, show: str, segment: str | None, text: str) -> Wanted:
    """What of the people the page asks for: all, those who get it, the new ones, or one reason."""
    reasons: dict[str, frozenset[str | None]] = {"": frozenset(), "new": frozenset(), "sent": frozenset({None})}
    if show not in reasons and show not in told.WHY_NOT:
        raise UsageError("nobody can be listed like that")
    return Wanted(
        segments=frozenset({segment} if segment in crowd.segments else ()),
        reasons=reasons.get(show, frozenset({show})),
        text=text,
        only_new=show == "new",
    )


def _step(desk: Desk, request: Request) -> told.Told:
    """From one reader to another."""
    query, counted = request.query_params, desk.counted
    segment = query.get("segment", "")
    if counted is None or segment not in counted.crowd.segments:
        return {"person": None}
    crowd, here = counted.crowd, desk.person(query.get("from"))
    match query.get("to"):
        case "same":
            number = here if here is not None and crowd.row(here).reason is None else None
        case "next":
            number = crowd.beside(segment, here, 1)
        case "previous":
            number = crowd.beside(segment, here, -1)
        case "nameless":
            number = crowd.beside(segment, here, 1, nameless=True)
        case "longest":
            number = crowd.longest(segment)
        case _:
            number = crowd.first(segment)
    return {"person": None if number is None else told.person(desk, crowd, number, masked=_masked(request))}


def _file(desk: Desk, request: Request) -> told.Told:
    if desk.opened is None:
        return {"lines": []}
    mailing = desk.opened.mailing
    name = request.query_params.get("name", "")
    if "\0" in name:
        raise UsageError("no file has such a name")
    return {"lines": told.file_lines(mailing.workspace, name, mailing.report.source)}


async def _choose(request: Request) -> Response:
    asked = await _asked(request)
    segments = asked.get("segments")
    await asyncio.to_thread(
        lambda: _desk(request).choose(
            draft=_text(asked.get("draft")),
            segments=[str(each) for each in segments] if isinstance(segments, list) else None,
            transport=_text(asked.get("way")) if asked.get("way") in told.WAYS else None,
        )
    )
    request.app.state.live.read_again()
    return JSONResponse({"done": ""}, headers=SAFE)


async def _approve(request: Request) -> Response:
    asked = await _asked(request)
    receipt, name = _text(asked.get("receipt")) or "", _text(asked.get("name")) or ""
    done = await asyncio.to_thread(lambda: acts.approve(_desk(request), receipt=receipt, name=name))
    request.app.state.live.count_again()
    return JSONResponse({"done": done}, headers=SAFE)


async def _test(request: Request) -> Response:
    asked = await _asked(request)
    done = await asyncio.to_thread(acts.send_test, _desk(request), _text(asked.get("segment")))
    return JSONResponse({"done": done}, headers=SAFE)


async def _asked(request: Request) -> dict[str, Any]:
    """The JSON that a form of ours sends; another page's form cannot say that it is JSON."""
    if request.headers.get("content-type") != "application/json":
        raise UsageError("this is not a request of the preview's page")
    try:
        asked = await request.json()
    except (ValueError, RecursionError):
        raise UsageError("this request is no JSON that can be read") from None
    return asked if isinstance(asked, dict) else {}


def _masked(request: Request) -> bool:
    return request.query_params.get("addresses") != "shown"


def _number(text: str | None) -> int:
    """A page's number, from 0. Raises `UsageError` for one that no list is long enough for."""
    if not text:
        return 0
    if not text.isdecimal() or len(text) > _DIGITS:
        raise UsageError("there is no such page of people")
    return int(text)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _client(name: str | None) -> Client:
    return Client(name) if name in set(Client) else Client.ANY


def _look(name: str | None) -> Look:
    return Look(name) if name in set(Look) else Look.LIGHT
