"""The loop: who is mailed, when it ends and how, with a transport that does as it is told."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from newsletter.delivery.engine import Ending, Policy
from newsletter.delivery.outcome import Outcome, State
from newsletter.delivery.processes import Mark
from newsletter.delivery.run import Canary, Counts, Kind, Timing
from newsletter.delivery.transports import LineLost, Parcel, Report
from newsletter.errors import TransportStopped
from tests.delivery.parts import (
    EAGER,
    ISSUE,
    HandClock,
    address_of,
    frozen,
    new_run,
    opened,
    send,
    states,
    use_postgres,
)
from tests.delivery.scripted import Scripted, accept, on, refuse


@pytest.fixture(params=["sqlite", "postgresql"])
def tmp_path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The loop with its ledger in SQLite, then in PostgreSQL: the contract is one."""
    if request.param == "postgresql":
        use_postgres(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("people", "lines", "batch"), [(0, 1, 1), (1, 4, 50), (23, 3, 4), (100, 2, 500)])
def test_everybody_is_mailed_once(tmp_path: Path, people: int, lines: int, batch: int) -> None:
    """However many people, lines and places in a batch; a second session finds nothing to do."""
    transport = Scripted(lines=lines, batch=batch)
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(people)))
        first = send(ledger, run, transport)
        second = send(ledger, run, transport)
        assert list((tmp_path / "processes").iterdir()) == []
    assert sorted(transport.taken) == sorted(map(address_of, range(people)))
    assert (first.ending, first.exit_code, first.counts) == (Ending.DONE, 0, Counts(accepted=people))
    assert (second.settled, second.counts) == (0, first.counts)
    assert all(len(each) <= batch for each in transport.batches)


def test_a_batch_holds_one_edition(tmp_path: Path) -> None:
    """Whatever the order of the people, its parcels share their skeleton."""
    people = [*frozen(range(0, 20, 2)), *frozen(range(1, 20, 2), "clp-secretaries")]
    mixed = sorted(people, key=lambda each: each[0].address)
    seen: list[set[int]] = []

    class Watching(Scripted):
        def deliver(self, parcels: Sequence[Parcel], report: Report) -> None:
            seen.append({id(parcel.skeleton) for parcel in parcels})
            super().deliver(parcels, report)

    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), mixed)
        assert send(ledger, run, Watching()).counts == Counts(accepted=20)
    assert {len(each) for each in seen} == {1}


