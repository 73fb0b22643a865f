"""The dry run, the real run and what became of it, as they are talked about at a terminal."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from types import FrameType

import typer

from newsletter import dispatch
from newsletter.cli import show
from newsletter.cli.choices import Transport
from newsletter.cli.writing import now, opened, parsed_address
from newsletter.delivery.engine import Ending, Summary
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.run import Kind, Run
from newsletter.errors import Mistake, NotReady, SourceError, UsageError, Where
from newsletter.pipeline import Mailing, Planned, open_mailing
from newsletter.plan import Receipt, in_words
from newsletter.workspace import Workspace


def plan(draft: str, *, segments: Sequence[str] | None, transport: Transport | None, as_json: bool) -> int:
    """Show the dry run; 1 when a real send of it would be refused."""
    mailing = _open(draft, segments, transport)
    with dispatch.open_ledger(mailing.workspace) as ledger:
        made = _planned(ledger, mailing)
    if as_json:
        show.json(made.as_json())
    else:
        show.plan(made)
    refusal = made.refusal()
    if refusal is not None:
        show.say(f"a real send would be refused: {refusal.message}")
        return refusal.exit_code
    return 0


def send(
    draft: str,
    *,
    segments: Sequence[str] | None,
    transport: Transport | None,
    receipt: str | None,
    as_json: bool,
) -> int:
    """Show the plan, then send it: at once to the outbox, after a word or by a receipt for real."""
    mailing = _open(draft, segments, transport)
    with dispatch.open_ledger(mailing.workspace) as ledger:
        made = _planned(ledger, mailing)
        if not as_json:
            show.plan(made)
        if mailing.transport == dispatch.OUTBOX:
            return _rehearse(ledger, mailing, made, as_json=as_json)
        begun = ledger.find_run(mailing.report.issue, receipt) if receipt else None
        _agree(ledger, mailing, made, receipt)
        summaries = [_carry(mailing.workspace, ledger, begun)] if begun else []
        if made.plan.total:
            run = dispatch.freeze(ledger, mailing, made)
            summaries.append(_carry(mailing.workspace, ledger, run))
            if mailing.workspace.settings.sender.own_copy:
                copies = dispatch.freeze_own_copies(ledger, mailing)
                summaries.append(_carry(mailing.workspace, ledger, copies))
        elif not begun and not ledger.open_runs(mailing.report.issue):
            show.say("everybody in these segments has had it already; nothing was sent")
        return _account(ledger, mailing.report.issue, summaries, as_json=as_json)


def test(
    draft: str, addresses: Sequence[str], *, segments: Sequence[str] | None, transport: Transport | None
) -> int:
    """Send a marked copy of the first chosen edition to each address."""
    mailing = _open(draft, segments, transport)
    checked = [parsed_address(each) for each in addresses]
    with dispatch.open_ledger(mailing.workspace) as ledger:
        run = dispatch.freeze_test(ledger, mailing, checked)
        summary = _carry(mailing.workspace, ledger, run)
    way = f"into outbox/{run.issue}-test" if mailing.transport == dispatch.OUTBOX else f"by {mailing.transport}"
    show.say(
        f"{summary.counts.accepted} of {len(checked)} test copies sent {way}, the edition for {mailing.segments[0]}"
    )
    return summary.exit_code


def status(issue: str | None, *, as_json: bool) -> int:
    """How an issue stands, or every issue."""
    workspace = opened()
    with dispatch.open_ledger(workspace) as ledger:
        names = [issue_of(workspace, ledger, issue)] if issue else list(ledger.issues())
        found = [stands for name in names if (stands := ledger.accounts.status(name)) is not None]
    if issue and not found:
        raise UsageError(f"nothing of '{issue}' was ever sent", "A rehearsal in the outbox does not count.")
    if as_json:
        shown = [show.status_json(stands) for stands in found]
        show.json(shown[0] if issue else shown)
    else:
        for stands in found:
            show.status(stands)
        if not found:
            show.say("nothing was sent from this workspace yet")
    return 0


def resume(issue: str, *, as_json: bool) -> int:
    """Go on with every unfinished run of an issue."""
    workspace = opened()
    with dispatch.open_ledger(workspace) as ledger:
        name = issue_of(workspace, ledger, issue)
        if ledger.accounts.status(name) is None:
            raise UsageError(f"nothing of '{issue}' was ever sent, so there is nothing to resume")
        summaries = [_carry(workspace, ledger, run) for run in ledger.resume(name)]
        if not summaries:
            show.say("nothing is left to send")
        return _account(ledger, name, summaries, as_json=as_json)


def issue_of(workspace: Workspace, ledger: Ledger, wanted: str) -> str:
    """An issue by its id, or by its draft."""
    if ledger.accounts.status(wanted) is not None:
        return wanted
    try:
        path = workspace.draft_path(wanted)
    except SourceError:
        return wanted
    return open_mailing(workspace, str(path), at=now(workspace)).report.issue


def _open(draft: str, segments: Sequence[str] | None, transport: Transport | None) -> Mailing:
    workspace = opened()
    way = transport.value if transport else None
    return open_mailing(workspace, draft, at=now(workspace), segments=segments, transport=way)


def _planned(ledger: Ledger, mailing: Mailing) -> Planned:
    """The plan, with its receipt kept. Raises `SourceError` where a segment matches nobody at all."""
    made = dispatch.planned(ledger, mailing)
    empty = [segment.name for segment in made.plan.segments if not segment.matched]
    if len(empty) == len(made.plan.segments):
        what = f"no row of the lists matches {' or '.join(empty)}, so nobody would get it"
        raise SourceError(
            [Mistake(Where(mailing.workspace.shown(mailing.workspace.segments_path)), what)],
            "See: newsletter lists",
        )
    mailing.workspace.remember_receipt(made.plan.receipt.value, made.plan.receipt.components)
    return made


def _rehearse(ledger: Ledger, mailing: Mailing, made: Planned, *, as_json: bool) -> int:
    run = dispatch.freeze(ledger, mailing, made)
    summary = _carry(mailing.workspace, ledger, run)
    if as_json:
        stands = ledger.accounts.status(run.issue, Kind.REHEARSAL)
        assert stands is not None
        show.json(show.status_json(stands))
    if summary.ending is Ending.DONE:
        show.say(
            f"rehearsed: {summary.counts.accepted:,} mails in outbox/{run.issue}; nobody was sent anything"
        )
    return summary.exit_code


def _agree(ledger: Ledger, mailing: Mailing, made: Planned, receipt: str | None) -> None:
    """Let a real send pass only with a fitting receipt, or with the number of recipients typed."""
    refusal = made.refusal()
    if refusal is not None:
        raise refusal
    if not mailing.report.has_id:
        raise NotReady("the draft has no id", f"Write `id: {mailing.report.issue}` at its top.")
    unfinished = [run for run in ledger.open_runs(mailing.report.issue) if run.receipt != receipt]
    if unfinished and receipt is None:
        show.say(f"an earlier sending of this issue is unfinished: newsletter resume {mailing.report.issue}")
    if receipt is not None:
        _match(mailing.workspace, made, receipt)
    elif made.plan.total:
        _ask(made.plan.total)


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
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "a real send needs a terminal to confirm it, or a receipt",
            "Take the receipt from `newsletter plan` and add: --receipt RECEIPT",
        )
    typed = typer.prompt(f"Type the number of recipients to send to all {total:,} of them", err=True)
    if typed.strip().replace(",", "") != str(total):
        raise NotReady("that is not the number; nothing was sent")


def _carry(workspace: Workspace, ledger: Ledger, run: Run) -> Summary:
    """Deliver a run with a progress bar, and with Ctrl-C as a wish to stop."""
    with _interruptible() as stop, show.progress(run) as tell:
        carriage = dispatch.Carriage(workspace=workspace, stop=stop, progress=tell)
        return carriage.carry(ledger, run)


@contextmanager
def _interruptible() -> Iterator[Event]:
    """The first Ctrl-C finishes what is in flight; a second one leaves at once."""
    stop = Event()

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        show.say("\nfinishing what is in flight; Ctrl-C again leaves at once")

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _account(ledger: Ledger, issue: str, summaries: Sequence[Summary], *, as_json: bool) -> int:
    """What became of it, and what to do next."""
    stands = ledger.accounts.status(issue)
    if stands is not None:
        if as_json:
            show.json(show.status_json(stands))
        else:
            show.status(stands)
    for summary in summaries:
        if summary.reason:
            show.say(summary.reason)
        if summary.hint:
            show.say(summary.hint)
    code = dispatch.worst(summaries)
    if stands is not None and (stands.counts.pending or stands.counts.deferred):
        show.say(f"to go on: newsletter resume {issue}")
    return code
