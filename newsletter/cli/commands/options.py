"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.choices import Transport

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
WithoutSync = Annotated[
    bool, typer.Option("--without-sync", help="Send although `sync` was not run for too long.")
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Leave it to the workers of a shared ledger, and end.")]
