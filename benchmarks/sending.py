"""A real sending by SMTP, as the command line does it: plan and freeze in one process, deliver in the next.

Rule: nothing of the program is replaced. A workspace as `newsletter init` makes it, with a list of invented
people and settings for a server on loopback; the draft is the example's, its messages have 75 KB.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import people
from benchmarks.harness import Numbers, Stopwatch, main, part, peak_mib, scratch
from newsletter import dispatch
from newsletter.copies import rendered
from newsletter.mailing import open_mailing
from newsletter.workspace import Workspace, initialise

CONNECTIONS = 10
DRAFT = "2026-11-17-nec"
ISSUE = "nec-2026-11-17"

_SEGMENTS = """
segments:
  members:
    title: Members
    lists: [members.csv]
  clp-secretaries:
    title: Somebody who is not sent to
    lists: [others.csv]
"""

_CHANGES: Mapping[str, str] = {
    "host: localhost": "host: 127.0.0.1",
    "security: starttls": "security: none",
    "connections: 4": f"connections: {CONNECTIONS}",
    "max_recipients: 5000": "max_recipients: 10000000",
    "per_second: 50": "per_second: 1000000",
}


def prepared(folder: Path, number: int, port: int) -> Numbers:
    """Make the workspace, plan and freeze a run of `number` people, in a process of its own."""
    return part("benchmarks.sending", "prepare", folder, number, port)


def delivered(folder: Path) -> Numbers:
    """Deliver what the workspace's run owes, in a process of its own; all must have been accepted.

    The workspace is copied first, so that the same run can be delivered again.
    """
    with scratch() as where:
        copy = shutil.copytree(folder, where / "workspace")
        return part("benchmarks.sending", "deliver", copy)


def _prepare(where: str, number: str, port: str) -> Numbers:
    folder = Path(where)
    make_workspace(folder, int(number), int(port))
    watch = Stopwatch()
    workspace = Workspace.open(folder, {})
    with dispatch.open_ledger(workspace) as ledger:
        mailing = open_mailing(workspace, DRAFT, at=datetime.now(UTC), segments=["members"], transport="smtp")
        made = dispatch.planned(ledger, mailing)
        planned = watch.read()
        dispatch.freeze(ledger, mailing, made)
        frozen = watch.read()
    assert made.plan.total == int(number), made.plan.total
    return {
        "plan_s": planned.wall_s,
        "freeze_s": frozen.wall_s,
        "peak_mib": peak_mib(),
        "message_bytes": len(rendered(mailing, segment="members", to=None, form="eml")),
    }


def make_workspace(folder: Path, number: int, port: int) -> None:
    """A workspace of so many people, for a relay at this port of loopback."""
    initialise(folder)
    settings = (folder / "newsletter.yaml").read_text(encoding="utf-8")
    for before, after in {**_CHANGES, "port: 587": f"port: {port}"}.items():
        assert settings.count(before) == 1, before
        settings = settings.replace(before, after)
    (folder / "newsletter.yaml").write_text(settings, encoding="utf-8")
    for path in (folder / "lists").glob("*.csv"):
        path.unlink()
    (folder / "lists" / "segments.yaml").write_text(_SEGMENTS, encoding="utf-8")
    people.write_list(folder / "lists" / "members.csv", people.rows(number))
    # The draft names this segment too, and one that matches nobody would be a slip.
    other = ("other@example.org", *("",) * 5, "form", "2024-01-01")
    people.write_list(folder / "lists" / "others.csv", [other])


def _deliver(where: str) -> Numbers:
    """Do what `newsletter resume` does."""
    workspace = Workspace.open(Path(where), {})
    with dispatch.open_ledger(workspace) as ledger:
        runs = ledger.resume(ISSUE)
        watch = Stopwatch()
        summaries = [dispatch.Carriage(workspace=workspace).carry(ledger, run) for run in runs]
        taken = watch.read()
    (summary,) = summaries
    assert summary.exit_code == 0, (summary.counts, summary.reason)
    return {
        "wall_s": taken.wall_s,
        "cpu_s": taken.cpu_s,
        "peak_mib": peak_mib(),
        "accepted": summary.counts.accepted,
    }


if __name__ == "__main__":
    main(lambda _: (), __doc__, {"prepare": _prepare, "deliver": _deliver})
