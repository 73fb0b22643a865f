"""A run on its way and after: carry it, stop it, resume it, and say what became of everybody."""

from __future__ import annotations

import csv
import json
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import typer

from newsletter import dispatch
from newsletter.address import mask
from newsletter.cli import results, shared, show
from newsletter.cli.choices import Unreached
from newsletter.cli.timing import coming, keep_time, stamped, tell_ahead, told
from newsletter.cli.writing import bytes_of, has_terminal, now, opened, written_to
from newsletter.delivery import fate
from newsletter.delivery.books import Ending
from newsletter.delivery.clock import SystemClock
from newsletter.delivery.engine import Summary
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import State
from newsletter.delivery.results import Results
from newsletter.delivery.run import Kind, Row, Run, Status
from newsletter.errors import NotReady, SourceError, TransportStopped, UsageError
from newsletter.feedback import sendgrid
from newsletter.mailing import open_mailing
from newsletter.workspace import Workspace

CUT_SHORT = frozenset({5, 130})
"""The exit codes of a run that could not go on: nothing else is begun after it."""


def carry(workspace: Workspace, ledger: Ledger, run: Run) -> Summary:
    """Deliver a run with a progress bar, and with Ctrl-C as a wish to stop."""
    with _interruptible() as stop, show.progress(run) as tell:
        return dispatch.Carriage(workspace=workspace, stop=stop, progress=tell).carry(ledger, run)


def carry_copies(
    workspace: Workspace, ledger: Ledger, issue: str, summaries: Iterable[Summary]
) -> list[Summary]:
    """Deliver the writer's own copies that still wait, unless the run itself could not go on."""
    if any(summary.exit_code in CUT_SHORT or summary.ending is Ending.LATE for summary in summaries):
        return []
    return [carry(workspace, ledger, run) for run in dispatch.waiting_copies(ledger, issue)]


def account(
    workspace: Workspace, ledger: Ledger, issue: str, summaries: Sequence[Summary], *, as_json: bool
) -> int:
    """What became of it, and what to do next; the exit code."""
    stands = ledger.accounts.status(issue)
    if stands is not None:
        if as_json:
            show.json(show.status_json(stands))
        else:
            show.status(stands)
            show.reasons(ledger.accounts.rows(issue, {State.REJECTED, State.DEFERRED, State.UNKNOWN}))
    for summary in summaries:
        if summary.settled:
            rate = summary.settled / max(summary.elapsed_s, 0.001)
            one, more = (
                ("own copy", "own copies")
                if summary.run.kind is Kind.COPY
                else ("person seen to", "people seen to")
            )
            what = show.counted(summary.settled, one, more)
            show.say(f"{what} in {summary.elapsed_s:,.1f} s, {rate:,.0f} a second")
        for words in (summary.reason, summary.hint):
            if words:
                show.say(words)
    tell_ahead(workspace, ledger, issue)
    if stands is not None and (stands.counts.pending or stands.counts.deferred):
        due = "" if stands.due_at is None else f" (the next is due {told(workspace, stands.due_at)})"
        shared.tell_next(ledger, issue, due, [summary.ending for summary in summaries])
    return dispatch.worst(each for each in summaries if each.run.kind is not Kind.COPY) or (
        0 if stands is None else stands.exit_code
    )


def status(issue: str | None, *, as_json: bool) -> int:
    """How an issue stands, or every issue."""
    workspace = opened()
    with dispatch.open_ledger(workspace) as ledger:
        names = [issue_of(workspace, ledger, issue)] if issue else list(ledger.issues())
        found = [stands for name in names if (stands := ledger.accounts.status(name)) is not None]
        if issue and not found:
            raise UsageError(f"nothing of '{issue}' was ever sent", "A rehearsal in the outbox does not count.")
        became = {stands.issue: ledger.events.results(stands.issue) for stands in found}
        if as_json:
            shown = [_with_feedback(stands, became[stands.issue]) for stands in found]
            show.json(shown[0] if issue else shown)
            return 0
        results.account(ledger, workspace.settings.timezone, now=now(workspace).timestamp())
        for stands in found:
            show.status(stands)
            results.results(became[stands.issue], workspace.settings.timezone)
            show.reasons(ledger.accounts.rows(stands.issue, {State.REJECTED, State.DEFERRED, State.UNKNOWN}))
            tell_ahead(workspace, ledger, stands.issue)
            shared.tell(ledger, stands.issue)
    if not found:
        show.say("nothing was sent from this workspace yet")
    return 0


