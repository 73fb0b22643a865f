"""Taking people to mail them, and writing down what became of it: the part of the ledger that is hot.

Rules:

1. Intent is on the disk before bytes leave: `claim` has committed when it returns.
2. Every change is a compare-and-set on the states that `outcome.TRANSITIONS` names.
3. Opt-outs are read again in the very statement that claims.
4. A dead process's claims are settled by its journal; without one they are unknown, until it is found, or
   the process was not dead after all.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Executable,
    Float,
    Select,
    String,
    Update,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)

from newsletter.delivery.accounts import first_ones, of_run, select_runs
from newsletter.delivery.database import Database
from newsletter.delivery.many import as_table, fetched, gathered, given
from newsletter.delivery.outcome import Cause, Outcome, Patience, Settled, State, sources
from newsletter.delivery.owners import Owners, is_stopped
from newsletter.delivery.processes import Processes
from newsletter.delivery.run import Claim, Claimed, Run
from newsletter.delivery.schema import owners, people, runs
from newsletter.delivery.suppressions import NewSuppression, add_all, of_person
from newsletter.log import Happening, note
from newsletter.model import Person

_UNHEARD = "the sending process died before the reply was written down"

_FOR_ITS_OWNER = or_(
    *(
        people.c.state == state.value
        for state in sorted(sources(State.PENDING, Cause.REPLY) | sources(State.PENDING, Cause.LATE_WORD))
    )
)
"""Of whom an owner may tell: those it has claimed, also where they were called unknown when it seemed dead."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An outcome and what it makes of the row."""

    outcome: Outcome
    settled: Settled


class _Record(NamedTuple):
    """What becomes of a claim, in the order of `_GIVEN`."""

    id: int
    state: State
    reply_code: str = ""
    detail: str = ""
    provider_id: str = ""
    due_at: float | None = None


def _recorded(entry: Entry) -> _Record:
    outcome, settled = entry.outcome, entry.settled
    return _Record(
        outcome.person, settled.state, outcome.code, settled.detail, outcome.provider_id, settled.due_at
    )


class _Taken(NamedTuple):
    """A row that a claim took: claimed, or suppressed since it was frozen. In the order of `_OF_CLAIM`."""

    id: int
    address: str
    code: str
    fields: str
    segment: str
    attempts: int
    state: str


_OF_CLAIM = tuple(people.c[name] for name in _Taken._fields)


