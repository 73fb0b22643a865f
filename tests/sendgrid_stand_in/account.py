"""What SendGrid would hold of the account: accepted mail, batches, suppressions, and what is scheduled.

Rule: the truth of a test. A person is in `accepted` exactly when SendGrid would have taken the message.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

from tests.sendgrid_stand_in.limits import Known
from tests.sendgrid_stand_in.rendering import render, substitute

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from email.message import EmailMessage

PAUSED_AT_MOST_S = 72 * 3600
"""A paused message is discarded this long after its `send_at`."""

STATUSES_AT_MOST = 10
"""Batches that may be paused or cancelled at one time (the older documentation says 100)."""

SUPPRESSION_LISTS = ("bounces", "blocks", "invalid_emails", "spam_reports", "unsubscribes")

DROP_REASONS = {
    "bounces": "Bounced Address",
    "invalid_emails": "Invalid",
    "spam_reports": "Spam Reporting Address",
    "unsubscribes": "Unsubscribed Address",
}
"""The lists that make SendGrid drop mail; a block does not."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One message to one person, taken by the stand-in."""

    body: Mapping[str, Any] = field(repr=False)
    number: int
    request_id: str
    """The X-Message-Id of its request."""
    at: float

    @property
    def block(self) -> Mapping[str, Any]:
        block: Mapping[str, Any] = self.body["personalizations"][self.number]
        return block

    @property
    def address(self) -> str:
        return str(self.block["to"][0]["email"])

    @property
    def sg_message_id(self) -> str:
        return f"{self.request_id}.recvd-stand-in-{self.number}"

    @property
    def subject(self) -> str:
        subject = self.block.get("subject") or self.body.get("subject") or ""
        return substitute(subject, self.block.get("substitutions") or {})

    @property
    def custom_args(self) -> dict[str, str]:
        return {**(self.body.get("custom_args") or {}), **(self.block.get("custom_args") or {})}

    @property
    def batch(self) -> str | None:
        return self.body.get("batch_id")

    @property
    def send_at(self) -> float:
        """When it leaves; a moment in the past means at once."""
        return max(self.at, self.block.get("send_at") or self.body.get("send_at") or 0)

    def raw(self) -> bytes:
        at = datetime.fromtimestamp(self.at, UTC)
        return render(self.body, self.number, message_id=self.sg_message_id, at=at)

    def mail(self) -> EmailMessage:
        return message_from_bytes(self.raw(), policy=default)


@dataclass(frozen=True, slots=True)
class Suppressed:
    """One entry of a suppression list."""

    email: str
    created: int
    reason: str = ""
    status: str = ""


class Account:
    """The state behind the stand-in's addresses. Every method may be called from any thread."""

    def __init__(self, *, clock: Callable[[], float], groups: frozenset[int], keep_messages: bool) -> None:
        self.clock = clock
        self.groups = groups
        self.batches: set[str] = set()
        self.statuses: dict[str, str] = {}
        self.suppressions: dict[str, list[Suppressed]] = {name: [] for name in SUPPRESSION_LISTS}
        self.group_suppressions: dict[int, list[str]] = {group: [] for group in groups}
        self.group_times: dict[tuple[int, str], int] = {}
        """Group and address → since when; what a test put in by hand has been there for ever."""
        self.accepted: list[Accepted] = []
        self.discarded: set[str] = set()
        self.count = 0
        self._held: list[Mapping[str, Any]] = []
        self._keep_messages = keep_messages
        self._lock = threading.Lock()

    def known(self) -> Known:
        return Known(now=self.clock(), groups=self.groups, batches=frozenset(self.batches))

    def accept(self, body: Mapping[str, Any]) -> str:
        """Take a valid request; its X-Message-Id."""
        request_id = secrets.token_urlsafe(16)
        people = len(body["personalizations"])
        with self._lock:
            self.count += people
            if self._keep_messages:
                now = self.clock()
                self.accepted += [Accepted(body, number, request_id, now) for number in range(people)]
        return request_id

    def hold(self, body: Mapping[str, Any]) -> None:
        """Keep a request for `accept_held`: the client's connection ends before the acceptance."""
        with self._lock:
            self._held.append(body)

    def accept_held(self) -> int:
        """Accept what was held; how many requests."""
        with self._lock:
            held, self._held = self._held, []
        for body in held:
            self.accept(body)
        return len(held)

    def new_batch(self) -> str:
        batch = secrets.token_hex(16)
        with self._lock:
            self.batches.add(batch)
        return batch

    def delivered(self) -> list[Accepted]:
        """What members have in their inboxes by now: due, not cancelled, not paused, not suppressed."""
        now = self.clock()
        with self._lock:
            due = [message for message in self.accepted if message.send_at <= now]
            return [
                message
                for message in due
                if self.statuses.get(message.batch or "") is None
                and message.sg_message_id not in self.discarded
                and self.drop_reason(message.address) is None
                and not self._is_out_of_group(message)
            ]

    def _is_out_of_group(self, message: Accepted) -> bool:
        group = (message.body.get("asm") or {}).get("group_id")
        there = self.group_suppressions.get(group, []) if group is not None else []
        return any(email.casefold() == message.address.casefold() for email in there)

    def add_to_group(self, group: int, emails: list[str]) -> None:
        """Keep these from the mail of a group; of one that is not there, from all mail."""
        with self._lock:
            if group in self.group_suppressions:
                there = self.group_suppressions[group]
                new = [email for email in dict.fromkeys(emails) if email not in there]
                there += new
                self.group_times |= {(group, email): int(self.clock()) for email in new}
            else:
                now = int(self.clock())
                self.suppressions["unsubscribes"] += [Suppressed(email, now) for email in emails]

    def remove_status(self, batch: str) -> bool:
        """Take a pause or cancellation back, too late for mail that was discarded meanwhile; false if none."""
        with self._lock:
            status = self.statuses.pop(batch, None)
            kept_s = PAUSED_AT_MOST_S if status == "pause" else 0
            self.discarded |= {
                message.sg_message_id
                for message in self.accepted
                if status and message.batch == batch and self.clock() > message.send_at + kept_s
            }
        return status is not None

    def drop_reason(self, address: str) -> str | None:
        """Why SendGrid would accept mail to this address and then drop it; None where it would not."""
        for name, reason in DROP_REASONS.items():
            if any(entry.email.casefold() == address.casefold() for entry in self.suppressions[name]):
                return reason
        return None
