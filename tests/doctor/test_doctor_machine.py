"""The outbox, the disk and the ledger of this machine."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from newsletter import dispatch
from newsletter.doctor import Asking, Health, machine
from newsletter.mailing import open_mailing
from tests.cli.small import DRAFT, ISSUE, Small
from tests.doctor.name_server import NameServer
from tests.doctor.stage import Stage, by_about, healths, one

OK, WARNING, FAULT = Health.OK, Health.WARNING, Health.FAULT


def ledger_file(stage: Stage) -> Path:
    return stage.root / ".newsletter" / "ledger.db"


def make_ledger(stage: Stage) -> None:
    with dispatch.open_ledger(stage.workspace()):
        pass


def set_revision(stage: Stage, revision: str) -> None:
    with sqlite3.connect(ledger_file(stage)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.close()


def test_an_outbox_that_can_be_written_is_ok(stage: Stage) -> None:
    """Also one that is not there yet; nothing is left by looking."""
    assert one(machine.outbox, stage.case()).health is OK
    assert not (stage.root / "outbox").exists()
    (stage.root / "outbox").mkdir()
    assert one(machine.outbox, stage.case()).health is OK
    assert list((stage.root / "outbox").iterdir()) == []


def test_an_outbox_that_is_a_file_is_a_fault(stage: Stage) -> None:
    """No rehearsal could be written into it."""
    (stage.root / "outbox").write_text("", encoding="utf-8")
    assert one(machine.outbox, stage.case()).health is FAULT


@pytest.mark.parametrize(("times", "health"), [(0.1, OK), (2, WARNING), (100, FAULT)])
def test_the_disk_needs_room(stage: Stage, times: float, health: Health) -> None:
    """`times` is how many times as much as this disk has free would be called little."""
    little_bytes = int(times * shutil.disk_usage(stage.root).free)
    assert one(partial(machine.disk, little_bytes=little_bytes), stage.case()).health is health


def test_no_ledger_yet_is_ok_and_none_is_made(stage: Stage) -> None:
    """The first send makes it, not a look."""
    assert one(machine.ledger, stage.case()).health is OK
    assert not ledger_file(stage).exists()


def test_a_ledger_of_today_is_ok(stage: Stage) -> None:
    """Its form, its durability, and nobody left in hand."""
    make_ledger(stage)
    assert healths(machine.ledger(stage.case())) == {"ledger": OK, "claims": OK}


@pytest.mark.parametrize(("revision", "health"), [("0000", WARNING), ("9999", FAULT), ("other", FAULT)])
def test_a_ledger_of_another_form_is_told_and_left_alone(stage: Stage, revision: str, health: Health) -> None:
    """An older one is brought up to date by the next send, a newer one needs the newer program."""
    make_ledger(stage)
    set_revision(stage, revision)
    before = ledger_file(stage).read_bytes()
    assert one(machine.ledger, stage.case()).health is health
    assert ledger_file(stage).read_bytes() == before


def test_an_empty_ledger_is_a_warning(stage: Stage) -> None:
    """As a crash in the first moment leaves it."""
    ledger_file(stage).touch()
    assert one(machine.ledger, stage.case()).health is WARNING


def test_a_file_that_is_no_ledger_is_a_fault(stage: Stage) -> None:
    """Not a database at all, or somebody else's."""
    ledger_file(stage).write_bytes(b"not a database " * 100)
    assert one(machine.ledger, stage.case()).health is FAULT
    ledger_file(stage).unlink()
    with sqlite3.connect(ledger_file(stage)) as connection:
        connection.execute("CREATE TABLE photographs (id INTEGER)")
    connection.close()
    assert one(machine.ledger, stage.case()).health is FAULT


def test_a_ledger_in_memory_is_a_fault(stage: Stage) -> None:
    """It would forget everybody with each command."""
    stage.environment["NEWSLETTER_DATABASE"] = "sqlite://"
    assert one(machine.ledger, stage.case()).health is FAULT


@pytest.mark.parametrize(("transport", "health"), [("smtp", WARNING), ("outbox", OK)])
def test_people_in_the_hands_of_a_dead_process_are_told(
    small: Small, names: NameServer, transport: str, health: Health
) -> None:
    """With their number and the command that settles it; a rehearsal is simply done again."""
    stage = Stage(root=small.root, names=names, asking=Asking(name_server=names.address))
    mailing = open_mailing(stage.workspace(), DRAFT, at=datetime(2026, 11, 18, tzinfo=UTC), transport=transport)
    with dispatch.open_ledger(stage.workspace()) as ledger:
        run = dispatch.freeze(ledger, mailing, dispatch.planned(ledger, mailing))
        process = ledger.processes.start()
        ledger.claims.begin(run, process.name)
        ledger.claims.claim(run, 3, owner=process.name)
        assert by_about(machine.ledger(stage.case()))["claims"].health is OK
        process.close()
    found = by_about(machine.ledger(stage.case()))["claims"]
    assert found.health is health
    if health is WARNING:
        assert "3 people" in found.found
        assert f"newsletter resume {ISSUE}" in found.advice
