"""Beside mail: calling back a scheduled send, reading suppressions, and evidence from the logs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.delivery.transports.sendgrid import Extras, Scheduled, open_account
from newsletter.delivery.transports.sendgrid.account import Account, Sought
from newsletter.errors import TransportStopped
from tests.sendgrid_mail import Clock, access, deliver, parcels, skeleton
from tests.sendgrid_stand_in import KEY, Acceptance, Fault, StandIn, Suppressed, Wire


def opened(sendgrid: StandIn, clock: Clock, key: str = KEY) -> Account:
    return open_account(access(sendgrid, key), pace=clock.pace())


def sought(*numbers: int, attempt: str = "attempt") -> list[Sought]:
    return [
        Sought(
            person=one.person.id,
            address=one.person.address,
            code=one.person.code,
            attempt=f"{attempt}-{number}",
        )
        for number, one in enumerate(parcels(max(numbers) + 1))
        if number in numbers
    ]


def window(clock: Clock) -> dict[str, datetime]:
    now = datetime.fromtimestamp(clock.now, UTC)
    return {"since": now - timedelta(minutes=5), "until": now + timedelta(minutes=5)}


def test_a_scheduled_send_can_be_cancelled() -> None:
    """SendGrid discards the mail when its time comes."""
    clock = Clock()
    with StandIn(clock=clock) as sendgrid:
        account = opened(sendgrid, clock)
        batch = account.new_batch()
        scheduled = Scheduled(datetime.fromtimestamp(clock.now + 3600, UTC), batch)
        deliver(parcels(2), access(sendgrid), extras=Extras(scheduled=scheduled), pace=clock.pace())
        account.cancel(batch)
        assert account.status(batch) == "cancel"
        clock.now += 7200
        assert sendgrid.account.delivered() == []


def test_a_paused_send_leaves_once_the_pause_is_taken_back() -> None:
    """Also when its time has come in between."""
    clock = Clock()
    with StandIn(clock=clock) as sendgrid:
        account = opened(sendgrid, clock)
        batch = account.new_batch()
        scheduled = Scheduled(datetime.fromtimestamp(clock.now + 3600, UTC), batch)
        deliver(parcels(2), access(sendgrid), extras=Extras(scheduled=scheduled), pace=clock.pace())
        account.pause(batch)
        clock.now += 7200
        assert sendgrid.account.delivered() == []
        account.unpause(batch)
        assert account.status(batch) is None
        assert len(sendgrid.account.delivered()) == 2


def test_a_pause_can_become_a_cancellation_and_twice_does_no_harm() -> None:
    """A second POST would be refused by SendGrid, so the status is changed instead."""
    clock = Clock()
    with StandIn(clock=clock) as sendgrid:
        account = opened(sendgrid, clock)
        batch = account.new_batch()
        account.pause(batch)
        account.cancel(batch)
        account.cancel(batch)
        assert account.status(batch) == "cancel"
        account.unpause(batch)
        account.unpause(batch)
        assert account.status(batch) is None


def test_a_batch_that_sendgrid_does_not_know_is_an_error() -> None:
    """Nobody may believe that a send was cancelled when it was not."""
    clock = Clock()
    with StandIn(clock=clock) as sendgrid, pytest.raises(TransportStopped, match="400"):
        opened(sendgrid, clock).cancel("never-made")


def test_all_pages_of_all_opt_out_lists_are_read() -> None:
    """1,201 unsubscribes are three pages; blocks are not opt-outs."""
    clock = Clock()
    with StandIn(clock=clock, groups=[7]) as sendgrid:
        lists = sendgrid.account.suppressions
        lists["unsubscribes"] += [Suppressed(f"left{number}@example.org", 1000) for number in range(1201)]
        lists["bounces"].append(Suppressed("gone@example.org", 2000, reason="550 no such user", status="5.1.1"))
        lists["spam_reports"].append(Suppressed("cross@example.org", 3000))
        lists["blocks"].append(Suppressed("busy@example.org", 3000))
        sendgrid.account.group_suppressions[7].append("notthis@example.org")
        found = list(opened(sendgrid, clock).suppressions(group=7))
    assert len(found) == len({entry.address for entry in found}) == 1204
    assert {entry.list for entry in found} == {"unsubscribes", "bounces", "spam_reports", "group"}
    bounce = next(entry for entry in found if entry.list == "bounces")
    assert (bounce.since, bounce.reason) == (datetime.fromtimestamp(2000, UTC), "550 no such user")


def test_suppressions_can_be_read_from_a_moment_on() -> None:
    """So that a sync asks only for what is new; the moment itself counts."""
    clock = Clock()
    with StandIn(clock=clock) as sendgrid:
        sendgrid.account.suppressions["unsubscribes"] += [
            Suppressed("before@example.org", 99),
            Suppressed("at@example.org", 100),
        ]
        found = list(opened(sendgrid, clock).suppressions(since=datetime.fromtimestamp(100, UTC)))
    assert [entry.address for entry in found] == ["at@example.org"]


@pytest.mark.parametrize("acceptance", [Acceptance.BEFORE, Acceptance.NEVER, Acceptance.LATE])
def test_the_logs_say_of_a_lost_reply_whether_the_mail_was_taken(acceptance: Acceptance) -> None:
    """Found is proof; not found is not, since a late acceptance shows only later."""
    clock = Clock()
    with StandIn(clock=clock) as sendgrid:
        sendgrid.script(Fault(wire=Wire.CLOSE, acceptance=acceptance))
        deliver(parcels(3), access(sendgrid), pace=clock.pace())
        account = opened(sendgrid, clock)
        found = account.find_accepted(sought(0, 1, 2), **window(clock))
        assert set(found) == ({0, 1, 2} if acceptance is Acceptance.BEFORE else set())
        if sendgrid.accept_late():
            assert set(account.find_accepted(sought(0, 1, 2), **window(clock))) == {0, 1, 2}


def test_another_attempt_to_the_same_person_is_no_evidence() -> None:
    """The detail of a message says whose attempt it is; the list does not."""
    clock = Clock()
    with StandIn(clock=clock) as sendgrid:
        deliver(parcels(2), access(sendgrid), pace=clock.pace())
        account = opened(sendgrid, clock)
        assert account.find_accepted(sought(0, 1, attempt="second"), **window(clock)) == {}
        found = account.find_accepted(sought(1), **window(clock))
        assert found == {1: sendgrid.account.accepted[1].sg_message_id}


def test_two_who_share_an_address_are_told_apart() -> None:
    """By recipient and attempt, as the ledger has a row for each."""
    clock = Clock()
    with StandIn(clock=clock) as sendgrid:
        one = parcels(1)[0]
        deliver([one], access(sendgrid), pace=clock.pace())
        (mine,) = sought(0)
        other = Sought(person=99, address=mine.address, code="another", attempt=mine.attempt)
        assert set(opened(sendgrid, clock).find_accepted([mine, other], **window(clock))) == {0}


def test_a_window_of_another_time_finds_nobody() -> None:
    """The logs are asked for a stretch of time, and believed only for that."""
    clock = Clock()
    with StandIn(clock=clock) as sendgrid:
        deliver(parcels(1), access(sendgrid), pace=clock.pace())
        earlier = window(clock)
        clock.now += 3600
        assert opened(sendgrid, clock).find_accepted(sought(0), **window(clock)) == {}
        assert set(opened(sendgrid, clock).find_accepted(sought(0), **earlier)) == {0}


def test_a_window_with_more_than_the_logs_show_is_asked_person_by_person() -> None:
    """The logs have no pages: at 1,000 entries the list may be cut, so each address is asked for."""
    clock = Clock()
    with StandIn(clock=clock) as sendgrid:
        messages = skeleton()
        deliver(parcels(500, messages), access(sendgrid), pace=clock.pace())
        deliver(parcels(1001, messages)[500:1000], access(sendgrid), pace=clock.pace())
        before = len(sendgrid.seen)
        found = opened(sendgrid, clock).find_accepted(sought(3, 700), **window(clock))
        asked = [seen for seen in sendgrid.seen[before:] if seen.path == "/v3/logs"]
    assert set(found) == {3, 700}
    assert len(asked) == 3


def test_a_question_waits_when_sendgrid_asks_for_it() -> None:
    """429 is obeyed here too."""
    clock = Clock()
    with StandIn(clock=clock) as sendgrid:
        sendgrid.rate.requests, sendgrid.rate.window_s = 1, 60.0
        account = opened(sendgrid, clock)
        assert len({account.new_batch() for _ in range(3)}) == 3
    assert clock.slept > 60


def test_a_key_that_may_not_ask_is_an_error_without_the_key() -> None:
    """401: the text says what was asked and what came back."""
    clock = Clock()
    with StandIn(clock=clock) as sendgrid, pytest.raises(TransportStopped) as caught:
        opened(sendgrid, clock, "SG.wrong-key").new_batch()
    assert "401" in caught.value.message
    assert "wrong-key" not in str(caught.value)
