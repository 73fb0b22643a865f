"""A server that refuses, each local part for a reason of its own: what makes relays write their reports."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.delivery.smtp_servers import Taken
from tests.feedback.letters import LEAVE_ADDRESS, WRITER, Known

AT_RCPT: Final = {
    "absent": "550 5.1.1 {address}: Recipient address rejected: User unknown",
    "closed": "550 5.2.1 The mailbox of {address} is disabled",
    "crowded": "552 5.2.2 {address}: mailbox full",
    "policy": "554 5.7.1 Rejected by policy; see https://members.example/why",
    "plain": "550 no such person",
    "late": "451 4.3.0 try again later",
}
AT_DATA: Final = {"content": "554 5.6.0 the content was refused"}


@dataclass
class Refusing(Taken):
    """Takes what it does not refuse; reports have no sender."""

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        refusal = AT_RCPT.get(address.partition("@")[0])
        if refusal is not None:
            return refusal.format(address=address)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        (to,) = envelope.rcpt_tos
        return AT_DATA.get(to.partition("@")[0]) or await super().handle_DATA(server, session, envelope)

    @property
    def reports(self) -> list[tuple[str, bytes]]:
        """To whom and what, of everything that came without a sender."""
        return [(to, content) for sender, to, content in self.messages if sender == "<>"]


def message_to(known: Known) -> bytes:
    """A message as the program would send it, but for its words."""
    mail = EmailMessage()
    mail["From"] = f"Maya Hollins <{WRITER}>"
    mail["To"] = known.address
    mail["Subject"] = "Report of the November meeting"
    mail["Message-ID"] = f"<nec-2026-11-17.{known.code}@reports.example.org>"
    mail.set_content("Dear friend,\n\nWe met, and it was long.\n")
    # The library would fold and encode it; see `newsletter.message.headers`.
    unsubscribe = f"List-Unsubscribe: <mailto:{LEAVE_ADDRESS}?subject=unsubscribe%20{known.token}>\n"
    return unsubscribe.encode() + mail.as_bytes()


def hand_in(port: int, known: Known, *, sender: str | None = None, options: tuple[str, ...] = ()) -> None:
    """Give a message to a relay, under the return address that names its person, or another."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="reports.example.org") as client:
        client.ehlo()
        client.mail(known.envelope if sender is None else sender)
        code, said = client.rcpt(known.address, options)
        assert code == 250, said
        code, said = client.data(message_to(known))
        assert code == 250, said


def as_delivered(to: str, report: bytes) -> bytes:
    """A report as the mailbox's server files it: its envelope written on top."""
    return f"Return-Path: <>\r\nDelivered-To: {to}\r\n".encode() + report
