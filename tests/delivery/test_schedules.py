"""What the provider keeps for a time: who is called back, and what the ledger says meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import Outcome, State
from newsletter.delivery.run import Canary, Counts, Kind, Run, RunState, Timing
from newsletter.delivery.transports import Parcel
from newsletter.errors import TransportStopped
from tests.delivery.parts import (
    ISSUE,
    HandClock,
    address_of,
    frozen,
    new_run,
    opened,
    send,
    states,
    use_postgres,
)
from tests.delivery.scripted import Scripted, on

LEAVES_AT = 1_000_000.0 + 3600
BATCH = "a batch"


@pytest.fixture(params=["sqlite", "postgresql"])
def tmp_path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "postgresql":
        use_postgres(tmp_path)
    return tmp_path


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ledger(tmp_path: Path, clock: HandClock) -> Iterator[Ledger]:
    with opened(tmp_path, clock) as ledger:
        yield ledger


def handed_over(ledger: Ledger, clock: HandClock, *, number: int = 4, transport: Scripted | None = None) -> Run:
    """A run that is handed over for LEAVES_AT, as far as the transport takes it."""
    run = ledger.freeze(new_run(transport="sendgrid", timing=Timing(start_at=LEAVES_AT)), frozen(range(number)))
    run = ledger.schedules.begin(run, BATCH)
    send(ledger, run, transport or Scripted(), clock=clock)
    return run


def counts(ledger: Ledger) -> Counts:
    status = ledger.accounts.status(ISSUE)
    assert status is not None
    return status.counts


def state(ledger: Ledger) -> RunState:
    status = ledger.accounts.status(ISSUE)
    assert status is not None
    return status.state


def test_what_is_handed_over_ahead_does_not_wait_here(ledger: Ledger, clock: HandClock) -> None:
    """Accepted at once, scheduled until its time, and complete afterwards."""
    handed_over(ledger, clock)
    assert counts(ledger) == Counts(accepted=4)
    assert state(ledger) is RunState.SCHEDULED
    (ahead,) = ledger.schedules.ahead(ISSUE)
    assert (ahead.batch_id, ahead.leaves_at, ahead.people) == (BATCH, LEAVES_AT, 4)
    assert not ahead.being_called_back
    clock.time = LEAVES_AT
    assert (state(ledger), ledger.schedules.ahead(ISSUE)) == (RunState.COMPLETE, ())


def test_the_first_batch_id_that_is_noted_holds(ledger: Ledger) -> None:
    """Two processes that begin at once use one, and so do the writer's own copies."""
    new = new_run(transport="sendgrid", timing=Timing(start_at=LEAVES_AT))
    run = ledger.freeze(new, frozen([1]), along=[(replace(new, kind=Kind.COPY), frozen([9]))])
    other = ledger.freeze(new_run(transport="sendgrid", timing=Timing(start_at=LEAVES_AT + 1)), frozen([2]))
    assert ledger.schedules.begin(run, BATCH).batch_id == BATCH
    assert ledger.schedules.begin(run, "another").batch_id == BATCH
    batches = {each.id: each.batch_id for each in ledger.runs(ISSUE, kind=None)}
    assert batches.pop(other.id) is None
    assert set(batches.values()) == {BATCH}


def test_who_is_called_back_is_unknown_until_it_is_confirmed(ledger: Ledger, clock: HandClock) -> None:
    """Whatever happens in between; nobody can be claimed or sent to meanwhile. Then they are pending."""
    run = handed_over(ledger, clock)
    assert ledger.schedules.call_back(ISSUE)
    assert (counts(ledger), state(ledger)) == (Counts(unknown=4), RunState.STOPPED)
    assert ledger.schedules.ahead(ISSUE)[0].being_called_back
    ledger.resume(ISSUE)
    (run,) = ledger.runs(ISSUE)
    assert ledger.claims.claim(run, 10, owner="x").stopped
    assert ledger.schedules.called_back(ISSUE, BATCH, for_certain=True) == 4
    assert (counts(ledger), ledger.schedules.ahead(ISSUE)) == (Counts(pending=4), ())


