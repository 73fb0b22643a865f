"""The ledger under everything at once: two workers, crashes, late acceptance, evidence, a person's retries.

The provider is the model: it knows whom it took. Nobody may be taken twice, unless a person asked to retry
those whom nobody knows about.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from newsletter.delivery.claims import Entry
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import Outcome, Patience, State, settle
from newsletter.delivery.processes import MARKS, Mark, Process
from newsletter.delivery.run import Claimed
from newsletter.delivery.settling import Evidence
from tests.delivery.parts import ISSUE, HandClock, address_of, frozen, new_run, opened, url_of, use_postgres

PEOPLE = 8
LATE_S = 60.0
"""How long the provider may take to accept what a broken line brought it."""

SETTLE_S = 2 * LATE_S

WORKERS = st.sampled_from(["a", "b"])


class Worker:
    """A process, its claims, and those of them that have left without an answer."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.claims: dict[int, Claimed] = {}
        self.handed: set[int] = set()


class LedgerMachine(RuleBasedStateMachine):
    """What the engine, the provider, the power supply and a person may do, in any order."""

    settle_s = SETTLE_S
    claims_are_durable = True
    in_postgres = False

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        if self.in_postgres:
            use_postgres(self.folder)
        self.clock = HandClock()
        self.context = opened(self.folder, self.clock)
        self.ledger: Ledger = self.context.__enter__()
        self.run = self.ledger.freeze(new_run(), frozen(range(PEOPLE)))
        self.workers: dict[str, Worker] = {}
        self.taken: Counter[str] = Counter()
        self.late: list[tuple[float, str]] = []
        self.allowed_twice: set[str] = set()

    def teardown(self) -> None:
        if hasattr(self, "context"):
            for worker in self.workers.values():
                worker.process.close()
            self.context.__exit__(None, None, None)
            shutil.rmtree(self.folder)

    def worker(self, name: str) -> Worker:
        if name not in self.workers:
            process = self.ledger.processes.start()
            self.ledger.claims.begin(self.run, process.name)
            self.workers[name] = Worker(process)
        return self.workers[name]

    def record(self, worker: Worker, outcome: Outcome) -> None:
        """As the engine does: the journal, the ledger, and only then out of the journal."""
        claimed = worker.claims.pop(outcome.person)
        worker.handed.discard(outcome.person)
        worker.process.mark(outcome.person, MARKS[outcome.state])
        settled = settle(
            outcome,
            claimed.attempts,
            now=self.clock.now(),
            frozen_at=self.run.created_at,
            patience=Patience(),
            chance=0.0,
        )
        self.ledger.claims.record(worker.process.name, [Entry(outcome, settled)])
        worker.process.free(outcome.person)

    @rule(name=WORKERS, number=st.integers(1, 3))
    def claim(self, name: str, number: int) -> None:
        worker = self.worker(name)
        for each in self.ledger.claims.claim(self.run, number, owner=worker.process.name).people:
            assert each.person.id not in worker.claims
            worker.claims[each.person.id] = each
            worker.process.add(each.person.id)

    @rule(name=WORKERS, lasts=st.booleans())
    def hand_over_and_hear(self, name: str, lasts: bool) -> None:
        """A message goes out; the provider takes it, and its answer is heard, or the line breaks."""
        worker = self.worker(name)
        for person, each in list(worker.claims.items()):
            if person in worker.handed:
                continue
            worker.process.mark(person, Mark.HANDED_OVER)
            worker.handed.add(person)
            if lasts:
                self.taken[each.person.address] += 1
                self.record(worker, Outcome(person, State.ACCEPTED))
            else:
                self.late.append((self.clock.now() + LATE_S, each.person.address))
            return

    @rule(name=WORKERS, state=st.sampled_from([State.REJECTED, State.DEFERRED, State.PENDING]))
    def be_refused(self, name: str, state: State) -> None:
        """The provider says no before it took anything."""
        worker = self.worker(name)
        for person in set(worker.claims) - worker.handed:
            self.record(worker, Outcome(person, state))
            return

    @rule(name=WORKERS)
    def notice_the_broken_lines(self, name: str) -> None:
        worker = self.worker(name)
        for person in list(worker.handed):
            self.record(worker, Outcome(person, State.UNKNOWN))

    @rule(name=WORKERS)
    def give_back(self, name: str) -> None:
        """A clean exit returns what was not begun."""
        worker = self.worker(name)
        unbegun = set(worker.claims) - worker.handed
        self.ledger.claims.release(worker.process.name, unbegun)
        for person in unbegun:
            worker.process.free(person)
            del worker.claims[person]

    @precondition(lambda self: self.workers)
    @rule(data=st.data(), journal_lives=st.booleans())
    def crash(self, data: st.DataObject, journal_lives: bool) -> None:
        self.die(data.draw(st.sampled_from(sorted(self.workers))), journal_lives=journal_lives)

    def die(self, name: str, *, journal_lives: bool) -> None:
        """The lock goes; the journal stays, or does not (a power cut); claims are as durable as they are."""
        worker = self.workers.pop(name)
        if not journal_lives:
            (self.folder / "processes" / f"{worker.process.name}.journal").unlink()
        if not self.claims_are_durable:
            self.ledger.claims.release(worker.process.name, list(worker.claims))
        worker.process._map.close()
        os.close(worker.process._file)

    @rule()
    def recover(self) -> None:
        self.ledger.claims.recover(self.run, Patience())

    @rule(minutes=st.sampled_from([0.5, 5, 45]))
    def time_passes(self, minutes: float) -> None:
        """What was on its way is taken by the provider, late."""
        self.clock.time += minutes * 60
        for at, address in list(self.late):
            if at <= self.clock.now():
                self.late.remove((at, address))
                self.taken[address] += 1

    @rule()
    def reconcile(self) -> None:
        """The provider's record is asked: who is in it has it, and who is not, in time, has it not."""
        evidence = [
            Evidence(row_code, State.ACCEPTED if self.taken[address] else State.PENDING)
            for address, row_code in self.codes().items()
        ]
        self.ledger.settle_unknown(self.run, evidence, settle_s=self.settle_s)

    @rule()
    def retry_the_refused(self) -> None:
        self.ledger.retry(ISSUE, State.REJECTED)

    @rule()
    def retry_the_unknown(self) -> None:
        """A person's word: these may get it twice, and were counted out."""
        unknown = {row.address for row in self.ledger.accounts.rows(ISSUE, {State.UNKNOWN})}
        self.allowed_twice |= unknown
        self.ledger.retry(ISSUE, State.UNKNOWN, expected=len(unknown))

    @rule(number=st.integers(0, PEOPLE - 1))
    def leave(self, number: int) -> None:
        self.ledger.suppressions.add([address_of(number)], reason="left", source="test")

    def codes(self) -> dict[str, str]:
        return {row.address: row.code for row in self.ledger.accounts.rows(ISSUE)}

    @invariant()
    def nobody_is_mailed_twice(self) -> None:
        for address, times in self.taken.items():
            assert times <= 1 or address in self.allowed_twice, f"{times} times"

    @invariant()
    def the_ledger_says_nothing_untrue(self) -> None:
        """The sum is whole; accepted people have it; whoever has it is not called unsent."""
        if not hasattr(self, "ledger"):
            return
        status = self.ledger.accounts.status(ISSUE)
        assert status is not None
        assert status.counts.planned == PEOPLE
        for row in self.ledger.accounts.rows(ISSUE):
            if row.state is State.ACCEPTED:
                assert self.taken[row.address] or any(address == row.address for _, address in self.late)
            elif row.state in {State.REJECTED, State.DEFERRED, State.SUPPRESSED} and self.taken[row.address]:
                assert row.address in self.allowed_twice


