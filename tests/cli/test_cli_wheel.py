"""The wheel and the account: a few first, only refusals again, a rehearsal at SendGrid, and who got what."""

from __future__ import annotations

import csv
import json
import sqlite3
import stat
import time
from collections import Counter
from datetime import datetime, timedelta

import pytest

from tests.cli.command import finish, spawn
from tests.cli.relay import Relay
from tests.cli.small import AMP, DRAFT, EVERYBODY, ISSUE, JANE, MEMBERS, SECRETARIES, WRITER, Small
from tests.cli.test_cli_transports import sendgrid_workspace
from tests.sendgrid_stand_in import StandIn

GONE = "550 5.1.1 no such mailbox"
LATER = "450 4.2.0 greylisted"


def send(small: Small, *how: str) -> int:
    """A real send by its receipt; the exit code."""
    return small.run("send", DRAFT, "--receipt", small.receipt(), *how).code


def stands(small: Small) -> dict[str, object]:
    found: dict[str, object] = small.good("status", ISSUE, "--json").json
    return found


@pytest.mark.parametrize(("canary", "first"), [("2", SECRETARIES), ("members", MEMBERS)])
def test_the_canary_has_it_and_everybody_else_waits_for_a_word(
    small: Small, relay: Relay, canary: str, first: tuple[str, ...]
) -> None:
    """Of a number, the first of the plan; `resume` alone is no word."""
    assert send(small, "--canary", canary) == 0
    assert relay.addresses == Counter(first)
    assert (stands(small)["state"], stands(small)["pending"]) == ("canary", 5 - len(first))
    again = small.good("resume", ISSUE)
    assert relay.addresses == Counter(first)
    assert f"newsletter resume {ISSUE} --go-on" in again.err
    small.good("resume", ISSUE, "--go-on")
    assert relay.addresses == Counter(EVERYBODY)
    assert stands(small)["state"] == "complete"


@pytest.mark.parametrize("canary", ["0", "-1", "secretery", "2.5"])
def test_a_canary_that_is_nobody_is_a_usage_error(small: Small, relay: Relay, canary: str) -> None:
    """Exit 2, nothing frozen, nothing sent."""
    assert send(small, "--canary", canary) == 2
    assert (relay.taken, small.good("status", "--json").json) == ([], [])


def test_a_hold_can_be_stopped_before_anything_has_left(small: Small, relay: Relay) -> None:
    """By the other terminal; then `resume` sends at once, as the time to think is over."""
    held = spawn("send", DRAFT, "--receipt", small.receipt(), "--hold", "0.1", cwd=small.root)
    with held as process:
        deadline = time.monotonic() + 20
        while small.run("status", ISSUE, "--json").code or stands(small)["state"] != "held":
            assert time.monotonic() < deadline, "it never came to hold"
            time.sleep(0.05)
        small.good("stop", ISSUE)
        assert finish(process).code == 130
    assert relay.taken == []
    time.sleep(6)
    small.good("resume", ISSUE)
    assert relay.addresses == Counter(EVERYBODY)


def in_hours(hours: float) -> str:
    return (datetime.now().astimezone() + timedelta(hours=hours)).isoformat(timespec="seconds")


def test_what_is_too_late_stays_until_it_is_given_more_time(small: Small, relay: Relay) -> None:
    """Exit 1, and nothing leaves; `resume --not-after` lets it go."""
    relay.sender_answer = "530 5.7.0 Authentication required"
    assert send(small, "--not-after", in_hours(1)) == 5
    relay.sender_answer = ""
    with sqlite3.connect(small.root / ".newsletter" / "ledger.db") as ledger:
        ledger.execute("UPDATE runs SET not_after = not_after - 7200")
    ledger.close()
    late = small.run("resume", ISSUE)
    assert (late.code, relay.taken) == (1, [])
    assert f"has come\nto go on: newsletter resume {ISSUE} --not-after TIME" in late.err
    small.good("resume", ISSUE, "--not-after", in_hours(1))
    assert relay.addresses == Counter(EVERYBODY)


def test_only_those_who_were_refused_are_tried_again(small: Small) -> None:
    """When the cause is gone; those greylisted wait for their time."""
    with Relay(answers={AMP: "550 5.2.0 refused", JANE: LATER}) as relay:
        small.use_relay(relay.port)
        assert send(small) == 6
        relay.answers = {}
        assert small.run("retry", ISSUE, "--failed").code == 6
    assert relay.addresses == Counter(address for address in EVERYBODY if address != JANE)
    assert (stands(small)["accepted"], stands(small)["deferred"]) == (4, 1)


