"""The ledger's database: opened, durable, brought to today's tables. What is SQLite's alone stands here.

Rules:

1. A commit that returned is on the disk (`synchronous=FULL`), and a writing transaction is alone from its
   first statement, so that what it read is still true when it writes.
2. No error repeats the URL as it was given, for there may be a password in it, or a statement's parameters,
   for these are people.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Insert, Table, create_engine, event, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError, OperationalError, ProgrammingError

from newsletter.errors import NewsletterError

HEAD = "0002"
"""The newest migration. Compared before alembic is imported, which takes a third of a second."""

_BUSY_S = 30.0
"""How long one process waits for another's transaction. Ours last milliseconds; a freeze, seconds."""


class LedgerError(NewsletterError):
    """The ledger cannot be used as it is."""


class Database:
    """One ledger, open. `read` and `write` give a connection inside a transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> Database:
        """Open, create and migrate. `url` is a SQLAlchemy URL, or the path of an SQLite file.

        Raises `LedgerError`.
        """
        where = parse_url(url)
        try:
            engine = _engine(where)
            _migrate(engine)
        except (DatabaseError, OSError) as error:
            reason = error.orig if isinstance(error, DatabaseError) else error.strerror
            raise LedgerError(
                f"the ledger {_shown(where)} cannot be opened: {reason}",
                "Is the folder there and writable, and is the file a ledger of this program?",
            ) from None
        return cls(engine)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view; another process may write meanwhile. Raises `LedgerError`."""
        with (
            _told("read"),
            self._engine.connect().execution_options(reading=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is durable when the block has ended. Raises `LedgerError`."""
        with _told("written"), self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()


def insert_new(connection: Connection, table: Table) -> Insert:
    """An insert that passes over what a unique index says is there already, by whichever process."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def parse_url(url: str) -> URL:
    """Where a ledger is. Raises `LedgerError` for what is no URL."""
    try:
        return make_url(url) if "://" in url else URL.create("sqlite", database=url)
    except (ArgumentError, ValueError):
        raise LedgerError(
            "the ledger's URL cannot be read",
            "See NEWSLETTER_DATABASE; in a password, @ is written as %40, : as %3A and / as %2F.",
        ) from None


def _shown(where: URL) -> str:
    """A URL to be read by people: without its password, and without its options, which may hold one too."""
    return where.set(query={}).render_as_string(hide_password=True)


def _engine(where: URL) -> Engine:
    try:
        return (
            _sqlite(where)
            if where.get_backend_name() == "sqlite"
            else create_engine(where, hide_parameters=True)
        )
    except (ArgumentError, ImportError):
        raise LedgerError(
            f"there is nothing here to open a ledger of the kind {where.drivername} with",
            "See NEWSLETTER_DATABASE: is it written right, and is the package for that database installed?",
        ) from None


@contextmanager
def _told(done: str) -> Iterator[None]:
    """What befalls a ledger as `LedgerError`; what only a mistake of ours can cause, as it is."""
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise
    except OperationalError as error:
        raise LedgerError(
            f"the ledger cannot be {done}: {error.orig}",
            "Nobody is lost: make room or end the other program, then resume.",
        ) from None
    except DatabaseError as error:
        raise LedgerError(
            f"the ledger cannot be {done}: {error.orig}",
            "The file is damaged: bring back a copy of it before anything is sent.",
        ) from None


def _migrate(engine: Engine) -> None:
    """Bring the tables up to date. Two processes may come at once: the second finds the work done."""
    try:
        with engine.connect().execution_options(reading=True) as connection, connection.begin():
            known = _revision(connection)
        if known != HEAD:
            with engine.begin() as connection:
                if _revision(connection) != HEAD:
                    _upgrade(connection)
    except BaseException:
        engine.dispose()
        raise


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - needed once in a ledger's life
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise LedgerError(
            "the ledger was written by a newer version of this program",
            "Install the newer version; this one would not understand what it wrote.",
        ) from None


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:" and "uri" not in url.query:
        _create_private(Path(url.database))
    arguments = {"timeout": _BUSY_S, "check_same_thread": False}
    engine = create_engine(url, connect_args=arguments, hide_parameters=True)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _create_private(path: Path) -> None:
    """SQLite would make the file readable to everybody; it holds addresses."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # The driver would begin transactions late, and deferred.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
