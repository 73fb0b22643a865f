"""The dry run, the real run and what became of it, as they are talked about at a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import typer

from newsletter import dispatch
from newsletter.cli import shared, show
from newsletter.cli.account import CUT_SHORT, account, carry, carry_copies
from newsletter.cli.choices import Transport
from newsletter.cli.rights import forget_what_is_old
from newsletter.cli.timing import keep_time, timing
from newsletter.cli.writing import has_terminal, now, opened, parsed_address
from newsletter.delivery.books import Ending
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.run import Canary, Kind, Run, Timing
from newsletter.errors import NotReady, UsageError, did_you_mean
from newsletter.mailing import Mailing, open_mailing
from newsletter.pipeline import Planned
from newsletter.plan import Receipt, in_words
from newsletter.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How a real send is to go, as given on the command line."""

    at: str | None = None
    not_after: str | None = None
    hold_minutes: float | None = None
    canary: str | None = None
    sandbox: bool = False
    accept_drift: bool = False
    unsynced: bool = False
    """That what is known of those who left may be old."""
    no_wait: bool = False

    def timing(self, mailing: Mailing) -> Timing:
        """The times in epoch seconds. Raises `UsageError` for what cannot be."""
        return timing(
            mailing.workspace,
            mailing.transport,
            at=self.at,
            not_after=self.not_after,
            hold_minutes=self.hold_minutes,
        )

    def first(self, mailing: Mailing) -> Canary | None:
        """Who gets it first, if anybody. Raises `UsageError`."""
        wanted = self.canary
        if wanted is None:
            return None
        if wanted in mailing.segments:
            return Canary(segment=wanted)
        if wanted.isdecimal() and int(wanted) > 0:
            return Canary(count=int(wanted))
        raise UsageError(
            f"--canary takes a number of people or a segment of this send, not '{wanted}'",
            did_you_mean(wanted, mailing.segments),
        )


def plan(draft: str, *, segments: Sequence[str] | None, transport: Transport | None, as_json: bool) -> int:
    """Show the dry run; 1 when a real send of it would be refused."""
    mailing = _open(draft, segments, transport)
    with dispatch.open_ledger(mailing.workspace) as ledger:
        made = _planned(ledger, mailing)
        refusal = dispatch.refusal(ledger, mailing, made) or made.drift_refusal()
    if as_json:
        show.json(made.as_json())
    else:
        show.plan(made)
    if refusal is None:
        return 0
    show.say(f"a real send would be refused: {refusal.message}")
    show.say(refusal.hint)
    return refusal.exit_code


def send(
    draft: str,
    *,
    segments: Sequence[str] | None,
    transport: Transport | None,
    receipt: str | None,
    wishes: Wishes,
    as_json: bool,
) -> int:
    """Show the plan, then send it: at once to the outbox, after a word or by a receipt for real."""
    mailing = _open(draft, segments, transport)
    if wishes.sandbox:
        mailing = dispatch.in_sandbox(mailing)
    when, canary = wishes.timing(mailing), wishes.first(mailing)
    with dispatch.open_ledger(mailing.workspace) as ledger:
        made = _planned(ledger, mailing, unsynced=wishes.unsynced)
        if not as_json:
            show.plan(made)
        if dispatch.is_rehearsal(mailing.transport):
            return _rehearse(ledger, mailing, made, as_json=as_json)
        if wishes.no_wait:
            shared.insist_on_sharing(ledger)
        if not ledger.is_shared:
            dispatch.way_out(mailing)  # A key that is missing is said before anybody agrees to anything.
        _agree(ledger, mailing, made, receipt, accept_drift=wishes.accept_drift)
        unfinished = ledger.open_runs(mailing.report.issue)
        begun = [run for run in unfinished if receipt and run.receipt == made.plan.receipt.value]
        if begun:
            keep_time(mailing.workspace, ledger, mailing.report.issue)
        if wishes.no_wait:
            return _leave_to_workers(ledger, mailing, made, begun, timing=when, canary=canary, as_json=as_json)
        summaries = [carry(mailing.workspace, ledger, run) for run in begun]
        cut_short = any(summary.exit_code in CUT_SHORT for summary in summaries)
        if made.plan.total and not cut_short:
            run = dispatch.freeze(ledger, mailing, made, timing=when, canary=canary)
            summaries.append(carry(mailing.workspace, ledger, run))
        elif not unfinished:
            show.say("everybody in these segments has had it already; nothing was sent")
        summaries += carry_copies(mailing.workspace, ledger, mailing.report.issue, summaries)
        forget_what_is_old(mailing.workspace, ledger)
        return account(mailing.workspace, ledger, mailing.report.issue, summaries, as_json=as_json)


def _leave_to_workers(
    ledger: Ledger,
    mailing: Mailing,
    made: Planned,
    begun: Sequence[Run],
    *,
    timing: Timing,
    canary: Canary | None,
    as_json: bool,
) -> int:
    """Put everybody into the queue of the workers: who is new, with the commit that freezes them."""
    if made.plan.total:
        dispatch.freeze(ledger, mailing, made, timing=timing, canary=canary)
    return shared.leave_to_workers(mailing.workspace, ledger, mailing.report.issue, begun, as_json=as_json)


