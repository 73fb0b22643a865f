"""A run cut into jobs: whoever is ready is in the queue once, and nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from newsletter.delivery.claims import Entry
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import Outcome, Settled, State
from newsletter.delivery.queue import Job
from newsletter.delivery.run import Canary, Kind, Run, Timing
from newsletter.errors import NotReady
from tests.delivery.parts import ISSUE, HandClock, frozen, new_run, opened, url_of

NOW = HandClock().now()
SHARED: dict[str, Any] = {"per_second": 100.0}


def jobs(folder: Path) -> list[dict[str, Any]]:
    """What is in the queue, in its order."""
    with psycopg.connect(url_of(folder), row_factory=dict_row) as connection:
        found = connection.execute(
            "SELECT id, status::text, (args ->> 'first_id')::int AS first, (args ->> 'last_id')::int AS last,"
            " extract(epoch FROM scheduled_at)::float AS at FROM procrastinate_jobs ORDER BY id"
        )
        return found.fetchall()


def settle(ledger: Ledger, run: Run, number: int, state: State, due_at: float | None = None) -> None:
    claim = ledger.claims.claim(run, number, owner="somebody")
    entries = [Entry(Outcome(each.person.id, state), Settled(state, due_at)) for each in claim.people]
    ledger.claims.record("somebody", entries)


def test_a_frozen_run_is_in_the_queue_with_the_same_commit(folder: Path, ledger: Ledger) -> None:
    """Its jobs cover everybody, and do not overlap; a freeze that fails leaves no job."""
    run = ledger.freeze(new_run(**SHARED), frozen(range(250)))
    found = jobs(folder)
    assert [(job["first"], job["last"]) for job in found] == [
        (run.first_id, run.first_id + 99),
        (run.first_id + 100, run.first_id + 199),
        (run.first_id + 200, run.first_id + 299),
    ]
    with pytest.raises(NotReady):
        ledger.freeze(new_run(**SHARED), frozen([5]))
    assert jobs(folder) == found


def test_a_long_run_has_work_for_many_and_no_job_is_huge(folder: Path, ledger: Ledger) -> None:
    """At least two dozen jobs."""
    ledger.freeze(new_run(**SHARED), frozen(range(12_000)))
    found = jobs(folder)
    assert len(found) == 24
    assert {job["last"] - job["first"] + 1 for job in found} == {500}


def test_a_rehearsal_is_nobody_elses_work(folder: Path, ledger: Ledger) -> None:
    """It has no pace, and is carried where it was begun."""
    run = ledger.freeze(new_run(kind=Kind.REHEARSAL), frozen(range(5)))
    assert not ledger.sharing.carries(run)
    assert jobs(folder) == []


def test_a_cut_that_finds_nothing_new_changes_nothing(folder: Path, ledger: Ledger) -> None:
    """Resume, look around, resume: each job waits once."""
    run = ledger.freeze(new_run(**SHARED), frozen(range(250)))
    before = jobs(folder)
    ledger.sharing.hand_on(run, per_second=100.0)
    assert ledger.sharing.look_around() == 0
    assert jobs(folder) == before


def test_what_is_scheduled_or_held_is_taken_at_its_time(folder: Path, ledger: Ledger) -> None:
    """By the database's clock, the later of the two."""
    ledger.freeze(new_run(timing=Timing(start_at=NOW + 600, hold_until=NOW + 60), **SHARED), frozen(range(5)))
    assert [job["at"] for job in jobs(folder)] == [NOW + 600]


def test_a_canary_waits_for_a_word_then_all_are_in_the_queue(folder: Path, ledger: Ledger) -> None:
    """Only the jobs of the first are there before."""
    run = ledger.freeze(new_run(canary=Canary(count=10), **SHARED), frozen(range(250)))
    assert len(jobs(folder)) == 1
    ledger.go_on(ISSUE)
    ledger.sharing.hand_on(run, per_second=100.0)
    assert len(jobs(folder)) == 3


def test_the_deferred_come_back_when_they_are_due(folder: Path, ledger: Ledger) -> None:
    """The soonest of a job decides; somebody who is ready does at once."""
    run = ledger.freeze(new_run(**SHARED), frozen(range(100)))
    (first,) = jobs(folder)
    take(folder, first["id"])
    settle(ledger, run, 98, State.ACCEPTED)
    settle(ledger, run, 1, State.DEFERRED, due_at=NOW + 900)
    settle(ledger, run, 1, State.DEFERRED, due_at=NOW + 700)
    batch = Job(run.id, first["first"], first["last"])
    assert ledger.sharing.give_back(batch)
    assert [job["at"] for job in jobs(folder) if job["status"] == "todo"] == [NOW + 700]
    with ledger._database.write() as connection:
        connection.exec_driver_sql("UPDATE people SET state = 'pending' WHERE id = %s", (run.first_id,))
    ledger.sharing.hand_on(run, per_second=100.0)
    assert [job["at"] for job in jobs(folder) if job["status"] == "todo"] == [None]


