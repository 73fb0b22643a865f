"""Planning a send to 500,000 people, against Python's csv.reader alone on the same lists.

    python -m benchmarks.plan_500k

Two lists (a tenth of the rows in the first, half of which stand in the second too), 5,000 suppressions. Both
sides run in processes of their own, in turn; the best of three counts. Time is the processor's, without the
imports, and moves less than the clock's on a busy machine; memory is the peak of the whole process.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from benchmarks import people, report
from benchmarks.harness import Figure, Numbers, Stopwatch, main, part, peak_mib, scratch
from newsletter import plan
from newsletter.audience import Lists, parse_segments

_ME = "benchmarks.plan_500k"
_ROUNDS = 3
_SUPPRESSED = 5_000

_SEGMENTS = """
segments:
  secretaries:
    title: Secretaries
    lists: [secretaries.csv]
    where: {role: secretary}
  members:
    title: Members
    lists: [members.csv]
    where:
      region: {not: [Elsewhere]}
"""


def measure(quick: bool) -> Sequence[Figure]:
    """How many times the mere reading of the lists, and how much memory."""
    rows = 50_000 if quick else 500_000
    with scratch() as folder:
        _write_lists(folder, rows)
        rounds = [(part(_ME, "read", folder), part(_ME, "plan", folder)) for _ in range(_ROUNDS)]
    read_s, plan_s = (min(each["cpu_s"] for each in side) for side in zip(*rounds, strict=True))
    what = f"planning {rows:,} rows, two lists, suppressions"
    peak = max(planned["peak_mib"] for _, planned in rounds)
    return [
        Figure(what=what, against="csv.reader alone", measured=plan_s / read_s, unit="×", at_most=8),
        Figure(what=what, against="", measured=peak, unit="MiB", at_most=160),
    ]


def _write_lists(folder: Path, rows: int) -> None:
    (folder / "segments.yaml").write_text(_SEGMENTS, encoding="utf-8")
    everybody = list(people.rows(rows - rows // 20))
    tenth = rows // 10
    people.write_list(folder / "secretaries.csv", everybody[:tenth])
    people.write_list(folder / "members.csv", everybody[tenth // 2 :])


def _read(folder: str) -> Numbers:
    """Read the lists and do nothing with them."""
    watch = Stopwatch()
    for path in sorted(Path(folder).glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for _ in csv.reader(file):
                pass
    return {"cpu_s": watch.read().cpu_s}


def _plan(folder: str) -> Numbers:
    """Do what `newsletter plan` does once the editions are rendered."""
    where = Path(folder)
    suppressed = _suppressed(where)
    watch = Stopwatch()
    text = (where / "segments.yaml").read_text(encoding="utf-8")
    segments = parse_segments(text, name="lists/segments.yaml")
    names = [path.name for path in where.glob("*.csv")]
    lists = Lists(segments, available=names, open_list=lambda name: (where / name).open("rb"))
    made = plan.make(
        plan.Proposal(
            issue="benchmark",
            audience=lists.audience(segments.names, consent_required=True),
            editions={name: report.edition(name, (*report.FIELDS, "@sign_up")) for name in segments.names},
            headers=report.headers(),
            transport="smtp",
            limits=plan.Limits(max_recipients=1_000_000, drift_percent=20),
            suppressed=suppressed,
        )
    )
    taken = watch.read()
    assert sum(segment.matched for segment in made.segments) == sum(held.rows for held in made.lists)
    assert sum(segment.excluded["suppressed"] for segment in made.segments) > 0
    return {"cpu_s": taken.cpu_s, "peak_mib": peak_mib()}


def _suppressed(folder: Path) -> frozenset[str]:
    """Every fiftieth address of the longer list, as a ledger would give them."""
    with (folder / "members.csv").open(encoding="utf-8", newline="") as file:
        keys = (row[0].lower() for number, row in enumerate(csv.reader(file)) if number % 50 == 0)
        return frozenset(key for key, _ in zip(keys, range(_SUPPRESSED), strict=False))


if __name__ == "__main__":
    main(measure, __doc__, {"read": _read, "plan": _plan})
