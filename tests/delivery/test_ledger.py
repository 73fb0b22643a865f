"""The ledger: what is frozen, counted, suppressed, retried and remembered."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import LargeBinary, String, Table

from newsletter.delivery.claims import Entry
from newsletter.delivery.database import LedgerError
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import Outcome, Patience, Settled, State
from newsletter.delivery.run import Canary, Counts, Kind, Run, RunState, Timing
from newsletter.delivery.schema import METADATA
from newsletter.delivery.settling import Evidence
from newsletter.errors import NotReady, UsageError
from newsletter.message import code_for
from tests.delivery.parts import ISSUE, HandClock, address_of, frozen, new_run, opened, states, use_postgres
from tests.delivery.postgres import new_database
from tests.delivery.sender import SECRET
from tests.message.examples import HEADERS

ALIVE = "some process"


@pytest.fixture(params=["sqlite", "postgresql"])
def tmp_path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder whose ledger is in SQLite, then one whose ledger is in PostgreSQL: the contract is one."""
    if request.param == "postgresql":
        use_postgres(tmp_path)
    return tmp_path


def settled(
    ledger: Ledger, run: Run, *outcomes: State, owner: str = ALIVE, due_at: float | None = None
) -> None:
    """Claim as many people, and record these states for them in order."""
    claim = ledger.claims.claim(run, len(outcomes), owner=owner)
    ledger.claims.record(
        owner,
        [
            Entry(Outcome(each.person.id, state, code="250"), Settled(state, due_at))
            for each, state in zip(claim.people, outcomes, strict=True)
        ],
    )


def counts(ledger: Ledger) -> Counts:
    status = ledger.accounts.status(ISSUE)
    assert status is not None
    return status.counts


def test_a_run_comes_back_as_it_was_frozen(tmp_path: Path) -> None:
    """Editions, headers, receipt and people need no draft, theme or list any more."""
    new = new_run(receipt="abc", components={"audience": "1"}, content="c", timing=Timing(start_at=5.0))
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new, frozen(range(3)))
        assert ledger.editions(run) == new.editions
        assert ledger.headers(run) == HEADERS
        assert (run.issue, run.kind, run.receipt, run.components) == (
            ISSUE,
            Kind.REAL,
            "abc",
            {"audience": "1"},
        )
        assert run.timing == Timing(start_at=5.0)
        (claimed, *_) = ledger.claims.claim(run, 3, owner=ALIVE).people
    assert (claimed.person.address, claimed.person.values) == (address_of(0), ("Ann", "Lee", None))
    assert (claimed.person.code, claimed.segment) == (code_for(address_of(0), SECRET), "members")


def test_runs_that_are_frozen_together_stand_or_fall_together(tmp_path: Path) -> None:
    """The writer's own copies are not lost by a crash between the two."""
    copies = new_run(kind=Kind.COPY)
    with opened(tmp_path) as ledger:
        with pytest.raises(ValueError, match="stands twice"):
            ledger.freeze(new_run(), frozen([1]), along=[(copies, frozen([9, 9]))])
        assert ledger.runs(ISSUE, kind=None) == ()
        run = ledger.freeze(new_run(), frozen([1]), along=[(copies, frozen([9]))])
        assert run.kind is Kind.REAL
        assert [each.kind for each in ledger.runs(ISSUE, kind=None)] == [Kind.REAL, Kind.COPY]


def test_a_freeze_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """All or nothing: neither the run nor a part of its people."""
    with opened(tmp_path) as ledger:
        with pytest.raises(ValueError, match="stands twice"):
            ledger.freeze(new_run(), frozen([1, 2, 1]))
        assert ledger.runs() == ()
        ledger.freeze(new_run(), frozen([1, 2]))
        assert counts(ledger).planned == 2


def test_a_long_list_is_frozen_whole_or_not_at_all(tmp_path: Path) -> None:
    """Its index is made afterwards, finds who stands twice, and is there again when the freeze failed."""
    many = range(5_001)
    with opened(tmp_path) as ledger:
        with pytest.raises(ValueError, match="stands twice"):
            ledger.freeze(new_run(), frozen([*many, 17]))
        with pytest.raises(ValueError, match="stands twice"):
            ledger.freeze(new_run(), frozen([1, 1]))
        run = ledger.freeze(new_run(), frozen(many))
        ledger.freeze(new_run(issue="next"), frozen(many))
        with pytest.raises(NotReady):
            ledger.freeze(new_run(), frozen([5_000]))
        assert counts(ledger) == Counts(pending=5_001)
        assert len(ledger.claims.claim(run, 9_999, owner=ALIVE).people) == 5_001