def test_progress_tells_how_far_it_is(tmp_path: Path) -> None:
    """Done, of how many; it ends at the whole."""
    told: list[tuple[int, int]] = []
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(10)))
        send(ledger, run, Scripted(), progress=lambda done, total, _: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (10, 10)


@pytest.mark.parametrize(
    ("state", "exit_code"), [(State.REJECTED, 6), (State.DEFERRED, 6), (State.UNKNOWN, 7), (State.ACCEPTED, 0)]
)
def test_the_exit_code_says_what_is_left_to_do(tmp_path: Path, state: State, exit_code: int) -> None:
    """6 for refused or deferred, 7 for unknown, which wins."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(5)))
        deed = on(2, lambda parcel: Outcome(parcel.person.id, state))
        assert send(ledger, run, Scripted(deed)).exit_code == exit_code


def test_ctrl_c_finishes_what_is_in_flight_and_gives_the_rest_back(tmp_path: Path) -> None:
    """Exit 130, nobody in doubt; the next session reaches the others, once."""
    stop = Event()

    def interrupt(parcel: Parcel) -> Outcome:
        stop.set()
        return accept(parcel)

    transport = Scripted(on(5, interrupt))
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(20)))
        first = send(ledger, run, transport, stop=stop)
        assert (first.ending, first.exit_code) == (Ending.INTERRUPTED, 130)
        assert first.counts == Counts(accepted=6, pending=14)
        assert {row.attempts for row in ledger.accounts.rows(ISSUE, {State.PENDING})} == {0}
        assert send(ledger, run, transport).counts == Counts(accepted=20)
    assert len(transport.taken) == len(set(transport.taken)) == 20


def test_a_second_ctrl_c_leaves_at_once(tmp_path: Path) -> None:
    """Even while a line hangs: what is known is written down, and the rest is left to the journal."""
    hangs, let_go = Event(), Event()

    def hang(parcel: Parcel) -> Outcome:
        hangs.set()
        let_go.wait(20)
        return accept(parcel)

    def again_and_again(_done: int, _total: int, _per_second: float) -> None:
        if hangs.is_set():
            raise KeyboardInterrupt

    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(20)))
        deed = on(6, hang)
        with pytest.raises(KeyboardInterrupt):
            send(ledger, run, Scripted(deed), progress=again_and_again, policy=replace(EAGER, record_at=1))
        assert not let_go.is_set()
        let_go.set()
        found = list(states(ledger).values())
        (left,) = (path.stem for path in (tmp_path / "processes").iterdir())
        assert ledger.processes.is_alive(left)
    assert found.count(State.ACCEPTED) == 6
    assert found.count(State.CLAIMED) + found.count(State.PENDING) == 14


@pytest.mark.parametrize("lines", [1, 3])
def test_stop_from_another_terminal_acts_within_one_message(tmp_path: Path, lines: int) -> None:
    """At most the message in flight on each line is finished."""

    def stop_it(parcel: Parcel) -> Outcome:
        with opened(tmp_path) as elsewhere:
            assert elsewhere.request_stop(ISSUE) == 1
        return accept(parcel)

    transport = Scripted(on(7, stop_it), lines=lines)
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(50)))
        summary = send(ledger, run, transport)
        assert (summary.ending, summary.exit_code) == (Ending.STOPPED, 130)
        if lines == 1:
            assert transport.taken == [address_of(number) for number in range(8)]
        assert send(ledger, run, transport).settled == 0
        ledger.resume(ISSUE)
        assert send(ledger, run, transport).counts == Counts(accepted=50)
    assert len(set(transport.taken)) == len(transport.taken) == 50


def test_a_fault_about_us_stops_the_run_and_loses_nobody(tmp_path: Path) -> None:
    """Exit 5 with the transport's words, everybody else pending."""

    def forbid(_: Parcel) -> Outcome:
        raise TransportStopped("the key is not valid", "Get another.")

    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(20)))
        summary = send(ledger, run, Scripted(on(3, forbid), lines=2))
    assert (summary.ending, summary.exit_code) == (Ending.BLOCKED, 5)
    assert (summary.reason, summary.hint) == ("the key is not valid", "Get another.")
    assert summary.counts.accepted + summary.counts.pending == 20


def test_one_refusal_of_us_stops_a_run_that_nobody_has_accepted(tmp_path: Path) -> None:
    """Policy, sender or content: the breaker trips at the first word."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(20)))
        summary = send(ledger, run, Scripted(refuse("554 5.7.1", about_us=True)))
        assert summary.exit_code == 5
        assert summary.counts == Counts(rejected=1, pending=19)
        assert "554 5.7.1" in summary.reason
        assert ledger.suppressions.keys() == frozenset()


def test_later_it_takes_several_refusals_of_us(tmp_path: Path) -> None:
    """One odd mailbox does not stop everybody; three among a hundred do."""
    blocked = refuse("554 5.7.1", about_us=True)
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(20)))
        assert send(ledger, run, Scripted(on(5, blocked))).counts == Counts(accepted=19, rejected=1)
    (tmp_path / "second").mkdir()
    with opened(tmp_path / "second") as ledger:
        run = ledger.freeze(new_run(), frozen(range(20)))
        summary = send(ledger, run, Scripted(on(5, blocked, on(9, blocked, on(11, blocked)))))
        assert (summary.exit_code, summary.counts) == (5, Counts(accepted=9, rejected=3, pending=8))


def test_a_list_that_is_mostly_refused_stops_the_run(tmp_path: Path) -> None:
    """Thirty of a hundred: the wrong list, or a relay gone mad."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(80)))
        summary = send(ledger, run, Scripted(on(0, accept, refuse("550 5.1.1", gone=True))))
    assert (summary.exit_code, summary.counts) == (5, Counts(accepted=1, rejected=30, pending=49))


def test_a_lost_line_is_opened_again_after_a_while(tmp_path: Path) -> None:
    """Back-off doubles; what was not handed over goes again, and nobody waits for nothing."""
    times: list[float] = []
    clock = HandClock(0.0)

    class Falling(Scripted):
        def connect(self) -> Scripted:
            times.append(clock.now())
            if len(times) in {2, 3, 4}:
                raise LineLost("refused")
            return super().connect()

    def lose(_: Parcel) -> Outcome:
        if len(times) == 1:
            raise LineLost("broken")
        return accept(_)

    slow = replace(EAGER, back_off=replace(EAGER.back_off, first_s=1.0))
    with opened(tmp_path, clock) as ledger:
        run = ledger.freeze(new_run(), frozen(range(6)))
        summary = send(ledger, run, Falling(on(3, lose)), clock=clock, policy=slow)
    assert summary.counts == Counts(accepted=6)
    assert times == [0.0, 0.75, 2.25, 5.25, 11.25]


