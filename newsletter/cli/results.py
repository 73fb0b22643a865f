"""What became of the mail, on a terminal and as JSON: numbers, and when they came about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from newsletter.cli import show
from newsletter.delivery.results import SHOWN
from newsletter.feedback.sendgrid import ACCOUNT_CHANGED, SOURCE

if TYPE_CHECKING:
    from newsletter.delivery.fate import Fate
    from newsletter.delivery.ledger import Ledger
    from newsletter.delivery.results import Results

STRETCHES = 24
"""Into so many the time from the send to the last thing that happened is cut."""

RECENT_S = 30 * 86_400
"""So long it is told of; SendGrid does not post that all is well again."""

_BARS = "▁▂▃▄▅▆▇█"
_NOTHING = "·"


def results(found: Results | None, zone: str) -> None:
    """One line a fate, with a bar for each stretch of time; nothing where nothing was told."""
    if found is None or not found.heard:
        return
    began, ended = (_local(at, zone) for at in (found.began_at, found.last_at))
    show.table(
        f"what was told of the {found.accepted:,} accepted, {began:%-d %b %Y %H:%M} to {ended:%-d %b %Y %H:%M}",
        ["", "people", "share", "when"],
        [
            [fate.value, found.count(fate), _share(found, fate), bars(found, fate)]
            for fate in SHOWN
            if found.count(fate)
        ],
    )


def bars(found: Results, fate: Fate) -> str:
    """A bar for each stretch, as high as what was new in it; the highest is the whole height."""
    totals = (0, *found.over_time(fate, STRETCHES))
    new = [after - before for before, after in pairwise(totals)]
    highest = max(new)
    return "".join(_BARS[(number * len(_BARS) - 1) // highest] if number else _NOTHING for number in new)


def as_json(found: Results) -> Mapping[str, Any]:
    """`feedback` in `status --json`."""
    ends = found.times(STRETCHES) if found.heard else ()
    running = {fate: found.over_time(fate, STRETCHES) for fate in SHOWN} if found.heard else {}
    return {
        **{fate.value: found.count(fate) for fate in SHOWN},
        "over_time": [
            {"until": _local(end, "UTC").isoformat(timespec="seconds")}
            | {fate.value: running[fate][number] for fate in SHOWN}
            for number, end in enumerate(ends)
        ],
    }


def account(ledger: Ledger, zone: str, *, now: float) -> list[dict[str, str]]:
    """Say what SendGrid told of the whole account of late, and give it as JSON."""
    told = ledger.events.named(ACCOUNT_CHANGED, source=SOURCE, since=now - RECENT_S)
    for each in told:
        day = f"{_local(each.at, zone):%-d %b %Y}"
        show.say(f"SendGrid said of the account on {day}: {each.detail}; look into its console")
    return [{"at": _local(each.at, "UTC").isoformat(timespec="seconds"), "said": each.detail} for each in told]


def _share(found: Results, fate: Fate) -> str:
    return f"{100 * found.count(fate) / found.accepted:.1f} %" if found.accepted else ""


def _local(at: float, zone: str) -> datetime:
    return datetime.fromtimestamp(at, ZoneInfo(zone))
