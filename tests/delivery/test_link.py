"""A session whose ledger does not answer for a while: nobody twice, nobody lost, nothing new begun."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from newsletter.delivery.clock import SystemClock
from newsletter.delivery.database import LedgerLost
from newsletter.delivery.engine import Ending
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.link import Link
from newsletter.delivery.outcome import Outcome, Patience, State
from newsletter.delivery.owners import Lease
from newsletter.delivery.run import Counts
from newsletter.delivery.transports import Parcel
from tests.delivery.parts import EAGER, HandClock, address_of, frozen, new_run, opened, send, use_postgres
from tests.delivery.postgres import name_of, socket_of
from tests.delivery.scripted import Scripted, accept, on
from tests.delivery.wire import Wire


@contextmanager
def far(folder: Path, *, silence_s: float = 30.0) -> Iterator[tuple[Ledger, Wire]]:
    """A ledger at the other end of a wire."""
    url = use_postgres(folder)
    with Wire(socket_of(url)) as wire:
        there = f"postgresql://postgres@127.0.0.1:{wire.port}/{name_of(url)}?connect_timeout=2"
        ledger = Ledger.open(there, processes=folder / "processes", now=HandClock().now, silence_s=silence_s)
        ledger._database.answer_s = 0.5
        yield ledger, wire
        ledger.close()


@pytest.mark.parametrize("breaks", ["cut", "fall_silent"])
def test_a_ledger_that_is_away_for_a_while_costs_nobody(tmp_path: Path, breaks: str) -> None:
    """What was accepted meanwhile is written down later; the others wait, and get it once."""
    away = Event()
    taken_while_away: list[int] = []

    def lose_it(parcel: Parcel) -> Outcome:
        getattr(wire, breaks)()
        away.set()
        Thread(target=mend, daemon=True).start()
        return accept(parcel)

    def mend() -> None:
        time.sleep(1.5)
        taken_while_away.append(len(transport.taken))
        wire.mend()
        away.clear()

    transport = Scripted(on(30, lose_it), lines=2)
    with far(tmp_path, silence_s=1.0) as (ledger, wire):
        run = ledger.freeze(new_run(), frozen(range(200)))
        summary = send(ledger, run, transport, clock=SystemClock())
        assert summary.counts == Counts(accepted=200)
    assert sorted(transport.taken) == sorted(map(address_of, range(200)))
    assert taken_while_away[0] <= 30 + 2 * 2 * transport.batch
    assert list((tmp_path / "processes").glob("*.journal")) == []


def test_who_was_taken_for_dead_meanwhile_finishes_all_the_same(tmp_path: Path) -> None:
    """Another machine called its claims unknown; it comes back, and nobody is unknown any more."""

    def take_over(parcel: Parcel) -> Outcome:
        wire.cut()
        with opened(tmp_path) as other, other._database.write() as connection:
            connection.exec_driver_sql("UPDATE owners SET seen_at = 0")
        elsewhere = Ledger.open(
            (tmp_path / "ledger.url").read_text(), processes=tmp_path / "elsewhere", now=HandClock().now
        )
        lost.append(elsewhere.claims.recover(run, Patience()))
        elsewhere.close()
        wire.mend()
        return accept(parcel)

    lost: list[int] = []
    transport = Scripted(on(7, take_over))
    with far(tmp_path) as (ledger, wire):
        run = ledger.freeze(new_run(), frozen(range(40)))
        assert send(ledger, run, transport, clock=SystemClock()).counts == Counts(accepted=40)
    assert 0 < lost[0] <= 3 * transport.batch
    assert sorted(transport.taken) == sorted(map(address_of, range(40)))


def test_a_stop_does_not_wait_for_a_ledger_that_is_away(tmp_path: Path) -> None:
    """After a few tries it leaves; the journal tells the next process everything."""
    stop = Event()

    def lose_it(parcel: Parcel) -> Outcome:
        wire.cut()
        stop.set()
        return accept(parcel)

    transport = Scripted(on(5, lose_it))
    with far(tmp_path) as (ledger, wire):
        run = ledger.freeze(new_run(), frozen(range(20)))
        with pytest.raises(LedgerLost):
            send(ledger, run, transport, stop=stop)
        wire.mend()
        assert send(ledger, run, transport).counts == Counts(accepted=20)
    assert sorted(transport.taken) == sorted(map(address_of, range(20)))


def test_a_stop_is_heard_on_another_machine(tmp_path: Path) -> None:
    """With the next beat, though its file is not here."""

    def stop_it(parcel: Parcel) -> Outcome:
        elsewhere = Ledger.open(
            (tmp_path / "ledger.url").read_text(), processes=tmp_path / "elsewhere", now=HandClock().now
        )
        assert elsewhere.request_stop(run.issue) == 1
        elsewhere.close()
        return accept(parcel)

    def slowly(parcel: Parcel) -> Outcome:
        time.sleep(0.05)
        return accept(parcel)

    transport = Scripted(on(3, stop_it, slowly), batch=100)
    with far(tmp_path) as (ledger, _):
        run = ledger.freeze(new_run(), frozen(range(100)))
        policy = replace(EAGER, record_every_s=0.1)
        summary = send(ledger, run, transport, clock=SystemClock(), policy=policy)
    assert summary.ending is Ending.STOPPED
    assert summary.counts.accepted + summary.counts.pending == 100
    assert summary.counts.pending > 0


def test_asking_again_waits_longer_each_time_and_returns_first() -> None:
    """What is to be done on return is done before what was asked, each time."""
    clock = HandClock(0.0)
    done: list[tuple[str, float]] = []

    def ask() -> State:
        done.append(("asked", clock.now()))
        if clock.now() < 10:
            raise LedgerLost("away")
        return State.ACCEPTED

    lease = Lease(30, clock.now)
    link = Link(lease, clock, Event())
    link.on_return = lambda: done.append(("returned", clock.now()))
    assert link(ask) is State.ACCEPTED
    assert [what for what, _ in done[:3]] == ["asked", "returned", "asked"]
    waits = [later - earlier for (_, earlier), (_, later) in zip(done[::2], done[2::2], strict=False)]
    assert waits == sorted(waits)
    assert not lease.holds
