"""`/u/TOKEN`, where the links in every mail lead: by which a person leaves.

Rules:

1. GET and HEAD change nothing, since scanners and previews follow every link of a mail. POST acts: the
   button of the page, and the one click of a mail program (RFC 8058), answered without redirect or cookie.
2. A token that we did not sign for this list is answered like a page that is not there.
3. Nobody has to prove more than the link: whoever wants to leave leaves, also when the address is gone.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter import address
from newsletter.delivery.clock import SystemClock
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.suppressions import EVERYWHERE
from newsletter.feedback.leaving import UNSUBSCRIBED, left
from newsletter.message import INERT, person_of
from newsletter.site.office import Office, office_of
from newsletter.site.pages import PRIVATE
from newsletter.site.requests import client_of, form_of

_BY_PAGE, _BY_ONE_CLICK = "the unsubscribe page", "one click in a mail program"


async def _door(request: Request) -> Response:
    office, token = office_of(request), request.path_params["token"]
    if token == INERT:
        return office.pages.page("leave_test", headers=PRIVATE)
    code = person_of(token, office.secret, list_id=office.settings.list_id)
    if code is None:
        return _forged(office, request)
    if request.method == "POST":
        return await _leave(office, code, await form_of(request))
    return await _look(office, code)


def _forged(office: Office, request: Request) -> Response:
    wait_s = office.forgeries.take(client_of(request))
    if wait_s:
        raise HTTPException(429, headers={"Retry-After": f"{wait_s:.0f}"})
    return office.pages.page("leave_unknown", 404, PRIVATE)


async def _look(office: Office, code: str) -> Response:
    found = await office.records.address_of(code)
    left = await office.records.read(lambda ledger: _has_left(ledger, code, found))
    name = "left_already" if left else "leave"
    return office.pages.page(name, headers=PRIVATE, whose=address.mask(found) if found else None)


async def _leave(office: Office, code: str, form: dict[str, str]) -> Response:
    found = await office.records.address_of(code)
    source = _BY_ONE_CLICK if "List-Unsubscribe" in form else _BY_PAGE
    await office.records.write(lambda ledger: _note(ledger, code, found, source))
    return office.pages.page("left", headers=PRIVATE, whose=address.mask(found) if found else None)


def _note(ledger: Ledger, code: str, found: str | None, source: str) -> None:
    """Note that somebody leaves, once for as long as it holds: the button may be pressed again and again."""
    history = ledger.suppressions.history(_key(code, found))
    if not any(
        (each.reason, each.scope, each.lifted_at) == (UNSUBSCRIBED, EVERYWHERE, None) for each in history
    ):
        at = SystemClock().now()
        key = address.key(found) if found else ""
        ledger.events.take([left(source, f"{code} {at}", at=at, code=code, key=key)])


def _has_left(ledger: Ledger, code: str, found: str | None) -> bool:
    history = ledger.suppressions.history(_key(code, found))
    return any((each.scope, each.lifted_at) == (EVERYWHERE, None) for each in history)


def _key(code: str, found: str | None) -> str:
    """What the ledger knows somebody by: the key of the mailbox, or the code where no address is held."""
    return address.key(found) if found else code


ROUTES = [Route("/u/{token}", _door, methods=["GET", "POST"])]