def test_a_pause_the_server_asked_for_is_kept(tmp_path: Path) -> None:
    """No line is opened before."""
    clock = HandClock(0.0)
    times: list[float] = []

    class Busy(Scripted):
        def connect(self) -> Scripted:
            times.append(clock.now())
            if len(times) == 1:
                raise LineLost("busy", retry_after_s=90)
            return super().connect()

    with opened(tmp_path, clock) as ledger:
        run = ledger.freeze(new_run(), frozen([1]))
        send(ledger, run, Busy(), clock=clock)
    assert times == [0.0, 90.0]


def test_handed_over_without_a_reply_is_unknown_and_stays_so(tmp_path: Path) -> None:
    """Whether the line says so or falls silent; a rerun does not send again."""

    class Silent(Scripted):
        def deliver(self, parcels: Sequence[Parcel], report: Report) -> None:
            struck = [parcel for parcel in parcels if parcel.person.address == address_of(2)]
            report.handing_over(struck)
            if struck:
                raise LineLost("gone")
            super().deliver(parcels, report)

    transport = Silent()
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(6)))
        summary = send(ledger, run, transport)
        assert (summary.exit_code, summary.counts) == (7, Counts(accepted=5, unknown=1))
        send(ledger, run, transport)
        assert states(ledger)[address_of(2)] is State.UNKNOWN
    assert address_of(2) not in transport.taken


def test_a_defect_ends_the_run_in_order_and_is_raised(tmp_path: Path) -> None:
    """Claims are settled or given back before the error reaches the caller."""

    def break_it(_: Parcel) -> Outcome:
        raise ZeroDivisionError

    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(20)))
        with pytest.raises(ZeroDivisionError):
            send(ledger, run, Scripted(on(3, break_it), lines=2))
        status = ledger.accounts.status(ISSUE)
        assert status is not None
        assert status.counts.accepted + status.counts.pending == 20
        assert send(ledger, run, Scripted()).counts == Counts(accepted=20)


def test_a_line_that_does_nothing_is_a_defect_and_not_an_endless_loop(tmp_path: Path) -> None:
    """The port says: return early only to stop."""

    class Idle(Scripted):
        def deliver(self, parcels: Sequence[Parcel], report: Report) -> None:
            """Nothing."""

    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen([1]))
        with pytest.raises(RuntimeError, match="without doing anything"):
            send(ledger, run, Idle())


def test_the_canary_ends_the_session_and_a_word_lets_the_others_have_it(tmp_path: Path) -> None:
    """Exit 0, state canary; afterwards everybody, once."""
    transport = Scripted()
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(canary=Canary(count=3)), frozen(range(10)))
        summary = send(ledger, run, transport)
        assert (summary.ending, summary.exit_code, summary.counts) == (
            Ending.CANARY,
            0,
            Counts(accepted=3, pending=7),
        )
        ledger.go_on(ISSUE)
        (run,) = ledger.resume(ISSUE)
        assert send(ledger, run, transport).counts == Counts(accepted=10)
    assert len(set(transport.taken)) == len(transport.taken)


@pytest.mark.parametrize("timing", [Timing(start_at=1_000_060.0), Timing(hold_until=1_000_060.0)])
def test_nothing_leaves_before_its_time(tmp_path: Path, timing: Timing) -> None:
    """A scheduled or held run waits; a stop meanwhile means that nothing ever left."""
    clock, stop = HandClock(), Event()
    transport = Scripted()
    with opened(tmp_path, clock) as ledger:
        run = ledger.freeze(new_run(timing=timing), frozen(range(3)))
        threading.Timer(0.25, stop.set).start()
        undone = send(ledger, run, transport, clock=clock, stop=stop)
        assert (undone.counts, transport.taken) == (Counts(pending=3), [])
        clock.time += 61
        assert send(ledger, run, transport, clock=clock).counts == Counts(accepted=3)


