"""SendGrid's event webhook, but for the HTTP: whether a post is SendGrid's, and what it says.

Rules:

1. It fails closed: without a key, or without a signature by one of the keys, nothing of a post is looked at.
2. Whatever a post holds, it is refused with a status of 4xx or read; it never ends in an error of ours.

Source: SendGrid's page "Event Webhook Security Features".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from newsletter.errors import Mistake, SettingsError, Where
from newsletter.feedback.sendgrid import Posted, read

SIGNATURE: Final = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP: Final = "X-Twilio-Email-Event-Webhook-Timestamp"

MOST_BYTES: Final = 4 * 1024 * 1024
"""SendGrid posts after 30 seconds or 768 KB, whichever comes first."""

OLDEST_S: Final = 48 * 3600
"""SendGrid tries an event again for a day; whatever is older than twice that is somebody's recording."""

_AHEAD_S: Final = 3600
"""How far SendGrid's clock may be before ours."""

_MOST_DIGITS = 12


class Refused(Exception):
    """A post that is not taken, with its HTTP status. The words are for our log, and hold nothing of it."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


@dataclass(frozen=True, slots=True)
class Post:
    """A request as it came in."""

    body: bytes = field(repr=False)
    signature: str
    timestamp: str


class Keys:
    """The public keys by which SendGrid's posts are known: several, while one replaces another.

    Raises `SettingsError` for what is no such key.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._known = [_verifier(key) for key in keys]

    def signed(self, post: Post, text: str) -> bool:
        """Whether one of the keys signed this. `text` is the body, decoded."""
        return any(_is_signed(each, post, text) for each in self._known)


def opened(post: Post, keys: Keys, *, group: int | None, now: float) -> Posted:
    """What a post says, if it is SendGrid's and fresh. Raises `Refused`."""
    if len(post.body) > MOST_BYTES:
        raise Refused(413, "it is larger than SendGrid's posts are")
    try:
        text = post.body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(400, "it is not UTF-8") from None
    if not keys.signed(post, text):
        raise Refused(401, "it is not signed by a key of ours")
    if not now - OLDEST_S <= _seconds(post.timestamp) <= now + _AHEAD_S:
        raise Refused(401, "it was signed too long ago")
    try:
        found = json.loads(text)
        if isinstance(found, list):
            return read(found, group=group, now=now)
    except (ValueError, RecursionError):
        raise Refused(400, "it is not JSON") from None
    raise Refused(400, "it is not an array of events")


def _seconds(timestamp: str) -> int:
    """The time of the signature; 0 for what is no time, which is long ago."""
    plain = timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= _MOST_DIGITS
    return int(timestamp) if plain else 0


def _verifier(key: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey  # noqa: PLC0415 - 0.2 s
    from sendgrid.helpers.eventwebhook import EventWebhook  # noqa: PLC0415 - as above

    try:
        found = EventWebhook(key.strip())
    except ValueError:
        found = None
    if found is None or not isinstance(found.public_key, EllipticCurvePublicKey):
        raise SettingsError(
            [Mistake(Where("newsletter.yaml"), "sendgrid.webhook_key is not a verification key")],
            "Copy it from SendGrid: Settings, Mail Settings, Signed Event Webhook Requests.",
        )
    return found


def _is_signed(verifier: Any, post: Post, text: str) -> bool:
    """The helper raises for what is not base64, and for a text that cannot be one."""
    try:
        return bool(verifier.verify_signature(text, post.signature, post.timestamp))
    except ValueError:
        return False