def test_the_sandbox_shows_sendgrid_every_request_and_sends_nothing(small: Small) -> None:
    """It counts for nobody, and a real send follows as if it had never been."""
    with StandIn(senders=[WRITER]) as sendgrid:
        by_sendgrid = sendgrid_workspace(small, sendgrid)
        before = len(sendgrid.seen)
        shown = by_sendgrid.good("send", DRAFT, "--sandbox")
        assert "found valid by SendGrid" in shown.err
        assert (len(sendgrid.seen) - before, sendgrid.addresses) == (2, [])
        assert by_sendgrid.good("status", "--json").json == []
        assert send(by_sendgrid) == 0
        assert Counter(sendgrid.addresses) == Counter([*EVERYBODY, WRITER, WRITER])


def test_the_sandbox_is_sendgrid_s_alone(small: Small, relay: Relay) -> None:
    """By another way there is none, and nothing is sent instead."""
    assert small.run("send", DRAFT, "--sandbox").code == 2
    assert relay.taken == []


@pytest.fixture
def mixed(small: Small) -> Small:
    """A sending in which one is gone and one has to wait."""
    with Relay(answers={AMP: GONE, JANE: LATER}) as relay:
        small.use_relay(relay.port)
        assert send(small) == 6
    return small


def test_the_ledger_leaves_as_csv_and_as_json(mixed: Small) -> None:
    """A row a person, with the state, the reply and the time; readable by its owner alone."""
    mixed.good("status", ISSUE, "--export", "ledger.csv")
    mixed.good("status", ISSUE, "--export", "ledger.json")
    with (mixed.root / "ledger.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["address"]: row for row in csv.DictReader(file)}
    exported = {row["address"]: row for row in json.loads((mixed.root / "ledger.json").read_bytes())}
    assert rows.keys() == exported.keys() == set(EVERYBODY)
    for found in (rows, exported):
        assert (found[AMP]["state"], found[AMP]["reply_code"]) == ("rejected", "550 5.1.1")
        assert (found[JANE]["state"], found[JANE]["detail"]) == ("deferred", "RCPT: greylisted")
        assert {found[each]["state"] for each in SECRETARIES} == {"accepted"}
        age = datetime.now().astimezone() - datetime.fromisoformat(found[AMP]["settled_at"])
        assert timedelta(0) <= age < timedelta(hours=1)
        assert not found[AMP]["due_at"]
        assert datetime.fromisoformat(found[JANE]["due_at"]) > datetime.now().astimezone()
    for name in ("ledger.csv", "ledger.json"):
        assert stat.S_IMODE((mixed.root / name).stat().st_mode) == 0o600


def test_an_address_that_looks_like_a_formula_is_none_in_the_csv(small: Small, relay: Relay) -> None:
    """A spreadsheet would reckon with it; the JSON has it as it is."""
    formula = "=1+2@example.net"
    small.change("lists/members.csv", JANE, formula)
    assert send(small) == 0
    for name, shown in (("rows.csv", f",'{formula},"), ("rows.json", f'"{formula}"')):
        small.good("status", ISSUE, "--export", name)
        assert shown in (small.root / name).read_text(encoding="utf-8")
    assert relay.addresses[formula] == 1


def test_a_part_of_the_ledger_leaves_too(mixed: Small) -> None:
    """Those in one state, as `--list` says."""
    mixed.good("status", ISSUE, "--list", "deferred", "--export", "waiting.json")
    (row,) = json.loads((mixed.root / "waiting.json").read_bytes())
    assert row["address"] == JANE


@pytest.mark.parametrize(
    ("state", "code", "why"),
    [("rejected", "550 5.1.1", "RCPT: no such mailbox"), ("deferred", "450 4.2.0", "RCPT: greylisted")],
)
def test_who_was_not_reached_is_listed_with_the_reason(mixed: Small, state: str, code: str, why: str) -> None:
    """Masked; in the final report and in `status` the reasons stand with their number."""
    (row,) = mixed.good("status", ISSUE, "--list", state, "--json").json
    assert (row["code"], row["detail"]) == (code, why)
    assert "@" in row["to"]
    assert row["to"] not in EVERYBODY
    assert why in mixed.good("status", ISSUE).text