def test_several_processes_may_open_a_new_ledger_at_once(tmp_path: Path) -> None:
    """One makes the tables, and the others wait for it."""
    failed: list[BaseException] = []
    url = new_database() if (tmp_path / "ledger.url").exists() else f"sqlite:///{tmp_path}/new.db"

    def open_it() -> None:
        try:
            Ledger.open(url, processes=tmp_path, now=HandClock().now).close()
        except LedgerError as error:
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_person_is_in_an_issue_once(tmp_path: Path) -> None:
    """Whoever stands in another run of the issue cannot be frozen again; the plan has to be made anew."""
    with opened(tmp_path) as ledger:
        ledger.freeze(new_run(), frozen([1, 2]))
        with pytest.raises(NotReady, match="since it was made"):
            ledger.freeze(new_run(), frozen([2, 3]))
        assert ledger.accounts.already(ISSUE) == {address_of(1), address_of(2)}
        ledger.freeze(new_run(), frozen([3], "clp-secretaries"))
        assert counts(ledger).planned == 3
        ledger.freeze(new_run(issue="another"), frozen([1, 2, 3]))


def test_the_refused_and_those_who_came_back_join_a_later_run(tmp_path: Path) -> None:
    """They have not had the mail: they move to the new run, with its values, and are counted once."""
    with opened(tmp_path) as ledger:
        first = ledger.freeze(new_run(), frozen(range(1, 5)))
        settled(ledger, first, State.REJECTED, State.ACCEPTED, State.UNKNOWN)
        ledger.suppressions.add([address_of(4)], reason="asked to leave", source="test")
        assert ledger.claims.claim(first, 9, owner=ALIVE).suppressed == 1
        assert ledger.accounts.already(ISSUE) == {address_of(2), address_of(3)}
        ledger.suppressions.lift(address_of(4), why="asked to come back")
        second = ledger.freeze(new_run(), frozen([1, 4, 5], "clp-secretaries"))
        people = ledger.claims.claim(second, 9, owner=ALIVE).people
        assert [each.person.address for each in people] == [address_of(1), address_of(4), address_of(5)]
        assert {each.segment for each in people} == {"clp-secretaries"}
        assert counts(ledger).planned == 5


def test_a_rehearsal_never_counts_and_replaces_the_last(tmp_path: Path) -> None:
    """It has its own rows, and nobody in it has had the mail."""
    with opened(tmp_path) as ledger:
        for number in (3, 2):
            run = ledger.freeze(new_run(kind=Kind.REHEARSAL), frozen(range(number)))
            settled(ledger, run, State.ACCEPTED)
        assert ledger.accounts.already(ISSUE) == frozenset()
        assert ledger.accounts.status(ISSUE) is None
        rehearsed = ledger.accounts.status(ISSUE, Kind.REHEARSAL)
        assert rehearsed is not None
        assert rehearsed.counts == Counts(accepted=1, pending=1)
        ledger.freeze(new_run(), frozen(range(3)))
        assert counts(ledger) == Counts(pending=3)


