"""The commands for a draft: begin one or bring one in, look at it, check it, publish it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.audited import audited
from newsletter.cli.choices import Document, Format
from newsletter.cli.commands.options import Draft, Json, Segments, Way

app = typer.Typer()


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make it in.")] = Path(),
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


@app.command("import")
def import_(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="A document of Word, LibreOffice or the web, a PDF, text; - for stdin."
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="DRAFT", help="The draft's file, or its name inside drafts/."),
    ] = None,
    format_: Annotated[
        Document | None, typer.Option("--format", help="What the file is, where its first bytes do not tell.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Then open the draft in the preview.")] = False,
    json: Json = False,
) -> int:
    """Make a draft of a document, say what was changed, and compare the two word by word. Sends nothing.

    Example: newsletter import "NEC report November.docx" --preview
    """
    from newsletter.cli import importing

    return importing.import_document(file, output=output, form=format_, preview=preview, as_json=json)


@app.command()
def check(
    draft: Draft,
    segment: Segments = None,
    transport: Way = None,
    online: Annotated[
        bool, typer.Option("--online", help="Also fetch the links and pictures on the web.")
    ] = False,
    json: Json = False,
) -> int:
    """Say whether a draft is fit to send: READY, WARN, NOT READY or COULD NOT CHECK.

    Example: newsletter check 2026-11-17-nec --online
    """
    from newsletter.cli import writing

    return writing.check(draft, segments=segment, transport=transport, online=online, as_json=json)


@app.command()
def render(
    draft: Annotated[
        str | None, typer.Argument(metavar="DRAFT", help="A file, or a name inside drafts/.")
    ] = None,
    segment: Annotated[
        str | None, typer.Option(metavar="SEGMENT", help="The edition for this segment.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Exactly what this person would get.")
    ] = None,
    sent: Annotated[
        str | None, typer.Option(metavar="ISSUE", help="With --to: the bytes that went out, from the ledger.")
    ] = None,
    format_: Annotated[Format | None, typer.Option("--format", help="What to write; html by default.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead of stdout.")
    ] = None,
) -> None:
    """Write exactly what a reader would get.

    Example: newsletter render 2026-11-17-nec --segment members -o report.html
    """
    from newsletter.cli import writing

    if sent is not None:
        writing.render_sent(sent, to=to, form=format_ or Format.EML, output=output)
    else:
        writing.render(draft, segment=segment, to=to, form=format_ or Format.HTML, output=output)


@app.command()
def preview(
    draft: Annotated[
        str | None,
        typer.Argument(metavar="DRAFT", help="A file, or a name inside drafts/; else the one saved last."),
    ] = None,
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="The port on 127.0.0.1; 0 for any free one.")
    ] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the link.")] = False,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the views to one HTML file instead.")
    ] = None,
) -> None:
    """Show a draft in the browser as every reader would get it, live: the mail, who gets it, the checks.

    Example: newsletter preview 2026-11-17-nec
    """
    from newsletter.cli import previewing

    previewing.preview_draft(draft, port=port, browser=not no_browser, export=export)


@app.command()
@audited()
def publish(
    issue: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help="The draft, or its id; left out with --all.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every issue that is published already.")] = False,
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write here instead of the site's folder.")
    ] = None,
    unmarked: Annotated[
        bool, typer.Option("--unmarked", help="The change alters no meaning: publish it without a correction.")
    ] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the issue off the site.")] = False,
) -> None:
    """Make the web page and the print edition of an issue, and the archive and feed around them.

    Example: newsletter publish nec-2026-11-17
    """
    from newsletter.cli import publishing

    publishing.publish(issue, everything=all_, to=to, unmarked=unmarked, withdraw=withdraw)