class Claims:
    """The claims of a ledger."""

    def __init__(
        self, database: Database, owners: Owners, processes: Processes, now: Callable[[], float]
    ) -> None:
        self._database = database
        self._owners = owners
        self._processes = processes
        self._now = now

    def begin(self, run: Run, owner: str) -> None:
        """A process that is alive sets to work on a run."""
        self._owners.begin(owner, run.id, self._now())

    def end(self, run: Run, owner: str, ending: str) -> None:
        """The process has left the run, with no claim of its own."""
        with self._database.write(promptly=True) as connection:
            self._owners.forget(connection, owner, run.id)
            connection.execute(
                update(runs).where(runs.c.id == run.id).values(ending=ending, ended_at=self._now()),
            )

    def claim(
        self,
        run: Run,
        limit: int,
        *,
        owner: str,
        after: int = 0,
        per_second: float | None = None,
    ) -> Claim:
        """Take at most `limit` people whose row is beyond `after`. Durable when it returns.

        Takes nobody once the run was asked to stop. With `per_second`, time is reserved in the ledger, so
        that the rate holds over restarts and over several processes.
        """
        now = self._now()
        attempt = secrets.token_hex(6)
        with self._database.write(promptly=True) as connection:
            if is_stopped(connection, run.id):
                return Claim(stopped=True)
            taken = _take(connection, run, limit, owner=owner, attempt=attempt, after=after, now=now)
            claimed = _claimed([row for row in taken if row.state == State.CLAIMED])
            begin_at = _reserve(connection, run, len(claimed), per_second, now) if per_second else 0.0
        return Claim(
            people=claimed,
            attempt=attempt,
            begin_at=begin_at,
            suppressed=len(taken) - len(claimed),
            last_id=taken[-1].id if taken else after,
        )

    def record(self, owner: str, entries: Sequence[Entry]) -> None:
        """Write down what became of claims, all in one commit."""
        if not entries:
            return
        now = self._now()
        gone = [entry.outcome.person for entry in entries if entry.outcome.gone]
        with self._database.write(promptly=True) as connection:
            _record(connection, owner, [_recorded(entry) for entry in entries], now)
            if gone:
                keys = connection.scalars(select(people.c.key).where(people.c.id.in_(gone))).all()
                add_all(
                    connection, (NewSuppression(key, "no such mailbox", "delivery") for key in keys), now=now
                )

    def release(self, owner: str, unbegun: Iterable[int]) -> None:
        """Give back claims of which no byte has left, as if they had never been made."""
        rows = [{"b_id": person, "b_owner": owner} for person in unbegun]
        if rows:
            with self._database.write(promptly=True) as connection:
                connection.execute(_RELEASE, rows)

    def release_strays(self, run: Run, owner: str, held: Collection[int]) -> None:
        """Give back what is claimed in this owner's name and not in its hands.

        When the connection breaks while a claim commits, nobody knows whom it took.
        """
        mine = select(people.c.id).where(*of_run(run), people.c.owner == owner, _FOR_ITS_OWNER)
        with self._database.read(promptly=True) as connection:
            strays = [person for person in connection.scalars(mine) if person not in held]
        self.release(owner, strays)

    def recover(self, run: Run, patience: Patience) -> int:
        """Settle the claims of dead processes on this run; the number of people who became unknown."""
        unknown = 0
        buried = []
        with self._database.write(promptly=True) as connection:
            whole = _whole(connection, run)
            for owner in self._owners.lock(connection, run.id):
                words = self._processes.last_words(owner.name)
                became = 0
                if words is not None:
                    became = self._settle_by_journal(connection, whole, owner.name, words, patience)
                elif not owner.lost:
                    became = self._give_up(connection, whole, owner.name)
                note(Happening.OWNER_LOST, owner=owner.name, run=run.name, unknown=became)
                unknown += became
                if owner.fresh is None or self._processes.knows(owner.name):
                    self._owners.forget(connection, owner.name, run.id)
                    buried.append(owner.name)
                elif not owner.lost:
                    self._owners.lose(connection, owner)
        for name in buried:
            self._processes.bury(name)
        return unknown

    def tidy(self, patience: Patience) -> int:
        """Settle the claims of the dead on all runs, and remove the journals that have no more to say.

        Returns on how many runs somebody had died.
        """
        with self._database.read(promptly=True) as connection:
            left = frozenset(each.run_id for each in self._owners.dead(connection))
            found = [run for run in select_runs(connection) if run.id in left] if left else []
        for run in found:
            self.recover(run, patience)
        self._processes.sweep(self._has_a_run)
        return len(found)

    def _has_a_run(self, owner: str) -> bool:
        with self._database.read(promptly=True) as connection:
            return connection.scalar(select(owners.c.owner).where(owners.c.owner == owner)) is not None

    def _settle_by_journal(
        self, connection: Connection, run: Run, owner: str, words: Mapping[int, State], patience: Patience
    ) -> int:
        """Settle what a dead process had, also where it was called unknown before the journal was read."""
        left = select(people.c.id).where(*of_run(run), people.c.owner == owner, _FOR_ITS_OWNER)
        now = self._now()
        rows = []
        for person in connection.scalars(left):
            state = words.get(person, State.PENDING)
            detail = "" if state in {State.PENDING, State.ACCEPTED} else _UNHEARD
            due_at = now + patience.first_s if state is State.DEFERRED else None
            rows.append(_Record(person, state, detail=detail, due_at=due_at))
        if rows:
            _record(connection, owner, rows, now)
        return sum(row.state is State.UNKNOWN for row in rows)

    def _give_up(self, connection: Connection, run: Run, owner: str) -> int:
        """Call a dead process's claims unknown; they keep its name, should it have something to say yet."""
        claimed = (*of_run(run), people.c.owner == owner, people.c.state == State.CLAIMED)
        unknown = {"state": State.UNKNOWN, "detail": _UNHEARD, "settled_at": self._now()}
        return connection.execute(update(people).where(*claimed).values(unknown)).rowcount


def _whole(connection: Connection, run: Run) -> Run:
    """All of a run, of which the caller may have a part."""
    bounds = select(runs.c.first_id, runs.c.last_id).where(runs.c.id == run.id)
    first_id, last_id = connection.execute(bounds).one()
    return replace(run, first_id=first_id, last_id=last_id)


def _take(
    connection: Connection, run: Run, limit: int, *, owner: str, attempt: str, after: int, now: float
) -> Sequence[_Taken]:
    canary = (run.canary_segment, run.canary_to_id) if run.waits_for_a_word else None
    taken, to_sqlite, to_others = _statements(canary)
    of_this_run = {
        "b_run": run.id,
        "b_beyond": max(after, run.first_id - 1),  # One lower bound: SQLite would seek by the first of two.
        "b_last": run.last_id,
        "b_attempt": attempt,
    }
    asked = of_this_run | {"b_now": now, "b_owner": owner, "b_limit": limit}
    if connection.dialect.name == "postgresql":
        # To look for them afterwards, it would read all of the run: its planner knows nothing of the attempt.
        return sorted(_Taken(*row) for row in connection.execute(to_others, asked))
    connection.execute(taken, asked)
    return [_Taken(*row) for row in fetched(connection, to_sqlite, of_this_run)]


