"""The DKIM key that the domain publishes, without a mail at hand.

Rule: a key alone says that signing is possible. Only a mail that arrived proves more, now or earlier.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dkim

from newsletter.doctor.diagnosis import Diagnosis, fault, ok, unknown, warning
from newsletter.doctor.kept import Proof
from newsletter.doctor.names import Resolver, Unanswered
from newsletter.doctor.records import AGAIN

if TYPE_CHECKING:
    from newsletter.doctor.case import Case

SELECTORS = (
    *("s1", "s2", "default", "dkim", "mail", "smtp", "key1", "k1", "k2", "k3", "mx", "pm", "google"),
    *("selector1", "selector2", "fm1", "fm2", "fm3", "sig1", "mxvault", "protonmail", "zoho", "s1024", "s2048"),
)
"""Names that mail services give their keys. A selector cannot be asked for, only guessed or seen in a mail."""

_SHORT_BITS = 2048
"""RFC 8301 section 3.2: signers should use at least so many; fewer than 1024 are not to be believed."""

LEAST_BITS = 1024

SHOW_ONE = "Send yourself a test, save it as it arrived, and give it: newsletter doctor --delivered FILE.eml"
ASK_TO_SIGN = "Ask the mail service to sign with a domain of yours, and add the record it names."


def published(case: Case) -> Iterator[Diagnosis]:
    """Without a mail at hand: whether there is a key, and whether it is still the one that proved good."""
    try:
        resolver = Resolver(case.asking)
        yield from _proved(case.proof, resolver) if case.proof else _guessed(case.domain, resolver)
    except Unanswered as silence:
        yield unknown("dkim", silence.detail, AGAIN)
        yield unknown("alignment", silence.detail, AGAIN)


def _proved(proof: Proof, resolver: Resolver) -> Iterator[Diagnosis]:
    """The key of a mail seen earlier: while it stands, what that mail proved still holds."""
    bits = _key_bits(resolver, proof.key_name)
    seen = f"a mail looked at on {proof.seen_at:%Y-%m-%d} was signed for {proof.domain}"
    if bits is None:
        yield fault("dkim", f"{seen}, and the key {proof.key_name} is there no more", ASK_TO_SIGN, missing=True)
        yield unknown("alignment", f"{seen}, with a key that is gone", SHOW_ONE)
    else:
        yield _about_key(f"{seen}, and its key {proof.key_name} is still there", bits)
        yield ok("alignment", f"{seen}, which is the From domain or belongs to it")


def _guessed(domain: str, resolver: Resolver) -> Iterator[Diagnosis]:
    for name in (f"{selector}._domainkey.{domain}" for selector in SELECTORS):
        bits = _key_bits(resolver, name)
        if bits is not None:
            yield _about_key(f"there is a key, {name}", bits)
            break
    else:
        yield unknown(
            "dkim", f"no key of {domain} has one of the usual names, and another cannot be guessed", SHOW_ONE
        )
    yield unknown("alignment", "only a mail that arrived shows for which domain it is signed", SHOW_ONE)


def _about_key(found: str, bits: int) -> Diagnosis:
    if bits < LEAST_BITS:
        return fault("dkim", f"{found}, of {bits} bits, which receivers do not believe", ASK_TO_SIGN)
    if bits < _SHORT_BITS:
        return warning(
            "dkim", f"{found}, of {bits} bits", f"Ask the mail service for one of {_SHORT_BITS} bits."
        )
    return ok("dkim", found)


def _key_bits(resolver: Resolver, name: str) -> int | None:
    """The strength of the key of this name, an Ed25519 key counted as RSA; None where there is none of use."""
    for text in resolver.texts(name):
        try:
            bits = dkim.evaluate_pk(name, text)[1]
        except dkim.NaClNotFoundError:
            return _SHORT_BITS
        except dkim.DKIMException:  # No key, or one taken back: `p=` is empty then (RFC 6376 section 3.6.1).
            continue
        return None if bits is None else int(bits)
    return None
