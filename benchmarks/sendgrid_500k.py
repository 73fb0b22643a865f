"""500,000 people through the SendGrid client, to the stand-in in a process of its own.

    python -m benchmarks.sendgrid_500k

The real transport and client, 500 people a request, four requests in flight; each person's mail is
personalised and has its own unsubscribe header. The ledger is not in this figure. The stand-in parses each
request and counts its people.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence

from benchmarks import report
from benchmarks.harness import ROOT, Figure, Numbers, Stopwatch, main, part, peak_mib
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.transports import Parcel
from newsletter.delivery.transports.sendgrid import Access, SendGrid
from newsletter.message import Skeleton
from newsletter.model import Person

_SECRET = b"a secret of the benchmark"
_PEOPLE = 500_000
_BATCH = 500
_LINES = 4


def measure(quick: bool) -> Sequence[Figure]:
    """Seconds for all of them, and memory."""
    people = _PEOPLE // 20 if quick else _PEOPLE
    done = part("benchmarks.sendgrid_500k", "send", people)
    what = f"{_PEOPLE:,} through the SendGrid client"
    if quick:
        what += f", by {people:,}"
    return [
        Figure(
            what=what,
            against="a stand-in on loopback",
            measured=done["wall_s"] * _PEOPLE / people,
            unit="s",
            at_most=40,
        ),
        Figure(what=what, against="", measured=done["peak_mib"], unit="MiB", at_most=128),
    ]


class _Tally:
    """The report of one line: counts, and forgets."""

    def __init__(self) -> None:
        self.states: Counter[str] = Counter()

    def __call__(self, outcome: Outcome) -> None:
        self.states[outcome.state] += 1

    def handing_over(self, parcels: Sequence[Parcel]) -> None:
        """The engine's mark; nothing is kept here."""

    def withdrawn(self, parcels: Sequence[Parcel]) -> None:
        """The same, taken back."""

    def stopping(self) -> bool:
        return False


class _Source:
    """Hands out batches of parcels, made when they are asked for, to several threads."""

    def __init__(self, count: int) -> None:
        self._skeleton = Skeleton(report.edition(), report.headers(), run="benchmark", secret=_SECRET)
        self._starts = iter(range(0, count, _BATCH))
        self._count = count
        self._lock = threading.Lock()

    def next(self) -> list[Parcel]:
        """The next batch; empty at the end."""
        with self._lock:
            start = next(self._starts, self._count)
        numbers = range(start, min(start + _BATCH, self._count))
        return [Parcel(_person(number), self._skeleton, f"attempt-{start}") for number in numbers]


def _person(number: int) -> Person:
    """Somebody as the ledger keeps them: the code was made when the run was frozen."""
    values = (f"Member{number}", "Example", "Anytown & District")
    return Person(number, f"member{number}@example.org", f"{number:016}", values)


def _send(people: str) -> Numbers:
    """Start the stand-in, send, and see that everybody was accepted."""
    count = int(people)
    command = [sys.executable, "-m", "tests.sendgrid_stand_in", "--fast", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as stand_in:
        try:
            assert stand_in.stdout is not None
            host, key = (setting.partition("=")[2] for setting in stand_in.stdout.readline().split())
            watch = Stopwatch()
            states = _over_lines(SendGrid(Access(key, host), lines=_LINES, batch=_BATCH), _Source(count))
            taken = watch.read()
        finally:
            stand_in.terminate()
    assert states == {"accepted": count}, states
    return {"wall_s": taken.wall_s, "cpu_s": taken.cpu_s, "peak_mib": peak_mib()}


def _over_lines(transport: SendGrid, source: _Source) -> Counter[str]:
    """Mail everybody over as many lines as the transport has; what became of them."""
    tallies = [_Tally() for _ in range(_LINES)]
    threads = [threading.Thread(target=_work, args=(transport, source, tally)) for tally in tallies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum((tally.states for tally in tallies), Counter())


def _work(transport: SendGrid, source: _Source, tally: _Tally) -> None:
    """One line's thread."""
    line = transport.connect()
    try:
        while parcels := source.next():
            line.deliver(parcels, tally)
    finally:
        line.close()


if __name__ == "__main__":
    main(measure, __doc__, {"send": _send})
