"""Mail for a time: kept by SendGrid, called back by `stop`, and never caught up with unasked."""

from __future__ import annotations

import os
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.cli.command import Result, finish, spawn
from tests.cli.relay import Relay
from tests.cli.small import DRAFT, EVERYBODY, ISSUE, WRITER, Small
from tests.cli.test_cli_terminal import at_a_terminal, read_until
from tests.sendgrid_mail import Clock
from tests.sendgrid_stand_in import KEY, Acceptance, Fault, StandIn, Wire

HOUR_S = 3600.0
ALL = Counter([*EVERYBODY, WRITER, WRITER])
"""Everybody, and the writer's own copy of each edition."""


@pytest.fixture
def clock() -> Clock:
    """SendGrid's clock; ours cannot be turned from outside the command."""
    return Clock(now=time.time())


@pytest.fixture
def sendgrid(clock: Clock) -> Iterator[StandIn]:
    with StandIn(senders=[WRITER], clock=clock) as stand_in:
        yield stand_in


@pytest.fixture
def by_sendgrid(small: Small, sendgrid: StandIn) -> Small:
    """The workspace, sending by the stand-in, two people a request."""
    small.change("newsletter.yaml", "smtp:", "transport: sendgrid\nsendgrid: {batch: 2}\nsmtp:")
    made = replace(small, env={"SENDGRID_API_KEY": KEY, "SENDGRID_API_HOST": sendgrid.url})
    made.good("sync")
    return made


def in_hours(hours: float) -> str:
    """A time as it is typed, in UTC."""
    return (datetime.now().astimezone() + timedelta(hours=hours)).isoformat(timespec="seconds")


def send_later(small: Small, *when: str) -> Result:
    """A real send by its receipt, in five hours unless it is said otherwise."""
    return small.run("send", DRAFT, "--receipt", small.receipt(), *(when or ("--at", in_hours(5))))


def delivered(sendgrid: StandIn) -> Counter[str]:
    return Counter(message.address for message in sendgrid.account.delivered())


def counts(small: Small) -> dict[str, int]:
    """Those of the six that are not zero."""
    stands = small.good("status", ISSUE, "--json").json
    assert stands["planned"] == 5
    names = ("accepted", "rejected", "suppressed", "deferred", "unknown", "pending")
    assert sum(stands[name] for name in names) == 5
    return {name: stands[name] for name in names if stands[name]}


def state(small: Small) -> str:
    return str(small.good("status", ISSUE, "--json").json["state"])


def let_it_pass(small: Small, seconds: float) -> None:
    """Move every time in the ledger back, as if so long had gone by."""
    with sqlite3.connect(small.root / ".newsletter" / "ledger.db") as ledger:
        ledger.execute("UPDATE runs SET start_at = start_at - ?, batch_at = batch_at - ?", (seconds, seconds))
        ledger.execute("UPDATE people SET claimed_at = claimed_at - ?", (seconds,))
    ledger.close()


def test_sendgrid_keeps_what_is_for_later(by_sendgrid: Small, sendgrid: StandIn, clock: Clock) -> None:
    """The command ends at once; nothing has left before its time, and everybody has it afterwards."""
    sent = send_later(by_sendgrid)
    assert sent.code == 0, sent.err
    assert "SendGrid has 5 mails to leave" in sent.err
    assert f"newsletter stop {ISSUE}" in sent.err
    assert (counts(by_sendgrid), state(by_sendgrid)) == ({"accepted": 5}, "scheduled")
    assert "SendGrid has 5 mails to leave" in by_sendgrid.run("status", ISSUE).err
    clock.now += 4.9 * HOUR_S
    assert delivered(sendgrid) == Counter()
    clock.now += 0.2 * HOUR_S
    assert delivered(sendgrid) == ALL


def test_all_that_leaves_at_one_time_bears_one_batch_id(by_sendgrid: Small, sendgrid: StandIn) -> None:
    """Also the writer's own copies: one word calls all of it back."""
    send_later(by_sendgrid)
    assert {message.batch for message in sendgrid.account.accepted} == sendgrid.account.batches
    assert len(sendgrid.account.batches) == 1


def test_stop_calls_it_back_and_nobody_has_had_it(by_sendgrid: Small, sendgrid: StandIn, clock: Clock) -> None:
    """They are pending again, and it says so; stopping twice does no harm."""
    send_later(by_sendgrid)
    stopped = by_sendgrid.good("stop", ISSUE)
    assert "SendGrid discards 5 mails" in stopped.err
    assert "pending again" in stopped.err
    assert (counts(by_sendgrid), state(by_sendgrid)) == ({"pending": 5}, "stopped")
    by_sendgrid.good("stop", ISSUE)
    clock.now += 9 * HOUR_S
    assert delivered(sendgrid) == Counter()


