"""What the ledger says: how an issue stands, who was not reached and why, what one person got.

Rule: every person of a run is counted in exactly one of the six; a living process's claim is pending, a
dead one's unknown.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping

from sqlalchemy import ColumnElement, Connection, Select, func, select
from sqlalchemy.engine import RowMapping

from newsletter.delivery import queue
from newsletter.delivery.database import Database
from newsletter.delivery.mailboxes import CodeOf, known_as, mailboxes
from newsletter.delivery.outcome import State
from newsletter.delivery.owners import Owners
from newsletter.delivery.run import Counts, Kind, Row, Run, RunState, Status
from newsletter.delivery.schema import issues, people, runs
from newsletter.model import Person

_HAD_OR_MAY_HAVE = frozenset(State) - {State.REJECTED, State.SUPPRESSED}


class Accounts:
    """The reading side of a ledger."""

    def __init__(
        self,
        database: Database,
        owners: Owners,
        now: Callable[[], float],
        code_of: CodeOf | None = None,
    ) -> None:
        self._database = database
        self._owners = owners
        self._now = now
        self._code_of = code_of

    def status(self, issue: str, kind: Kind = Kind.REAL) -> Status | None:
        """How an issue stands over its runs of this kind; None when it has none."""
        with self._database.read(promptly=True) as connection:
            found = select_runs(connection, issue, kind)
            if not found:
                return None
            living = self._living(connection, found)
            working = bool(living) or self._awaits_workers(connection, found)
            segments: dict[str, Counter[str]] = defaultdict(Counter)
            due_at: float | None = None
            for run in found:
                due_at = self._add_up(connection, run, living, segments, due_at)
        by_segment = {name: Counts(**counter) for name, counter in sorted(segments.items())}
        counts = Counts(**sum(segments.values(), Counter()))
        state = _state(found[-1], counts, self._now(), working=working)
        return Status(issue=issue, state=state, counts=counts, by_segment=by_segment, due_at=due_at)

    def counts(self, run: Run) -> Counts:
        """The six of one run."""
        segments: dict[str, Counter[str]] = defaultdict(Counter)
        with self._database.read(promptly=True) as connection:
            self._add_up(connection, run, self._living(connection, [run]), segments, None)
        return Counts(**sum(segments.values(), Counter()))

    def already(self, issue: str) -> Container[str]:
        """Who has had the issue, may have, or stands in an unfinished run of it, to be asked for by key."""
        return mailboxes(self.had(issue), self._code_of)

    def had(self, issue: str) -> frozenset[str]:
        """The same people's keys, or the codes of those who are known by nothing else."""
        with self._database.read() as connection:
            keys: set[str] = set()
            for run in select_runs(connection, issue, Kind.REAL):
                had = select(people.c.key).where(*of_run(run), people.c.state.in_(_HAD_OR_MAY_HAVE))
                keys.update(connection.scalars(had))
        return frozenset(keys)

    def rows(
        self, issue: str, states: Collection[State] | None = None, kind: Kind = Kind.REAL
    ) -> Iterator[Row]:
        """The people of an issue, run by run, in some states or in all: for lists and exports."""
        with self._database.read() as connection:
            for run in select_runs(connection, issue, kind):
                asked = select_rows().where(*of_run(run)).order_by(people.c.id)
                if states is not None:
                    asked = asked.where(people.c.state.in_(states))
                found = connection.execution_options(yield_per=1_000).execute(asked)
                yield from (row_of(row) for row in found.mappings())

    def history(self, key: str) -> tuple[Row, ...]:
        """All rows of one mailbox, over all issues, oldest first."""
        with self._database.read() as connection:
            known = connection.scalars(select(issues.c.id)).all()
            named = people.c.key.in_(known_as(key, self._code_of))
            mine = people.c.issue_id.in_(known) & people.c.kind.in_(list(Kind)) & named
            return tuple(row_of(row) for row in connection.execute(select_rows().where(mine)).mappings())

    def address_of(self, code: str) -> str | None:
        """The address of the person with this code, as they were last sent to; None where none is held."""
        newest = select(people.c.address).where(people.c.code == code).order_by(people.c.id.desc()).limit(1)
        with self._database.read() as connection:
            return connection.scalar(newest) or None

    def sent(self, issue: str, key: str) -> tuple[Run, Row, Person] | None:
        """What is needed to make one person's message again: the run, and the person as frozen."""
        with self._database.read() as connection:
            named = people.c.key.in_(known_as(key, self._code_of))
            one = select_rows().where(issues.c.name == issue, people.c.kind == Kind.REAL, named)
            found = connection.execute(one).mappings().one_or_none()
            if found is None:
                return None
            run = next(run for run in select_runs(connection, issue, Kind.REAL) if run.name == found["run"])
            fields = connection.scalar(select(people.c.fields).where(people.c.id == found["id"])) or "[]"
        row = row_of(found)
        return run, row, Person(row.id, row.address, row.code, tuple(json.loads(fields)))

    def _awaits_workers(self, connection: Connection, found: Iterable[Run]) -> bool:
        """Whether batches of these runs wait for workers, who are alive."""
        if not self._database.is_shared:
            return False
        return bool(queue.workers(connection) and queue.waiting(connection, [run.id for run in found]))

    def _living(self, connection: Connection, found: Iterable[Run]) -> frozenset[str]:
        return self._owners.living(connection, [run.id for run in found])

    def _add_up(
        self,
        connection: Connection,
        run: Run,
        living: Collection[str],
        segments: Mapping[str, Counter[str]],
        due_at: float | None,
    ) -> float | None:
        """Add a run's people to the counters; the earlier of `due_at` and its next deferred person."""
        asked = select(
            people.c.segment, people.c.state, people.c.owner, func.count().label("n"), func.min(people.c.due_at)
        )
        grouped = asked.where(*of_run(run)).group_by(people.c.segment, people.c.state, people.c.owner)
        for segment, state, owner, number, due in connection.execute(grouped):
            segments[segment][_counted(State(state), owner, living)] += number
            if state == State.DEFERRED and due is not None:
                due_at = due if due_at is None else min(due, due_at)
        return due_at


