"""From a plan to a finished run: freeze it, deliver it, and the writer's own copy with it.

Rule: once frozen, a run needs neither draft nor list. What this room delivers, it reads from the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TYPE_CHECKING

from newsletter import address, plan
from newsletter.delivery.clock import Clock, SystemClock
from newsletter.delivery.engine import Policy, Progress, Summary, deliver
from newsletter.delivery.freezing import Frozen
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.run import Canary, Kind, NewRun, Run, Timing
from newsletter.delivery.transports import Transport
from newsletter.errors import NotReady
from newsletter.message import Skeleton, code_for
from newsletter.model import Edition, Headers, Recipient
from newsletter.pipeline import Mailing, Planned, make_plan, stranger
from newsletter.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

OUTBOX = "outbox"


@contextmanager
def open_ledger(workspace: Workspace, clock: Clock | None = None) -> Iterator[Ledger]:
    """The workspace's ledger, closed at the end."""
    ledger = Ledger.open(
        workspace.database_url, processes=workspace.state_dir / "processes", now=(clock or SystemClock()).now
    )
    try:
        yield ledger
    finally:
        ledger.close()


def planned(ledger: Ledger, mailing: Mailing) -> Planned:
    """The dry run, as the ledger and the lists stand now."""
    rehearsal = mailing.transport == OUTBOX
    return make_plan(
        mailing,
        suppressed=ledger.suppressions.keys(),
        # A rehearsal shows what everybody would get, whoever has had it.
        already=frozenset() if rehearsal else ledger.accounts.already(mailing.report.issue),
        lifted=ledger.suppressions.last_lifted(),
    )


def freeze(
    ledger: Ledger,
    mailing: Mailing,
    made: Planned,
    *,
    timing: Timing | None = None,
    canary: Canary | None = None,
) -> Run:
    """Freeze a plan as a run: real, or a rehearsal. Raises `NotReady` if what was planned has changed.

    A real run whose content already went out under another id is refused.
    """
    issue = mailing.report.issue
    kind = Kind.REHEARSAL if mailing.transport == OUTBOX else Kind.REAL
    if kind is Kind.REAL:
        other = ledger.find_same_content(mailing.content, issue=issue)
        if other is not None:
            raise NotReady(
                f"this very report was already sent under the id '{other}'",
                f"Give the draft back its id, `id: {other}`, so that nobody gets it twice.",
            )
    new = NewRun(
        issue=issue,
        kind=kind,
        transport=mailing.transport,
        editions=mailing.editions,
        headers=replace(mailing.headers, inert=kind is Kind.REHEARSAL),
        receipt=made.plan.receipt.value,
        components=made.plan.receipt.components,
        content=mailing.content,
        timing=timing or Timing(),
        canary=canary,
    )
    return ledger.freeze(new, _frozen(mailing.workspace, made))


def freeze_test(ledger: Ledger, mailing: Mailing, addresses: Sequence[str]) -> Run:
    """Freeze a marked copy of the first edition chosen for each of these addresses, outside the count."""
    first = mailing.segments[0]
    return ledger.freeze(
        NewRun(
            issue=mailing.report.issue,
            kind=Kind.TEST,
            transport=mailing.transport,
            editions={first: mailing.editions[first]},
            headers=replace(mailing.headers, test=True),
        ),
        [_copy(mailing, first, mailing.editions[first], each) for each in dict.fromkeys(addresses)],
    )


def freeze_own_copies(ledger: Ledger, mailing: Mailing) -> Run:
    """Freeze the writer's own copy of each edition, outside the count."""
    own = mailing.workspace.settings.sender.from_
    return ledger.freeze(
        NewRun(
            issue=mailing.report.issue,
            kind=Kind.COPY,
            transport=mailing.transport,
            editions=mailing.editions,
            headers=replace(mailing.headers, inert=True),
        ),
        [_copy(mailing, name, chosen, own) for name, chosen in mailing.editions.items()],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriage:
    """How a run is carried: where to, how it is stopped, and who is told of its progress."""

    workspace: Workspace
    stop: Event = field(default_factory=Event)
    clock: Clock = field(default_factory=SystemClock)
    progress: Progress | None = None

    def carry(self, ledger: Ledger, run: Run) -> Summary:
        """Deliver what a run still owes, as frozen."""
        return deliver(
            ledger,
            run,
            transport_for(self.workspace, run.transport, outbox=self.workspace.root / OUTBOX / _folder(run)),
            skeletons(self.workspace, ledger.editions(run), ledger.headers(run), run=run.name),
            clock=self.clock,
            stop=self.stop,
            policy=Policy(per_second=self._rate(run)),
            progress=self.progress,
        )

    def _rate(self, run: Run) -> float | None:
        return None if run.transport == OUTBOX else self.workspace.settings.limits.per_second


def skeletons(
    workspace: Workspace, editions: Mapping[str, Edition], headers: Headers, *, run: str
) -> dict[str, Skeleton]:
    """The editions of a run, encoded once each."""
    secret = workspace.secret()
    return {name: Skeleton(each, headers, run=run, secret=secret) for name, each in editions.items()}


def transport_for(workspace: Workspace, name: str, *, outbox: Path) -> Transport:
    """The way out of this name, as the settings and the environment describe it."""
    match name:
        case "smtp":
            return _smtp(workspace)
        case "sendgrid":
            return _sendgrid(workspace)
        case _:
            from newsletter.delivery.transports.outbox import Outbox  # noqa: PLC0415 - only when used

            folder = Outbox(outbox)
            folder.clear()
            return folder


def _smtp(workspace: Workspace) -> Transport:
    from newsletter.delivery.transports.smtp import Smtp, SmtpAccount  # noqa: PLC0415 - only when used

    return Smtp(
        SmtpAccount(
            **workspace.settings.smtp.model_dump(),
            password=workspace.environment.get("NEWSLETTER_SMTP_PASSWORD"),
        )
    )


def _sendgrid(workspace: Workspace) -> Transport:
    from newsletter.delivery.transports.sendgrid import (  # noqa: PLC0415 - a fifth of a second
        Access,
        Extras,
        SendGrid,
        host_for,
    )

    settings, environment = workspace.settings.sendgrid, workspace.environment
    host = host_for(settings.region, environment.get("SENDGRID_API_HOST") or settings.host)
    return SendGrid(
        Access(environment.get("SENDGRID_API_KEY", ""), host),
        batch=settings.batch,
        extras=Extras(unsubscribe_group=settings.unsubscribe_group),
    )


def _frozen(workspace: Workspace, made: Planned) -> Iterator[Frozen]:
    secret = workspace.secret()
    for recipient, values in plan.recipients(made.proposal, made.plan.receipt):
        yield recipient, values, code_for(recipient.key, secret)


def _copy(mailing: Mailing, segment: str, chosen: Edition, to: str) -> Frozen:
    """A copy with nobody's fields. Its key and code are the edition's, as one mailbox may get several."""
    key = f"{segment} {address.key(to)}"
    person = stranger(chosen, to)
    return Recipient(to, key, segment, {}), person.values, code_for(key, mailing.workspace.secret())


def _folder(run: Run) -> str:
    """Where the outbox writes a run: tests and own copies beside the rehearsal, not into it."""
    return run.issue if run.kind is Kind.REHEARSAL else f"{run.issue}-{run.kind.value}"


def worst(summaries: Iterable[Summary]) -> int:
    """The exit code of several runs: 130, 5, 7, 6 win in that order."""
    order = [130, 5, 7, 6, 1, 0]
    return min((summary.exit_code for summary in summaries), key=order.index, default=0)
