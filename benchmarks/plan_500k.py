"""Plan a send to 500,000 people, against Python's csv.reader alone on the same lists.

    python benchmarks/plan_500k.py [ROWS]

Two lists (a tenth of the rows in the first, half of which stand in the second too), 5,000 suppressions. Both
sides run in processes of their own, in turn; the best of three counts. The lists are made in a temporary
folder and removed. Time is the processor's, without the imports, and moves less than the clock's on a busy
machine; memory is the peak of the whole process.
"""

from __future__ import annotations

import csv
import random
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from newsletter import plan
from newsletter.audience import Lists, parse_segments
from newsletter.model import Context, Edition, Headers, Pieces, Slot

ROUNDS = 3
SUPPRESSED = 5_000
GOAL_TIMES = 8
GOAL_MIB = 160

HEADER = (
    *("email", "first_name", "last_name", "clp", "region", "role"),
    *("consent_source", "consent_date"),
)
SEGMENTS = """
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


def main() -> None:
    """Make the lists, run both sides in turn, and print the comparison."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    with tempfile.TemporaryDirectory() as folder:
        write_lists(Path(folder), rows)
        runs = [(run("reader", folder), run("plan", folder)) for _ in range(ROUNDS)]
    reader, planned = (min(seconds for seconds, _ in side) for side in zip(*runs, strict=True))
    peak = max(mib for _, (_, mib) in runs)
    print(f"csv.reader alone   {reader:6.2f} s  {reader / rows * 1e6:5.1f} µs a row")
    print(f"plan               {planned:6.2f} s  {planned / rows * 1e6:5.1f} µs a row, peak {peak:.0f} MiB")
    print(f"plan / csv.reader  {planned / reader:6.1f} ×  (goal: at most {GOAL_TIMES} ×, {GOAL_MIB} MiB)")


def write_lists(folder: Path, rows: int) -> None:
    """Invented people, the same in every run; one in twenty has letters beyond ASCII."""
    chance = random.Random(20261117)  # noqa: S311 - the data must be the same in every run
    (folder / "segments.yaml").write_text(SEGMENTS, encoding="utf-8")
    people = [person(number, chance) for number in range(rows - rows // 20)]
    tenth = rows // 10
    write_list(folder / "secretaries.csv", people[:tenth])
    write_list(folder / "members.csv", people[tenth // 2 :])


def person(number: int, chance: random.Random) -> tuple[str, ...]:
    """Invent a row."""
    first = chance.choice(("Siân", "Zoë", *("Amira", "Bethan", "Colin", "Dilys", "Ewan", "Farah") * 6))
    last = chance.choice(("Ó Riain", *("Abernethy", "Blackwood", "Carmichael", "Dunmore") * 5))
    local = f"{first}.{last}{number}".encode("ascii", "ignore").decode("ascii").replace(" ", "")
    clp = f"{chance.choice(('North', 'South', 'Mid'))} {chance.choice(('Anyshire', 'Hesterwick'))}"
    region = chance.choice(("North West", "Yorkshire", "Wales", "Scotland"))
    day = f"202{chance.randrange(6)}-0{chance.randrange(1, 10)}-1{chance.randrange(10)}"
    domain = f"mail{chance.randrange(400)}.example"
    return f"{local}@{domain}", first, last, clp, region, "secretary", "website form", day


def write_list(path: Path, people: list[tuple[str, ...]]) -> None:
    """Write a list as a spreadsheet does."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(people)


def run(side: str, folder: str) -> tuple[float, float]:
    """Seconds and peak MiB of one side in its own process."""
    command = [sys.executable, __file__, f"--{side}", folder]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(found[0]), float(found[1])


def read_alone(folder: Path) -> None:
    """Read the lists and do nothing with them."""
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for _ in csv.reader(file):
                pass


def plan_all(folder: Path, suppressed: frozenset[str]) -> None:
    """Do what `newsletter plan` does once the editions are rendered."""
    text = (folder / "segments.yaml").read_text(encoding="utf-8")
    segments = parse_segments(text, name="lists/segments.yaml")
    names = [path.name for path in folder.glob("*.csv")]
    lists = Lists(segments, available=names, open_list=lambda name: (folder / name).open("rb"))
    greeting = Pieces(("Dear ", ",\n"), (Slot("first_name", "friend", Context.TEXT),))
    editions = {
        name: Edition(
            issue="bench",
            segment=name,
            lang="en-GB",
            subject=Pieces(("Report",)),
            html=greeting,
            text=greeting,
            fields=("first_name", "last_name", "clp", "@sign_up"),
            disclaimer_html="",
            disclaimer_text="",
        )
        for name in segments.names
    }
    headers = Headers(
        sender_name="Jo Bloggs",
        sender_address="jo@reports.example.org",
        reply_to="jo@reports.example.org",
        list_id="reports.example.org",
        list_name="Reports",
        unsubscribe_to="leave@reports.example.org",
        sent_at=datetime(2026, 11, 17, tzinfo=UTC),
    )
    audience = lists.audience(segments.names, consent_required=True)
    proposal = plan.Proposal(
        issue="bench",
        audience=audience,
        editions=editions,
        headers=headers,
        transport="smtp",
        limits=plan.Limits(max_recipients=1_000_000, drift_percent=20),
        suppressed=suppressed,
    )
    made = plan.make(proposal)
    assert sum(segment.matched for segment in made.segments) == sum(held.rows for held in made.lists)
    assert sum(segment.excluded["suppressed"] for segment in made.segments) > 0


def some_keys(folder: Path) -> frozenset[str]:
    """Every fiftieth address of the longer list, as a ledger would give the suppressed."""
    with (folder / "members.csv").open(encoding="utf-8", newline="") as file:
        keys = (row[0].lower() for number, row in enumerate(csv.reader(file)) if number % 50 == 0)
        return frozenset(key for key, _ in zip(keys, range(SUPPRESSED), strict=False))


def child(side: str, folder: Path) -> None:
    """Print the seconds and the peak MiB of one side."""
    suppressed = some_keys(folder)
    start = process_time()
    if side == "--reader":
        read_alone(folder)
    else:
        plan_all(folder, suppressed)
    print(process_time() - start, peak_mib())


def peak_mib() -> float:
    """Peak memory of this process; getrusage on Linux also counts what its parent had held."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    line = next(held for held in status.read_text("ascii").splitlines() if held.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1].startswith("--"):
        child(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
