"""People, an edition and a report for the tests of the SendGrid transport; all invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from newsletter.delivery.outcome import Outcome, State
from newsletter.delivery.transports import LineLost, Parcel
from newsletter.delivery.transports.sendgrid import Access, Extras, Pace, SendGrid
from newsletter.errors import TransportStopped
from newsletter.message import Skeleton, code_for
from newsletter.model import UNSUBSCRIBE, Context, Edition, Headers, Person, Pieces, Slot
from tests.sendgrid_stand_in import KEY, StandIn

if TYPE_CHECKING:
    from collections.abc import Sequence

SECRET = b"an invented secret"
SENDER = "nec@reports.example.org"
DISCLAIMER = "This is my personal account, not the official record."
HEADERS = Headers(
    sender_name="Alex Morgan",
    sender_address=SENDER,
    reply_to="alex@reports.example.org",
    list_id="nec-reports.example.org",
    list_name="NEC reports",
    unsubscribe_to="leave@reports.example.org",
    sent_at=datetime(2026, 11, 18, 9, 0, tzinfo=UTC),
)


def edition(segment: str = "members", filler: str = "") -> Edition:
    """A small edition with a name in each place a name may stand; `filler` makes it as large as wanted."""
    first, last = (
        {context: Slot(name, None, context) for context in (Context.HTML, Context.TEXT, Context.HEADER)}
        for name in ("first_name", "last_name")
    )
    leave = {context: Slot(UNSUBSCRIBE, None, context) for context in (Context.ATTRIBUTE, Context.TEXT)}
    html = Pieces(
        (
            "<html><body><p>Dear ",
            " ",
            f'</p>{filler}<p>{DISCLAIMER}</p><p><a href="',
            '">Unsubscribe</a> <a href="https://example.org/minutes">Minutes</a></p></body></html>\n',
        ),
        (first[Context.HTML], last[Context.HTML], leave[Context.ATTRIBUTE]),
    )
    text = Pieces(
        ("Dear ", " ", f"\n\nFor {segment}.\n\n{DISCLAIMER}\n\nUnsubscribe: ", "\n"),
        (first[Context.TEXT], last[Context.TEXT], leave[Context.TEXT]),
    )
    return Edition(
        issue="nec-2026-11-17",
        segment=segment,
        lang="en-GB",
        subject=Pieces(("Report for ", ""), (first[Context.HEADER],)),
        html=html,
        text=text,
        fields=("first_name", "last_name"),
        disclaimer_html=f"<p>{DISCLAIMER}</p>",
        disclaimer_text=DISCLAIMER,
    )


def skeleton(segment: str = "members", filler: str = "") -> Skeleton:
    return Skeleton(edition(segment, filler), HEADERS, run="run-1", secret=SECRET)


def person(number: int, first: str | None = None, last: str = "Example", address: str = "") -> Person:
    address = address or f"member{number}@example.org"
    return Person(number, address, code_for(address, SECRET), (first or f"Member{number}", last))


def parcels(count: int, of: Skeleton | None = None) -> list[Parcel]:
    messages = of or skeleton()
    return [Parcel(person(number), messages, f"attempt-{number}") for number in range(count)]


@dataclass
class Collected:
    """A report that keeps what it is told. `stop_after` hand-overs it asks the line to stop."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)
    handed: list[list[int]] = field(default_factory=list)
    taken_back: set[int] = field(default_factory=set)
    stop_after: int | None = None

    def __call__(self, outcome: Outcome) -> None:
        assert outcome.person not in self.outcomes, "a parcel was settled twice"
        self.outcomes[outcome.person] = outcome

    def handing_over(self, parcels: Sequence[Parcel]) -> None:
        self.handed.append([parcel.person.id for parcel in parcels])

    def withdrawn(self, parcels: Sequence[Parcel]) -> None:
        self.taken_back |= {parcel.person.id for parcel in parcels}

    def stopping(self) -> bool:
        return self.stop_after is not None and len(self.handed) >= self.stop_after

    @property
    def states(self) -> dict[int, State]:
        """What an engine makes of it: whoever was withdrawn, and not reported afterwards, is pending."""
        settled = {number: outcome.state for number, outcome in self.outcomes.items()}
        return dict.fromkeys(self.taken_back, State.PENDING) | settled


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    now: float = 1_800_000_000.0
    slept: float = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds

    def pace(self) -> Pace:
        return Pace(clock=self, sleep=self.sleep, chance=lambda: 0.0)


def access(stand_in: StandIn, key: str = KEY, *, step_s: float = 5.0, whole_s: float = 10.0) -> Access:
    return Access(key, stand_in.url, step_s=step_s, whole_s=whole_s)


def deliver(
    people: Sequence[Parcel],
    reached: Access,
    *,
    extras: Extras | None = None,
    pace: Pace | None = None,
    report: Collected | None = None,
) -> tuple[Collected, LineLost | TransportStopped | None]:
    """Hand these over on one line; what became of them, and how the line ended if not well."""
    transport = SendGrid(reached, extras=extras, pace=pace)
    collected = report or Collected()
    line = transport.connect()
    try:
        line.deliver(people, collected)
    except (LineLost, TransportStopped) as ended:
        return collected, ended
    finally:
        line.close()
    return collected, None
