"""Cutting a run into jobs: the parts of it that have somebody ready, or due, each for the queue once.

Rule: whatever makes people ready, be it a freeze, a person's word, a time that comes or a worker that died, is
followed by a cut. Done too often it changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection, case, func, select

from newsletter.delivery import queue
from newsletter.delivery.accounts import in_canary, of_run
from newsletter.delivery.outcome import State
from newsletter.delivery.postgres import Turn, take_turn
from newsletter.delivery.queue import SILENCE_S, Job
from newsletter.delivery.run import Run
from newsletter.delivery.schema import people

_PARTS = 24
"""A run is cut into so many jobs at least, if they do not become too small: work for several workers."""

_FEWEST, _MOST = 100, 5_000
"""People in a job. Fewer, and taking it costs more than doing it; more, and all wait for the last."""


def cut(
    connection: Connection,
    run: Run,
    *,
    now: float,
    silence_s: float = SILENCE_S,
    within: Job | None = None,
    not_before: float = 0.0,
    idle_only: bool = False,
) -> int:
    """Put each part of a whole run that has somebody ready, or due, into the queue; the number of new jobs.

    Only `within` one, if that is given. `idle_only` leaves out what a worker is at that was heard of in
    the last `silence_s`.
    """
    if run.rests(now):
        return 0
    take_turn(connection, Turn.CUT, run.id)
    there = queue.queued(connection, run.id, silence_s)
    new = []
    for job in _jobs(connection, run, within):
        ready_at = max(job.ready_at, not_before)
        other = there.get(job.name)
        if other is not None and other.is_waiting:
            if other.ready_at <= max(ready_at, now):
                continue
            queue.cancel(connection, other.id)
        elif other is not None and idle_only:
            continue
        new.append(replace(job, ready_at=ready_at if ready_at > now else 0.0))
    if new:
        queue.defer(connection, new)
    return len(new)


def _jobs(connection: Connection, run: Run, within: Job | None) -> Iterator[Job]:
    """The parts with somebody ready or due. The grid is the run's, the same each time."""
    size = min(max(-(-(run.last_id - run.first_id + 1) // _PARTS), _FEWEST), _MOST)
    part = run if within is None else run.part(within.first_id, within.last_id)
    cell = ((people.c.id - run.first_id) // size).label("cell")
    due_at = func.min(case((people.c.state == State.DEFERRED, people.c.due_at), else_=0.0))
    wanted = select(cell, due_at).where(*of_run(part), people.c.state.in_((State.PENDING, State.DEFERRED)))
    if run.waits_for_a_word:
        wanted = wanted.where(in_canary(run))
    for number, due in connection.execute(wanted.group_by(cell).order_by(cell)):
        first_id = run.first_id + number * size
        yield Job(run.id, first_id, first_id + size - 1, max(due, run.begins_at))
