"""Who must not be mailed, and why: append-only, and only an explicit lift ends one.

Rules:

1. Nothing here forgets. A lift keeps the row and says when and why; the next opt-out is a new row.
2. An event counts once: told again, even after a lift, it suppresses nobody.
3. Whoever is held by a code alone stays so: their address does not come back by being suppressed again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from sqlalchemy import ColumnElement, Connection, exists, func, select, update

from newsletter.delivery.database import Database, insert_new
from newsletter.delivery.mailboxes import CodeOf, bind_secret, is_code, known_as, mailboxes
from newsletter.delivery.schema import people, suppressions

EVERYWHERE = ""
"""The scope of a suppression that holds for every list."""

_AT_ONCE = 400
"""Mailboxes in one statement, by key and by code; SQLite's oldest limit on parameters is 999."""


@dataclass(frozen=True, slots=True)
class NewSuppression:
    """One reason not to mail somebody, to be written down.

    `key` is `address.key`, or the code of somebody whose address is not known.
    """

    key: str = field(repr=False)
    reason: str
    source: str
    scope: str = field(default=EVERYWHERE, kw_only=True)
    """The one list it holds for, `members` for lists/members.csv."""
    event_id: str | None = field(default=None, kw_only=True)
    """The name of what happened, where it may be told again."""
    at: float | None = field(default=None, kw_only=True)
    """When it happened; now, where that is not known."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """One opt-out, bounce or complaint. `key` is `address.key`, or a code after an erasure."""

    key: str = field(repr=False)
    reason: str
    source: str
    at: float = field(kw_only=True)
    scope: str = field(default=EVERYWHERE, kw_only=True)
    event_id: str | None = field(default=None, kw_only=True)
    lifted_at: float | None = field(default=None, kw_only=True)
    lifted_why: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """Who is suppressed now, to be asked for by key."""

    everywhere: Container[str] = field(repr=False)
    by_list: Mapping[str, Container[str]] = field(repr=False)
    """A list's name → who has left that list."""


