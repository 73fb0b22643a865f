"""The judge of the crash tests judges: each thing that may go wrong is called wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from newsletter.delivery.outcome import State
from tests.crash.truth import SIX, Truth

PENDING, CLAIMED, ACCEPTED, UNKNOWN = State.PENDING, State.CLAIMED, State.ACCEPTED, State.UNKNOWN
REJECTED, DEFERRED = State.REJECTED, State.DEFERRED


def truth(states: Mapping[str, State], *arrived: str, state: str = "complete", again: str = "") -> Truth:
    """A truth of the people of `states`, with a status that agrees."""
    numbers = dict.fromkeys(SIX, 0)
    for each in states.values():
        numbers["unknown" if each is CLAIMED else each.value] += 1
    return Truth(
        planned=frozenset(states),
        states=states,
        arrived=Counter(arrived),
        status={"state": state, "planned": len(states), **numbers},
        again=frozenset(again),
    )


@pytest.mark.parametrize(
    "good",
    [
        truth({"a": ACCEPTED, "b": ACCEPTED}, "a", "b"),
        truth({"a": ACCEPTED, "b": UNKNOWN}, "a", "b"),
        truth({"a": ACCEPTED, "b": UNKNOWN}, "a"),
        truth({"a": ACCEPTED}, "a", "a", again="a"),
    ],
)
def test_what_was_promised_is_no_fault(good: Truth) -> None:
    """Somebody unknown may have it or not; twice only after a person's word."""
    assert list(good.faults_at_the_end()) == []


@pytest.mark.parametrize(
    "good", [truth({"a": PENDING, "b": CLAIMED}, "b"), truth({"a": PENDING, "b": CLAIMED}), truth({})]
)
def test_right_after_a_kill_somebody_may_be_pending_or_in_dead_hands(good: Truth) -> None:
    """Only not at the end."""
    assert list(good.faults()) == []


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (truth({"a": ACCEPTED}), "1 accepted in the ledger, and never arrived"),
        (truth({"a": PENDING}, "a"), "1 arrived, and not sent by the ledger"),
        (truth({"a": REJECTED}, "a"), "1 arrived, and not sent by the ledger"),
        (truth({"a": ACCEPTED}, "a", "stranger"), "1 arrived, and not sent by the ledger"),
        (truth({"a": ACCEPTED}, "a", "a"), "1 twice"),
        (truth({"a": UNKNOWN}, "a", "a"), "1 twice"),
        (truth({"a": ACCEPTED}, "a", "a", "a", again="a"), "1 twice"),
        (truth({"a": PENDING}), "1 neither accepted nor unknown at the end"),
        (truth({"a": DEFERRED}), "1 neither accepted nor unknown at the end"),
        (truth({"a": CLAIMED}), "1 neither accepted nor unknown at the end"),
        (truth({"a": ACCEPTED}, "a", state="paused"), "paused at the end"),
    ],
)
def test_each_broken_promise_is_a_fault(bad: Truth, why: str) -> None:
    """It is named, with the number of people."""
    assert why in list(bad.faults_at_the_end())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"pending": 1}, "the sum is not closed"),
        ({"planned": 3, "pending": 1}, "3 planned in status, and 2 in truth"),
        ({"accepted": 1, "unknown": 1}, "status and rows differ on those accepted"),
    ],
)
def test_a_status_that_does_not_add_up_is_a_fault(change: Mapping[str, int], why: str) -> None:
    """The sum, the plan and the rows are held against it."""
    good = truth({"a": ACCEPTED, "b": ACCEPTED}, "a", "b")
    assert good.status is not None
    bad = Truth(
        planned=good.planned, states=good.states, arrived=good.arrived, status={**good.status, **change}
    )
    assert why in list(bad.faults())


def test_a_run_that_lost_somebody_of_the_plan_is_a_fault() -> None:
    """Also when its own sum is closed, and when `status` denies it."""
    good = truth({"a": ACCEPTED}, "a")
    short = Truth(planned=frozenset({"a", "b"}), states=good.states, arrived=good.arrived, status=good.status)
    assert "the ledger's people are not those of the plan" in list(short.faults())
    denied = Truth(planned=good.planned, states=good.states, arrived=good.arrived, status=None)
    assert "a run stands in the ledger, and status knows nothing of it" in list(denied.faults())
