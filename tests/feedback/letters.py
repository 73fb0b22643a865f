"""Mails as they come to the mailbox, made by hand: reports, answers of machines, requests and letters."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from textwrap import dedent

from newsletter.address import key
from newsletter.feedback.letter import Reader
from newsletter.feedback.signs import Signs
from newsletter.message import code_for
from newsletter.message.codes import BounceKey, UnsubscribeKey

SECRET = b"a secret for tests alone"
LIST_ID = "nec.reports.example.org"
RUN = "r4n6m3"
LEAVE_ADDRESS = "leave@reports.example.org"
WRITER = "maya@reports.example.org"
AT = 1_790_000_000.0

READER = Reader(signs=Signs(SECRET, LIST_ID), unsubscribe_to=LEAVE_ADDRESS, vouched_by="mx.reports.example.org")


@dataclass(frozen=True)
class Known:
    """Somebody who was sent a message, and what of them stands in it."""

    address: str
    secret: bytes = field(default=SECRET, repr=False)
    run: str = RUN

    @property
    def code(self) -> str:
        return code_for(key(self.address), self.secret)

    @property
    def envelope(self) -> str:
        """What their bounces come to."""
        return BounceKey(self.secret, self.run, "bounces.example.org").address(self.code)

    @property
    def token(self) -> str:
        return UnsubscribeKey(self.secret, LIST_ID).token(self.code)

    @property
    def header(self) -> str:
        """The header of the message they were sent, as it comes back."""
        return dedent(f"""\
            From: Maya Hollins <{WRITER}>
            To: {self.address}
            Subject: Report of the November meeting
            Message-ID: <nec-2026-11-17.{self.code}@reports.example.org>
            List-Unsubscribe: <mailto:{LEAVE_ADDRESS}?subject=unsubscribe%20{self.token}>
            """)


JANE = Known("jane.doe@members.example")


def report(
    about: Known = JANE,
    *,
    to: str | None = None,
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "smtp; 550 5.1.1 User unknown",
    recipient: str | None = None,
    returned: str | None = None,
    blocks: str | None = None,
    kind: str = "message/delivery-status",
    name: str = "20261118.1",
) -> bytes:
    """A report as RFC 3464 wants it, to the envelope sender of the message it is about."""
    block = dedent(f"""\
        Final-Recipient: rfc822; {about.address if recipient is None else recipient}
        Action: {action}
        Status: {status}
        Diagnostic-Code: {said}
        """)
    head = dedent(f"""\
        Return-Path: <>
        From: MAILER-DAEMON@mx.members.example (Mail Delivery System)
        To: {about.envelope if to is None else to}
        Subject: Undelivered Mail Returned to Sender
        Auto-Submitted: auto-replied
        Message-ID: <{name}@mx.members.example>
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="parts"

        --parts
        Content-Type: text/plain

        I am sorry to have to inform you that your message could not be delivered.

        --parts
        Content-Type: {kind}

        Reporting-MTA: dns; mx.members.example

        """)
    back = about.header if returned is None else returned
    tail = f"\n--parts\nContent-Type: message/rfc822\n\n{back}\nDear friend,\n\n--parts--\n"
    return (head + (block if blocks is None else blocks) + tail).encode()


def letter(
    body: str = "Thank you for this.",
    *,
    sender: str = "Jane Doe <jane.doe@members.example>",
    to: str = WRITER,
    subject: str = "Re: Report of the November meeting",
    name: str = "letter.1",
    **fields: str,
) -> bytes:
    """A plain mail; `fields` are further headers, with _ for -."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Message-ID"] = f"<{name}@members.example>"
    for header, value in fields.items():
        mail[header.replace("_", "-")] = value
    mail.set_content(body)
    return mail.as_bytes()


def complaint(about: Known = JANE, *, kind: str = "abuse") -> bytes:
    """A complaint as RFC 5965 wants it."""
    return (
        dedent(f"""\
        From: feedback@provider.example
        To: {WRITER}
        Subject: complaint
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=feedback-report; boundary="parts"

        --parts
        Content-Type: text/plain

        This is a report of abuse.
        --parts
        Content-Type: message/feedback-report

        Feedback-Type: {kind}
        User-Agent: Provider/1.0
        Version: 1

        --parts
        Content-Type: text/rfc822-headers

        """)
        + about.header
        + "\n--parts--\n"
    ).encode()
