"""The results page: what became of each issue's mail, drawn and in a table.

Rule: it needs no script, says nothing by colour alone, and knows of nobody whether they read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from newsletter import dispatch
from newsletter.delivery.fate import Fate
from newsletter.delivery.results import SHOWN
from newsletter.workspace import Workspace

if TYPE_CHECKING:
    from newsletter.delivery.results import Results
    from newsletter.preview.desk import Desk

WIDTH, HEIGHT = 320, 96
_STRETCHES = 48
_ROWS = 8

WORDS = {
    Fate.DELIVERED: "The mailbox's server took it.",
    Fate.DEFERRED: "Not taken yet; the other side goes on trying.",
    Fate.BOUNCED: "Given up for good. Where there is no such mailbox, nothing more is sent to it.",
    Fate.BLOCKED: "Refused for the sender, the content or a policy: nobody's mailbox is at fault.",
    Fate.DROPPED: "The provider took it and never tried.",
    Fate.COMPLAINED: "The reader called it spam. They get nothing more.",
    Fate.UNSUBSCRIBED: "The reader left after this issue.",
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """One fate as the page shows it."""

    fate: Fate
    people: int
    share: str
    words: str
    line: str
    """The path of the line, in the plot's own coordinates; empty where it came of nobody."""

    @property
    def area(self) -> str:
        """The path of what is below the line."""
        return f"{self.line}V{HEIGHT}H0Z" if self.line else ""


def page(desk: Desk, wanted: str | None) -> str:
    """The page of an issue, or of the newest that was sent."""
    workspace = Workspace.open(desk.root, desk.environment)
    with dispatch.open_ledger(workspace, desk.clock) as ledger:
        issues = ledger.issues()
        issue = wanted if wanted in issues else next(iter(issues), None)
        found = ledger.events.results(issue) if issue else None
    zone = ZoneInfo(workspace.settings.timezone)
    return (
        _environment()
        .get_template("results.html")
        .render(
            issues=issues,
            issue=issue,
            found=found,
            drawn=[_drawn(found, fate) for fate in SHOWN] if found else [],
            rows=list(_rows(found, zone)) if found else [],
            shown=SHOWN,
            began=_moment(found.began_at, zone) if found else "",
            ended=_moment(found.last_at, zone) if found else "",
            now=_moment(desk.clock.now(), zone),
            width=WIDTH,
            height=HEIGHT,
        )
    )


def _drawn(found: Results, fate: Fate) -> Drawn:
    people = found.count(fate)
    share = f"{100 * people / found.accepted:.1f} %" if found.accepted and people else ""
    return Drawn(fate, people, share, WORDS[fate], _line(found.over_time(fate, _STRETCHES)) if people else "")


def _line(totals: tuple[int, ...]) -> str:
    """Steps from the lower left: so many by then, up to all of them at the upper edge."""
    top, step = max(totals), WIDTH / len(totals)
    corners = (
        f"V{HEIGHT - total * (HEIGHT - 4) / top:.1f}H{step * number:.1f}"
        for number, total in enumerate(totals, start=1)
    )
    return f"M0 {HEIGHT}{''.join(corners)}"


def _rows(found: Results, zone: ZoneInfo) -> Iterator[tuple[str, list[int]]]:
    """The table: how many it was by some moments, the last of which is the last that anything happened."""
    if not found.heard:
        return
    columns = [found.over_time(fate, _ROWS) for fate in SHOWN]
    for number, until in enumerate(found.times(_ROWS)):
        yield f"{datetime.fromtimestamp(until, zone):%-d %b %Y, %H:%M}", [column[number] for column in columns]


def _moment(at: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%-d %B %Y, %H:%M}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("newsletter.preview", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
