"""The preview, opened in a browser or written to a file."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path

from newsletter import preview
from newsletter.cli import show
from newsletter.cli.writing import now, opened, written_to
from newsletter.delivery.clock import SystemClock


def preview_draft(draft: str | None, *, port: int, browser: bool, export: Path | None) -> None:
    """Show a draft, or the one that was saved last, until Ctrl-C; or write its views to a file."""
    workspace = opened()
    path = workspace.draft_path(draft) if draft is not None else preview.newest_draft(workspace)
    desk = preview.Desk(
        root=workspace.root,
        environment=os.environ,
        choice=preview.Choice(path.resolve()),
        now=now,
        clock=SystemClock(),
    )
    if export is not None:
        page = preview.export(desk)
        with written_to(export):
            export.write_text(page, encoding="utf-8")
        size = f"{export.stat().st_size / 1000:,.0f} KB"
        show.say(f"wrote {export} ({size}): addresses are masked, and it needs no internet")
        return

    def ready(link: str) -> None:
        print(link, flush=True)
        show.say("the preview is open at this link, which works once; Ctrl-C ends it")
        if browser:
            webbrowser.open(link)

    try:
        preview.serve(desk, port=port, ready=ready)
    except KeyboardInterrupt:
        show.say("\nthe preview is closed")