def take(folder: Path, job_id: int) -> int:
    """Take a job as a worker that lives; the worker's id."""
    with psycopg.connect(url_of(folder), autocommit=True) as connection:
        (worker,) = connection.execute(
            "INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id"
        ).fetchone() or (0,)
        connection.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s", (worker, job_id)
        )
        return int(worker)


def die(folder: Path) -> None:
    """Every worker has been silent for long."""
    with psycopg.connect(url_of(folder), autocommit=True) as connection:
        connection.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")


def test_a_job_that_a_worker_is_at_is_left_to_it_until_it_dies(folder: Path, ledger: Ledger) -> None:
    """Then its job is gone, and what it was about waits again."""
    ledger.freeze(new_run(**SHARED), frozen(range(150)))
    (first, second) = jobs(folder)
    take(folder, first["id"])
    assert ledger.sharing.look_around() == 0
    assert not ledger.sharing.clear_abandoned()
    die(folder)
    assert ledger.sharing.clear_abandoned()
    assert ledger.sharing.look_around() == 1
    assert [(job["first"], job["status"]) for job in jobs(folder)] == [
        (second["first"], "todo"),
        (first["first"], "todo"),
    ]


def test_a_run_that_was_stopped_or_halted_is_not_cut(folder: Path, ledger: Ledger) -> None:
    """Until a person resumes it; the queue may hold its jobs, which then find nothing to do."""
    run = ledger.freeze(new_run(**SHARED), frozen(range(50)))
    (job,) = jobs(folder)
    take(folder, job["id"])
    ledger.sharing.halt(run, "they all say no")
    assert not ledger.sharing.give_back(Job(run.id, job["first"], job["last"]))
    assert ledger.sharing.look_around() == 0
    halted = ledger.sharing.run(run.id)
    assert halted is not None
    assert halted.halted == "they all say no"
    ledger.request_stop(ISSUE)
    ledger.resume(ISSUE)
    ledger.sharing.hand_on(run, per_second=100.0)
    assert [job["status"] for job in jobs(folder)] == ["doing", "todo"]


def test_what_is_too_late_is_not_cut(folder: Path, ledger: Ledger) -> None:
    """It waits for another time, from a person."""
    ledger.freeze(new_run(timing=Timing(not_after=NOW - 1), **SHARED), frozen(range(5)))
    assert jobs(folder) == []
    ledger.extend(ISSUE, None)
    assert ledger.sharing.look_around() == 1


def test_the_writers_copies_follow_when_nobody_is_left(folder: Path, ledger: Ledger) -> None:
    """Neither before, nor when the run was stopped."""
    copies = (new_run(kind=Kind.COPY, **SHARED), frozen([1], "clp-secretaries"))
    run = ledger.freeze(new_run(**SHARED), frozen(range(2)), along=[copies])
    (job,) = jobs(folder)
    take(folder, job["id"])
    batch = Job(run.id, job["first"], job["last"])
    settle(ledger, run, 1, State.ACCEPTED)
    assert not ledger.sharing.give_back(batch)
    settle(ledger, run, 1, State.REJECTED)
    assert ledger.sharing.give_back(batch)
    (copy,) = ledger.runs(ISSUE, Kind.COPY)
    assert copy.first_id in {job["first"] for job in jobs(folder)}


def test_the_pace_is_what_a_person_said_last(ledger: Ledger) -> None:
    """All workers of a run share it."""
    run = ledger.freeze(new_run(**SHARED), frozen(range(5)))
    ledger.sharing.hand_on(run, per_second=7.0)
    again = ledger.sharing.run(run.id)
    assert again is not None
    assert again.per_second == 7.0


def test_the_queues_tables_are_made_once(folder: Path) -> None:
    """And are left alone where somebody else made them."""
    with psycopg.connect(url_of(folder), autocommit=True) as connection:
        connection.execute("DELETE FROM facts WHERE name = 'procrastinate'")
    for _ in range(2):
        with opened(folder) as ledger:
            ledger.freeze(new_run(issue=f"another {_}", **SHARED), frozen(range(5)))
    with psycopg.connect(url_of(folder)) as connection:
        assert connection.execute("SELECT value FROM facts WHERE name = 'procrastinate'").fetchone() == ("",)


def test_tables_of_a_version_before_are_renewed(folder: Path) -> None:
    """Each of Procrastinate's own migrations once; what workers could not bear waits until none is alive."""
    with psycopg.connect(url_of(folder), autocommit=True) as connection:
        known = "SELECT value FROM facts WHERE name = 'procrastinate'"
        newest = connection.execute(known).fetchone()
        connection.execute("DROP FUNCTION procrastinate_retry_job_v2")
        connection.execute("ALTER TYPE procrastinate_job_event_type RENAME VALUE 'retried' TO 'tried before'")
        connection.execute(
            "UPDATE facts SET value = '03.03.00_01_pre_priority_lock_fetch_job.sql'"
            " WHERE name = 'procrastinate'"
        )
        connection.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
        with opened(folder):
            pass
        between = connection.execute(known).fetchone()
        assert between is not None
        assert "03.04.00_01_pre" in between[0]
        die(folder)
        with opened(folder):
            pass
        assert connection.execute(known).fetchone() == newest
