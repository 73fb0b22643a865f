"""A worker: what it takes it carries or gives back, whatever ends it."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from pathlib import Path
from threading import Event

import psycopg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from newsletter.delivery.back_off import BackOff
from newsletter.delivery.breaker import Breaker
from newsletter.delivery.engine import Summary, deliver
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import Outcome, State
from newsletter.delivery.owners import SILENCE_S
from newsletter.delivery.run import Counts, Kind, Run, RunState
from newsletter.delivery.transports import LineLost, Parcel, Transport
from newsletter.errors import SettingsError, TransportStopped
from newsletter.log import Lines
from newsletter.workers import Terms, Worker
from tests.cli.command import finish, spawn
from tests.cli.small import make
from tests.delivery.parts import EAGER, ISSUE, address_of, frozen, new_run, skeletons, url_of
from tests.delivery.postgres import name_of, server
from tests.delivery.scripted import Deed, Scripted, accept, on, refuse
from tests.workers.test_cutting import die, jobs

DRAINS = Terms(wait=False, grace_s=600)
SHARED = {"per_second": 100_000.0}


@dataclass
class Machine:
    """A machine with its own folder and its own way out."""

    ledger: Ledger
    transport: Transport = field(default_factory=Scripted)
    stop: Event = field(default_factory=Event)
    breaker: Breaker = field(default_factory=Breaker)
    workers: list[Worker] = field(default_factory=list)

    def carry(self, ledger: Ledger, part: Run) -> Summary:
        return deliver(
            ledger,
            part,
            self.transport,
            skeletons(ledger, part),
            clock=ledger.clock,
            stop=self.stop,
            policy=replace(EAGER, back_off=BackOff(first_s=0.01, tries=2, tries_at_first=2)),
            breaker=self.breaker,
        )

    def worker(self, terms: Terms = DRAINS) -> Worker:
        self.workers.append(
            Worker(self.ledger, self.carry, clock=self.ledger.clock, stop=self.stop, terms=terms)
        )
        return self.workers[-1]

    def leave(self) -> None:
        for worker in self.workers:
            worker.leave()


MakeMachine = Callable[..., Machine]


@pytest.fixture
def machine(folder: Path) -> Iterator[MakeMachine]:
    made: list[Machine] = []

    def make(deed: Deed = accept, silence_s: float = SILENCE_S) -> Machine:
        ledger = Ledger.open(url_of(folder), processes=folder / f"machine {len(made)}", silence_s=silence_s)
        made.append(Machine(ledger, Scripted(deed, lines=2, batch=10)))
        return made[-1]

    yield make
    for each in made:
        each.leave()
        each.ledger.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads for workers. They are not waited for: a test that fails may have left them at work."""
    pool = ThreadPoolExecutor(4)
    yield pool
    pool.shutdown(wait=False)


def taken(*machines: Machine) -> list[str]:
    return [address for each in machines for address in each.transport.taken]  # type: ignore[attr-defined]