def test_the_six_are_the_sum_and_are_kept_by_segment(tmp_path: Path) -> None:
    """They are accepted + rejected + suppressed + deferred + unknown + pending."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), [*frozen(range(4)), *frozen(range(4, 7), "clp-secretaries")])
        ledger.suppressions.add([address_of(5)], reason="left", source="test")
        settled(
            ledger,
            run,
            State.ACCEPTED,
            State.REJECTED,
            State.DEFERRED,
            State.UNKNOWN,
            State.ACCEPTED,
            due_at=9e9,
        )
        assert ledger.claims.claim(run, 1, owner=ALIVE).suppressed == 1
        status = ledger.accounts.status(ISSUE)
    assert status is not None
    assert status.counts == Counts(accepted=2, rejected=1, suppressed=1, deferred=1, unknown=1, pending=1)
    assert status.counts.planned == 7
    assert status.by_segment["clp-secretaries"] == Counts(accepted=1, suppressed=1, pending=1)
    assert (status.state, status.due_at) == (RunState.PAUSED, 9e9)


def test_a_living_claim_is_pending_and_a_dead_one_unknown(tmp_path: Path) -> None:
    """Until somebody looks into the dead one's journal."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(5)))
        process = ledger.processes.start()
        ledger.claims.begin(run, process.name)
        ledger.claims.claim(run, 2, owner=process.name)
        found = ledger.accounts.status(ISSUE)
        assert found is not None
        assert found.counts == Counts(pending=5)
        assert found.state is RunState.SENDING
        gone = ledger.processes.start()
        ledger.claims.begin(run, gone.name)
        ledger.claims.claim(run, 1, owner=gone.name)
        gone.close()
        with ledger._database.write() as connection:
            connection.exec_driver_sql("UPDATE owners SET seen_at = 0")
        assert counts(ledger) == Counts(unknown=1, pending=4)
        assert ledger.claims.recover(run, Patience()) == 1
        assert counts(ledger) == Counts(unknown=1, pending=4)
        process.close()


def test_an_opt_out_is_seen_at_the_moment_of_the_claim(tmp_path: Path) -> None:
    """Somebody who leaves during the run is not mailed, and is counted."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(3)))
        ledger.suppressions.add([address_of(1)], reason="unsubscribed", source="link")
        claim = ledger.claims.claim(run, 9, owner=ALIVE)
        assert [each.person.address for each in claim.people] == [address_of(0), address_of(2)]
        assert claim.suppressed == 1
        assert states(ledger)[address_of(1)] is State.SUPPRESSED


def test_an_opt_out_stays_until_it_is_lifted_and_nothing_is_forgotten(tmp_path: Path) -> None:
    """Adding again changes nothing; a lift keeps the row; the next opt-out is a new one."""
    with opened(tmp_path) as ledger:
        opt_outs = ledger.suppressions
        assert opt_outs.add(["a@example.org", "b@example.org", "a@example.org"], reason="r", source="s") == 2
        assert opt_outs.add(["a@example.org"], reason="again", source="s") == 0
        assert opt_outs.last_lifted() == ""
        assert opt_outs.lift("a@example.org", why="asked")
        assert not opt_outs.lift("a@example.org", why="asked")
        assert opt_outs.keys() == {"b@example.org"}
        first = opt_outs.last_lifted()
        opt_outs.add(["a@example.org"], reason="left again", source="s")
        assert opt_outs.last_lifted() == first != ""
        assert [(each.reason, each.lifted_why) for each in opt_outs.history("a@example.org")] == [
            ("r", "asked"),
            ("left again", None),
        ]
        assert [each.key for each in opt_outs] == ["b@example.org", "a@example.org"]


def test_a_mailbox_that_does_not_exist_is_suppressed(tmp_path: Path) -> None:
    """So that no later issue tries it; a refusal about us suppresses nobody."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(2)))
        people = ledger.claims.claim(run, 2, owner=ALIVE).people
        outcomes = [
            Outcome(people[0].person.id, State.REJECTED, code="550 5.1.1", gone=True),
            Outcome(people[1].person.id, State.REJECTED, code="554 5.7.1", about_us=True),
        ]
        ledger.claims.record(ALIVE, [Entry(outcome, Settled(outcome.state)) for outcome in outcomes])
        assert ledger.suppressions.keys() == {address_of(0)}


def test_only_the_owner_of_a_claim_can_settle_it(tmp_path: Path) -> None:
    """A word on somebody who is not claimed, or claimed by another, changes nothing."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(2)))
        (mine,) = ledger.claims.claim(run, 1, owner=ALIVE).people
        entry = Entry(Outcome(mine.person.id, State.ACCEPTED), Settled(State.ACCEPTED))
        ledger.claims.record("another", [entry])
        ledger.claims.release("another", [mine.person.id])
        assert states(ledger)[address_of(0)] is State.CLAIMED
        ledger.claims.record(ALIVE, [entry])
        ledger.claims.record(ALIVE, [Entry(Outcome(mine.person.id, State.REJECTED), Settled(State.REJECTED))])
        assert states(ledger)[address_of(0)] is State.ACCEPTED


def test_a_claim_given_back_was_never_made(tmp_path: Path) -> None:
    """It is no try, and somebody else may take it."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen([1]))
        (first,) = ledger.claims.claim(run, 1, owner=ALIVE).people
        ledger.claims.release(ALIVE, [first.person.id])
        (second,) = ledger.claims.claim(run, 1, owner="another").people
        assert (first.attempts, second.attempts) == (1, 1)


