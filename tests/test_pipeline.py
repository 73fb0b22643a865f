"""The jobs that the command line and the preview share, and what a run does with a clock turned by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from newsletter import dispatch
from newsletter.copies import person_for
from newsletter.delivery.clock import SystemClock
from newsletter.delivery.engine import Ending, Summary
from newsletter.delivery.run import Counts
from newsletter.errors import NotReady
from newsletter.mailing import Mailing, drafts_segments, look_of, open_lists, open_mailing, stranger
from newsletter.pipeline import Planned, make_plan, preflight
from newsletter.workspace import Workspace
from tests.cli import small as small_workspace
from tests.cli.relay import Relay, free_port
from tests.cli.small import AMP, DRAFT, EVERYBODY, ISSUE, JANE, MEMBERS, WRITER, Small

AT = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)


class ImpatientClock(SystemClock):
    """The time of this machine, but a wait is over at once and moves it on."""

    skipped_s = 0.0

    def now(self) -> float:
        return super().now() + self.skipped_s

    def wait(self, seconds: float, woken_by: Event) -> None:
        self.skipped_s += 0 if woken_by.is_set() else seconds


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return small_workspace.make(tmp_path)


def opened(
    small: Small, *, at: datetime = AT, transport: str | None = None, segments: list[str] | None = None
) -> Mailing:
    workspace = Workspace.open(small.root, {})
    return open_mailing(workspace, DRAFT, at=at, transport=transport, segments=segments)


def planned(mailing: Mailing) -> Planned:
    return make_plan(mailing, mailing.proposal())


def receipt(mailing: Mailing) -> str:
    return planned(mailing).plan.receipt.value


def test_a_mailing_is_for_the_draft_s_own_segments(small: Small) -> None:
    """In the order of segments.yaml, whatever the order in the draft."""
    small.change(f"drafts/{DRAFT}.md", "[clp-secretaries, members]", "[members, clp-secretaries]")
    mailing = opened(small)
    assert mailing.segments == ("clp-secretaries", "members")
    assert list(mailing.editions) == ["clp-secretaries", "members"]


def test_a_draft_for_members_alone_may_reach_secretaries_as_members(small: Small) -> None:
    """Precedence is among the draft's own segments: who is in none earlier belongs to this one."""
    small.change(f"drafts/{DRAFT}.md", "segments: [clp-secretaries, members]", "segments: [members]")
    assert planned(opened(small)).plan.total == len(EVERYBODY)
    assert planned(opened(small, segments=["members"])).plan.total == len(EVERYBODY)


def test_a_segment_asked_for_beside_the_draft_s_own_keeps_its_precedence(small: Small) -> None:
    """A draft for secretaries, sent to members too, leaves the secretaries out of the members' edition."""
    small.change(f"drafts/{DRAFT}.md", "segments: [clp-secretaries, members]", "segments: [clp-secretaries]")
    assert planned(opened(small, segments=["members"])).plan.total == len(MEMBERS)


def test_the_hour_of_planning_is_not_in_the_receipt(small: Small) -> None:
    """Planned in the evening, sent in the morning."""
    assert receipt(opened(small)) == receipt(opened(small, at=AT + timedelta(hours=12)))


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("connections: 2", "connections: 9", True),
        ("per_second: 2000", "per_second: 5", True),
        ("port: 2,", "port: 3,", False),
        ("security: none", "security: tls", False),
        ("connections: 2", "connections: 2, username: maya", False),
        ("limits: {", "limits: {drift_percent: 7, ", False),
        ("name: Maya Hollins", "name: Maya", False),
        ("unsubscribe_to: leave@", "unsubscribe_to: out@", False),
        ("list_id: nec.", "list_id: the-nec.", False),
    ],
)
def test_what_only_decides_how_fast_is_not_in_the_receipt(small: Small, old: str, new: str, same: bool) -> None:
    """Where mail goes, who it is from and the limits are."""
    before = receipt(opened(small, transport="smtp"))
    small.change("newsletter.yaml", old, new)
    assert (receipt(opened(small, transport="smtp")) == before) is same


def test_content_is_what_the_report_says_and_not_what_it_is_called(small: Small) -> None:
    """The same words under another id, file, subject or theme are the same content; other words are not."""
    before = opened(small).content
    small.change(f"drafts/{DRAFT}.md", f"id: {ISSUE}", "id: other\ntheme: letter")
    small.change(f"drafts/{DRAFT}.md", "November, for", "Autumn, for")
    assert opened(small).content == before
    small.change(f"drafts/{DRAFT}.md", "it was long", "it was short")
    assert opened(small).content != before


def test_every_draft_without_mistakes_is_known_with_its_segments(small: Small) -> None:
    """One broken draft does not hide the others from `explain`."""
    small.write("drafts/broken.md", "---\ntitel: x\n---\n")
    small.write(
        "drafts/plain.yaml", "title: Y\nmeeting: {body: NEC, date: 2026-09-22}\nsegments: [members]\nintro: Z\n"
    )
    workspace = Workspace.open(small.root, {})
    assert drafts_segments(workspace, open_lists(workspace)) == {
        ISSUE: ("clp-secretaries", "members"),
        "plain": ("members",),
    }


def test_a_stranger_has_nobody_s_fields(small: Small) -> None:
    """A field with a default takes it, one without shows its name."""
    small.change(f"drafts/{DRAFT}.md", '{{ clp | default("all") }}', "{{ clp }}")
    edition = opened(small).editions["members"]
    shown = dict(zip(edition.fields, stranger(edition, WRITER).values, strict=True))
    assert shown["clp"] == "[clp]"
    assert shown["first_name"] is None
    assert [value for value in shown.values() if value] == ["[clp]"]