def _with_feedback(stands: Status, became: Results | None) -> dict[str, Any]:
    feedback = {} if became is None else {"feedback": results.as_json(became)}
    return {**show.status_json(stands), **feedback}


def rows(issue: str | None, wanted: Unreached | None, export: Path | None, *, as_json: bool) -> int:
    """Name who is in a state, masked; or write every row, whole, to a file of the user's own."""
    workspace = opened()
    if issue is None:
        raise UsageError("say which issue")
    states = None if wanted is None else {State(wanted.value)}
    with dispatch.open_ledger(workspace) as ledger:
        found = ledger.accounts.rows(issue_of(workspace, ledger, issue), states)
        if export is not None:
            written = show.counted(_export(found, export, workspace), "row", "rows")
            show.say(f"wrote {written} to {export}; it holds people's addresses")
            return 0
        shown = [
            {"to": mask(row.address), "segment": row.segment, "code": row.reply_code, "detail": row.detail}
            for row in found
        ]
    if as_json:
        show.json(shown)
    else:
        show.table("", ["to", "segment", "code", "why"], [each.values() for each in shown])
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """How an issue that was begun is to go on, as given on the command line."""

    unsynced: bool = False
    """Although what is known of those who left may be old."""
    no_wait: bool = False
    as_json: bool = False


def resume(issue: str, how: Onward, *, go_on: bool, not_after: str | None, at: str | None) -> int:
    """Go on with every unfinished run of an issue."""
    workspace = opened()
    with dispatch.open_ledger(workspace) as ledger:
        name = _sent_issue(workspace, ledger, issue)
        _insist(workspace, ledger, ledger.open_runs(name), how)
        if go_on:
            ledger.go_on(name)
        if not_after is not None:
            ledger.extend(name, coming(workspace, not_after, "--not-after"))
        keep_time(workspace, ledger, name, at=at, agreed=go_on)
        runs = ledger.resume(name)
        if not runs:
            show.say("nothing is left to send")
        left = runs or dispatch.waiting_copies(ledger, name)  # The copies follow the others by themselves.
        if how.no_wait and left:
            return shared.leave_to_workers(workspace, ledger, name, left, as_json=how.as_json)
        summaries = [carry(workspace, ledger, run) for run in runs]
        summaries += carry_copies(workspace, ledger, name, summaries)
        return account(workspace, ledger, name, summaries, as_json=how.as_json)


def _insist(workspace: Workspace, ledger: Ledger, runs: Iterable[Run], how: Onward) -> None:
    """Raise where these runs may not go on like this: as a send would, nothing is begun yet."""
    if how.no_wait:
        shared.insist_on_sharing(ledger)
    at = now(workspace).timestamp()
    ways = dict.fromkeys(run.transport for run in runs)
    stale = dict.fromkeys(words for way in ways for words in dispatch.stale(workspace, ledger, way, now=at))
    if how.unsynced:
        for words in stale:
            show.say(f"warning: {words}")
    elif stale:
        raise NotReady("; ".join(stale), "People may have left meanwhile; --without-sync goes on all the same.")


def stop(issue: str) -> int:
    """Stop an issue's sending, here or in another terminal, and call back what SendGrid has for later."""
    workspace = opened()
    with dispatch.open_ledger(workspace) as ledger:
        name = _sent_issue(workspace, ledger, issue)
        if not ledger.open_runs(name) and not ledger.schedules.ahead(name):
            show.say(f"nothing of {name} is left to send, so there is nothing to stop")
            return 0
        number = ledger.request_stop(name)
        working = f"told {number} at work" if number else "nobody was at work on it"
        show.say(f"stopped ({working}); to go on: newsletter resume {name}")
        return _call_back(workspace, ledger, name)


def _call_back(workspace: Workspace, ledger: Ledger, issue: str) -> int:
    """Have SendGrid discard what it has for later; 7 where nobody can know whether it came in time."""
    code = 0
    try:
        for each in dispatch.call_back(workspace, ledger, issue, clock=SystemClock()):
            mails = show.counted(each.people, "mail", "mails")
            when = told(workspace, each.leaves_at)
            if each.for_certain:
                show.say(f"SendGrid discards {mails} that were to leave {when}; those people are pending again")
            else:
                show.say(f"{mails} to leave {when} were called back too late to know: those people are unknown")
                code = 7
    except TransportStopped as error:
        raise TransportStopped(
            f"what SendGrid has for later could not be called back: {error.message}",
            f"{error.hint} Then again: newsletter stop {issue}",
        ) from None
    return code


