"""The commands for people: the lists, who left, what is held of one person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.audited import audited
from newsletter.cli.choices import ExportFormat, ListsAction, Suppress
from newsletter.cli.commands.options import Json

app = typer.Typer()


@app.command()
@audited()
def sync(json: Json = False) -> int:
    """Read the mailbox and SendGrid's lists: who left, what came back; and tell SendGrid who left here.

    Example: newsletter sync
    """
    from newsletter.cli import syncing

    return syncing.sync(as_json=json)


@app.command()
@audited(unless=lambda given: given["action"] is not ListsAction.IMPORT)
def lists(
    action: Annotated[
        ListsAction | None,
        typer.Argument(metavar="[check|import]", help="Look at every list and what changed, or bring one in."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="To bring in: a spreadsheet, or an export of Mailchimp and its like."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="The list it becomes; else named as the file.")
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="FROM=TO", help="Which column of the list a column of the file is; - for none."
        ),
    ] = None,
    sheet: Annotated[str | None, typer.Option(metavar="NAME", help="Which sheet of a workbook.")] = None,
    consent_source: Annotated[
        str | None,
        typer.Option(
            "--consent-source", metavar="TEXT", help="How they signed up, where the file does not say."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="The columns are right; ask nothing.")] = False,
    accept_drift: Annotated[
        bool, typer.Option("--accept-drift", help="Replace a list that changes by more than the limit.")
    ] = False,
    json: Json = False,
) -> int:
    """Show the segments with their counts; check the lists; or bring people in from a spreadsheet.

    Example: newsletter lists import members.xlsx --as members --map "Ward=ward"
    """
    if action is ListsAction.IMPORT:
        from newsletter.cli import bringing

        wishes = bringing.Wishes(
            name=name,
            maps=map_ or [],
            sheet=sheet,
            consent_source=consent_source,
            yes=yes,
            accept_drift=accept_drift,
        )
        return bringing.import_list(file, wishes, as_json=json)
    from newsletter.cli import listing

    return listing.lists(as_json=json) if action is None else listing.check(as_json=json)


@app.command()
def explain(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A person's address.")],
    json: Json = False,
) -> None:
    """Tell all that is known of one person, and why they would or would not get each draft's mail.

    Example: newsletter explain siân@example.org
    """
    from newsletter.cli import explaining

    explaining.explain(address, as_json=json)


@app.command()
@audited(unless=lambda given: given["action"] in {Suppress.LIST, Suppress.GIVE_UP_CODES})  # writes itself
def suppress(
    action: Annotated[
        Suppress, typer.Argument(metavar="add|remove|list|import|give-up-codes", help="What to do.")
    ],
    what: Annotated[
        str | None, typer.Argument(metavar="ADDRESS|FILE", help="Whom, or a file of addresses.")
    ] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record.")] = "",
    list_: Annotated[
        str | None,
        typer.Option("--list", metavar="LIST", help="Of this one list, such as members; else of everything."),
    ] = None,
    json: Json = False,
) -> None:
    """Keep, lift, show or import opt-outs. An opt-out stays, whatever the lists say.

    give-up-codes is for a workspace whose secret is lost for good: whoever was erased is recognised no more.

    Example: newsletter suppress add j.doe@example.org --reason "asked by phone"
    """
    from newsletter.cli import suppressing

    suppressing.suppress(action, what, reason=reason, list_name=list_, as_json=json)


@app.command("export-person")
@audited()
def export_person(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A person's address.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead of stdout.")
    ] = None,
    format_: Annotated[
        ExportFormat | None, typer.Option("--format", help="What to write; json, but for a FILE in .html.")
    ] = None,
) -> None:
    """Write everything that is held of one person: for them to read, or to take elsewhere.

    Example: newsletter export-person j.doe@example.org -o j-doe.html
    """
    from newsletter.cli import rights

    rights.export(address, output=output, form=format_)


@app.command("erase-person")
@audited()
def erase_person(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A person's address.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Erase one person from lists, ledger and outbox, all but a code that keeps them out.

    Example: newsletter erase-person j.doe@example.org
    """
    from newsletter.cli import rights

    rights.erase(address, yes=yes, as_json=json)


@app.command()
@audited(unless=lambda given: given["dry_run"])
def retention(
    days: Annotated[
        int | None, typer.Option(metavar="DAYS", min=1, help="Older than this, instead of retention_days.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many.")] = False,
    json: Json = False,
) -> None:
    """Forget the people of old sendings; the sums stay, and nobody gets an issue twice.

    Example: newsletter retention --days 365 --dry-run
    """
    from newsletter.cli import rights

    rights.retention(days=days, dry_run=dry_run, as_json=json)


@app.command()
def audit(
    address: Annotated[
        str | None, typer.Argument(metavar="ADDRESS", help="Only what was done to this person by name.")
    ] = None,
    last: Annotated[int, typer.Option(metavar="N", min=1, help="How many acts to show at most.")] = 50,
    json: Json = False,
) -> None:
    """Show which command did what, when and by whom; people stand in it as codes.

    Example: newsletter audit --last 10
    """
    from newsletter.cli import auditing

    auditing.audit(address, last=last, as_json=json)
