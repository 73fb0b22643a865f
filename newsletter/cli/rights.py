"""People's rights: all that is held of somebody, their erasure, and an end to what is old."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import typer

from newsletter import rights
from newsletter.address import AddressError, key, mask, parse
from newsletter.cli import show
from newsletter.cli.choices import ExportFormat
from newsletter.cli.writing import has_terminal, now, opened, parsed_address
from newsletter.delivery.ledger import Ledger
from newsletter.dispatch import open_ledger
from newsletter.errors import NotReady, UsageError
from newsletter.workspace import Workspace


def export(wanted: str, *, output: Path | None, form: ExportFormat | None) -> None:
    """Write everything held of one person, to a file that only the user can read, or to stdout."""
    workspace = opened()
    written = parsed_address(wanted)
    with open_ledger(workspace) as ledger:
        held = rights.everything(workspace, ledger, written, at=now(workspace))
    by_name = ExportFormat.HTML if output and output.suffix in {".html", ".htm"} else ExportFormat.JSON
    if (form or by_name) is ExportFormat.HTML:
        settings = workspace.settings
        text = rights.as_page(held, sender=settings.sender.name, reply_to=settings.reply_to)
    else:
        text = json.dumps(held, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        sys.stdout.write(text)
        return
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}") from None
    show.say(f"wrote {output}; it holds a person's data")


def erase(wanted: str, *, yes: bool, as_json: bool) -> None:
    """Show what is held of one person, and erase it by a person's word."""
    workspace = opened()
    written = parsed_address(wanted)
    with open_ledger(workspace) as ledger:
        erasure = rights.look(workspace, ledger, written)
        _tell(erasure, mask(written))
        if not erasure.nothing:
            if not yes:
                _ask(erasure)
            if not rights.erase(workspace, ledger, erasure):
                show.say(
                    "traces may be left in the ledger's files, since another process was at work: run "
                    "`newsletter retention` when it has ended"
                )
            show.say("erased")
    if as_json:
        show.json(erasure.as_json())


def _tell(erasure: rights.Erasure, masked: str) -> None:
    """What will become of everything, on stderr: what is printed is what was done."""
    if erasure.nothing:
        show.say(f"nothing but a code is held of {masked}")
    for name, rows in erasure.rows.items():
        lines = ", ".join(str(row.first_line) for row in rows)
        show.say(f"lists/{name}: line {lines} is taken out")
    if erasure.messages:
        messages = show.counted(erasure.messages, "message", "messages")
        show.say(f"ledger: {messages} of {', '.join(erasure.issues)} lose address and details; the sums stay")
    if erasure.suppressions:
        show.say(f"opt-outs: {erasure.suppressions:,} kept, under a code instead of the address")
    if erasure.outbox:
        show.say(f"outbox: {show.counted(len(erasure.outbox), 'copy is', 'copies are')} deleted")
    if erasure.unconfirmed:
        show.say("a mail that asks them to confirm that they want to join does not leave any more")
    if not erasure.nothing:
        show.say("kept: a code that only this workspace's secret can make, so that no list brings them back")
    for place in erasure.by_hand:
        show.say(f"to be changed by hand: {place} names the address")
    for name in erasure.not_searched:
        show.say(f"not searched, since it cannot be read: {name}")


def _ask(erasure: rights.Erasure) -> None:
    if not has_terminal():
        raise UsageError("erasing somebody cannot be undone", "If that is meant, add: --yes")
    typed = typer.prompt("This cannot be undone. Type the address again to erase it", err=True)
    try:
        same = key(parse(typed)) == erasure.key
    except AddressError:
        same = False
    if not same:
        raise NotReady("that is not the address; nothing was erased")


def forget_what_is_old(workspace: Workspace, ledger: Ledger) -> None:
    """What `retention_days` asks for, where it does; without a word where there is nothing."""
    days = workspace.settings.retention_days
    if days is None:
        return
    found = rights.clean(workspace, ledger, days=days, now=now(workspace).timestamp())
    if found.people:
        show.say(
            f"{found.people:,} addresses of sendings older than {show.counted(days, 'day', 'days')} forgotten"
        )


def retention(*, days: int | None, dry_run: bool, as_json: bool) -> None:
    """Forget the people of old runs, or say how many that would be."""
    workspace = opened()
    limit = days or workspace.settings.retention_days
    if limit is None:
        raise UsageError(
            "newsletter.yaml does not say how long addresses are kept",
            "Write `retention_days: 365` there, or give --days.",
        )
    at = now(workspace).timestamp()
    with open_ledger(workspace) as ledger:
        do = rights.due if dry_run else rights.clean
        found = do(workspace, ledger, days=limit, now=at)
    if as_json:
        show.json({"people": found.people, "rehearsals": [each.name for each in found.rehearsals]})
        return
    done = "would be forgotten" if dry_run else "forgotten"
    people = show.counted(found.people, "row", "rows")
    folders = show.counted(len(found.rehearsals), "rehearsal", "rehearsals")
    age = show.counted(limit, "day", "days")
    show.say(f"{people} of the ledger older than {age}, and {folders}, {done}; the sums stay")
