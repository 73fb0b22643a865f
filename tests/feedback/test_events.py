"""Events in the ledger: any order, any number of times, the same end; and what follows from them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from newsletter.delivery.events import Taken
from newsletter.delivery.fate import RANK, Event, Fate, Standing, fold
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import State
from newsletter.delivery.readings import Folder, Seen
from newsletter.delivery.run import Kind, Run
from newsletter.delivery.schema import events, people
from newsletter.message import code_for, coder
from newsletter.model import issue_part
from tests.delivery.parts import ISSUE, HandClock, address_of, frozen, new_run, opened, use_postgres
from tests.delivery.sender import SECRET

NOW = HandClock().now()
ATTEMPT = "a1"
HARD = "no such mailbox"
NAMELESS: dict[str, Any] = {"run": "", "code": "", "attempt": None}


@contextmanager
def a_ledger(*, in_postgres: bool = False) -> Iterator[Ledger]:
    with tempfile.TemporaryDirectory() as folder:
        if in_postgres:
            use_postgres(Path(folder))
        with opened(Path(folder)) as ledger:
            yield ledger


@contextmanager
def sent(*states: State, in_postgres: bool = False, **changes: Any) -> Iterator[tuple[Ledger, Run]]:
    """A ledger with one run, whose people stand in these states after an attempt."""
    with a_ledger(in_postgres=in_postgres) as ledger:
        run = ledger.freeze(new_run(transport="sendgrid", **changes), frozen(range(len(states))))
        with ledger._database.write() as connection:
            for number, state in enumerate(states):
                connection.execute(
                    update(people)
                    .where(people.c.id == run.first_id + number)
                    .values(state=state, attempt=ATTEMPT, attempts=1, claimed_at=NOW, provider_id="req")
                )
        yield ledger, run


def event(of: Run, number: int, fate: Fate, *, name: str = "", **changes: Any) -> Event:
    plain: dict[str, Any] = {
        "source": "sendgrid",
        "id": name or f"{number} {fate}",
        "fate": fate,
        "name": fate.value,
        "at": NOW + 10,
        "run": of.name,
        "code": code_for(address_of(number), SECRET),
        "attempt": ATTEMPT,
    }
    return Event(**plain | changes)


def states(ledger: Ledger) -> list[State]:
    return [row.state for row in ledger.accounts.rows(ISSUE)]


def suppressed(ledger: Ledger) -> set[tuple[str, str]]:
    """Everybody who is, with every reason there is."""
    keys = {each.key for each in ledger.suppressions}
    return {(key, each.reason) for key in keys for each in ledger.suppressions.history(key)}


FATES = st.sampled_from(list(Fate))


@given(st.lists(FATES), st.lists(FATES), st.lists(FATES))
def test_standings_are_a_join(one: list[Fate], two: list[Fate], three: list[Fate]) -> None:
    """Commutative, associative, idempotent: so the order of events, and their number, are no matter."""
    a, b, c = fold(one), fold(two), fold(three)
    assert a.join(b) == b.join(a) == fold([*one, *two])
    assert a.join(b).join(c) == a.join(b.join(c))
    assert a.join(a) == a == a.join(Standing())


@given(st.lists(FATES))
def test_a_standing_only_rises(fates: list[Fate]) -> None:
    """Good news that comes late takes nothing back."""
    so_far = [fold(fates[:number]) for number in range(len(fates) + 1)]
    ranks = [RANK.get(each.delivery, 0) if each.delivery else 0 for each in so_far]
    assert ranks == sorted(ranks)


HISTORY = st.lists(
    st.tuples(
        st.integers(0, 2),
        FATES,
        st.sampled_from([ATTEMPT, "a0", "", None]),
        st.sampled_from(["", "", HARD, "unsubscribed"]),
        st.integers(0, 50),
    ),
    max_size=12,
    unique=True,
)


@settings(max_examples=15, deadline=None)
@given(history=HISTORY, random=st.randoms(use_true_random=False), repeats=st.integers(1, 3))
def test_any_order_and_any_number_of_times_ends_the_same(
    history: list[tuple[int, Fate, str | None, str, int]], random: Random, repeats: int
) -> None:
    """States, suppressions and results, however the posts were cut, shuffled and repeated."""
    ends = []
    for untidy in (False, True):
        with sent(State.UNKNOWN, State.ACCEPTED, State.REJECTED) as (ledger, run):
            told = [
                event(run, number, fate, name=f"e{at}", attempt=attempt, suppress=suppress, at=NOW + at)
                for at, (number, fate, attempt, suppress, _) in enumerate(history)
            ]
            if untidy:
                told *= repeats
                random.shuffle(told)
                cut = random.randint(0, len(told))
                ledger.events.take(told[:cut])
                ledger.events.take(told[cut:])
            else:
                ledger.events.take(told)
            results = ledger.events.results(ISSUE)
            assert results is not None
            ends.append((states(ledger), suppressed(ledger), results.moments, _model(told)))
    assert ends[0] == ends[1]


def _model(told: Sequence[Event]) -> dict[str, Standing]:
    """What the events of the last attempt come to, person by person, by the pure fold."""
    wanted = [each for each in told if each.attempt in {ATTEMPT, "", None}]
    codes = {each.code for each in wanted}
    return {code: fold(each.fate for each in wanted if each.code == code) for code in codes}


@settings(max_examples=12, deadline=None)
@given(history=HISTORY)
def test_the_results_are_the_fold(history: list[tuple[int, Fate, str | None, str, int]]) -> None:
    """What SQL counts is what the ten lines of `fate` say."""
    with sent(State.ACCEPTED, State.ACCEPTED, State.ACCEPTED) as (ledger, run):
        told = [
            event(run, number, fate, name=f"e{at}", attempt=attempt)
            for at, (number, fate, attempt, *_) in enumerate(history)
        ]
        ledger.events.take(told)
        results = ledger.events.results(ISSUE)
        assert results is not None
        stand = _model(told).values()
        for fate in (Fate.DELIVERED, Fate.DEFERRED, Fate.BOUNCED, Fate.BLOCKED, Fate.DROPPED):
            assert results.count(fate) == sum(each.delivery is fate for each in stand)
        assert results.count(Fate.COMPLAINED) == sum(each.complained for each in stand)
        assert results.count(Fate.UNSUBSCRIBED) == sum(each.unsubscribed for each in stand)


def test_an_event_of_an_attempt_settles_whoever_was_unknown() -> None:
    """It proves that the mail was taken; an event of another attempt, or of none, proves nothing."""
    with sent(State.UNKNOWN, State.UNKNOWN, State.UNKNOWN, State.UNKNOWN) as (ledger, run):
        taken = ledger.events.take(
            [
                event(run, 0, Fate.PROCESSED),
                event(run, 1, Fate.DELIVERED, attempt="another"),
                event(run, 2, Fate.UNSUBSCRIBED, attempt=None, run=""),
                event(run, 3, Fate.BOUNCED, attempt=""),
            ]
        )
        assert taken.settled == 2
        assert states(ledger) == [State.ACCEPTED, State.UNKNOWN, State.UNKNOWN, State.ACCEPTED]


@pytest.mark.parametrize(
    "state", [State.PENDING, State.DEFERRED, State.REJECTED, State.SUPPRESSED, State.ACCEPTED]
)
def test_nobody_else_is_moved(state: State) -> None:
    """A bounce after the acceptance is another axis, and a person's own word stands."""
    with sent(state) as (ledger, run):
        ledger.events.take([event(run, 0, Fate.BOUNCED, suppress=HARD), event(run, 0, Fate.DELIVERED)])
        assert states(ledger) == [state]


