"""Three workers on one PostgreSQL and one `smtp-sink`, and whatever can befall them, for minutes.

    python -m benchmarks.storm                          three minutes
    python -m benchmarks.storm --minutes 20 --seed 7

Where this user may make network namespaces, each worker has its own, with one line to the database and another
to the relay, and a cut takes the line down: what is under way is lost without a word. Elsewhere the workers are
processes, and their connections are broken or fall silent. At random moments a worker is killed, told to leave,
stopped and woken up again, or cut off from the database or from the relay, sometimes several at once. At the
end everything is mended, and both sides are compared:

- whoever is accepted in the ledger has the mail, and whoever has the mail is accepted or unknown in the ledger;
- nobody has it twice; nobody is pending; `status` adds up;
- of no more people than were on the wire when something broke, nobody knows, and no takeover had more unknown
  than one worker has in hand;
- no worker ended by itself.

Exit code 1 where anything was not so.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.harness import say
from benchmarks.sinks import free_port
from tests.delivery.postgres import name_of, new_database, socket_of
from tests.delivery.wire import Wire
from tests.workers.fleet import CONNECTIONS, Fleet, Machine, Way, planner_of, running

PER_SECOND = 100
"""The pace of all, so that a run lasts as long as it should."""

IN_HAND = 2 * CONNECTIONS * (PER_SECOND // 10)
"""People whom a worker may have claimed: two batches a line, each of what may leave in a tenth of a second."""

DEAD_AFTER_S = 4.0
WORKERS = 3
RELAY, DATABASE = "10.79.0.1", "10.79.0.2"
"""Where they are for the namespaces: addresses of this machine alone."""

_RECIPIENT = re.compile(rb"^X-Rcpt-Args: <(.*?)>", re.MULTILINE)


@dataclass
class Line:
    """A line from a namespace to this machine, which can be taken down."""

    host: str
    port: int
    device: str

    def cut(self) -> None:
        _ip("link", "set", self.device, "down")

    def mend(self) -> None:
        _ip("link", "set", self.device, "up")


@dataclass
class Silence:
    """A wire that falls silent or breaks, by turns."""

    wire: Wire
    chance: Random

    @property
    def host(self) -> str:
        return self.wire.host

    @property
    def port(self) -> int:
        return self.wire.port

    def cut(self) -> None:
        if self.chance.random() < 0.5:
            self.wire.cut()
        else:
            self.wire.fall_silent()

    def mend(self) -> None:
        self.wire.mend()


class Storm:
    """What befalls the machines: each fault has an end, and the machine another beginning."""

    def __init__(self, fleet: Fleet, chance: Random) -> None:
        self._fleet = fleet
        self._chance = chance
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._down: list[Machine] = []
        """Those that were killed or told to leave, and not started again yet."""
        self.faults: Counter[str] = Counter()
        """Those that befell somebody: whoever is down already cannot be killed."""

    def blow(self) -> None:
        """One fault to one machine, to be undone after a while."""
        machine = self._chance.choice(self._fleet.machines)
        faults = (self._kill, self._leave, self._sleep, self._lose_database, self._lose_relay)
        fault = self._chance.choice(faults)
        if fault(machine):
            self.faults[fault.__name__.strip("_").replace("_", " ")] += 1

    def undo(self, *, at_once: bool = False) -> None:
        """Undo what is due, or all."""
        now = time.monotonic()
        due = [each for each in self._later if at_once or each[0] <= now]
        self._later = [each for each in self._later if each not in due]
        for _, deed in due:
            deed()

    def check(self) -> None:
        """Whoever is not down runs."""
        for machine in self._fleet.machines:
            assert machine.is_running or machine in self._down, f"it ended by itself:\n{machine.log[-2000:]}"

    def _is_up(self, machine: Machine) -> bool:
        return machine.is_running and machine not in self._down

    def _in_a_while(self, deed: Callable[[], None], longest_s: float) -> None:
        self._later.append((time.monotonic() + self._chance.uniform(0.2, longest_s), deed))

    def _kill(self, machine: Machine) -> bool:
        if not self._is_up(machine):
            return False
        machine.kill()
        self._restart(machine)
        return True

    def _leave(self, machine: Machine) -> bool:
        if not self._is_up(machine) or machine.process is None:
            return False
        machine.process.send_signal(signal.SIGTERM)
        _wake(machine.process)
        self._restart(machine)
        return True

    def _restart(self, machine: Machine) -> None:
        def start() -> None:
            _start(machine)
            self._down.remove(machine)

        self._down.append(machine)
        self._in_a_while(start, 3 * DEAD_AFTER_S)

    def _sleep(self, machine: Machine) -> bool:
        process = machine.process
        if not self._is_up(machine) or process is None:
            return False
        process.send_signal(signal.SIGSTOP)
        self._in_a_while(lambda: _wake(process), 3 * DEAD_AFTER_S)
        return True

    def _lose_database(self, machine: Machine) -> bool:
        machine.database.cut()
        self._in_a_while(machine.database.mend, 4 * DEAD_AFTER_S)
        return True

    def _lose_relay(self, machine: Machine) -> bool:
        machine.relay.cut()
        self._in_a_while(machine.relay.mend, 2 * DEAD_AFTER_S)
        return True


def _start(machine: Machine) -> None:
    """Start it again, once it is gone."""
    if machine.process is not None:
        with suppress(subprocess.TimeoutExpired):
            machine.process.wait(15)
    if not machine.is_running:
        machine.start()


def _wake(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGCONT)


def main() -> int:
    """Blow, calm down, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    given = parser.parse_args()
    people = int(given.minutes * 60 * PER_SECOND)
    say(f"seed {given.seed}, {people:,} people")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # What was made is removed at the end.
    with tempfile.TemporaryDirectory() as folder, _machines(Path(folder), people, Random(given.seed)) as fleet:  # noqa: S311
        storm = Storm(fleet, Random(given.seed))  # noqa: S311 - to be played again
        fleet.send()
        for machine in fleet.machines:
            machine.start()
        _weather(fleet, storm, given.seed)
        say(f"faults: {dict(storm.faults)}")
        fleet.settled()
        broken = (storm.faults["kill"] + storm.faults["lose relay"]) * CONNECTIONS
        say(f"unknown when nobody was left: {fleet.status()['unknown']}")
        time.sleep(
            3 * DEAD_AFTER_S
        )  # Whoever came back last has yet to tell what became of those in its hands.
        say(f"unknown: {fleet.status()['unknown']}, on the wire when something broke: at most {broken}")
        taken_over = max(_taken_over(fleet), default=0)
        say(f"unknown in a takeover: at most {taken_over}, in hand of a worker: at most {IN_HAND}")
        assert taken_over <= IN_HAND
        fleet.check(people, unknown=broken)
        fleet.stop()
    say("nobody twice, nobody lost, and the sum closes")
    return 0


