"""From a plan to a finished run: freeze it, deliver it, and the writer's own copy with it.

Rule: once frozen, a run needs neither draft nor list. What this room delivers, it reads from the ledger.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING

from newsletter import address, plan
from newsletter.checks import World
from newsletter.delivery import fate
from newsletter.delivery.books import Policy
from newsletter.delivery.clock import Clock, SystemClock
from newsletter.delivery.engine import Progress, Summary, deliver
from newsletter.delivery.freezing import Frozen
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import State
from newsletter.delivery.run import Canary, Kind, NewRun, Row, Run, Timing
from newsletter.delivery.settling import Evidence
from newsletter.delivery.transports import Transport
from newsletter.errors import NotReady, UsageError
from newsletter.message import Skeleton, code_for, coder
from newsletter.model import Edition, Headers, Person, Recipient
from newsletter.pipeline import Mailing, Planned, make_plan, stranger
from newsletter.plan import Proposal
from newsletter.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.delivery.transports.sendgrid import Access
    from newsletter.delivery.transports.smtp_wire import Server

OUTBOX = "outbox"
SANDBOX = "sendgrid-sandbox"
"""SendGrid looks at every request and sends nothing: a rehearsal that shows it the addresses."""


@contextmanager
def open_ledger(workspace: Workspace, clock: Clock | None = None) -> Iterator[Ledger]:
    """The workspace's ledger, closed at the end."""
    ledger = Ledger.open(
        workspace.database_url,
        processes=workspace.state_dir / "processes",
        now=(clock or SystemClock()).now,
        code_of=coder(workspace.secret()),
    )
    try:
        yield ledger
    finally:
        ledger.close()


def is_rehearsal(transport: str) -> bool:
    """Whether this way out leaves everybody without the mail."""
    return transport in {OUTBOX, SANDBOX}


def in_sandbox(mailing: Mailing) -> Mailing:
    """The same mailing, for SendGrid to check. Raises `UsageError` for another transport."""
    if mailing.transport != "sendgrid":
        raise UsageError("--sandbox is SendGrid's", "Add: --transport sendgrid")
    return replace(mailing, transport=SANDBOX)


def proposal(ledger: Ledger, mailing: Mailing) -> Proposal:
    """What the dry run is made of, as the ledger stands now."""
    rehearsal = is_rehearsal(mailing.transport)
    suppressed = ledger.suppressions.suppressed(mailing.workspace.list_stems())
    return mailing.proposal(
        suppressed=suppressed.everywhere,
        left=suppressed.by_list,
        # A rehearsal shows what everybody would get, whoever has had it.
        already=frozenset() if rehearsal else ledger.accounts.already(mailing.report.issue),
        lifted=ledger.suppressions.last_lifted(),
    )


def planned(ledger: Ledger, mailing: Mailing) -> Planned:
    """The dry run, as the ledger and the lists stand now."""
    return make_plan(
        mailing, proposal(ledger, mailing), World(last_time=last_time(ledger, mailing.report.issue))
    )


def last_time(ledger: Ledger, issue: str) -> dict[str, int]:
    """Segment → how many people the newest other issue went to, those who left since then aside."""
    newest = next((name for name in ledger.issues() if name != issue), None)
    stands = ledger.accounts.status(newest) if newest else None
    if stands is None:
        return {}
    return {name: counts.planned - counts.suppressed for name, counts in stands.by_segment.items()}


def refusal(ledger: Ledger, mailing: Mailing, made: Planned) -> NotReady | None:
    """Why a real send of this plan may not go, if it may not; approval apart."""
    refused = made.refusal()
    if refused is not None:
        return refused
    if not mailing.report.has_id:
        return NotReady("the draft has no id", f"Write `id: {mailing.report.issue}` at its top.")
    other = ledger.find_same_content(mailing.content, issue=mailing.report.issue)
    if other is not None:
        return NotReady(
            f"this very report was already sent under the id '{other}'",
            f"Give the draft back its id, `id: {other}`, so that nobody gets it twice.",
        )
    return None


