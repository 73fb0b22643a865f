"""Settling somebody unknown by what the other side's records say.

Rule: evidence moves nobody but the unknown, and always by `outcome.TRANSITIONS`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, exists, or_, select, update

from newsletter.delivery.accounts import of_run
from newsletter.delivery.outcome import Cause, State, sources
from newsletter.delivery.run import Run
from newsletter.delivery.schema import events, people, runs

TOLD = "the other side told of it"
"""Why somebody is accepted of whom an event is known."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a record of the other side says of somebody unknown: a provider's log, a delivered copy.

    `state` is ACCEPTED, REJECTED, or PENDING for "there is no trace of it".
    """

    code: str
    """`Person.code`."""
    state: State
    detail: str = ""


def settle(
    connection: Connection, run: Run, evidence: Iterable[Evidence], *, now: float, settle_s: float
) -> int:
    """Settle the unknown of a run; their number.

    A trace counts at once. The absence of one counts only `settle_s` after the attempt, or the time at which
    the message was to leave, since a provider may take it long after the line to it broke.
    """
    said = {each.code: each for each in evidence}
    unknown = select(people.c.id, people.c.code, people.c.settled_at).where(
        *of_run(run), people.c.state == State.UNKNOWN
    )
    settled = 0
    for row in connection.execute(unknown).all() if said else ():
        found = said.get(row.code)
        begun_at = max(row.settled_at or now, run.timing.start_at or 0.0)
        if found is None or (found.state is State.PENDING and now < begun_at + settle_s):
            continue
        settled += _move(connection, people.c.id == row.id, to=found.state, detail=found.detail, now=now)
    return settled


def settle_by_events(connection: Connection, whom: ColumnElement[bool], *, now: float) -> int:
    """Accept those of these people who are unknown and of whose attempt an event is known; their number.

    An event may be told before the attempt is unknown: that of a process which died later.
    """
    run = select(runs.c.name).where(runs.c.id == people.c.run_id).correlate(people).scalar_subquery()
    told = (
        exists()
        .where(
            events.c.run == run,
            events.c.person_id == people.c.id,
            or_(events.c.attempt == people.c.attempt, events.c.attempt == ""),
        )
        .correlate(people)
    )
    return _move(connection, whom & told, to=State.ACCEPTED, detail=TOLD, now=now)


def _move(connection: Connection, whom: ColumnElement[bool], *, to: State, detail: str, now: float) -> int:
    return connection.execute(
        update(people)
        .where(whom, people.c.state.in_(sources(to, Cause.EVIDENCE)))
        .values(state=to, detail=detail, settled_at=now)
    ).rowcount