def _weather(fleet: Fleet, storm: Storm, seed: int) -> None:
    """Faults until hardly anybody is left to be mailed."""
    chance = Random(seed + 1)  # noqa: S311 - as above
    told_at = 0.0
    while True:
        status = fleet.status()
        if status["pending"] < PER_SECOND:
            break
        if time.monotonic() > told_at + 20:
            told_at = time.monotonic()
            say("  " + ", ".join(f"{name} {status[name]:,}" for name in ("pending", "accepted", "unknown")))
        storm.blow()
        until = time.monotonic() + chance.uniform(0.5, 4.0)
        while time.monotonic() < until:
            storm.undo()
            storm.check()
            time.sleep(0.1)
    storm.undo(at_once=True)


def _taken_over(fleet: Fleet) -> Iterator[int]:
    """How many became unknown with each worker that was taken for dead."""
    for machine in fleet.machines:
        for line in machine.log.splitlines():
            if '"owner-lost"' in line:
                yield json.loads(line)["unknown"]


@contextmanager
def _machines(folder: Path, people: int, chance: Random) -> Iterator[Fleet]:
    url = new_database()
    folder.chmod(0o755)
    with ExitStack() as stack:
        ours = stack.enter_context(_network()) if _may_make_namespaces() else None
        received = stack.enter_context(_sink(folder, ours is not None))
        made = []
        for number in range(WORKERS):
            prefix: tuple[str, ...] = ()
            if ours is None:
                ways: tuple[Way, Way] = (
                    Silence(stack.enter_context(Wire(socket_of(url))), chance),
                    Silence(stack.enter_context(Wire(received.port)), chance),
                )
            else:
                server = stack.enter_context(Wire(socket_of(url), DATABASE))
                ways = ours(number, server.port, received.port)
                prefix = ("ip", "netns", "exec", f"newsletter{number}")
            machine = Machine(folder / f"machine {number}", *ways, DEAD_AFTER_S, prefix)
            machine.set_up(name_of(url))
            made.append(machine)
        stack.enter_context(running(made))
        say(f"{WORKERS} workers in {'namespaces' if ours else 'processes'}")
        yield Fleet(planner_of(folder / "planner", url, people, PER_SECOND), made, received.all)


