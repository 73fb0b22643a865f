"""`check` and `render`: is it fit to send, and what would a reader get."""

from __future__ import annotations

import pytest

from newsletter.message import INERT
from tests.cli.small import (
    AMP,
    DISCLAIMER,
    DRAFT,
    EVERYBODY,
    MUSTACHE,
    SIAN,
    Small,
    leaving,
    made_inert,
    parsed,
    part,
)


@pytest.mark.parametrize(
    ("form", "start"),
    [("html", "<!doctype html>"), ("text", "Maya Hollins"), ("mjml", "<mjml"), ("eml", "From: Maya Hollins")],
)
def test_each_format_is_written_to_stdout_and_to_a_file_alike(small: Small, form: str, start: str) -> None:
    """`-o FILE` holds the bytes that stdout would have had, and leaves stdout empty."""
    shown = small.good("render", DRAFT, "--to", SIAN, "--format", form)
    kept = small.good("render", DRAFT, "--to", SIAN, "--format", form, "-o", "copy.out")
    assert shown.text.lstrip().lower().startswith(start.lower())
    assert kept.out == b""
    assert "wrote copy.out" in kept.err
    without_date = [
        [line for line in content.splitlines() if not line.startswith(b"Date: ")]
        for content in (shown.out, (small.root / "copy.out").read_bytes())
    ]
    assert without_date[0] == without_date[1]


def test_a_person_s_copy_is_that_person_s(small: Small) -> None:
    """`--to` gives the edition they belong to, with their own fields and their own way out."""
    message = parsed(small.good("render", DRAFT, "--to", SIAN, "--format", "eml").out)
    assert str(message["To"]) == f"Siân 🌹 <{SIAN}>"
    assert message["Subject"] == "November, for Siân"
    assert "Please put this on the agenda in Anytown" in part(message, "plain")
    (token,) = leaving(message)
    (other,) = leaving(parsed(small.good("render", DRAFT, "--to", AMP, "--format", "eml").out))
    assert token != other


def test_an_address_may_be_typed_in_capitals(small: Small) -> None:
    """Two spellings of one mailbox are one person."""
    shown = small.good("render", DRAFT, "--to", SIAN.upper(), "--format", "text")
    assert "Dear Siân," in shown.text


def test_a_copy_for_nobody_has_the_defaults_and_no_person(small: Small) -> None:
    """Without `--to` the defaults stand, no `only` block does, and the way out does nothing."""
    message = parsed(small.good("render", DRAFT, "--format", "eml").out)
    assert message["Subject"] == "November, for you"
    assert leaving(message) == {"test"}
    for kind in ("plain", "html"):
        assert DISCLAIMER in part(message, kind)
        assert "Dear friend," in part(message, kind)
        assert "on the agenda" not in part(message, kind)
        assert [address for address in EVERYBODY if address in part(message, kind)] == []


def test_a_segment_s_copy_has_its_only_blocks(small: Small) -> None:
    """`--segment` shows the edition with the defaults."""
    shown = small.good("render", DRAFT, "--segment", "clp-secretaries", "--format", "text").text
    assert "Please put this on the agenda in your party." in shown
    assert "on the agenda" not in small.good("render", DRAFT, "--segment", "members", "--format", "text").text


def test_a_field_without_a_default_shows_its_name_to_nobody_in_particular(small: Small) -> None:
    """A look at the draft is possible before every field has a default, and looks like no one's mail."""
    small.change(f"drafts/{DRAFT}.md", '| default("friend")', "")
    assert "Dear [first_name]," in small.good("render", DRAFT, "--format", "text").text


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("nobody@example.org", "nobody with this address"),
        ("not an address", "not an address"),
        (AMP, "would not get it"),
    ],
)
def test_a_copy_for_someone_who_would_get_none_is_refused(small: Small, wanted: str, said: str) -> None:
    """It says why, and never shows a mail that would not be sent."""
    result = small.run("render", DRAFT, "--segment", "clp-secretaries", "--to", wanted)
    assert (result.code, result.out) == (2, b"")
    assert said in result.err


def test_a_secretary_has_no_copy_of_the_members_edition(small: Small) -> None:
    """They are on the members' list too, but belong to the secretaries."""
    result = small.run("render", DRAFT, "--segment", "members", "--to", SIAN)
    assert (result.code, result.out) == (2, b"")
    assert "would not get it" in result.err


def test_what_a_person_would_get_is_the_rehearsal_s_mail(small: Small) -> None:
    """One path: `render --to` and the outbox differ in the date and in the inert way out alone."""
    small.good("send", DRAFT)
    for address, rehearsed in small.outbox().items():
        shown = parsed(small.good("render", DRAFT, "--to", address, "--format", "eml").out)
        assert leaving(rehearsed) == {INERT} != leaving(shown)
        for kind in ("plain", "html"):
            assert made_inert(shown, kind) == made_inert(rehearsed, kind)
        for name in set(shown.keys()) - {"Date", "List-Unsubscribe", "Content-Type"}:
            assert shown[name] == rehearsed[name]


def test_check_says_not_ready_and_why(small: Small) -> None:
    """Each problem has its code, how much it matters, what it is and where; exit 1."""
    small.change("newsletter.yaml", "imprint:", "# imprint:")
    small.change(f"drafts/{DRAFT}.md", '{{ clp | default("your party") }}', "{{ clp }}")
    small.change("lists/clp-secretaries.csv", "Upper Thornby", "")
    shown = small.run("check", DRAFT, "--json")
    assert shown.code == 1
    assert shown.json == {
        "verdict": "NOT READY",
        "problems": [
            {
                "code": "P02",
                "severity": "error",
                "message": "newsletter.yaml has no 'imprint'",
                "where": "newsletter.yaml",
            },
            {
                "code": "S01",
                "severity": "error",
                "message": "1 person lacks 'clp', and {{ clp }} has no default",
                "where": f"drafts/{DRAFT}.md",
            },
        ],
    }
    told = small.run("check", DRAFT)
    assert told.code == 1
    assert told.text.startswith("NOT READY")
    assert "[S01]" in told.text


def test_a_warning_does_not_stop_a_send(small: Small) -> None:
    """WARN ends with 0."""
    small.change("newsletter.yaml", "privacy_url:", "# privacy_url:")
    shown = small.good("check", DRAFT, "--json").json
    assert shown["verdict"] == "WARN"
    assert [problem["code"] for problem in shown["problems"]] == ["S05"]


def test_a_title_is_shown_as_it_is_written(small: Small) -> None:
    """Brackets and colons in a title are the title's, not a terminal's."""
    title = "Report [/b] :smile: [red]now[/red]"
    small.change(f"drafts/{DRAFT}.md", "title: Report of the November meeting", f'title: "{title}"')
    assert title in small.good("plan", DRAFT).text


def test_a_copy_never_holds_another_person(small: Small) -> None:
    """Whoever it is for, no other address and no other person's CLP stands in it."""
    message = small.good("render", DRAFT, "--to", MUSTACHE, "--format", "eml").text
    assert [address for address in EVERYBODY if address in message] == [MUSTACHE]
    assert "Upper Thornby" not in message