def freeze(
    ledger: Ledger,
    mailing: Mailing,
    made: Planned,
    *,
    timing: Timing | None = None,
    canary: Canary | None = None,
) -> Run:
    """Freeze a plan as a run: real, and the writer's own copies with it where they want some, or a rehearsal.

    Raises `NotReady` if what was planned has changed, or if a real send of it is refused.
    """
    kind = Kind.REHEARSAL if is_rehearsal(mailing.transport) else Kind.REAL
    refused = refusal(ledger, mailing, made) if kind is Kind.REAL else None
    if refused is not None:
        raise refused
    new = NewRun(
        issue=mailing.report.issue,
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
    copies = _own_copies(ledger, mailing, made) if kind is Kind.REAL else []
    return ledger.freeze(new, _frozen(mailing.workspace, made), along=copies)


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


def _own_copies(ledger: Ledger, mailing: Mailing, made: Planned) -> list[tuple[NewRun, list[Frozen]]]:
    """The writer's own copy of each edition that this plan sends and they lack, outside the count."""
    sender = mailing.workspace.settings.sender
    had = {row.segment for row in ledger.accounts.rows(mailing.report.issue, kind=Kind.COPY)}
    due = [each.name for each in made.plan.segments if each.to_send and each.name not in had]
    if not due or not sender.own_copy:
        return []
    editions = {name: mailing.editions[name] for name in due}
    new = NewRun(
        issue=mailing.report.issue,
        kind=Kind.COPY,
        transport=mailing.transport,
        editions=editions,
        headers=replace(mailing.headers, inert=True),
    )
    return [(new, [_copy(mailing, name, chosen, sender.from_) for name, chosen in editions.items()])]


def waiting_copies(ledger: Ledger, issue: str) -> tuple[Run, ...]:
    """The writer's own copies that have not left yet: a send that was stopped ends with them too."""

    def waits(run: Run) -> bool:
        counts = ledger.accounts.counts(run)
        # A dead process's claim counts as unknown until the next one has read its journal.
        return bool(counts.pending or counts.deferred or counts.unknown)

    return tuple(run for run in ledger.runs(issue, Kind.COPY) if waits(run))


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


def way_out(mailing: Mailing) -> Transport:
    """How a real mailing would leave. Raises `SettingsError` for settings by which nothing could."""
    return transport_for(mailing.workspace, mailing.transport, outbox=mailing.workspace.root / OUTBOX)


def transport_for(workspace: Workspace, name: str, *, outbox: Path) -> Transport:
    """The way out of this name, as the settings and the environment describe it."""
    match name:
        case "smtp":
            return _smtp(workspace)
        case "sendgrid":
            return _sendgrid(workspace)
        case "sendgrid-sandbox":
            return _sendgrid(workspace, sandbox=True)
        case _:
            from newsletter.delivery.transports.outbox import Outbox  # noqa: PLC0415 - only when used

            folder = Outbox(outbox)
            folder.clear()
            return folder


def _smtp(workspace: Workspace) -> Transport:
    from newsletter.delivery.transports.smtp import Smtp  # noqa: PLC0415 - only when used

    return Smtp(server=smtp_server(workspace), lines=workspace.settings.smtp.connections)


def smtp_server(workspace: Workspace) -> Server:
    """The relay, as the settings and the environment describe it."""
    from newsletter.delivery.transports.smtp_wire import Server  # noqa: PLC0415 - only when used

    settings = workspace.settings.smtp
    return Server(
        host=settings.host,
        port=settings.port,
        security=settings.security,
        username=settings.username,
        password=workspace.environment.get("NEWSLETTER_SMTP_PASSWORD"),
    )


def _sendgrid(workspace: Workspace, *, sandbox: bool = False) -> Transport:
    from newsletter.delivery.transports.sendgrid import (  # noqa: PLC0415 - a fifth of a second
        Extras,
        SendGrid,
    )

    settings = workspace.settings.sendgrid
    return SendGrid(
        sendgrid_access(workspace),
        batch=settings.batch,
        extras=Extras(unsubscribe_group=settings.unsubscribe_group, sandbox=sandbox),
    )


def sendgrid_access(workspace: Workspace) -> Access:
    """SendGrid's address and the key, as the settings and the environment say."""
    from newsletter.delivery.transports.sendgrid import Access, host_for  # noqa: PLC0415 - as above

    settings, environment = workspace.settings.sendgrid, workspace.environment
    host = host_for(settings.region, environment.get("SENDGRID_API_HOST") or settings.host)
    return Access(environment.get("SENDGRID_API_KEY", ""), host)


def sent_message(workspace: Workspace, ledger: Ledger, issue: str, to: str) -> bytes:
    """The very bytes that went to a person, made again from what was frozen. Raises `UsageError`."""
    found = ledger.accounts.sent(issue, address.key(to))
    if found is None:
        raise UsageError(f"nothing of '{issue}' was sent to this person", "Try: newsletter explain ADDRESS")
    run, row, person = found
    chosen = ledger.editions(run)[row.segment]
    return Skeleton(chosen, ledger.headers(run), run=run.name, secret=workspace.secret()).message(person)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a person brings to settle the unknown: copies that arrived, and the provider's events."""

    delivered: Sequence[bytes] = ()
    events: Sequence[fate.Event] = ()
    trust_absence: bool = False
    """That SendGrid's logs lack somebody counts as not sent, `settle_s` after the attempt."""
    settle_s: float = 1800


def reconcile(workspace: Workspace, ledger: Ledger, issue: str, proof: Proof) -> int:
    """Settle the unknown of an issue by what can be known; the number settled.

    A record is proof at once. Its absence is none, unless a person says so, and even then only after a while:
    a provider may take a message long after the line to it broke.
    """
    settled = ledger.events.take(proof.events).settled + ledger.events.settle()
    for run in ledger.runs(issue):
        unknown = [row for row in ledger.accounts.rows(issue, {State.UNKNOWN}) if row.run == run.name]
        if not unknown:
            continue
        found = list(_arrived(workspace, ledger, run, unknown, proof.delivered))
        proved = {each.code for each in found}
        asked = [row for row in unknown if row.code not in proved]
        found += _logged(workspace, run, asked, trust_absence=proof.trust_absence)
        settled += ledger.settle_unknown(run, found, settle_s=proof.settle_s)
    return settled


def _arrived(
    workspace: Workspace, ledger: Ledger, run: Run, unknown: Sequence[Row], delivered: Sequence[bytes]
) -> Iterator[Evidence]:
    """Whose very message, by its Message-ID, is among the copies."""
    parsed = (email.message_from_bytes(copy, policy=email.policy.default) for copy in delivered)
    names = {str(copy["Message-ID"]).strip() for copy in parsed}
    made = skeletons(workspace, ledger.editions(run), ledger.headers(run), run=run.name) if names else {}
    for row in unknown if names else ():
        if made[row.segment].message_id(Person(row.id, row.address, row.code, ())) in names:
            yield Evidence(row.code, State.ACCEPTED, "a copy arrived")


def _logged(
    workspace: Workspace, run: Run, unknown: Sequence[Row], *, trust_absence: bool
) -> Iterator[Evidence]:
    """What SendGrid's logs say of these people of a run."""
    if run.transport != "sendgrid" or not unknown:
        return
    from newsletter.delivery.transports.sendgrid import open_account  # noqa: PLC0415 - a fifth of a second
    from newsletter.delivery.transports.sendgrid.account import Sought  # noqa: PLC0415

    sought = [Sought(person=row.id, address=row.address, code=row.code, attempt=row.attempt) for row in unknown]
    began = min(row.claimed_at or run.created_at for row in unknown)
    ended = max(row.settled_at or row.claimed_at or began for row in unknown)
    found = open_account(sendgrid_access(workspace)).find_accepted(
        sought,
        since=datetime.fromtimestamp(began - _LOG_MARGIN_S, UTC),
        until=datetime.fromtimestamp(ended + _LOG_MARGIN_S, UTC),
    )
    for row in unknown:
        if row.id in found:
            yield Evidence(row.code, State.ACCEPTED, "SendGrid has it on record")
        elif trust_absence:
            yield Evidence(row.code, State.PENDING, "SendGrid has no record of it")


_LOG_MARGIN_S = 600
"""How far SendGrid's clock and ours, or its queue, may be apart."""


def _frozen(workspace: Workspace, made: Planned) -> Iterator[Frozen]:
    code_of = coder(workspace.secret())
    for recipient, values in plan.recipients(made.proposal, made.plan.receipt):
        yield recipient, values, code_of(recipient.key)


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
