"""The states as a table, and the step from an outcome to a row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.outcome import TRANSITIONS, Cause, Outcome, Patience, State, settle, sources

PATIENCE = Patience()
states = st.sampled_from([State.PENDING, State.ACCEPTED, State.DEFERRED, State.REJECTED, State.UNKNOWN])


def test_every_state_stands_in_the_table() -> None:
    """A state without an entry would be a state nobody thought of."""
    assert set(TRANSITIONS) == set(State)


def test_accepted_is_final() -> None:
    """Nothing moves a person who has had the mail; what is kept for later can be called back by a person."""
    assert TRANSITIONS[State.ACCEPTED] == {Cause.RECALL: {State.UNKNOWN, State.PENDING}}


def test_only_a_claimed_person_can_have_been_mailed() -> None:
    """What a transport says counts for claims alone."""
    for state in State:
        assert sources(state, Cause.REPLY) <= {State.CLAIMED}


def test_no_machine_takes_an_unknown_person_again() -> None:
    """Unknown is left by evidence, its owner's late word or a person's, never by a claim or a recovery."""
    assert set(TRANSITIONS[State.UNKNOWN]) == {Cause.LATE_WORD, Cause.EVIDENCE, Cause.RECALL, Cause.WORD}
    assert State.UNKNOWN not in sources(State.CLAIMED, Cause.CLAIM)


def test_a_claim_is_the_only_way_to_be_claimed() -> None:
    """And only from pending, or deferred and due."""
    for cause in Cause:
        expected = {State.PENDING, State.DEFERRED} if cause is Cause.CLAIM else set()
        assert sources(State.CLAIMED, cause) == expected


@given(
    state=states,
    attempts=st.integers(1, 40),
    age_s=st.floats(0, 10 * 86_400),
    wait_s=st.none() | st.floats(0, 86_400),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_settling_keeps_what_the_transport_said_of_the_mail(
    state: State, attempts: int, age_s: float, wait_s: float | None, chance: float
) -> None:
    """Accepted, rejected and unknown stay; what was not sent is never settled as sent or unknown."""
    outcome = Outcome(1, state, retry_after_s=wait_s)
    settled = settle(outcome, attempts, now=age_s, frozen_at=0, patience=PATIENCE, chance=chance)
    if state in {State.ACCEPTED, State.REJECTED, State.UNKNOWN}:
        assert settled.state is state
    else:
        assert settled.state in {State.PENDING, State.DEFERRED, State.REJECTED}
    assert (settled.due_at is not None) == (settled.state is State.DEFERRED)
    if settled.due_at is not None:
        assert age_s + (wait_s or 0) <= settled.due_at <= PATIENCE.deadline_s
        assert settled.due_at >= age_s + PATIENCE.first_s


@pytest.mark.parametrize(
    ("attempts", "least_minutes", "most_minutes"), [(1, 10, 12.5), (2, 30, 37.5), (9, 360, 450)]
)
def test_a_greylisted_person_is_tried_after_minutes_and_then_rarely(
    attempts: int, least_minutes: float, most_minutes: float
) -> None:
    """First after 10 minutes, then from 30 on, at most 6 hours apart; spread by up to a quarter."""
    assert PATIENCE.delay_s(attempts, 0.0) == least_minutes * 60
    assert PATIENCE.delay_s(attempts, 0.9999) == pytest.approx(most_minutes * 60, rel=0.001)


def test_a_person_refused_for_now_is_given_up_at_the_deadline() -> None:
    """The reason says how often it was tried and what was said last."""
    late = PATIENCE.deadline_s - 60
    outcome = Outcome(1, State.DEFERRED, code="450 4.2.0", detail="Greylisted")
    settled = settle(outcome, 7, now=late, frozen_at=0, patience=PATIENCE, chance=0)
    assert settled.state is State.REJECTED
    assert settled.detail == "given up after 7 tries: Greylisted"


def test_a_time_the_server_named_is_honoured() -> None:
    """The later of its time and ours."""
    outcome = Outcome(1, State.DEFERRED, retry_after_s=7_200)
    assert settle(outcome, 1, now=100, frozen_at=0, patience=PATIENCE, chance=0).due_at == 7_300


def test_a_message_that_keeps_breaking_the_line_waits() -> None:
    """Three times it is simply sent again; the fourth time it is deferred."""
    again = [
        settle(Outcome(1, State.PENDING), attempts, now=0, frozen_at=0, patience=PATIENCE, chance=0).state
        for attempts in (1, 2, 3, 4)
    ]
    assert again == [State.PENDING, State.PENDING, State.PENDING, State.DEFERRED]
