"""Kill the sender again and again, at chosen steps and at random moments, and see whether the account is true.

A small sweep is part of the tests; a long one is `python -m tests.delivery.kill_sweep --kills 200`.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter.delivery.outcome import Patience, State
from newsletter.delivery.run import Run
from tests.delivery.faulty_smtp import FaultySmtp
from tests.delivery.parts import ISSUE, frozen, new_run, opened, states
from tests.delivery.sender import BATCH, KEY, LINES, STEPS
from tests.sendgrid_stand_in import StandIn

DEAD = -9


@dataclass(frozen=True)
class Place:
    """Where the mail goes, what has arrived, and how many one death may leave in doubt."""

    where: str
    received: Callable[[], list[str]]
    bound: int
    repeatable: bool = False
    """Sending again replaces what arrived, so that nobody needs to be in doubt."""


@contextmanager
def place(name: str, folder: Path) -> Iterator[Place]:
    match name:
        case "outbox":
            outbox = folder / "outbox"
            yield Place(str(outbox), lambda: recipients_in(outbox), 0, repeatable=True)
        case "smtp":
            with FaultySmtp() as server:
                yield Place(str(server.port), lambda: server.addresses, LINES)
        case _:
            with StandIn(keys=[KEY]) as sendgrid:
                took = sendgrid.account.accepted
                yield Place(sendgrid.url, lambda: [str(each.address) for each in list(took)], LINES * BATCH)


def recipients_in(outbox: Path) -> list[str]:
    """The recipients of the files, by their To header."""
    found = []
    for path in (outbox / "new").glob("*.eml"):
        (line,) = [line for line in path.read_bytes().split(b"\r\n") if line.startswith(b"To: ")]
        found.append(line.partition(b"<")[2].partition(b">")[0].decode())
    return found


def _send(folder: Path, name: str, where: str, *wanted: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.delivery.sender", str(folder), name, where, *wanted]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2])


@dataclass
class Sweep:
    """One run over many deaths."""

    folder: Path
    name: str
    place: Place
    run: Run
    kills: int = 0
    unknown: int = 0

    def die_at(self, step: str, count: int) -> None:
        """Let a sender kill itself at a step."""
        code = _send(self.folder, self.name, self.place.where, f"{step}:{count}").wait()
        assert code in {0, DEAD}, f"the sender ended with {code} at {step}"
        self._judge(code)

    def kill_after(self, seconds: float) -> None:
        """Kill a sender some time after something arrives, or after it should have."""
        before = len(self.place.received())
        sender = _send(self.folder, self.name, self.place.where)
        latest = time.monotonic() + 10
        while len(self.place.received()) == before and sender.poll() is None and time.monotonic() < latest:
            time.sleep(0.001)
        time.sleep(seconds)
        sender.kill()
        self._judge(sender.wait())

    def finish(self) -> None:
        """Send what is left, and see that the sum closes."""
        assert _send(self.folder, self.name, self.place.where).wait() == 0
        self._judge(0)
        with opened(self.folder) as ledger:
            counts = ledger.accounts.counts(self.run)
        assert counts.accepted + counts.unknown == counts.planned
        assert counts.pending == 0

    def _judge(self, code: int) -> None:
        self.kills += code == DEAD
        with opened(self.folder) as ledger:
            new_unknown = ledger.claims.recover(self.run, Patience())
            found = states(ledger)
        assert new_unknown <= self.place.bound, f"{new_unknown} people in doubt after one death"
        self.unknown += new_unknown
        received = self.place.received()
        assert len(received) == len(set(received)), "somebody got it twice"
        accepted = {address for address, state in found.items() if state is State.ACCEPTED}
        unknown = {address for address, state in found.items() if state is State.UNKNOWN}
        assert State.CLAIMED not in found.values()
        assert accepted <= set(received)
        assert set(received) <= accepted | unknown or (self.place.repeatable and code == DEAD)


@contextmanager
def sweep(name: str, people: int, folder: Path) -> Iterator[Sweep]:
    with place(name, folder) as where:
        with opened(folder) as ledger:
            run = ledger.freeze(new_run(), frozen(range(people)))
        yield Sweep(folder, name, where, run)


def main() -> None:
    """Sweep every transport, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311 - repeatable moments, no secrets
    for name in ("outbox", "smtp", "sendgrid"):
        with (
            tempfile.TemporaryDirectory() as folder,
            sweep(name, 60 * options.kills, Path(folder)) as all_of_it,
        ):
            for number in range(options.kills):
                if number % 2:
                    all_of_it.kill_after(chance.random() * 0.2)
                else:
                    all_of_it.die_at(chance.choice(STEPS), chance.randint(1, 12))
            all_of_it.finish()
            received = len(all_of_it.place.received())
            sys.stdout.write(
                f"{name}: {all_of_it.kills} kills, {received} received once each, "
                f"{all_of_it.unknown} unknown, issue {ISSUE} closed\n",
            )


if __name__ == "__main__":
    main()
