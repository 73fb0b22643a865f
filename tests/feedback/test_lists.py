"""`newsletter sync` and SendGrid: its lists come in, our opt-outs go to our own group, and to nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.cli.small import AMP, DRAFT, JANE, MUSTACHE, SIAN, TOM, WRITER, Small
from tests.sendgrid_stand_in import KEY, StandIn, Suppressed

GROUP = 7


@pytest.fixture
def sendgrid() -> Iterator[StandIn]:
    with StandIn(senders=[WRITER], groups=[GROUP]) as server:
        yield server


@pytest.fixture
def by_sendgrid(small: Small, sendgrid: StandIn) -> Small:
    """A workspace that sends by SendGrid, in a group of its own."""
    small.change(
        "newsletter.yaml", "smtp:", f"transport: sendgrid\nsendgrid: {{unsubscribe_group: {GROUP}}}\nsmtp:"
    )
    return replace(small, env={"SENDGRID_API_KEY": KEY, "SENDGRID_API_HOST": sendgrid.url})


def left(small: Small) -> dict[str, str]:
    return {each["address"]: each["reason"] for each in small.good("suppress", "list", "--json").json}


def test_all_lists_come_in_and_blocks_do_not(by_sendgrid: Small, sendgrid: StandIn) -> None:
    """Page after page, in whatever case; a block is the sender's fault, and SendGrid goes on mailing those."""
    lists = sendgrid.account.suppressions
    lists["unsubscribes"] += [Suppressed(f"left{number}@example.org", 1000) for number in range(1201)]
    lists["unsubscribes"].append(Suppressed(SIAN.upper(), 1000))
    lists["bounces"].append(Suppressed(TOM, 2000, reason="550 no such user", status="5.1.1"))
    lists["spam_reports"].append(Suppressed(AMP, 3000))
    lists["invalid_emails"].append(Suppressed("not an address", 3000, reason="bad"))
    lists["blocks"].append(Suppressed(MUSTACHE, 3000, reason="550 policy", status="5.7.1"))
    sendgrid.account.group_suppressions[GROUP].append(JANE)
    done = by_sendgrid.good("sync", "--json").json["sendgrid"]
    assert done == {"read": 1206, "suppressed": 1205, "told": 0, "taken_out": 0, "barred": 0}
    found = left(by_sendgrid)
    assert {who: found.get(who) for who in (SIAN, TOM, AMP, JANE, MUSTACHE)} == {
        SIAN: "unsubscribed",
        TOM: "no such mailbox",
        AMP: "complained",
        JANE: "unsubscribed",
        MUSTACHE: None,
    }
    assert by_sendgrid.good("sync", "--json").json["sendgrid"]["suppressed"] == 0


def test_our_opt_outs_go_to_our_own_group_and_nowhere_else(by_sendgrid: Small, sendgrid: StandIn) -> None:
    """Each once; not who left one list of several, nor who came from SendGrid's own lists."""
    by_sendgrid.good("suppress", "add", SIAN, "--reason", "asked by phone")
    by_sendgrid.good("suppress", "add", TOM, "--reason", "left the list", "--list", "clp-secretaries")
    sendgrid.account.suppressions["unsubscribes"].append(Suppressed(AMP, 1000))
    sendgrid.account.group_suppressions[GROUP].append(JANE)
    assert by_sendgrid.good("sync", "--json").json["sendgrid"]["told"] == 1
    assert by_sendgrid.good("sync", "--json").json["sendgrid"]["told"] == 0
    assert sendgrid.account.group_suppressions[GROUP] == [JANE, SIAN]
    assert [entry.email for entry in sendgrid.account.suppressions["unsubscribes"]] == [AMP]
    assert not any("suppressions/global" in seen.path for seen in sendgrid.seen)


def test_a_group_that_is_not_there_is_told_nothing(by_sendgrid: Small, sendgrid: StandIn) -> None:
    """SendGrid would bar those people from all mail of the account, without a word."""
    by_sendgrid.good("suppress", "add", SIAN, "--reason", "asked by phone")
    by_sendgrid.change("newsletter.yaml", f"unsubscribe_group: {GROUP}", "unsubscribe_group: 8")
    refused = by_sendgrid.run("sync")
    assert refused.code == 4
    assert "has no unsubscribe group 8" in refused.err
    assert sendgrid.account.suppressions["unsubscribes"] == []
    assert by_sendgrid.run("plan", DRAFT).code == 1, "an unfinished sync does not count"


