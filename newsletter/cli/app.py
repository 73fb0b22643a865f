"""The commands: their names, options and help. What they do stands in the modules beside this one.

Rule: importing this module costs no more than typer itself; each command imports what it needs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.audited import audited
from newsletter.cli.choices import Document, ExportFormat, Format, ListsAction, Suppress, Transport, Unreached

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with values in it could show an address
    rich_markup_mode=None,  # plain help starts in half the time, and pipes well
)

Draft = Annotated[str, typer.Argument(metavar="DRAFT", help="A file, or a name inside drafts/.")]
Segments = Annotated[
    list[str] | None, typer.Option("--segment", metavar="SEGMENT", help="This segment; may be repeated.")
]
Way = Annotated[
    Transport | None, typer.Option("--transport", help="How it goes out, instead of newsletter.yaml's way.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
MetricsPort = Annotated[
    int | None,
    typer.Option(
        "--metrics-port", metavar="PORT", min=0, max=65535, help="Answer /live, /ready and /metrics here."
    ),
]
MetricsHost = Annotated[
    str,
    typer.Option(
        "--metrics-host", metavar="HOST", help="At this address; 0.0.0.0 for every one of this machine."
    ),
]
Issue = Annotated[str, typer.Argument(metavar="ISSUE", help="The draft's id, or the draft.")]


@app.callback()
def newsletter() -> None:
    """Render draft reports into mail and send them to segments; a dry run shows who, how many and why not.

    Start with: newsletter init my-reports
    """


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
    without_sync: Annotated[
        bool, typer.Option("--without-sync", help="Send although `sync` was not run for too long.")
    ] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Leave it to the workers of a shared ledger, and end.")
    ] = False,
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
    json: Json = False,
) -> int:
    """Go on with a sending that was interrupted or has people to try again. Nobody is sent to twice.

    Example: newsletter resume nec-2026-11-17
    """
    from newsletter.cli import account

    return account.resume(issue, go_on=go_on, not_after=not_after, at=at, as_json=json)


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
    json: Json = False,
) -> int:
    """Send again to people who were refused, or of whom nobody can know. Only a person decides this.

    Example: newsletter retry nec-2026-11-17 --failed
    """
    from newsletter.cli import account

    return account.retry(issue, failed=failed, unknown=unknown, count=count, as_json=json)


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


@app.command()
def worker(
    concurrency: Annotated[
        int, typer.Option(metavar="N", min=1, max=64, help="Jobs at a time; they share the connections.")
    ] = 2,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = "127.0.0.1",
    grace: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Be gone so long after SIGTERM, whatever is open.")
    ] = 25,
    dead_after: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=2, help="Other machines take it for dead after this silence."),
    ] = 30,
    drain: Annotated[bool, typer.Option("--drain", help="End when the queue is empty.")] = False,
    bring: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Bring an SQLite ledger into the new shared one, and end."),
    ] = None,
) -> int:
    """Carry what `send` put into the queue of a shared ledger, on any number of machines, until told to stop.

    Example: newsletter worker --metrics-port 9100
    """
    from newsletter.cli import working

    if bring is not None:
        return working.bring(bring)
    return working.work(
        at_once=concurrency,
        dead_after_s=dead_after,
        grace_s=grace,
        metrics=None if metrics_port is None else (metrics_host, metrics_port),
        wait=not drain,
    )


@app.command()
def doctor(
    delivered: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A mail of this newsletter as it arrived (.eml): is it signed?"),
    ] = None,
    transport: Way = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nothing of the network.")] = False,
    name_server: Annotated[
        str | None, typer.Option(metavar="IP[:PORT]", help="Ask this DNS server instead of the system's.")
    ] = None,
    json: Json = False,
) -> int:
    """Say whether everything is set up to send, and what to do where it is not. Sends nothing.

    Example: newsletter doctor --transport smtp --delivered test-copy.eml
    """
    from newsletter.cli import doctoring

    return doctoring.doctor(
        delivered=delivered, transport=transport, online=not offline, name_server=name_server, as_json=json
    )


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The address to listen at, instead of serve.host.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=0, max=65535, help="The port, instead of serve.port; 0 for any free one."
        ),
    ] = None,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = "127.0.0.1",
) -> None:
    """Serve the public pages, where the links in the mail lead: readers leave here with one click.

    Example: newsletter serve --port 8080
    """
    from newsletter.cli import serving

    serving.serve(host=host, port=port, metrics=None if metrics_port is None else (metrics_host, metrics_port))
