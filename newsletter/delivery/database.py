"""The ledger's database: opened, durable, brought to today's tables. What is SQLite's alone stands here.

Rules:

1. A commit that returned is on the disk (`synchronous=FULL`). In SQLite a writing transaction is alone from
   its first statement; in PostgreSQL several write at once, and what must not is given turns or row locks.
2. No error repeats the URL as it was given, for there may be a password in it, or a statement's parameters,
   for these are people.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, Insert, Table, create_engine, event, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError, OperationalError, ProgrammingError

from newsletter.delivery import postgres
from newsletter.delivery.watchdog import Watchdog
from newsletter.errors import NewsletterError

HEAD = "0010"
"""The newest migration. Compared before alembic is imported, which takes a third of a second."""

_BUSY_S = 30.0
"""How long one process waits for another's transaction. Ours last milliseconds; a freeze, seconds."""

_AGAIN_S = 0.01
"""How soon it is tried again where SQLite does not wait by itself."""


class LedgerError(NewsletterError):
    """The ledger cannot be used as it is."""


class LedgerLost(LedgerError):
    """The ledger's server cannot be reached, or has no time for us: it may go better in a while."""


class Database:
    """One ledger, open. `read` and `write` give a connection inside a transaction."""

    answer_s = 20.0
    """So long a server may take to answer what is asked while people are mailed; then it counts as lost."""

    def __init__(self, engine: Engine) -> None:
        self.always_promptly = False
        """Whether nothing is waited for longer than that, whoever asks."""
        self._engine = engine
        self._reading = _for_reading(engine)
        self._watchdog = Watchdog()

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
            raise _unopened(where, error) from None
        return cls(engine)

    @contextmanager
    def read(self, *, promptly: bool = False) -> Iterator[Connection]:
        """A consistent view; another process may write meanwhile. Raises `LedgerError`.

        `promptly`: it is not waited for longer than `answer_s`.
        """
        with (
            _told("read"),
            self._reading.connect() as connection,
            self._limit(connection, promptly),
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def write(self, *, promptly: bool = False) -> Iterator[Connection]:
        """A transaction that is durable when the block has ended. `promptly` as above. Raises `LedgerError`."""
        with (
            _told("written"),
            self._engine.connect() as connection,
            self._limit(connection, promptly),
            connection.begin(),
        ):
            yield connection

    def _limit(self, connection: Connection, promptly: bool) -> AbstractContextManager[None]:
        if not (self.is_shared and (promptly or self.always_promptly)):
            return nullcontext()
        raw: Any = connection.connection.driver_connection
        return self._watchdog.limit(raw.fileno(), self.answer_s)

    @property
    def is_shared(self) -> bool:
        """Whether several machines may use it."""
        return self._engine.dialect.name != "sqlite"

    def overwrite(self, connection: Connection) -> None:
        """Let what this connection changes from here on be overwritten where it stood, not only unlinked."""
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")

    def vacuum(self) -> bool:
        """Leave nothing of what was changed before in freed space. False where others stand in the way."""
        with self._engine.connect() as connection:
            # Outside a transaction, which SQLAlchemy would begin.
            raw = connection.connection.driver_connection
            try:
                return _vacuum_sqlite(raw) if connection.dialect.name == "sqlite" else postgres.vacuum(raw)
            except connection.dialect.loaded_dbapi.Error:
                return False

    def time(self) -> float:
        """What time it is by a shared ledger's own clock, epoch seconds."""
        with self.read() as connection:
            return connection.scalar(select(postgres.TIME)) or 0.0

    @property
    def conninfo(self) -> str:
        """Where a shared ledger is, with the password."""
        return postgres.conninfo(self._engine.url)

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
        where = make_url(url) if "://" in url else URL.create("sqlite", database=url)
        # Other programs write `postgres://`, which SQLAlchemy does not know.
        return where.set(drivername="postgresql") if where.drivername == "postgres" else where
    except (ArgumentError, ValueError):
        raise LedgerError(
            "the ledger's URL cannot be read",
            "See NEWSLETTER_DATABASE; in a password, @ is written as %40, : as %3A and / as %2F.",
        ) from None


def _shown(where: URL) -> str:
    """A URL to be read by people: without its password, and without its options, which may hold one too."""
    return where.set(query={}).render_as_string(hide_password=True)


def _engine(where: URL) -> Engine:
    kind = where.get_backend_name()
    try:
        if kind == "postgresql":
            return postgres.connect(where)
        if kind == "sqlite":
            return _sqlite(where)
    except (ArgumentError, ImportError):
        pass
    extra = "Install it: pip install 'newsletter[postgres]'" if kind == "postgresql" else ""
    raise LedgerError(
        f"there is nothing here to open a ledger of the kind {where.drivername} with",
        extra or "See NEWSLETTER_DATABASE: a ledger is kept in SQLite or in PostgreSQL.",
    )


def _for_reading(engine: Engine) -> Engine:
    """The same engine, for transactions that only read, and see one moment."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(reading=True)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _unopened(where: URL, error: DatabaseError | OSError) -> LedgerError:
    shown = _shown(where)
    if where.get_backend_name() == "sqlite":
        reason = error.orig if isinstance(error, DatabaseError) else error.strerror
        return LedgerError(
            f"the ledger {shown} cannot be opened: {reason}",
            "Is the folder there and writable, and is the file a ledger of this program?",
        )
    reason = postgres.words(error) if isinstance(error, DatabaseError) else error.strerror
    said = f"the ledger {shown} cannot be opened: {reason}"
    todo = postgres.refusal(error) if isinstance(error, OperationalError) else None
    if todo is not None:
        return LedgerError(said, todo)
    kind = LedgerLost if isinstance(error, OperationalError) and postgres.is_lost(error) else LedgerError
    return kind(
        said, "Does the server run, may this machine reach it, and may this user make tables in that database?"
    )


@contextmanager
def _told(done: str) -> Iterator[None]:
    """What befalls a ledger as `LedgerError`; what only a mistake of ours can cause, without the values."""
    try:
        yield
    except (IntegrityError, ProgrammingError) as error:
        raise _ours(error) from None
    except DatabaseError as error:
        raise _befallen(done, error) from None


def _ours(error: DatabaseError) -> DatabaseError:
    """The error to raise for a mistake of ours: PostgreSQL's own words hold the values that it is about."""
    if getattr(error.orig, "diag", None) is None:
        return error
    return type(error)(error.statement, None, RuntimeError(postgres.words(error)), hide_parameters=True)


def _befallen(done: str, error: DatabaseError) -> LedgerError:
    if getattr(error.orig, "diag", None) is None:  # SQLite
        if isinstance(error, OperationalError):
            hint = "Nobody is lost: make room or end the other program, then resume."
        else:
            hint = "The file is damaged: bring back a copy of it before anything is sent."
        return LedgerError(f"the ledger cannot be {done}: {error.orig}", hint)
    said = f"the ledger cannot be {done}: {postgres.words(error)}"
    if postgres.is_lost(error):
        return LedgerLost(said, "Nobody is lost: see that the server runs and can be reached, then resume.")
    return LedgerError(said, "Nobody is lost: see to the server, then resume.")


def _migrate(engine: Engine) -> None:
    """Bring the tables up to date. Two processes may come at once: the second finds the work done."""
    try:
        with _for_reading(engine).connect() as connection, connection.begin():
            known = _revision(connection)
        if known != HEAD:
            with engine.begin() as connection:
                postgres.take_turn(connection, postgres.Turn.MIGRATE)
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


def _vacuum_sqlite(raw: Any) -> bool:
    raw.execute("VACUUM")
    busy, _pages, _moved = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


_CREATING = Lock()


def _create_private(path: Path) -> None:
    """SQLite would make the file readable to everybody; it holds addresses.

    A file that is there is not touched: a process that closes any descriptor of it lets go of all its locks
    (fcntl(2)), and what SQLite then writes may land in a log that another process has deleted. Nor does a
    second thread go on before the first has closed it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _CREATING, suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # The driver would begin transactions late, and deferred.
    _write_ahead(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: Any) -> None:
    """Keep a log beside the file. Of two that begin that at once, SQLite refuses one instead of waiting."""
    until = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_AGAIN_S)
        else:
            return


def _on_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
