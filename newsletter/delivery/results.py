"""What became of an issue's messages after they were accepted, and when: read from the events.

Rules:

1. Each person is counted once on the axis of delivery, by the fold of the events of their last attempt.
2. Of nobody it is known whether they read it: no such event is ever kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Final

from sqlalchemy import Connection, Select, case, func, or_, select

from newsletter.delivery.accounts import select_runs
from newsletter.delivery.database import Database
from newsletter.delivery.fate import RANK, Fate
from newsletter.delivery.outcome import State
from newsletter.delivery.run import Kind, Run
from newsletter.delivery.schema import events, people, runs

SHOWN: Final = (
    Fate.DELIVERED,
    Fate.DEFERRED,
    Fate.BOUNCED,
    Fate.BLOCKED,
    Fate.DROPPED,
    Fate.COMPLAINED,
    Fate.UNSUBSCRIBED,
)
"""What results speak of, in this order. That a message is on record and no more says nothing to a person."""

Moments = Sequence[tuple[float, int]]
"""When, in epoch seconds, and how many people; in order of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The results of one issue, over all its real runs."""

    issue: str
    began_at: float
    accepted: int
    moments: Mapping[Fate, Moments] = field(default_factory=dict)
    """Of the fates in `SHOWN`, those that came about."""

    def count(self, fate: Fate) -> int:
        """How many people this became of."""
        return sum(number for _, number in self.moments.get(fate, ()))

    @property
    def counts(self) -> dict[Fate, int]:
        return {fate: self.count(fate) for fate in SHOWN}

    @property
    def heard(self) -> bool:
        """Whether anything was told at all."""
        return bool(self.moments)

    @property
    def last_at(self) -> float:
        """When the last thing happened; the beginning where nothing did."""
        return max((at for each in self.moments.values() for at, _ in each), default=self.began_at)

    def times(self, slots: int) -> tuple[float, ...]:
        """The ends of so many equal stretches of time, from the beginning to the last thing that happened."""
        width = max(self.last_at - self.began_at, 1.0) / slots
        return tuple(self.began_at + width * number for number in range(1, slots + 1))

    def over_time(self, fate: Fate, slots: int) -> tuple[int, ...]:
        """How many it was by the end of each stretch."""
        width = max(self.last_at - self.began_at, 1.0) / slots
        new = [0] * slots
        for at, number in self.moments.get(fate, ()):
            new[min(max(int((at - self.began_at) / width), 0), slots - 1)] += number
        return tuple(accumulate(new))


def results(database: Database, issue: str) -> Results | None:
    """The results of an issue; None where it has no real run."""
    with database.read() as connection:
        found = select_runs(connection, issue, Kind.REAL)
        if not found:
            return None
        moments: dict[Fate, list[tuple[float, int]]] = {}
        for asked in (_deliveries(found), _words(found)):
            for fate, at, number in connection.execute(asked):
                moments.setdefault(Fate(fate), []).append((at, number))
        return Results(
            issue=issue,
            began_at=min(run.created_at for run in found),
            accepted=_accepted(connection, found),
            moments={fate: tuple(sorted(moments[fate])) for fate in SHOWN if fate in moments},
        )


def _deliveries(found: Sequence[Run]) -> Select[tuple[Any, ...]]:
    """Fate, moment and number of people: each in the highest rank they reached, when they reached it."""
    rank = case({fate.value: rank for fate, rank in RANK.items()}, value=events.c.fate)
    reached = (
        _of(found)
        .add_columns(events.c.fate, func.min(events.c.at).label("at"))
        .add_columns(func.row_number().over(partition_by=people.c.id, order_by=rank.desc()).label("place"))
        .where(events.c.fate.in_([fate.value for fate in RANK]))
        .group_by(people.c.id, events.c.fate)
    ).subquery()
    return (
        select(reached.c.fate, reached.c.at, func.count())
        .where(reached.c.place == 1)
        .group_by(reached.c.fate, reached.c.at)
    )


def _words(found: Sequence[Run]) -> Select[tuple[Any, ...]]:
    """The same of what readers said themselves, each when they first said it."""
    said = (
        _of(found)
        .add_columns(events.c.fate, func.min(events.c.at).label("at"))
        .where(events.c.fate.in_([Fate.COMPLAINED.value, Fate.UNSUBSCRIBED.value]))
        .group_by(people.c.id, events.c.fate)
    ).subquery()
    return select(said.c.fate, said.c.at, func.count()).group_by(said.c.fate, said.c.at)


def _of(found: Sequence[Run]) -> Select[tuple[Any, ...]]:
    """The people of these runs with the events of their last attempt, or of no attempt in particular."""
    return (
        select(people.c.id)
        .join(runs, runs.c.id == people.c.run_id)
        .join(events, (events.c.run == runs.c.name) & (events.c.person_id == people.c.id))
        .where(
            runs.c.id.in_([run.id for run in found]),
            or_(
                events.c.attempt.is_(None),
                events.c.attempt == "",
                events.c.attempt == people.c.attempt,
            ),
        )
    )


def _accepted(connection: Connection, found: Sequence[Run]) -> int:
    asked = select(func.count()).where(
        people.c.run_id.in_([run.id for run in found]), people.c.state == State.ACCEPTED
    )
    return connection.scalar(asked) or 0
