"""A real SMTP server on this machine, with a will of its own where a test wants one."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from threading import Event
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.cli.small import WRITER, by_recipient, parsed


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass
class Relay:
    """The server, for as long as the `with` block lasts. What it took stands in `taken`."""

    delay_s: float = 0.0
    """How long each message takes."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Recipient → what RCPT is answered; everybody else is taken."""
    most_bytes: int | None = None
    """How large a message may be, as EHLO says; by default what the library says."""
    sender_answer: str = ""
    """What MAIL is answered instead of yes."""
    port: int = 0
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    envelopes: list[tuple[str | None, tuple[str, ...]]] = field(default_factory=list)
    first: Event = field(default_factory=Event)
    """Set when the first message has been taken."""

    def __enter__(self) -> Self:
        self.port = self.port or free_port()
        size: dict[str, Any] = {} if self.most_bytes is None else {"data_size_limit": self.most_bytes}
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **size)
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    @property
    def addresses(self) -> Counter[str]:
        """How often each was sent to, the writer's own copies aside."""
        return Counter(address for address, _ in self.taken if address != WRITER)

    @property
    def own_copies(self) -> list[EmailMessage]:
        return [parsed(message) for address, message in self.taken if address == WRITER]

    def mail(self) -> dict[str, EmailMessage]:
        """The messages by recipient, the writer's own copies aside."""
        return by_recipient(message for address, message in self.taken if address != WRITER)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender_answer:
            return self.sender_answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append((envelope.mail_from, tuple(envelope.rcpt_tos)))
        assert isinstance(envelope.content, bytes)
        self.taken += [(address, envelope.content) for address in envelope.rcpt_tos]
        self.first.set()
        if self.delay_s:
            time.sleep(self.delay_s)  # noqa: ASYNC251 - one message at a time is what makes it slow
        return "250 OK"
