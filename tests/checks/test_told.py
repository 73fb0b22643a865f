"""What the draft says stands in both parts, all of it and in order, whatever the theme shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from newsletter.checks import Problem, run
from newsletter.checks.told import lacking
from newsletter.model import Meeting, Report
from tests.checks.cases import SOUND, evidence, html, report, text
from tests.checks.test_corpus import CLEAN, Desk, desk

__all__ = ["desk"]

BODY = """Dear {{ first_name | default("friend") }},

It's *not* over -- see [the "grid"](https://example.org/a), they said...

| Name | Votes |
|---|---|
| Aye | 12 |
| No | 7 |

![The hall](https://example.org/hall.jpg) Then `we left`.

::: only clp
For one segment.
:::
"""
TOLD = (
    "Dear friend,\nIt’s not over – see the “grid” [1], they\nsaid…\n"
    "Name: Aye\nVotes: 12\n\nName: No\nVotes: 7\n[Picture: The hall] [2] Then we left."
)


def drafted(body: str = BODY, *points: str) -> Report:
    meeting = Meeting("NEC", date(2026, 11, 17))
    return Report(
        issue="nec", has_id=True, title="Report", meeting=meeting, subject="Report", summary=points, body=body
    )


def without(desk: Desk, to: Path, old: str) -> list[Problem]:
    """What P06 finds in a report whose theme lacks this."""
    copy = desk.copy(to)
    theme = copy.root / "templates" / "report" / "theme.mjml"
    source = theme.read_text(encoding="utf-8")
    assert old in source
    theme.write_text(source.replace(old, ""), encoding="utf-8")
    return [problem for problem in copy.problems(CLEAN[0], None, "members") if problem.code == "P06"]


def test_both_ways_of_writing_are_the_same_words() -> None:
    """Marks, quotes, numbers of links, merge fields, a table that became a list."""
    assert lacking(drafted(), "members", TOLD) == ()


def test_what_is_for_one_segment_is_looked_for_there_alone() -> None:
    """The others never had it."""
    assert lacking(drafted(), "clp", TOLD) == ("For one segment.",)
    assert lacking(drafted(), "clp", f"{TOLD} For one segment.") == ()


@pytest.mark.parametrize(("old", "new"), [("12", "2"), ("not over", "over"), ("Then we left", "Then we")])
def test_one_word_or_figure_is_missed(old: str, new: str) -> None:
    """There is no tolerance."""
    assert len(lacking(drafted(), None, TOLD.replace(old, new))) == 1


def test_the_summary_may_stand_above_or_below_and_is_missed() -> None:
    """Its words in the report below do not stand for it."""
    said = drafted("We met. Rents fall.", "Rents fall.")
    assert lacking(said, None, "Rents fall. We met. Rents fall.") == ()
    assert lacking(said, None, "We met. Rents fall. Rents fall.") == ()
    assert len(lacking(said, None, "We met. Rents fall.")) == 1


def test_passages_in_another_order_are_missed() -> None:
    """A report turned round is another report."""
    assert lacking(drafted("One.\n\nTwo."), None, "Two. One.") != ()


def test_each_part_is_named_with_what_it_lacks() -> None:
    """The first passage, and how many more."""
    bare = replace(SOUND, html=html("<p>It began.</p>"), text=text("It began."))
    mailing = evidence(report=report("It began.\n\nIt ended.\n\nWe left."))
    found = run(replace(mailing, editions={"members": bare}))
    assert [problem.message for problem in found] == [
        f"the {part} part of the edition for members lacks “It ended.”, and 1 more" for part in ("HTML", "text")
    ]


@pytest.mark.parametrize("part", ['{% include "parts/sections.mjml" %}', "<li>{{ point }}</li>"])
def test_a_theme_that_leaves_something_out_is_refused(desk: Desk, tmp_path: Path, part: str) -> None:
    """The whole report, or the summary."""
    (found,) = without(desk, tmp_path / "w", part)
    assert found.message.startswith("the HTML part of the edition for members lacks")
