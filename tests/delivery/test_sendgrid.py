"""The SendGrid transport against the stand-in: what goes out, what comes back, and what stops it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from newsletter.delivery.outcome import State
from newsletter.delivery.transports import Line, Parcel, Transport
from newsletter.delivery.transports.sendgrid import HOSTS, Access, Extras, Scheduled, SendGrid, host_for
from newsletter.errors import SettingsError, TransportStopped
from tests.sendgrid_mail import (
    DISCLAIMER,
    SENDER,
    Clock,
    Collected,
    access,
    deliver,
    parcels,
    person,
    skeleton,
)
from tests.sendgrid_stand_in import KEY, Fault, StandIn, Wire


def test_an_accepted_person_carries_the_id_that_later_events_will_have() -> None:
    """202 is accepted, and X-Message-Id is the start of every sg_message_id."""
    with StandIn(senders=[SENDER]) as sendgrid:
        collected, ended = deliver(parcels(3), access(sendgrid))
        ids = {message.sg_message_id.split(".")[0] for message in sendgrid.account.accepted}
    assert ended is None
    assert {outcome.state for outcome in collected.outcomes.values()} == {State.ACCEPTED}
    assert {outcome.provider_id for outcome in collected.outcomes.values()} == ids
    assert {outcome.code for outcome in collected.outcomes.values()} == {"202"}


def test_nobody_is_handed_over_before_the_report_was_told() -> None:
    """The mark that lets a crash be told from a claim is set before the request."""
    with StandIn() as sendgrid:
        collected, _ = deliver(parcels(3), access(sendgrid))
        assert len(sendgrid.seen) == 1
    assert collected.handed == [[0, 1, 2]]


def test_it_is_a_transport_by_the_port() -> None:
    """What the engine relies on is there, with the right types."""
    transport: Transport = SendGrid(Access(KEY))
    line: Line = transport.connect()
    line.close()
    assert (transport.name, transport.lines, transport.batch) == ("sendgrid", 4, 500)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("Seán", "O'Brien"),
        ("A&B", "<script>alert(1)</script>"),
        ("Siân", "🌹"),
        ('"Doe,', 'Jane"'),
        ("שלום", "\u202eabc"),
        ("tabcdefghijkl000", "50% {{first_name}} -name-"),
    ],
)
def test_a_name_reads_right_in_the_mail_whatever_it_is(first: str, last: str) -> None:
    """In HTML it is escaped, in text and subject it stands as written."""
    with StandIn(senders=[SENDER]) as sendgrid:
        one = Parcel(person(1, first, last), skeleton(), "a1")
        deliver([one, Parcel(person(2), one.skeleton, "a2")], access(sendgrid))
        mail = sendgrid.mail_to("member1@example.org")
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert text.startswith(f"Dear {first} {last}\r\n")
    assert mail["Subject"] == f"Report for {first}"
    escaped = html.split("<p>Dear ")[1].split("</p>")[0]
    assert "<" not in escaped
    assert unescape(escaped) == f"{first} {last}"


def test_the_member_reads_one_message_meant_for_nobody_else() -> None:
    """Text first, then HTML, the disclaimer in both, both unsubscribe ways, and no other member anywhere."""
    with StandIn(senders=[SENDER]) as sendgrid:
        deliver(parcels(20), access(sendgrid))
        message = next(one for one in sendgrid.account.accepted if one.address == "member7@example.org")
        raw, mail = message.raw().decode(), message.mail()
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert all(DISCLAIMER in part.get_content() for part in mail.iter_parts())
    assert mail["To"].addresses[0].addr_spec == "member7@example.org"
    assert "leave@reports.example.org" in mail["List-Unsubscribe"]
    assert mail["List-Id"].endswith("<nec-reports.example.org>")
    assert [number for number in range(20) if f"Member{number} " in raw] == [7]


def test_sendgrid_adds_nothing_to_the_mail() -> None:
    """No pixel, no rewritten link, no footer or unsubscribe link of SendGrid's own."""
    with StandIn() as sendgrid:
        deliver(parcels(1), access(sendgrid))
        raw = sendgrid.account.accepted[0].raw()
        tracking = sendgrid.account.accepted[0].body["tracking_settings"]
    assert b"sendgrid.example" not in raw
    assert {name: setting["enable"] for name, setting in tracking.items()} == {
        "click_tracking": False,
        "open_tracking": False,
        "subscription_tracking": False,
        "ganalytics": False,
    }