def test_who_was_called_back_is_sent_to_once_more_and_no_more(ledger: Ledger, clock: HandClock) -> None:
    """By another batch, or without one; each in a new attempt."""
    handed_over(ledger, clock)
    before = {row.address: row.attempt for row in ledger.accounts.rows(ISSUE)}
    ledger.schedules.call_back(ISSUE)
    ledger.schedules.called_back(ISSUE, BATCH, for_certain=True)
    (run,) = ledger.resume(ISSUE)
    transport = Scripted()
    send(ledger, ledger.schedules.begin(run, "the next"), transport, clock=clock)
    assert sorted(transport.taken) == sorted(before)
    assert all(row.attempt != before[row.address] for row in ledger.accounts.rows(ISSUE))
    assert counts(ledger) == Counts(accepted=4)


def test_called_back_too_near_its_time_nobody_knows(ledger: Ledger, clock: HandClock) -> None:
    """They are left to the provider's record, or to a person."""
    handed_over(ledger, clock)
    ledger.schedules.call_back(ISSUE)
    assert ledger.schedules.called_back(ISSUE, BATCH, for_certain=False) == 4
    assert (counts(ledger), ledger.resume(ISSUE)) == (Counts(unknown=4), ())
    assert {row.detail for row in ledger.accounts.rows(ISSUE)} == {
        "called back so close to its time that it may have left"
    }


def test_calling_back_touches_nobody_who_was_refused_or_left(ledger: Ledger, clock: HandClock) -> None:
    """And those without a reply are as certain as the others: what bears the batch id does not leave."""

    def refuse(parcel: Parcel) -> Outcome:
        return Outcome(parcel.person.id, State.REJECTED, code="400")

    def lose(parcel: Parcel) -> Outcome:
        return Outcome(parcel.person.id, State.UNKNOWN)

    ledger.suppressions.add([address_of(3)], reason="left", source="test")
    handed_over(ledger, clock, transport=Scripted(on(0, refuse, on(1, lose))))
    assert counts(ledger) == Counts(rejected=1, unknown=1, accepted=1, suppressed=1)
    ledger.schedules.call_back(ISSUE)
    assert ledger.schedules.called_back(ISSUE, BATCH, for_certain=True) == 2
    assert counts(ledger) == Counts(rejected=1, suppressed=1, pending=2)


def test_whoever_left_by_an_earlier_batch_is_not_called_back(ledger: Ledger, clock: HandClock) -> None:
    """Their time has gone by; only what was handed over for the new time comes back."""

    def stop(_: Parcel) -> Outcome:
        raise TransportStopped("the key is not valid")

    handed_over(ledger, clock, transport=Scripted(on(2, stop)))
    left = {address for address, found in states(ledger).items() if found is State.ACCEPTED}
    assert left == {address_of(0), address_of(1)}
    clock.time = LEAVES_AT + 1
    assert ledger.schedules.missed(ISSUE) == 4 - len(left)
    ledger.schedules.reschedule(ISSUE, LEAVES_AT + 7200)
    (run,) = ledger.resume(ISSUE)
    send(ledger, ledger.schedules.begin(run, "the next"), Scripted(), clock=clock)
    assert ledger.schedules.ahead(ISSUE)[0].people == 4 - len(left)
    ledger.schedules.call_back(ISSUE)
    ledger.schedules.called_back(ISSUE, "the next", for_certain=True)
    assert {address for address, found in states(ledger).items() if found is State.ACCEPTED} == left


def test_nobody_is_called_back_under_the_hands_of_a_living_process(ledger: Ledger, clock: HandClock) -> None:
    """What it hands over meanwhile would be called accepted, and be discarded."""
    run = handed_over(ledger, clock)
    process = ledger.processes.start()
    ledger.claims.begin(run, process.name)
    assert not ledger.schedules.call_back(ISSUE)
    assert counts(ledger) == Counts(accepted=4)
    ledger.claims.end(run, process.name, "stopped")
    process.close()
    assert ledger.schedules.call_back(ISSUE)


def test_a_time_that_went_by_is_missed_unless_somebody_began_at_it(ledger: Ledger, clock: HandClock) -> None:
    """Interrupted in the middle is not missed; a canary's others wait for a word and not for the time."""
    timing = Timing(start_at=LEAVES_AT)
    run = ledger.freeze(new_run(timing=timing, canary=Canary(count=2)), frozen(range(6)))
    assert ledger.schedules.missed(ISSUE) == 0
    clock.time = LEAVES_AT + 5
    assert ledger.schedules.missed(ISSUE) == 2
    ledger.go_on(ISSUE)
    assert ledger.schedules.missed(ISSUE) == 6
    claim = ledger.claims.claim(run, 1, owner="x")
    ledger.claims.release("x", [each.person.id for each in claim.people])
    assert ledger.schedules.missed(ISSUE) == 0
