"""Sudden death of the sending process, by every transport: nobody is lost and nobody is mailed twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.delivery.kill_sweep import sweep
from tests.delivery.sender import STEPS

FEW = ("after a claim", "after a report", "before recording")
"""The outbox never hands over in the port's sense: writing again replaces the same file."""


@pytest.mark.parametrize(("name", "steps"), [("outbox", FEW), ("smtp", STEPS), ("sendgrid", STEPS[2:6])])
def test_after_any_death_the_account_is_true_and_the_run_can_be_finished(
    name: str, steps: tuple[str, ...], tmp_path: Path
) -> None:
    """Accepted ⊆ received ⊆ accepted ∪ unknown after each; unknown within what was open; the sum closes."""
    with sweep(name, 300, tmp_path) as deaths:
        for number, step in enumerate(steps):
            deaths.die_at(step, 1 + number % 3)
        deaths.kill_after(0.002)
        deaths.finish()
    assert deaths.kills >= len(steps)