def test_each_attempt_stands_in_its_own_custom_arguments() -> None:
    """Run, recipient and attempt say whose event it is; nothing personal is among them."""
    with StandIn() as sendgrid:
        deliver(parcels(2), access(sendgrid))
        arguments = [message.custom_args for message in sendgrid.account.accepted]
    assert [each["attempt"] for each in arguments] == ["attempt-0", "attempt-1"]
    assert {frozenset(each) for each in arguments} == {frozenset({"run", "recipient", "attempt"})}
    assert not any("@" in value for each in arguments for value in each.values())


def test_two_editions_in_one_hand_over_leave_in_two_requests() -> None:
    """Content is a request's, so people of different segments never share one."""
    members, secretaries = parcels(2, skeleton("members")), parcels(4, skeleton("secretaries"))[2:]
    with StandIn() as sendgrid:
        collected, _ = deliver([members[0], secretaries[0], members[1], secretaries[1]], access(sendgrid))
        texts = {
            message.address: message.mail().get_body(("plain",)).get_content()  # type: ignore[union-attr]
            for message in sendgrid.account.accepted
        }
    assert collected.handed == [[0, 1], [2, 3]]
    assert "For members." in texts["member1@example.org"]
    assert "For secretaries." in texts["member2@example.org"]


def test_one_address_twice_leaves_in_two_requests() -> None:
    """SendGrid refuses a whole request for it, so it never comes to that."""
    messages = skeleton()
    twice = [
        Parcel(person(1, address="Same@example.org"), messages, "a"),
        Parcel(person(2, address="same@example.org"), messages, "b"),
    ]
    with StandIn() as sendgrid:
        collected, _ = deliver(twice, access(sendgrid))
    assert collected.handed == [[1], [2]]


def test_sandbox_asks_sendgrid_to_validate_and_sends_nothing() -> None:
    """200 is valid then, and the transport goes by another name so that no real run can take it for mail."""
    with StandIn() as sendgrid:
        collected, ended = deliver(parcels(2), access(sendgrid), extras=Extras(sandbox=True))
        assert (sendgrid.addresses, sendgrid.seen[0].status) == ([], 200)
    assert ended is None
    assert set(collected.states.values()) == {State.ACCEPTED}
    assert "sends nothing" in collected.outcomes[0].detail
    assert SendGrid(Access(KEY), extras=Extras(sandbox=True)).name == "sendgrid-sandbox"


@pytest.mark.parametrize("key", ["", "  ", "SG.key\n", "SG.schlüssel"])
def test_a_key_that_cannot_work_is_refused_before_anything(key: str) -> None:
    """No `Bearer None`, no header injection: the settings are wrong, and the text says which."""
    with pytest.raises(SettingsError, match="SENDGRID_API_KEY"):
        SendGrid(Access(key))


@pytest.mark.parametrize("host", ["http://api.sendgrid.com", "http://192.0.2.1:8025", "ftp://localhost", ""])
def test_a_host_that_would_get_the_key_in_clear_is_refused(host: str) -> None:
    """Plain HTTP is for this machine alone."""
    with pytest.raises(SettingsError, match="clear"):
        SendGrid(Access(KEY, host))


def test_the_region_names_the_host_unless_another_is_given() -> None:
    """EU regional accounts have their own host; tests point elsewhere."""
    assert host_for("eu") == HOSTS["eu"] == "https://api.eu.sendgrid.com"
    assert host_for("global", "http://127.0.0.1:8025/") == "http://127.0.0.1:8025"


@pytest.mark.parametrize("batch", [0, 1001])
def test_a_batch_that_sendgrid_would_refuse_is_refused(batch: int) -> None:
    """1 to 1,000 people a request."""
    with pytest.raises(ValueError, match="1000"):
        SendGrid(Access(KEY), batch=batch)


def test_no_proxy_of_the_environment_gets_between_this_machine_and_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A proxy would break a stand-in, and see a key."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with StandIn() as sendgrid:
        collected, ended = deliver(parcels(1), access(sendgrid))
    assert ended is None
    assert collected.states == {0: State.ACCEPTED}


# What stops a run


def test_a_wrong_key_stops_the_run_and_loses_nobody() -> None:
    """401 is about us: everybody is unsent, and the text says what to check."""
    with StandIn() as sendgrid:
        collected, ended = deliver(parcels(3), access(sendgrid, "SG.wrong"))
        assert len(sendgrid.seen) == 1
    assert isinstance(ended, TransportStopped)
    assert "SENDGRID_API_KEY" in ended.hint
    assert set(collected.states.values()) == {State.PENDING}


