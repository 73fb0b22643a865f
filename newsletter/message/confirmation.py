"""The mail that asks somebody whether it was they who want the reports.

Rule: it holds nothing that a stranger typed but the address it goes to, so that the form cannot be used to
write to people; and it says that doing nothing is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import format_datetime
from textwrap import fill
from typing import Any

from newsletter.message.codes import BounceKey
from newsletter.message.header_text import mailbox, unstructured
from newsletter.message.quoted_printable import encode
from newsletter.model import Headers, Person

_RUN = "confirmation"
"""What the provider and the bounces call it; no run of the ledger has such a name."""

_WIDTH = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One such mail; a transport takes it as it takes an edition's."""

    headers: Headers
    link: str = field(repr=False)
    """Where the button is; in the text, on a line of its own."""
    good_for: str
    """How long the link holds: `two days`."""
    wording: str
    """What they would agree to."""
    below: Sequence[str]
    """What stands at the foot: the disclaimer, who promotes this, where."""
    name: str
    """Opaque and new for each: the Message-ID but for the domain."""
    secret: bytes = field(repr=False)

    def message(self, person: Person) -> bytes:
        """The whole message (RFC 5322) with CRLF; no line starts with a dot."""
        headers = self.headers
        fields = {
            "From": mailbox(headers.sender_name, headers.sender_address, header="From"),
            "To": person.address,
            "Subject": unstructured(self._subject, name="Subject"),
            "Reply-To": headers.reply_to,
            "Date": format_datetime(headers.sent_at),
            "Message-ID": self.message_id(person),
            **self._said,
            "MIME-Version": "1.0",
            "Content-Type": 'text/plain; charset="utf-8"',
            "Content-Transfer-Encoding": "quoted-printable",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return head.encode() + b"\r\n" + encode(self._text)

    def message_id(self, _person: Person) -> str:
        return f"<{self.name}@{self.headers.sender_address.rpartition('@')[2]}>"

    def envelope_sender(self, person: Person) -> str:
        """As for an edition: a bounce names the person where there is a domain for bounces."""
        domain = self.headers.bounce_domain
        return (
            BounceKey(self.secret, _RUN, domain).address(person.code) if domain else self.headers.sender_address
        )

    def needs_smtputf8(self, person: Person) -> bool:
        addresses = (person.address, self.headers.sender_address, self.headers.reply_to)
        return not all(address.isascii() for address in addresses)

    def request(self, people: Sequence[Person]) -> dict[str, Any]:
        """A SendGrid v3 mail/send body."""
        headers = self.headers
        return {
            "from": {"email": headers.sender_address, "name": headers.sender_name},
            "reply_to": {"email": headers.reply_to},
            "subject": self._subject,
            "content": [{"type": "text/plain", "value": self._text}],
            "personalizations": [
                {
                    "to": [{"email": person.address}],
                    "headers": {"Message-ID": self.message_id(person), **self._said},
                    "custom_args": {"run": _RUN, "recipient": person.code},
                }
                for person in people
            ],
        }

    @property
    def _subject(self) -> str:
        return f"Please confirm: reports from {self.headers.sender_name}"

    @property
    def _said(self) -> dict[str, str]:
        """RFC 3834: no machine is to answer."""
        return {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}

    @property
    def _text(self) -> str:
        parts = (
            "Hello,",
            f"somebody, probably you, asked to be sent the reports of {self.headers.sender_name}, and agreed:",
            f"“{self.wording}”",
            "If that was you, open this page and press the button on it:",
            self.link,
            f"The link holds for {self.good_for}.",
            "If it was not you, do nothing: nothing more is sent, and your address is not kept.",
            "-" * 24,
            *filter(None, self.below),
        )
        return "\n\n".join(map(_filled, parts)) + "\n"


def _filled(part: str) -> str:
    """A paragraph in lines that can be read; a link stays whole."""
    return fill(part, _WIDTH, break_long_words=False, break_on_hyphens=False)
