"""Whoever shows what is in a ledger notices when it changes, without reading it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.delivery.ledger import Ledger
from newsletter.delivery.noticing import mark
from tests.delivery.parts import ISSUE, frozen, new_run, opened, url_of

CHANGES: dict[str, Callable[[Ledger], object]] = {
    "somebody left": lambda ledger: ledger.suppressions.add(["a@example.org"], reason="r", source="s"),
    "somebody came back": lambda ledger: ledger.suppressions.lift("b@example.org", why="asked"),
    "a yes": lambda ledger: ledger.approve(ISSUE, "receipt", "Maya Hollins"),
    "a run": lambda ledger: ledger.freeze(new_run(), frozen([1])),
    "a command begins": lambda ledger: ledger.audit.begin("send", {}),
    "a command ends": lambda ledger: ledger.audit.end(1, 0),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_makes_a_new_mark(either: Path, what: str) -> None:
    """Whichever database the ledger is in."""
    with opened(either) as ledger:
        ledger.suppressions.add(["b@example.org"], reason="r", source="s")
        ledger.audit.begin("plan", {})
        before = mark(url_of(either))
        CHANGES[what](ledger)
        assert mark(url_of(either)) != before


def test_looking_changes_no_mark(either: Path) -> None:
    """What is only read is not shown again."""
    with opened(either) as ledger:
        ledger.audit.begin("plan", {})
    before = mark(url_of(either))
    with opened(either) as ledger:
        assert ledger.issues() == ()
        assert ledger.suppressions.keys() == frozenset()
    assert mark(url_of(either)) == before
