"""How fast does mail reach SendGrid? The real transport and client against the stand-in in its own process.

    python benchmarks/sendgrid_500k.py                 50,000 recipients
    python benchmarks/sendgrid_500k.py 500000          the goal: at most 40 s and 128 MiB

Personalised for each, with its unsubscribe header, a 60 KB HTML part and a 15 KB text part. The ledger is not
in this figure. The stand-in parses each request and counts its people.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.delivery.transports import Parcel
from newsletter.delivery.transports.sendgrid import Access, SendGrid
from newsletter.message import Skeleton
from newsletter.model import UNSUBSCRIBE, Context, Edition, Headers, Person, Pieces, Slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.delivery.outcome import Outcome

ROOT = Path(__file__).resolve().parent.parent
SECRET = b"an invented secret"
HTML_BYTES, TEXT_BYTES = 60_000, 15_000


class Tally:
    """The report of the benchmark: counts, and forgets."""

    def __init__(self) -> None:
        self.states: Counter[str] = Counter()

    def __call__(self, outcome: Outcome) -> None:
        self.states[outcome.state] += 1

    def handing_over(self, parcels: Sequence[Parcel]) -> None:
        """The engine's mark; nothing is kept here."""

    def stopping(self) -> bool:
        return False


class Source:
    """Hands out batches of parcels, made when they are asked for, to several threads."""

    def __init__(self, count: int, batch: int) -> None:
        self._skeleton = skeleton()
        self._starts = iter(range(0, count, batch))
        self._count, self._batch = count, batch
        self._lock = threading.Lock()

    def next(self) -> list[Parcel]:
        """The next batch; empty at the end."""
        with self._lock:
            start = next(self._starts, self._count)
        numbers = range(start, min(start + self._batch, self._count))
        return [Parcel(person(number), self._skeleton, f"attempt-{start}") for number in numbers]


def person(number: int) -> Person:
    """Somebody as the ledger keeps them: the code was made when the run was frozen."""
    return Person(number, f"member{number}@example.org", f"{number:016}", (f"Member{number}", "Example"))


def skeleton() -> Skeleton:
    """An edition of the size of a real report."""
    name_html, name_text = (Slot("first_name", None, context) for context in (Context.HTML, Context.TEXT))
    leave_html, leave_text = (
        Slot(UNSUBSCRIBE, None, context) for context in (Context.ATTRIBUTE, Context.TEXT_URL)
    )
    disclaimer = "This is my personal account, not the official record."
    paragraph = "<p>Members discussed the budget, and I asked what becomes of the regional offices.</p>\n"
    html = paragraph * (HTML_BYTES // len(paragraph))
    line = "Members discussed the budget, and I asked what becomes of the regional offices.\n"
    text = line * (TEXT_BYTES // len(line))
    edition = Edition(
        issue="benchmark",
        segment="members",
        lang="en-GB",
        subject=Pieces(("Report of the meeting",)),
        html=Pieces(
            ("<p>Dear ", f"</p>{html}<p>{disclaimer}</p><a href='", "'>Leave</a>\n"), (name_html, leave_html)
        ),
        text=Pieces(("Dear ", f"\n\n{text}\n{disclaimer}\n\nLeave: ", "\n"), (name_text, leave_text)),
        fields=("first_name", "last_name"),
        disclaimer_html=f"<p>{disclaimer}</p>",
        disclaimer_text=disclaimer,
    )
    headers = Headers(
        sender_name="Alex Morgan",
        sender_address="nec@reports.example.org",
        reply_to="alex@reports.example.org",
        list_id="nec-reports.example.org",
        list_name="NEC reports",
        unsubscribe_to="leave@reports.example.org",
        sent_at=datetime(2026, 11, 18, 9, 0, tzinfo=UTC),
        site_url="https://reports.example.org",
    )
    return Skeleton(edition, headers, run="benchmark", secret=SECRET)


def work(transport: SendGrid, source: Source, tally: Tally) -> None:
    """One line's thread."""
    line = transport.connect()
    try:
        while parcels := source.next():
            line.deliver(parcels, tally)
    finally:
        line.close()


def send(access: Access, *, count: int, batch: int, lines: int) -> tuple[Counter[str], float]:
    """Mail everybody over `lines` threads; what became of them, and the seconds it took."""
    transport = SendGrid(access, lines=lines, batch=batch)
    source = Source(count, batch)
    tallies = [Tally() for _ in range(lines)]
    threads = [threading.Thread(target=work, args=(transport, source, tally)) for tally in tallies]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum((tally.states for tally in tallies), Counter()), time.perf_counter() - begun


def main() -> None:
    """Start the stand-in, send, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=50_000, help="recipients")
    parser.add_argument("--batch", type=int, default=500, help="recipients a request")
    parser.add_argument("--lines", type=int, default=4, help="requests in flight")
    options = parser.parse_args()
    command = [sys.executable, "-m", "tests.sendgrid_stand_in", "--fast", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as stand_in:
        try:
            assert stand_in.stdout is not None
            host, key = (setting.partition("=")[2] for setting in stand_in.stdout.readline().split())
            cpu_before = time.process_time()
            states, took_s = send(
                Access(key, host), count=options.count, batch=options.batch, lines=options.lines
            )
            cpu_s = time.process_time() - cpu_before
        finally:
            stand_in.terminate()
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{options.count:,} recipients, {options.batch} a request, {options.lines} in flight: {dict(states)}")
    rate, cpu_us = options.count / took_s, cpu_s / options.count * 1e6
    print(f"{took_s:.1f} s, {rate:,.0f} recipients/s, {cpu_us:.0f} µs of CPU each")
    print(f"peak memory of the sender {peak_mib:.0f} MiB")


if __name__ == "__main__":
    main()
