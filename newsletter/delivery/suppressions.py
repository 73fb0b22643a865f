"""Who must not be mailed, and why: append-only, and only an explicit lift ends one.

Rule: nothing here forgets. A lift keeps the row and says when and why; the next opt-out is a new row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import ColumnElement, Connection, insert, select, update

from newsletter.delivery.database import Database
from newsletter.delivery.schema import suppressions

_AT_ONCE = 500
"""Keys in one statement; SQLite's oldest limit on parameters is 999."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """One opt-out, bounce or complaint. `key` is `address.key`."""

    key: str = field(repr=False)
    reason: str
    source: str
    at: float = field(kw_only=True)
    lifted_at: float | None = field(default=None, kw_only=True)
    lifted_why: str | None = field(default=None, kw_only=True)


class Suppressions:
    """The opt-outs of a workspace."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    def add(self, keys: Iterable[str], *, reason: str, source: str) -> int:
        """Suppress these mailboxes; the number that were not yet."""
        with self._database.write() as connection:
            return add_all(connection, keys, reason=reason, source=source, at=self._now())

    def lift(self, key: str, *, why: str) -> bool:
        """End a mailbox's suppression, by a person's word. False when it had none."""
        with self._database.write() as connection:
            lifted = connection.execute(
                update(suppressions)
                .where(suppressions.c.key == key, active())
                .values(lifted_at=self._now(), lifted_why=why),
            )
        return lifted.rowcount > 0

    def keys(self) -> frozenset[str]:
        """Every mailbox that must not be mailed now."""
        with self._database.read() as connection:
            return frozenset(connection.scalars(select(suppressions.c.key).where(active())))

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
        return tuple(self._select(suppressions.c.key == key))

    def __iter__(self) -> Iterator[Suppression]:
        """Those in force, oldest first."""
        return self._select(active())

    def _select(self, where: ColumnElement[bool]) -> Iterator[Suppression]:
        columns = suppressions.c
        asked = select(
            columns.key, columns.reason, columns.source, columns.at, columns.lifted_at, columns.lifted_why
        )
        with self._database.read() as connection:
            for row in connection.execute(asked.where(where).order_by(columns.id)):
                yield Suppression(
                    row.key,
                    row.reason,
                    row.source,
                    at=row.at,
                    lifted_at=row.lifted_at,
                    lifted_why=row.lifted_why,
                )


def active() -> ColumnElement[bool]:
    """The condition of a suppression that is in force."""
    return suppressions.c.lifted_at.is_(None)


def add_all(connection: Connection, keys: Iterable[str], *, reason: str, source: str, at: float) -> int:
    """Suppress within a transaction; the number of mailboxes that were not suppressed yet."""
    waiting = iter(dict.fromkeys(keys))
    added = 0
    while batch := list(islice(waiting, _AT_ONCE)):
        there = set(
            connection.scalars(select(suppressions.c.key).where(suppressions.c.key.in_(batch), active())),
        )
        new = [{"key": key, "reason": reason, "source": source, "at": at} for key in batch if key not in there]
        if new:
            connection.execute(insert(suppressions), new)
        added += len(new)
    return added
