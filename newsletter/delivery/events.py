"""The events that the other side tells of: kept once each, and what follows from them in the same commit.

Rules:

1. An event counts once, by its source and id. The set of events is the state; it is read, never updated.
2. What follows (a suppression, somebody unknown who is accepted) is done when an event is first told, and doing
   it in another order comes to the same.
3. No address is kept with an event that belongs to somebody of a run: the row of that person has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, distinct, func, select, true
from sqlalchemy.engine import RowMapping

from newsletter.delivery.database import Database, insert_new
from newsletter.delivery.fate import Event, Fate
from newsletter.delivery.mailboxes import CodeOf
from newsletter.delivery.outcome import State
from newsletter.delivery.results import Results, results
from newsletter.delivery.run import Kind, Row, Run
from newsletter.delivery.schema import events, issues, people, runs
from newsletter.delivery.settling import settle_by_events
from newsletter.delivery.suppressions import NewSuppression, add_all
from newsletter.model import issue_part

_AT_ONCE = 400
"""Events in one statement; SQLite's oldest limit on parameters is 999."""

_LATEST_S = 7 * 86400
"""How long after a message a bounce without any name may come (SendGrid goes on trying for three days)."""

_EARLIEST_S = 600
"""How far the other side's clock may be behind ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of telling the ledger some events."""

    new: int = 0
    known: int = 0
    """Told before."""
    strangers: int = 0
    """New, and of nobody in the ledger."""
    suppressed: int = 0
    """Mailboxes that were not suppressed yet."""
    settled: int = 0
    """People who were unknown, and are accepted now."""

    def __add__(self, other: Taken) -> Taken:
        names = self.__dataclass_fields__
        return Taken(**{name: getattr(self, name) + getattr(other, name) for name in names})


class Events:
    """The events of a workspace."""

    def __init__(self, database: Database, now: Callable[[], float], code_of: CodeOf | None = None) -> None:
        self._database = database
        self._now = now
        self._code_of = code_of

    def take(self, told: Iterable[Event]) -> Taken:
        """Keep the events that are new, and do what follows from them: all in one commit, or nothing."""
        waiting = iter(told)
        taken = Taken()
        with self._database.write() as connection:
            while batch := list(islice(waiting, _AT_ONCE)):
                taken += self._take_some(connection, list({each.identity: each for each in batch}.values()))
        return taken

    def settle(self) -> int:
        """Accept whoever became unknown after an event of theirs was told; their number."""
        with self._database.write() as connection:
            return settle_by_events(connection, true(), now=self._now())

    def fates(self, run: Run, *, since: float) -> dict[Fate, int]:
        """Of how many people of a run which fate was told since a moment (epoch seconds)."""
        asked = (
            select(events.c.fate, func.count(distinct(events.c.person_id)))
            .where(events.c.run == run.name, events.c.told_at >= since)
            .group_by(events.c.fate)
        )
        with self._database.read() as connection:
            return {Fate(name): number for name, number in connection.execute(asked).all()}

    def told(self, row: Row) -> tuple[Event, ...]:
        """What was told of one person's message, oldest first; but for what only says that it was accepted."""
        mine = (events.c.run == row.run) & (events.c.person_id == row.id)
        asked = select(events).where(mine, events.c.fate.not_in([Fate.PROCESSED, Fate.OTHER]))
        with self._database.read() as connection:
            found = connection.execute(asked.order_by(events.c.at, events.c.id)).mappings().all()
        return tuple(_event(each) for each in found)

    def named(self, name: str, *, source: str, since: float) -> tuple[Event, ...]:
        """The events that the other side calls so, told since a moment (epoch seconds), oldest first."""
        asked = select(events).where(
            events.c.name == name, events.c.source == source, events.c.told_at >= since
        )
        with self._database.read() as connection:
            found = connection.execute(asked.order_by(events.c.at, events.c.id)).mappings().all()
        return tuple(_event(each) for each in found)

    def results(self, issue: str) -> Results | None:
        """What became of an issue's messages; None where it has no real run."""
        return results(self._database, issue)

    def _take_some(self, connection: Connection, batch: Sequence[Event]) -> Taken:
        persons = _persons(connection, batch)
        now = self._now()
        rows = [_row(each, persons.get(each.identity), now) for each in batch]
        fresh = insert_new(connection, events).returning(events.c.source, events.c.event_id)
        names = {(row.source, row.event_id) for row in connection.execute(fresh, rows)}
        new = [each for each in batch if each.identity in names]
        ids = {persons[each.identity]["id"] for each in new if each.identity in persons}
        return Taken(
            new=len(new),
            known=len(batch) - len(new),
            strangers=sum(each.identity not in persons for each in new),
            suppressed=add_all(
                connection,
                [made for each in new if (made := _suppression(each, persons.get(each.identity))) is not None],
                now=now,
                code_of=self._code_of,
            ),
            settled=settle_by_events(connection, people.c.id.in_(ids), now=now) if ids else 0,
        )


