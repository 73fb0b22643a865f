"""What is PostgreSQL's alone: how it is connected to, taking turns in it, filling a table, and its errors.

Rules:

1. Nothing here outlasts a transaction, so that a pooler between us and the server changes nothing.
2. An error's detail holds values, which are people: only its first line is ever told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Float,
    Table,
    cast,
    create_engine,
    event,
    extract,
    func,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

DRIVER = "postgresql+psycopg"

_WAITS = {
    "connect_timeout": "10",
    # A peer that is gone without a word is noticed in half a minute, whatever the system's defaults.
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
_ABANDONED = "60s"
"""A transaction whose client fell silent is ended by the server, so that its locks keep nobody waiting."""

_COMES_BACK = ("08", "40", "53", "55", "57")
"""Classes of SQLSTATE that say "not now": connection, serialization, resources, locks, a server that stops."""

_MADE = "It is made as docs/machines.md says, or NEWSLETTER_DATABASE names another."
_LETS_IN = "See to it on the server, as docs/machines.md says, or to NEWSLETTER_DATABASE."
_REFUSED = {
    "password authentication failed": (
        "The user or the password in NEWSLETTER_DATABASE is wrong; in a password, @ is written as %40,"
        " : as %3A and / as %2F."
    ),
    "no password supplied": "NEWSLETTER_DATABASE names no password: postgresql://USER:PASSWORD@HOST/DATABASE",
    "role .* does not exist": f"There is no such user. {_MADE}",
    "database .* does not exist": f"There is no such database. {_MADE}",
    "permission denied": f"This user may not use that database. {_LETS_IN}",
    "is not permitted to log in": f"This user may not log in. {_LETS_IN}",
    "authentication failed": f"The server does not believe who we are. {_LETS_IN}",
    r"pg_hba\.conf": f"The server lets this user not in from here, or not like this. {_LETS_IN}",
    r"server does not support SSL|certificate|connection is bad: invalid": (
        "See what follows the ? in NEWSLETTER_DATABASE."
    ),
}
"""What is said of a connection that no patience brings about, and what to do.

An error of the connection itself has no SQLSTATE in psycopg, so the words are gone by. Where a server says them
in another language than English, it is waited for as if it were starting.
"""


class Turn(IntEnum):
    """What only one transaction at a time may do, over all machines."""

    MIGRATE = 1
    FREEZE = 2
    CUT = 3


_NAMESPACE = 0x4E4C00
"""The first half of our advisory locks' keys begins here; other programs in the database have their own."""


TIME: ColumnElement[float] = cast(extract("epoch", func.clock_timestamp()), Float)
"""What time it is by the server's clock, epoch seconds."""


def conninfo(url: URL) -> str:
    """The same place for programs that speak to PostgreSQL without SQLAlchemy."""
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - a third of a second

    where = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return make_conninfo(where, **{name: value for name, value in _WAITS.items() if name not in url.query})


def connect(url: URL) -> Engine:
    """An engine, not connected yet."""
    where = url.set(drivername=DRIVER)
    # A pooler hands each transaction to another connection, which knows nothing of prepared statements.
    arguments: dict[str, Any] = {"application_name": "newsletter", "prepare_threshold": None}
    arguments |= {name: value for name, value in _WAITS.items() if name not in url.query}
    engine = create_engine(where, connect_args=arguments, hide_parameters=True)
    event.listen(engine, "connect", _on_connect)
    return engine


def _on_connect(connection: Any, _record: object) -> None:
    connection.execute("SET synchronous_commit = on")  # Whatever the server's default is.
    connection.execute(f"SET idle_in_transaction_session_timeout = '{_ABANDONED}'")
    connection.commit()


def take_turn(connection: Connection, turn: Turn, of: int = 0) -> None:
    """Wait for the others' turn to end, and keep ours to the end of the transaction. `of` is a run's id."""
    if connection.dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(:turn, :of)")
        connection.execute(lock, {"turn": _NAMESPACE + turn, "of": of})


def copy(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Fill a table by COPY. Raises SQLAlchemy's errors, as a statement would."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with driver(connection) as raw, raw.cursor() as cursor, cursor.copy(statement) as into:
        for row in rows:
            into.write_row(row)


@contextmanager
def driver(connection: Connection) -> Iterator[Any]:
    """The driver's own connection, in the same transaction, with SQLAlchemy's errors."""
    errors = connection.dialect.loaded_dbapi.Error
    try:
        yield connection.connection.driver_connection
    except errors as error:
        raise DBAPIError.instance(
            None, None, error, errors, hide_parameters=True, dialect=connection.dialect
        ) from None


def analyse(connection: Connection, *tables: Table) -> None:
    """Let the planner know of rows that have just come in, before it plans as if there were none."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ANALYZE {', '.join(table.name for table in tables)}")


def vacuum(raw: Any) -> bool:
    """Make room of the rows that were changed; what stood there is written over in time."""
    raw.autocommit = True
    try:
        raw.execute("VACUUM people, suppressions, events")
    finally:
        raw.autocommit = False
    return True


def words(error: DBAPIError) -> str:
    """What the server, or the way to it, says is wrong: without values."""
    diagnosis = getattr(error.orig, "diag", None)
    said = getattr(diagnosis, "message_primary", None) or str(error.orig)
    return str(said).strip().partition("\n")[0]


def refusal(error: DBAPIError) -> str | None:
    """What to do about a connection that was refused for good; None where it may be let in in a while."""
    said = str(error.orig)
    return next((todo for sign, todo in _REFUSED.items() if re.search(sign, said)), None)


def is_lost(error: DBAPIError) -> bool:
    """Whether it may go better in a while: the connection broke, or somebody else was in the way."""
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state is None or str(state).startswith(_COMES_BACK)
