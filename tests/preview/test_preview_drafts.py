"""Which drafts the page may show: the workspace's, and the one that it was begun with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter import preview
from newsletter.delivery.clock import SystemClock
from newsletter.errors import UsageError
from newsletter.preview import told
from tests.cli.small import DRAFT, Small


def a_desk(small: Small, draft: Path) -> preview.Desk:
    desk = preview.Desk(
        root=small.root,
        environment=small.env,
        choice=preview.Choice(draft),
        now=lambda _workspace: datetime(2026, 11, 24, 9, tzinfo=UTC),
        clock=SystemClock(),
    )
    desk.open()
    assert desk.trouble is None
    return desk


@pytest.mark.parametrize("wanted", ["../newsletter.yaml", "report", "drafts/report.md", "/etc/hostname", ""])
def test_no_other_file_can_be_chosen(small: Small, wanted: str) -> None:
    """Not by a path, not by half a name, in the workspace or out of it."""
    desk = a_desk(small, small.root / f"drafts/{DRAFT}.md")
    with pytest.raises(UsageError, match="no such draft"):
        desk.choose(draft=wanted)
    assert desk.choice.draft == small.root / f"drafts/{DRAFT}.md"


def test_a_draft_from_elsewhere_can_be_left_and_come_back_to(small: Small) -> None:
    """It was asked for on the command line; the page lists it under its path, and as the one that is shown."""
    there = small.root / "elsewhere" / "report.md"
    there.parent.mkdir()
    there.write_bytes((small.root / f"drafts/{DRAFT}.md").read_bytes())
    desk = a_desk(small, there)
    state = told.state(desk)
    assert state["drafts"] == ["report.md", "elsewhere/report.md"]
    assert state["name"] == "elsewhere/report.md"
    desk.choose(draft="report.md")
    assert desk.choice.draft == small.root / f"drafts/{DRAFT}.md"
    desk.choose(draft="elsewhere/report.md")
    assert desk.choice.draft == there
