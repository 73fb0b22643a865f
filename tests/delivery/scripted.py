"""A transport that does as it is told, and remembers whom it took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from newsletter.delivery.outcome import Outcome, State
from newsletter.delivery.transports import Parcel, Report
from tests.delivery.parts import address_of

Deed = Callable[[Parcel], Outcome]


def accept(parcel: Parcel) -> Outcome:
    return Outcome(parcel.person.id, State.ACCEPTED)


@dataclass
class Scripted:
    """A transport that does to each parcel what `deed` says, and remembers whom it took."""

    deed: Deed = accept
    lines: int = 1
    batch: int = 4
    name: str = "scripted"
    taken: list[str] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)
    opened: int = 0

    def connect(self) -> Scripted:
        self.opened += 1
        return self

    def deliver(self, parcels: Sequence[Parcel], report: Report) -> None:
        self.batches.append([parcel.person.address for parcel in parcels])
        for parcel in parcels:
            if report.stopping():
                return
            outcome = self.deed(parcel)
            report.handing_over([parcel])
            if outcome.state is State.ACCEPTED:
                self.taken.append(parcel.person.address)
            report(outcome)

    def close(self) -> None:
        """Nothing is open."""


def refuse(code: str, *, about_us: bool = False, gone: bool = False) -> Deed:
    return lambda parcel: Outcome(parcel.person.id, State.REJECTED, code=code, about_us=about_us, gone=gone)


def on(number: int, deed: Deed, otherwise: Deed = accept) -> Deed:
    """Do this to one person, and something else to all others."""
    return lambda parcel: (deed if parcel.person.address == address_of(number) else otherwise)(parcel)