def test_an_event_settles_the_person_of_its_own_run_alone() -> None:
    """The same mailbox is unknown in two issues; the event of one says nothing of the other."""
    with sent(State.UNKNOWN) as (ledger, first):
        second = ledger.freeze(new_run(issue="another", transport="sendgrid"), frozen(range(1)))
        with ledger._database.write() as connection:
            connection.execute(update(people).values(state=State.UNKNOWN, attempt=ATTEMPT, claimed_at=NOW))
        assert ledger.events.take([event(second, 0, Fate.PROCESSED)]).settled == 1
        assert states(ledger) == [State.UNKNOWN]
        assert ledger.events.settle() == 0
        assert ledger.events.take([event(first, 0, Fate.DELIVERED)]).settled == 1


def test_an_event_that_came_before_the_process_died_counts_afterwards() -> None:
    """The provider was faster than the sender, which then died with the claim in its hands."""
    with sent(State.CLAIMED) as (ledger, run):
        assert ledger.events.take([event(run, 0, Fate.PROCESSED)]).settled == 0
        with ledger._database.write() as connection:
            connection.execute(update(people).values(state=State.UNKNOWN))
        assert ledger.events.settle() == 1
        assert states(ledger) == [State.ACCEPTED]


def test_an_event_counts_once() -> None:
    """Also what follows from it: an opt-out that a person lifted is not brought back by the same event."""
    with sent(State.ACCEPTED) as (ledger, run):
        told = [event(run, 0, Fate.UNSUBSCRIBED, suppress="unsubscribed")]
        assert ledger.events.take([*told, *told]) == Taken(new=1, suppressed=1)
        ledger.suppressions.lift(address_of(0), why="asked to come back")
        assert ledger.events.take(told) == Taken(known=1)
        assert not suppressed(ledger)


