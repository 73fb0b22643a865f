"""A draft may silence a rule with a reason; what guards a promise stays."""

from __future__ import annotations

import pytest

from newsletter.checks import Severity, Verdict, rules, run, verdict
from newsletter.drafts import Known, parse
from newsletter.errors import SourceError
from newsletter.model import Report
from tests.checks.cases import evidence

KNOWN = Known(
    frozenset({"first_name"}),
    ("members",),
    ("report",),
    codes=frozenset(rule.code for rule in rules() if not rule.guards_promise),
    kept_codes=frozenset(rule.code for rule in rules() if rule.guards_promise),
)
DRAFT = """---
title: Report of the meeting, 17 November 2026
meeting: {{body: NEC, date: 2026-11-17}}
silence: {silence}
---
Say <b>, and the venue is TBC.
"""


def draft(silence: str) -> Report:
    return parse(DRAFT.format(silence=silence).encode(), name="drafts/x.md", known=KNOWN)


def refusal(silence: str) -> str:
    with pytest.raises(SourceError) as caught:
        draft(silence)
    return str(caught.value)


def test_a_silenced_problem_is_a_note_with_its_reason() -> None:
    """It is still shown, and no longer decides."""
    loud = run(evidence(report=draft("{}")))
    assert [(problem.code, problem.severity) for problem in loud] == [
        ("C02", Severity.WARNING),
        ("C05", Severity.WARNING),
    ]
    quiet = run(evidence(report=draft("{C05: we teach HTML, C02: it is settled on Friday}")))
    assert verdict(quiet) is Verdict.READY
    assert [problem.message for problem in quiet] == [
        "“TBC” is still open (silenced: it is settled on Friday)",
        "“<b>” will be shown to readers as it stands (silenced: we teach HTML)",
    ]


def test_one_silenced_rule_leaves_the_others_alone() -> None:
    """Each code is silenced by itself."""
    found = run(evidence(report=draft("{C05: we teach HTML}")))
    assert [(problem.code, problem.severity) for problem in found] == [
        ("C02", Severity.WARNING),
        ("C05", Severity.NOTE),
    ]


def test_an_unknown_code_is_a_mistake_with_the_nearest() -> None:
    """At its place in the draft."""
    assert refusal("{C5: why}").startswith("drafts/x.md:4:15: unknown check 'C5'")
    assert "Did you mean 'C05'?" in refusal("{c05: why}")
    assert "`newsletter check` shows the code of each problem." in refusal("{doubled: why}")


@pytest.mark.parametrize("silence", ["{C05: }", "{C05: '  '}", "{C05: [a]}", "{C05}"])
def test_a_missing_reason_is_a_mistake(silence: str) -> None:
    """It says how to write one."""
    told = refusal(silence)
    assert "a check is silenced without a reason" in told
    assert "silence: {C05:" in told


@pytest.mark.parametrize("code", sorted(KNOWN.kept_codes))
def test_a_rule_that_guards_a_promise_cannot_be_silenced(code: str) -> None:
    """The draft is refused, and says so."""
    assert f"'{code}' cannot be silenced: it guards a promise to the reader" in refusal(f"{{{code}: I know}}")


def test_the_promises_are_guarded() -> None:
    """The disclaimer and its like, and what nobody can be sent without."""
    assert {
        "P01",
        "P02",
        "P03",
        "P04",
        "P05",
        "P06",
        "P07",
        "P09",
        "S01",
        "S02",
        "S08",
        "S09",
        "S14",
    } == KNOWN.kept_codes


def test_a_report_made_by_hand_cannot_silence_a_promise_either() -> None:
    """The rule itself does not listen, whatever reached it."""
    found = run(evidence(report=draft("{}"), missing={"first_name": 2}))
    assert found[0].severity is Severity.ERROR


def test_both_forms_of_a_draft_take_the_key() -> None:
    """The YAML form has the same front matter."""
    text = DRAFT.format(silence="{C05: we teach HTML}")
    as_yaml = text.replace("---\n", "", 1).replace("---\n", "closing: |\n  ")
    report = parse(as_yaml.encode(), name="drafts/x.yaml", known=KNOWN)
    assert report.silenced == (("C05", "we teach HTML"),) == draft("{C05: we teach HTML}").silenced
