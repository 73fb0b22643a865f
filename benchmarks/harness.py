"""What the benchmarks share: a figure with its goal, a process measured, the table.

Rule: a figure is a ratio to a peer that ran in turn with us, or an amount of memory. Where a goal is a time,
the ratio to a peer stands beside it. Nothing here fails a build: a machine that is busy is slow.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter.cli import spare_collector

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".benchmarks"
"""What is made once and kept: the compiled sink, the peers that are installed. Not under version control."""

WITHIN_S = 1_800
"""So long a process may take before it is ended."""

Numbers = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table."""

    what: str
    against: str
    measured: float | None
    """None where the peer is not there to be measured."""
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where nothing was measured, or there is no goal."""
        if self.measured is None or (self.at_most is None and self.at_least is None):
            return None
        if self.at_most is not None and self.measured > self.at_most:
            return False
        return self.at_least is None or self.measured >= self.at_least

    @property
    def goal(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:,g} {self.unit}"
        return "–" if self.at_least is None else f"≥ {self.at_least:,g} {self.unit}"

    @property
    def shown(self) -> str:
        """What was measured, to three figures."""
        if self.measured is None:
            return "–"
        digits = 0 if self.measured >= 100 else 1 if self.measured >= 10 else 2
        return f"{self.measured:,.{digits}f} {self.unit}"


Measure = Callable[[bool], Sequence[Figure]]
"""A benchmark: given whether it is to be quick, its figures."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a process took: by the clock, and by the processor."""

    wall_s: float
    cpu_s: float


def ran(command: Sequence[str], *, cwd: Path = ROOT) -> Ran:
    """Run a program to its end. Raises `CalledProcessError`."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        command,
        cwd=cwd,
        check=True,
        timeout=WITHIN_S,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    wall_s, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Ran(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def part(module: str, name: str, *words: str | int | Path) -> Numbers:
    """Run one part of a benchmark in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", module, "--part", name, *map(str, words)]
    done = subprocess.run(
        command, cwd=ROOT, check=True, timeout=WITHIN_S, env=environment(), stdout=subprocess.PIPE
    )
    numbers: Numbers = json.loads(done.stdout)
    return numbers


def environment() -> dict[str, str]:
    """This environment without anything meant for the program: a developer's keys have no place here.

    Modules are compiled once, as they are where the program is installed.
    """
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith(("NEWSLETTER_", "SENDGRID_"))
    }
    ours.pop("PYTHONDONTWRITEBYTECODE", None)
    return ours | {"PYTHONPYCACHEPREFIX": str(CACHE / "pycache")}


@dataclass(slots=True)
class Stopwatch:
    """Tells what passed since it was made, or last read."""

    def __post_init__(self) -> None:
        self.read()

    _wall: float = 0.0
    _cpu: float = 0.0

    def read(self) -> Ran:
        """Wall clock and processor time of this process since the last call."""
        wall, cpu = time.perf_counter(), time.process_time()
        passed = Ran(wall - self._wall, cpu - self._cpu)
        self._wall, self._cpu = wall, cpu
        return passed


def peak_mib() -> float:
    """Peak memory of this process; getrusage on Linux also counts what its parent had held."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    line = next(held for held in status.read_text("ascii").splitlines() if held.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on a disk, removed at the end. The system's own may be in memory, where nothing is durable."""
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        yield Path(folder)


def say(what: str) -> None:
    """Tell the person who waits what is going on."""
    print(what, file=sys.stderr, flush=True)


def print_table(figures: Sequence[Figure]) -> None:
    """Goal, measure and verdict of each figure."""
    rows = [("what", "against", "goal", "measured", "")]
    verdicts = {True: "met", False: "NOT MET", None: ""}
    rows += [(each.what, each.against, each.goal, each.shown, verdicts[each.met]) for each in figures]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        what, against, goal, shown, verdict = row
        line = (
            f"{what:<{widths[0]}}  {against:<{widths[1]}}  {goal:>{widths[2]}}  {shown:>{widths[3]}}  {verdict}"
        )
        print(line.rstrip())


def main(measure: Measure, doc: str | None, parts: Mapping[str, Callable[..., Numbers]] | None = None) -> None:
    """The command line of one benchmark: its table, or with `--part` the numbers of one process of it."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, less to be trusted")
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part and parts:
        spare_collector()  # As every command does; the peers that are in Python gain by it too.
        name, *words = given.part
        print(json.dumps(parts[name](*words)))
    else:
        print_table(measure(given.quick))
