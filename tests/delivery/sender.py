"""A sending process for the crash tests: sends what a ledger owes, and dies where it is told.

`python -m tests.delivery.sender FOLDER TRANSPORT WHERE [STEP:COUNT]`: WHERE is a port or a folder, and the
process kills itself with SIGKILL when it takes STEP for the COUNT-th time.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Lock

from newsletter.delivery.claims import Claims, Entry
from newsletter.delivery.clock import SystemClock
from newsletter.delivery.engine import Policy, deliver
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.run import Claim, Run
from newsletter.delivery.transports import Line, Parcel, Report, Transport
from newsletter.delivery.transports.outbox import Outbox
from newsletter.delivery.transports.sendgrid import Access, SendGrid
from newsletter.delivery.transports.smtp import Smtp
from newsletter.delivery.transports.smtp_wire import Server
from newsletter.message import Skeleton

STEPS = (
    "before a claim",
    "after a claim",
    "before handing over",
    "after handing over",
    "before a report",
    "after a report",
    "before recording",
    "after recording",
)
SECRET = b"a secret for tests alone"
KEY = "SG.stand-in.not-a-real-key"
LINES = 3
BATCH = 4


class Fate:
    """Counts the steps, and ends the process at the one it was given."""

    def __init__(self, wanted: str) -> None:
        step, _, count = wanted.partition(":")
        self._step = step
        self._count = int(count or 1)
        self._taken: Counter[str] = Counter()
        self._lock = Lock()

    def step(self, name: str) -> None:
        with self._lock:
            self._taken[name] += 1
            if name == self._step and self._taken[name] == self._count:
                os.kill(os.getpid(), signal.SIGKILL)


class MortalClaims(Claims):
    """The ledger's claims, each step of which may be the last."""

    fate: Fate

    def claim(
        self, run: Run, limit: int, *, owner: str, after: int = 0, per_second: float | None = None
    ) -> Claim:
        self.fate.step("before a claim")
        claim = super().claim(run, limit, owner=owner, after=after, per_second=per_second)
        self.fate.step("after a claim")
        return claim

    def record(self, owner: str, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        self.fate.step("before recording")
        super().record(owner, entries)
        self.fate.step("after recording")


class MortalReport:
    """The engine's report, each word of which may be the last."""

    def __init__(self, report: Report, fate: Fate) -> None:
        self._report = report
        self._fate = fate

    def __call__(self, outcome: Outcome) -> None:
        self._fate.step("before a report")
        self._report(outcome)
        self._fate.step("after a report")

    def handing_over(self, parcels: Sequence[Parcel]) -> None:
        self._fate.step("before handing over")
        self._report.handing_over(parcels)
        self._fate.step("after handing over")

    def withdrawn(self, parcels: Sequence[Parcel]) -> None:
        self._fate.step("before withdrawing")
        self._report.withdrawn(parcels)
        self._fate.step("after withdrawing")

    def stopping(self) -> bool:
        return self._report.stopping()


class MortalLine:
    def __init__(self, line: Line, fate: Fate) -> None:
        self._line = line
        self._fate = fate

    def deliver(self, parcels: Sequence[Parcel], report: Report) -> None:
        self._line.deliver(parcels, MortalReport(report, self._fate))

    def close(self) -> None:
        self._line.close()


class Mortal:
    """A transport whose lines may die."""

    def __init__(self, transport: Transport, fate: Fate) -> None:
        self._transport = transport
        self._fate = fate
        self.name = transport.name
        self.lines = transport.lines
        self.batch = transport.batch

    def connect(self) -> Line:
        return MortalLine(self._transport.connect(), self._fate)


def transport(name: str, where: str) -> Transport:
    match name:
        case "outbox":
            return Outbox(Path(where), batch=BATCH)
        case "smtp":
            server = Server(host="127.0.0.1", port=int(where), security="none")
            return Smtp(server=server, lines=LINES, batch=BATCH)
        case _:
            return SendGrid(Access(KEY, where), lines=LINES, batch=BATCH)


def main(folder: Path, name: str, where: str, wanted: str = "") -> None:
    fate = Fate(wanted)
    ledger = Ledger.open(str(folder / "ledger.db"), processes=folder / "processes", now=time.time)
    (run,) = ledger.runs()
    ledger.claims = MortalClaims(ledger._database, ledger.owners, ledger.processes, time.time)
    ledger.claims.fate = fate
    skeletons = {
        segment: Skeleton(edition, ledger.headers(run), run=run.name, secret=SECRET)
        for segment, edition in ledger.editions(run).items()
    }
    deliver(
        ledger,
        run,
        Mortal(transport(name, where), fate),
        skeletons,
        clock=SystemClock(),
        stop=Event(),
        policy=Policy(record_every_s=0.05, record_at=10),
    )
    ledger.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
