"""The lists: who is in which segment, what is wrong with them, and what became of them since the last send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from newsletter.audience import Audience, Change, ListReport, Lists
from newsletter.cli import show
from newsletter.cli.writing import now, opened
from newsletter.dispatch import open_ledger
from newsletter.drift import Drift
from newsletter.mailing import open_lists
from newsletter.plan import changes, lists_as_json, why_not
from newsletter.workspace import Workspace

REASONS = {
    "suppressed": "opted out",
    "duplicate": "twice",
    "other_segment": "elsewhere",
    "no_consent": "no consent",
}


def lists(*, as_json: bool) -> int:
    """Each segment's rows, who belongs to it, and the rows nobody can be sent to by."""
    workspace = opened()
    held = open_lists(workspace)
    audience = everybody(workspace, held)
    counts = {name: dict.fromkeys(("matched", "can_be_sent_to", *REASONS), 0) for name in held.segments.names}
    with open_ledger(workspace) as ledger:
        suppressed = ledger.suppressions.suppressed(workspace.list_stems())
        for recipient, reason in audience.read(suppressed.by_list):
            counted = counts[recipient.segment]
            counted["matched"] += 1
            counted[why_not(reason, recipient.key, suppressed.everywhere) or "can_be_sent_to"] += 1
    if as_json:
        files = [{"file": each.file, "rows": each.rows, "invalid": each.invalid} for each in audience.lists]
        show.json({"segments": [{"name": name, **counts[name]} for name in counts], "lists": files})
        return 0
    columns = ["segment", "matched", *REASONS.values(), "can be sent to"]
    keys = ["matched", *REASONS, "can_be_sent_to"]
    show.table("", columns, [[name, *(counted[key] for key in keys)] for name, counted in counts.items()])
    show.list_reports(audience.lists)
    return 0


def everybody(workspace: Workspace, held: Lists) -> Audience:
    """The people of every segment."""
    return held.audience(
        held.segments.names,
        consent_required=workspace.settings.consent == "required",
        today=now(workspace).date(),
    )


def check(*, as_json: bool) -> int:
    """Every list: its bad rows, and who is new, gone, changed or opted out since it was last used.

    1 where a list changed by more than the limit.
    """
    workspace = opened()
    held = open_lists(workspace)
    audience = everybody(workspace, held)
    with open_ledger(workspace) as ledger:
        suppressed = ledger.suppressions.suppressed(workspace.list_stems())
        drift = Drift(ledger, workspace, suppressed)
        rolls = {name: drift.roll(name, ledger.lists.find(name)) for name in held.by_name}
        for _ in audience.read({}, rolls):
            pass
        found = changes(audience, rolls)
        vanished = ledger.suppressions.vanished(workspace.list_stems())
    limit = workspace.settings.limits.drift_percent
    unnamed = sorted(set(workspace.list_names()) - set(held.by_name))
    if as_json:
        show.json(_as_json(audience.lists, found, vanished, unnamed))
    else:
        show.list_reports(audience.lists, found)
        for each in found:
            if each.percent > limit:
                show.say(f"lists/{each.file} changed by {each.percent:.0f} %, and the limit is {limit:g} %")
        for name in unnamed:
            show.say(f"lists/{name}: no segment names it, so nobody is sent to by it")
        for name, number in vanished.items():
            people = show.counted(number, "person", "people")
            show.say(f"{people} left the list '{name}', which is gone: they get nothing by any list")
    return int(any(each.percent > limit for each in found))


def _as_json(
    reports: Iterable[ListReport], found: Iterable[Change], vanished: Mapping[str, int], unnamed: list[str]
) -> dict[str, Any]:
    return {
        "lists": lists_as_json(reports, found),
        "unnamed": unnamed,
        "vanished": [{"list": name, "opted_out": number} for name, number in vanished.items()],
    }
