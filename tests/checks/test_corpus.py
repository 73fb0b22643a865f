"""The preflight on whole drafts: clean ones raise nothing above a note, and seeded faults are found."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsletter import pipeline
from newsletter.checks import Problem, Severity
from newsletter.mailing import headers_of, open_mailing
from newsletter.workspace import Workspace, initialise

CORPUS = Path(__file__).parent / "corpus"
CLEAN = (
    *("2026-11-17-nec.md", "2026-09-22-nec.yaml", "bulletin.yaml", "letter.md", "conference.md"),
    *("january.md", "weekend.yaml"),
)


def faults(name: str) -> dict[str, dict[str, Any]]:
    held: dict[str, dict[str, Any]] = yaml.safe_load((CORPUS / name).read_text(encoding="utf-8"))
    return held


SEEDED = faults("faults.yaml")
HELD_OUT = faults("held_out.yaml")


@dataclass(frozen=True, slots=True)
class Desk:
    """A workspace with the clean drafts, of which each fault gets a copy."""

    root: Path

    def copy(self, to: Path) -> Desk:
        shutil.copytree(self.root, to)
        return Desk(to)

    def seed(self, fault: Mapping[str, Any]) -> None:
        """Put the fault into the draft, or into another file."""
        path = self.root / (fault.get("file") or f"drafts/{fault['in']}")
        old, new = fault.get("replace", ("", ""))
        text = path.read_text(encoding="utf-8")
        assert not old or text.count(old) == 1, "the corpus and the clean drafts differ"
        path.write_text(text.replace(old, new) if old else text, encoding="utf-8")

    def problems(self, draft: str, today: date | None = None, *segments: str) -> tuple[Problem, ...]:
        """What the preflight finds; by default three days after the meeting, when reports are sent."""
        workspace = Workspace.open(self.root, {})
        mailing = open_mailing(workspace, draft, at=noon(date(2026, 1, 1)), segments=segments)
        at = noon(today or mailing.report.meeting.date + timedelta(days=3))
        dated = replace(mailing, headers=headers_of(workspace.settings, at))
        return pipeline.preflight(dated).problems


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def above_a_note(problems: tuple[Problem, ...]) -> list[Problem]:
    return [problem for problem in problems if problem.severity is not Severity.NOTE]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root = tmp_path_factory.mktemp("corpus") / "clean"
    initialise(root)
    for path in (CORPUS / "clean").iterdir():
        shutil.copy(path, root / "drafts")
    shutil.copy(root / "drafts" / "2026-11-17-nec.md", root / "drafts" / "november.md")
    for path in (root / "lists").glob("*.csv"):
        few = path.read_text(encoding="utf-8").splitlines(keepends=True)[:40]
        path.write_text("".join(few), encoding="utf-8")
    return Desk(root)


@pytest.mark.parametrize("draft", CLEAN)
def test_a_clean_draft_raises_nothing_above_a_note(desk: Desk, draft: str) -> None:
    """Four long reports, a bulletin of points, a letter without headings, and one with tables and a picture."""
    assert above_a_note(desk.problems(draft)) == []


def test_a_clean_draft_is_clean_in_every_theme(desk: Desk, tmp_path: Path) -> None:
    """The shipped themes use nothing that a rule warns of."""
    for theme in ("report", "letter"):
        copy = desk.copy(tmp_path / theme)
        copy.seed({"in": "conference.md", "replace": ("segments: [clp", f"theme: {theme}\nsegments: [clp")})
        assert above_a_note(copy.problems("conference.md")) == []


def test_there_are_fifty_seeded_faults() -> None:
    """As many as the promise speaks of, and others that were written later."""
    assert len(SEEDED) == 50
    assert len(HELD_OUT) == 64


@pytest.mark.parametrize("name", [*SEEDED, *HELD_OUT])
def test_a_seeded_fault_is_found(desk: Desk, tmp_path: Path, name: str) -> None:
    """By the rule that a person would expect, above a note, and by no more than one other besides."""
    fault = (SEEDED | HELD_OUT)[name]
    copy = desk.copy(tmp_path / "w")
    copy.seed(fault)
    found = above_a_note(copy.problems(fault["in"], fault.get("today"), "members"))
    codes = {problem.code for problem in found}
    assert fault["finds"] in codes
    assert len(codes) <= 2


def test_a_fault_in_the_text_is_told_at_its_line(desk: Desk, tmp_path: Path) -> None:
    """`drafts/x.md:LINE:COLUMN`, where the word stands."""
    copy = desk.copy(tmp_path / "w")
    copy.seed(SEEDED["a word twice"])
    (problem,) = above_a_note(copy.problems("november.md"))
    file, line, column = problem.where.split(":")
    text = (copy.root / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert text[int(column) - 1 :].startswith("the the draft campaign grid")


def test_a_fault_in_a_yaml_draft_is_told_at_its_line(desk: Desk, tmp_path: Path) -> None:
    """The line of the file, though the text stands indented there."""
    copy = desk.copy(tmp_path / "w")
    copy.seed(SEEDED["a day that no month has"])
    (problem,) = above_a_note(copy.problems("bulletin.yaml"))
    file, line = problem.where.split(":")
    assert "31 June" in (copy.root / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
