"""Many rows as one value, in both databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Float, String, select

from newsletter.delivery.database import Database
from newsletter.delivery.many import as_table, fetched, gathered, given
from tests.delivery.parts import url_of, use_postgres

_ROWS = [
    [1, 'O\'Brien, "Siân" 🌹\n{}[]$', 0.1],
    [2**40, "", None],
    [3, None, 1_774_000_000.123456],
]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("rows", [_ROWS, []], ids=["some", "none"])
def test_rows_come_out_as_they_went_in(tmp_path: Path, database: str, rows: list[list[Any]]) -> None:
    """Whatever the text, with times to the microsecond, and none at all."""
    if database == "postgresql":
        use_postgres(tmp_path)
    table = as_table(id=BigInteger(), said=String(), at=Float(53))
    opened = Database.open(url_of(tmp_path))
    with opened.write() as connection:
        asked = select(table).order_by(table.c.id)
        plain = connection.execute(asked, given(rows)).all()
        wanted = select(table.c.id, table.c.said).order_by(table.c.id).params(given(rows))
        together = fetched(connection, gathered(wanted))
    opened.close()
    assert [list(row) for row in plain] == sorted(rows, key=lambda row: row[0])
    assert together == [list(row)[:2] for row in plain]
