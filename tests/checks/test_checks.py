"""Each rule about the mail and its sending fires on the fault it names, and keeps quiet on a sound mailing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from newsletter.checks import (
    Answer,
    DomainReport,
    Evidence,
    Freshness,
    PageStanding,
    Problem,
    Rule,
    Severity,
    SpamScore,
    Verdict,
    rules,
    run,
    verdict,
)
from newsletter.model import Attachment, Pieces
from tests.checks import test_wording_rules
from tests.checks.cases import (
    LEAVE_TEXT,
    MESSAGE,
    SOUND,
    evidence,
    html,
    message,
    page,
    report,
    sent_from,
    settings,
    text,
)

DARK = """@media (prefers-color-scheme: dark) {
    body { background: #111111 !important; color: #eeeeee !important; }
    a { color: #99bbff !important; }
}"""
WIDE = "".join(f"<td>Constituency{number}</td>" for number in range(5))
ROWS = (
    "<ul style='font-size:12px;line-height:1.2'><li><a href='#a' style='color:#1a3f8f'>One</a></li>{}</ul>"
    "<a id='a'></a>"
)


def domain(**standings: str) -> DomainReport:
    """A domain with everything in order but these."""
    sound = dict.fromkeys(("spf", "dkim", "dmarc", "alignment"), "ok")
    checked = datetime(2026, 11, 20, 9, tzinfo=UTC)
    return DomainReport.model_validate(
        {"checked_at": checked, "domain": "reports.example.org"} | sound | standings
    )


def by_smtp(found: DomainReport | None, **changes: Any) -> Evidence:
    return evidence(transport="smtp", domain=found, **changes)


def linking(address: str, answer: Answer) -> Evidence:
    return evidence(report=report(f"See [the accounts]({address})."), answers={address: answer})


FILE = Attachment("nec.pdf", "application/pdf", "JVBERg==")
ALTERNATIVE = b'Content-Type: multipart/alternative;\r\n boundary="part"'
MIXED = b'Content-Type: multipart/mixed;\r\n boundary="around"'
WITH_FILE = (
    MESSAGE.replace(ALTERNATIVE, MIXED + b"\r\n\r\n--around\r\n" + ALTERNATIVE)
    + b"\r\n--around\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n"
    + b"--around--\r\n"
)


def picture_of(size_bytes: int) -> Evidence:
    """A mail with a picture of this weight, as the logo is or one of the report's."""
    address = "https://example.org/hall.jpg"
    shown = page(f"<p>What was decided</p><img src='{address}' alt='The hall'>")
    return replace(shown, answers={address: Answer(200, size_bytes=size_bytes)})


FAULTY = {
    "C10": page("<p>What was decided <a href='#item-9' style='color:#1a3f8f'>below</a></p>"),
    "C28": linking("https://example.org/old", Answer(404)),
    "C29": picture_of(6_000_000),
    "D05": evidence(columns={"lists/members.csv": ("email", "union_branch")}),
    "M01": page("<p style='display: grid'>What was decided</p>"),
    "M02": page("<p style='color:#999999'>What was decided</p>"),
    "M03": page(
        "<p style='color:#333333'>What was decided</p>",
        style=DARK,
    ),
    "M04": page("<p style='color:#0000ff'>What was decided</p>"),
    "M05": page(f"<table><tr>{WIDE}</tr></table>"),
    "M06": page("<p>What was decided <a href='https://example.org/' style='color:#1a3f8f'>1</a></p>"),
    "M07": page(style=".a { color: #222222 }" * 900),
    "M08": page("<p style='font-size:10px'>What was decided</p>"),
    "P01": evidence(
        replace(
            SOUND, text=Pieces((SOUND.text.statics[0].replace("It is not", "It is, not"), ""), (LEAVE_TEXT,))
        )
    ),
    "P02": evidence(settings=settings("imprint")),
    "P03": evidence(settings=settings("postal_address")),
    "P04": evidence(replace(SOUND, html=Pieces(("".join(SOUND.html.statics),)))),
    "P05": evidence(replace(SOUND, html=html(title="<h1>Maya</h1><h1>Report</h1>"))),
    "P06": replace(evidence(), editions={"members": SOUND}),
    "P07": evidence(replace(SOUND, html=html("<p>decided</p>" * 8000))),
    "P08": evidence(replace(SOUND, html=html("<p>decided</p>" * 6000))),
    "P09": message(b"List-Unsubscribe: <mailto:leave@reports.example.org>\r\n", b""),
    "S01": evidence(missing={"first_name": 41}),
    "S02": by_smtp(domain(), report=replace(report(), has_id=False)),
    "S03": evidence(nobody=("members",)),
    "S04": evidence(replace(SOUND, text=text("What was decided {{ first_name | upper }}"))),
    "S05": evidence(settings=settings("privacy_url")),
    "S06": evidence(settings=sent_from("maya.hollins@gmail.com")),
    "S07": evidence(settings=sent_from("maya@hollins.example")),
    "S08": by_smtp(None),
    "S09": message(b"Subject: Report", b"Subject: Report\r\nSubject: Again"),
    "S10": evidence(spam=SpamScore(6.1, 5.0, ("SUBJ_ALL_CAPS",))),
    "S12": evidence(drift={"members": (650, 310)}),
    "S13": evidence(vanished={"members": 12}),
    "W01": by_smtp(domain(), page=PageStanding.MISSING),
    "S14": evidence(freshness=Freshness(ages_h={"mailbox": 30.0})),
    "S11": evidence(
        settings=settings(
            sender="{name: Maya, from: maya@reports.example.org, reply_to: no-reply@reports.example.org}"
        )
    ),
}

SOUND_CASES = {
    "a page that is there": by_smtp(domain(), page=PageStanding.THERE),
    "a rehearsal of what is not published": evidence(page=PageStanding.MISSING),
    "what is attached": evidence(replace(SOUND, attachment=FILE), report=report("The report is attached.")),
    "a print edition in the message": evidence(messages={"members": WITH_FILE}),
    "a mailbox just read": evidence(freshness=Freshness(ages_h={"mailbox": 23.9, "sendgrid": 0.0})),
    "a few people more": evidence(drift={"members": (650, 700), "new": (0, 50)}),
    "the mailing itself": evidence(),
    "the same by SMTP": by_smtp(domain()),
    "a link inside the page": page(
        "<p><a name='x'></a>What was decided <a href='#x' style='color:#1a3f8f'>below</a></p>"
    ),
    "links that answer": linking("https://example.org/", Answer(200, size_bytes=20_000_000)),
    "a light picture": picture_of(60_000),
    "columns that any list has": evidence(
        columns={
            "lists/a.csv": (
                "email",
                "title",
                "clp",
                "branch",
                "views_online",
                "joined",
                "reunion_year",
                "consent_date",
            )
        }
    ),
    "what only better programs get": page(
        style="@media (min-width: 600px) { p { display: grid } } [data-ogsc] p { opacity: 0.9 }"
    ),
    "large grey letters": page("<p style='color:#808080;font-size:26px'>What was decided</p>"),
    "dark colours for everything": page(style=DARK),
    "what is hidden": page(
        "<p>What was decided</p><div style='display:none;color:#ffffff;font-size:1px'>preheader</div>"
    ),
    "colours by an old attribute": page(
        "<table role='presentation'><tr><td bgcolor='#8a1538' style='color:#ffffff'>Text</td></tr></table>"
    ),
    "a table of four": page(
        "<table><tr><td>Motion</td><td>For</td><td>Against</td><td>Abstained</td></tr></table>"
    ),
    "a list of links with room": page(
        ROWS.format("<li style='margin:0 0 12px'><a href='#a' style='color:#1a3f8f'>Two</a></li>").replace(
            "<li><a", "<li style='margin:0 0 12px'><a"
        )
    ),
    "a domain in Britain": evidence(
        settings=settings(sender="{name: Maya, from: maya@mail.hollins.org.uk}", list_id="nec.hollins.org.uk")
    ),
    "one click": message(
        b"List-Unsubscribe: <mailto:leave@reports.example.org>",
        b"List-Unsubscribe: <https://reports.example.org/u/1>,\r\n <mailto:leave@reports.example.org>\r\n"
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ),
    "a good score": evidence(spam=SpamScore(0.2, 5.0)),
}


@pytest.mark.parametrize("name", SOUND_CASES)
def test_a_sound_mailing_raises_nothing(name: str) -> None:
    """No rule fires on a mailing with nothing wrong, rehearsed or real."""
    assert run(SOUND_CASES[name]) == ()


@pytest.mark.parametrize("code", sorted(FAULTY))
def test_a_fault_fires_its_own_rule_alone(code: str) -> None:
    """One seeded fault, one code."""
    assert {problem.code for problem in run(FAULTY[code])} == {code}


def test_every_rule_has_a_fault_that_fires_it() -> None:
    """A rule without a seeded fault would be a rule nobody has seen work."""
    assert [rule.code for rule in rules()] == sorted({*FAULTY, *test_wording_rules.FIRES})


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_every_rule_says_what_why_an_example_and_what_instead(rule: Rule) -> None:
    """The reference page is made of these four parts."""
    parts = ["What it does:", "Why it matters:", "Example:", "Instead:"]
    places = [rule.explanation.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_no_rule_says_that_a_mailing_is_lawful(rule: Rule) -> None:
    """A machine cannot know, and the words would be believed."""
    assert not any(word in rule.explanation.lower() for word in ("lawful", "legal", "complies", "compliant"))


def test_people_who_lack_a_field_are_counted_in_words() -> None:
    """The message names the field, the number and the way out."""
    (found,) = run(evidence(missing={"first_name": 1}))
    assert found.message == "1 person lacks 'first_name', and {{ first_name }} has no default"
    assert found.where == "drafts/nec.md"


def test_a_finding_in_the_mail_says_where() -> None:
    """The edition, the tag and how its text begins."""
    (found,) = run(page("<p style='color:#999999'>What was decided</p>"))
    assert found.where == "the mail for members: <p> “What was decided”"


def test_what_a_client_lacks_is_told_with_the_date_of_the_test() -> None:
    """Tests grow old, and a reader may want to look again."""
    (found,) = run(FAULTY["M01"])
    assert found.message == (
        "“display: grid” does nothing in Outlook for Windows (classic) (tested February 2019): "
        "what should stand side by side stands one below the other"
    )


@pytest.mark.parametrize(
    ("body", "feature"),
    [
        ("<p style='position:absolute'>Text</p>", "position"),
        ("<p style='width:calc(100% - 2px)'>Text</p>", "calc"),
        ("<p hidden=''>Text</p>", "hidden"),
        ("<img alt='A' src='https://example.org/a.svg?x=1'>", "svg"),
        ("<img alt='A' src='data:image/png;base64,AA'>", "data:"),
        ("<p style='margin-inline:2px'>Text</p>", "margin-inline"),
    ],
)
def test_what_mail_programs_lack_is_found_in_tags_too(body: str, feature: str) -> None:
    """Styles, attributes and kinds of picture."""
    (found,) = [problem for problem in run(page(body)) if problem.code == "M01"]
    assert feature in found.message


def test_words_that_a_style_adds_are_found() -> None:
    """`::before` with words: most programs never show them."""
    (found,) = run(page(style="p::before { content: 'Not' }"))
    assert found.code == "M01"


def test_lists_of_links_need_room() -> None:
    """Two lines of 12 px, each a link of its own."""
    found = run(page(ROWS.format("<li><a href='#a' style='color:#1a3f8f'>Two</a></li>")))
    assert [problem.code for problem in found] == ["M06", "M06"]


@pytest.mark.parametrize(
    ("standings", "expected"),
    [
        ({"spf": "missing"}, Severity.WARNING),
        ({"dkim": "fail"}, Severity.WARNING),
        ({"dmarc": "missing"}, Severity.WARNING),
        ({"alignment": "fail"}, Severity.ERROR),
        ({"dmarc": "unknown"}, Severity.UNKNOWN),
    ],
)
def test_what_doctor_found_decides(standings: dict[str, str], expected: Severity) -> None:
    """A domain that aligns with nothing is refused; a missing record is a warning; no answer is no answer."""
    assert [problem.severity for problem in run(by_smtp(domain(**standings)))] == [expected]


@pytest.mark.parametrize(
    "found",
    [
        None,
        domain().model_copy(update={"domain": "other.example"}),
        domain().model_copy(update={"checked_at": datetime(2026, 10, 1, tzinfo=UTC)}),
        domain().model_copy(update={"dates": {"dmarc": datetime(2026, 10, 1, tzinfo=UTC)}}),
    ],
)
def test_a_domain_nobody_has_looked_at_is_never_ready(found: DomainReport | None) -> None:
    """Never run, run for another domain, or long ago: COULD NOT CHECK, and a rehearsal needs none of it."""
    assert verdict(run(by_smtp(found))) is Verdict.COULD_NOT_CHECK
    assert verdict(run(evidence(domain=found))) is Verdict.READY


def test_what_doctor_wrote_can_be_read_again() -> None:
    """The file is JSON; anything else counts as never run."""
    found = domain(spf="fail").model_copy(update={"details": {"spf": "two records"}})
    assert DomainReport.from_json(found.to_json()) == found
    assert DomainReport.from_json("{}") is None
    assert DomainReport.from_json("not JSON") is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(410), Severity.WARNING),
        (Answer(500), Severity.WARNING),
        (Answer(403), Severity.NOTE),
        (Answer(200, location="other.example"), Severity.NOTE),
        (Answer(None, "it did not answer in time"), Severity.UNKNOWN),
    ],
)
def test_what_a_link_answers_decides(answer: Answer, expected: Severity) -> None:
    """Gone is gone; a site that answers no program may answer a person."""
    (found,) = run(linking("https://example.org/old", answer))
    assert found.severity is expected
    assert found.where == "drafts/nec.md:6:20"


