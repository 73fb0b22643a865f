"""A run that the workers of several machines carry together.

Rules:

1. What has a pace of its own goes by the workers; a rehearsal has none, and is carried where it was begun.
2. The writer's own copies follow when nobody of their issue is left to be mailed now.
3. A breaker that trips on one machine is about what we send, so it halts the run on all of them.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, select, update

from newsletter.delivery import queue
from newsletter.delivery.accounts import in_canary, of_run, select_runs
from newsletter.delivery.cutting import cut
from newsletter.delivery.database import Database
from newsletter.delivery.outcome import State
from newsletter.delivery.owners import Owners
from newsletter.delivery.queue import Job
from newsletter.delivery.run import Kind, Run
from newsletter.delivery.schema import people, runs
from newsletter.log import Happening, note


class Sharing:
    """What the machines that share a ledger tell each other of its runs."""

    def __init__(self, database: Database, owners: Owners, now: Callable[[], float], silence_s: float) -> None:
        self._database = database
        self._owners = owners
        self._now = now
        self._silence_s = silence_s

    def carries(self, run: Run) -> bool:
        """Whether the workers carry a run, and not the process that was told to send it."""
        return self._database.is_shared and run.per_second is not None

    def run(self, run_id: int) -> Run | None:
        """A run as it stands now; None for a test that was replaced by another."""
        with self._database.read(promptly=True) as connection:
            return _by_id(connection, run_id)

    def open_runs(self) -> list[Run]:
        """Every run that the workers carry and that somebody is waiting in."""
        with self._database.read(promptly=True) as connection:
            return [run for run in select_runs(connection) if self.carries(run) and _waits(connection, run)]

    def open_issues(self) -> list[str]:
        """The issues that are not complete."""
        with self._database.read(promptly=True) as connection:
            found = select_runs(connection, kind=Kind.REAL)
            return list(dict.fromkeys(run.issue for run in found if _waits(connection, run)))

    def hand_on(self, run: Run, *, per_second: float | None) -> None:
        """Give a run to the workers, at this pace, by a person's word: a halt ends."""
        with self._database.write() as connection:
            mine = update(runs).where(runs.c.id == run.id)
            connection.execute(mine.values(halted="", per_second=per_second))
            found = _by_id(connection, run.id)
            if found is not None:
                cut(connection, found, now=self._now())

    def give_back(self, job: Job, *, wait_s: float = 0.0) -> bool:
        """What a worker leaves of a job goes back into the queue; whether the run has nobody left for now.

        Then the writer's own copies follow.
        """
        now = self._now()
        with self._database.write(promptly=True) as connection:
            run = _by_id(connection, job.run_id)
            if run is None:
                return True
            cut(connection, run, now=now, within=job, not_before=now + wait_s if wait_s else 0.0)
            if run.kind is not Kind.REAL or _is_busy(connection, run):
                return False
            for copies in select_runs(connection, run.issue, Kind.COPY):
                cut(connection, copies, now=now)
        return True

    def is_busy(self, run: Run) -> bool:
        """Whether somebody of a run is still to be mailed now, or is just being mailed."""
        with self._database.read(promptly=True) as connection:
            return _is_busy(connection, run)

    def is_worked_on(self, run: Run) -> bool:
        """Whether a living worker is at a run."""
        with self._database.read(promptly=True) as connection:
            return bool(self._owners.living(connection, [run.id]))

    def halt(self, run: Run, why: str) -> None:
        """Stop every worker with this run, until a person resumes it."""
        with self._database.write(promptly=True) as connection:
            connection.execute(update(runs).where(runs.c.id == run.id).values(halted=why))
        note(Happening.RUN_HALTED, run=run.name, reason=why)

    def clear_abandoned(self) -> bool:
        """Remove the jobs whose worker died; whether there were any."""
        with self._database.write(promptly=True) as connection:
            return bool(queue.clear_abandoned(connection, self._silence_s))

    def look_around(self, *, idle_only: bool = True) -> int:
        """Cut whatever has somebody ready and nobody at it; the number of new jobs.

        After a death, also what somebody seems to be at: of a worker's job the queue learns later than of its
        claims.
        """
        number = 0
        for run in self.open_runs():
            with self._database.write(promptly=True) as connection:
                number += cut(connection, run, now=self._now(), silence_s=self._silence_s, idle_only=idle_only)
        return number

    def workers(self) -> int:
        """How many workers live, on all machines."""
        with self._database.read(promptly=True) as connection:
            return queue.workers(connection, self._silence_s)

    def waiting(self) -> int:
        """How many jobs wait for a worker."""
        with self._database.read(promptly=True) as connection:
            return queue.waiting(connection)


def _is_busy(connection: Connection, run: Run) -> bool:
    if run.stop_at is not None or run.halted:
        return True
    left = select(people.c.id).where(*of_run(run), people.c.state.in_((State.PENDING, State.CLAIMED)))
    if run.waits_for_a_word:
        left = left.where(in_canary(run))
    return connection.scalar(left.limit(1)) is not None


def _by_id(connection: Connection, run_id: int) -> Run | None:
    return next((run for run in select_runs(connection) if run.id == run_id), None)


def _waits(connection: Connection, run: Run) -> bool:
    waiting = people.c.state.in_((State.PENDING, State.DEFERRED))
    return connection.scalar(select(people.c.id).where(*of_run(run), waiting).limit(1)) is not None
