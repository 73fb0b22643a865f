"""From a plan to a finished run: freeze it, deliver it, and the writer's own copy with it.

Rule: once frozen, a run needs neither draft nor list. What this room delivers, it reads from the ledger.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TypedDict

from newsletter import address, drift, plan
from newsletter.audience import Roll
from newsletter.checks import SpamScore, World
from newsletter.delivery.books import Policy
from newsletter.delivery.clock import Clock
from newsletter.delivery.database import LedgerError
from newsletter.delivery.engine import Progress, Summary, deliver
from newsletter.delivery.following import follow
from newsletter.delivery.freezing import Frozen
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import State
from newsletter.delivery.owners import SILENCE_S
from newsletter.delivery.run import Canary, Kind, NewRun, Run, Timing
from newsletter.delivery.suppressions import Suppressed
from newsletter.dispatch.approval import approve, insist_on_real, refusal, signature
from newsletter.dispatch.commands import words
from newsletter.dispatch.evidence import Proof, reconcile
from newsletter.dispatch.schedule import (
    CalledBack,
    call_back,
    hand_over_ahead,
    refuse_half_called_back,
    scheduled,
)
from newsletter.dispatch.sources import SENDGRID, exchange_lists, freshness, open_mailbox, sources, stale
from newsletter.dispatch.ways import (
    OUTBOX,
    SANDBOX,
    check_way_out,
    is_rehearsal,
    pace,
    sendgrid_access,
    skeletons,
    smtp_server,
    transport_for,
    way_out,
)
from newsletter.errors import Mistake, SourceError, UsageError, Where
from newsletter.mailing import Mailing, stranger
from newsletter.message import Skeleton, code_for, coder
from newsletter.model import Edition, Recipient
from newsletter.pipeline import Planned, make_plan
from newsletter.plan import Proposal
from newsletter.workspace import LEDGER, STATE, Workspace

__all__ = [
    "OUTBOX",
    "SENDGRID",
    "CalledBack",
    "Carriage",
    "Proof",
    "approve",
    "call_back",
    "check_way_out",
    "exchange_lists",
    "freeze",
    "freeze_test",
    "hand_on",
    "in_sandbox",
    "insist_on_real",
    "is_rehearsal",
    "last_time",
    "left",
    "open_ledger",
    "open_mailbox",
    "planned",
    "proposal",
    "reconcile",
    "refusal",
    "refuse_half_called_back",
    "rolls",
    "sendgrid_access",
    "sent_message",
    "signature",
    "smtp_server",
    "sources",
    "stale",
    "waiting_copies",
    "way_out",
    "words",
    "worst",
]


@contextmanager
def open_ledger(
    workspace: Workspace, clock: Clock | None = None, *, silence_s: float = SILENCE_S, bringing: bool = False
) -> Iterator[Ledger]:
    """The workspace's ledger, closed at the end. Where no clock is given, a shared ledger has its own.

    Raises `LedgerError`, also for a new shared one beside an old one here, unless that is to be brought over.
    """
    ledger = Ledger.open(
        workspace.database_url,
        processes=workspace.state_dir / "processes",
        now=None if clock is None else clock.now,
        code_of=coder(workspace.secret()),
        silence_s=silence_s,
    )
    ledger.clock = clock or ledger.clock
    try:
        if not bringing:
            _refuse_to_forget(workspace, ledger)
        yield ledger
    finally:
        ledger.close()


def _refuse_to_forget(workspace: Workspace, ledger: Ledger) -> None:
    """Whoever sets `NEWSLETTER_DATABASE` must not lose the opt-outs of the ledger used until then."""
    old = workspace.root / STATE / LEDGER
    if ledger.is_shared and old.is_file() and not ledger.holds_anything():
        raise LedgerError(
            f"the shared ledger is empty, and this workspace has one in {workspace.shown(old)}:"
            " whoever left would be written to",
            f"Bring it over: newsletter worker --bring {workspace.shown(old)}, or move the file away.",
        )


def in_sandbox(mailing: Mailing) -> Mailing:
    """The same mailing, for SendGrid to check. Raises `UsageError` for another transport."""
    if mailing.transport != "sendgrid":
        raise UsageError("--sandbox is SendGrid's", "Add: --transport sendgrid")
    return replace(mailing, transport=SANDBOX)


def left(mailing: Mailing) -> Mapping[str, Container[str]]:
    """A list's name → who has left that list alone, as the ledger stands now."""
    with open_ledger(mailing.workspace) as ledger:
        return ledger.suppressions.suppressed(mailing.workspace.list_stems()).by_list


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


def planned(ledger: Ledger, mailing: Mailing, *, unsynced: bool = False) -> Planned:
    """The dry run, as the ledger and the lists stand now. `unsynced` lets it go without a fresh `sync`.

    Raises `SourceError` where a segment of the draft matches nobody.
    """
    proposed = proposal(ledger, mailing)
    asked = world(ledger, mailing, unsynced=unsynced)
    made = make_plan(mailing, proposed, asked, rolls(ledger, mailing, proposed))
    insist_on_people(mailing)
    return made


def insist_on_segments(mailing: Mailing, asked: Sequence[str] | None, *, otherwise: str) -> None:
    """Raise `SourceError` where neither the draft nor anybody else says to whom it goes.

    `otherwise` says where they can be chosen, if not in the draft.
    """
    if not asked and not mailing.report.segments:
        raise SourceError(
            [Mistake(Where(mailing.report.source), "the draft names no segments, so nobody would get it")],
            f"Add: segments: [{', '.join(mailing.lists.segments.names)}], or {otherwise}.",
        )