def test_good_news_lifts_nothing() -> None:
    """Neither a late delivery nor the provider's own page brings anybody back."""
    with sent(State.ACCEPTED) as (ledger, run):
        ledger.events.take([event(run, 0, Fate.BOUNCED, suppress=HARD)])
        ledger.events.take([event(run, 0, Fate.DELIVERED), event(run, 0, Fate.RESUBSCRIBED)])
        assert suppressed(ledger) == {(address_of(0), HARD)}


def test_an_event_without_a_name_finds_its_person_by_address_and_time() -> None:
    """A bounce long after the delivery comes without our arguments: the last mail to that address is meant."""
    with sent(State.ACCEPTED, State.ACCEPTED) as (ledger, run):
        taken = ledger.events.take(
            [
                event(run, 0, Fate.BOUNCED, **NAMELESS, key=address_of(0), at=NOW + 86_400),
                event(run, 1, Fate.BOUNCED, **NAMELESS, key=address_of(1), at=NOW + 30 * 86_400),
                event(run, 1, Fate.BLOCKED, **NAMELESS, key=address_of(1), provider_id="other request"),
                event(run, 1, Fate.DELIVERED, **NAMELESS, key=address_of(1), provider_id="req"),
            ]
        )
        assert (taken.new, taken.strangers) == (4, 2)
        results = ledger.events.results(ISSUE)
        assert results is not None
        assert (results.count(Fate.BOUNCED), results.count(Fate.DELIVERED)) == (1, 1)


def test_an_event_that_names_the_issue_is_about_that_and_settles_it() -> None:
    """Of several that the person had, whatever the newest is; of an issue that is not here it is nobody's."""
    with sent(State.UNKNOWN, issue="an/older one") as (ledger, older):
        newer = ledger.freeze(new_run(issue="newer", transport="sendgrid"), frozen(range(1)))
        with ledger._database.write() as connection:
            connection.execute(
                update(people).where(people.c.id == newer.first_id).values(state=State.UNKNOWN, claimed_at=NOW)
            )
        named = {"run": "", "attempt": ""}
        taken = ledger.events.take(
            [
                event(newer, 0, Fate.BOUNCED, name="here", issue=issue_part("an/older one"), **named),
                event(newer, 0, Fate.BOUNCED, name="elsewhere", issue="of-another-ledger", **named),
            ]
        )
        assert (taken.new, taken.strangers, taken.settled) == (2, 1, 1)
        (old,), (new,) = ledger.accounts.rows(older.issue), ledger.accounts.rows("newer")
        assert (old.state, new.state) == (State.ACCEPTED, State.UNKNOWN)


def test_an_opt_out_of_somebody_in_no_run_is_kept_all_the_same() -> None:
    """By the address that the provider names, or by the code alone."""
    with sent(State.ACCEPTED) as (ledger, run):
        told = [
            event(
                run,
                7,
                Fate.COMPLAINED,
                run="",
                code="",
                attempt=None,
                key="x@example.org",
                suppress="complained",
            ),
            event(run, 8, Fate.UNSUBSCRIBED, run="", attempt=None, suppress="unsubscribed"),
        ]
        assert ledger.events.take(told).suppressed == 2
        assert suppressed(ledger) == {
            ("x@example.org", "complained"),
            (code_for(address_of(8), SECRET), "unsubscribed"),
        }


