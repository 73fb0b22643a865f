"""The port: how people's messages leave, and what every way out promises.

Rule: a line calls `report.handing_over` before the first byte after which the other side might take a
parcel, and never reports a parcel as unsent (PENDING, DEFERRED, REJECTED) that the other side may have
taken. What it did not report is settled by that mark: handed over → unknown, otherwise → never begun, which
is no try: a person whose tries are many has to wait, and an outage is nobody's fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from newsletter.delivery.outcome import Outcome
from newsletter.model import Person


class Messages(Protocol):
    """What a transport uses of `message.Skeleton`: one edition with its headers, ready to be filled."""

    def message(self, person: Person) -> bytes:
        """The whole RFC 5322 message: CRLF, at its end too; no line starts with a dot."""

    def message_id(self, person: Person) -> str: ...

    def envelope_sender(self, person: Person) -> str: ...

    def needs_smtputf8(self, person: Person) -> bool: ...

    def request(self, people: Sequence[Person]) -> dict[str, Any]:
        """The body of SendGrid v3 mail/send for these people of this edition."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One person's message, to be handed over once."""

    person: Person
    skeleton: Messages = field(repr=False)
    attempt: str
    """Opaque; new for each try. (run, `person.code`, attempt) names what may have reached the provider."""


class Report(Protocol):
    """What a line tells the engine, and asks of it, while it delivers. Cheap; never blocks."""

    def __call__(self, outcome: Outcome) -> None:
        """This parcel is settled. Called at most once for a parcel, as soon as it is known."""

    def handing_over(self, parcels: Sequence[Parcel]) -> None:
        """From here on the other side may take these: called just before those bytes are written."""

    def withdrawn(self, parcels: Sequence[Parcel]) -> None:
        """None of it left after all: as if never handed over, and no try of these people."""

    def stopping(self) -> bool:
        """Asked before a parcel (or a request) is begun. When true: begin nothing more and return."""


class LineLost(Exception):
    """This line is of no more use: the engine opens another after a while.

    Raised by `connect` when the other side is not there or not now, and by `deliver` when the connection
    broke or the other side asked for a pause. The text holds no address.
    """

    def __init__(self, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_s = retry_after_s


class Line(Protocol):
    """One open way out, used by one thread."""

    def deliver(self, parcels: Sequence[Parcel], report: Report) -> None:
        """Hand these over, and report each as it becomes known.

        They are at most `Transport.batch`, and of one edition: they share their skeleton.

        Returns early when `report.stopping()`; what was not begun is not reported, and stays unsent.
        Raises `LineLost`, or `TransportStopped` for a fault about us that no other line would escape.
        """

    def close(self) -> None:
        """Give the line back. Never raises."""


class Transport(Protocol):
    """A way out. Its methods may be called from several threads."""

    @property
    def name(self) -> str: ...

    @property
    def lines(self) -> int:
        """How many lines may be open at once: connections, or requests in flight."""

    @property
    def batch(self) -> int:
        """How many people one hand-over holds at most."""

    def connect(self) -> Line:
        """Open a line. Raises `LineLost`, or `TransportStopped` for a fault about us."""
