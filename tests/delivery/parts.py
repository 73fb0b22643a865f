"""What the delivery tests share: a small edition, people, a ledger in a folder, a clock turned by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any

from newsletter.delivery.back_off import BackOff
from newsletter.delivery.books import Policy
from newsletter.delivery.clock import Clock
from newsletter.delivery.engine import Summary, deliver
from newsletter.delivery.freezing import Frozen
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import Outcome, State
from newsletter.delivery.run import Kind, NewRun, Run
from newsletter.delivery.transports import Parcel, Transport
from newsletter.message import Skeleton, code_for
from newsletter.model import Person, Recipient
from tests.delivery.postgres import name_of, new_database
from tests.delivery.sender import SECRET
from tests.message.examples import EDITION, HEADERS

ISSUE = "nec-2026-11-17"
SEGMENTS = ("clp-secretaries", "members")
EDITIONS = {name: replace(EDITION, segment=name) for name in SEGMENTS}
EAGER = Policy(record_every_s=0.02, back_off=BackOff(first_s=0.0, tries_at_first=8))


@dataclass
class HandClock:
    """Time that only moves when somebody waits for it, or turns it."""

    time: float = 1_000_000.0

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float, woken_by: Event) -> None:
        if not woken_by.is_set():
            self.time += seconds


def address_of(number: int) -> str:
    return f"person{number}@example.org"


def frozen(numbers: Iterable[int], segment: str = "members") -> Iterator[Frozen]:
    for number in numbers:
        address = address_of(number)
        yield Recipient(address, address, segment, {}), ("Ann", "Lee", None), code_for(address, SECRET)


def new_run(**changes: Any) -> NewRun:
    plain: dict[str, Any] = {
        "issue": ISSUE,
        "kind": Kind.REAL,
        "transport": "smtp",
        "editions": EDITIONS,
        "headers": HEADERS,
    }
    return NewRun(**plain | changes)


@cache
def new_ledger() -> bytes:
    """An empty ledger as the migrations make it, made once: most tests are about something else."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ledger.db")
        Ledger.open(str(path), processes=Path(folder), now=HandClock().now).close()
        return path.read_bytes()


@cache
def _new_postgres_ledger() -> str:
    """The name of a database as the migrations make it, to be copied."""
    url = new_database()
    with tempfile.TemporaryDirectory() as folder:
        Ledger.open(url, processes=Path(folder), now=HandClock().now).close()
    return name_of(url)


def use_postgres(folder: Path) -> str:
    """Let `opened` find its ledger on the server instead of in the folder; the URL."""
    url = new_database(like=_new_postgres_ledger())
    (folder / "ledger.url").write_text(url)
    return url


def url_of(folder: Path) -> str:
    """Where the ledger of a folder is, made when first asked for."""
    if (folder / "ledger.url").exists():
        return (folder / "ledger.url").read_text()
    if not (folder / "ledger.db").exists():
        (folder / "ledger.db").write_bytes(new_ledger())
    return f"sqlite:///{folder / 'ledger.db'}"


@contextmanager
def opened(folder: Path, clock: Clock | None = None) -> Iterator[Ledger]:
    ledger = Ledger.open(url_of(folder), processes=folder / "processes", now=(clock or HandClock()).now)
    try:
        yield ledger
    finally:
        ledger.close()


def skeletons(ledger: Ledger, run: Run) -> Mapping[str, Skeleton]:
    headers = ledger.headers(run)
    return {
        segment: Skeleton(edition, headers, run=run.name, secret=SECRET)
        for segment, edition in ledger.editions(run).items()
    }


def send(ledger: Ledger, run: Run, transport: Transport, **options: Any) -> Summary:
    """Deliver a run with our own eager policy and a clock that needs no waiting."""
    plain: dict[str, Any] = {"clock": HandClock(), "stop": Event(), "policy": EAGER, "random": lambda: 0.5}
    return deliver(ledger, run, transport, skeletons(ledger, run), **plain | options)


def states(ledger: Ledger) -> dict[str, State]:
    """Address → state, of the issue's real runs."""
    return {row.address: row.state for row in ledger.accounts.rows(ISSUE)}


def parcels(number: int, segment: str = "members") -> list[Parcel]:
    skeleton = Skeleton(EDITIONS[segment], HEADERS, run="r1", secret=SECRET)
    return [
        Parcel(
            Person(index, address_of(index), code_for(address_of(index), SECRET), ("Ann", "Lee", None)),
            skeleton,
            "attempt1",
        )
        for index in range(1, number + 1)
    ]


@dataclass
class Collected:
    """A `Report` that keeps what it was told."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)
    handed: list[int] = field(default_factory=list)
    stop_after: int | None = None
    """Says stop once so many outcomes are in."""

    def __call__(self, outcome: Outcome) -> None:
        assert outcome.person not in self.outcomes, "reported twice"
        self.outcomes[outcome.person] = outcome

    def handing_over(self, parcels: Iterable[Parcel]) -> None:
        self.handed.extend(parcel.person.id for parcel in parcels)

    def withdrawn(self, parcels: Iterable[Parcel]) -> None:
        gone = {parcel.person.id for parcel in parcels}
        self.handed = [person for person in self.handed if person not in gone]

    def stopping(self) -> bool:
        return self.stop_after is not None and len(self.outcomes) >= self.stop_after