def test_the_test_copy_of_another_run_is_not_mistaken_for_somebody() -> None:
    """Its rows make room for the next ones, which may have the same numbers."""
    with sent(State.ACCEPTED, kind=Kind.TEST) as (ledger, test):
        ledger.events.take([event(test, 0, Fate.BOUNCED)])
        ledger.freeze(new_run(kind=Kind.TEST), [])
        ledger.freeze(new_run(transport="sendgrid"), frozen(range(1)))
        results = ledger.events.results(ISSUE)
        assert results is not None
        assert not results.heard


def test_results_say_when() -> None:
    """Each person at the time of what they came to; the last stretch holds everybody."""
    with sent(*[State.ACCEPTED] * 4) as (ledger, run):
        ledger.events.take(
            [
                *(event(run, number, Fate.DELIVERED, at=NOW + 60) for number in (0, 1, 2)),
                event(run, 2, Fate.BOUNCED, at=NOW + 3600),
                event(run, 3, Fate.DEFERRED, at=NOW + 30),
            ]
        )
        results = ledger.events.results(ISSUE)
        assert results is not None
        assert (results.accepted, results.last_at) == (4, NOW + 3600)
        assert results.over_time(Fate.DELIVERED, 4) == (2, 2, 2, 2)
        assert results.over_time(Fate.BOUNCED, 4) == (0, 0, 0, 1)
        assert results.times(4)[-1] == NOW + 3600
        assert results.counts[Fate.DEFERRED] == 1
    with a_ledger() as ledger:
        assert ledger.events.results(ISSUE) is None


@pytest.mark.parametrize("in_postgres", [False, True], ids=["sqlite", "postgresql"])
def test_both_databases_say_the_same(in_postgres: bool) -> None:
    """What is new, whose it is, what follows, what it comes to, and what was read."""
    with sent(State.UNKNOWN, State.ACCEPTED, State.ACCEPTED, in_postgres=in_postgres) as (ledger, run):
        told = [
            event(run, 0, Fate.PROCESSED),
            event(run, 1, Fate.DELIVERED, at=NOW + 0.123456),
            event(run, 1, Fate.BOUNCED, at=NOW + 3600, suppress=HARD),
            event(
                run, 2, Fate.COMPLAINED, run="", code="", attempt=None, key=address_of(2), suppress="complained"
            ),
            event(run, 9, Fate.DELIVERED),
        ]
        first = ledger.events.take(told)
        assert first == Taken(new=5, strangers=1, suppressed=2, settled=1)
        assert ledger.events.take([*told, *told]) == Taken(known=5)
        assert states(ledger) == [State.ACCEPTED] * 3
        assert suppressed(ledger) == {(address_of(1), HARD), (address_of(2), "complained")}
        results = ledger.events.results(ISSUE)
        assert results is not None
        assert results.moments == {Fate.BOUNCED: ((NOW + 3600, 1),), Fate.COMPLAINED: ((NOW + 10, 1),)}
        folder = Folder("maya@mail.example.org/INBOX", 2**32 - 1)
        ledger.readings.note(folder, [Seen(2**32 - 2, "bounce", "move"), Seen(7, "letter")])
        ledger.readings.note(folder, [Seen(7, "letter")])
        assert (ledger.readings.last(folder), ledger.readings.due(folder)) == (
            2**32 - 2,
            {"move": (2**32 - 2,)},
        )
        ledger.readings.done(folder, [2**32 - 2])
        assert ledger.readings.due(folder) == {}
        ledger.readings.finish("mailbox")
        ledger.readings.finish("mailbox")
        assert ledger.readings.finished() == {"mailbox": NOW}


def test_of_strangers_no_words_are_kept() -> None:
    """They could never be found again to be erased; what names nobody is kept until it is old."""
    with sent() as (ledger, run):
        strange = NAMELESS | {"detail": "550 no such user Zebulon"}
        ledger.events.take(
            [
                event(run, 0, Fate.BOUNCED, name="mailbox", **strange | {"key": "zebulon@example.org"}),
                event(run, 0, Fate.BOUNCED, name="code", **strange | {"code": "a" * 16}),
                event(run, 0, Fate.OTHER, name="account", **strange | {"detail": "suspended"}),
            ]
        )
        assert words(ledger) == {"suspended"}
        ledger.forgetting._code_of = coder(SECRET)
        ledger.forgetting.before(NOW + 1e9)
        assert words(ledger) == set()


def words(ledger: Ledger) -> set[str]:
    """Whatever was said in any event."""
    with ledger._database.read() as connection:
        return set(connection.scalars(select(events.c.detail))) - {""}
