"""Mail that is handed over before its time: what the provider holds until then, and how it is called back.

Rules:

1. Everything that a run hands over for one time bears one batch id, on the disk before the first of it leaves,
   by which the provider can be told to discard it.
2. While a batch is being called back, nobody knows whether its people get the mail: they are unknown from
   before the provider is asked until its answer is written down. So a crash in between leaves no lie.
3. Whoever was called back for certain is pending, like somebody who was never sent to.
4. A time that went by while people waited is not caught up with until a person says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, select, update

from newsletter.delivery.accounts import in_canary, of_run, select_runs
from newsletter.delivery.database import Database
from newsletter.delivery.outcome import Cause, State, sources
from newsletter.delivery.owners import Owners
from newsletter.delivery.run import Kind, Run
from newsletter.delivery.schema import issues, people, runs

CALLED_BACK = "called back before its time"
_CALLING_BACK = "it is being called back, and the provider has not confirmed it"
_TOO_LATE = "called back so close to its time that it may have left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What the provider holds of an issue for one time."""

    batch_id: str
    leaves_at: float
    people: int
    """Who has it there, or may; the writer's own copies aside."""
    being_called_back: bool
    """A person said stop, and the provider has not confirmed it."""


class Schedules:
    """The times of an issue's runs."""

    def __init__(self, database: Database, owners: Owners, now: Callable[[], float]) -> None:
        self._database = database
        self._owners = owners
        self._now = now

    def begin(self, run: Run, batch_id: str) -> Run:
        """Note a batch id for all that leaves at this run's time, unless one is noted; the run as it is now."""
        with self._database.write() as connection:
            issue_id = select(issues.c.id).where(issues.c.name == run.issue).scalar_subquery()
            connection.execute(
                update(runs)
                .where(runs.c.issue_id == issue_id, runs.c.kind.in_([Kind.REAL, Kind.COPY]))
                .where(runs.c.transport == run.transport, runs.c.start_at == run.timing.start_at)
                .where(runs.c.batch_id.is_(None))
                .values(batch_id=batch_id, batch_at=self._now())
            )
            return next(each for each in select_runs(connection, run.issue) if each.id == run.id)

    def ahead(self, issue: str) -> tuple[Ahead, ...]:
        """What the provider holds of an issue now, by its time."""
        with self._database.read() as connection:
            found = self._held(connection, issue)
            batches = {run.batch_id: run for run in found if run.batch_id}
            return tuple(
                Ahead(
                    batch_id=batch_id,
                    leaves_at=one.timing.start_at or 0.0,
                    people=sum(_count(connection, run) for run in found if run.batch_id == batch_id),
                    being_called_back=any(
                        run.recalled_at is not None for run in found if run.batch_id == batch_id
                    ),
                )
                for batch_id, one in sorted(batches.items(), key=lambda item: item[1].timing.start_at or 0.0)
            )

    def call_back(self, issue: str) -> bool:
        """Note that the provider is asked to discard what it holds; false while somebody is at work on it."""
        with self._database.write() as connection:
            found = self._held(connection, issue)
            if self._owners.living(connection, [run.id for run in found]):
                return False
            for run in found:
                _move(connection, run, to=State.UNKNOWN, detail=_CALLING_BACK)
            _set(connection, found, recalled_at=self._now())
            return True

    def called_back(self, issue: str, batch_id: str, *, for_certain: bool) -> int:
        """Write down that the provider has confirmed it; the number of people whom that is about.

        `for_certain`: early enough that nothing of it can have left, and they are pending; else, unknown.
        """
        with self._database.write() as connection:
            found = [run for run in self._held(connection, issue, late=True) if run.batch_id == batch_id]
            number = 0
            for run in found:
                if for_certain:
                    moved = _move(connection, run, to=State.PENDING, detail=CALLED_BACK)
                else:
                    moved = _reword(connection, run, _TOO_LATE)
                number += moved if run.kind is Kind.REAL else 0
            _set(connection, found, batch_id=None, batch_at=None, recalled_at=None)
            return number

    def missed(self, issue: str) -> int:
        """How many people wait for a time that went by before anybody began at it."""
        with self._database.read() as connection:
            return sum(
                _waiting(connection, run)
                for run in select_runs(connection, issue, Kind.REAL)
                if self._is_over(run) and not _was_kept(connection, run)
            )

    def reschedule(self, issue: str, start_at: float) -> None:
        """Let those who wait for a time, and are not handed over for it, leave at another: a person's word."""
        with self._database.write() as connection:
            found = [
                run
                for run in select_runs(connection, issue)
                if run.kind in {Kind.REAL, Kind.COPY} and (self._is_over(run) or run.batch_id is None)
            ]
            waiting = [run for run in found if _waiting(connection, run)]
            _set(connection, waiting, start_at=start_at, batch_id=None, batch_at=None, recalled_at=None)

    def _held(self, connection: Connection, issue: str, *, late: bool = False) -> list[Run]:
        """The runs of which the provider holds something for a time to come, or, `late`, held it."""
        return [
            run
            for run in select_runs(connection, issue)
            if run.batch_id is not None and (late or not self._is_over(run))
        ]

    def _is_over(self, run: Run) -> bool:
        return run.timing.start_at is not None and run.timing.start_at <= self._now()


def _of_batch(run: Run) -> tuple[ColumnElement[bool], ...]:
    return *of_run(run), people.c.claimed_at >= run.batch_at


def _count(connection: Connection, run: Run) -> int:
    if run.kind is not Kind.REAL:
        return 0
    has_it = people.c.state.in_([State.ACCEPTED, State.UNKNOWN])
    return connection.scalar(select(func.count()).where(*_of_batch(run), has_it)) or 0


def _waiting(connection: Connection, run: Run) -> int:
    """How many wait for nothing but the time."""
    waits: ColumnElement[bool] = people.c.state.in_([State.PENDING, State.DEFERRED])
    if run.waits_for_a_word:
        waits &= in_canary(run)
    return connection.scalar(select(func.count()).where(*of_run(run), waits)) or 0


def _was_kept(connection: Connection, run: Run) -> bool:
    """Whether somebody began at the time itself: what is left then was only interrupted."""
    begun = exists().where(*of_run(run), people.c.claimed_at >= run.timing.start_at)
    return bool(connection.scalar(select(begun)))


def _move(connection: Connection, run: Run, *, to: State, detail: str) -> int:
    held = (*_of_batch(run), people.c.state.in_(sources(to, Cause.RECALL)))
    return connection.execute(update(people).where(*held).values(state=to, detail=detail)).rowcount


def _reword(connection: Connection, run: Run, detail: str) -> int:
    unknown = (*_of_batch(run), people.c.state == State.UNKNOWN)
    return connection.execute(update(people).where(*unknown).values(detail=detail)).rowcount


def _set(connection: Connection, found: Iterable[Run], **values: Any) -> None:
    connection.execute(update(runs).where(runs.c.id.in_([run.id for run in found])).values(**values))