def test_the_deferred_are_claimed_when_they_are_due(tmp_path: Path) -> None:
    """Not before; each claim is one try more."""
    clock = HandClock()
    with opened(tmp_path, clock) as ledger:
        run = ledger.freeze(new_run(), frozen([1]))
        settled(ledger, run, State.DEFERRED, due_at=clock.now() + 600)
        assert ledger.claims.claim(run, 1, owner=ALIVE).people == ()
        clock.time += 600
        (due,) = ledger.claims.claim(run, 1, owner=ALIVE).people
        assert due.attempts == 2


def test_the_rate_holds_over_processes_and_restarts(tmp_path: Path) -> None:
    """Time is reserved in the ledger: whoever claims next begins where the last claim ends."""
    clock = HandClock(1_000.0)
    begins = []
    with opened(tmp_path, clock) as ledger:
        run = ledger.freeze(new_run(), frozen(range(9)))
        begins += [ledger.claims.claim(run, 2, owner=name, per_second=4).begin_at for name in ("a", "b")]
    with opened(tmp_path, clock) as ledger:
        begins.append(ledger.claims.claim(run, 2, owner="c", per_second=4).begin_at)
        clock.time = 2_000.0
        begins.append(ledger.claims.claim(run, 2, owner="d", per_second=4).begin_at)
    assert begins == [1_000.0, 1_000.5, 1_001.0, 2_000.0]


@pytest.mark.parametrize("canary", [Canary(count=2), Canary(segment="clp-secretaries")])
def test_the_canary_goes_first_and_the_others_wait_for_a_word(tmp_path: Path, canary: Canary) -> None:
    """The first so many, or a named segment."""
    people = [*frozen([1, 2], "clp-secretaries"), *frozen([3, 4])]
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(canary=canary), people)
        settled(ledger, run, State.ACCEPTED, State.ACCEPTED)
        assert ledger.claims.claim(run, 9, owner=ALIVE).people == ()
        status = ledger.accounts.status(ISSUE)
        assert status is not None
        assert status.state is RunState.CANARY
        ledger.go_on(ISSUE)
        (run,) = ledger.runs(ISSUE)
        rest = ledger.claims.claim(run, 9, owner=ALIVE).people
    assert [each.person.address for each in rest] == [address_of(3), address_of(4)]


def test_a_stopped_run_gives_out_nobody_until_it_is_resumed(tmp_path: Path) -> None:
    """Stop is a word that lasts; resume takes it back."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(2)))
        assert ledger.request_stop(ISSUE) == 0
        claim = ledger.claims.claim(run, 1, owner=ALIVE)
        assert (claim.people, claim.stopped) == ((), True)
        status = ledger.accounts.status(ISSUE)
        assert status is not None
        assert status.state is RunState.STOPPED
        assert [each.id for each in ledger.resume(ISSUE)] == [run.id]
        assert len(ledger.claims.claim(run, 1, owner=ALIVE).people) == 1


def test_the_refused_are_tried_again_by_a_persons_word(tmp_path: Path) -> None:
    """They are pending as on the first day."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(3)))
        settled(ledger, run, State.REJECTED, State.REJECTED, State.ACCEPTED)
        assert ledger.retry(ISSUE, State.REJECTED) == 2
        assert counts(ledger) == Counts(accepted=1, pending=2)
        assert {each.attempts for each in ledger.claims.claim(run, 9, owner=ALIVE).people} == {1}