def test_an_unverified_sender_stops_the_run() -> None:
    """403 names the From address as the fault."""
    with StandIn(senders=["another@example.org"]) as sendgrid:
        collected, ended = deliver(parcels(3), access(sendgrid))
    assert isinstance(ended, TransportStopped)
    assert "verified Sender Identity" in ended.message
    assert set(collected.states.values()) == {State.PENDING}


@pytest.mark.parametrize("status", [401, 403, 404, 405, 406, 415])
def test_a_status_about_us_stops_the_run_and_leaves_the_rest_untouched(status: int) -> None:
    """The second request of the hand-over is never made."""
    two_editions = parcels(1, skeleton("members")) + parcels(2, skeleton("secretaries"))[1:]
    with StandIn() as sendgrid:
        sendgrid.script(Fault(wire=Wire.STATUS, status=status))
        collected, ended = deliver(two_editions, access(sendgrid))
        assert len(sendgrid.seen) == 1
    assert isinstance(ended, TransportStopped)
    assert collected.states == {0: State.PENDING}


@pytest.mark.parametrize("status", [200, 201, 204, 402, 418])
def test_an_answer_that_mail_send_never_gives_is_no_success(status: int) -> None:
    """Only 202 is; of these people it is unknown, and the run stops at one request."""
    with StandIn() as sendgrid:
        sendgrid.script(Fault(wire=Wire.STATUS, status=status))
        collected, ended = deliver(parcels(2), access(sendgrid))
    assert isinstance(ended, TransportStopped)
    assert set(collected.states.values()) == {State.UNKNOWN}


def test_a_redirect_is_not_followed_and_the_key_goes_nowhere() -> None:
    """The second host hears nothing at all."""
    heard: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.headers.get("Authorization", ""))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    other = HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=other.serve_forever, args=(0.01,))
    thread.start()
    try:
        for status in (301, 302, 303, 307, 308):
            with StandIn() as sendgrid:
                location = f"http://127.0.0.1:{other.server_address[1]}/v3/mail/send"
                sendgrid.script(Fault(wire=Wire.STATUS, status=status, headers=(("Location", location),)))
                collected, ended = deliver(parcels(1), access(sendgrid))
            assert isinstance(ended, TransportStopped)
            assert collected.states == {0: State.UNKNOWN}
    finally:
        other.shutdown()
        other.server_close()
        thread.join()
    assert heard == []


def test_requests_without_an_answer_stop_the_run_before_everybody_is_unknown() -> None:
    """Three in a row are enough; the other editions stay untouched."""
    editions = [parcels(number + 1, skeleton(f"segment{number}"))[-1] for number in range(6)]
    with StandIn() as sendgrid:
        sendgrid.script(*[Fault(wire=Wire.STATUS, status=503)] * 6)
        collected, ended = deliver(editions, access(sendgrid))
    assert isinstance(ended, TransportStopped)
    assert "3 requests in a row" in ended.message
    assert list(collected.states.values()) == [State.UNKNOWN] * 3


def test_an_acceptance_between_failures_lets_the_run_go_on() -> None:
    """Only failures in a row count."""
    editions = [parcels(number + 1, skeleton(f"segment{number}"))[-1] for number in range(4)]
    with StandIn() as sendgrid:
        failed = Fault(wire=Wire.STATUS, status=502)
        sendgrid.script(failed, failed)
        collected, ended = deliver(editions, access(sendgrid))
    assert ended is None
    assert list(collected.states.values()) == [State.UNKNOWN] * 2 + [State.ACCEPTED] * 2


def test_a_stop_begins_no_further_request() -> None:
    """What was not begun is not reported, and stays unsent."""
    editions = [parcels(number + 1, skeleton(f"segment{number}"))[-1] for number in range(3)]
    with StandIn() as sendgrid:
        collected, ended = deliver(editions, access(sendgrid), report=Collected(stop_after=1))
        assert sendgrid.addresses == ["member0@example.org"]
    assert ended is None
    assert collected.states == {0: State.ACCEPTED}


# Too many requests


def test_a_429_waits_for_the_reset_and_then_delivers() -> None:
    """No request is made before the time the header names."""
    clock = Clock()
    with StandIn(clock=clock) as sendgrid:
        sendgrid.rate.requests, sendgrid.rate.window_s = 1, 60.0
        editions = [parcels(number + 1, skeleton(f"segment{number}"))[-1] for number in range(3)]
        collected, ended = deliver(editions, access(sendgrid), pace=clock.pace())
        statuses = [seen.status for seen in sendgrid.seen]
    assert ended is None
    assert set(collected.states.values()) == {State.ACCEPTED}
    assert statuses == [202, 202, 202], "the header of the last allowed request already closes the gate"
    assert 60 <= clock.slept <= 121


