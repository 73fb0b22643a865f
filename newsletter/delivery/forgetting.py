"""Forgetting people, so that the ledger still adds up: one who asked for it, or all whose time is over.

Rules:

1. A row stays, with its state and its times, and the code in the place of the key: sums are what they were, and
   nobody gets an issue twice.
2. A row without an address is never sent to: what was still to be sent is suppressed.
3. Nobody is forgotten while a living process has them in its hands.
4. A code is worth nothing without the secret, so the ledger is bound to it from here on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, bindparam, case, delete, exists, func, or_, select, update
from sqlalchemy.engine import RowMapping

from newsletter.delivery.accounts import of_run, select_runs
from newsletter.delivery.database import Database
from newsletter.delivery.holdings import COPIES, of_mailbox
from newsletter.delivery.mailboxes import CodeOf, bind_secret, spellings, without
from newsletter.delivery.outcome import State
from newsletter.delivery.owners import Owners
from newsletter.delivery.run import Run
from newsletter.delivery.schema import events, people, runs, suppressions
from newsletter.delivery.suppressions import NewSuppression, active, add_all
from newsletter.errors import NotReady

ERASED = "erased"
"""Why whoever was erased is suppressed."""

_OPEN = (State.PENDING, State.DEFERRED, State.CLAIMED)
_NOTHING_LEFT = {
    "key": case(
        (people.c.kind.in_(COPIES), people.c.segment + " " + people.c.code),
        else_=people.c.code,
    ),
    "address": "",
    "fields": "[]",
    # What a server replied names the mailbox more often than not.
    "detail": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How much was forgotten."""

    rows: int
    """Of runs."""
    stopped: int
    """Of these, who was still to be sent to and will not be."""
    suppressions: int
    """Noted by the code from now on."""


class Forgetting:
    """Takes people's data out of a ledger."""

    def __init__(
        self, database: Database, owners: Owners, now: Callable[[], float], code_of: CodeOf | None
    ) -> None:
        self._database = database
        self._owners = owners
        self._now = now
        self._code_of = code_of

    def person(self, key: str) -> Forgotten:
        """Forget somebody, and suppress them by their code. Raises `NotReady` while they are being sent to."""
        code_of = self._secret()
        now = self._now()
        with self._database.write() as connection:
            self._database.overwrite(connection)
            bind_secret(connection, code_of)
            mine = self._mine(connection, key)
            self._refuse_claimed(connection, mine)
            stopped = self._stop(connection, mine, now)
            noted = _recode_suppressions(connection, key, code_of(key))
            erased = NewSuppression(code_of(key), ERASED, "the person's own wish")
            add_all(connection, [erased], now=now, code_of=code_of)
            _forget_words(connection, mine, key)
            theirs = (people.c.id.in_([row["id"] for row in mine]),)
            _renew_codes(connection, theirs, code_of)
            connection.execute(update(people).where(*theirs).values(_NOTHING_LEFT))
        return Forgotten(rows=len(mine), stopped=stopped, suppressions=noted)

    def before(self, moment: float) -> int:
        """Forget everybody of the runs begun before then in which nobody waits for anything; their number.

        What was told before then of nobody's message loses its words too: they may name whom they were about.
        """
        code_of = self._secret()
        number = 0
        with self._database.write() as connection:
            self._database.overwrite(connection)
            for run in _over(connection, moment):
                held = (*of_run(run), people.c.address != "")
                _renew_codes(connection, held, code_of)
                number += connection.execute(update(people).where(*held).values(_NOTHING_LEFT)).rowcount
                connection.execute(update(events).where(events.c.run == run.name).values(detail=""))
            strange = (events.c.person_id.is_(None), events.c.told_at < moment, events.c.detail != "")
            connection.execute(update(events).where(*strange).values(detail=""))
            if number:
                bind_secret(connection, code_of)
        return number

    def due(self, moment: float) -> int:
        """How many `before` would forget."""
        with self._database.read() as connection:
            return sum(
                connection.scalar(
                    select(func.count()).select_from(people).where(*of_run(run), people.c.address != "")
                )
                or 0
                for run in _over(connection, moment)
            )

    def overwrite(self) -> bool:
        """Leave no trace in what the database has freed. False where another process stood in the way."""
        return self._database.vacuum()

    def _secret(self) -> CodeOf:
        if self._code_of is None:
            raise ValueError("nobody is forgotten without the secret by which to know them again")
        return self._code_of

    def _mine(self, connection: Connection, key: str) -> Sequence[RowMapping]:
        """The rows of one person over all runs, kept from any claim until the transaction ends."""
        asked = (
            select(people.c.id, people.c.state, people.c.run_id, people.c.owner, runs.c.name.label("run"))
            .join(runs, people.c.run_id == runs.c.id)
            .where(of_mailbox(connection, key, self._code_of))
        )
        return connection.execute(asked.with_for_update(of=people)).mappings().all()

    def _refuse_claimed(self, connection: Connection, mine: Sequence[RowMapping]) -> None:
        claimed = [row for row in mine if row["state"] == State.CLAIMED]
        living = self._owners.living(connection, [row["run_id"] for row in claimed]) if claimed else ()
        if any(row["owner"] in living for row in claimed):
            raise NotReady(
                "a sending process has this person's message in its hands right now",
                "Nothing was erased. Try again in a moment, or stop the sending first: newsletter stop ISSUE",
            )

    def _stop(self, connection: Connection, mine: Sequence[RowMapping], now: float) -> int:
        waiting = [row["id"] for row in mine if row["state"] in {State.PENDING, State.DEFERRED}]
        stopped = update(people).where(people.c.id.in_(waiting))
        connection.execute(stopped.values(state=State.SUPPRESSED.value, due_at=None, settled_at=now))
        return len(waiting)