def test_without_a_group_its_lists_still_come_in(by_sendgrid: Small, sendgrid: StandIn) -> None:
    """And it is said that our opt-outs went nowhere."""
    by_sendgrid.change("newsletter.yaml", f"sendgrid: {{unsubscribe_group: {GROUP}}}\n", "")
    sendgrid.account.suppressions["unsubscribes"].append(Suppressed(AMP, 1000))
    done = by_sendgrid.good("sync")
    assert "it was not told who left" in done.err
    assert list(left(by_sendgrid)) == [AMP]


def test_an_old_key_ends_with_5(by_sendgrid: Small) -> None:
    """And nothing is said of the key."""
    by_sendgrid.env["SENDGRID_API_KEY"] = "SG.an-old-key"
    refused = by_sendgrid.run("sync")
    assert refused.code == 5
    assert "an-old-key" not in refused.err


def test_a_send_waits_for_a_fresh_sync(by_sendgrid: Small, sendgrid: StandIn) -> None:
    """Never synced: refused with what to do, in the plan too; by an explicit word, or after a sync, it goes."""
    plan = by_sendgrid.run("plan", DRAFT, "--json")
    assert plan.code == 1
    receipt = plan.json["receipt"]
    refused = by_sendgrid.run("send", DRAFT, "--receipt", receipt)
    assert refused.code == 1
    assert "SendGrid's lists were never read; first: newsletter sync" in refused.text + refused.err
    assert sendgrid.addresses == []
    forced = by_sendgrid.run(
        "send", DRAFT, "--segment", "members", "--without-sync", "--receipt", _members(by_sendgrid)
    )
    assert forced.code == 0, forced.err
    by_sendgrid.good("sync")
    assert by_sendgrid.send().code == 0
    assert by_sendgrid.run("plan", DRAFT, "--transport", "outbox").code == 0


def _members(small: Small) -> str:
    """The receipt of a plan that is refused for nothing but the sync."""
    return str(small.run("plan", DRAFT, "--segment", "members", "--json").json["receipt"])


def test_an_old_sync_is_as_good_as_none(by_sendgrid: Small) -> None:
    """By `sync_max_age_h`; each source for itself."""
    by_sendgrid.good("sync")
    by_sendgrid.change("newsletter.yaml", "limits:", "sync_max_age_h: 0.0000001\nlimits:")
    problems = by_sendgrid.run("plan", DRAFT, "--json").json["checks"]["problems"]
    (stale,) = [each for each in problems if each["code"] == "S14" and each["severity"] == "error"]
    assert "last read 0 minutes ago" in stale["message"]


def test_without_any_source_it_is_said_and_no_more(small: Small) -> None:
    """By SMTP, with no mailbox to read: a note, since somebody may read it by hand."""
    problems = small.run("plan", DRAFT, "--transport", "smtp", "--json").json["checks"]["problems"]
    (note,) = [each for each in problems if each["code"] == "S14"]
    assert note["severity"] == "note"
    assert small.run("plan", DRAFT, "--transport", "smtp").code == 0


def test_whoever_came_back_is_taken_out_of_our_group(by_sendgrid: Small, sendgrid: StandIn) -> None:
    """Whoever put them in; it is recorded, and their mail arrives. Until then the plan warns."""
    by_sendgrid.good("suppress", "add", SIAN, "--reason", "asked by phone")
    sendgrid.account.group_suppressions[GROUP].append(JANE.upper())
    by_sendgrid.good("sync")
    assert sendgrid.account.group_suppressions[GROUP] == [JANE.upper(), SIAN]
    sendgrid.account.group_times[GROUP, SIAN] -= 10
    for who in (SIAN, JANE):
        told = by_sendgrid.good("suppress", "remove", who, "--reason", "asked to come back").err
        assert "SendGrid may still keep them out: newsletter sync sees to it" in told
    problems = by_sendgrid.good("plan", DRAFT, "--json").json["checks"]["problems"]
    assert [
        each["message"] for each in problems if each["code"] == "S14" and each["severity"] == "warning"
    ] == ["2 people came back since SendGrid's lists were read: it may drop their mail; first: newsletter sync"]
    done = by_sendgrid.good("sync", "--json").json["sendgrid"]
    assert done == {"read": 2, "suppressed": 0, "told": 0, "taken_out": 2, "barred": 0}
    assert (left(by_sendgrid), sendgrid.account.group_suppressions[GROUP]) == ({}, [])
    acts = [each for each in by_sendgrid.good("export-person", SIAN).json["audit"] if each["command"] == "sync"]
    assert [(each["given"], each["exit_code"]) for each in acts] == [({"out_of_group": GROUP}, 0)]
    assert "came back since" not in by_sendgrid.good("plan", DRAFT).text
    assert by_sendgrid.send().code == 0
    assert {SIAN, JANE} <= {message.address for message in sendgrid.account.delivered()}
    assert by_sendgrid.good("sync", "--json").json["sendgrid"]["taken_out"] == 0


