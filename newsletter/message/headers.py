"""The header of each message of an edition.

Rule: the order is fixed, one address stands in To, and everything that programs read (List-*, Message-ID) says
the same by SMTP and by SendGrid.
"""

from __future__ import annotations

import re
import secrets
from email.utils import format_datetime

from newsletter.message.codes import UnsubscribeKey
from newsletter.message.header_text import mailbox, one_line, phrase
from newsletter.message.unsubscribe import INERT, WaysOut
from newsletter.model import Edition, Headers, Person, issue_part

_NOT_IN_NAMES = re.compile('[,;"<>]')
"""SendGrid accepts a recipient's name with a comma and then silently drops the mail (sendgrid-python #291)."""


class HeaderWriter:
    """Holds what is the same in every message, written, and adds what is this person's."""

    def __init__(self, edition: Edition, headers: Headers, *, content_type: str, secret: bytes) -> None:
        self._is_inert = headers.test or headers.inert
        self._ways_out = WaysOut(headers)
        self._unsubscribe = UnsubscribeKey(secret, headers.list_id)
        self._issue = issue_part(edition.issue)
        self._domain = headers.sender_address.rpartition("@")[2]
        # Mail stores drop a message they have seen, and a test is sent to be seen again.
        self._test = f".{secrets.token_hex(6)}" if headers.test else ""
        shared = _shared(edition, headers, one_click=self._ways_out.one_click)
        self._unfolded = {name: value.replace("\r\n", "") for name, value in shared.items()}
        sender = mailbox(headers.sender_name, headers.sender_address, header="From")
        self._from = f"From: {sender}\r\n"
        self._reply_to_and_date = (
            f"Reply-To: {headers.reply_to}\r\nDate: {format_datetime(headers.sent_at)}\r\n"
        )
        self._rest = _lines(
            {
                **shared,
                "MIME-Version": "1.0",
                "Content-Type": content_type,
            }
        )

    def token(self, person: Person) -> str:
        """What the ways out of this person carry."""
        return INERT if self._is_inert else self._unsubscribe.token(person.code)

    def message_id(self, person: Person) -> str:
        return f"<{self._issue}.{person.code}{self._test}@{self._domain}>"

    def unsubscribe_url(self, token: str) -> str:
        return self._ways_out.link(token)

    def write(self, person: Person, *, subject: str, token: str) -> str:
        """The whole header, without the empty line; `subject` is written already."""
        to = mailbox(_name(person), person.address, header="To")
        unsubscribe = self._ways_out.header(token).replace(">, <", ">,\r\n <")
        return (
            f"{self._from}To: {to}\r\nSubject: {subject}\r\n"
            f"{self._reply_to_and_date}Message-ID: {self.message_id(person)}\r\n"
            f"List-Unsubscribe: {unsubscribe}\r\n{self._rest}"
        )

    def personalization(self, person: Person, *, token: str) -> dict[str, object]:
        """`to` and `headers` of a SendGrid personalization; every header is given, as none is merged."""
        name = " ".join(_NOT_IN_NAMES.sub(" ", one_line(_name(person))).split())
        recipient = {"email": person.address, "name": name} if name else {"email": person.address}
        return {
            "to": [recipient],
            "headers": {
                "Message-ID": self.message_id(person),
                "List-Unsubscribe": self._ways_out.header(token),
                **self._unfolded,
            },
        }


def _name(person: Person) -> str:
    return " ".join(filter(None, person.values[:2]))


def _shared(edition: Edition, headers: Headers, *, one_click: bool) -> dict[str, str]:
    """What no person changes and no transport writes itself."""
    list_id = f"<{headers.list_id}>"
    named = f"{phrase(headers.list_name, header='List-Id')} {list_id}".lstrip()
    return {
        **({"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if one_click else {}),
        "List-Id": named,
        # Both ask the machines that answer for people on holiday to keep silent.
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "OOF",
        "Content-Language": edition.lang,
    }


def _lines(fields: dict[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items())
