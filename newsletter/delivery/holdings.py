"""Everything that a ledger holds of one person.

Rule: a person is found by key and by code, in copies and tests as well as in real runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, select

from newsletter.delivery.accounts import row_of, select_rows
from newsletter.delivery.database import Database
from newsletter.delivery.freezing import EDITIONS
from newsletter.delivery.mailboxes import CodeOf, known_as
from newsletter.delivery.run import Kind, Row
from newsletter.delivery.schema import events, issues, people, runs

COPIES = (Kind.TEST, Kind.COPY)
"""Their key is the edition's name and the mailbox's key, as one mailbox may get several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One row of a run, with what was merged for the person and what was told of them later."""

    row: Row
    list_name: str
    merged: Mapping[str, str | None] = field(repr=False)
    """Field → value; empty where it was forgotten."""
    events: tuple[Mapping[str, object], ...]


class Holdings:
    """What is held of people."""

    def __init__(self, database: Database, code_of: CodeOf | None) -> None:
        self._database = database
        self._code_of = code_of

    def of(self, key: str) -> tuple[Holding, ...]:
        """All rows of one mailbox, oldest first."""
        with self._database.read() as connection:
            mine = of_mailbox(connection, key, self._code_of)
            rows = [row_of(row) for row in connection.execute(select_rows().where(mine)).mappings()]
            return tuple(_holding(connection, row) for row in sorted(rows, key=lambda row: row.id))


def of_mailbox(connection: Connection, key: str, code_of: CodeOf | None) -> ColumnElement[bool]:
    """The condition of one person's rows in `people`, each part of which has an index."""
    known = connection.scalars(select(issues.c.id)).all()
    ours = select(people.c.id).where(people.c.issue_id.in_(known))
    named = ours.where(people.c.kind.in_(list(Kind)), people.c.key.in_(known_as(key, code_of)))
    copies = ours.where(people.c.kind.in_(COPIES), people.c.key.endswith(f" {key}", autoescape=True))
    coded = select(people.c.id).where(people.c.code.in_(known_as(key, code_of)))
    return people.c.id.in_(named.union(copies, coded))


def _holding(connection: Connection, row: Row) -> Holding:
    more = select(people.c.list, people.c.fields, runs.c.editions).join(runs, people.c.run_id == runs.c.id)
    found = connection.execute(more.where(people.c.id == row.id)).one()
    merged = json.loads(found.fields)
    names = EDITIONS.validate_json(found.editions)[row.segment].fields if merged else ()
    told = [column for column in events.c if column.name not in {"id", "run", "person_id"}]
    mine = (events.c.run == row.run) & (events.c.person_id == row.id)
    return Holding(
        row=row,
        list_name=found.list,
        merged=dict(zip(names, merged, strict=True)) if merged else {},
        events=tuple(map(dict, connection.execute(select(*told).where(mine).order_by(events.c.at)).mappings())),
    )