def test_a_person_before_the_ledger_has_the_code_they_will_have_in_it(small: Small) -> None:
    """So that a rendered copy and the mail sent later have the same Message-ID and way out."""
    mailing = opened(small)
    amp = next(each.recipient for each in mailing.audience if each.recipient.address == AMP)
    before = person_for(mailing, mailing.editions["members"], amp)
    with dispatch.open_ledger(mailing.workspace) as ledger:
        dispatch.freeze(ledger, mailing, dispatch.planned(ledger, mailing))
    small.good("send", DRAFT)
    assert before.code in {path.stem for path in (small.root / "outbox" / ISSUE / "new").iterdir()}


def test_the_look_is_what_the_settings_say(small: Small) -> None:
    """A setting that is left out keeps the theme's default; the disclaimer is never empty."""
    bare = look_of(Workspace.open(small.root, {}).settings)
    assert bare.sender_name == "Maya Hollins"
    assert "personal account" in bare.disclaimer
    small.change("newsletter.yaml", "imprint:", "theme_settings: {accent: '#123456'}\nimprint:")
    assert look_of(Workspace.open(small.root, {}).settings).accent == "#123456"
    assert bare.accent != "#123456"


def test_the_preflight_needs_no_ledger(small: Small) -> None:
    """Without a plan it counts people as if nobody had left."""
    small.change(f"drafts/{DRAFT}.md", '{{ clp | default("your party") }}', "{{ clp }}")
    small.change("lists/clp-secretaries.csv", "Upper Thornby", "")
    assert [problem.code for problem in preflight(opened(small)).problems] == ["S01"]
    assert not (small.root / ".newsletter" / "ledger.db").exists()


def test_a_list_that_changes_between_plan_and_freezing_stops_the_send(small: Small) -> None:
    """Nobody is frozen: what was agreed to is not what would be sent."""
    mailing = opened(small, transport="smtp")
    with dispatch.open_ledger(mailing.workspace) as ledger:
        made = dispatch.planned(ledger, mailing)
        small.change("lists/members.csv", "A&B <script>", "Ann")
        with pytest.raises(NotReady, match="the list of people or their details"):
            dispatch.freeze(ledger, mailing, made)
        assert ledger.accounts.status(ISSUE) is None


def test_a_new_rehearsal_replaces_the_last(small: Small) -> None:
    """Nobody who is not in it any more is left in the outbox."""
    small.good("send", DRAFT)
    small.good("suppress", "add", JANE)
    small.good("send", DRAFT, "--segment", "members")
    assert set(small.outbox()) == set(MEMBERS) - {JANE}
    assert [path.name for path in (small.root / "outbox").iterdir()] == [ISSUE]


def test_a_server_that_cannot_be_reached_stops_the_run_and_the_next_session_finishes_it(small: Small) -> None:
    """After some tries, each later than the last: blocked, exit 5, nobody lost; then everybody has it once."""
    port = free_port()
    small.use_relay(port)
    mailing = opened(small)
    clock = ImpatientClock()
    with dispatch.open_ledger(mailing.workspace, clock) as ledger:
        run = dispatch.freeze(ledger, mailing, dispatch.planned(ledger, mailing))
        blocked = dispatch.Carriage(workspace=mailing.workspace, clock=clock).carry(ledger, run)
        assert (blocked.ending, blocked.exit_code) == (Ending.BLOCKED, 5)
        assert blocked.counts == Counts(pending=5)
        assert f"127.0.0.1:{port}" in blocked.reason
        assert 1 < clock.skipped_s < 1800
        with Relay(port=port) as relay:
            done = dispatch.Carriage(workspace=mailing.workspace, clock=clock).carry(ledger, run)
    assert (done.ending, done.exit_code) == (Ending.DONE, 0)
    assert relay.addresses == Counter(EVERYBODY)


def test_progress_is_told_up_to_the_last_person(small: Small) -> None:
    """Settled, of how many, and how fast."""
    told: list[tuple[int, int, float]] = []
    mailing = opened(small)
    with dispatch.open_ledger(mailing.workspace) as ledger:
        run = dispatch.freeze(ledger, mailing, dispatch.planned(ledger, mailing))
        dispatch.Carriage(workspace=mailing.workspace, progress=lambda *now: told.append(now)).carry(
            ledger, run
        )
    assert told[-1][:2] == (5, 5)
    assert [now[0] for now in told] == sorted(now[0] for now in told)


@pytest.mark.parametrize(
    ("codes", "worst"),
    [
        ((), 0),
        ((0, 0), 0),
        ((0, 6), 6),
        ((6, 7), 7),
        ((7, 5, 6), 5),
        ((5, 130, 7, 6), 130),
        ((0, 1), 1),
        ((1, 6), 6),
    ],
)
def test_of_several_runs_the_worst_decides_the_exit_code(
    small: Small, codes: tuple[int, ...], worst: int
) -> None:
    """130, 5, 7, 6 win in that order."""
    mailing = opened(small)
    with dispatch.open_ledger(mailing.workspace) as ledger:
        run = dispatch.freeze(ledger, mailing, dispatch.planned(ledger, mailing))
        done = dispatch.Carriage(workspace=mailing.workspace).carry(ledger, run)
    summaries = {
        0: done,
        1: replace(done, ending=Ending.LATE),
        5: replace(done, ending=Ending.BLOCKED),
        6: replace(done, counts=Counts(rejected=1)),
        7: replace(done, counts=Counts(rejected=1, unknown=1)),
        130: replace(done, ending=Ending.INTERRUPTED),
    }
    assert {code: summary.exit_code for code, summary in summaries.items()} == {
        code: code for code in summaries
    }
    chosen: list[Summary] = [summaries[code] for code in codes]
    assert dispatch.worst(chosen) == worst