@lru_cache(maxsize=64)
def _statements(canary: tuple[str | None, int | None] | None) -> tuple[Update, Select[Any], Executable]:
    """What takes people; what reads them afterwards, as one text; what does both.

    Made once, for it takes as long as taking a hundred. `canary`: only these, by segment or by number.
    """
    of_this_run = (
        people.c.run_id == bindparam("b_run"),
        people.c.id > bindparam("b_beyond"),
        people.c.id <= bindparam("b_last"),
    )
    ready = or_(
        people.c.state == State.PENDING,
        (people.c.state == State.DEFERRED) & (people.c.due_at <= bindparam("b_now")),
    )
    wanted = [*of_this_run, ready, *([] if canary is None else [first_ones(*canary)])]
    picked = select(people.c.id).where(*wanted).order_by(people.c.id).limit(bindparam("b_limit"))
    # As a subquery PostgreSQL might run it again for each row, and lock others each time.
    locked = picked.with_for_update(skip_locked=True).cte("picked")
    # Whoever was forgotten has no address left to be sent to.
    left = or_(people.c.address == "", exists().where(of_person()).correlate(people))
    taken = (
        update(people)
        .where(
            people.c.id.in_(select(locked.c.id)),
            people.c.state.in_(sources(State.CLAIMED, Cause.CLAIM)),
        )
        .values(
            state=case((left, State.SUPPRESSED.value), else_=State.CLAIMED.value),
            owner=case((left, None), else_=bindparam("b_owner")),
            attempts=people.c.attempts + case((left, 0), else_=1),
            attempt=bindparam("b_attempt"),
            claimed_at=bindparam("b_now"),
            due_at=None,
        )
    )
    mine = select(*_OF_CLAIM).where(*of_this_run, people.c.attempt == bindparam("b_attempt"))
    # As many as were changed, so that nobody looks beyond the last of them. The driver cannot tell how many:
    # it counts what an UPDATE changes, but not one that begins with WITH.
    read = gathered(mine.order_by(people.c.id).limit(func.changes()))
    return taken, read, taken.returning(*_OF_CLAIM)


def _claimed(rows: Sequence[_Taken]) -> tuple[Claimed, ...]:
    # Read as one text: a call for each costs as much as all else here.
    values = map(tuple, json.loads(f"[{','.join(row.fields for row in rows)}]"))
    return tuple(
        Claimed(Person(row.id, row.address, row.code, of_one), row.segment, row.attempts)
        for row, of_one in zip(rows, values, strict=True)
    )


_PACED = select(runs.c.paced_until).where(runs.c.id == bindparam("b_run")).with_for_update()

_PACE = update(runs).where(runs.c.id == bindparam("b_run")).values(paced_until=bindparam("b_until"))


def _reserve(connection: Connection, run: Run, count: int, per_second: float, now: float) -> float:
    """The next free time of the run's rate, and everybody after it later by `count` messages."""
    until = connection.scalar(_PACED, {"b_run": run.id})
    begin_at = max(now, until or 0.0)
    connection.execute(_PACE, {"b_run": run.id, "b_until": begin_at + count / per_second})
    return begin_at


_GIVEN = as_table(
    id=people.c.id.type,
    state=String(),
    reply_code=String(),
    detail=String(),
    provider_id=String(),
    due_at=Float(),
)

_RECORD = (
    update(people)
    .where(
        people.c.id == _GIVEN.c.id,
        people.c.owner == bindparam("b_owner"),
        _FOR_ITS_OWNER,
    )
    .values(
        state=_GIVEN.c.state,
        owner=None,
        reply_code=_GIVEN.c.reply_code,
        detail=_GIVEN.c.detail,
        provider_id=_GIVEN.c.provider_id,
        due_at=_GIVEN.c.due_at,
        settled_at=bindparam("b_settled_at"),
    )
)


def _record(connection: Connection, owner: str, rows: Sequence[_Record], now: float) -> None:
    """Write down what became of claims."""
    connection.execute(_RECORD, {**given(rows), "b_owner": owner, "b_settled_at": now})


_RELEASE = (
    update(people)
    .where(
        people.c.id == bindparam("b_id"),
        people.c.owner == bindparam("b_owner"),
        _FOR_ITS_OWNER,
    )
    .values(state=State.PENDING.value, owner=None, attempt=None, attempts=people.c.attempts - 1)
)
