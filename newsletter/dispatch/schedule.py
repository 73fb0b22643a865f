"""Mail that leaves at a time: by SendGrid, which keeps it until then, and how it is called back.

Rule: what SendGrid keeps needs no process of ours to be alive at its time. It is handed over ahead only while
there is time to call it back; nearer its time the run waits here, where a stop is certain to the last moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING

from newsletter.delivery.clock import Clock
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import Patience
from newsletter.delivery.run import Run
from newsletter.delivery.transports.sendgrid.limits import CALL_BACK_S, MOST_AHEAD_S
from newsletter.dispatch.ways import sendgrid_access
from newsletter.errors import TransportStopped
from newsletter.workspace import Workspace

if TYPE_CHECKING:
    from newsletter.delivery.transports.sendgrid import Scheduled
    from newsletter.delivery.transports.sendgrid.account import Account

_TICK_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledBack:
    """What came of calling back what SendGrid was to let leave at a time."""

    leaves_at: float
    people: int
    for_certain: bool
    """They are pending again; otherwise it was too near its time, and they are unknown."""


def hand_over_ahead(workspace: Workspace, ledger: Ledger, run: Run, *, now: float) -> Run:
    """The run, with a batch id in the ledger if SendGrid is to keep it until its time."""
    start_at = run.timing.start_at
    if run.transport != "sendgrid" or start_at is None or run.batch_id is not None:
        return run
    if not CALL_BACK_S < start_at - now <= MOST_AHEAD_S:
        return run
    return ledger.schedules.begin(run, _account(workspace).new_batch())


def scheduled(run: Run, *, now: float) -> Scheduled | None:
    """What each request of this run says of its time; None where it is to leave at once."""
    from newsletter.delivery.transports.sendgrid import Scheduled  # noqa: PLC0415 - only when used

    start_at = run.timing.start_at
    if run.batch_id is None or start_at is None or now >= start_at:
        return None
    return Scheduled(datetime.fromtimestamp(start_at, UTC), run.batch_id)


def call_back(workspace: Workspace, ledger: Ledger, issue: str, *, clock: Clock) -> Iterator[CalledBack]:
    """Have SendGrid discard what it keeps of an issue. Nobody is at work on it, or soon nobody will be.

    Raises `TransportStopped` where SendGrid does not confirm it: then the same command may be given again.
    """
    kept = ledger.schedules.ahead(issue)
    if not kept:
        return
    account = _account(workspace)
    for each in kept:
        account.status(each.batch_id)  # A key that may not do this is told before anybody is unknown.
    ledger.claims.tidy(Patience())
    while not ledger.schedules.call_back(issue):
        clock.wait(_TICK_S, Event())
    for each in kept:
        account.cancel(each.batch_id)
        certain = clock.now() <= each.leaves_at - CALL_BACK_S
        people = ledger.schedules.called_back(issue, each.batch_id, for_certain=certain)
        yield CalledBack(leaves_at=each.leaves_at, people=people, for_certain=certain)


def refuse_half_called_back(ledger: Ledger, issue: str) -> None:
    """Raise `TransportStopped` while SendGrid has not confirmed a stop: what is sent anew might leave twice."""
    if any(each.being_called_back for each in ledger.schedules.ahead(issue)):
        raise TransportStopped(
            "a stop is not finished: SendGrid has not confirmed that it discards what it has",
            f"newsletter stop {issue}, and then again what you wanted",
        )


def _account(workspace: Workspace) -> Account:
    from newsletter.delivery.transports.sendgrid import open_account  # noqa: PLC0415 - a fifth of a second

    return open_account(sendgrid_access(workspace))