def test_the_unknown_are_tried_again_only_by_their_number(tmp_path: Path) -> None:
    """They may have the mail already; a wrong number changes nothing."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(3)))
        settled(ledger, run, State.UNKNOWN, State.UNKNOWN, State.ACCEPTED)
        with pytest.raises(UsageError, match="2 people are unknown, not 3"):
            ledger.retry(ISSUE, State.UNKNOWN, expected=3)
        assert counts(ledger).unknown == 2
        with pytest.raises(ValueError, match="accepted"):
            ledger.retry(ISSUE, State.ACCEPTED)
        assert ledger.retry(ISSUE, State.UNKNOWN, expected=2) == 2
        assert counts(ledger) == Counts(accepted=1, pending=2)


def test_evidence_settles_the_unknown_and_absence_only_after_a_while(tmp_path: Path) -> None:
    """A trace counts at once; "no trace" only once a late acceptance is out of the question."""
    clock = HandClock()
    with opened(tmp_path, clock) as ledger:
        run = ledger.freeze(new_run(), frozen(range(4)))
        settled(ledger, run, State.UNKNOWN, State.UNKNOWN, State.UNKNOWN, State.ACCEPTED)
        says = [State.ACCEPTED, State.REJECTED, State.PENDING, State.PENDING]
        evidence = [
            Evidence(code_for(address_of(number), SECRET), state, "seen") for number, state in enumerate(says)
        ]
        assert ledger.settle_unknown(run, evidence, settle_s=600) == 2
        assert counts(ledger) == Counts(accepted=2, rejected=1, unknown=1)
        clock.time += 600
        assert ledger.settle_unknown(run, evidence, settle_s=600) == 1
        assert counts(ledger) == Counts(accepted=2, rejected=1, pending=1)


def test_an_issue_is_complete_when_nobody_is_pending_or_deferred(tmp_path: Path) -> None:
    """Refused and unknown people are told of, and do not keep it open."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(3)))
        settled(ledger, run, State.REJECTED, State.UNKNOWN, State.ACCEPTED)
        status = ledger.accounts.status(ISSUE)
        assert status is not None
        assert (status.state, ledger.open_runs(ISSUE)) == (RunState.COMPLETE, ())


@pytest.mark.parametrize(
    ("timing", "state"),
    [(Timing(start_at=2e6), RunState.SCHEDULED), (Timing(hold_until=2e6), RunState.HELD)],
)
def test_a_run_that_waits_says_for_what(tmp_path: Path, timing: Timing, state: RunState) -> None:
    """Scheduled for later, or held for an undo."""
    with opened(tmp_path) as ledger:
        ledger.freeze(new_run(timing=timing), frozen([1]))
        status = ledger.accounts.status(ISSUE)
    assert status is not None
    assert status.state is state


def test_all_that_is_known_of_a_person_can_be_told(tmp_path: Path) -> None:
    """Every run of every issue, rehearsals too, and what is needed to show the message again."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen([1, 2]))
        settled(ledger, run, State.ACCEPTED)
        ledger.freeze(new_run(issue="next", kind=Kind.REHEARSAL), frozen([1]))
        rows = ledger.accounts.history(address_of(1))
        assert [(row.issue, row.kind, row.state) for row in rows] == [
            (ISSUE, Kind.REAL, State.ACCEPTED),
            ("next", Kind.REHEARSAL, State.PENDING),
        ]
        sent = ledger.accounts.sent(ISSUE, address_of(1))
        assert sent is not None
        assert (sent[0], sent[1].state, sent[2].values) == (run, State.ACCEPTED, ("Ann", "Lee", None))
        assert ledger.accounts.sent(ISSUE, address_of(9)) is None
        accepted = list(ledger.accounts.rows(ISSUE, {State.ACCEPTED}))
        assert [row.address for row in accepted] == [address_of(1)]
        assert address_of(1) not in repr(accepted)


def test_an_address_is_found_by_the_code_in_its_links(tmp_path: Path) -> None:
    """As it was last sent to; a code that nobody has finds nobody."""
    code = code_for(address_of(1), SECRET)
    with opened(tmp_path) as ledger:
        assert ledger.accounts.address_of(code) is None
        ledger.freeze(new_run(), frozen([1, 2]))
        ((person, values, _),) = frozen([1])
        ledger.freeze(new_run(issue="next"), [(person._replace(address="Person1@example.org"), values, code)])
        assert ledger.accounts.address_of(code) == "Person1@example.org"


def test_the_same_content_under_another_id_is_recognised(tmp_path: Path) -> None:
    """A rehearsal does not count, nor the issue itself."""
    with opened(tmp_path) as ledger:
        ledger.freeze(new_run(content="c"), frozen([1]))
        ledger.freeze(new_run(content="d", kind=Kind.REHEARSAL), frozen([1]))
        assert ledger.find_same_content("c", issue="copy") == ISSUE
        assert ledger.find_same_content("c", issue=ISSUE) is None
        assert ledger.find_same_content("d", issue="copy") is None


def test_a_run_is_found_again_by_its_receipt(tmp_path: Path) -> None:
    """The same receipt after an interruption resumes."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(receipt="r1"), frozen([1]))
        assert ledger.find_run(ISSUE, "r1") == run
        assert ledger.find_run(ISSUE, "r2") is None
        assert ledger.issues() == (ISSUE,)


