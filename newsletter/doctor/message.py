"""A mail of this newsletter as it arrived: what its headers say, read and not yet believed."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parseaddr

_COMMENT = re.compile(r"\([^()]*\)")
_METHOD = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*([a-z]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What one DKIM-Signature header says (RFC 6376 section 3.5). `place` counts from the top."""

    place: int
    domain: str
    selector: str
    covers: frozenset[str]
    """The header fields signed, in lower case."""
    partial: bool
    """Only the beginning of the body is signed (`l=`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A mail as it arrived."""

    raw: bytes = field(repr=False)
    from_domain: str
    envelope_domain: str
    """The domain of Return-Path; empty where the file does not say."""
    signatures: tuple[Signature, ...]
    can_leave: bool
    """It has List-Unsubscribe (RFC 2369)."""
    one_click: bool
    """It has List-Unsubscribe-Post too (RFC 8058)."""
    receiver: str
    """Who wrote the topmost Authentication-Results (RFC 8601); empty where nobody did."""
    results: Mapping[str, str]
    """Its `spf`, `dkim` and `dmarc`: `pass`, `fail` and so on."""


def read(raw: bytes) -> Delivered:
    """What a file holds; whatever it is, it is read as a mail."""
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    receiver, _, results = _COMMENT.sub("", _header(message, "Authentication-Results")).partition(";")
    return Delivered(
        raw=raw,
        from_domain=domain_of(parseaddr(_header(message, "From"))[1]),
        envelope_domain=domain_of(parseaddr(_header(message, "Return-Path"))[1]),
        signatures=tuple(
            _signature(place, _unfolded(value))
            for place, value in enumerate(message.get_all("DKIM-Signature") or [])
        ),
        can_leave="List-Unsubscribe" in message,
        one_click="List-Unsubscribe-Post" in message,
        receiver=receiver.strip(),
        results={method.lower(): result.lower() for method, result in reversed(_METHOD.findall(results))},
    )


def domain_of(address: str) -> str:
    """What stands after the @, in lower case; empty where nothing does."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


def _header(message: Message, name: str) -> str:
    """The topmost of this name, on one line: the server that took the mail in writes at the top."""
    return _unfolded(message.get(name, ""))


def _unfolded(value: object) -> str:
    return " ".join(str(value).split())


def _signature(place: int, value: str) -> Signature:
    pairs = (part.partition("=") for part in value.split(";"))
    tags = {name.strip(): "".join(text.split()) for name, _, text in pairs}
    return Signature(
        place=place,
        domain=tags.get("d", "").lower(),
        selector=tags.get("s", ""),
        covers=frozenset(tags.get("h", "").lower().split(":")),
        partial="l" in tags,
    )
