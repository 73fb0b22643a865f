"""Each rule fires on the fault it names, and keeps quiet on a sound mailing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from newsletter.checks import Evidence, Problem, Severity, Verdict, rules, run, verdict
from newsletter.model import UNSUBSCRIBE, Context, Edition, Meeting, Pieces, Report, Slot
from newsletter.settings import Settings, parse_settings

SETTINGS = """sender: {name: Maya Hollins, from: maya@reports.example.org}
list_id: nec.reports.example.org
unsubscribe_to: leave@reports.example.org
imprint: Promoted by Maya Hollins, 14 Mill Lane, Thornby
postal_address: 14 Mill Lane, Thornby
privacy_url: https://reports.example.org/privacy
"""
FOOTER = "Promoted by Maya Hollins, 14 Mill Lane, Thornby"
DISCLAIMER = "This is my personal account. It is not the official record."
LEAVE_HTML = Slot(UNSUBSCRIBE, None, Context.ATTRIBUTE)
LEAVE_TEXT = Slot(UNSUBSCRIBE, None, Context.TEXT)


def html(body: str = "<p>What was decided</p>", title: str = "<h1>Report</h1>") -> Pieces:
    return Pieces((f"{title}{body}<p>{DISCLAIMER}</p><p>{FOOTER}</p><a href='", "'>Leave</a>"), (LEAVE_HTML,))


def text(body: str = "What was decided") -> Pieces:
    return Pieces((f"Report\n\n{body}\n\n{DISCLAIMER}\n\n{FOOTER}\n\nLeave: ", "\n"), (LEAVE_TEXT,))


SOUND = Edition(
    issue="nec",
    segment="members",
    lang="en-GB",
    subject=Pieces(("Report",)),
    html=html(),
    text=text(),
    fields=("first_name", "last_name"),
    disclaimer_html=f"<p>{DISCLAIMER}</p>",
    disclaimer_text=DISCLAIMER,
)
REPORT = Report(
    issue="nec",
    has_id=True,
    title="Report",
    meeting=Meeting("NEC", date(2026, 11, 17)),
    subject="Report",
    source="drafts/nec.md",
)


def settings(without: str = "") -> Settings:
    lines = [line for line in SETTINGS.splitlines() if not without or not line.startswith(without)]
    return parse_settings("\n".join(lines), name="newsletter.yaml")


def evidence(edition: Edition = SOUND, **changes: object) -> Evidence:
    sound = Evidence(report=REPORT, editions={"members": edition}, settings=settings())
    return replace(sound, **changes)  # type: ignore[arg-type]  # the tests name the fields


FAULTY = {
    "P01": evidence(
        replace(
            SOUND, text=Pieces((SOUND.text.statics[0].replace("It is not", "It is, not"), ""), (LEAVE_TEXT,))
        )
    ),
    "P02": evidence(settings=settings("imprint")),
    "P03": evidence(settings=settings("postal_address")),
    "P04": evidence(replace(SOUND, html=Pieces(("".join(SOUND.html.statics),)))),
    "P05": evidence(replace(SOUND, html=html(title="<h1>Maya</h1><h1>Report</h1>"))),
    "P06": evidence(replace(SOUND, html=html("<p>What was decided about housing</p>"))),
    "P07": evidence(replace(SOUND, html=html("<p>decided</p>" * 8000))),
    "P08": evidence(replace(SOUND, html=html("<p>decided</p>" * 6000))),
    "S01": evidence(missing={"first_name": 41}),
    "S02": evidence(transport="smtp", report=replace(REPORT, has_id=False)),
    "S03": evidence(nobody=("members",)),
    "S04": evidence(replace(SOUND, text=text("What was decided {{ first_name | upper }}"))),
    "S05": evidence(settings=settings("privacy_url")),
}


def test_a_sound_mailing_raises_nothing() -> None:
    """No rule fires on a mailing with nothing wrong, rehearsed or real."""
    assert run(evidence()) == ()
    assert run(evidence(transport="smtp")) == ()


@pytest.mark.parametrize("code", sorted(FAULTY))
def test_a_fault_fires_its_own_rule_alone(code: str) -> None:
    """One seeded fault, one code."""
    assert [problem.code for problem in run(FAULTY[code])] == [code]


def test_every_rule_has_a_fault_that_fires_it() -> None:
    """A rule without a seeded fault would be a rule nobody has seen work."""
    assert [rule.code for rule in rules()] == sorted(FAULTY)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_every_rule_says_what_why_an_example_and_what_instead(rule: object) -> None:
    """The reference page is made of these four parts."""
    explanation = rule.explanation  # type: ignore[attr-defined]  # a Rule, which pytest cannot say
    parts = ["What it does:", "Why it matters:", "Example:", "Instead:"]
    places = [explanation.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_people_who_lack_a_field_are_counted_in_words() -> None:
    """The message names the field, the number and the way out."""
    (found,) = run(evidence(missing={"first_name": 1}))
    assert found.message == "1 person lacks 'first_name', and {{ first_name }} has no default"
    assert found.where == "drafts/nec.md"


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        ([], Verdict.READY),
        ([Severity.NOTE], Verdict.READY),
        ([Severity.NOTE, Severity.WARNING], Verdict.WARN),
        ([Severity.WARNING, Severity.UNKNOWN], Verdict.COULD_NOT_CHECK),
        ([Severity.UNKNOWN, Severity.ERROR], Verdict.NOT_READY),
    ],
)
def test_the_worst_severity_decides_the_verdict(severities: list[Severity], expected: Verdict) -> None:
    """A note never changes it, and only an error makes it NOT READY."""
    assert verdict(Problem("X", severity, "") for severity in severities) is expected
