"""How things are shown: data on stdout, talk on stderr, addresses masked."""

from __future__ import annotations

import json as json_module
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from newsletter.audience import Change, ListReport
    from newsletter.checks import Problem
    from newsletter.companions import Paper
    from newsletter.delivery.engine import Progress
    from newsletter.delivery.run import Row, Run, Status
    from newsletter.pipeline import Planned, Preflight
    from newsletter.plan import Plan
    from newsletter.workspace import Workspace

EXCLUDED_WORDS = {
    "suppressed": "opted out",
    "duplicate": "listed twice",
    "other_segment": "other segment",
    "no_consent": "no consent",
    "already_sent": "had it",
}
BAD_ROWS_SHOWN = 5
PIPED_COLUMNS = 160
REASONS_SHOWN = 10
VERDICT_STYLES = {
    "READY": "bold green",
    "WARN": "bold yellow",
    "NOT READY": "bold red",
    "COULD NOT CHECK": "bold cyan",
}


def say(text: str) -> None:
    """Talk: to stderr."""
    print(text, file=sys.stderr)


def json(data: object) -> None:
    """Data as JSON, to stdout."""
    print(json_module.dumps(data, indent=2, ensure_ascii=False))


def _out() -> Console:
    """A console as wide as the terminal; what goes into a file or a pipe is not cut."""
    width = None if sys.stdout.isatty() else PIPED_COLUMNS
    return Console(highlight=False, emoji=False, soft_wrap=True, width=width)


Day = Callable[[float], str]
"""A moment (epoch seconds) as a date."""


def days(workspace: Workspace) -> Day:
    """Moments as dates in the workspace's zone."""
    zone = ZoneInfo(workspace.settings.timezone)
    return lambda moment: datetime.fromtimestamp(moment, zone).date().isoformat()


def counted(number: int, one: str, more: str) -> str:
    """`1 row`, `2,000 rows`."""
    return f"{number:,} {one if number == 1 else more}"


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A table on stdout; every column but the first is a number or short."""
    drawn = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        drawn.add_column(column, justify="left" if number == 0 else "right", no_wrap=True)
    for row in rows:
        drawn.add_row(*(f"{cell:,}" if isinstance(cell, int) else escape(str(cell)) for cell in row))
    _out().print(drawn)


def problems(found: Iterable[Problem]) -> None:
    """One line a problem: severity, code, message, place."""
    for problem in found:
        where = f"  ({problem.places})" if problem.where else ""
        print(f"  {problem.severity.value}: {problem.message} [{problem.code}]{where}")


def preflight(found: Preflight) -> None:
    """The verdict, then what was found."""
    console = _out()
    console.print(f"[{VERDICT_STYLES[found.verdict.value]}]{found.verdict.value}[/]  {escape(found.source)}")
    problems(found.problems)


def plan(planned: Planned) -> None:
    """The dry run, as a person reads it."""
    made: Plan = planned.plan
    console = _out()
    way = "a rehearsal in outbox/" if made.transport == "outbox" else f"by {made.transport}"
    console.print(f"[bold]{escape(made.issue)}[/]  {escape(planned.title)}  ({way})")
    reasons = [key for key in EXCLUDED_WORDS if any(segment.excluded[key] for segment in made.segments)]
    table(
        "",
        ["segment", "matched", *(EXCLUDED_WORDS[key] for key in reasons), "to send"],
        [
            [
                segment.name,
                segment.matched,
                *(segment.excluded[key] for key in reasons),
                segment.to_send,
            ]
            for segment in made.segments
        ],
    )
    for segment in made.segments:
        if segment.examples:
            print(f"  {segment.title or segment.name}, such as {', '.join(segment.examples)}")
    list_reports(made.lists, made.changes)
    if made.shared:
        shared = counted(made.shared, "address is", "addresses are")
        print(f"  {shared} shared by people of different names; each gets one mail")
    if planned.paper:
        print(f"  {paper(planned.paper, made.total)}")
    console.print(f"[{VERDICT_STYLES[planned.preflight.verdict.value]}]{planned.preflight.verdict.value}[/]")
    problems(planned.preflight.problems)
    console.print(f"to send: [bold]{made.total:,}[/]   receipt: [bold]{made.receipt.value}[/]")


def paper(with_mail: Paper, people: int) -> str:
    """What the mail does with the print edition, and what that weighs."""
    size = with_mail.size_bytes
    if size is None:
        return f"print edition: linked, {with_mail.name}, which is not published yet"
    if with_mail.attachment is None:
        return f"print edition: linked, {with_mail.name}, {kilobytes(size)}"
    in_each = -(-size // 3) * 4 * 78 // 76  # base64, in lines of 76 letters and a line end
    return (
        f"print edition: attached, {with_mail.name}, {kilobytes(size)}; "
        f"{kilobytes(in_each)} in each message, {people * in_each / 1e6:,.0f} MB in all"
    )


def kilobytes(size: int) -> str:
    """`123 KB`."""
    return f"{max(1, round(size / 1000)):,} KB"


def list_reports(lists: Iterable[ListReport], changes: Iterable[Change] = ()) -> None:
    """What reading each list found, with its first bad rows, and what changed since it was last used."""
    by_file = {change.file: change for change in changes}
    for each in lists:
        bad = f", {each.invalid:,} that cannot be used" if each.invalid else ""
        print(f"  lists/{each.file}: {counted(each.rows, 'row', 'rows')}{bad}")
        for line, why in each.bad_rows[:BAD_ROWS_SHOWN]:
            print(f"    lists/{each.file}:{line}: {why}")
        if each.invalid > BAD_ROWS_SHOWN:
            print(f"    … and {each.invalid - BAD_ROWS_SHOWN:,} more")
        for note in each.notes:
            print(f"    note: {note}")
        if each.file in by_file:
            print(f"    {by_file[each.file]}")


@contextmanager
def progress(run: Run) -> Iterator[Progress | None]:
    """A bar on a terminal; silence elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"{run.kind.value} {run.issue}", total=None, rate="")

        def tell(done: int, total: int, per_second: float) -> None:
            bar.update(task, completed=done, total=total, rate=f"{per_second:,.0f}/s")

        yield tell


def status(stands: Status) -> None:
    """The six numbers, whole and by segment."""
    columns = {"all": stands.counts, **stands.by_segment}
    rows: list[list[object]] = [
        [state, *(counts.as_dict()[state] for counts in columns.values())] for state in stands.counts.as_dict()
    ]
    rows.append(["planned", *(counts.planned for counts in columns.values())])
    table(f"{stands.issue}: {stands.state.value}", ["", *columns], rows)


def reasons(rows: Iterable[Row]) -> None:
    """Why people were not reached, by state and reason, with their number."""
    counted = Counter((row.state.value, row.segment, row.reply_code, row.detail) for row in rows)
    for (state, segment, code, detail), number in counted.most_common(REASONS_SHOWN):
        print(
            f"  {number:,} {state} in {segment}: {' '.join(filter(None, (code, detail))) or 'no reason given'}"
        )


def status_json(stands: Status) -> Mapping[str, Any]:
    """`status --json`."""
    return {
        "issue": stands.issue,
        "state": stands.state.value,
        "planned": stands.counts.planned,
        **stands.counts.as_dict(),
        "by_segment": {
            name: {"planned": counts.planned, **counts.as_dict()} for name, counts in stands.by_segment.items()
        },
    }
