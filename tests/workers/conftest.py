"""A shared ledger in a database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.delivery.ledger import Ledger
from tests.delivery.parts import opened, use_postgres


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose ledger is in PostgreSQL."""
    use_postgres(tmp_path)
    return tmp_path


@pytest.fixture
def ledger(folder: Path) -> Iterator[Ledger]:
    with opened(folder) as ledger:
        yield ledger
