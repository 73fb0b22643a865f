"""The commands: their names, options and help. What they do stands in the modules beside this one.

Rule: importing this module costs no more than typer itself; each command imports what it needs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.choices import Format, Suppress, Transport

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with values in it could show an address
    rich_markup_mode=None,  # plain help starts three times as fast, and pipes well
)

Draft = Annotated[str, typer.Argument(metavar="DRAFT", help="A file, or a name inside drafts/.")]
Segments = Annotated[
    list[str] | None, typer.Option("--segment", metavar="SEGMENT", help="This segment; may be repeated.")
]
Way = Annotated[
    Transport | None, typer.Option("--transport", help="How it goes out, instead of newsletter.yaml's way.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Issue = Annotated[str, typer.Argument(metavar="ISSUE", help="The draft's id, or the draft.")]


@app.callback()
def newsletter() -> None:
    """Render draft reports into mail and send them to segments; a dry run shows who, how many and why not.

    Start with: newsletter init my-reports
    """


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder to make it in.")] = Path(),
) -> None:
    """Make a new workspace with example drafts, lists and themes.

    Example: newsletter init my-reports
    """
    from newsletter.cli import writing

    writing.init(folder)


@app.command()
def new(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="The report's title, in quotes.")],
) -> None:
    """Write a new draft, dated today, ready to fill in.

    Example: newsletter new "Report of the NEC meeting, 26 January 2027"
    """
    from newsletter.cli import writing

    writing.new(title)


@app.command()
def check(draft: Draft, json: Json = False) -> int:
    """Say whether a draft is fit to send: READY, WARN, NOT READY or COULD NOT CHECK.

    Example: newsletter check 2026-11-17-nec
    """
    from newsletter.cli import writing

    return writing.check(draft, as_json=json)


@app.command()
def render(
    draft: Draft,
    segment: Annotated[
        str | None, typer.Option(metavar="SEGMENT", help="The edition for this segment.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Exactly what this person would get.")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.HTML,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead of stdout.")
    ] = None,
) -> None:
    """Write exactly what a reader would get.

    Example: newsletter render 2026-11-17-nec --segment members -o report.html
    """
    from newsletter.cli import writing

    writing.render(draft, segment=segment, to=to, form=format_, output=output)


@app.command()
def plan(draft: Draft, segment: Segments = None, transport: Way = None, json: Json = False) -> int:
    """Show the dry run: who, how many, who not and why, the verdict and the receipt. Sends nothing.

    Example: newsletter plan 2026-11-17-nec --segment clp-secretaries
    """
    from newsletter.cli import sending

    return sending.plan(draft, segments=segment, transport=transport, as_json=json)


@app.command()
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
    json: Json = False,
) -> int:
    """Send a draft to its segments; by the outbox, a rehearsal on this disk.

    Example: newsletter send 2026-11-17-nec --transport smtp --receipt k7qd-m3x2-w5ra-9tfe
    """
    from newsletter.cli import sending

    if dry_run:
        return sending.plan(draft, segments=segment, transport=transport, as_json=json)
    if test:
        return sending.test(draft, test, segments=segment, transport=transport)
    return sending.send(draft, segments=segment, transport=transport, receipt=receipt, as_json=json)


@app.command()
def status(
    issue: Annotated[
        str | None, typer.Argument(metavar="[ISSUE]", help="The draft's id; all where left out.")
    ] = None,
    json: Json = False,
) -> int:
    """Show what became of a sending: accepted, rejected, suppressed, deferred, unknown, pending.

    Example: newsletter status nec-2026-11-17
    """
    from newsletter.cli import sending

    return sending.status(issue, as_json=json)


@app.command()
def resume(issue: Issue, json: Json = False) -> int:
    """Go on with a sending that was interrupted or has people to try again. Nobody is sent to twice.

    Example: newsletter resume nec-2026-11-17
    """
    from newsletter.cli import sending

    return sending.resume(issue, as_json=json)


@app.command()
def lists(json: Json = False) -> None:
    """Show the segments with their counts, and the rows of the lists that cannot be used.

    Example: newsletter lists
    """
    from newsletter.cli import people

    people.lists(as_json=json)


@app.command()
def explain(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A person's address.")],
    json: Json = False,
) -> None:
    """Tell all that is known of one person, and why they would or would not get each draft's mail.

    Example: newsletter explain siân@example.org
    """
    from newsletter.cli import people

    people.explain(address, as_json=json)


@app.command()
def suppress(
    action: Annotated[Suppress, typer.Argument(metavar="add|remove|list|import", help="What to do.")],
    what: Annotated[
        str | None, typer.Argument(metavar="[ADDRESS|FILE]", help="Whom, or a file of addresses.")
    ] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record.")] = "",
    json: Json = False,
) -> None:
    """Keep, lift, show or import opt-outs. An opt-out stays, whatever the lists say.

    Example: newsletter suppress add j.doe@example.org --reason "asked by phone"
    """
    from newsletter.cli import people

    people.suppress(action, what, reason=reason, as_json=json)
