"""When what comes back says that something is wrong with us: by replies, and by what is told later."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path

import pytest

from newsletter.delivery.breaker import Breaker, Tolerance
from newsletter.delivery.engine import Ending
from newsletter.delivery.fate import Event, Fate
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.transports import Parcel
from tests.delivery.parts import HandClock, frozen, new_run, opened, send
from tests.delivery.scripted import Scripted, accept


@pytest.mark.parametrize(
    ("fates", "reason"),
    [
        ({Fate.DELIVERED: 90, Fate.BOUNCED: 10}, None),
        ({Fate.DELIVERED: 89, Fate.BOUNCED: 11}, "11 of the 100 people heard of since bounced"),
        ({Fate.DELIVERED: 40, Fate.BOUNCED: 50}, None),
        ({Fate.DELIVERED: 80, Fate.BLOCKED: 20}, "20 of the 100 people heard of since were blocked"),
        ({Fate.DELIVERED: 80, Fate.DROPPED: 20}, None),
        ({Fate.DELIVERED: 100, Fate.COMPLAINED: 2}, None),
        ({Fate.DELIVERED: 999, Fate.COMPLAINED: 3}, "3 of the 999 people heard of since complained"),
        ({Fate.DELIVERED: 2_000, Fate.COMPLAINED: 6}, None),
        ({Fate.DELIVERED: 2_000, Fate.UNSUBSCRIBED: 500, Fate.DEFERRED: 900}, None),
        ({}, None),
    ],
)
def test_what_is_told_later_stops_a_run_beyond_what_is_borne(
    fates: Mapping[Fate, int], reason: str | None
) -> None:
    """A tenth that bounce or are blocked, three in a thousand who complain; of few, nothing follows."""
    breaker = Breaker(Tolerance())
    breaker.hear(fates)
    assert breaker.reason == reason


def test_a_run_ends_while_its_bounces_come_in(either: Path) -> None:
    """They are told to the ledger by another process; whoever was not sent to is pending, and the exit is 5."""
    clock, numbers = HandClock(), count()

    def bounce(parcel: Parcel) -> Outcome:
        """Accepted now; of each it is told a moment later that it bounced."""
        clock.time += 0.1
        event = Event(
            source="test",
            id=str(next(numbers)),
            fate=Fate.BOUNCED,
            name="bounce",
            at=clock.time,
            run=run.name,
            code=parcel.person.code,
            attempt=parcel.attempt,
        )
        with opened(either, clock) as elsewhere:
            elsewhere.events.take([event])
        return accept(parcel)

    with opened(either, clock) as ledger:
        run = ledger.freeze(new_run(), frozen(range(250)))
        summary = send(ledger, run, Scripted(bounce, batch=10), clock=clock)
    assert (summary.ending, summary.exit_code) == (Ending.BLOCKED, 5)
    assert "bounced" in summary.reason
    assert 100 <= summary.counts.accepted < 200
    assert summary.counts.accepted + summary.counts.pending == 250


def test_what_was_told_before_a_resume_does_not_stop_it_again(either: Path) -> None:
    """A person has seen to the cause, and says so by resuming."""
    clock = HandClock()
    with opened(either, clock) as ledger:
        run = ledger.freeze(new_run(), frozen(range(120)))
        for number, (person, _, code) in enumerate(frozen(range(120))):
            del person
            event = Event(
                source="test", id=str(number), fate=Fate.BOUNCED, name="bounce", at=1.0, run=run.name, code=code
            )
            ledger.events.take([event])
        clock.time += 60

        def slowly(parcel: Parcel) -> Outcome:
            clock.time += 1
            return accept(parcel)

        assert send(ledger, run, Scripted(slowly), clock=clock).ending is Ending.DONE
