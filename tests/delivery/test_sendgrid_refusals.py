"""A refused request is taken apart: culprits stand alone, everybody else gets the mail."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.delivery.outcome import State
from newsletter.delivery.transports import Parcel
from newsletter.errors import TransportStopped
from tests.sendgrid_mail import Collected, access, deliver, parcels, person, skeleton
from tests.sendgrid_stand_in import Fault, StandIn, Wire

SKELETON = skeleton()


@given(
    count=st.integers(2, 60),
    named=st.booleans(),
    status=st.sampled_from([400, 413]),
    data=st.data(),
)
@settings(max_examples=15, deadline=None)
def test_whoever_is_not_refused_is_accepted_in_few_requests(
    count: int, named: bool, status: int, data: st.DataObject
) -> None:
    """With k refused among n, the n - k others are accepted once each, in O(k log n) requests."""
    refused = data.draw(st.sets(st.integers(0, count - 1), max_size=min(8, count - 1)))
    with StandIn() as sendgrid:
        sendgrid.refuse(*[f"member{number}@example.org" for number in refused], named=named, status=status)
        collected, ended = deliver(parcels(count, SKELETON), access(sendgrid))
        requests, taken = len(sendgrid.seen), sendgrid.addresses
    assert ended is None
    assert len(taken) == len(set(taken)) == count - len(refused)
    assert collected.states == {
        number: State.REJECTED if number in refused else State.ACCEPTED for number in range(count)
    }
    assert requests <= 1 + 2 * len(refused) * (math.ceil(math.log2(count)) + 1)


def test_a_refusal_that_names_people_sets_them_apart_at_once() -> None:
    """Two named among 500 cost five requests: all, the others, the two, and each."""
    with StandIn() as sendgrid:
        sendgrid.refuse("member3@example.org", "member400@example.org")
        collected, _ = deliver(parcels(500, SKELETON), access(sendgrid))
        assert len(sendgrid.seen) == 5
    rejected = {number: outcome for number, outcome in collected.outcomes.items() if outcome.code == "400"}
    assert {number: outcome.state for number, outcome in rejected.items()} == {
        3: State.REJECTED,
        400: State.REJECTED,
    }
    assert rejected[3].detail == "Does not contain a valid address."


def test_everybody_refused_by_name_is_refused() -> None:
    """The addresses are at fault, not we."""
    with StandIn() as sendgrid:
        sendgrid.refuse("member0@example.org", "member1@example.org", "member2@example.org")
        collected, ended = deliver(parcels(3, SKELETON), access(sendgrid))
    assert ended is None
    assert set(collected.states.values()) == {State.REJECTED}


def test_everybody_refused_without_a_name_is_our_fault_and_stops_the_run() -> None:
    """A bare `Bad Request` to all rejects nobody: it would lose a whole list to a mistake of ours."""
    with StandIn() as sendgrid:
        sendgrid.refuse(*[f"member{number}@example.org" for number in range(4)], named=False)
        collected, ended = deliver(parcels(4, SKELETON), access(sendgrid))
    assert isinstance(ended, TransportStopped)
    assert "Bad Request" in ended.message
    assert set(collected.states.values()) == {State.PENDING}


def test_a_refusal_of_what_all_share_stops_the_run_at_once() -> None:
    """A field outside the personalizations is about us: nothing is taken apart."""
    body = b'{"errors":[{"message":"The template is not valid.","field":"template_id"}]}'
    with StandIn() as sendgrid:
        sendgrid.script(Fault(wire=Wire.STATUS, status=400, body=body))
        collected, ended = deliver(parcels(8, SKELETON), access(sendgrid))
        assert len(sendgrid.seen) == 1
    assert isinstance(ended, TransportStopped)
    assert "The template is not valid." in ended.message
    assert set(collected.states.values()) == {State.PENDING}


@pytest.mark.parametrize("named", [True, False])
def test_a_stop_in_the_middle_leaves_nobody_unreported(named: bool) -> None:
    """Whoever was in the refused request and not in a later one was not mailed, and the report says so."""
    with StandIn() as sendgrid:
        sendgrid.refuse("member1@example.org", named=named)
        collected, _ = deliver(parcels(16, SKELETON), access(sendgrid), report=Collected(stop_after=2))
        taken = set(sendgrid.addresses)
    assert set(collected.states) == set(range(16))
    accepted = {
        f"member{number}@example.org" for number, state in collected.states.items() if state is State.ACCEPTED
    }
    assert accepted == taken
    assert State.UNKNOWN not in collected.states.values()


def test_a_fault_while_taking_apart_leaves_nobody_unreported() -> None:
    """400, then a lost reply for one half, then the other half accepted."""
    with StandIn() as sendgrid:
        sendgrid.script(Fault(wire=Wire.STATUS, status=400), Fault(wire=Wire.CLOSE))
        collected, ended = deliver(parcels(4, SKELETON), access(sendgrid))
    assert ended is None
    assert collected.states == {0: State.UNKNOWN, 1: State.UNKNOWN, 2: State.ACCEPTED, 3: State.ACCEPTED}


def test_one_person_beyond_a_limit_is_refused_here_and_the_others_are_mailed() -> None:
    """10,000 bytes of personal values: the stand-in never sees the violation."""
    people = [*parcels(2, SKELETON), Parcel(person(2, "L" * 6000), SKELETON, "attempt-2")]
    with StandIn() as sendgrid:
        collected, ended = deliver(people, access(sendgrid))
        assert len(sendgrid.addresses) == 2
    assert ended is None
    assert collected.outcomes[2].state is State.REJECTED
    assert "10,000 bytes" in collected.outcomes[2].detail
    assert collected.handed == [[0, 1]], "nothing of theirs was handed over"
