"""What the transport believes after a fault on the wire, held against what the stand-in did."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass

import pytest

from newsletter.delivery.outcome import State
from newsletter.delivery.transports import LineLost
from newsletter.delivery.transports.sendgrid import Access
from newsletter.errors import TransportStopped
from tests.sendgrid_mail import Clock, Collected, access, deliver, parcels, skeleton
from tests.sendgrid_stand_in import KEY, Acceptance, Fault, StandIn, Wire

UNSENT = {State.PENDING, State.DEFERRED, State.REJECTED}
NEVER, BEFORE, LATE = Acceptance.NEVER, Acceptance.BEFORE, Acceptance.LATE
MESSAGE_ID = (("X-Message-Id", "scripted"),)


@dataclass(frozen=True)
class Case:
    """A fault, and what is to be believed whether or not the request was taken."""

    wire: Wire
    believed: frozenset[State]
    status: int = 202
    acceptances: tuple[Acceptance, ...] = (NEVER, BEFORE, LATE)

    def __str__(self) -> str:
        return f"{self.wire.name}-{self.status}"


def case(wire: Wire, *believed: State, status: int = 202, only: Acceptance | None = None) -> Case:
    """`only` where the wire says what became of the request, so that the opposite would be a lie."""
    return Case(wire, frozenset(believed), status, (NEVER, BEFORE, LATE) if only is None else (only,))


CASES = [
    case(Wire.CLOSE, State.UNKNOWN),
    case(Wire.RESET, State.UNKNOWN),
    case(Wire.HANG, State.UNKNOWN),
    case(Wire.CUT_STATUS, State.UNKNOWN),
    case(Wire.GARBAGE, State.UNKNOWN),
    case(Wire.ENDLESS, State.UNKNOWN),
    case(Wire.CUT_BODY, State.UNKNOWN),
    case(Wire.CUT_BODY, State.UNKNOWN, status=500),
    case(Wire.CUT_BODY, State.UNKNOWN, status=429, only=NEVER),
    case(Wire.CUT_HEADERS, State.ACCEPTED, only=BEFORE),
    case(Wire.DRIP, State.UNKNOWN),
    *[case(Wire.STATUS, State.UNKNOWN, status=status) for status in (408, 500, 502, 503, 504, 520, 599)],
    *[case(Wire.STATUS, State.UNKNOWN, status=status) for status in (200, 201, 204, 302, 307)],
    case(Wire.STATUS, State.ACCEPTED, status=202, only=BEFORE),
    *[case(Wire.STATUS, State.PENDING, status=status, only=NEVER) for status in (401, 403, 404, 405)],
    # Refused as a whole, then accepted in halves.
    case(Wire.STATUS, State.ACCEPTED, status=400, only=NEVER),
    # Accepted after the wait.
    case(Wire.STATUS, State.ACCEPTED, status=429, only=NEVER),
    # What the kernel had in hand decides whether the client fails while sending or while reading.
    case(Wire.RESET_EARLY, State.UNKNOWN, State.PENDING, only=NEVER),
    case(Wire.EARLY_STATUS, State.UNKNOWN, State.PENDING, State.ACCEPTED, status=413, only=NEVER),
    case(Wire.EARLY_STATUS, State.UNKNOWN, State.PENDING, status=503, only=NEVER),
]
MATRIX = [
    pytest.param(one, acceptance, id=f"{one}-{acceptance.name}")
    for one in CASES
    for acceptance in one.acceptances
]


@pytest.mark.parametrize(("one", "acceptance"), MATRIX)
def test_nobody_is_called_unsent_whose_mail_was_taken(one: Case, acceptance: Acceptance) -> None:
    """Each fault, with the request taken before it, after it, or not at all."""
    fault = Fault(wire=one.wire, acceptance=acceptance, status=one.status, headers=MESSAGE_ID, pause_s=0.05)
    with StandIn() as sendgrid:
        sendgrid.script(fault)
        reached = access(sendgrid, step_s=0.3, whole_s=0.4)
        collected, _ = deliver(parcels(3), reached, pace=Clock().pace())
        sendgrid.accept_late()
        taken = set(sendgrid.addresses)
    assert set(collected.states) == {0, 1, 2}, "whoever was handed over is reported"
    believed_unsent = {
        f"member{number}@example.org" for number, state in collected.states.items() if state in UNSENT
    }
    assert not believed_unsent & taken
    accepted = {
        f"member{number}@example.org" for number, state in collected.states.items() if state is State.ACCEPTED
    }
    assert accepted <= taken
    assert set(collected.states.values()) <= one.believed


def test_a_port_that_nobody_listens_on_loses_the_line_and_nobody_else() -> None:
    """The request was never whole, so everybody is unsent at once."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        collected, ended = deliver(parcels(3), Access(KEY, url))
    assert isinstance(ended, LineLost)
    assert "refused" in ended.detail.lower()
    assert set(collected.states.values()) == {State.PENDING}


def test_a_server_that_stops_reading_cannot_have_the_request() -> None:
    """A time-out while sending is unsent: the rest of the body never left."""
    large = skeleton(filler="x" * 12_000_000)
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        collected, ended = deliver(parcels(1, large), Access(KEY, url, step_s=0.3, whole_s=5.0))
    assert isinstance(ended, LineLost)
    assert collected.states == {0: State.PENDING}


def test_a_reply_that_drips_is_ended_by_the_deadline() -> None:
    """Each byte comes within the socket's time-out; only the whole takes too long."""
    with StandIn() as sendgrid:
        sendgrid.script(Fault(wire=Wire.DRIP, acceptance=BEFORE, pause_s=0.1))
        begun = time.monotonic()
        collected, ended = deliver(parcels(1), access(sendgrid, step_s=5.0, whole_s=0.5))
        took_s = time.monotonic() - begun
    assert ended is None
    assert collected.states == {0: State.UNKNOWN}
    assert took_s < 3


def test_a_slow_reply_within_the_deadline_is_a_reply() -> None:
    """The deadline ends nothing that would have ended well."""
    with StandIn() as sendgrid:
        sendgrid.script(Fault(wire=Wire.DRIP, acceptance=BEFORE, headers=MESSAGE_ID, pause_s=0.001))
        collected, _ = deliver(parcels(1), access(sendgrid))
    assert collected.outcomes[0].provider_id == "scripted"


def test_a_request_larger_than_sendgrid_takes_is_never_sent() -> None:
    """Taken apart until each is known: here one message alone is too large, so everybody's is."""
    # In JSON, which is ASCII, each of these takes six bytes.
    huge = skeleton(filler="é" * 5_000_000)
    with StandIn() as sendgrid:
        collected, ended = deliver(parcels(2, huge), access(sendgrid))
        assert sendgrid.seen == []
    assert isinstance(ended, TransportStopped)
    assert "too large" in ended.message
    assert set(collected.states.values()) == {State.PENDING}


def test_a_hang_is_bounded_and_the_next_request_goes_out() -> None:
    """One lost reply is no reason to stop."""
    two_editions = parcels(1, skeleton("members")) + parcels(2, skeleton("secretaries"))[1:]
    with StandIn() as sendgrid:
        sendgrid.script(Fault(wire=Wire.HANG, acceptance=BEFORE))
        collected, ended = deliver(
            two_editions, access(sendgrid, step_s=0.3), pace=Clock().pace(), report=Collected()
        )
    assert ended is None
    assert collected.states == {0: State.UNKNOWN, 1: State.ACCEPTED}
