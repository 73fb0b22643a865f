"""The lists: who is in which segment, and what is wrong with them."""

from __future__ import annotations

from newsletter.audience import Audience, Lists
from newsletter.cli import show
from newsletter.cli.writing import now, opened
from newsletter.pipeline import open_lists
from newsletter.workspace import Workspace

REASONS = {
    "duplicate": "twice",
    "other_segment": "elsewhere",
    "no_consent": "no consent",
}


def lists(*, as_json: bool) -> None:
    """Each segment's rows, who belongs to it, and the rows nobody can be sent to by."""
    workspace = opened()
    held = open_lists(workspace)
    audience = everybody(workspace, held)
    counts = {name: dict.fromkeys(("matched", "can_be_sent_to", *REASONS), 0) for name in held.segments.names}
    for candidate in audience:
        counted = counts[candidate.recipient.segment]
        counted["matched"] += 1
        counted[candidate.reason or "can_be_sent_to"] += 1
    if as_json:
        files = [{"file": each.file, "rows": each.rows, "invalid": each.invalid} for each in audience.lists]
        show.json({"segments": [{"name": name, **counts[name]} for name in counts], "lists": files})
        return
    columns = ["segment", "matched", *REASONS.values(), "can be sent to"]
    keys = ["matched", *REASONS, "can_be_sent_to"]
    show.table("", columns, [[name, *(counted[key] for key in keys)] for name, counted in counts.items()])
    show.list_reports(audience.lists)


def everybody(workspace: Workspace, held: Lists) -> Audience:
    """The people of every segment."""
    return held.audience(
        held.segments.names,
        consent_required=workspace.settings.consent == "required",
        today=now(workspace).date(),
    )
