"""An issue in a workspace of its own, whose commands are run as real processes and killed at will."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from newsletter.cli.show import status_json
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import State
from newsletter.delivery.run import Kind
from tests.cli import command
from tests.cli.small import DRAFT, ISSUE, SETTINGS, WRITER, make
from tests.crash.points import AtInside, AtTime, Inside, Point, Trap
from tests.crash.truth import Truth
from tests.crash.ways import Way

SECRETARIES, MEMBERS = 20, 80
LIMIT_S = 60.0
"""A command that takes longer than this hangs."""

_FILE_CLOCK_S = 0.1
"""The time of a file may be some milliseconds behind the clock's."""

_SITE = Path(__file__).parent / "inside"
_COLUMNS = "email,first_name,last_name,clp,role,consent_source,consent_date"


def addresses(name: str, count: int) -> list[str]:
    return [f"{name}{number:03}@people.example" for number in range(count)]


PLANNED = frozenset(addresses("s", SECRETARIES) + addresses("m", MEMBERS))


@dataclass(slots=True)
class Stage:
    """One issue, its workspace and its other side."""

    way: Way
    root: Path
    receipt: str
    again: frozenset[str] = frozenset()
    """Those to whom a person's word sent a second time."""

    @property
    def is_rehearsal(self) -> bool:
        return self.way.name == "outbox"

    def send(self) -> list[str]:
        """The command that begins, and that finishes the job when it is given again."""
        return ["send", DRAFT] if self.is_rehearsal else ["send", DRAFT, "--receipt", self.receipt]

    def go_on(self) -> list[str]:
        """What a person types after a crash."""
        return ["resume", ISSUE] if self.rows() and not self.is_rehearsal else self.send()

    def start(self, arguments: list[str], point: Point | None = None) -> subprocess.Popen[bytes]:
        """Start a command that will be killed at `point`, if it is one of a step."""
        trap = Trap(point)
        self.way.begin(trap)
        with (self.root / "stderr").open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "newsletter", *arguments],
                cwd=self.root,
                env=command.clean_environment({**self.way.env, **_inside(point)}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        trap.arm(process)
        return process

    def finish(self, process: subprocess.Popen[bytes]) -> int:
        """The exit code, -9 after a kill, once all that was written has been read."""
        try:
            code = process.wait(LIMIT_S)
        finally:
            process.kill()
        self.way.settle()
        return code

    def run(self, arguments: list[str], point: Point | None = None) -> int:
        """Run a command to its end, or to its point."""
        process = self.start(arguments, point)
        if isinstance(point, AtTime):
            self._kill_in_time(process, point)
        return self.finish(process)

    def _kill_in_time(self, process: subprocess.Popen[bytes], point: AtTime) -> None:
        while not point.from_start and not self.way.has_begun() and process.poll() is None:
            time.sleep(0.001)
        time.sleep(point.delay_s)
        process.kill()

    def command(self, *arguments: str) -> command.Result:
        """Run a command that only looks, in this process, which is quick."""
        return command.run(*arguments, cwd=self.root, env=self.way.env)

    def status(self) -> Mapping[str, Any] | None:
        """`status --json`, or the same of a rehearsal, which `status` must not know; None where nothing is."""
        result = self.command("status", ISSUE, "--json")
        assert result.code == 2 if self.is_rehearsal else result.code in {0, 2}, result.err
        if not self.is_rehearsal:
            return None if result.code else result.json
        with self._ledger() as ledger:
            stands = ledger.accounts.status(ISSUE, Kind.REHEARSAL)
        return None if stands is None else status_json(stands)

    def rows(self) -> dict[str, State]:
        """The ledger's rows of this issue, own copies aside."""
        kind = Kind.REHEARSAL if self.is_rehearsal else Kind.REAL
        with self._ledger() as ledger:
            return {row.address: row.state for row in ledger.accounts.rows(ISSUE, kind=kind)}

    @contextmanager
    def _ledger(self) -> Iterator[Ledger]:
        state = self.root / ".newsletter"
        ledger = Ledger.open(str(state / "ledger.db"), processes=state / "processes", now=time.time)
        try:
            yield ledger
        finally:
            ledger.close()

    def truth(self) -> Truth:
        """Both sides as they stand, with no process at work."""
        arrived = Counter(address for address in self._arrived() if address != WRITER)
        return Truth(
            planned=PLANNED, states=self.rows(), arrived=arrived, status=self.status(), again=self.again
        )

    def _arrived(self) -> list[str]:
        """All that arrived; of rehearsals, in the last one frozen: the one before may still stand there."""
        if not self.is_rehearsal:
            return self.way.arrived()
        with self._ledger() as ledger:
            frozen = [run.created_at for run in ledger.runs(ISSUE, Kind.REHEARSAL)]
        return self.way.arrived(max(frozen, default=0.0) - _FILE_CLOCK_S)

    def own_copies(self) -> tuple[int, int]:
        """How many of the writer's own copies arrived, and how many more may have."""
        with self._ledger() as ledger:
            unknown = ledger.accounts.rows(ISSUE, {State.UNKNOWN}, kind=Kind.COPY)
            return self.way.arrived().count(WRITER), len(list(unknown))

    def journals(self) -> list[str]:
        """What the processes, all of them ended, have left lying about."""
        return [path.name for path in (self.root / ".newsletter" / "processes").iterdir()]

    def said(self) -> str:
        """What the last command wrote to stderr."""
        return (self.root / "stderr").read_text(encoding="utf-8")


@dataclass(slots=True)
class Stages:
    """Makes stages of one way out, quickly: from a workspace that is planned, or frozen already."""

    way: Way
    folder: Path
    _made: int = 0
    _receipt: str = ""
    _templates: dict[bool, Path] = field(default_factory=dict)

    def next(self, *, frozen: bool) -> Stage:
        """A fresh copy. `frozen`: the run is in the ledger and nobody has been claimed."""
        if frozen not in self._templates:
            self._templates[frozen] = self._frozen() if frozen else self._planned()
        return self._copy(self._templates[frozen])

    def _copy(self, template: Path) -> Stage:
        self._made += 1
        root = self.folder / f"issue-{self._made}"
        shutil.copytree(template, root)
        self.way.start_over(root)
        return Stage(self.way, root, self._receipt)

    def _planned(self) -> Path:
        root = self.folder / "planned"
        small = make(root)
        kept = [line for line in SETTINGS.splitlines() if not line.startswith(("smtp:", "limits:"))]
        small.write("newsletter.yaml", "\n".join([*kept, "limits: {per_second: 100000}", self.way.settings]))
        small.write("lists/clp-secretaries.csv", _list("s", SECRETARIES, role="secretary"))
        small.write("lists/members.csv", _list("m", MEMBERS))
        small.env.update(self.way.env)
        if self.way.env:
            small.good("sync")  # Before a send by SendGrid its lists must have been read.
        self._receipt = small.receipt()
        return root

    def _frozen(self) -> Path:
        """Frozen by a real `send` that was killed right after, so that a kill costs no planning."""
        for nth in count(1):  # What a command writes before it freezes anybody is its own matter.
            stage = self.next(frozen=False)
            code = stage.run(stage.send(), AtInside(Inside.COMMIT, nth, after=True))
            assert code == -9, stage.said()
            if rows := stage.rows():
                break
        assert set(rows.values()) == {State.PENDING}
        return stage.root


def _list(name: str, count: int, role: str = "") -> str:
    rows = [f"{address},Ada,Example,Anytown,{role},form,2025-03-03" for address in addresses(name, count)]
    return "\n".join([_COLUMNS, *rows, ""])


def _inside(point: Point | None) -> Mapping[str, str]:
    if not isinstance(point, AtInside):
        return {}
    path = os.pathsep.join(filter(None, (str(_SITE), os.environ.get("PYTHONPATH"))))
    return {"PYTHONPATH": path, "CRASH_AT": point.text}