@dataclass
class Received:
    """What `smtp-sink` wrote down."""

    port: int
    dump: Path

    def all(self) -> list[str]:
        return (
            [found.decode() for found in _RECIPIENT.findall(self.dump.read_bytes())]
            if self.dump.exists()
            else []
        )


@contextmanager
def _sink(folder: Path, outside: bool) -> Iterator[Received]:
    where = folder / "sink"
    where.mkdir()
    where.chmod(0o777)
    host, port = (RELAY if outside else "127.0.0.1"), free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    program = shutil.which("smtp-sink") or "/usr/sbin/smtp-sink"
    with subprocess.Popen([program, *user, "-D", str(where / "mail"), f"{host}:{port}", "128"]) as process:
        try:
            time.sleep(0.5)
            yield Received(port, where / "mail")
        finally:
            process.terminate()


def _may_make_namespaces() -> bool:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    made = subprocess.run(["ip", "netns", "add", "newsletter-try"], check=False, capture_output=True)
    if made.returncode:
        return False
    _ip("netns", "del", "newsletter-try")
    return True


@contextmanager
def _network() -> Iterator[Callable[[int, int, int], tuple[Way, Way]]]:
    """What makes the namespace of a worker, with its two lines; all of it is removed at the end."""
    made: list[int] = []
    try:
        for address in (RELAY, DATABASE):
            _ip("addr", "add", f"{address}/32", "dev", "lo")

        def make(number: int, database_port: int, relay_port: int) -> tuple[Way, Way]:
            made.append(number)
            _ip("netns", "add", f"newsletter{number}")
            lines = ((DATABASE, database_port, "d"), (RELAY, relay_port, "r"))
            return tuple(_line(number, *each) for each in lines)  # type: ignore[return-value]

        yield make
    finally:
        for number in made:
            _ip("netns", "del", f"newsletter{number}")
        for address in (RELAY, DATABASE):
            _ip("addr", "del", f"{address}/32", "dev", "lo")


def _line(number: int, host: str, port: int, kind: str) -> Line:
    """A pair of interfaces: one here, one in the namespace, by which `host` is reached."""
    space, here, there = f"newsletter{number}", f"nl{kind}{number}", f"eth{kind}"
    net = f"10.{77 if kind == 'd' else 78}.{number}"
    _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", space)
    _ip("addr", "add", f"{net}.1/24", "dev", here)
    _ip("link", "set", here, "up")
    for words in (
        ("addr", "add", f"{net}.2/24", "dev", there),
        ("link", "set", there, "up"),
        ("route", "add", f"{host}/32", "via", f"{net}.1"),
    ):
        _ip("-n", space, *words)
    return Line(host, port, here)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


if __name__ == "__main__":
    sys.exit(main())
