"""The ledger's file, as SQLite keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.delivery.database import Database, LedgerError


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