def test_a_yes_is_bound_to_its_receipt(tmp_path: Path) -> None:
    """Said twice it is one yes; another receipt has none."""
    with opened(tmp_path) as ledger:
        ledger.approve(ISSUE, "r1", "Alex")
        ledger.approve(ISSUE, "r1", "Alex")
        assert ledger.approved(ISSUE, "r1") == "Alex"
        assert ledger.approved(ISSUE, "r2") is None


def test_the_migrations_make_the_tables_of_the_schema(tmp_path: Path) -> None:
    """Column by column, index by index; the queue's tables are another's."""

    def is_ours(name: str | None, kind: str, _parent: object) -> bool:
        return kind != "table" or not str(name).startswith("procrastinate_")

    with opened(tmp_path) as ledger, ledger._database.write() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_ours})
        assert compare_metadata(context, METADATA) == []


HOLD_PEOPLE = {
    "people": {"key", "address", "fields", "detail"},
    "suppressions": {"key", "reason", "source", "lifted_why"},
    "events": {"detail"},
    "used_lists": {"people"},
}
"""What `delivery/forgetting.py` and `rights/erasure.py` empty."""
HOLD_NOBODY = {
    "people": {"kind", "code", "segment", "list", "state", "owner", "attempt", "reply_code", "provider_id"},
    "suppressions": {"scope", "event_id"},
    "events": {"source", "event_id", "run", "attempt", "fate", "name", "status"},
    "used_lists": {"name", "file_hash"},
    "acts": {"by", "command", "given", "people"},
    "approvals": {"issue", "receipt", "name"},
    "facts": {"name", "value"},
    "issues": {"name"},
    "letters": {"folder", "sort", "act"},
    "owners": {"owner"},
    "syncs": {"source"},
}
"""Codes, names of ours, and those who work with the program. Of `runs` nothing is a reader's."""


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: table.name)
def test_of_every_column_it_is_known_whether_it_holds_people(table: Table) -> None:
    """So that nobody adds one that an erasure passes over: forget it there, and say so here."""
    texts = {each.name for each in table.columns if isinstance(each.type, String | LargeBinary)}
    known = HOLD_PEOPLE.get(table.name, set()) | HOLD_NOBODY.get(table.name, set())
    assert texts == known or table.name == "runs"


def test_a_ledger_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """Rather than misread."""
    with opened(tmp_path) as ledger, ledger._database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError, match="newer version"), opened(tmp_path):
        pass


def test_no_address_stands_in_a_repr(tmp_path: Path) -> None:
    """Values that end in a log by accident tell nothing."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen([1]))
        ledger.suppressions.add([address_of(2)], reason="r", source="s")
        shown = repr(
            (run, ledger.claims.claim(run, 1, owner=ALIVE), list(ledger.suppressions), replace(new_run()))
        )
    assert "example.org" not in shown


def test_who_died_after_the_last_message_leaves_nothing_behind(tmp_path: Path) -> None:
    """Nothing is left to resume, so that no session comes to take the file away."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen([1]))
        settled(ledger, run, State.ACCEPTED)
        ledger.processes.start().abandon()
        assert ledger.resume(ISSUE) == ()
        assert list((tmp_path / "processes").glob("*.journal")) == []
