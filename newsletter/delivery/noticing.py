"""Noticing from outside that a ledger has changed: for whoever shows what is in it and does not write to it.

Rule: asking is cheap, and errs on one side alone: a mark that is new may mean nothing, one that is the same
means that nobody left, came back or said yes, and that no run and no command began or ended.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from newsletter.delivery.database import Database, parse_url
from newsletter.delivery.schema import acts, approvals, runs, suppressions, syncs

Mark = tuple[object, ...]
"""To be compared with another of the same ledger, and for nothing else."""

_COUNTED = (
    suppressions.c.id,
    suppressions.c.lifted_at,
    approvals.c.id,
    runs.c.id,
    syncs.c.source,
    acts.c.id,
    acts.c.ended_at,
)


def mark(url: str) -> Mark:
    """What stays the same as long as the ledger at `url` does. Raises `LedgerError`."""
    where = parse_url(url)
    if where.get_backend_name() == "sqlite":
        path = Path(where.database or "")
        return (*_stamp(path), *_stamp(path.with_name(f"{path.name}-wal")))
    database = Database.open(url)
    try:
        with database.read() as connection:
            counts = [select(func.count(column)).scalar_subquery() for column in _COUNTED]
            asked = select(*counts, select(func.max(syncs.c.at)).scalar_subquery())
            return tuple(connection.execute(asked).one())
    finally:
        database.close()


def _stamp(path: Path) -> tuple[int, int]:
    """When a file was written and how large it is; one that is not there counts as that."""
    try:
        held = path.stat()
    except OSError:
        return 0, -1
    return held.st_mtime_ns, held.st_size
