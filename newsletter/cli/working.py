"""A worker at a terminal, or below a supervisor: it talks in events."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING

from newsletter import dispatch, log
from newsletter.cli import show
from newsletter.cli.writing import opened
from newsletter.delivery.database import LedgerLost, parse_url
from newsletter.delivery.ledger import Ledger
from newsletter.dispatch.haulage import Haulage
from newsletter.errors import UsageError
from newsletter.workspace import Workspace

if TYPE_CHECKING:
    from newsletter.workers import Worker


_AGAIN_S = 2.0


def work(
    *, at_once: int, dead_after_s: float, grace_s: float, metrics: tuple[str, int] | None, wait: bool
) -> int:
    """Do jobs until told to stop."""
    workspace = opened()
    _insist_on_sharing(workspace)
    from newsletter.workers import Terms, Worker  # needs what `newsletter[postgres]` brings

    dispatch.check_way_out(workspace)
    log.write_to(sys.stderr)
    stop = Event()
    with _opened(workspace, dead_after_s) as ledger:
        haulage = Haulage(workspace, clock=ledger.clock, stop=stop, at_once=at_once)
        terms = Terms(at_once=at_once, wait=wait, grace_s=grace_s, metrics=metrics)
        worker = Worker(
            ledger, haulage.carry, clock=ledger.clock, stop=stop, terms=terms, hang_up=haulage.hang_up
        )
        _leave_on_signal(worker)
        worker.run()
    return 0


@contextmanager
def _opened(workspace: Workspace, dead_after_s: float) -> Iterator[Ledger]:
    """The ledger, as soon as its server answers: a worker may well be started before it.

    Raises `LedgerError` at once for what does not get better by waiting.
    """
    tries = 0
    with ExitStack() as stack:
        while True:
            try:
                ledger = stack.enter_context(dispatch.open_ledger(workspace, silence_s=dead_after_s))
            except LedgerLost as lost:
                if not tries:
                    log.note(log.Happening.LEDGER_LOST, reason=lost.message)
                tries += 1
                time.sleep(_AGAIN_S)
            else:
                break
        if tries:
            log.note(log.Happening.LEDGER_BACK, tries=tries)
        yield ledger


def bring(path: Path) -> int:
    """Copy an SQLite ledger into the shared one."""
    workspace = opened()
    _insist_on_sharing(workspace)
    if not path.is_file():
        raise UsageError(f"there is no {path}")
    old = replace(workspace, environment={**workspace.environment, "NEWSLETTER_DATABASE": f"sqlite:///{path}"})
    with dispatch.open_ledger(old) as source, dispatch.open_ledger(workspace, bringing=True) as target:
        people = target.bring(source)
        left = len(target.suppressions.keys())
    show.say(f"brought over: {people:,} people of all runs, {left:,} who left; {path} is no longer used")
    return 0


def _insist_on_sharing(workspace: Workspace) -> None:
    if parse_url(workspace.database_url).get_backend_name() != "postgresql":
        raise UsageError(
            "workers share a ledger in PostgreSQL, and this one is in SQLite",
            "On one machine `newsletter send` needs no worker; for several set NEWSLETTER_DATABASE.",
        )


def _leave_on_signal(worker: Worker) -> None:
    """The first signal finishes what is in flight; a second one leaves at once."""
    told = Event()

    def leave(_signal: int, _frame: FrameType | None) -> None:
        if told.is_set():
            os._exit(130)
        told.set()
        # Not here: a signal comes between any two steps, and to log is not safe there.
        Thread(target=worker.leave, daemon=True).start()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
