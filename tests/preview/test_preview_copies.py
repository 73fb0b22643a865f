"""The preview is the message: the same bytes, whoever it is for."""

from __future__ import annotations

import os
import shlex
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from newsletter import preview
from newsletter.delivery.clock import SystemClock
from newsletter.errors import NewsletterError
from newsletter.preview import acts, told
from newsletter.preview.people import Wanted
from newsletter.preview.views import Client, Look
from newsletter.workspace import Workspace
from tests.cli.relay import Relay, free_port
from tests.cli.small import AMP, DRAFT, EVERYBODY, ISSUE, JANE, SIAN, TOM, WRITER, Small, parsed, part
from tests.spamassassin import stand_in


def a_desk(small: Small, when: str = "Tue, 24 Nov 2026 09:00:00 +0000") -> preview.Desk:
    """A desk over a workspace, at a time of its own, with everybody counted."""
    path = small.root / f"drafts/{DRAFT}.md"
    at = parsedate_to_datetime(when)
    desk = preview.Desk(
        root=small.root,
        environment=small.env,
        choice=preview.Choice(path),
        now=lambda _workspace: at,
        clock=SystemClock(),
    )
    desk.open()
    desk.count()
    assert desk.trouble is None
    assert desk.uncounted is None
    return desk


def code_of(desk: preview.Desk, address: str) -> str:
    """What the page calls the person with this address."""
    assert desk.counted is not None
    number = desk.counted.crowd.find(address)
    assert number is not None
    return desk.code(desk.counted.crowd.row(number))


def test_the_bytes_shown_are_the_bytes_the_outbox_writes(small: Small) -> None:
    """For every person: all of the message, headers, text and HTML, at the time of the rehearsal."""
    small.good("send", DRAFT)
    written = sorted((small.root / "outbox" / ISSUE / "new").iterdir())
    assert len(written) == len(EVERYBODY)
    when = str(next(iter(small.outbox().values()))["Date"])
    desk = a_desk(small, when)
    shown = {desk.copy(None, code_of(desk, address)).message for address in EVERYBODY}
    assert shown == {path.read_bytes() for path in written}


def test_a_copy_shows_its_person_and_nobody_elses_fields(small: Small) -> None:
    """What is merged is named, with the default where the person lacks the field."""
    desk = a_desk(small)
    copy = desk.copy(None, code_of(desk, TOM))
    assert {(each.name, each.value, each.is_default) for each in copy.merged} == {
        ("first_name", "Tom", False),
        ("clp", "Upper Thornby", False),
    }
    assert "Siân" not in copy.html + copy.text
    nobodys = desk.copy("members", None)
    assert nobodys.merged
    assert all(each.is_default for each in nobodys.merged)


def test_an_address_is_masked_until_it_is_asked_for(small: Small) -> None:
    """In the headers, the source and the table."""
    desk = a_desk(small)
    copy = desk.copy(None, code_of(desk, SIAN))
    assert desk.counted is not None
    for masked in (True, False):
        rows = told.rows(desk, desk.counted, Wanted(), page=0, masked=masked)
        shown = f"{told.copy(copy, masked=masked)} {told.source(copy, masked=masked)} {rows}"
        assert (SIAN in shown) is not masked


def test_every_view_keeps_the_disclaimer_and_fetches_nothing(small: Small) -> None:
    """In every client and on every screen; a picture elsewhere is only named."""
    small.change(
        "newsletter.yaml", "smtp:", "theme_settings: {logo: 'https://reports.example.org/logo.png'}\nsmtp:"
    )
    copy = a_desk(small).copy("members", None)
    assert copy.remote_pictures == ("reports.example.org",)
    for client in Client:
        for look in Look:
            html = copy.view(client, look)
            assert "This is my personal account" in html
            assert "logo.png" not in html


def test_edits_of_words_reuse_the_count_and_have_the_plans_receipt(small: Small) -> None:
    """The lists are not read again, and the receipt is the one that `plan` gives."""
    desk = a_desk(small)
    assert desk.counted is not None
    crowd, receipt = desk.counted.crowd, desk.counted.plan.receipt.value
    small.change(f"drafts/{DRAFT}.md", "it was long", "it was short")
    desk.open()
    desk.count()
    assert desk.counted.crowd is crowd
    assert desk.counted.plan.receipt.value == small.receipt() != receipt