def test_a_429_without_a_reset_waits_for_retry_after() -> None:
    """The older header counts seconds from now."""
    clock = Clock()
    with StandIn() as sendgrid:
        sendgrid.script(Fault(wire=Wire.STATUS, status=429, headers=(("Retry-After", "17"),)))
        collected, _ = deliver(parcels(2), access(sendgrid), pace=clock.pace())
    assert clock.slept == pytest.approx(17)
    assert collected.handed == [[0, 1], [0, 1]]
    assert set(collected.states.values()) == {State.ACCEPTED}


def test_a_429_that_names_no_time_is_met_by_ever_longer_waits() -> None:
    """1, 2, 4, 8 seconds, and jitter beyond that."""
    clock = Clock()
    with StandIn() as sendgrid:
        sendgrid.script(*[Fault(wire=Wire.STATUS, status=429)] * 4)
        collected, _ = deliver(parcels(1), access(sendgrid), pace=clock.pace())
    assert clock.slept == pytest.approx(1 + 2 + 4 + 8)
    assert collected.states == {0: State.ACCEPTED}


def test_a_reset_in_the_far_future_is_not_believed() -> None:
    """A broken header may cost minutes, not the run."""
    clock = Clock()
    with StandIn() as sendgrid:
        far = (("X-RateLimit-Reset", "99999999999"),)
        sendgrid.script(Fault(wire=Wire.STATUS, status=429, headers=far))
        deliver(parcels(1), access(sendgrid), pace=clock.pace())
    assert clock.slept == pytest.approx(300)


def test_a_stop_ends_a_wait_and_the_people_are_unsent() -> None:
    """They were handed over, so the report hears that they were not taken."""
    clock = Clock()
    with StandIn() as sendgrid:
        sendgrid.script(Fault(wire=Wire.STATUS, status=429, headers=(("Retry-After", "200"),)))
        collected, ended = deliver(
            parcels(2), access(sendgrid), pace=clock.pace(), report=Collected(stop_after=1)
        )
    assert ended is None
    assert clock.slept == 0
    assert set(collected.states.values()) == {State.PENDING}


# At a later time


def test_a_scheduled_send_always_carries_its_batch_id() -> None:
    """Without one nobody could call it back; the mail is held until its time."""
    clock = Clock()
    moment = datetime.fromtimestamp(clock.now, UTC) + timedelta(hours=2)
    with StandIn(clock=clock) as sendgrid:
        batch = sendgrid.account.new_batch()
        extras = Extras(scheduled=Scheduled(moment, batch))
        collected, _ = deliver(parcels(2), access(sendgrid), extras=extras, pace=clock.pace())
        assert sendgrid.account.delivered() == []
        clock.now += 2 * 3600
        assert len(sendgrid.account.delivered()) == 2
        assert {message.batch for message in sendgrid.account.accepted} == {batch}
    assert set(collected.states.values()) == {State.ACCEPTED}


@pytest.mark.parametrize("hours", [-1.0, 73.0])
def test_a_time_that_has_passed_or_is_too_far_ahead_stops_before_anything(hours: float) -> None:
    """SendGrid would send at once, or refuse: a person decides instead."""
    clock = Clock()
    scheduled = Scheduled(datetime.fromtimestamp(clock.now, UTC) + timedelta(hours=hours), "batch")
    with StandIn(clock=clock) as sendgrid:
        extras = Extras(scheduled=scheduled)
        collected, ended = deliver(parcels(2), access(sendgrid), extras=extras, pace=clock.pace())
        assert sendgrid.seen == []
    assert isinstance(ended, TransportStopped)
    assert collected.outcomes == {}


def test_a_schedule_without_zone_or_batch_cannot_be_made() -> None:
    """Both halves are one value."""
    with pytest.raises(ValueError, match="time zone"):
        Scheduled(datetime(2026, 11, 18, 9, 0), "batch")  # noqa: DTZ001 - the mistake in question
    with pytest.raises(ValueError, match="batch id"):
        Scheduled(datetime(2026, 11, 18, 9, 0, tzinfo=UTC), "")


def test_an_unsubscribe_group_goes_with_every_request() -> None:
    """So that opting out at SendGrid counts for this list alone."""
    with StandIn(groups=[77]) as sendgrid:
        deliver(parcels(1), access(sendgrid), extras=Extras(unsubscribe_group=77))
        assert sendgrid.account.accepted[0].body["asm"] == {"group_id": 77}