def test_resume_after_a_stop_hands_over_anew_for_the_same_time(
    by_sendgrid: Small, sendgrid: StandIn, clock: Clock
) -> None:
    """By a batch of its own: the one that was called back stays so, and everybody has it once."""
    send_later(by_sendgrid)
    by_sendgrid.good("stop", ISSUE)
    resumed = by_sendgrid.good("resume", ISSUE)
    assert "SendGrid has 5 mails to leave" in resumed.err
    assert len(sendgrid.account.batches) == 2
    clock.now += 9 * HOUR_S
    assert delivered(sendgrid) == ALL


def test_what_was_interrupted_before_its_time_is_handed_over_by_resume(
    by_sendgrid: Small, sendgrid: StandIn, clock: Clock
) -> None:
    """In the same batch."""
    sendgrid.script(Fault(wire=Wire.STATUS, status=401))
    blocked = send_later(by_sendgrid)
    assert blocked.code == 5
    by_sendgrid.good("resume", ISSUE)
    assert len(sendgrid.account.batches) == 1
    clock.now += 9 * HOUR_S
    assert delivered(sendgrid) == ALL


def miss_the_time(by_sendgrid: Small, sendgrid: StandIn, clock: Clock) -> Counter[str]:
    """Hand some over, be interrupted, and come back after the time; who has had it."""
    sendgrid.script(Fault(wire=Wire.STATUS, status=202, acceptance=Acceptance.BEFORE))
    sendgrid.script(Fault(wire=Wire.STATUS, status=401), Fault(wire=Wire.STATUS, status=401))
    assert send_later(by_sendgrid).code == 5
    sendgrid._server.script.clear()  # The run may have ended at the first refusal.
    let_it_pass(by_sendgrid, 6 * HOUR_S)
    clock.now += 6 * HOUR_S
    return delivered(sendgrid)


def test_resume_after_the_time_asks_instead_of_sending(
    by_sendgrid: Small, sendgrid: StandIn, clock: Clock
) -> None:
    """Without a terminal it says what to add, and sends nothing; the same goes for the receipt given again."""
    had = miss_the_time(by_sendgrid, sendgrid, clock)
    waiting = 5 - had.total()
    for command in (("resume", ISSUE), ("send", DRAFT, "--receipt", by_sendgrid.receipt())):
        refused = by_sendgrid.run(*command)
        assert refused.code == 2
        assert f"{waiting} people wait for a time that has gone by" in refused.err
        assert "--at now" in refused.err
    assert delivered(sendgrid) == had
    by_sendgrid.good("resume", ISSUE, "--at", "now")
    assert delivered(sendgrid) == ALL


def test_another_time_may_be_given_instead(by_sendgrid: Small, sendgrid: StandIn, clock: Clock) -> None:
    """Whoever had it at the first has it once; a stop calls back the others alone."""
    had = miss_the_time(by_sendgrid, sendgrid, clock)
    by_sendgrid.good("resume", ISSUE, "--at", in_hours(8))
    stopped = by_sendgrid.good("stop", ISSUE)
    assert f"SendGrid discards {5 - had.total()} mails" in stopped.err
    assert counts(by_sendgrid) == {"accepted": had.total(), "pending": 5 - had.total()}
    by_sendgrid.good("resume", ISSUE)
    clock.now += 9 * HOUR_S
    assert delivered(sendgrid) == ALL


def test_at_a_terminal_the_number_is_asked_for(by_sendgrid: Small, sendgrid: StandIn, clock: Clock) -> None:
    """Typed, it is the word to send now."""
    had = miss_the_time(by_sendgrid, sendgrid, clock)
    with at_a_terminal("resume", ISSUE, cwd=by_sendgrid.root, env=by_sendgrid.env) as (process, keyboard):
        screen = read_until(keyboard, b"Type that number to send to them now")
        os.write(keyboard, f"{5 - had.total()}\n".encode())
        screen += read_until(keyboard, None)
        assert process.wait(timeout=30) == 0, screen.decode()
    assert delivered(sendgrid) == ALL


def test_two_times_at_once_are_refused(by_sendgrid: Small, sendgrid: StandIn) -> None:
    """What is handed over for one has to be called back first."""
    send_later(by_sendgrid)
    refused = by_sendgrid.run("resume", ISSUE, "--at", in_hours(8))
    assert refused.code == 2
    assert "SendGrid has 5 mails to leave" in refused.err
    assert len(sendgrid.account.batches) == 1


