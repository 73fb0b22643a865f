"""An e-mail address: checked, compared, and shown to people.

Rule: nobody's address is guessed at. What is not exactly one bare address is refused with a reason, and the
reason never repeats the address.
"""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize

from email_validator import EmailNotValidError, validate_email

_MAX_BYTES = 254
"""RFC 5321 section 4.5.3.1.3: a path holds 256 octets, two of them the angle brackets."""

_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*+")
"""What nearly every local part looks like (RFC 5322 section 3.2.3); `*+` gives nothing back, so it is quick."""

_SHORT = _MAX_BYTES // 4
"""No address of so few characters is too long, whatever UTF-8 makes of them."""

_MAX_LOCAL_BYTES = 64
"""RFC 5321 section 4.5.3.1.1."""

_SLIPS = (
    (re.compile(r"\A\Z"), "there is no address"),
    (re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]"), "it holds a line break or another control character"),
    (re.compile(r"[<>]"), "it has angle brackets: only the address itself may stand here"),
    (re.compile(r"@.*@|[,;]"), "it is more than one address, or has a stray comma, semicolon or @"),
    (re.compile(r"\A[^@]*\Z"), "it has no @"),
    (re.compile(r"\s"), "it has a space in it"),
)
"""The slips people make, in the order in which they are best explained."""


class AddressError(ValueError):
    """A text that is not one bare e-mail address. Says why, without repeating it."""


def parse(text: str) -> str:
    """The address as it will be written: domain in lower case and IDNA, local part as it was given.

    White space around it is ignored. A local part beyond ASCII is allowed (RFC 6531). Whether the domain
    exists is not asked. Raises `AddressError`.
    """
    text = text.strip()
    local, _, domain = text.rpartition("@")
    if domain in _AS_WRITTEN and len(text) <= _SHORT and _DOT_ATOM.fullmatch(local):
        return text  # Nearly every row of a list comes this way.
    if not _DOT_ATOM.fullmatch(local) or len(local) > _MAX_LOCAL_BYTES:
        _refuse_unless_international(local, text)
    try:
        host = _domain(domain)
    except AddressError:
        _refuse_slips(text)
        raise
    address = f"{local}@{host}"
    if len(address) > _SHORT:
        _refuse_long(address)
    return address


def key(address: str) -> str:
    """What two spellings of one mailbox share. Expects an address that `parse` takes.

    Case is ignored in the local part too: RFC 5321 section 2.4 lets a server tell `Jo@` from `jo@`, but none
    is known to, and a person who left must not be written to again because of a capital letter.
    """
    if address.isascii():
        return address.strip().lower()
    local, _, domain = address.strip().rpartition("@")
    return f"{normalize('NFC', normalize('NFC', local).casefold())}@{_domain(domain)}"


def mask(address: str) -> str:
    """The address for people to recognise but not to copy: `m…@example.org`."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}…{at}{domain if at else ''}"


def _refuse_unless_international(local: str, text: str) -> None:
    """A local part that is no ASCII dot-atom may still be one of RFC 6531."""
    _refuse_slips(text)
    try:
        # Beside a domain that is known to be good: domains are checked, and remembered, on their own.
        validate_email(f"{local}@example.org", check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise AddressError(_reason(error)) from None


def _refuse_slips(text: str) -> None:
    for pattern, why in _SLIPS:
        if pattern.search(text):
            raise AddressError(why)


def _refuse_long(address: str) -> None:
    size = len(address.encode())
    if size > _MAX_BYTES:
        raise AddressError(f"it is {size} bytes long, and {_MAX_BYTES} is the most that mail can carry")


_DOMAINS_KEPT = 65_536

_AS_WRITTEN: set[str] = set()
"""Domains that were found good and stand in lower case already."""


@lru_cache(maxsize=_DOMAINS_KEPT)
def _domain(domain: str) -> str:
    """The domain in lower case and IDNA (RFC 5891). Lists repeat domains, and the full check takes 100 µs.

    `test_environment` admits the reserved domain `.test` (RFC 6761); `.example` is admitted anyway.
    """
    try:
        valid = validate_email(f"a@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise AddressError(_reason(error)) from None
    host: str = valid.ascii_domain.lower()
    if host == domain and len(_AS_WRITTEN) < _DOMAINS_KEPT:
        _AS_WRITTEN.add(domain)
    return host


def _reason(error: EmailNotValidError) -> str:
    """email-validator's sentence as the end of one of ours, without the part that idna quotes."""
    sentence = str(error).partition(" (Codepoint")[0].rstrip(".")
    return sentence[:1].lower() + sentence[1:]