def test_nothing_leaves_after_its_time(tmp_path: Path) -> None:
    """Too late is said, with exit 1; a person's word extends it."""
    clock = HandClock()

    def dawdle(parcel: Parcel) -> Outcome:
        clock.time += 100
        return accept(parcel)

    with opened(tmp_path, clock) as ledger:
        run = ledger.freeze(new_run(timing=Timing(not_after=clock.now() + 50)), frozen(range(60)))
        late = send(ledger, run, Scripted(dawdle), clock=clock)
        assert (late.ending, late.exit_code) == (Ending.LATE, 1)
        assert late.counts.pending > 0
        ledger.extend(ISSUE, None)
        (run,) = ledger.resume(ISSUE)
        assert send(ledger, run, Scripted(), clock=clock).counts == Counts(accepted=60)


def test_the_rate_is_kept(tmp_path: Path) -> None:
    """No faster than asked, by the clock of the ledger."""
    clock = HandClock(0.0)
    times: list[float] = []

    class Ticking(HandClock):
        """Each look at it costs a hundredth of a second, so that waiting ends."""

        def now(self) -> float:
            self.time += 0.01
            return self.time

    clock = Ticking(0.0)

    def note(parcel: Parcel) -> Outcome:
        times.append(clock.time)
        return accept(parcel)

    policy = replace(EAGER, per_second=20.0)
    with opened(tmp_path, clock) as ledger:
        run = ledger.freeze(new_run(), frozen(range(41)))
        send(ledger, run, Scripted(note), clock=clock, policy=policy)
    assert len(times) == 41
    for begin in times:
        assert sum(begin <= time < begin + 1.0 for time in times) <= 20 + 3


def test_two_processes_on_one_run_never_mail_the_same_person(tmp_path: Path) -> None:
    """They share by claims; together they reach everybody."""
    transport = Scripted(lines=2)

    def one_of_two() -> None:
        with opened(tmp_path) as ledger:
            send(ledger, ledger.runs(ISSUE)[0], transport, policy=Policy(record_every_s=0.01))

    with opened(tmp_path) as ledger:
        ledger.freeze(new_run(), frozen(range(400)))
        threads = [threading.Thread(target=one_of_two) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        status = ledger.accounts.status(ISSUE)
    assert status is not None
    assert status.counts == Counts(accepted=400)
    assert sorted(transport.taken) == sorted(map(address_of, range(400)))


@pytest.mark.parametrize("kind", [Kind.REHEARSAL, Kind.REAL])
def test_what_a_killed_process_left_is_cleared_by_the_next(tmp_path: Path, kind: Kind) -> None:
    """Of a rehearsal that another has replaced, and of a run in which nobody is left to be sent to."""
    with opened(tmp_path) as ledger:
        old = ledger.freeze(new_run(kind=kind, issue="older"), frozen([1]))
        killed = ledger.processes.start()
        ledger.claims.begin(old, killed.name)
        (claimed,) = ledger.claims.claim(old, 1, owner=killed.name).people
        killed.add(claimed.person.id)
        killed.mark(claimed.person.id, Mark.ACCEPTED)
        killed._map.close()
        os.close(killed._file)
        if kind is Kind.REHEARSAL:
            ledger.freeze(new_run(kind=kind, issue="older"), frozen([1]))
        run = ledger.freeze(new_run(), frozen([2]))
        assert send(ledger, run, Scripted()).counts == Counts(accepted=1)
        assert list((tmp_path / "processes").iterdir()) == []
        if kind is Kind.REAL:
            assert ledger.accounts.counts(old) == Counts(accepted=1)


def test_a_changed_theme_or_list_cannot_leak_into_a_resumed_run(tmp_path: Path) -> None:
    """The second session sends what was frozen, from the ledger alone."""
    stop = Event()
    subjects: list[bytes] = []

    def note(parcel: Parcel) -> Outcome:
        subjects.append(parcel.skeleton.message(parcel.person).split(b"\r\n\r\n")[0])
        if len(subjects) == 2:
            stop.set()
        return accept(parcel)

    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen([1, 2]))
        send(ledger, run, Scripted(note), stop=stop)
    with opened(tmp_path) as ledger:
        run = ledger.runs(ISSUE)[0]
        ledger.retry(ISSUE, State.REJECTED)
        assert send(ledger, run, Scripted(note)).settled == 0
    assert len(subjects) == 2


def test_a_run_that_owes_nobody_anything_does_not_wait_for_its_time(tmp_path: Path) -> None:
    """Whoever is unknown is not sent to, whatever the hour."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(timing=Timing(start_at=2_000_000.0)), frozen([]))
        assert send(ledger, run, Scripted()).ending is Ending.DONE
