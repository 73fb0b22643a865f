"""Forgetting people: the ledger adds up as before, and nobody who was forgotten is sent to again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.delivery.claims import Entry
from newsletter.delivery.database import LedgerError
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.mailboxes import without
from newsletter.delivery.outcome import Outcome, Settled, State
from newsletter.delivery.run import Counts, Kind, Run
from newsletter.errors import NotReady
from newsletter.message import coder
from newsletter.model import Recipient
from tests.delivery.parts import ISSUE, HandClock, address_of, frozen, new_run, opened, url_of
from tests.delivery.sender import SECRET

JO = address_of(1)
DAY_S = 86_400
code_of = coder(SECRET)


@contextmanager
def keyed(folder: Path, clock: HandClock | None = None) -> Iterator[Ledger]:
    ledger = Ledger.open(
        url_of(folder), processes=folder / "processes", now=(clock or HandClock()).now, code_of=code_of
    )
    try:
        yield ledger
    finally:
        ledger.close()


def settle(ledger: Ledger, run: Run, *states: State, detail: str = "") -> None:
    people = ledger.claims.claim(run, len(states), owner="a").people
    due_at = 9e9
    ledger.claims.record(
        "a",
        [
            Entry(
                Outcome(each.person.id, state),
                Settled(state, due_at if state is State.DEFERRED else None, detail),
            )
            for each, state in zip(people, states, strict=True)
        ],
    )


def counts(ledger: Ledger) -> Counts:
    status = ledger.accounts.status(ISSUE)
    assert status is not None
    return status.counts


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (State.ACCEPTED, Counts(accepted=1, pending=2)),
        (State.REJECTED, Counts(rejected=1, pending=2)),
        (State.UNKNOWN, Counts(unknown=1, pending=2)),
        (State.DEFERRED, Counts(suppressed=1, pending=2)),
        (State.PENDING, Counts(suppressed=1, pending=2)),
    ],
)
def test_the_sums_are_what_they_were_and_nobody_is_sent_to(either: Path, state: State, after: Counts) -> None:
    """Whoever was still to be sent to is suppressed; a retry finds nobody to send to either."""
    with keyed(either) as ledger:
        run = ledger.freeze(new_run(), frozen([1, 2, 3]))
        settle(ledger, run, state, detail=f"said of <{JO.upper()}>")
        ledger.suppressions.add([JO], reason=f"{JO} asked", source="by hand", scope="members")
        forgotten = ledger.forgetting.person(JO)
        assert (forgotten.rows, forgotten.suppressions) == (1, 1)
        assert counts(ledger) == after
        (holding,) = ledger.holdings.of(JO)
        assert (holding.row.address, holding.row.detail, holding.merged) == ("", "", {})
        assert holding.row.code == code_of(JO)
        for word in (State.REJECTED, State.UNKNOWN):
            ledger.retry(ISSUE, word)
        assert {each.person.address for each in ledger.claims.claim(run, 9, owner="a").people} == {
            address_of(2),
            address_of(3),
        }
        assert counts(ledger).planned == 3


def test_all_that_is_left_is_a_code(either: Path) -> None:
    """In force by it, with the reasons kept and no address in them; also where a link had noted it before."""
    with keyed(either) as ledger:
        left = ledger.suppressions
        left.add([JO], reason=f"{JO} asked by phone", source="by hand")
        left.add([JO], reason="complained", source="webhook", event_id="e1")
        left.add([code_of(address_of(2))], reason="left", source="link")
        left.add([address_of(2)], reason="left", source="by hand", scope="members")
        for number in (1, 2):
            ledger.forgetting.person(address_of(number))
        assert {each.key for each in left} == {code_of(JO), code_of(address_of(2))}
        assert [each.reason for each in left.history(JO)] == ["… asked by phone", "complained"]
        assert JO in left.suppressed(frozenset()).everywhere
        assert left.add([JO], reason="imported", source="file") == 0


def test_somebody_is_not_forgotten_while_a_living_process_has_them(either: Path) -> None:
    """Nothing is changed; when the process is dead, its journal still settles the row."""
    with keyed(either) as ledger:
        run = ledger.freeze(new_run(), frozen([1, 2]))
        process = ledger.processes.start()
        ledger.claims.begin(run, process.name)
        ledger.claims.claim(run, 1, owner=process.name)
        with pytest.raises(NotReady, match="right now"):
            ledger.forgetting.person(JO)
        assert ledger.suppressions.keys() == frozenset()
        assert ledger.forgetting.person(address_of(2)).stopped == 1
        process.close()


def test_whoever_was_forgotten_has_had_the_issue(either: Path) -> None:
    """By the plan and by the freeze; a lift alone brings nobody into it twice."""
    with keyed(either) as ledger:
        run = ledger.freeze(new_run(), frozen([1]))
        settle(ledger, run, State.ACCEPTED)
        ledger.forgetting.person(JO)
        assert JO in ledger.accounts.already(ISSUE)
        assert address_of(2) not in ledger.accounts.already(ISSUE)
        ledger.suppressions.lift(JO, why="joined again")
        with pytest.raises(NotReady, match="has had the mail"):
            ledger.freeze(new_run(), frozen([1]))


def test_whoever_joins_again_takes_their_row_over(either: Path) -> None:
    """Not reached, forgotten, lifted by a person's word: one row still, and it has the address again."""
    with keyed(either) as ledger:
        ledger.freeze(new_run(), frozen([1]))
        ledger.forgetting.person(JO)
        ledger.suppressions.lift(JO, why="joined again")
        run = ledger.freeze(new_run(), frozen([1]))
        assert [each.person.address for each in ledger.claims.claim(run, 9, owner="a").people] == [JO]
        assert counts(ledger).planned == 1