@pytest.mark.parametrize(
    ("name", "old", "new", "total"),
    [
        ("lists/members.csv", f"{AMP},", f"other-{AMP},", 5),
        ("lists/members.csv", "website form,2024-01-02", ",", 4),
        ("lists/segments.yaml", "where: {role: secretary}", "where: {clp: Anytown}", 5),
        ("newsletter.yaml", "smtp:", "consent: recorded\nsmtp:", 5),
        (f"drafts/{DRAFT}.md", "segments: [clp-secretaries, members]", "segments: [members]", 5),
        (
            f"drafts/{DRAFT}.md",
            '{{ first_name | default("friend") }}',
            '{{ last_name | default("friend") }}',
            5,
        ),
    ],
)
def test_whatever_decides_who_gets_it_is_counted_again(
    small: Small, name: str, old: str, new: str, total: int
) -> None:
    """After each such change the number and the receipt are those of a fresh plan."""
    desk = a_desk(small)
    small.change(name, old, new)
    desk.open()
    desk.count()
    assert desk.counted is not None
    assert desk.counted.plan.total == total
    assert desk.counted.plan.receipt.value == small.receipt()


def test_an_opt_out_is_seen_at_the_next_count(small: Small) -> None:
    """The receipt stays, since a new opt-out only shrinks a send."""
    desk = a_desk(small)
    assert desk.counted is not None
    receipt = desk.counted.plan.receipt.value
    small.good("suppress", "add", JANE)
    desk.count()
    assert (desk.counted.plan.total, desk.counted.plan.receipt.value) == (4, receipt)


