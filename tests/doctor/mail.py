"""Mails as they arrive: signed by a real key, which the name server publishes."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.doctor.name_server import NameServer
from tests.doctor.stage import DOMAIN

SELECTOR = "s1"
SIGNED = (
    *("from", "to", "subject", "date", "message-id", "mime-version", "content-type"),
    *("list-unsubscribe", "list-unsubscribe-post"),
)

HEADERS = {
    "From": f"Maya Hollins <maya@{DOMAIN}>",
    "To": "reader@mailbox.test",
    "Subject": "Report of the November meeting",
    "Date": "Tue, 17 Nov 2026 09:00:00 +0000",
    "Message-ID": f"<r.1@{DOMAIN}>",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "List-Unsubscribe": f"<https://{DOMAIN}/u/abc>, <mailto:leave@{DOMAIN}?subject=unsubscribe%20abc>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}

PASSED = (
    f"mx.mailbox.test; dkim=pass (2048-bit key) header.d={DOMAIN}; spf=pass smtp.mailfrom={DOMAIN}; dmarc=pass"
)

SHORT = {
    1024: (
        "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDQHNdg+I20xw/DpmdIhD0WdTbIy3O4kjRZbWvcubou"
        "ltEBAAqEBtGVgIgmrX2bxLHgE/LfwStq7eaL78uSsyZOVrbevqc5ML3CLwbtXDchL+jLJoWzCmT7RJEj"
        "Fm+y0Qbzg7PuDtmkMtY6if6Ji7zCvF+obPML9A3+FJ1udwbSCwIDAQAB"
    ),
    768: (
        "MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAM/achO0XTQm8BnScMgN5Gie5e2siXamSlO09Iu+tuMKU3rC"
        "3xW2wSeiXtS+XpBh7rE7r4pb1qZu4JrSvipqSmyQXHX7mwn63YUduLUJlNTnBeR9gTJQIi1FBb72dOV/"
        "GwIDAQAB"
    ),
}
"""Public keys by their bits; the library makes none below 1024 any more."""


def written(*, without: tuple[str, ...] = (), sender: str = HEADERS["From"]) -> bytes:
    """A mail as it leaves, unsigned."""
    headers = {**HEADERS, "From": sender}
    lines = [f"{name}: {value}" for name, value in headers.items() if name not in without]
    return "\r\n".join([*lines, "", "We met, and it was long.", ""]).encode()


def received(mail: bytes, *, results: str = PASSED, return_path: str = f"bounces@{DOMAIN}") -> bytes:
    """The mail as the reader's server stores it, with what that server wrote at the top."""
    stamps = [f"Return-Path: <{return_path}>"] if return_path else []
    stamps += [f"Authentication-Results: {results}"] if results else []
    return "".join(f"{stamp}\r\n" for stamp in stamps).encode() + mail


@dataclass(frozen=True, slots=True)
class Signer:
    """A mail service's signing key."""

    private: bytes = field(repr=False)
    public: str

    @classmethod
    def new(cls, bits: int = 2048) -> Signer:
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return cls(
            key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
            base64.b64encode(public).decode(),
        )

    def publish(self, names: NameServer, domain: str = DOMAIN, selector: str = SELECTOR) -> None:
        names.put(f"{selector}._domainkey.{domain}", "TXT", f"v=DKIM1; k=rsa; p={self.public}")

    def sign(
        self,
        mail: bytes,
        *,
        domain: str = DOMAIN,
        selector: str = SELECTOR,
        covers: tuple[str, ...] = SIGNED,
        length: bool = False,
    ) -> bytes:
        """The mail with its signature on top."""
        header: bytes = dkim.sign(
            mail,
            selector.encode(),
            domain.encode(),
            self.private,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[
                name.encode() for name in covers if f"\r\n{name}:".encode() in b"\r\n" + mail.lower()
            ],
            length=length,
        )
        return header + mail
