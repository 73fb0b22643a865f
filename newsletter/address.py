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

_LOCAL = r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
_PLAIN = re.compile(rf"(?=[^@]{{1,64}}@){_LOCAL}@[A-Za-z0-9.-]+")
"""What nearly every address looks like: a dot-atom (RFC 5322 section 3.2.3) of at most 64 octets."""

_REFUSED = (
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
    if not _PLAIN.fullmatch(text):
        return _unusual(text)
    at = text.rindex("@")
    address = f"{text[:at]}@{_domain(text[at + 1 :])}"
    if len(address) > _MAX_BYTES:
        raise AddressError(_too_long(address))
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


def _unusual(text: str) -> str:
    """`parse` for an address that is not plain ASCII, or not an address."""
    for pattern, why in _REFUSED:
        if pattern.search(text):
            raise AddressError(why)
    local, _, domain = text.rpartition("@")
    try:
        # The local part is checked beside a domain that is known to be good; domains are remembered.
        validate_email(f"{local}@example.org", check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise AddressError(_reason(error)) from None
    address = f"{local}@{_domain(domain)}"
    if len(address.encode()) > _MAX_BYTES:
        raise AddressError(_too_long(address))
    return address


@lru_cache(maxsize=65536)
def _domain(domain: str) -> str:
    """The domain in lower case and IDNA (RFC 5891). Lists repeat domains, and the full check takes 100 µs.

    `test_environment` admits the reserved domain `.test` (RFC 6761); `.example` is admitted anyway.
    """
    try:
        valid = validate_email(f"a@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise AddressError(_reason(error)) from None
    return valid.ascii_domain.lower()


def _reason(error: EmailNotValidError) -> str:
    """email-validator's sentence as the end of one of ours, without the part that idna quotes."""
    sentence = str(error).partition(" (Codepoint")[0].rstrip(".")
    return sentence[:1].lower() + sentence[1:]


def _too_long(address: str) -> str:
    return f"it is {len(address.encode())} bytes long, and {_MAX_BYTES} is the most that mail can carry"
