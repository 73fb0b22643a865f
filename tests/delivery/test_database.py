"""The ledger's file, as SQLite keeps it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from newsletter.delivery.database import Database, LedgerError
from tests.delivery.parts import frozen, new_run, opened


def test_the_file_is_private(tmp_path: Path) -> None:
    """It is made with its folder, and holds people."""
    path = tmp_path / "fresh" / "ledger.db"
    Database.open(str(path)).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    """With what to look at, and the file as it was."""
    path = tmp_path / "ledger.db"
    path.write_bytes(b"Dear friend,\n" * 100)
    with pytest.raises(LedgerError, match="cannot be opened"):
        Database.open(str(path))
    assert path.read_bytes() == b"Dear friend,\n" * 100


def test_a_ledger_opened_twice_loses_nothing_to_another_process(tmp_path: Path) -> None:
    """What a process writes is there for others, also after it opened the ledger again and they left it."""
    read_all = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchall())"
    look = [sys.executable, "-c", read_all, str(tmp_path / "ledger.db"), "SELECT key FROM suppressions"]
    with opened(tmp_path) as first, opened(tmp_path) as second:
        for ledger, name in ((first, "a"), (second, "b"), (first, "c")):
            subprocess.run(look, check=True, capture_output=True)
            ledger.suppressions.add([name], reason="asked", source="test")
        found = subprocess.run(look, check=True, capture_output=True, text=True).stdout
    assert found == "[('a',), ('b',), ('c',)]\n"


def test_whoever_opens_a_new_ledger_waits_for_another_that_makes_it(tmp_path: Path) -> None:
    """SQLite itself does not wait where the file is to get its log: it says at once that it is locked."""
    path = tmp_path / "ledger.db"
    with ThreadPoolExecutor(1) as pool:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        opening = pool.submit(lambda: Database.open(str(path)).close())
        with pytest.raises(TimeoutError):
            opening.result(timeout=0.3)
        other.execute("ROLLBACK")
        other.close()
        opening.result(timeout=60)


def test_a_claim_reads_no_row_beyond_those_it_takes(tmp_path: Path) -> None:
    """What it costs does not grow with how many are left; else a long run would mostly read itself."""

    def steps(people: int, where: Path) -> int:
        """Of SQLite's machine, for a claim of ten."""
        counted = 0

        def count() -> None:
            nonlocal counted
            counted += 1

        def watch(_connection: Any, cursor: Any, *_: object) -> None:
            cursor.connection.set_progress_handler(count, 1)

        where.mkdir()
        with opened(where) as ledger:
            run = ledger.freeze(new_run(), frozen(range(people)))
            event.listen(Engine, "before_cursor_execute", watch)
            try:
                assert len(ledger.claims.claim(run, 10, owner="me").people) == 10
            finally:
                event.remove(Engine, "before_cursor_execute", watch)
        return counted

    assert steps(2_000, tmp_path / "long") == steps(20, tmp_path / "short")
