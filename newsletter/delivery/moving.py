"""Bringing an SQLite ledger into a shared one: whoever left stays out, and whoever had an issue has had it.

Rule: all or nothing, into a ledger that holds nothing yet, and only when nobody is at work on the old one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, func, literal, select, text

from newsletter.delivery.database import Database, LedgerError, insert_new
from newsletter.delivery.outcome import State
from newsletter.delivery.postgres import Turn, analyse, copy, take_turn
from newsletter.delivery.schema import METADATA, acts, facts, owners, people, suppressions

_AT_ONCE = 5_000


_NEW = (facts, owners, acts)
"""What a ledger that holds nothing yet may hold: what it knows of its own tables, and what was done to it."""


def holds_anything(connection: Connection) -> bool:
    """Whether a ledger knows of any issue, of anybody who left, or of anything that came back."""
    asked = (
        select(literal(1)).select_from(table).limit(1) for table in METADATA.sorted_tables if table not in _NEW
    )
    return any(connection.scalar(one) is not None for one in asked)


def move(source: Database, target: Database) -> int:
    """Copy everything; the number of people of all runs. Raises `LedgerError` where it must not be."""
    with source.read() as old, target.write() as new:
        take_turn(new, Turn.FREEZE)
        if holds_anything(new):
            raise LedgerError("the shared ledger holds something already", "Bring the other into an empty one.")
        if old.scalar(select(people.c.id).where(people.c.state == State.CLAIMED).limit(1)) is not None:
            raise LedgerError(
                "somebody is at work on the old ledger", "Wait for its end, or stop it: newsletter stop ISSUE"
            )
        for table in METADATA.sorted_tables:
            if table is not owners:
                _copy(old, new, table)
        analyse(new, people, suppressions)
        return new.scalar(select(func.count()).select_from(people)) or 0


def _copy(old: Connection, new: Connection, table: Table) -> None:
    columns = [column.name for column in table.c if table is not acts or column.name != "id"]
    if table is facts:  # What the new ledger knows of its own tables stays.
        rows = [dict(zip(columns, row, strict=True)) for row in _rows(old, table, columns)]
        if rows:
            new.execute(insert_new(new, table), rows)
        return
    copy(new, table.name, columns, _rows(old, table, columns))
    if "id" in columns:
        sequence = text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), greatest(:last, 1))")
        new.execute(sequence, {"last": new.scalar(select(func.max(table.c.id))) or 1})


def _rows(old: Connection, table: Table, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    asked = select(*(table.c[name] for name in columns)).order_by(*table.primary_key)
    found = old.execution_options(yield_per=_AT_ONCE).execute(asked)
    return (tuple(row) for row in found)