def test_the_checks_are_those_of_the_plan(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An audience that shrank since the last issue, and what SpamAssassin says, which comes last."""
    with Relay() as relay:
        small.use_relay(relay.port)
        assert small.send().code == 0
    for old, new in ((ISSUE, "nec-2027-01-26"), ("it was long", "it was another one")):
        small.change(f"drafts/{DRAFT}.md", old, new)
    small.change("lists/segments.yaml", "{role: secretary}", "{role: secretary, clp: Anytown}")
    (tmp_path / "spam").mkdir()
    stand_in(tmp_path / "spam", monkeypatch)
    desk = a_desk(small)
    planned = small.good("plan", DRAFT, "--json").json["checks"]["problems"]
    assert codes(desk) == [each["code"] for each in planned]
    assert "S12" in codes(desk)
    assert desk.weigh()
    desk.count()
    assert not desk.weigh()
    assert set(codes(desk)) == {"S10", *(each["code"] for each in planned)}


def codes(desk: preview.Desk) -> list[str]:
    """Of what the page's checks found."""
    return [each["code"] for each in told.state(desk)["checks"]["problems"]]


def test_who_is_new_and_who_is_gone_is_told_against_the_last_issue(small: Small) -> None:
    """Only a real send counts as an issue; whoever opted out since is gone, with the reason."""
    with Relay() as relay:
        small.use_relay(relay.port)
        assert small.send().code == 0
    small.change(f"drafts/{DRAFT}.md", ISSUE, "nec-2027-01-26")
    small.change(f"drafts/{DRAFT}.md", "it was long", "it was another one")
    small.change("lists/members.csv", AMP, "newcomer@example.net")
    small.good("suppress", "add", JANE)
    desk = a_desk(small)
    counted = desk.counted
    assert counted is not None
    assert (counted.last_issue, counted.crowd.new) == (ISSUE, 1)
    gone = told.gone(counted, "", page=0, masked=True)["rows"]
    assert [(row["address"], row["why"]) for row in gone] == [
        ("a…@example.net", "no longer in these lists"),
        ("j…@example.net", "opted out"),
    ]


def test_the_command_sends_exactly_what_is_shown(small: Small) -> None:
    """To those on the page; where a list became another, the page says so, and the command agrees to it."""
    with Relay() as relay:
        small.use_relay(relay.port)
        assert small.run(*shlex.split(command(a_desk(small)))[1:]).code == 0
        assert sorted(relay.addresses) == sorted(EVERYBODY)
        relay.taken.clear()
        small.change(f"drafts/{DRAFT}.md", ISSUE, "nec-2027-01-26")
        small.change(f"drafts/{DRAFT}.md", "it was long", "it was another one")
        small.change("lists/members.csv", AMP, "newcomer@example.net")
        desk = a_desk(small)
        (drifted,) = [each for each in told.state(desk)["plan"]["lists"] if each["drifted"]]
        assert drifted["file"] == "members.csv"
        assert "1 gone" in drifted["change"]
        assert command(desk).endswith(" --accept-drift")
        assert small.run(*shlex.split(command(desk))[1:]).code == 0
        assert sorted(relay.addresses) == sorted({*EVERYBODY, "newcomer@example.net"} - {AMP})


def test_a_test_copy_goes_by_the_chosen_way(small: Small) -> None:
    """One marked message to the writer's own address, in the edition that is looked at, and nobody else's."""
    with Relay() as relay:
        small.use_relay(relay.port)
        done = acts.send_test(a_desk(small), "members")
    assert done == "A test copy went to m…@reports.example.org by smtp."
    ((address, message),) = relay.taken
    assert address == WRITER
    found = parsed(message)
    assert found["Subject"].startswith("[TEST] ")
    assert "on the agenda" not in part(found, "plain")


def test_a_test_copy_that_is_not_taken_says_why(small: Small) -> None:
    """Nobody listens there: what was tried, and what to do."""
    small.use_relay(free_port())
    with pytest.raises(NewsletterError) as refused:
        acts.send_test(a_desk(small), None)
    assert "127.0.0.1" in refused.value.message
    assert refused.value.hint


def test_no_test_copy_is_another_edition_than_the_one_looked_at(small: Small) -> None:
    """That of everybody else goes to no segment, and a secretary's would say what it does not."""
    with Relay() as relay:
        small.use_relay(relay.port)
        with pytest.raises(NewsletterError, match="no segment gets the edition you look at"):
            acts.send_test(a_desk(small), "")
    assert relay.taken == []


def command(desk: preview.Desk) -> str:
    """What the page gives to be copied."""
    return str(told.state(desk)["command"])


def test_a_draft_with_a_mistake_leaves_the_last_good_one(small: Small) -> None:
    """The error is kept beside it, and goes when the draft is mended."""
    desk = a_desk(small)
    good = desk.opened
    small.change(f"drafts/{DRAFT}.md", "segments:", "segmets:")
    desk.open()
    assert desk.opened is good
    assert desk.trouble is not None
    state = told.state(desk)
    assert state["trouble"]["mistakes"][0]["line"] == 6
    assert [line["line"] for line in state["trouble"]["mistakes"][0]["around"]] == list(range(3, 10))
    small.change(f"drafts/{DRAFT}.md", "segmets:", "segments:")
    desk.open()
    assert desk.trouble is None
    assert desk.opened is not good


def test_a_list_is_never_quoted_in_an_error(small: Small) -> None:
    """Its lines are people's."""
    desk = a_desk(small)
    small.change("lists/members.csv", "email,", "mail,")
    desk.open()
    assert desk.trouble is not None
    assert "@" not in str(told.state(desk)["trouble"])


def test_the_newest_draft_is_the_one_saved_last(small: Small) -> None:
    """Where none is named, it is what the writer works on."""
    small.write("drafts/aaa.md", b"")
    os.utime(small.root / "drafts/aaa.md", (2_000_000_000, 2_000_000_000))
    assert preview.newest_draft(Workspace.open(small.root, {})).name == "aaa.md"


def test_a_file_in_the_mail_is_named_and_not_spelled_out(small: Small) -> None:
    """The size counts it, and the source says how long it is; the message itself holds it whole."""
    small.change("newsletter.yaml", "imprint:", "paper: attach\nimprint:")
    desk = a_desk(small)
    copy = desk.copy("members", None)
    shown = told.copy(copy)
    assert shown["attached"] == f"{ISSUE}.pdf"
    assert shown["whole"] == len(copy.message) > 40_000
    source = told.source(copy)
    assert f'filename="{ISSUE}.pdf"\r\n\r\n[' in source
    assert len(source) < 30_000
    assert source.endswith("--\r\n")
