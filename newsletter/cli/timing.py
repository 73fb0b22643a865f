"""Times as they are given and told at a terminal: when a sending begins, and what if that has gone by."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import typer

from newsletter import dispatch
from newsletter.cli import show
from newsletter.cli.writing import has_terminal, now
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.run import Timing
from newsletter.delivery.transports.sendgrid.limits import CALL_BACK_S, MOST_AHEAD_S
from newsletter.errors import UsageError
from newsletter.workspace import Workspace


def moment(workspace: Workspace, wanted: str) -> float:
    """A time given on the command line, in the workspace's zone where it names none, as epoch seconds."""
    try:
        given = datetime.fromisoformat(wanted)
    except ValueError:
        raise UsageError(f"'{wanted}' is not a time", "Write it as 2026-11-18T09:00.") from None
    return (given if given.tzinfo else given.replace(tzinfo=_zone(workspace))).timestamp()


def coming(workspace: Workspace, wanted: str, option: str) -> float:
    """A time that is still to come: one that has gone by is a slip, and would let the mail leave at once."""
    found = moment(workspace, wanted)
    if found <= now(workspace).timestamp():
        raise UsageError(f"{option} {told(workspace, found)} has gone by", "Is the day right?")
    return found


def told(workspace: Workspace, moment_s: float) -> str:
    """A moment (epoch seconds) as people of this workspace read it."""
    return datetime.fromtimestamp(moment_s, _zone(workspace)).isoformat(sep=" ", timespec="minutes")[:16]


def stamped(workspace: Workspace, moment_s: float) -> str:
    """The same for programs too (RFC 3339): 2026-11-18T09:00:00+00:00."""
    return datetime.fromtimestamp(moment_s, _zone(workspace)).isoformat(timespec="seconds")


def timing(
    workspace: Workspace,
    transport: str,
    *,
    at: str | None,
    not_after: str | None,
    hold_minutes: float | None,
) -> Timing:
    """When a run may send, as it was asked for. Raises `UsageError` for what cannot be."""
    began_s = now(workspace).timestamp()
    start_at = None if at is None else coming(workspace, at, "--at")
    hold_until = None if hold_minutes is None else began_s + hold_minutes * 60
    if transport == "sendgrid" and start_at is None and _is_worth_it(hold_minutes):
        # SendGrid keeps it meanwhile, and lets go of it for certain only so long before its time.
        start_at, hold_until = hold_until, None
        assert start_at is not None
        start_at += CALL_BACK_S
    if transport == "sendgrid" and start_at is not None and start_at - began_s > MOST_AHEAD_S:
        hours = MOST_AHEAD_S // 3600
        raise UsageError(
            f"SendGrid takes no time more than {hours} hours ahead", "Send nearer the time, or by smtp."
        )
    limit = None if not_after is None else coming(workspace, not_after, "--not-after")
    if limit is not None and limit <= (start_at or hold_until or began_s):
        raise UsageError("--not-after comes before the mail would begin to leave", "Give a later time.")
    return Timing(start_at=start_at, hold_until=hold_until, not_after=limit)


def _is_worth_it(hold_minutes: float | None) -> bool:
    return hold_minutes is not None and hold_minutes * 60 >= CALL_BACK_S


def keep_time(
    workspace: Workspace, ledger: Ledger, issue: str, *, at: str | None = None, agreed: bool = False
) -> None:
    """Before an issue goes on: a new time for it, or a word that what was to leave earlier may leave now.

    `agreed`: that word was given. Raises `UsageError` where it is neither given nor can be asked for.
    """
    dispatch.refuse_half_called_back(ledger, issue)
    if at is not None:
        _refuse_two_times(workspace, ledger, issue)
        soon = now(workspace).timestamp() if at == "now" else coming(workspace, at, "--at")
        ledger.schedules.reschedule(issue, soon)
        return
    missed = ledger.schedules.missed(issue)
    if missed:
        if not agreed:
            _ask_for_now(missed, issue)
        ledger.schedules.reschedule(issue, now(workspace).timestamp())


def _refuse_two_times(workspace: Workspace, ledger: Ledger, issue: str) -> None:
    for each in ledger.schedules.ahead(issue):
        mails, when = show.counted(each.people, "mail", "mails"), told(workspace, each.leaves_at)
        raise UsageError(
            f"SendGrid has {mails} to leave {when}", f"To call them back first: newsletter stop {issue}"
        )


def _ask_for_now(missed: int, issue: str) -> None:
    people = show.counted(missed, "person waits", "people wait")
    if not has_terminal():
        raise UsageError(
            f"{people} for a time that has gone by",
            f"To send to them now: newsletter resume {issue} --at now; or give another time.",
        )
    typed = typer.prompt(
        f"{people} for a time that has gone by. Type that number to send to them now", err=True
    )
    if typed.strip().replace(",", "") != str(missed):
        raise UsageError("that is not the number; nothing was sent", f"newsletter resume {issue} --at TIME")


def tell_ahead(workspace: Workspace, ledger: Ledger, issue: str) -> None:
    """Say what SendGrid has of an issue to leave later, and how it is called back."""
    for each in ledger.schedules.ahead(issue):
        mails = show.counted(each.people, "mail", "mails")
        if each.being_called_back:
            show.say(f"{mails} are being called back, and SendGrid has not confirmed it")
            show.say(f"to ask again: newsletter stop {issue}")
            continue
        certain = told(workspace, each.leaves_at - CALL_BACK_S)
        show.say(f"SendGrid has {mails} to leave {told(workspace, each.leaves_at)}")
        show.say(f"to call them back, for certain until {certain}: newsletter stop {issue}")


def _zone(workspace: Workspace) -> ZoneInfo:
    return ZoneInfo(workspace.settings.timezone)