def test_copies_and_tests_are_forgotten_too(either: Path) -> None:
    """They stand under the edition's name and the mailbox."""
    with keyed(either) as ledger:
        for kind in (Kind.TEST, Kind.COPY):
            people = [
                (Recipient(JO, f"{name} {JO}", name, {}), ("Ann", "Lee", None), code_of(f"{name} {JO}"))
                for name in ("members", "clp-secretaries")
            ]
            ledger.freeze(new_run(kind=kind), people)
        assert ledger.forgetting.person(JO).rows == 4
        assert [row.address for row in ledger.accounts.rows(ISSUE, kind=Kind.COPY)] == ["", ""]


def test_old_runs_forget_everybody_and_open_ones_nobody(either: Path) -> None:
    """By the day the run began; whoever waits in one keeps all of it as it is."""
    clock = HandClock(100 * DAY_S)
    with keyed(either, clock) as ledger:
        done = ledger.freeze(new_run(), frozen([1, 2]))
        settle(ledger, done, State.ACCEPTED, State.REJECTED)
        ledger.freeze(new_run(issue="open"), frozen([1]))
        clock.time += 10 * DAY_S
        young = ledger.freeze(new_run(issue="young"), frozen([1]))
        settle(ledger, young, State.ACCEPTED)
        moment = clock.now() - 5 * DAY_S
        assert ledger.forgetting.due(moment) == 2
        assert ledger.forgetting.before(moment) == 2
        assert ledger.forgetting.due(moment) == ledger.forgetting.before(moment) == 0
        assert counts(ledger) == Counts(accepted=1, rejected=1)
        assert [each.row.address for each in ledger.holdings.of(JO)] == ["", JO, JO]
        assert JO in ledger.accounts.already(ISSUE)
        assert ledger.suppressions.keys() == frozenset()


def test_rows_of_an_earlier_secret_are_known_by_todays(either: Path) -> None:
    """Before anybody is forgotten the secret may change; whoever has had an issue still has."""
    with opened(either) as ledger:
        people = [(recipient, values, f"old{recipient.key[:9]}") for recipient, values, _ in frozen([1, 2])]
        run = ledger.freeze(new_run(), people)
        settle(ledger, run, State.ACCEPTED, State.ACCEPTED)
    with keyed(either) as ledger:
        ledger.forgetting.person(JO)
        assert ledger.forgetting.before(9e9) == 1
        assert all(address_of(number) in ledger.accounts.already(ISSUE) for number in (1, 2))


def test_from_then_on_the_ledger_opens_with_its_secret_alone(either: Path) -> None:
    """Else whoever was forgotten could be had again by whoever lost it."""
    with keyed(either) as ledger:
        ledger.freeze(new_run(), frozen([1]))
        ledger.forgetting.person(JO)
    with pytest.raises(LedgerError, match="not the secret"), opened(either):
        pass


def test_nothing_of_them_is_left_in_the_files(tmp_path: Path) -> None:
    """Not in free pages, nor in the log beside the ledger."""
    with keyed(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(400)))
        settle(ledger, run, *[State.REJECTED] * 200, detail=f"550 <{JO}> is unknown here")
        ledger.suppressions.add([JO], reason=f"asked by {JO}", source="by hand")
        ledger.forgetting.person(JO)
        assert ledger.forgetting.overwrite()
        left = b"".join(path.read_bytes() for path in tmp_path.glob("ledger.db*"))
    assert JO.encode() not in left.lower()
    assert address_of(2).encode() in left


def test_a_mailbox_is_taken_out_of_a_text_in_every_spelling() -> None:
    """And nothing else: not a longer local part or domain, not the full stop behind it."""
    key = "bob@xn--bcher-kva.example"
    said = f"BOB@Bücher.example, <{key}>; a.bob@bücher.example, {key}.org. bob@bücher.example."
    assert without(said, key) == f"…, <…>; a.bob@bücher.example, {key}.org. …."