def test_sendgrid_never_sends_from_a_freemail_address() -> None:
    """Elsewhere a warning: that service's own server may send it."""
    found = run(evidence(settings=sent_from("maya.hollins@gmail.com"), transport="sendgrid", domain=domain()))
    assert (found[0].code, found[0].severity) == ("S06", Severity.ERROR)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: Report\r\n", b""),
        (b"Subject: Report", b"Subject: Report\r\nNot a header"),
        (b"Subject: Report", b"X-Long: " + b"x" * 1000),
        (b"text/html", b"text/calendar"),
        (ALTERNATIVE, MIXED.replace(b"around", b"part")),
        (b'boundary="part"', b'boundary="other"'),
        (b"<friend@example.org>", b"<friend@@example.org>"),
    ],
)
def test_a_message_that_is_not_well_formed_is_not_ready(old: bytes, new: bytes) -> None:
    """Header lines, required headers, addresses and parts."""
    assert "S09" in {problem.code for problem in run(message(old, new))}


def test_an_unsubscribe_link_on_the_web_needs_its_post() -> None:
    """RFC 8058: without List-Unsubscribe-Post there is no button."""
    changed = message(b"<mailto:leave@reports.example.org>", b"<https://reports.example.org/u/1>")
    assert [problem.code for problem in run(changed)] == ["P09"]


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
