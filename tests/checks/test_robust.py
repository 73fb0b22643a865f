"""Whatever a draft says, the preflight has an answer, and soon."""

from __future__ import annotations

import runpy
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.checks import Problem, run
from newsletter.checks.clients import FEATURES, support
from newsletter.checks.leftovers import TEMPLATE
from tests.checks.cases import evidence, report
from tests.cli.small import Small

SIGNS = "aA x X.,:;!?()[]{}*_#<>&@/-–—’'\"£%0123456789\n|`~\\…éß🌹"
PIECES = st.sampled_from(
    [
        *(
            "Monday",
            "31 November",
            "XX",
            "[insert",
            "(check ",
            "{{ clp }}",
            "official record of the",
            "NEC",
            "@",
        ),
        *(
            "07700 ",
            "attached",
            "](https://",
            "**",
            "<b>",
            "the the",
            "::: only members\n",
            "## ",
            "lives at 3 ",
        ),
        "| a | b |\n|---|---|\n",
    ]
)


def found(body: str) -> tuple[Problem, ...]:
    changed = replace(report(), body=body, lines=tuple(range(1, body.count("\n") + 2)))
    return run(evidence(report=changed))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.text(SIGNS, max_size=12), PIECES), max_size=30).map("".join))
def test_no_text_upsets_a_rule(body: str) -> None:
    """Every problem has a code, a message and a place that is the draft's, or none."""
    for problem in found(body):
        assert problem.message
        assert (
            problem.where.startswith(("drafts/nec.md", "the mail for members", "newsletter.yaml"))
            or not problem.where
        )


@pytest.mark.parametrize(
    "unit",
    [
        "a ",
        "A ",
        "AB ",
        "1 ",
        "x",
        "X,",
        "[",
        "(",
        "(check ",
        "*",
        "a*",
        "@",
        "a@",
        "a.",
        "0 ",
        "lives at 1 a ",
        "official ",
        "??",
        "<b",
        "I ",
    ],
)
def test_no_repetition_takes_a_rule_long(unit: str) -> None:
    """Twenty thousand times over, in one paragraph."""
    started = time.process_time()
    found(unit * 20_000)
    assert time.process_time() - started < 10


def test_the_table_holds_every_feature_that_is_looked_for() -> None:
    """For as many clients as it names, and with the day of the test."""
    assert set(support().features) == {feature.slug for feature in FEATURES}
    for slug, (tested, letters) in support().features.items():
        assert len(letters) == len(support().clients), slug
        assert set(letters) <= set("yanu"), slug
        assert int(tested[:4]) in range(2019, 2100), slug


def test_every_feature_that_is_looked_for_is_lacking_somewhere() -> None:
    """One that every program has would never be told."""
    assert [feature.slug for feature in FEATURES if not support().lacking(feature.slug)] == []


def test_the_table_is_made_of_the_latest_versions() -> None:
    """Of each client the last that was tested; one that was never tested is unknown."""
    make: Any = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "make_client_support.py"))["table"]
    stats = {
        "outlook": {"windows": {"2007": "y", "2019": "n #1"}},
        "gmail": {"ios": {"2020-01": "n", "2024-01": "a #2"}},
    }
    data = {
        "last_update_date": "2026-05-13 14:45:41 +0000",
        "data": [
            {"slug": feature.slug, "last_test_date": "2024-02-03", "stats": stats} for feature in FEATURES
        ],
    }
    made = make(data)
    assert made["dated"] == "2026-05-13"
    assert made["features"]["css-float"] == ["2024-02-03", "uaun" + "u" * 10]


def test_the_words_of_an_empty_draft_are_those_that_new_writes(small: Small) -> None:
    """Each of them, and nothing else of it, is told."""
    path = small.good("new", "Winter").text.strip()
    told = [
        each["message"] for each in small.run("check", path, "--json").json["problems"] if each["code"] == "C03"
    ]
    assert len(told) == len(TEMPLATE)
