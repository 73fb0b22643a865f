"""Freezing a run: everything it will send, written in one transaction, so that it cannot drift.

Rule: a person is in an issue once. Whoever had an earlier run's mail, or may have, cannot be frozen again;
whoever was refused or had left is moved to the new run, with the new run's values.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from json.encoder import encode_basestring
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from newsletter.delivery.outcome import Cause, State, sources
from newsletter.delivery.postgres import Turn, analyse, copy, take_turn
from newsletter.delivery.run import Kind, NewRun
from newsletter.delivery.schema import issues, owners, people, runs, suppressions
from newsletter.errors import NotReady
from newsletter.model import Edition, Headers, Recipient

Frozen = tuple[Recipient, Sequence[str | None], str]
"""A recipient, the values of its edition's fields, and its opaque code."""

EDITIONS: TypeAdapter[dict[str, Edition]] = TypeAdapter(dict[str, Edition])
HEADERS: TypeAdapter[Headers] = TypeAdapter(Headers)

_AT_ONCE = 5_000
_KEYS_AT_ONCE = 500
_CHEAP_TO_INDEX = 1_000_000
"""Up to so many people in the table, indexing all of them anew costs less than adding many one by one."""


def freeze(connection: Connection, new: NewRun, frozen: Iterable[Frozen], *, now: float) -> int:
    """Write the run and its people; the run's id. Raises `NotReady` if somebody has had the mail meanwhile."""
    take_turn(connection, Turn.FREEZE)  # Then a run's rows lie together, between its first and its last id.
    issue_id = _issue(connection, new.issue)
    if new.kind in {Kind.REHEARSAL, Kind.TEST}:
        _clear(connection, issue_id, new.kind)
    before = connection.scalar(select(func.max(people.c.id))) or 0
    run_id = _insert_run(connection, new, issue_id, now)
    shared = _shared(new, issue_id=issue_id, run_id=run_id)
    known = _has_people(connection, issue_id, new.kind)
    earliest = before + 1
    batches = _batches(_rows(frozen), _AT_ONCE)
    first = next(batches, [])
    try:
        with _indexes_aside(
            connection, worth_it=not known and len(first) == _AT_ONCE and before < _CHEAP_TO_INDEX
        ):
            for batch in chain([first], batches):
                fresh = batch
                if known:
                    there = _there(connection, batch, issue_id=issue_id, kind=new.kind)
                    earliest = min(earliest, _take_over(connection, batch, shared, there))
                    fresh = [row for row in batch if "b_id" not in row]
                _insert(connection, shared, fresh)
    except IntegrityError:
        raise ValueError("a person stands twice in the people of one run") from None
    analyse(connection, people, suppressions)
    _bound(connection, new, run_id, earliest)
    return run_id