QUICK = settings(stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))


class PostgresMachine(LedgerMachine):
    """The same in PostgreSQL, where another machine may take somebody for dead who is only cut off."""

    in_postgres = True

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def take_over(self, data: st.DataObject) -> None:
        """A worker is silent for too long; another machine, which has no journal, looks for work."""
        worker = self.workers[data.draw(st.sampled_from(sorted(self.workers)))]
        with psycopg.connect(url_of(self.folder), autocommit=True) as connection:
            connection.execute("UPDATE owners SET seen_at = 0 WHERE owner = %s", [worker.process.name])
        elsewhere = Ledger.open(url_of(self.folder), processes=self.folder / "elsewhere", now=self.clock.now)
        elsewhere.claims.recover(self.run, Patience())
        elsewhere.close()

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        worker = self.workers[data.draw(st.sampled_from(sorted(self.workers)))]
        self.ledger.owners.beat(worker.process.name, self.run.id)
        self.ledger.claims.release_strays(self.run, worker.process.name, worker.claims)


@pytest.mark.parametrize(("machine", "examples"), [(LedgerMachine, 25), (PostgresMachine, 8)])
def test_no_order_of_events_mails_anybody_twice(machine: type[LedgerMachine], examples: int) -> None:
    """Whatever happens, in whatever order, the ledger says nothing untrue."""
    run_state_machine_as_test(machine, settings=settings(QUICK, max_examples=examples))


def crash_after_handing_over(machine: LedgerMachine) -> None:
    """A dies with a message on its way; B looks for work; the provider takes what it got."""
    machine.claim("a", PEOPLE)
    machine.hand_over_and_hear("a", lasts=False)
    machine.die("a", journal_lives=True)
    machine.recover()
    machine.claim("b", PEOPLE)
    for _ in range(PEOPLE):
        machine.hand_over_and_hear("b", lasts=True)
    machine.time_passes(5)
    machine.nobody_is_mailed_twice()
    machine.the_ledger_says_nothing_untrue()


def ask_the_provider_too_early(machine: LedgerMachine) -> None:
    """A line breaks; the provider's record is asked before it has taken the message; B looks for work."""
    machine.claim("a", 1)
    machine.hand_over_and_hear("a", lasts=False)
    machine.notice_the_broken_lines("a")
    machine.reconcile()
    machine.claim("b", PEOPLE)
    for _ in range(PEOPLE):
        machine.hand_over_and_hear("b", lasts=True)
    machine.time_passes(5)
    machine.nobody_is_mailed_twice()
    machine.the_ledger_says_nothing_untrue()


@pytest.mark.parametrize(
    ("events", "safeguard", "without"),
    [
        (crash_after_handing_over, "claims_are_durable", False),
        (ask_the_provider_too_early, "settle_s", 0.0),
    ],
)
def test_without_its_safeguards_the_ledger_would_mail_somebody_twice(
    events: Callable[[LedgerMachine], None], safeguard: str, without: float
) -> None:
    """The machine above bites: take away the durable claim, or the settle window, and it fails."""
    for safe in (True, False):
        machine = LedgerMachine()
        if not safe:
            setattr(machine, safeguard, without)
        machine.begin()
        try:
            if safe:
                events(machine)
            else:
                with pytest.raises(AssertionError, match="2 times"):
                    events(machine)
        finally:
            machine.teardown()