def _event(row: RowMapping) -> Event:
    plain = ("source", "name", "at", "run", "attempt", "status", "detail")
    return Event(id=row["event_id"], fate=Fate(row["fate"]), **{name: row[name] for name in plain})


def _row(event: Event, person: RowMapping | None, now: float) -> dict[str, Any]:
    return {
        "source": event.source,
        "event_id": event.id,
        "run": "" if person is None else person["run"],
        "person_id": None if person is None else person["id"],
        "attempt": event.attempt,
        "fate": event.fate.value,
        "name": event.name,
        "at": event.at,
        "told_at": now,
        "status": event.status,
        # What was said of somebody who is not in the ledger could never be found again to be erased.
        "detail": "" if person is None and (event.key or event.code) else event.detail,
    }


def _suppression(event: Event, person: RowMapping | None) -> NewSuppression | None:
    """Whom an event suppresses: the person it is about, else the mailbox, or the code, that it names.

    A test copy is nobody's mail: its person is known under a key that is no mailbox.
    """
    if not event.suppress:
        return None
    known = None if person is None or person["kind"] != Kind.REAL else person["key"]
    key = known or event.key or ("" if person is not None else event.code)
    if not key:
        return None
    return NewSuppression(key, event.suppress, event.source, event_id=f"{event.source} {event.id}", at=event.at)


def _persons(connection: Connection, batch: Sequence[Event]) -> dict[tuple[str, str], RowMapping]:
    """Event → the row of the person it is about. Whoever is in no run of ours is left out."""
    by_code = _grouped(connection, "code", [each.code for each in batch if each.code])
    by_key = _grouped(connection, "key", [each.key for each in batch if each.key and not each.code])
    found = {}
    for each in batch:
        rows = by_code.get(each.code, []) if each.code else by_key.get(each.key, [])
        fitting = [row for row in rows if _fits(each, row)]
        if fitting:
            found[each.identity] = max(fitting, key=lambda row: (row["run_id"], row["id"]))
    return found


def _fits(event: Event, row: RowMapping) -> bool:
    """Whether a row may be the one an event is about.

    An event with a run names it, and one with an issue its real run. Without either it is about mail that this
    person has had: by the request it came in where that is known, else by the time.
    """
    if event.run:
        return bool(row["run"] == event.run)
    if event.issue:
        return row["kind"] == Kind.REAL and issue_part(row["issue"]) == event.issue
    if row["kind"] != Kind.REAL or row["state"] not in {State.ACCEPTED, State.UNKNOWN}:
        return False
    if event.provider_id and row["provider_id"]:
        return bool(row["provider_id"] == event.provider_id)
    sent_at = row["claimed_at"] or 0.0
    return sent_at - _EARLIEST_S <= event.at and (bool(event.code) or event.at <= sent_at + _LATEST_S)


def _grouped(connection: Connection, column: str, wanted: Sequence[str]) -> dict[str, list[RowMapping]]:
    """The rows of these codes or keys."""
    found: dict[str, list[RowMapping]] = {}
    if wanted:
        asked = _select(connection, column).where(people.c[column].in_(set(wanted)))
        for row in connection.execute(asked).mappings():
            found.setdefault(row[column], []).append(row)
    return found


def _select(connection: Connection, column: str) -> Select[tuple[Any, ...]]:
    names = ("id", "run_id", "kind", "key", "code", "state", "claimed_at", "provider_id")
    asked = (
        select(*(people.c[name] for name in names), runs.c.name.label("run"), issues.c.name.label("issue"))
        .join(runs, people.c.run_id == runs.c.id)
        .join(issues, people.c.issue_id == issues.c.id)
    )
    if column == "code":
        return asked
    # The index of keys begins with the issue and the kind.
    known = connection.scalars(select(issues.c.id)).all()
    return asked.where(people.c.issue_id.in_(known), people.c.kind.in_(list(Kind)))
