"""The event webhook: batches of events, signed, and as untidy as SendGrid says they may be.

Source: "Event Webhook Reference" and "Event Webhook Security Features": ECDSA P-256 with SHA-256 over the
timestamp followed by the raw body, custom_args flattened into each event, duplicates possible, no order
promised.
"""

from __future__ import annotations

import base64
import json
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

    from tests.sendgrid_stand_in.account import Accepted, Account

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"

RESERVED = frozenset(
    {
        *("email", "event", "timestamp", "category", "sg_event_id", "sg_message_id", "smtp-id"),
        *("reason", "status", "response", "type", "bounce_classification", "tls", "pool", "send_at"),
        *("ip", "url", "url_offset", "useragent", "asm_group_id", "sg_machine_open"),
    }
)
"""Keys of SendGrid's own: a custom argument of the same name is lost."""


@dataclass(frozen=True, slots=True)
class Post:
    """One signed request to a webhook."""

    body: bytes
    headers: dict[str, str]


class EventFeed:
    """Makes, signs and posts the events of an account's accepted messages."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """As SendGrid's settings page shows it: base64 of the DER form."""
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()

    def events(self, messages: Iterable[Accepted] | None = None) -> list[dict[str, Any]]:
        """What SendGrid would tell of these messages (all accepted ones by default), in order."""
        chosen = self._account.accepted if messages is None else messages
        return [event for message in chosen for event in self._of(message)]

    def _of(self, message: Accepted) -> list[dict[str, Any]]:
        reason = self._account.drop_reason(message.address)
        if reason is not None:
            return [self.event(message, "dropped", reason=reason, status="5.0.0")]
        processed = self.event(message, "processed", send_at=int(message.send_at))
        return [processed, self.event(message, "delivered", response="250 OK", tls=1)]

    def event(self, message: Accepted, name: str, **fields: Any) -> dict[str, Any]:
        """One event; `fields` are those that belong to its kind (type and reason of a bounce, for example)."""
        identity = f"{name}-{message.sg_message_id}".encode()
        own = {
            "email": message.address,
            "timestamp": int(message.at),
            "event": name,
            "sg_event_id": base64.urlsafe_b64encode(identity).decode().rstrip("=")[:100],
            "sg_message_id": message.sg_message_id,
            **({"category": message.body["categories"]} if message.body.get("categories") else {}),
            **fields,
        }
        mine = {key: value for key, value in message.custom_args.items() if key not in RESERVED}
        return {**mine, **own}

    def posts(
        self,
        events: Sequence[dict[str, Any]],
        *,
        per_post: int = 100,
        repeat: int = 1,
        shuffle: Random | None = None,
    ) -> list[Post]:
        """The events as signed requests; `repeat` sends each several times, `shuffle` in any order."""
        untidy = list(events) * repeat
        if shuffle is not None:
            shuffle.shuffle(untidy)
        return [self.sign(untidy[start : start + per_post]) for start in range(0, len(untidy), per_post)]

    def sign(self, events: Sequence[dict[str, Any]]) -> Post:
        body = json.dumps(list(events), separators=(",", ":")).encode() + b"\r\n"
        timestamp = str(int(self._account.clock()))
        signature = self._key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        headers = {
            "Content-Type": "application/json;charset=utf-8",
            SIGNATURE: base64.b64encode(signature).decode(),
            TIMESTAMP: timestamp,
        }
        return Post(body, headers)


def deliver(post: Post, url: str) -> int:
    """Post to a webhook on this machine; the status it answered."""
    if not url.startswith(("http://127.0.0.1:", "http://[::1]:")):
        raise ValueError("The stand-in posts its events to this machine only")
    request = urllib.request.Request(url, data=post.body, headers=post.headers)  # noqa: S310 - loopback, checked above
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as reply:
        return int(reply.status)
