"""The audit log: written before, completed once, and never changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from newsletter.errors import NotReady
from tests.delivery.parts import HandClock, opened


def test_an_act_is_written_before_it_is_done_and_completed_once(either: Path) -> None:
    """One that was killed has no end; a second end changes nothing."""
    clock = HandClock(5.0)
    with opened(either, clock) as ledger:
        first = ledger.audit.begin("stop", {"issue": "nov"})
        ledger.audit.begin("send", {"draft": "nov"}, ["abc", "def"])
        clock.time = 9.0
        ledger.audit.end(first, 0)
        ledger.audit.end(first, 5)
        shown = [(act.command, dict(act.given), act.at, act.ended_at, act.exit_code) for act in ledger.audit]
    assert shown == [
        ("stop", {"issue": "nov"}, 5.0, 9.0, 0),
        ("send", {"draft": "nov"}, 5.0, None, None),
    ]


def test_what_was_done_to_one_person_is_found_by_their_code(either: Path) -> None:
    """By the whole code alone."""
    with opened(either) as ledger:
        ledger.audit.begin("suppress", {}, ["abc", "abd"])
        ledger.audit.begin("send", {})
        assert [act.command for act in ledger.audit.of("abd")] == ["suppress"]
        assert ledger.audit.of("ab") == ()


def test_an_act_ends_with_the_code_of_what_stopped_it(either: Path) -> None:
    """As the command itself does."""
    with opened(either) as ledger:
        with pytest.raises(NotReady), ledger.audit.act("approve", {}):
            raise NotReady("it has changed")
        with ledger.audit.act("approve", {}):
            pass
        assert [act.exit_code for act in ledger.audit] == [1, 0]


@pytest.mark.parametrize("change", ["DELETE FROM acts", "UPDATE acts SET given = '{}'"])
def test_the_database_itself_refuses_a_change(either: Path, change: str) -> None:
    """By whatever program."""
    with opened(either) as ledger:
        ledger.audit.end(ledger.audit.begin("stop", {"issue": "nov"}), 0)
        with pytest.raises(DBAPIError, match="append-only"), ledger._database._engine.begin() as connection:
            connection.exec_driver_sql(change)
        assert [dict(act.given) for act in ledger.audit] == [{"issue": "nov"}]
