"""Intent is on the disk before a byte leaves."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from newsletter.delivery.outcome import Outcome
from newsletter.delivery.transports import Parcel
from tests.delivery.parts import frozen, new_run, opened, send
from tests.delivery.scripted import Scripted, accept


def test_a_claim_is_in_the_file_before_its_message_is_begun(tmp_path: Path) -> None:
    """As another connection sees it, and written so that a power cut does not take it back."""
    seen: list[str] = []

    def look(parcel: Parcel) -> Outcome:
        with closing(sqlite3.connect(tmp_path / "ledger.db")) as file:
            (state,) = file.execute("SELECT state FROM people WHERE id = ?", [parcel.person.id]).fetchone()
        seen.append(state)
        return accept(parcel)

    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(20)))
        send(ledger, run, Scripted(look, lines=3))
        with ledger._database.read() as connection:
            synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    assert seen == ["claimed"] * 20
    assert synchronous == 2, "FULL: a commit is on the disk when it returns"