class Suppressions:
    """The suppressions of a workspace."""

    def __init__(self, database: Database, now: Callable[[], float], code_of: CodeOf | None = None) -> None:
        self._database = database
        self._now = now
        self._code_of = code_of

    def add(
        self,
        keys: Iterable[str],
        *,
        reason: str,
        source: str,
        scope: str = EVERYWHERE,
        event_id: str | None = None,
    ) -> int:
        """Suppress these mailboxes; the number that were not yet."""
        return self.add_all(
            NewSuppression(key, reason, source, scope=scope, event_id=event_id) for key in dict.fromkeys(keys)
        )

    def add_all(self, new: Iterable[NewSuppression]) -> int:
        """Suppress, all in one commit; the number of mailboxes that were not yet suppressed in that scope."""
        with self._database.write() as connection:
            return add_all(connection, new, now=self._now(), code_of=self._code_of)

    def lift(self, key: str, *, why: str, scope: str = EVERYWHERE) -> bool:
        """End a mailbox's suppression in this scope, by a person's word. False when it had none."""
        with self._database.write() as connection:
            lifted = connection.execute(
                update(suppressions)
                .where(
                    suppressions.c.key.in_(known_as(key, self._code_of)),
                    suppressions.c.scope == scope,
                    active(),
                )
                .values(lifted_at=self._now(), lifted_why=why),
            )
        return lifted.rowcount > 0

    def give_up_codes(self, *, why: str) -> int:
        """Lift whatever stands under a code alone, by a person's word that its secret is lost; their number."""
        coded = suppressions.c.key.not_like("%@%") & active()
        with self._database.write() as connection:
            number = connection.scalar(select(func.count(suppressions.c.key.distinct())).where(coded)) or 0
            lifted = update(suppressions).where(coded)
            connection.execute(lifted.values(lifted_at=self._now(), lifted_why=why))
        return number

    def keys(self) -> frozenset[str]:
        """Every mailbox that must not be mailed now by any list: its key, or its code."""
        return self._in_force().get(EVERYWHERE, frozenset())

    def suppressed(self, lists: Collection[str]) -> Suppressed:
        """Who must not be mailed now. `lists` are the names of the lists there are.

        Whoever left a list that is no longer there is mailed by none: it may be there under another name.
        """
        everywhere, by_list = frozenset[str](), {}
        for scope, held in self._in_force().items():
            if scope in lists:
                by_list[scope] = mailboxes(held, self._code_of)
            else:
                everywhere |= held
        return Suppressed(everywhere=mailboxes(everywhere, self._code_of), by_list=by_list)

    def came_back(self, *, since: float = 0.0) -> dict[str, float]:
        """Whoever had left everything and has come back → when, if it was after a moment (epoch seconds).

        Whoever had been erased is known by the code.
        """
        held = suppressions.alias()
        still = exists().where(
            held.c.key == suppressions.c.key, held.c.scope == EVERYWHERE, held.c.lifted_at.is_(None)
        )
        asked = (
            select(suppressions.c.key, func.max(suppressions.c.lifted_at).label("at"))
            .where(suppressions.c.scope == EVERYWHERE, suppressions.c.lifted_at > since, ~still)
            .group_by(suppressions.c.key)
        )
        with self._database.read() as connection:
            return {row.key: row.at for row in connection.execute(asked)}

    def vanished(self, lists: Collection[str]) -> dict[str, int]:
        """The lists that people left and that are no longer there → how many people."""
        gone = {scope: len(held) for scope, held in self._in_force().items() if scope not in lists}
        return {scope: number for scope, number in sorted(gone.items()) if scope != EVERYWHERE}

    def last_lifted(self) -> str:
        """A name for the newest lift, which a receipt holds; empty when there was none."""
        newest = (
            select(suppressions.c.id, suppressions.c.lifted_at)
            .where(suppressions.c.lifted_at.is_not(None))
            .order_by(suppressions.c.lifted_at.desc(), suppressions.c.id.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            found = connection.execute(newest).one_or_none()
        return "" if found is None else f"{found.id}@{found.lifted_at:.6f}"

    def history(self, key: str) -> tuple[Suppression, ...]:
        """All that was ever noted of one mailbox, oldest first."""
        return tuple(self._select(suppressions.c.key.in_(known_as(key, self._code_of))))

    def __iter__(self) -> Iterator[Suppression]:
        """Those in force, oldest first; of several for one mailbox and scope the oldest."""
        first = select(func.min(suppressions.c.id)).where(active())
        return self._select(suppressions.c.id.in_(first.group_by(suppressions.c.key, suppressions.c.scope)))

    def _in_force(self) -> dict[str, frozenset[str]]:
        """Scope → the keys and codes of those suppressed in it."""
        held: dict[str, set[str]] = {}
        asked = select(suppressions.c.scope, suppressions.c.key).where(active())
        with self._database.read() as connection:
            for scope, key in connection.execute(asked):
                held.setdefault(scope, set()).add(key)
        return {scope: frozenset(keys) for scope, keys in held.items()}

    def _select(self, where: ColumnElement[bool]) -> Iterator[Suppression]:
        columns = suppressions.c
        asked = select(*(columns[name] for name in Suppression.__dataclass_fields__))
        with self._database.read() as connection:
            for row in connection.execute(asked.where(where).order_by(columns.id)).mappings():
                yield Suppression(**row)


def active() -> ColumnElement[bool]:
    """The condition of a suppression that is in force."""
    return suppressions.c.lifted_at.is_(None)


def of_person() -> ColumnElement[bool]:
    """The condition of a suppression that keeps the mail from the row of `people` beside it."""
    return (
        suppressions.c.key.in_([people.c.key, people.c.code])
        & suppressions.c.scope.in_([EVERYWHERE, people.c.list])
        & active()
    )


def add_all(
    connection: Connection, new: Iterable[NewSuppression], *, now: float, code_of: CodeOf | None = None
) -> int:
    """Suppress within a transaction; the number of mailboxes that were not yet suppressed in that scope."""
    waiting = iter(new)
    added = 0
    while batch := list(islice(waiting, _AT_ONCE)):
        added += _add_some(connection, batch, now, code_of)
    return added


def _add_some(connection: Connection, batch: list[NewSuppression], now: float, code_of: CodeOf | None) -> int:
    codes = {each.key: code_of(each.key) for each in batch if code_of and not is_code(each.key)}
    known = select(suppressions.c.key, suppressions.c.scope).where(
        suppressions.c.key.in_({*(each.key for each in batch), *codes.values()}), active()
    )
    there = {(row.key, row.scope) for row in connection.execute(known)}
    erased = {key for key, _ in there if is_code(key)}
    told = _told(connection, batch)
    rows, added = [], 0
    for each in batch:
        if each.event_id is not None and each.event_id in told:
            continue
        code = codes.get(each.key, "")
        held = replace(each, key=code) if code in erased else each
        is_new = (held.key, held.scope) not in there
        if is_new or held.event_id is not None:
            rows.append(_row(held, now))
        there.add((held.key, held.scope))
        told.add(held.event_id)
        added += is_new
    if code_of is not None and any(is_code(str(row["key"])) for row in rows):
        bind_secret(connection, code_of)
    if rows:
        connection.execute(insert_new(connection, suppressions), rows)
    return added


def _told(connection: Connection, batch: Iterable[NewSuppression]) -> set[str | None]:
    """Those of the batch's events that are known."""
    named = [each.event_id for each in batch if each.event_id is not None]
    known = select(suppressions.c.event_id).where(suppressions.c.event_id.in_(named))
    return set(connection.scalars(known)) if named else set()


def _row(new: NewSuppression, now: float) -> dict[str, object]:
    names = ("key", "scope", "reason", "source", "event_id")
    return {name: getattr(new, name) for name in names} | {"at": now if new.at is None else new.at}