def _insert(connection: Connection, shared: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        same = tuple(shared.values())
        columns = [*shared, *rows[0]]
        copy(connection, people.name, columns, (same + tuple(row.values()) for row in rows))
    else:
        # Written into the statement: a parameter a row costs a fifth more.
        written: dict[str, Any] = {name: literal_column(repr(value)) for name, value in shared.items()}
        connection.execute(insert(people).values(written), rows)


@contextmanager
def _indexes_aside(connection: Connection, *, worth_it: bool) -> Iterator[None]:
    """Fill the table without its indexes, and make them afterwards: half the time for a long list.

    For SQLite, where a writer is alone anyway; elsewhere it would keep all others waiting.
    """
    if not worth_it or connection.dialect.name != "sqlite":
        yield
        return
    for index in people.indexes:
        index.drop(connection)
    yield
    for index in people.indexes:
        index.create(connection)


def _issue(connection: Connection, name: str) -> int:
    found = connection.scalar(select(issues.c.id).where(issues.c.name == name))
    if found is None:
        found = connection.scalar(insert(issues).values(name=name).returning(issues.c.id))
    assert found is not None
    return int(found)


def _clear(connection: Connection, issue_id: int, kind: Kind) -> None:
    """The last rehearsal or test of an issue makes room for the next."""
    old = select(runs.c.id).where(runs.c.issue_id == issue_id, runs.c.kind == kind)
    connection.execute(delete(people).where(people.c.issue_id == issue_id, people.c.kind == kind))
    connection.execute(delete(owners).where(owners.c.run_id.in_(old)))
    connection.execute(delete(runs).where(runs.c.issue_id == issue_id, runs.c.kind == kind))


def _insert_run(connection: Connection, new: NewRun, issue_id: int, now: float) -> int:
    canary = new.canary
    run_id = connection.scalar(
        insert(runs)
        .values(
            name=secrets.token_hex(6),
            issue_id=issue_id,
            kind=new.kind,
            transport=new.transport,
            receipt=new.receipt,
            components=json.dumps(dict(new.components)),
            content=new.content,
            headers=HEADERS.dump_json(new.headers).decode(),
            editions=EDITIONS.dump_json(dict(new.editions)).decode(),
            created_at=now,
            start_at=new.timing.start_at,
            hold_until=new.timing.hold_until,
            not_after=new.timing.not_after,
            canary_segment=canary.segment if canary else None,
            per_second=new.per_second,
            unsubscribe_group=new.unsubscribe_group,
            ending="",
        )
        .returning(runs.c.id),
    )
    assert run_id is not None
    return int(run_id)


def _has_people(connection: Connection, issue_id: int, kind: Kind) -> bool:
    anybody = select(people.c.id).where(people.c.issue_id == issue_id, people.c.kind == kind).limit(1)
    return connection.scalar(anybody) is not None


def _shared(new: NewRun, *, issue_id: int, run_id: int) -> dict[str, int | str]:
    """What all rows of a run begin with."""
    return {
        "run_id": run_id,
        "issue_id": issue_id,
        "kind": new.kind.value,
        "state": State.PENDING.value,
        "attempts": 0,
    }


def _rows(frozen: Iterable[Frozen]) -> Iterator[dict[str, Any]]:
    for recipient, values, code in frozen:
        fields = ",".join("null" if value is None else encode_basestring(value) for value in values)
        yield {
            "key": recipient.key,
            "address": recipient.address,
            "code": code,
            "segment": recipient.segment,
            "list": recipient.list_name,
            "fields": f"[{fields}]",
        }


def _batches(rows: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, size)):
        yield batch


def _take_over(
    connection: Connection,
    batch: list[dict[str, Any]],
    shared: dict[str, int | str],
    there: Mapping[str, tuple[int, str]],
) -> int:
    """Move those of the batch whom an earlier run did not reach, marked by `b_id`; the least id moved."""
    movable = sources(State.PENDING, Cause.WORD) - {State.UNKNOWN, State.DEFERRED}
    moved = []
    for row in batch:
        found = there.get(row["key"]) or there.get(row["code"])
        if found is None:
            continue
        if found[1] not in movable:
            raise NotReady(
                "somebody of this plan has had the mail since it was made, or is in an unfinished run",
                "Make the plan again.",
            )
        row["b_id"] = found[0]
        moved.append(row)
    if moved:
        connection.execute(
            update(people)
            .where(people.c.id == bindparam("b_id"))
            .values({**shared, **{column: bindparam(column) for column in moved[0] if column != "b_id"}}),
            moved,
        )
    return min((row["b_id"] for row in moved), default=2**62)


def _there(
    connection: Connection, batch: list[dict[str, Any]], *, issue_id: int, kind: Kind
) -> dict[str, tuple[int, str]]:
    """Key, or code, → (row, state) of those in the batch whom the issue already knows."""
    there: dict[str, tuple[int, str]] = {}
    keys = (row[name] for row in batch for name in ("key", "code"))
    while some := list(islice(keys, _KEYS_AT_ONCE)):
        found = select(people.c.key, people.c.id, people.c.state).where(
            people.c.issue_id == issue_id, people.c.kind == kind, people.c.key.in_(some)
        )
        there.update((row.key, (row.id, row.state)) for row in connection.execute(found.with_for_update()))
    return there


def _bound(connection: Connection, new: NewRun, run_id: int, earliest: int) -> None:
    """Note which rows are the run's, and which of them is the last canary."""
    canary_to_id = None
    if new.canary is not None and new.canary.count is not None:
        nth = (
            select(people.c.id)
            .where(people.c.run_id == run_id, people.c.id >= earliest)
            .order_by(people.c.id)
            .offset(max(new.canary.count, 1) - 1)
            .limit(1)
        )
        canary_to_id = connection.scalar(nth)
    latest = connection.scalar(select(func.max(people.c.id))) or 0
    connection.execute(
        update(runs)
        .where(runs.c.id == run_id)
        .values(first_id=earliest, last_id=latest, canary_to_id=canary_to_id),
    )