def _over(connection: Connection, moment: float) -> Iterator[Run]:
    """The runs begun before then in which nobody waits for anything."""
    for run in select_runs(connection):
        waiting = select(people.c.id).where(*of_run(run), people.c.state.in_(_OPEN)).limit(1)
        if run.created_at < moment and connection.scalar(waiting) is None:
            yield run


def _renew_codes(connection: Connection, rows: Iterable[ColumnElement[bool]], code_of: CodeOf) -> None:
    """Let rows that were frozen with an earlier secret be known by today's: the key is about to go."""
    named = select(people.c.id, people.c.key, people.c.code).where(*rows, people.c.address != "")
    found = connection.execute(named.execution_options(yield_per=1_000))
    old = [{"b_id": row.id, "b_code": code_of(row.key)} for row in found if row.code != code_of(row.key)]
    if old:
        renewed = update(people).where(people.c.id == bindparam("b_id")).values(code=bindparam("b_code"))
        connection.execute(renewed, old)


def _recode_suppressions(connection: Connection, key: str, code: str) -> int:
    """Put the code in the place of the key, and take the address out of the reasons."""
    twice = suppressions.alias()
    again = exists().where(
        twice.c.key == code, twice.c.scope == suppressions.c.scope, twice.c.lifted_at.is_(None),
        twice.c.event_id.is_(None),
    )  # fmt: skip
    mine = suppressions.c.key == key
    # In force by the key and by the code, as when somebody left by a link before their address was known.
    connection.execute(delete(suppressions).where(mine, active(), suppressions.c.event_id.is_(None), again))
    number = connection.execute(update(suppressions).where(mine).values(key=code)).rowcount
    _clean_reasons(connection, key)
    return number


def _clean_reasons(connection: Connection, key: str) -> None:
    """Take the address out of every reason, also of other people's: `moved from …`."""
    texts = [suppressions.c[name] for name in ("reason", "source", "lifted_why")]
    named = select(suppressions.c.id, *texts).where(or_(*(text.contains("@") for text in texts)))
    for row in connection.execute(named).mappings().all():
        said = {text.name: row[text.name] for text in texts if row[text.name] is not None}
        clean = {name: without(text, key) for name, text in said.items()}
        if clean != said:
            connection.execute(update(suppressions).where(suppressions.c.id == row["id"]).values(clean))


def _forget_words(connection: Connection, mine: Sequence[RowMapping], key: str) -> None:
    """What was told of this person, and of others with this address in it."""
    for row in mine:
        told = (events.c.run == row["run"]) & (events.c.person_id == row["id"])
        connection.execute(update(events).where(told).values(detail=""))
    for table in (events, people):
        spelt = [table.c.detail.icontains(each, autoescape=True) for each in spellings(key)]
        connection.execute(update(table).where(or_(*spelt)).values(detail=""))
