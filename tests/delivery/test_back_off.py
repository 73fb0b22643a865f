"""Lines that are lost: whose fault it is, how long the next waits, and when there is no use in another."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

import pytest

from newsletter.delivery.back_off import BackOff, Losses
from newsletter.delivery.engine import Ending, Summary
from newsletter.delivery.outcome import Outcome, State
from newsletter.delivery.run import Counts
from newsletter.delivery.transports import LineLost, Parcel, Report, Transport
from newsletter.delivery.transports.sendgrid import Access, SendGrid
from newsletter.delivery.transports.smtp import Smtp
from newsletter.delivery.transports.smtp_wire import Server
from tests.delivery.faulty_smtp import Fault, FaultySmtp
from tests.delivery.parts import EAGER, ISSUE, address_of, frozen, new_run, opened, send
from tests.delivery.scripted import Deed, Scripted, accept, on
from tests.delivery.sender import KEY


def losses(back_off: BackOff | None = None) -> Losses:
    return Losses(back_off or BackOff(), lambda: 0.0)


def lose(parcel: Parcel) -> Outcome:
    """Break the line while this message is on it, and before its end."""
    return Outcome(parcel.person.id, State.PENDING)


class Breaking(Scripted):
    """Loses the line with whoever comes back as pending."""

    def deliver(self, parcels: Sequence[Parcel], report: Report) -> None:
        for parcel in parcels:
            if report.stopping():
                return
            outcome = self.deed(parcel)
            report(outcome)
            if outcome.state is State.PENDING:
                raise LineLost("broken")
            self.taken.append(parcel.person.address)


def test_a_line_s_own_losses_make_its_waits_longer() -> None:
    """Twice as long each time, to a minute; whatever other lines get through."""
    alone = losses()
    waits = []
    for progress in range(9):
        alone.add(progress=progress)
        waits.append(alone.delay_s())
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    alone.got_through()
    alone.add(progress=9)
    assert alone.delay_s() == 0.5


def test_there_is_hope_for_as_long_as_any_line_gets_something_through() -> None:
    """And none after a whole schedule in which none did; a shorter one where none ever did."""
    for progress, tries in ((0, 3), (5, 8)):
        alone = losses()
        alone.add(progress=5)
        for _ in range(tries - 1):
            assert not alone.without_hope
            alone.add(progress=progress)
        assert alone.without_hope is (progress == 5)
        alone.add(progress=progress + 1)
        assert not alone.without_hope


@dataclass
class OneLine(Scripted):
    """Allows one line at a time, which begins once others have been refused so many times."""

    lines: int = 3
    refusals: int = 1
    refused: Event = field(default_factory=Event)

    def connect(self) -> Scripted:
        if self.opened:
            self.refusals -= 1
            if not self.refusals:
                self.refused.set()
            raise LineLost("421 4.7.0 too many connections")
        return super().connect()

    def deliver(self, parcels: Sequence[Parcel], report: Report) -> None:
        assert self.refused.wait(10)
        super().deliver(parcels, report)


@pytest.mark.parametrize("refusals", [1, 30])
def test_one_line_that_works_carries_everybody(either: Path, refusals: int) -> None:
    """However often the others are refused meanwhile, and though nothing has got through before."""
    transport = OneLine(refusals=refusals)
    with opened(either) as ledger:
        run = ledger.freeze(new_run(), frozen(range(40)))
        summary = send(ledger, run, transport)
    assert (summary.ending, summary.counts) == (Ending.DONE, Counts(accepted=40))
    assert len(set(transport.taken)) == len(transport.taken) == 40


def after_an_outage(folder: Path, transport: Transport) -> tuple[Summary, set[int]]:
    """What a run into an outage ends with, and how many tries it has cost those who wait."""
    with opened(folder) as ledger:
        run = ledger.freeze(new_run(), frozen(range(6)))
        summary = send(ledger, run, transport)
        return summary, {row.attempts for row in ledger.accounts.rows(ISSUE, {State.PENDING})}


@pytest.fixture
def dead_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    "way",
    [
        lambda port: Smtp(server=Server(host="127.0.0.1", port=port, security="none"), lines=3),
        lambda port: SendGrid(Access(KEY, f"http://127.0.0.1:{port}"), lines=3, batch=2),
    ],
    ids=["smtp", "sendgrid"],
)
def test_a_server_that_is_not_there_is_no_try_of_anybody(
    either: Path, dead_port: int, way: Callable[[int], Transport]
) -> None:
    """The run is blocked with everybody pending, and nobody has to wait longer for it."""
    summary, tries = after_an_outage(either, way(dead_port))
    assert (summary.ending, summary.exit_code) == (Ending.BLOCKED, 5)
    assert (summary.counts, tries) == (Counts(pending=6), {0})
    assert "cannot be reached" in summary.reason or "could not be reached" in summary.reason


def test_a_pause_asked_for_before_anybody_is_named_is_no_try(either: Path) -> None:
    """421 to MAIL, on every line."""
    with FaultySmtp(Fault("MAIL", "421 4.3.2 not now\r\n"), on=0, always=True) as server:
        there = Server(host="127.0.0.1", port=server.port, security="none")
        summary, tries = after_an_outage(either, Smtp(server=there, lines=3))
    assert (summary.counts, tries) == (Counts(pending=6), {0})


def test_lines_that_break_with_everybody_are_an_outage(either: Path) -> None:
    """Whoever was on the first of them has had a try, and the others none."""
    summary, tries = after_an_outage(either, Breaking(lose, lines=3))
    assert (summary.ending, summary.counts, tries) == (Ending.BLOCKED, Counts(pending=6), {0, 1})


@pytest.mark.parametrize("lines", [1, 3])
def test_a_message_that_breaks_its_line_has_to_wait_and_stops_nobody(either: Path, lines: int) -> None:
    """Even where everybody else stands behind it in one batch; ten minutes, after four broken lines."""
    transport = Breaking(on(0, lose), lines=lines, batch=50)
    with opened(either) as ledger:
        run = ledger.freeze(new_run(), frozen(range(8)))
        summary = send(ledger, run, transport)
        (row,) = ledger.accounts.rows(ISSUE, {State.DEFERRED})
    assert (summary.ending, summary.counts) == (Ending.DONE, Counts(accepted=7, deferred=1))
    assert sorted(transport.taken) == sorted(map(address_of, range(1, 8)))
    assert row.attempts == 4
    assert row.due_at is not None
    assert row.settled_at is not None
    assert 600 <= row.due_at - row.settled_at <= 750


def test_what_a_lost_line_leaves_is_not_claimed_anew(either: Path) -> None:
    """It goes to whichever line is free first, and the ledger has one try of each."""
    deeds: list[Deed] = [lose]

    def once(parcel: Parcel) -> Outcome:
        return (deeds.pop() if deeds and parcel.person.address == address_of(2) else accept)(parcel)

    with opened(either) as ledger:
        run = ledger.freeze(new_run(), frozen(range(8)))
        summary = send(ledger, run, Breaking(once, lines=1, batch=8), policy=replace(EAGER, record_at=1))
        tries = {row.address: row.attempts for row in ledger.accounts.rows(ISSUE)}
    assert summary.counts == Counts(accepted=8)
    assert tries == {address_of(number): 2 if number == 2 else 1 for number in range(8)}
