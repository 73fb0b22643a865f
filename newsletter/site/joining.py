"""`/subscribe`, a form, and `/subscribe/TOKEN/confirm`, where the link in the mail leads.

Rule: whoever fills in the form gets the same page, whoever they are; and nobody joins but by the button
behind the link, since opening a link is what scanners do.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter import address
from newsletter.audience.lists import clean
from newsletter.site.admission import Admission, TooMany
from newsletter.site.invitation import IN_WORDS
from newsletter.site.office import Office, office_of
from newsletter.site.pages import PRIVATE
from newsletter.site.requests import client_of, form_of

_LONGEST_NAME = 60
_IN_NAMES = frozenset(" .'’-‐")
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"
"""In the place of what is not UTF-8; in an address it would even be allowed (RFC 6531)."""

_FORMULA = ("=", "+", "-", "@")
"""A spreadsheet takes what begins with one of these for a formula, and a list is opened in one."""


@dataclass(frozen=True, slots=True)
class _Wrong(Exception):
    """What is wrong with which field, for the person who filled it in."""

    field: str
    why: str


async def _form(request: Request) -> Response:
    office = office_of(request)
    admission = _admission(office)
    if request.method != "POST":
        return _shown(office, {})
    if request.headers.get("sec-fetch-site") == "cross-site":
        # Otherwise another page could have all its visitors ask, each from an address of their own.
        raise HTTPException(403)
    form = await form_of(request)
    try:
        to, first_name = _address(form.get("email", "")), _name(form.get("first_name", ""))
        admission.ask(to, first_name, client=client_of(request))
    except _Wrong as wrong:
        return _shown(office, form, wrong)
    except TooMany as many:
        raise HTTPException(429, headers={"Retry-After": str(many.wait_s)}) from None
    return office.pages.page("join_asked", to=to, good_for=IN_WORDS)


async def _confirm(request: Request) -> Response:
    office = office_of(request)
    admission = _admission(office)
    invited = admission.read(request.path_params["token"])
    if invited is None:
        return _void(office, request)
    if request.method != "POST":
        whose = address.mask(invited.address)
        return office.pages.page("join", headers=PRIVATE, whose=whose, wording=admission.wording)
    await form_of(request)
    if await office.records.write(lambda ledger: admission.admit(ledger, invited)):
        return office.pages.page("joined", headers=PRIVATE)
    return office.pages.page("join_void", 410, PRIVATE, good_for=IN_WORDS)


def _admission(office: Office) -> Admission:
    if office.admission is None:
        raise HTTPException(404)
    return office.admission


def _shown(office: Office, form: dict[str, str], wrong: _Wrong | None = None) -> Response:
    return office.pages.page(
        "subscribe",
        422 if wrong else 200,
        wording=_admission(office).wording,
        good_for=IN_WORDS,
        email=form.get("email", ""),
        first_name=form.get("first_name", ""),
        wrong=wrong,
    )


def _void(office: Office, request: Request) -> Response:
    """The same for a link that is too old, was cut off, or was never ours."""
    wait_s = office.forgeries.take(client_of(request))
    if wait_s:
        raise HTTPException(429, headers={"Retry-After": f"{wait_s:.0f}"})
    return office.pages.page("join_void", 404, PRIVATE, good_for=IN_WORDS)


def _address(text: str) -> str:
    """Raises `_Wrong`."""
    try:
        found = address.parse(text)
    except address.AddressError as error:
        raise _Wrong("email", f"This is not an address that mail can be sent to: {error}.") from None
    if _UNREADABLE in found:
        raise _Wrong("email", "Some of its letters did not arrive whole. Please type it again.")
    if found.startswith(_FORMULA):
        raise _Wrong("email", f"An address that begins with “{found[0]}” can only be added by hand.")
    return found


def _name(text: str) -> str:
    """Raises `_Wrong`. Letters of any script: whoever sends web addresses to strangers finds no room here."""
    (name,) = clean([text])
    if len(name) > _LONGEST_NAME or name.startswith(_FORMULA):
        raise _Wrong("first_name", "This is too long, or begins with a sign: a first name is enough.")
    if not all(unicodedata.category(sign)[0] in "LM" or sign in _IN_NAMES for sign in name):
        raise _Wrong("first_name", "A name has letters in it, and nothing else; you may leave it out.")
    return name


ROUTES = [
    Route("/subscribe", _form, methods=["GET", "POST"]),
    Route("/subscribe/{token}/confirm", _confirm, methods=["GET", "POST"]),
]
