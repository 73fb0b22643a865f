"""What stands for a person outside the ledger: the code of a mailbox, and two proofs that we issued it.

Rule: nothing here can be read back to an address, and nothing signed for one purpose or list serves another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from functools import partial

from itsdangerous import BadSignature, Signer

_RUN = re.compile(r"[a-z0-9-]{1,28}")
"""A local part has at most 64 octets (RFC 5321 section 4.5.3.1.1); ours needs 36 of them beside the run."""

_ENVELOPE = re.compile(
    rf"bounces\+(?P<run>{_RUN.pattern})\.(?P<code>[a-z2-7]{{16}})\.(?P<mac>[a-z2-7]{{10}})@.+"
)


class Key:
    """The secret for one purpose, so that a code signed for one can never pass for another."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        if not secret:
            raise ValueError("the secret that signs codes is empty")
        # The derivation and the algorithm of itsdangerous' `Signer(…, key_derivation="hmac")`.
        key = hmac.digest(secret, purpose.encode(), "sha256").ljust(64, b"\0")
        # The two halves of an HMAC (RFC 2104 section 2), keyed once: `hmac` takes five times as long for each
        # of 500,000 people, since it copies its objects in Python.
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))

    def digest(self, text: str) -> bytes:
        """HMAC-SHA256 over the text."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode())
        outer.update(inner.digest())
        return outer.digest()

    def word(self, text: str, *, length: int) -> str:
        """`length` lower-case letters and digits (5 bits each) that only the secret can make."""
        enough = -(-length * 5 // 8)
        return base64.b32encode(self.digest(text)[:enough]).decode().lower()[:length]


def code_for(key: str, secret: bytes) -> str:
    """The opaque code of the mailbox `address.key(…)`: 16 lower-case letters and digits, the same in every run.

    80 bits: among 500,000 people two share a code once in ten trillion lists.
    """
    return coder(secret)(key)


def coder(secret: bytes) -> Callable[[str], str]:
    """The function from keys to codes, made once for many."""
    return partial(Key(secret, "person").word, length=16)


class UnsubscribeKey:
    """Signs the tokens by which people leave one list."""

    def __init__(self, secret: bytes, list_id: str) -> None:
        self._key = Key(secret, _unsubscribe_purpose(list_id))

    def token(self, code: str) -> str:
        """What itsdangerous' `Signer` would make, in less than half its time.

        It never ends in `-` or `_`, which programs that turn addresses into links leave out: the last
        of 43 base64 characters carries only four bits, and both are odd in the lowest two.
        """
        signature = base64.urlsafe_b64encode(self._key.digest(code)).rstrip(b"=").decode()
        return f"{code}.{signature}"


def person_of(token: str, secret: bytes, *, list_id: str) -> str | None:
    """The code in an unsubscribe token; None if we did not sign it, or not for this list.

    Base64 can be spelt in several ways that say the same: only the one that we write is taken.
    """
    signer = Signer(
        secret,
        salt=_unsubscribe_purpose(list_id).encode(),
        key_derivation="hmac",
        digest_method=hashlib.sha256,
    )
    try:
        code = signer.unsign(token).decode()
    except (BadSignature, UnicodeError):
        return None
    return code if UnsubscribeKey(secret, list_id).token(code) == token else None


class BounceKey:
    """Writes the envelope senders of one run (VERP), by which a bounce names its person.

    Raises `ValueError` if `run` is more than 28 lower-case letters, digits and hyphens.
    """

    def __init__(self, secret: bytes, run: str, domain: str) -> None:
        if not _RUN.fullmatch(run):
            raise ValueError(f"a run is named with 1 to 28 of a-z, 0-9 and '-', not {run!r}")
        self._key = Key(secret, "bounce")
        self._run = run
        self._domain = domain

    def address(self, code: str) -> str:
        mac = self._key.word(f"{self._run}.{code}", length=10)
        return f"bounces+{self._run}.{code}.{mac}@{self._domain}"


def verify_envelope(address: str, secret: bytes) -> tuple[str, str] | None:
    """The run and the person's code in the address a bounce came to; None if we did not write it."""
    # Some servers change the case of the addresses they write to.
    found = _ENVELOPE.fullmatch(address.lower())
    if found is None:
        return None
    run, code = found["run"], found["code"]
    expected = Key(secret, "bounce").word(f"{run}.{code}", length=10)
    return (run, code) if hmac.compare_digest(expected, found["mac"]) else None


def _unsubscribe_purpose(list_id: str) -> str:
    return f"unsubscribe {list_id}"
