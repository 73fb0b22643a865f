"""Fetch the links of a mailing, to see which are there.

Rule: the head is asked for, and the page itself only where a site refuses that; nothing is read of it. No
cookie is kept and nothing tells the site who asks, beyond that a program does.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import Request, build_opener

from newsletter.checks import Answer

AT_ONCE = 8
MOST = 200
"""A report has twenty links; more than this is a mistake."""
TIMEOUT_S = 10.0

_FAULTY = 400
_AGENT = "newsletter (checks that links in a mail are there)"


def fetch(addresses: Iterable[str], *, timeout_s: float = TIMEOUT_S) -> dict[str, Answer]:
    """Each web address → what came back. Of more than `MOST` the rest is answered by nobody.

    `timeout_s` holds for each silence; a site has two tries, with and without its page.
    """
    wanted = list(dict.fromkeys(addresses))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(lambda address: _fetch(address, timeout_s), wanted[:MOST])
        found = dict(zip(wanted, answers, strict=False))
    return found | {address: Answer(None, "there are too many links") for address in wanted[MOST:]}


def _fetch(address: str, timeout_s: float) -> Answer:
    if urlsplit(address).scheme not in {"http", "https"}:
        return Answer(None, "it is not on the web")
    answer = _ask("HEAD", address, timeout_s)
    refused = answer.status is None or answer.status >= _FAULTY
    return _ask("GET", address, timeout_s) if refused else answer


def _ask(method: str, address: str, timeout_s: float) -> Answer:
    # What a browser would percent-encode; what is encoded stays.
    written = quote(address, safe="%/:=&?~#+!$,;'@()*[]")
    request = Request(written, method=method, headers={"User-Agent": _AGENT})  # noqa: S310 - it was looked at
    try:
        with build_opener().open(request, timeout=timeout_s) as response:
            return Answer(
                response.status,
                size_bytes=_size(response.headers.get("Content-Length")),
                location=_elsewhere(address, response.url),
            )
    except HTTPError as error:
        error.close()
        return Answer(error.code)
    except (URLError, OSError, http.client.HTTPException, ValueError) as error:
        return Answer(None, _why(error))


def _size(length: str | None) -> int | None:
    return int(length) if length and length.isdigit() else None


def _elsewhere(asked: str, came: str) -> str:
    """The site that a redirection led to, if it is another than was asked for."""
    before, after = urlsplit(asked).hostname or "", urlsplit(came).hostname or ""
    return "" if after.removeprefix("www.") == before.removeprefix("www.") else after


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLError):
        return "its certificate is not valid"
    if isinstance(reason, TimeoutError):
        return "it did not answer in time"
    if isinstance(reason, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(reason, OSError):
        return "the site was not found, or could not be reached"
    return "the answer could not be understood"