def waited(for_: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not for_():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_several_workers_mail_everybody_once(machine: MakeMachine, pool: ThreadPoolExecutor) -> None:
    """Each takes its share, and the queue is empty then."""
    here, there = machine(slowly), machine(slowly)
    run = here.ledger.freeze(new_run(**SHARED), frozen(range(800)))
    ends = [pool.submit(each.worker().run) for each in (here, there)]
    for end in ends:
        end.result(60)
    assert sorted(taken(here, there)) == sorted(map(address_of, range(800)))
    assert min(len(taken(here)), len(taken(there))) >= 100
    assert here.ledger.accounts.counts(run) == Counts(accepted=800)


def slowly(parcel: Parcel) -> Outcome:
    time.sleep(0.002)
    return accept(parcel)


def test_a_worker_that_is_told_to_leave_gives_back_what_it_has_not_begun(
    machine: MakeMachine, folder: Path
) -> None:
    """Nobody is unknown, and the next worker finds the rest in the queue."""
    here, there = machine(), machine()
    run = here.ledger.freeze(new_run(**SHARED), frozen(range(150)))
    worker = here.worker()

    def leave(parcel: Parcel) -> Outcome:
        worker.leave()
        return accept(parcel)

    here.transport.deed = on(7, leave, slowly)  # type: ignore[attr-defined]
    worker.run()
    counts = here.ledger.accounts.counts(run)
    assert counts.accepted + counts.pending == 150
    assert counts.pending > 0
    assert {job["status"] for job in jobs(folder)} == {"todo"}
    there.worker().run()
    assert sorted(taken(here, there)) == sorted(map(address_of, range(150)))


def test_a_breaker_halts_the_run_on_every_machine(machine: MakeMachine) -> None:
    """Until a person resumes it; then it is judged anew."""
    here, there = machine(refuse("554 5.7.1", about_us=True)), machine()
    run = here.ledger.freeze(new_run(**SHARED), frozen(range(300)))
    here.worker().run()
    there.worker().run()
    assert taken(there) == []
    found = there.ledger.sharing.run(run.id)
    assert found is not None
    assert "554 5.7.1" in found.halted
    status = there.ledger.accounts.status(ISSUE)
    assert status is not None
    assert status.state is RunState.PAUSED
    there.ledger.resume(ISSUE)
    there.ledger.sharing.hand_on(run, per_second=100_000.0)
    machine().worker().run()
    assert there.ledger.accounts.counts(run).accepted == 300 - status.counts.rejected


def test_a_worker_whose_key_is_refused_leaves_the_work_to_others(machine: MakeMachine) -> None:
    """It says why, and ends; its job is taken by the next."""

    def forbid(_: Parcel) -> Outcome:
        raise TransportStopped("the key is not valid", "Get another.")

    here, there = machine(forbid), machine()
    run = here.ledger.freeze(new_run(**SHARED), frozen(range(150)))
    with pytest.raises(TransportStopped, match="the key is not valid"):
        here.worker().run()
    assert here.ledger.accounts.counts(run) == Counts(pending=150)
    there.worker().run()
    assert there.ledger.accounts.counts(run) == Counts(accepted=150)


def test_a_worker_that_cannot_reach_the_relay_gives_its_job_back(
    machine: MakeMachine, pool: ThreadPoolExecutor
) -> None:
    """And waits, while another that can takes it."""
    tried = Event()

    class Cut(Scripted):
        def connect(self) -> Scripted:
            tried.set()
            raise LineLost("no route")

    here, there = machine(), machine()
    here.transport = Cut()
    run = here.ledger.freeze(new_run(**SHARED), frozen(range(50)))
    worker = here.worker(Terms(grace_s=600))
    end = pool.submit(worker.run)
    assert tried.wait(20)
    other = there.worker(Terms(grace_s=600))
    ends = [end, pool.submit(other.run)]
    waited(lambda: there.ledger.accounts.counts(run) == Counts(accepted=50))
    for each in (worker, other):
        each.leave()
    for end in ends:
        end.result(20)


def test_settings_by_which_nothing_can_be_carried_end_a_worker(machine: MakeMachine) -> None:
    """With the error, for whoever started it."""
    here = machine()
    here.ledger.freeze(new_run(**SHARED), frozen(range(5)))

    def refuse_it(_ledger: Ledger, _part: Run) -> Summary:
        raise SettingsError([], "See newsletter.yaml.")

    worker = Worker(here.ledger, refuse_it, clock=here.ledger.clock, stop=here.stop, terms=DRAINS)
    with pytest.raises(SettingsError):
        worker.run()


def test_a_defect_ends_a_worker_and_is_told(machine: MakeMachine) -> None:
    """A job that fails without a word would be cut again, and fail again, for ever."""

    def stumble(_: Parcel) -> Outcome:
        raise RuntimeError("nobody thought of this")

    here, there = machine(on(3, stumble)), machine()
    run = here.ledger.freeze(new_run(**SHARED), frozen(range(20)))
    with pytest.raises(RuntimeError, match="nobody thought of this"):
        here.worker().run()
    worker = there.worker(Terms(grace_s=600))
    thread = threading.Thread(target=worker.run)
    thread.start()
    waited(lambda: there.ledger.accounts.counts(run).pending == 0)
    worker.leave()
    thread.join(20)


def test_a_worker_whose_tables_were_changed_under_it_ends(
    machine: MakeMachine, folder: Path, pool: ThreadPoolExecutor
) -> None:
    """Also where it has no job: it would look after nobody, and say that it is well."""
    here = machine()
    end = pool.submit(here.worker(Terms(grace_s=600)).run)
    waited(lambda: here.ledger.sharing.workers() == 1)
    with psycopg.connect(url_of(folder), autocommit=True) as connection:
        connection.execute("ALTER TABLE owners RENAME TO owners_of_another_age")
    with pytest.raises(ProgrammingError, match="owners"):
        end.result(20)


def test_a_job_done_twice_mails_nobody_twice(machine: MakeMachine, pool: ThreadPoolExecutor) -> None:
    """The queue may say what it likes: the ledger is the judge."""
    here, there = machine(slowly), machine(slowly)
    run = here.ledger.freeze(new_run(**SHARED), frozen(range(100)))
    worker = here.worker()
    end: Future[None] = pool.submit(worker.run)
    waited(lambda: here.ledger.sharing.waiting() == 0)
    with here.ledger._database.write() as connection:
        connection.exec_driver_sql("UPDATE procrastinate_jobs SET status = 'todo'")
    there.worker().run()
    end.result(30)
    assert sorted(taken(here, there)) == sorted(map(address_of, range(100)))
    assert here.ledger.accounts.counts(run) == Counts(accepted=100)


def test_what_a_dead_worker_had_is_taken_over(machine: MakeMachine, folder: Path) -> None:
    """Its claims are unknown, no more than it had in hand; everybody else gets the mail."""
    here, there = machine(), machine()
    run = here.ledger.freeze(new_run(**SHARED), frozen(range(250)))
    process = here.ledger.processes.start()
    here.ledger.claims.begin(run, process.name)
    in_hand = here.ledger.claims.claim(run, 40, owner=process.name)
    for job in jobs(folder):
        with psycopg.connect(url_of(folder), autocommit=True) as connection:
            connection.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", (job["id"],))
            connection.execute("UPDATE owners SET seen_at = 0")
    die(folder)
    worker = there.worker(Terms(grace_s=600))
    thread = threading.Thread(target=worker.run)
    thread.start()
    waited(lambda: there.ledger.accounts.counts(run) == Counts(accepted=210, unknown=40))
    worker.leave()
    thread.join(20)
    assert not {each.person.address for each in in_hand.people} & set(taken(there))
    process.close()


def test_a_worker_that_is_not_let_in_by_its_database_ends_at_once(tmp_path: Path) -> None:
    """It waits for a server that is starting, and not for a database that nobody made."""
    small = make(tmp_path)
    nowhere = make_url(server().get_uri()).set(database="nowhere").render_as_string(hide_password=False)
    with spawn("worker", cwd=small.root, env={"NEWSLETTER_DATABASE": nowhere}) as process:
        ended = finish(process)
    assert ended.code == 1
    assert 'database "nowhere" does not exist' in ended.err
    assert "There is no such database." in ended.err


def test_a_test_that_was_replaced_meanwhile_is_nobodys_work(machine: MakeMachine) -> None:
    """Its job finds no run."""
    here = machine()
    for number in (1, 2):
        here.ledger.freeze(new_run(kind=Kind.TEST, **SHARED), frozen([number]))
    here.worker().run()
    assert taken(here) == [address_of(2)]


def test_how_a_worker_is_can_be_asked(machine: MakeMachine, pool: ThreadPoolExecutor) -> None:
    """Live, ready, and numbers in which there is no address."""
    here = machine()
    here.ledger.freeze(new_run(**SHARED), frozen(range(30)))
    worker = here.worker(Terms(grace_s=600, metrics=("127.0.0.1", 0)))
    end = pool.submit(worker.run)
    waited(lambda: worker.port is not None and len(taken(here)) == 30)
    assert worker.port is not None
    assert asked(worker.port, "/live") == (200, "live\n")
    assert asked(worker.port, "/ready") == (200, "ready\n")
    assert asked(worker.port, "/else")[0] == 404
    waited(lambda: 'newsletter_jobs_total{ending="done"} 1.0' in asked(worker.port or 0, "/metrics")[1])
    numbers = asked(worker.port, "/metrics")[1]
    for line in ("newsletter_people_settled_total 30.0", "newsletter_ledger_up 1.0", "newsletter_workers 1.0"):
        assert line in numbers
    assert "example.org" not in numbers
    worker.leave()
    end.result(20)


def asked(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_what_happens_is_told_in_lines_without_an_address(
    machine: MakeMachine, caplog: pytest.LogCaptureFixture
) -> None:
    """Each is one JSON object with the time and a stable name."""
    here = machine(on(3, lambda parcel: Outcome(parcel.person.id, State.REJECTED, code="550 5.1.1", gone=True)))
    here.ledger.freeze(new_run(**SHARED), frozen(range(10)))
    with caplog.at_level(logging.INFO, logger="newsletter"):
        here.worker().run()
    lines = [json.loads(Lines().format(record)) for record in caplog.records if record.name == "newsletter"]
    assert [line["event"] for line in lines] == [
        "worker-started",
        "job-begun",
        "job-ended",
        "worker-stopped",
    ]
    assert lines[2] | {"ending": "done", "settled": 10, "issue": ISSUE} == lines[2]
    assert all("at" in line for line in lines)
    assert "example.org" not in json.dumps(lines)


def test_a_worker_that_could_not_say_that_it_lives_says_so_again(
    machine: MakeMachine, folder: Path, pool: ThreadPoolExecutor
) -> None:
    """A database that was away for a moment leaves no worker that is at work and counted as dead."""
    begun, go_on = Event(), Event()

    def hold(parcel: Parcel) -> Outcome:
        begun.set()
        assert go_on.wait(20)
        return accept(parcel)

    here = machine(on(1, hold), silence_s=2.0)
    run = here.ledger.freeze(new_run(**SHARED), frozen(range(30)))
    worker = here.worker(Terms(grace_s=600, at_once=1))
    end = pool.submit(worker.run)
    assert begun.wait(20)
    with _away(folder):
        time.sleep(3.0)  # Longer than a connection is waited for.
    time.sleep(2.5)  # Longer than it takes to be counted as dead.
    assert here.ledger.sharing.workers() == 1
    assert not here.ledger.sharing.clear_abandoned()
    go_on.set()
    waited(lambda: here.ledger.accounts.counts(run) == Counts(accepted=30))
    worker.leave()
    end.result(20)


@contextmanager
def _away(folder: Path) -> Iterator[None]:
    """While this lasts, the database takes no new connections, and those of the queue are broken."""
    name = name_of(url_of(folder))
    with psycopg.connect(server().get_uri(), autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND application_name = 'newsletter worker'",
            (name,),
        )
        try:
            yield
        finally:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
