"""What tests of the ledger start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.delivery.parts import use_postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder whose ledger is in SQLite, then one whose ledger is in PostgreSQL: the contract is one."""
    if request.param == "postgresql":
        use_postgres(tmp_path)
    return tmp_path