def test(
    draft: str, addresses: Sequence[str], *, segments: Sequence[str] | None, transport: Transport | None
) -> int:
    """Send a marked copy of the first chosen edition to each address."""
    mailing = _open(draft, segments, transport)
    checked = [parsed_address(each) for each in addresses]
    with dispatch.open_ledger(mailing.workspace) as ledger:
        run = dispatch.freeze_test(ledger, mailing, checked)
        summary = carry(mailing.workspace, ledger, run)
    way = f"into outbox/{run.issue}-test" if mailing.transport == dispatch.OUTBOX else f"by {mailing.transport}"
    show.say(
        f"{summary.counts.accepted} of {len(checked)} test copies sent {way}, edition {mailing.segments[0]}"
    )
    return summary.exit_code


def approve(
    draft: str,
    *,
    receipt: str,
    name: str,
    segments: Sequence[str] | None,
    transport: Transport | None,
) -> None:
    """Record a yes to what this receipt was given for, if it is still so and could go out."""
    name = dispatch.signature(name)
    mailing = _open(draft, segments, transport)
    dispatch.insist_on_real(mailing)
    with dispatch.open_ledger(mailing.workspace) as ledger:
        # How fresh is what is known of those who left is asked when it is sent.
        made = _planned(ledger, mailing, unsynced=True)
        _match(mailing.workspace, made, receipt)
        done = dispatch.approve(ledger, mailing, made, name)
    show.say(done)


def _open(draft: str, segments: Sequence[str] | None, transport: Transport | None) -> Mailing:
    workspace = opened()
    way = transport.value if transport else None
    mailing = open_mailing(workspace, draft, at=now(workspace), segments=segments, transport=way)
    dispatch.insist_on_segments(mailing, segments, otherwise="choose with --segment")
    return mailing


def _planned(ledger: Ledger, mailing: Mailing, *, unsynced: bool = False) -> Planned:
    """The plan, with its receipt kept. Raises `SourceError` where a segment of the draft matches nobody."""
    made = dispatch.planned(ledger, mailing, unsynced=unsynced)
    mailing.workspace.remember_receipt(made.plan.receipt.value, made.plan.receipt.components)
    return made


def _rehearse(ledger: Ledger, mailing: Mailing, made: Planned, *, as_json: bool) -> int:
    run = dispatch.freeze(ledger, mailing, made)
    summary = carry(mailing.workspace, ledger, run)
    if as_json:
        stands = ledger.accounts.status(run.issue, Kind.REHEARSAL)
        assert stands is not None
        show.json(show.status_json(stands))
    if summary.ending is Ending.DONE:
        where = (
            f"mails in outbox/{run.issue}" if run.transport == dispatch.OUTBOX else "found valid by SendGrid"
        )
        show.say(f"rehearsed: {summary.counts.accepted:,} {where}; nobody was sent anything")
    return summary.exit_code


def _agree(ledger: Ledger, mailing: Mailing, made: Planned, receipt: str | None, *, accept_drift: bool) -> None:
    """Let a real send pass only with a fitting receipt, or with the number of recipients typed."""
    refusal = dispatch.refusal(ledger, mailing, made)
    if refusal is not None:
        raise refusal
    settings = mailing.workspace.settings
    fitting = made.plan.receipt.value
    if settings.approval == "required" and ledger.approved(mailing.report.issue, fitting) is None:
        raise NotReady(
            "newsletter.yaml asks for the writer's approval, and nobody approved this",
            shlex.join([*dispatch.words("approve", mailing), "--receipt", fitting, "--as", "NAME"]),
        )
    unfinished = [run for run in ledger.open_runs(mailing.report.issue) if run.receipt != receipt]
    if unfinished and receipt is None:
        show.say(f"an earlier sending of this issue is unfinished: newsletter resume {mailing.report.issue}")
    if not accept_drift:
        _accept_drift(made)
    if receipt is not None:
        _match(mailing.workspace, made, receipt)
    elif made.plan.total:
        _ask(made.plan.total)


def _accept_drift(made: Planned) -> None:
    """Let a list that changed by more than the limit pass only by a person's word: the number that moved."""
    refusal = made.drift_refusal()
    if refusal is None:
        return
    if not has_terminal():
        raise refusal
    show.say(f"{refusal.message}:")
    for each in made.drifted:
        show.say(f"  lists/{each.file} {each}")
    moved = sum(each.moved for each in made.drifted)
    typed = typer.prompt(f"Is that right? Type how many people moved, {moved:,}, to use it", err=True)
    if typed.strip().replace(",", "") != str(moved):
        raise NotReady("that is not the number; nothing was sent")


def _match(workspace: Workspace, made: Planned, receipt: str) -> None:
    if made.plan.receipt.matches(receipt):
        return
    shown = workspace.receipt_components(receipt.strip().lower())
    if shown is None:
        raise NotReady("this receipt was never shown here", "Take the one that `newsletter plan` prints.")
    changed = Receipt(shown).changed(made.plan.receipt)
    what = "".join(f"\n  - {in_words(component)}" for component in changed)
    raise NotReady(
        f"what would be sent is not what this receipt was given for; changed since:{what}", "Plan again."
    )


def _ask(total: int) -> None:
    """A real send by hand: the number of recipients, typed."""
    if not has_terminal():
        raise UsageError(
            "a real send needs a terminal to confirm it, or a receipt",
            "Take the receipt from `newsletter plan` and add: --receipt RECEIPT",
        )
    typed = typer.prompt(f"Type the number of recipients to send to all {total:,} of them", err=True)
    if typed.strip().replace(",", "") != str(total):
        raise NotReady("that is not the number; nothing was sent")
