"""The queue: jobs and workers by Procrastinate, asked and told within a transaction of the ledger.

Rules:

1. A job says where to look, never who is to be mailed: the ledger alone knows that. So a job may be lost, late
   or done twice, and nobody is mailed for it.
2. A job waits in the queue at most once; one that is being done may have its successor waiting.
3. Procrastinate is imported only to put jobs in, and where workers take them (`workers/fetching.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, text

from newsletter.delivery import postgres
from newsletter.delivery.database import insert_new
from newsletter.delivery.schema import facts

if TYPE_CHECKING:
    from procrastinate.jobs import Job as Deferred

QUEUE = "newsletter"
TASK = "newsletter.deliver"

SILENCE_S = 30.0
"""So long a worker may be silent before its jobs are taken to be nobody's."""

_SCHEMA = "procrastinate"
"""The fact that names the newest migration of Procrastinate's tables; empty where somebody else made them."""


@dataclass(frozen=True, slots=True)
class Job:
    """A part of a run: people with ids of this range. `ready_at` is epoch seconds of the database."""

    run_id: int
    first_id: int
    last_id: int
    ready_at: float = 0.0

    @property
    def name(self) -> str:
        """What no two waiting jobs share."""
        return f"{QUEUE}-{self.run_id}-{self.first_id}"


@dataclass(frozen=True, slots=True)
class Queued:
    """A job that is there: one that waits, or else one that a living worker is at."""

    id: int
    ready_at: float
    is_waiting: bool


def queued(connection: Connection, run_id: int, silence_s: float) -> dict[str, Queued]:
    """The jobs of a run that wait, or else are with a living worker, by their names."""
    asked = text(
        "SELECT job.id, queueing_lock, coalesce(extract(epoch FROM scheduled_at), 0)::float, status = 'todo'"
        " FROM procrastinate_jobs AS job LEFT JOIN procrastinate_workers AS worker ON worker.id = worker_id"
        " WHERE queue_name = :queue AND (args ->> 'run_id')::int = :run"
        " AND (status = 'todo'"
        " OR status = 'doing' AND last_heartbeat > now() - make_interval(secs => :silence))"
        " ORDER BY status = 'todo'"
    )
    found = connection.execute(asked, {"queue": QUEUE, "run": run_id, "silence": silence_s})
    return {name: Queued(id_, ready_at, waits) for id_, name, ready_at, waits in found}


def cancel(connection: Connection, job_id: int) -> None:
    """Take a job that waits out of the queue."""
    connection.execute(text("SELECT procrastinate_cancel_job_v1(:id, false, true)"), {"id": job_id})


def _deferred(job: Job) -> Deferred:
    from procrastinate.jobs import Job as Deferred  # noqa: PLC0415 - half a second

    return Deferred(
        queue=QUEUE,
        lock=None,
        queueing_lock=job.name,
        task_name=TASK,
        task_kwargs={"run_id": job.run_id, "first_id": job.first_id, "last_id": job.last_id},
        scheduled_at=datetime.fromtimestamp(job.ready_at, UTC) if job.ready_at else None,
    )


def defer(connection: Connection, jobs: Iterable[Job]) -> None:
    """Put these into the queue, in this very transaction."""
    from procrastinate import SyncPsycopgConnector, exceptions  # noqa: PLC0415 - as above
    from procrastinate.manager import JobManager  # noqa: PLC0415

    with postgres.driver(connection) as raw:
        try:
            JobManager(SyncPsycopgConnector()).batch_defer_jobs(
                [_deferred(each) for each in jobs], connection=raw
            )
        except exceptions.ConnectorException as error:
            raise error.__cause__ or error from None


def workers(connection: Connection, silence_s: float = SILENCE_S) -> int:
    """How many workers live, on all machines."""
    fresh = text(
        "SELECT count(*) FROM procrastinate_workers"
        " WHERE last_heartbeat > now() - make_interval(secs => :silence)"
    )
    return connection.scalar(fresh, {"silence": silence_s}) or 0


def waiting(connection: Connection, run_ids: Iterable[int] | None = None) -> int:
    """How many jobs may be taken now, of these runs or of any."""
    ready = text(
        "SELECT count(*) FROM procrastinate_jobs WHERE queue_name = :queue AND status = 'todo'"
        " AND (scheduled_at IS NULL OR scheduled_at <= now())"
        " AND (CAST(:runs AS int[]) IS NULL OR (args ->> 'run_id')::int = ANY(:runs))"
    )
    wanted = None if run_ids is None else list(run_ids)
    return connection.scalar(ready, {"queue": QUEUE, "runs": wanted}) or 0


def clear_abandoned(connection: Connection, silence_s: float) -> int:
    """Remove the jobs whose worker has died; their number. Their runs are to be cut again."""
    removed = text(
        "DELETE FROM procrastinate_jobs AS job WHERE queue_name = :queue AND status = 'doing' AND NOT EXISTS"
        " (SELECT FROM procrastinate_workers AS worker WHERE worker.id = job.worker_id"
        " AND last_heartbeat > now() - make_interval(secs => :silence))"
    )
    return connection.execute(removed, {"queue": QUEUE, "silence": silence_s}).rowcount


# Procrastinate's tables


def is_prepared(connection: Connection) -> bool:
    """Whether the tables are there as the installed version wants them."""
    known = connection.scalar(select(facts.c.value).where(facts.c.name == _SCHEMA))
    return known is not None and (not known or known >= _migrations()[-1].name)


def prepare(connection: Connection) -> None:
    """Make Procrastinate's tables, or renew those that we made.

    A renewal that workers of the version before could not bear (`post` in its name) waits until none is alive.
    """
    postgres.take_turn(connection, postgres.Turn.MIGRATE)
    if is_prepared(connection):
        return
    known = connection.scalar(select(facts.c.value).where(facts.c.name == _SCHEMA))
    if known is None:
        exists = connection.scalar(text("SELECT to_regclass('procrastinate_jobs') IS NOT NULL"))
        if not exists:
            _run(connection, _folder() / "schema.sql")
        done = "" if exists else _migrations()[-1].name
        connection.execute(insert_new(connection, facts), {"name": _SCHEMA, "value": done})
        return
    for migration in _migrations():
        if migration.name <= known:
            continue
        if "_post_" in migration.name and workers(connection):
            break
        _run(connection, migration)
        known = migration.name
    connection.execute(facts.update().where(facts.c.name == _SCHEMA).values(value=known))


def _folder() -> Path:
    """Where Procrastinate keeps its SQL. Found without importing it."""
    spec = find_spec("procrastinate")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "sql"


def _migrations() -> list[Path]:
    return sorted((_folder() / "migrations").glob("*.sql"))


def _run(connection: Connection, script: Path) -> None:
    with postgres.driver(connection) as raw:
        raw.execute(script.read_text(encoding="utf-8"))
