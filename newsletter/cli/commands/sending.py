"""The commands for a sending: plan it, send it, hold it, take account of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.audited import audited
from newsletter.cli.choices import Unreached
from newsletter.cli.commands.options import Draft, Issue, Json, NoWait, Segments, Way, WithoutSync

app = typer.Typer()


@app.command()
def plan(draft: Draft, segment: Segments = None, transport: Way = None, json: Json = False) -> int:
    """Show the dry run: who, how many, who not and why, the verdict and the receipt. Sends nothing.

    Example: newsletter plan 2026-11-17-nec --segment clp-secretaries
    """
    from newsletter.cli import sending

    return sending.plan(draft, segments=segment, transport=transport, as_json=json)


@app.command()
@audited(unless=lambda given: given["dry_run"])
def send(
    draft: Draft,
    segment: Segments = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the plan.")] = False,
    test: Annotated[
        list[str] | None,
        typer.Option("--test", metavar="ADDRESS", help="Send one marked copy here, outside the count."),
    ] = None,
    transport: Way = None,
    receipt: Annotated[
        str | None, typer.Option("--receipt", metavar="RECEIPT", help="Send just what this plan showed.")
    ] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="Begin then: 2026-11-18T09:00.")] = None,
    not_after: Annotated[
        str | None, typer.Option(metavar="TIME", help="What has not left by then stays.")
    ] = None,
    hold: Annotated[
        float | None, typer.Option(metavar="MINUTES", help="Wait so long before the first, to think again.")
    ] = None,
    canary: Annotated[
        str | None, typer.Option(metavar="N|SEGMENT", help="These first; the others wait for resume --go-on.")
    ] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Let SendGrid check every request and send nothing.")
    ] = False,
    accept_drift: Annotated[
        bool, typer.Option("--accept-drift", help="Use a list that changed by more than the limit.")
    ] = False,
    without_sync: WithoutSync = False,
    no_wait: NoWait = False,
    json: Json = False,
) -> int:
    """Send a draft to its segments; by the outbox, a rehearsal on this disk.

    Example: newsletter send 2026-11-17-nec --transport smtp --receipt k7qd-m3x2-w5ra-9tfe-c2hn
    """
    from newsletter.cli import sending

    if dry_run:
        return sending.plan(draft, segments=segment, transport=transport, as_json=json)
    if test:
        return sending.test(draft, test, segments=segment, transport=transport)
    return sending.send(
        draft,
        segments=segment,
        transport=transport,
        receipt=receipt,
        wishes=sending.Wishes(
            at=at,
            not_after=not_after,
            hold_minutes=hold,
            canary=canary,
            sandbox=sandbox,
            accept_drift=accept_drift,
            unsynced=without_sync,
            no_wait=no_wait,
        ),
        as_json=json,
    )


@app.command()
@audited()
def approve(
    draft: Draft,
    receipt: Annotated[str, typer.Option(metavar="RECEIPT", help="The receipt of the plan that was seen.")],
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="Who says yes.")],
    segment: Segments = None,
    transport: Way = None,
) -> None:
    """Record the writer's yes to exactly what a plan showed; any change voids it.

    Example: newsletter approve 2026-11-17-nec --receipt k7qd-m3x2-w5ra-9tfe-c2hn --as "Maya Hollins"
    """
    from newsletter.cli import sending

    sending.approve(draft, receipt=receipt, name=name, segments=segment, transport=transport)


@app.command()
@audited(unless=lambda given: given["export"] is None)
def status(
    issue: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help="The draft's id; every issue where left out.")
    ] = None,
    list_: Annotated[
        Unreached | None, typer.Option("--list", help="Who was not reached, masked, and why.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the ledger's rows to a .csv or .json file.")
    ] = None,
    json: Json = False,
) -> int:
    """Show what became of a sending: accepted, rejected, suppressed, deferred, unknown, pending.

    Example: newsletter status nec-2026-11-17 --list rejected
    """
    from newsletter.cli import account

    if list_ is not None or export is not None:
        return account.rows(issue, list_, export, as_json=json)
    return account.status(issue, as_json=json)


@app.command()
@audited()
def resume(
    issue: Issue,
    go_on: Annotated[bool, typer.Option("--go-on", help="The canary was good: go on with everybody.")] = False,
    not_after: Annotated[
        str | None, typer.Option(metavar="TIME", help="A new time by which all must have left.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME|now", help="Begin then, where the time it had has gone by.")
    ] = None,
    without_sync: WithoutSync = False,
    no_wait: NoWait = False,
    json: Json = False,
) -> int:
    """Go on with a sending that was interrupted or has people to try again. Nobody is sent to twice.

    Example: newsletter resume nec-2026-11-17
    """
    from newsletter.cli import account

    how = account.Onward(unsynced=without_sync, no_wait=no_wait, as_json=json)
    return account.resume(issue, how, go_on=go_on, not_after=not_after, at=at)


@app.command()
@audited()
def stop(issue: Issue) -> int:
    """Stop a sending, also one that runs in another terminal, before its next message.

    What SendGrid has to leave later is called back.

    Example: newsletter stop nec-2026-11-17
    """
    from newsletter.cli import account

    return account.stop(issue)


@app.command()
@audited()
def retry(
    issue: Issue,
    failed: Annotated[bool, typer.Option("--failed", help="Those who were refused.")] = False,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Those who may have it; they might get it twice.")
    ] = False,
    count: Annotated[
        int | None, typer.Option(metavar="N", help="How many that is, said in advance; else it is asked for.")
    ] = None,
    without_sync: WithoutSync = False,
    no_wait: NoWait = False,
    json: Json = False,
) -> int:
    """Send again to people who were refused, or of whom nobody can know. Only a person decides this.

    Example: newsletter retry nec-2026-11-17 --failed
    """
    from newsletter.cli import account

    how = account.Onward(unsynced=without_sync, no_wait=no_wait, as_json=json)
    return account.retry(issue, how, failed=failed, unknown=unknown, count=count)


@app.command()
@audited()
def reconcile(
    issue: Issue,
    delivered: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A copy that arrived (.eml): proof for its reader. May be repeated."),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Events as SendGrid posted them (.json): each proves an acceptance."),
    ] = None,
    trust_absence: Annotated[
        bool, typer.Option("--trust-absence", help="No record by then means not sent: resume will send again.")
    ] = False,
    settle_minutes: Annotated[
        float, typer.Option(metavar="MINUTES", help="How old an attempt must be for that.")
    ] = 30,
    json: Json = False,
) -> int:
    """Settle the unknown by what can be known: the provider's own record, or copies that arrived.

    Example: newsletter reconcile nec-2026-11-17
    """
    from newsletter.cli import account

    return account.reconcile(
        issue,
        delivered=delivered or [],
        events=events,
        settle_minutes=settle_minutes,
        trust_absence=trust_absence,
        as_json=json,
    )
