"""What is asked by HTTP: the page behind the unsubscribe links, and the time.

Rule: a page is looked at by GET, which changes nothing; nobody is unsubscribed by a look.
"""

from __future__ import annotations

import http.client
import ssl
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from newsletter import dispatch
from newsletter.doctor.diagnosis import NOT_ASKED, Diagnosis, fault, ok, unknown, warning
from newsletter.message.unsubscribe import INERT

if TYPE_CHECKING:
    from newsletter.doctor.case import Asking, Case

_LATE_S = 60
_WRONG_S = 600
"""Receivers take a date that is minutes ahead for a sign of spam, and TLS and DKIM have times in them."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The head of an answer."""

    status: int
    at: datetime | None
    """What time it is over there."""


class Unheard(Exception):
    """No answer. `certain` when somebody is there and of no use: that cannot come from being offline."""

    def __init__(self, why: str, *, certain: bool) -> None:
        super().__init__(why)
        self.why = why
        self.certain = certain


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def get(url: str, asking: Asking) -> Heard:
    """The head of what is there, redirects not followed. Raises `Unheard`."""
    if not asking.online:
        raise Unheard(NOT_ASKED, certain=False)
    here = urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}
    opener = urllib.request.build_opener(
        _NoRedirect(),
        urllib.request.ProxyHandler({} if here else None),
        urllib.request.HTTPSHandler(context=asking.trust or ssl.create_default_context()),
    )
    request = urllib.request.Request(url, headers={"User-Agent": "newsletter doctor"})  # noqa: S310 - from the settings, http or https
    try:
        with opener.open(request, timeout=asking.step_s) as answer:
            return Heard(answer.status, _date(answer.headers["Date"]))
    except HTTPError as error:
        with error:
            return Heard(error.code, _date(error.headers["Date"]))
    except (OSError, http.client.HTTPException) as error:
        raise _unheard(error.reason if isinstance(error, URLError) else error) from None


def _unheard(reason: object) -> Unheard:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return Unheard(f"its certificate does not do: {reason.verify_message}", certain=True)
    certain = isinstance(reason, ConnectionRefusedError | http.client.HTTPException | ssl.SSLError)
    said = getattr(reason, "strerror", None) or type(reason).__name__
    return Unheard(f"it cannot be reached: {said}", certain=certain)


def _date(value: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(value or "")
    except ValueError:
        return None
    return found if found.tzinfo else None


def unsubscribe_page(case: Case) -> Iterator[Diagnosis]:
    """Whether somebody answers where the links in the mail lead."""
    about = "unsubscribe page"
    if case.settings.site_url is None:
        yield warning(
            about,
            "there is none: whoever leaves writes a mail",
            "With public pages and `site_url`, one click will do.",
        )
        return
    url = f"{case.settings.site_url}/u/{INERT}"
    try:
        yield _page(about, url, get(url, case.asking).status)
    except Unheard as silence:
        if silence.certain:
            yield fault(about, f"{url}: {silence.why}", "Mend the site before mail with such links goes out.")
        else:
            yield unknown(about, f"{url}: {silence.why}", "Are you online? If so, check site_url.")


def _page(about: str, url: str, status: int) -> Diagnosis:
    match status:
        case 200:
            return ok(about, f"{url} answers")
        case 404 | 410:
            return warning(
                about,
                f"{url} answers {status}",
                "Open a link of a test mail: that must show the page, not this.",
            )
        case _ if 300 <= status < 400:  # noqa: PLR2004 - RFC 9110 section 15.4
            return fault(
                about,
                f"{url} leads elsewhere ({status})",
                "Clients do not follow (RFC 8058): set site_url to there.",
            )
        case _:
            return fault(
                about, f"{url} answers {status}", "Mend the site before mail with such links goes out."
            )


def clock(case: Case) -> Iterator[Diagnosis]:
    """Whether this machine's clock is right, by that of a server it has to do with anyway."""
    url = _somebody_with_a_clock(case)
    if not url:
        yield unknown("clock", "neither site_url nor SendGrid is there to compare with", _SET_IT)
        return
    try:
        there = get(url, case.asking).at
    except Unheard as silence:
        yield unknown("clock", f"{urlsplit(url).hostname}: {silence.why}", _SET_IT)
        return
    yield (
        unknown("clock", "the server tells no time", _SET_IT)
        if there is None
        else _compared(case.asking.now() - there.timestamp())
    )


_SET_IT = "Have the system set its clock by the network."


def _compared(ahead_s: float) -> Diagnosis:
    off = abs(ahead_s)
    if off <= _LATE_S:
        return ok("clock", "right to the minute")
    found = f"{off:,.0f} seconds {'ahead' if ahead_s > 0 else 'behind'}"
    return (fault if off > _WRONG_S else warning)("clock", found, _SET_IT)


def _somebody_with_a_clock(case: Case) -> str:
    if case.settings.site_url:
        return case.settings.site_url
    return dispatch.sendgrid_access(case.workspace).host if case.transport == "sendgrid" else ""