def retry(issue: str, how: Onward, *, failed: bool, unknown: bool, count: int | None) -> int:
    """Make the refused, or the unknown, pending again, and send to them."""
    if failed == unknown:
        raise UsageError("say one of --failed and --unknown")
    workspace = opened()
    state = State.REJECTED if failed else State.UNKNOWN
    with dispatch.open_ledger(workspace) as ledger:
        name = _sent_issue(workspace, ledger, issue)
        stands = ledger.accounts.status(name)
        number = 0 if stands is None else stands.counts.as_dict()[state.value]
        if not number:
            show.say(f"nobody is {state.value}")
            return 0
        _insist(workspace, ledger, ledger.runs(name), how)
        if unknown and count is None:
            count = _asked_count(number)
        keep_time(workspace, ledger, name)
        ledger.retry(name, state, expected=count)
        runs = ledger.resume(name)
        if how.no_wait:
            return shared.leave_to_workers(workspace, ledger, name, runs, as_json=how.as_json)
        summaries = [carry(workspace, ledger, run) for run in runs]
        return account(workspace, ledger, name, summaries, as_json=how.as_json)


def reconcile(
    issue: str,
    *,
    delivered: Sequence[Path],
    events: Path | None,
    settle_minutes: float,
    trust_absence: bool,
    as_json: bool,
) -> int:
    """Settle the unknown by evidence, and say what is left."""
    workspace = opened()
    proof = dispatch.Proof(
        delivered=[bytes_of(path) for path in delivered],
        events=_events(workspace, events) if events else (),
        trust_absence=trust_absence,
        settle_s=settle_minutes * 60,
    )
    with dispatch.open_ledger(workspace) as ledger:
        name = _sent_issue(workspace, ledger, issue)
        settled = dispatch.reconcile(workspace, ledger, name, proof)
        show.say(f"{settled:,} settled by evidence")
        stands = ledger.accounts.status(name)
        assert stands is not None
        if as_json:
            show.json(show.status_json(stands))
        else:
            show.status(stands)
    return 7 if stands.counts.unknown else 0


def _events(workspace: Workspace, path: Path) -> Sequence[fate.Event]:
    """The events of a file of SendGrid's posts, which a person brings: nobody signed it."""
    text = bytes_of(path).decode("utf-8", "replace")
    try:
        posted = list(sendgrid.from_lines(text))
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is not JSON", "Save the events as SendGrid posted them.") from None
    group = workspace.settings.sendgrid.unsubscribe_group
    return sendgrid.read(posted, group=group, now=now(workspace).timestamp(), signed=False).events


def issue_of(workspace: Workspace, ledger: Ledger, wanted: str) -> str:
    """An issue by its id, or by its draft."""
    if ledger.accounts.status(wanted) is not None:
        return wanted
    try:
        path = workspace.draft_path(wanted)
    except SourceError:
        return wanted
    return open_mailing(workspace, str(path), at=now(workspace)).report.issue


def _sent_issue(workspace: Workspace, ledger: Ledger, wanted: str) -> str:
    name = issue_of(workspace, ledger, wanted)
    if ledger.accounts.status(name) is None:
        raise UsageError(f"nothing of '{wanted}' was ever sent", "A rehearsal in the outbox does not count.")
    return name


def _asked_count(number: int) -> int:
    if not has_terminal():
        are = show.counted(number, "person is", "people are")
        raise UsageError(f"{are} unknown and may have the mail", f"To send again: --count {number}")
    people = show.counted(number, "person", "people")
    typed = typer.prompt(f"{people} may have it already. Type that number to send to them again", err=True)
    return int(typed) if typed.isdecimal() else -1


_TIMES = ("due_at", "claimed_at", "settled_at")
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def _export(found: Iterable[Row], path: Path, workspace: Workspace) -> int:
    """Write rows as the file's suffix says, their times for people; their number."""
    shown = [asdict(row) for row in found]
    for each in shown:
        each.update({name: stamped(workspace, each[name]) for name in _TIMES if each[name] is not None})
    if path.suffix not in {".csv", ".json"}:
        raise UsageError(f"'{path.name}' is neither .csv nor .json")
    with written_to(path), path.open("w", newline="", encoding="utf-8") as file:
        path.chmod(0o600)
        if path.suffix == ".json":
            json.dump(shown, file, indent=2)
        else:
            writer = csv.DictWriter(file, fieldnames=list(Row.__dataclass_fields__))
            writer.writeheader()
            writer.writerows({name: _inert(cell) for name, cell in each.items()} for each in shown)
    return len(shown)


def _inert(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula: addresses and answers are others' words."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell


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