def test_whoever_left_again_at_sendgrid_stays_out(by_sendgrid: Small, sendgrid: StandIn) -> None:
    """They are in the group since a moment after they came back, so it is a new wish."""
    by_sendgrid.good("suppress", "add", SIAN, "--reason", "asked by phone")
    by_sendgrid.good("suppress", "remove", SIAN, "--reason", "asked to come back")
    sendgrid.account.add_to_group(GROUP, [SIAN])
    sendgrid.account.group_times[GROUP, SIAN] += 10
    done = by_sendgrid.good("sync", "--json").json["sendgrid"]
    assert (done["suppressed"], done["taken_out"]) == (1, 0)
    assert list(left(by_sendgrid)) == [SIAN]
    assert sendgrid.account.group_suppressions[GROUP] == [SIAN]


def test_whoever_was_erased_came_back_and_left_again_stays_out(by_sendgrid: Small, sendgrid: StandIn) -> None:
    """They are known by a code and by an address: what holds now is what counts."""
    sendgrid.account.group_suppressions[GROUP].append(SIAN)
    by_sendgrid.good("sync")
    by_sendgrid.good("erase-person", SIAN, "--yes")
    by_sendgrid.good("suppress", "remove", SIAN, "--reason", "asked to come back")
    by_sendgrid.good("suppress", "add", SIAN, "--reason", "asked again to leave")
    assert by_sendgrid.good("sync", "--json").json["sendgrid"]["taken_out"] == 0
    assert sendgrid.account.group_suppressions[GROUP] == [SIAN]
    by_sendgrid.good("suppress", "remove", SIAN, "--reason", "asked to come back after all")
    assert by_sendgrid.good("sync", "--json").json["sendgrid"]["taken_out"] == 1
    assert left(by_sendgrid) == {}


def test_whoever_came_back_and_is_barred_there_is_told_of(by_sendgrid: Small, sendgrid: StandIn) -> None:
    """On a list of the whole account: SendGrid would drop their mail, and a person has to change it."""
    sendgrid.account.suppressions["unsubscribes"].append(Suppressed(AMP, 1000))
    by_sendgrid.good("sync")
    by_sendgrid.good("suppress", "remove", AMP, "--reason", "asked to come back")
    told = by_sendgrid.good("sync").err
    assert "1 person who came back is still on a list of the whole account there" in told
    assert list(left(by_sendgrid)) == [AMP]
    assert [entry.email for entry in sendgrid.account.suppressions["unsubscribes"]] == [AMP]
    assert {seen.method for seen in sendgrid.seen} <= {"GET", "POST"}


def test_whoever_complained_since_they_came_back_stays_in_our_group(
    by_sendgrid: Small, sendgrid: StandIn
) -> None:
    """They have left again, though by another list."""
    by_sendgrid.good("suppress", "add", SIAN, "--reason", "asked by phone")
    by_sendgrid.good("sync")
    sendgrid.account.group_times[GROUP, SIAN] -= 10
    by_sendgrid.good("suppress", "remove", SIAN, "--reason", "asked to come back")
    sendgrid.account.suppressions["spam_reports"].append(Suppressed(SIAN, int(time.time()) + 5))
    done = by_sendgrid.good("sync", "--json").json["sendgrid"]
    assert (done["suppressed"], done["taken_out"], done["barred"]) == (1, 0, 0)
    assert sendgrid.account.group_suppressions[GROUP] == [SIAN]
    assert left(by_sendgrid) == {SIAN: "complained"}