def test_called_back_too_late_nobody_knows(by_sendgrid: Small, sendgrid: StandIn, clock: Clock) -> None:
    """Exit 7; `resume` sends to nobody, and SendGrid's log can settle it."""
    send_later(by_sendgrid)
    let_it_pass(by_sendgrid, 5 * HOUR_S - 300)
    clock.now += 5 * HOUR_S - 300
    stopped = by_sendgrid.run("stop", ISSUE)
    assert stopped.code == 7
    assert "called back too late to know" in stopped.err
    assert counts(by_sendgrid) == {"unknown": 5}
    taken = len(sendgrid.account.accepted)
    assert by_sendgrid.run("resume", ISSUE).code == 7
    assert len(sendgrid.account.accepted) == taken


def test_a_stop_that_sendgrid_does_not_confirm_leaves_them_unknown(
    by_sendgrid: Small, sendgrid: StandIn, clock: Clock
) -> None:
    """Nothing is sent while nobody can know; the same command again finishes it."""
    send_later(by_sendgrid)
    sendgrid.account.statuses.update({f"other-{number}": "cancel" for number in range(10)})
    refused = by_sendgrid.run("stop", ISSUE)
    assert refused.code == 5
    assert "could not be called back" in refused.err
    assert (counts(by_sendgrid), state(by_sendgrid)) == ({"unknown": 5}, "stopped")
    assert "SendGrid has not confirmed it" in by_sendgrid.run("status", ISSUE).err
    for command in (("resume", ISSUE), ("retry", ISSUE, "--unknown", "--count", "5")):
        held = by_sendgrid.run(*command)
        assert held.code == 5
        assert "a stop is not finished" in held.err
    sendgrid.account.statuses.clear()
    by_sendgrid.good("stop", ISSUE)
    assert counts(by_sendgrid) == {"pending": 5}
    by_sendgrid.good("resume", ISSUE)
    clock.now += 9 * HOUR_S
    assert delivered(sendgrid) == ALL


def test_a_key_that_may_not_call_back_changes_nothing(by_sendgrid: Small, sendgrid: StandIn) -> None:
    """It is told before anybody is called unknown."""
    send_later(by_sendgrid)
    wrong = by_sendgrid.run("stop", ISSUE, env={"SENDGRID_API_KEY": "SG.wrong"})
    assert wrong.code == 5
    assert "could not be called back" in wrong.err
    assert "SG.wrong" not in wrong.err
    assert (counts(by_sendgrid), sendgrid.account.statuses) == ({"accepted": 5}, {})


def test_a_long_hold_is_kept_by_sendgrid_too(by_sendgrid: Small, sendgrid: StandIn, clock: Clock) -> None:
    """The window to think again is whole: it leaves ten minutes after, up to when SendGrid may let go of it."""
    held = send_later(by_sendgrid, "--hold", "30")
    assert held.code == 0, held.err
    clock.now += 39 * 60
    assert delivered(sendgrid) == Counter()
    clock.now += 2 * 60
    assert delivered(sendgrid) == ALL


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (("--at", "2020-01-01T09:00"), "--at 2020-01-01 09:00 has gone by"),
        (("--at", in_hours(80)), "no time more than 72 hours ahead"),
        (("--at", in_hours(5), "--not-after", in_hours(4)), "--not-after comes before"),
        (("--not-after", "2020-01-01T09:00"), "--not-after 2020-01-01 09:00 has gone by"),
        (("--at", "tomorrow"), "'tomorrow' is not a time"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused(
    by_sendgrid: Small, sendgrid: StandIn, times: tuple[str, ...], said: str
) -> None:
    """Exit 2, before anything is frozen: a slip in the date would send at once."""
    refused = by_sendgrid.run("send", DRAFT, "--receipt", by_sendgrid.receipt(), *times)
    assert (refused.code, said in refused.err) == (2, True), refused.err
    assert sendgrid.account.batches == set()
    assert by_sendgrid.run("status", "--json").json == []


def test_by_smtp_a_missed_time_is_asked_about_too(small: Small, relay: Relay) -> None:
    """A process that waited here and died before its time has sent nothing."""
    at = ("--at", in_hours(5))
    with spawn("send", DRAFT, "--receipt", small.receipt(), *at, cwd=small.root) as process:
        deadline = time.monotonic() + 20
        while not (small.root / ".newsletter" / "ledger.db").exists() or small.run("status", ISSUE).code:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.kill()
        finish(process)
    let_it_pass(small, 6 * HOUR_S)
    refused = small.run("resume", ISSUE)
    assert (refused.code, relay.taken) == (2, [])
    small.good("resume", ISSUE, "--at", "now")
    assert relay.addresses == Counter(EVERYBODY)
