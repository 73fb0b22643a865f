"""Machines that send together: real workers on one PostgreSQL and one relay, each by wires that can be cut."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tests.cli.small import DRAFT, ISSUE, SETTINGS, WRITER, Small, make
from tests.crash.smtp_receiver import SmtpReceiver
from tests.delivery.postgres import name_of, new_database, socket_of
from tests.delivery.wire import Wire

SECRET = "a secret that all machines of a test share"
CONNECTIONS = 2
"""Of each worker to the relay."""

LIMITS = "limits: {{per_second: {}, max_recipients: 1000000}}"

PEOPLE_CSV = "email,first_name,last_name,clp,consent_source,consent_date\n"


class Way(Protocol):
    """From a machine to the database or the relay."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...

    def cut(self) -> None:
        """Break it."""

    def mend(self) -> None: ...


@dataclass
class Machine:
    """A machine: a workspace without lists, and at times a worker."""

    root: Path
    database: Way
    relay: Way
    dead_after_s: float
    prefix: tuple[str, ...] = ()
    """What puts a command on that machine."""
    grace_s: float = 10.0
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    process: subprocess.Popen[bytes] | None = None

    def set_up(self, database: str, settings: str = SETTINGS) -> None:
        """Write the settings; `database` is its name on the server."""
        self.root.mkdir()
        settings = settings.replace("port: 2,", f"port: {self.relay.port},")
        settings = settings.replace("host: 127.0.0.1", f"host: {self.relay.host}")
        (self.root / "newsletter.yaml").write_text(settings.replace("smtp:", "transport: smtp\nsmtp:"))
        where = f"{self.database.host}:{self.database.port}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "NEWSLETTER_DATABASE": f"postgresql://postgres@{where}/{database}?connect_timeout=2",
            "NEWSLETTER_SECRET": SECRET,
        }

    def start(self) -> None:
        assert not self.is_running
        with (self.root / "worker.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(*self.prefix, sys.executable, "-m", "newsletter", "worker", "--concurrency", "1"),
                    *("--dead-after", str(self.dead_after_s), "--grace", str(self.grace_s)),
                ],
                cwd=self.root,
                env=self.environment,
                stderr=log,
            )

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """As the power does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """As a supervisor does; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    @property
    def log(self) -> str:
        return (self.root / "worker.log").read_text(encoding="utf-8")


@dataclass
class Fleet:
    """All machines, the one that plans, and what the relay says that it took."""

    planner: Small
    machines: list[Machine]
    received: Callable[[], list[str]]

    def send(self) -> None:
        """Freeze everybody, and leave them to the workers."""
        receipt = self.planner.receipt()
        sent = self.planner.run("send", DRAFT, "--receipt", receipt, "--no-wait")
        assert sent.code == 0, sent.err

    def status(self) -> Any:
        return self.planner.good("status", ISSUE, "--json").json

    @property
    def taken(self) -> list[str]:
        """Who was taken by the relay, once for each time; the writer's own copies aside."""
        return [to for to in self.received() if to != WRITER]

    def wait_until(self, holds: Callable[[], bool], within_s: float) -> None:
        until = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < until, "\n".join(machine.log[-2000:] for machine in self.machines)
            time.sleep(0.1)

    def settled(self) -> Any:
        """The status when nobody is pending any more."""
        found: list[Any] = []

        def done() -> bool:
            found.append(self.status())
            return not found[-1]["pending"]

        self.wait_until(done, 60)
        return found[-1]

    def stop(self) -> None:
        """All, in order."""
        for machine in self.machines:
            if machine.is_running:
                machine.stop()

    def check(self, people: int, unknown: int) -> None:
        """The sum closes, nobody has it twice, nobody is lost; of no more than so many nobody knows."""
        status = self.settled()
        rows = self.rows()
        accepted = {address for address, state in rows.items() if state == "accepted"}
        in_doubt = {address for address, state in rows.items() if state == "unknown"}
        twice = [address for address, times in Counter(self.taken).items() if times > 1]
        assert twice == []
        assert status["planned"] == people == len(accepted) + len(in_doubt), status
        assert accepted <= set(self.taken)
        assert set(self.taken) <= accepted | in_doubt
        assert len(in_doubt) <= unknown, status

    def rows(self) -> dict[str, str]:
        """Address → state."""
        path = self.planner.root / "rows.json"
        path.unlink(missing_ok=True)
        self.planner.good("status", ISSUE, "--export", str(path))
        return {row["address"]: row["state"] for row in json.loads(path.read_text())}


def planner_of(folder: Path, url: str, people: int, per_second: int = 2000) -> Small:
    """The machine that plans, with its lists; by itself it reaches no relay."""
    folder.mkdir()
    planner = make(folder)
    planner.use_relay(1)
    planner.change("newsletter.yaml", "limits: {per_second: 2000}", LIMITS.format(per_second))
    planner.env.update(NEWSLETTER_DATABASE=url, NEWSLETTER_SECRET=SECRET)
    rows = (f"person{n}@example.org,Ann,Lee,Anytown,form,2025-01-01\n" for n in range(people - 2))
    planner.write("lists/members.csv", PEOPLE_CSV + "".join(rows))
    return planner


@contextmanager
def running(machines: list[Machine]) -> Iterator[None]:
    """Machines that may be started. Whatever runs at the end is killed."""
    try:
        yield
    finally:
        for machine in machines:
            if machine.is_running:
                machine.kill()


@contextmanager
def fleet(folder: Path, relay: SmtpReceiver, *, people: int, dead_after_s: float = 2.0) -> Iterator[Fleet]:
    """Three machines, ready to be started."""
    url = new_database()
    with ExitStack() as stack:
        stack.enter_context(relay.connections)
        made = [
            Machine(
                folder / f"machine {number}",
                stack.enter_context(Wire(socket_of(url))),
                stack.enter_context(Wire(relay.connections.port)),
                dead_after_s,
            )
            for number in range(3)
        ]
        for machine in made:
            machine.set_up(name_of(url))
        stack.enter_context(running(made))
        yield Fleet(planner_of(folder / "planner", url, people), made, lambda: [to for to, _ in relay.taken])
