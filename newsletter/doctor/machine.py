"""This machine: the outbox, the disk, and the ledger with what dead processes left in it."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sqlalchemy import Connection, func, select

from newsletter.delivery.database import HEAD, Database, LedgerError, parse_url
from newsletter.delivery.events import Events
from newsletter.delivery.outcome import State
from newsletter.delivery.owners import Owners
from newsletter.delivery.processes import Processes
from newsletter.delivery.run import Kind
from newsletter.delivery.schema import issues, people, runs
from newsletter.dispatch import OUTBOX
from newsletter.doctor.diagnosis import Diagnosis, fault, ok, warning
from newsletter.feedback.sendgrid import ACCOUNT_CHANGED, SOURCE

_RECENT_S = 30 * 86_400
"""SendGrid does not post that all is well again."""

if TYPE_CHECKING:
    from newsletter.doctor.case import Case

LITTLE_BYTES = 2_000_000_000
"""A rehearsal to 20,000 people at 100 KB each."""

_WAL = ("wal", 2)
"""SQLite's answers to journal_mode and synchronous; 2 is FULL."""


def outbox(case: Case) -> Iterator[Diagnosis]:
    """Whether a rehearsal can be written."""
    folder = case.workspace.root / OUTBOX
    there = folder if folder.exists() else folder.parent
    try:
        with tempfile.TemporaryFile(dir=there):
            yield ok("outbox", f"{OUTBOX}/ can be written")
    except OSError as error:
        yield fault("outbox", f"{OUTBOX}/ cannot be written: {error.strerror}", "Make it a folder of your own.")


def disk(case: Case, *, little_bytes: int = LITTLE_BYTES) -> Iterator[Diagnosis]:
    """Whether there is room for rehearsals and for the ledger; a tenth of little is too little."""
    free_bytes = shutil.disk_usage(case.workspace.root).free
    found = f"{free_bytes / 1e9:,.1f} GB free"
    if free_bytes < little_bytes / 10:
        yield fault("disk", found, "Make room: a ledger that cannot be written stops every send.")
    elif free_bytes < little_bytes:
        yield warning("disk", found, "Make room before you rehearse a large mailing.")
    else:
        yield ok("disk", found)


def ledger(case: Case) -> Iterator[Diagnosis]:
    """Whether the ledger is ours, of today's form, durable, and left in order. A look changes nothing in it."""
    try:
        url = parse_url(case.workspace.database_url)
        path = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
        if path is not None and not path.is_file():
            yield from _no_file(path)
            return
        revision = HEAD if path is None else _revision(path)
        if revision != HEAD:
            yield _other_form(revision)
            return
        yield from _open(case, url.render_as_string(hide_password=False))
    except (LedgerError, sqlite3.Error) as error:
        yield fault("ledger", str(error), "Restore it from a copy, or set NEWSLETTER_DATABASE right.")


def _no_file(path: Path) -> Iterator[Diagnosis]:
    if path.name in {"", ":memory:"}:
        yield fault("ledger", "it is in memory and ends with each command", "Give NEWSLETTER_DATABASE a file.")
    else:
        yield ok("ledger", "there is none yet; the first send makes it")


def _revision(path: Path) -> str:
    """The form of an SQLite ledger; empty for a file that holds nothing yet. Raises `sqlite3.Error`."""
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "alembic_version" not in tables:
            return "" if not tables else "another program's"
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(revision)


def _other_form(revision: str) -> Diagnosis:
    if revision.isdigit() and revision > HEAD:
        return fault("ledger", "a newer version of this program wrote it", "Install the newer version.")
    if revision.isdigit() or not revision:
        return warning(
            "ledger",
            f"its form is {revision or 'none'}, today's is {HEAD}",
            "Copy it; the next send brings it up to date.",
        )
    return fault("ledger", "the file belongs to another program", "Set NEWSLETTER_DATABASE to the right file.")


def _open(case: Case, url: str) -> Iterator[Diagnosis]:
    database = Database.open(url)
    try:
        with database.read() as connection:
            yield _durable(connection)
            processes = Processes(case.workspace.state_dir / "processes")
            yield from _left_behind(connection, Owners(database, processes))
        yield from _account(Events(database, case.asking.now), since=case.asking.now() - _RECENT_S)
    finally:
        database.close()


def _account(told: Events, *, since: float) -> Iterator[Diagnosis]:
    """What SendGrid said of the whole account, where it said anything."""
    for each in told.named(ACCOUNT_CHANGED, source=SOURCE, since=since)[-1:]:
        yield warning(
            "account",
            f"SendGrid said {each.detail} of it on {datetime.fromtimestamp(each.at, UTC):%Y-%m-%d}",
            "Look into SendGrid's console, and at the mail it sent you: it may keep all mail back, or drop it.",
        )


def _durable(connection: Connection) -> Diagnosis:
    if connection.dialect.name != "sqlite":
        if connection.exec_driver_sql("SHOW fsync").scalar() != "on":
            return fault(
                "ledger",
                "PostgreSQL runs with fsync off: what it says is written may be gone after a power cut",
                "Set fsync = on in postgresql.conf.",
            )
        return ok("ledger", "in PostgreSQL, of today's form; what it says is written is on the disk")
    set_to = tuple(
        connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
    )
    if set_to != _WAL:
        return fault(
            "ledger",
            f"SQLite keeps its journal as '{set_to[0]}' there",
            "Put the ledger on a local disk: network folders cannot lock it.",
        )
    return ok("ledger", "of today's form; what it says is written is on the disk (WAL, FULL)")


def _left_behind(connection: Connection, owners: Owners) -> Iterator[Diagnosis]:
    """Runs that a process left without a word, with the people it had taken."""
    dead = [each for each in owners.on_runs(connection) if not owners.is_alive(each) and not each.lost]
    # Tests and rehearsals are simply done again.
    asked = select(runs.c.id, issues.c.name).join(issues).where(runs.c.kind.in_((Kind.REAL, Kind.COPY)))
    names = {run_id: name for run_id, name in connection.execute(asked) if dead}
    dead = [each for each in dead if each.run_id in names]
    for each in dead:
        held = select(func.count()).where(
            people.c.run_id == each.run_id, people.c.owner == each.name, people.c.state == State.CLAIMED
        )
        name = names[each.run_id]
        yield warning(
            "claims",
            f"a process died over '{name}' with {connection.scalar(held) or 0:,} people in hand",
            f"Type: newsletter resume {name}",
        )
    if not dead:
        yield ok("claims", "no process died and left people in hand")
