"""Does a sending survive `kill -9`, at any instant, by every way out?

    python benchmarks/crash.py                    240 kills, some minutes on two cores
    python benchmarks/crash.py --kills 1000 --minutes 60 --seed 7

The real command is killed at steps of the server it talks to, at steps of its own (each commit, each note in
the journal, each write to a socket, each file of the outbox), and at random moments; up to three times in a row
on one issue, and then finished by one `resume`, or, for the outbox, by `send`. After each kill and at the end
both sides are compared:

- whoever is accepted in the ledger has the mail, and whoever has the mail is accepted or unknown in the ledger;
- nobody has it twice, unless a person said `retry --unknown`; nobody is pending at the end;
- one kill leaves unknown at most twice the open connections by SMTP, and the open requests by SendGrid;
- `status` adds up.

Exit code 1 where anything was not so.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from math import ceil
from pathlib import Path
from random import Random

from tests.crash import ways
from tests.crash.points import AtInside, AtStep, Point, at_random, labelled
from tests.crash.stage import Stages
from tests.crash.sweep import Result, play_all

WAYS = {"smtp": 0.35, "smtp lock-step": 0.15, "sendgrid": 0.27, "outbox": 0.23}
"""Each way's part of the kills."""

LABELLED = 0.7
"""The part of a way's kills at labelled steps, as far as it has so many."""

POINTS_OF_A_JOB = 12


@dataclass(frozen=True, slots=True)
class Job:
    """Points of one kind and way, for one process to play on a server of its own."""

    way: str
    points: tuple[Point, ...]
    until: float
    """Epoch seconds after which no further issue is begun."""


def play_job(job: Job) -> list[Result]:
    """What came of a job, as far as its time allowed."""
    results = []
    with tempfile.TemporaryDirectory() as folder, ways.opened(job.way) as way:
        for result in play_all(Stages(way, Path(folder)), job.points):
            results.append(result)
            if time.time() > job.until:
                break
    return results


def jobs(kills: int, *, seed: int, until: float) -> list[Job]:
    """The points of all ways, shuffled within each kind, in handy parts."""
    chance = Random(seed)  # noqa: S311 - repeatable, and no secret
    made = []
    for number, (way, part) in enumerate(WAYS.items()):
        wanted = ceil(kills * part)  # Rounded, the last kill that is missing would be nobody's.
        steps = labelled(way)
        chosen = chance.sample(steps, min(round(wanted * LABELLED), len(steps)))
        by_kind: list[Sequence[Point]] = [
            [point for point in chosen if isinstance(point, AtStep)],
            [point for point in chosen if isinstance(point, AtInside)],
            list(islice(at_random(seed + number), wanted - len(chosen))),
        ]
        for points in by_kind:
            made += [
                Job(way, tuple(points[start : start + POINTS_OF_A_JOB]), until)
                for start in range(0, len(points), POINTS_OF_A_JOB)
            ]
    return made


@dataclass(slots=True)
class Row:
    """A line of the table."""

    issues: int = 0
    kills: int = 0
    arrived: int = 0
    unknown: int = 0
    faults: int = 0

    def add(self, result: Result) -> None:
        self.issues += 1
        self.kills += len(result.kills)
        self.arrived += result.arrived
        self.unknown = max(self.unknown, result.unknown)
        self.faults += len(result.faults)


Table = dict[tuple[str, str], Row]


def sweep(kills: int, *, seed: int, minutes: float, workers: int) -> tuple[Table, list[str]]:
    """Play until there are so many kills, or the time is over. The table, and every fault in words."""
    until = time.time() + minutes * 60
    table: Table = defaultdict(Row)
    faults: list[str] = []
    with ProcessPoolExecutor(workers) as pool:
        missing = kills
        while missing > 0 and time.time() < until:
            todo = jobs(missing, seed=seed, until=until)
            for job, results in zip(todo, pool.map(play_job, todo), strict=True):
                faults += note(table, job, results)
            missing = kills - sum(row.kills for row in table.values())
            seed += len(WAYS)
    return table, faults


def note(table: Table, job: Job, results: Iterable[Result]) -> list[str]:
    """Enter what came of a job; its faults, named."""
    kind = job.points[0].kind
    found = []
    for result in results:
        table[job.way, kind].add(result)
        found += [f"{job.way}: {fault}" for fault in result.faults]
    print(".", end="", file=sys.stderr, flush=True)
    return found


LAYOUT = "{:<16}{:<24}{:>7}{:>7}{:>9}{:>16}{:>8}"


def show(table: Table, most: dict[str, int]) -> None:
    """Print the table; `most` is what a kill may leave unknown by way out."""
    print(LAYOUT.format("way out", "killed at", "issues", "kills", "arrived", "unknown a kill", "faults"))
    total = Row()
    for (way, kind), row in sorted(table.items()):
        unknown = f"{row.unknown} of {most[way]}"
        print(LAYOUT.format(way, kind, row.issues, row.kills, row.arrived, unknown, row.faults))
        for name in ("issues", "kills", "arrived", "faults"):
            setattr(total, name, getattr(total, name) + getattr(row, name))
    print(LAYOUT.format("all", "", total.issues, total.kills, total.arrived, "", total.faults))


def bounds() -> dict[str, int]:
    """How many people a kill may leave unknown, by way out."""
    found = {}
    for name in WAYS:
        with ways.opened(name) as way:
            found[name] = way.bound
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Sweep, print, and say by the exit code whether every promise was kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=240, help="how many")
    parser.add_argument("--minutes", type=float, default=10, help="begin no further issue after these")
    parser.add_argument("--seed", type=int, default=1, help="which steps and moments")
    parser.add_argument("--workers", type=int, default=2, help="how many issues at a time")
    options = parser.parse_args(arguments)
    begun = time.monotonic()
    table, faults = sweep(options.kills, seed=options.seed, minutes=options.minutes, workers=options.workers)
    print(file=sys.stderr)
    show(table, bounds())
    print(f"{time.monotonic() - begun:.0f} s; seed {options.seed}")
    for fault in faults:
        print(f"FAULT {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
