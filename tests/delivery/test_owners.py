"""Who is alive over several machines, and what becomes of the claims of those who are not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from newsletter.delivery.claims import Entry
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import Outcome, Patience, Settled, State
from newsletter.delivery.owners import SILENCE_S, Lease
from newsletter.delivery.processes import Mark, Process
from newsletter.delivery.run import Claim, Counts, Run
from tests.delivery.parts import HandClock, frozen, new_run, use_postgres


class Machine:
    """A machine with its own folder, and a process that sends from it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.ledger = Ledger.open(url, processes=folder, now=HandClock().now)
        self._url = url
        self.folder = folder

    def set_to_work(self, run: Run, people: int) -> tuple[Process, Claim]:
        """A process that has claimed so many, and begun none of them."""
        process = self.ledger.processes.start()
        self.ledger.claims.begin(run, process.name)
        claim = self.ledger.claims.claim(run, people, owner=process.name)
        for each in claim.people:
            process.add(each.person.id)
        return process, claim

    def falls_silent(self) -> None:
        """Everybody's last word is as old as it takes; the machine may be dead, or only cut off."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("UPDATE owners SET seen_at = seen_at - silence_s - 1")

    def counts(self, run: Run) -> Counts:
        return self.ledger.accounts.counts(run)

    def states(self, run: Run) -> list[State]:
        return [row.state for row in self.ledger.accounts.rows(run.issue)]


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    url = use_postgres(tmp_path)
    both = Machine(tmp_path / "here", url), Machine(tmp_path / "there", url)
    yield both
    for machine in both:
        machine.ledger.close()


def told(ledger: Ledger, owner: str, person: int, state: State) -> None:
    ledger.claims.record(owner, [Entry(Outcome(person, state), Settled(state))])


def test_a_process_elsewhere_lives_while_it_says_so(machines: tuple[Machine, Machine]) -> None:
    """Its lock cannot be seen from here; its row can, and its claims are pending."""
    here, there = machines
    run = here.ledger.freeze(new_run(), frozen(range(5)))
    process, _ = here.set_to_work(run, 2)
    assert there.ledger.claims.recover(run, Patience()) == 0
    assert there.counts(run) == Counts(pending=5)
    process.close()


def test_a_silent_process_elsewhere_is_dead_and_its_claims_unknown(machines: tuple[Machine, Machine]) -> None:
    """No more than it had in hand: without its journal nobody can know what it had begun."""
    here, there = machines
    run = here.ledger.freeze(new_run(), frozen(range(5)))
    process, _ = here.set_to_work(run, 2)
    here.falls_silent()
    assert there.counts(run) == Counts(unknown=2, pending=3)
    assert there.ledger.claims.recover(run, Patience()) == 2
    assert there.ledger.claims.recover(run, Patience()) == 0
    assert there.counts(run) == Counts(unknown=2, pending=3)
    assert len(there.ledger.claims.claim(run, 9, owner="other").people) == 3
    process.close()


def test_its_own_machine_knows_it_to_be_alive(machines: tuple[Machine, Machine]) -> None:
    """The lock of its file says more than its silence: the database may be what is slow."""
    here, _ = machines
    run = here.ledger.freeze(new_run(), frozen(range(5)))
    process, _ = here.set_to_work(run, 2)
    here.falls_silent()
    assert here.ledger.claims.recover(run, Patience()) == 0
    assert here.counts(run) == Counts(pending=5)
    process.close()


def test_its_own_machine_knows_at_once_that_it_is_dead(machines: tuple[Machine, Machine]) -> None:
    """And has its journal: what was not begun is given back."""
    here, there = machines
    run = here.ledger.freeze(new_run(), frozen(range(5)))
    process, claim = here.set_to_work(run, 3)
    process.mark(claim.people[0].person.id, Mark.HANDED_OVER)
    process.mark(claim.people[1].person.id, Mark.ACCEPTED)
    kill(process)
    assert there.ledger.claims.recover(run, Patience()) == 0
    assert here.ledger.claims.recover(run, Patience()) == 1
    assert here.counts(run) == Counts(accepted=1, unknown=1, pending=3)


def test_who_comes_back_tells_what_became_of_everybody(machines: tuple[Machine, Machine]) -> None:
    """It was cut off, not dead: what it heard and what it never began is no longer unknown."""
    here, there = machines
    run = here.ledger.freeze(new_run(), frozen(range(5)))
    process, claim = here.set_to_work(run, 3)
    here.falls_silent()
    there.ledger.claims.recover(run, Patience())
    assert not here.ledger.owners.beat(process.name, run.id)
    first, second, third = (each.person.id for each in claim.people)
    told(here.ledger, process.name, first, State.ACCEPTED)
    here.ledger.claims.release(process.name, [second])
    assert here.counts(run) == Counts(accepted=1, unknown=1, pending=3)
    here.ledger.claims.release_strays(run, process.name, held={third})
    assert here.counts(run) == Counts(accepted=1, unknown=1, pending=3)
    here.ledger.claims.release_strays(run, process.name, held=())
    assert here.counts(run) == Counts(accepted=1, pending=4)
    process.close()


def test_a_journal_that_comes_back_settles_what_was_called_unknown(machines: tuple[Machine, Machine]) -> None:
    """The process died, another machine took over, and then the first machine looked into its folder."""
    here, there = machines
    run = here.ledger.freeze(new_run(), frozen(range(5)))
    process, claim = here.set_to_work(run, 3)
    process.mark(claim.people[0].person.id, Mark.HANDED_OVER)
    process.mark(claim.people[1].person.id, Mark.ACCEPTED)
    kill(process)
    here.falls_silent()
    assert there.ledger.claims.recover(run, Patience()) == 3
    assert here.ledger.claims.recover(run, Patience()) == 1
    assert here.counts(run) == Counts(accepted=1, unknown=1, pending=3)
    assert list(here.folder.iterdir()) == []


def test_a_late_word_changes_nothing_that_was_settled_meanwhile(machines: tuple[Machine, Machine]) -> None:
    """A person said to send again, and another process did."""
    here, there = machines
    run = here.ledger.freeze(new_run(), frozen([1]))
    process, claim = here.set_to_work(run, 1)
    here.falls_silent()
    there.ledger.claims.recover(run, Patience())
    there.ledger.retry(run.issue, State.UNKNOWN, expected=1)
    (again,) = there.ledger.claims.claim(run, 1, owner="other").people
    told(there.ledger, "other", again.person.id, State.ACCEPTED)
    told(here.ledger, process.name, claim.people[0].person.id, State.REJECTED)
    here.ledger.claims.release(process.name, [claim.people[0].person.id])
    assert there.states(run) == [State.ACCEPTED]
    process.close()


def test_a_part_of_a_run_recovers_the_whole(machines: tuple[Machine, Machine]) -> None:
    """Whoever works on some of the people settles all the claims of a dead process."""
    here, there = machines
    run = here.ledger.freeze(new_run(), frozen(range(5)))
    process, claim = here.set_to_work(run, 3)
    here.falls_silent()
    assert there.ledger.claims.recover(run.part(claim.last_id + 1, run.last_id), Patience()) == 3
    process.close()


def test_two_machines_with_one_name_do_not_take_each_other_for_dead(machines: tuple[Machine, Machine]) -> None:
    """A cloned machine, or a second folder: only a file that is here is judged by its lock."""
    here, there = machines
    run = here.ledger.freeze(new_run(), frozen(range(2)))
    process, _ = here.set_to_work(run, 1)
    assert there.counts(run) == Counts(pending=2)
    assert there.ledger.request_stop(run.issue) == 1
    assert here.ledger.owners.beat(process.name, run.id)
    process.close()


def test_a_lease_ends_before_anybody_else_believes_it_has() -> None:
    """It counts from before it asked, and holds again once the ledger has answered."""
    clock = HandClock(100.0)
    lease = Lease(SILENCE_S, clock.now)
    clock.time += SILENCE_S - 1
    assert lease.holds
    clock.time += 1
    assert not lease.holds
    lease.renew(clock.now())
    assert lease.holds
    lease.suspend()
    assert not lease.holds


def kill(process: Process) -> None:
    """As kill -9 does: the lock goes, the journal stays."""
    process._map.close()
    os.close(process._file)
