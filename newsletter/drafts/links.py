"""Where a link or a picture in a draft may lead.

Rule: a whole address that works from any inbox, with one of four schemes, and no recipient's data in its host.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//[^/?#]*)?(.*)", re.DOTALL)

_START = "A link starts with https://, http://, mailto:, tel: or #."
_FIELD_PLACE = "A merge field may stand in a link's path or query: https://example.org/?name={{ first_name }}."


class Fault(NamedTuple):
    """What is wrong with an address, and what to write."""

    what: str
    hint: str


_NO_SITE = Fault("the link names no web site", "Write the site's name after https://.")
_NEEDS = {
    "http": (r"//[^/]", _NO_SITE),
    "https": (r"//[^/]", _NO_SITE),
    "mailto": (r".@.", Fault("the link names no e-mail address", "Write mailto:name@example.org.")),
    "tel": (r"\d", Fault("the link names no telephone number", "Write tel:+44…, without spaces.")),
}
"""The four schemes, and what must stand behind them."""

NO_TEXT = Fault("the link has no text to click", "Write what it leads to in the square brackets.")
NO_DESCRIPTION = Fault(
    "the picture has no description", "Say in the square brackets what it shows; many readers see only that."
)


def of_link(address: str, field: re.Pattern[str]) -> Fault | None:
    """What is wrong with a link's address, in which what `field` finds stands for a merge field."""
    if address.startswith("#") and len(address) > 1:
        return None
    parts = _SCHEME.fullmatch(address)
    if parts is None or "." in parts[1]:
        return _without_scheme(address, field)
    scheme, host, rest = parts[1].lower(), parts[2] or "", parts[3]
    if scheme in {"mailto", "tel"}:
        host = f"{host}{rest}".split("?")[0]  # the whole of a mail's address, which holds its host
    if field.search(scheme) or field.search(host):
        return Fault("a merge field cannot stand in a link's scheme or host", _FIELD_PLACE)
    if scheme not in _NEEDS:
        return Fault(f"a link cannot start with '{parts[1]}:'", _START)
    needs, fault = _NEEDS[scheme]
    return None if re.search(needs, host) else fault


def of_image(address: str, field: re.Pattern[str]) -> Fault | None:
    """What is wrong with a picture's address."""
    fault = of_link(address, field)
    if fault is None and not address.lower().startswith(("https://", "http://")):
        return Fault("a picture must be on the web", "Put it on a web site and write its address, https://….")
    return fault


def _without_scheme(address: str, field: re.Pattern[str]) -> Fault:
    if address in {"", "#"}:
        return Fault("the link leads nowhere", "Write the address in the brackets: [text](https://…).")
    if field.search(address):
        return Fault("a merge field cannot be where a link's address begins", _FIELD_PLACE)
    if re.match(r"[^/?#]*@", address):
        return Fault("the link has no scheme", "Write mailto: before an e-mail address.")
    if re.match(r"(//)?[\w-]+(\.[\w-]+)+([:/?#]|$)", address) and not re.search(
        r"\.(html?|pdf|docx?)$", address
    ):
        return Fault("the link has no scheme", f"Write https://{address.removeprefix('//')}.")
    return Fault("the link is not a whole address", f"A mail has no folder to look in. {_START}")