def of_run(run: Run) -> tuple[ColumnElement[bool], ...]:
    """The condition of a run's people, as a range of rows."""
    return people.c.run_id == run.id, people.c.id >= run.first_id, people.c.id <= run.last_id


def in_canary(run: Run) -> ColumnElement[bool]:
    """Those who get the mail before a word is given."""
    return first_ones(run.canary_segment, run.canary_to_id)


def first_ones(segment: str | None, to_id: int | None) -> ColumnElement[bool]:
    """Those of a segment, or those up to a row."""
    return people.c.segment == segment if segment is not None else people.c.id <= (to_id or 0)


def select_runs(connection: Connection, issue: str | None = None, kind: Kind | None = None) -> tuple[Run, ...]:
    """The runs, oldest first."""
    heavy = {"headers", "editions", "paced_until", "issue_id"}
    columns = [column for column in runs.c if column.name not in heavy]
    asked = select(*columns, issues.c.name.label("issue")).join(issues).order_by(runs.c.id)
    if issue is not None:
        asked = asked.where(issues.c.name == issue)
    if kind is not None:
        asked = asked.where(runs.c.kind == kind)
    return tuple(Run.of(row) for row in connection.execute(asked).mappings())


def select_rows() -> Select[tuple[object, ...]]:
    """What `row_of` is made from."""
    plain = ("id", "kind", "segment", "address", "code", "state", "attempt", "attempts", "reply_code", "detail")
    more = ("provider_id", "due_at", "claimed_at", "settled_at")
    return (
        select(
            *(people.c[name] for name in plain + more), runs.c.name.label("run"), issues.c.name.label("issue")
        )
        .join(runs, people.c.run_id == runs.c.id)
        .join(issues, people.c.issue_id == issues.c.id)
    )


def row_of(row: RowMapping) -> Row:
    """One person's row."""
    texts = ("attempt", "reply_code", "detail", "provider_id")
    values = dict(row) | {name: row[name] or "" for name in texts}
    return Row(**values | {"kind": Kind(row["kind"]), "state": State(row["state"])})


def _counted(state: State, owner: str | None, living: Collection[str]) -> str:
    if state is State.CLAIMED:
        return (State.PENDING if owner in living else State.UNKNOWN).value
    return state.value


def _state(newest: Run, counts: Counts, now: float, *, working: bool) -> RunState:  # noqa: PLR0911 - a table
    start_at = newest.timing.start_at
    early = start_at is not None and now < start_at
    handed_over = early and newest.batch_id is not None
    if newest.recalled_at is not None and handed_over:
        return RunState.STOPPED
    if not counts.pending and not counts.deferred:
        return RunState.SCHEDULED if handed_over and counts.accepted else RunState.COMPLETE
    if newest.stop_at is not None:
        return RunState.STOPPED
    if newest.halted:
        return RunState.PAUSED
    if newest.timing.hold_until is not None and now < newest.timing.hold_until:
        return RunState.HELD
    if early and not handed_over:
        return RunState.SCHEDULED
    if working:
        return RunState.SENDING
    if newest.waits_for_a_word:
        return RunState.CANARY
    return RunState.PAUSED