def insist_on_people(mailing: Mailing) -> None:
    """Raise `SourceError` where a segment of the draft matches nobody in the lists that were just read.

    Also where that segment is not sent to now: by a slip in its `where` its people would get another edition.
    """
    if mailing.audience.unmatched:
        nobody = map(mailing.lists.nobody, mailing.audience.unmatched)
        raise SourceError(nobody, "Nothing was planned, nothing was sent.")


def world(ledger: Ledger, mailing: Mailing, spam: SpamScore | None = None, *, unsynced: bool = False) -> World:
    """What the checks are told beside the mailing itself. `spam` is what SpamAssassin said, if it was asked."""
    return World(
        spam=spam,
        last_time=last_time(ledger, mailing.report.issue),
        vanished=ledger.suppressions.vanished(mailing.workspace.list_stems()),
        freshness=freshness(ledger, mailing, waived=unsynced),
    )


def rolls(ledger: Ledger, mailing: Mailing, proposed: Proposal) -> dict[str, Roll]:
    """What watches the lists of a real send that are not what they were when they were last used."""
    if is_rehearsal(mailing.transport):
        return {}
    suppressed = Suppressed(everywhere=proposed.suppressed, by_list=proposed.left)
    return drift.Drift(ledger, mailing.workspace, suppressed).changed(mailing.files)


def last_time(ledger: Ledger, issue: str) -> dict[str, int]:
    """Segment → how many people the newest other issue went to, those who left since then aside."""
    newest = next((name for name in ledger.issues() if name != issue), None)
    stands = ledger.accounts.status(newest) if newest else None
    if stands is None:
        return {}
    return {name: counts.planned - counts.suppressed for name, counts in stands.by_segment.items()}


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
        **_way(mailing),
    )
    if kind is Kind.REHEARSAL:
        return ledger.freeze(new, _frozen(mailing.workspace, made))
    used = drift.Drift(ledger, mailing.workspace).to_keep(mailing.files)
    people = _frozen(mailing.workspace, made, used.rolls)
    copies = _own_copies(ledger, mailing, made, new.timing)
    return ledger.freeze(new, people, along=copies, lists=used.kept())


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
            **_way(mailing),
        ),
        [_copy(mailing, first, mailing.editions[first], each) for each in dict.fromkeys(addresses)],
    )


def _own_copies(
    ledger: Ledger, mailing: Mailing, made: Planned, timing: Timing
) -> list[tuple[NewRun, list[Frozen]]]:
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
        timing=Timing(start_at=timing.start_at),
        **_way(mailing),
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
    clock: Clock | None = None
    """The ledger's, where none is given."""
    progress: Progress | None = None

    def carry(self, ledger: Ledger, run: Run) -> Summary:
        """Deliver what a run still owes, as frozen; or look on while the workers do.

        What is for a time that SendGrid keeps is handed over ahead of it, but by the workers at their time.
        """
        clock = self.clock or ledger.clock
        if ledger.sharing.carries(run):
            hand_on(self.workspace, ledger, run)
            return follow(ledger, run, clock=clock, stop=self.stop, progress=self.progress)
        run = hand_over_ahead(self.workspace, ledger, run, now=clock.now())
        return deliver(
            ledger,
            run,
            transport_for(
                self.workspace,
                run.transport,
                outbox=self.workspace.root / OUTBOX / _folder(run),
                scheduled=scheduled(run, now=clock.now()),
            ),
            skeletons(self.workspace, ledger.editions(run), ledger.headers(run), run=run.name),
            clock=clock,
            stop=self.stop,
            policy=Policy(per_second=self._rate(run)),
            progress=self.progress,
        )

    def _rate(self, run: Run) -> float | None:
        return pace(self.workspace, run.transport)


def hand_on(workspace: Workspace, ledger: Ledger, run: Run) -> None:
    """Give a run to the workers, at the pace that the settings say now."""
    ledger.sharing.hand_on(run, per_second=pace(workspace, run.transport))


class _Way(TypedDict):
    per_second: float | None
    unsubscribe_group: int | None


def _way(mailing: Mailing) -> _Way:
    """What the workers of other machines have to know of the way out."""
    settings = mailing.workspace.settings
    group = settings.sendgrid.unsubscribe_group if mailing.transport == "sendgrid" else None
    return {"per_second": pace(mailing.workspace, mailing.transport), "unsubscribe_group": group}


def sent_message(workspace: Workspace, ledger: Ledger, issue: str, to: str) -> tuple[bytes, State]:
    """The very bytes for a person, made again from what was frozen, and how they stand. Raises `UsageError`."""
    found = ledger.accounts.sent(issue, address.key(to))
    if found is None:
        raise UsageError(f"nothing of '{issue}' was sent to this person", "Try: newsletter explain ADDRESS")
    run, row, person = found
    if not row.address:
        raise UsageError(
            "what was sent to this person is no longer held",
            "They were erased, or it is older than retention_days.",
        )
    chosen = ledger.editions(run)[row.segment]
    skeleton = Skeleton(chosen, ledger.headers(run), run=run.name, secret=workspace.secret())
    return skeleton.message(person), row.state


def _frozen(workspace: Workspace, made: Planned, rolls: Mapping[str, Roll] | None = None) -> Iterator[Frozen]:
    code_of = coder(workspace.secret())
    for recipient, values in plan.recipients(made.proposal, made.plan.receipt, rolls):
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
