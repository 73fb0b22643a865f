"""An SQLite ledger brought into a shared one: whoever left stays out, whoever had an issue has had it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from newsletter.delivery.claims import Entry
from newsletter.delivery.database import LedgerError
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import Outcome, Settled, State
from newsletter.delivery.run import Counts
from newsletter.delivery.schema import METADATA, acts, facts, owners
from tests.cli.small import DRAFT, SIAN, make
from tests.delivery.parts import ISSUE, address_of, frozen, new_run, opened
from tests.delivery.postgres import new_database


def test_all_of_it_is_brought_over(tmp_path: Path, ledger: Ledger) -> None:
    """Row by row; and what is written afterwards is beside it, not over it."""
    (tmp_path / "old").mkdir()
    with opened(tmp_path / "old") as old:
        run = old.freeze(new_run(receipt="r1"), frozen(range(20)))
        claim = old.claims.claim(run, 5, owner="somebody")
        old.claims.record(
            "somebody",
            [Entry(Outcome(each.person.id, State.ACCEPTED), Settled(State.ACCEPTED)) for each in claim.people],
        )
        old.suppressions.add([address_of(9), "gone@example.org"], reason="left", source="test")
        old.approve(ISSUE, "r1", "Alex")
        assert ledger.bring(old) == 20
        for table in METADATA.sorted_tables:
            if table not in {facts, owners, acts}:
                with old._database.read() as here, ledger._database.read() as there:
                    assert here.execute(select(table)).all() == there.execute(select(table)).all(), table.name
    assert ledger.accounts.counts(run) == Counts(accepted=5, pending=15)
    assert ledger.claims.claim(run, 99, owner="somebody").suppressed == 1
    assert ledger.freeze(new_run(issue="next"), frozen(range(3))).first_id == 21
    ledger.suppressions.add([address_of(1)], reason="left", source="test")
    with pytest.raises(LedgerError, match="holds something already"), opened(tmp_path / "old") as old:
        ledger.bring(old)


def test_nothing_is_brought_while_somebody_is_at_work(tmp_path: Path, ledger: Ledger) -> None:
    """Or it would go on in the old one."""
    (tmp_path / "old").mkdir()
    with opened(tmp_path / "old") as old:
        run = old.freeze(new_run(), frozen(range(20)))
        process = old.processes.start()
        old.claims.begin(run, process.name)
        old.claims.claim(run, 5, owner=process.name)
        with pytest.raises(LedgerError, match="at work"):
            ledger.bring(old)
        assert not ledger.holds_anything()
        process.close()


def test_a_shared_ledger_that_is_new_does_not_hide_the_old_one(tmp_path: Path) -> None:
    """Whoever sets NEWSLETTER_DATABASE is told before anybody who left is written to."""
    small = make(tmp_path)
    small.good("suppress", "add", SIAN, "--reason", "asked to leave")
    shared = {"NEWSLETTER_DATABASE": new_database()}
    refused = small.run("plan", DRAFT, env=shared)
    assert refused.code == 1
    assert "whoever left would be written to" in refused.err
    brought = small.run("worker", "--bring", ".newsletter/ledger.db", env=shared)
    assert (brought.code, "1 who left" in brought.err) == (0, True)
    planned = small.run("plan", DRAFT, "--json", env=shared).json
    assert planned["segments"][0]["excluded"]["suppressed"] == 1
    again = small.run("worker", "--bring", ".newsletter/ledger.db", env=shared)
    assert again.code == 1
