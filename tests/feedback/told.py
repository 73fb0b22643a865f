"""An issue that was sent, and all that was told of it afterwards."""

from __future__ import annotations

from sqlalchemy import update

from newsletter.delivery.clock import Clock
from newsletter.delivery.fate import Event, Fate
from newsletter.delivery.schema import people
from newsletter.dispatch import open_ledger
from newsletter.message import code_for
from newsletter.model import Recipient
from newsletter.workspace import Workspace
from tests.cli.small import ISSUE, Small
from tests.delivery.parts import new_run

BEGAN = 1_790_000_000.0
HOUR_S = 3600
PEOPLE = 20
TOLD = [
    *((number, Fate.DELIVERED, 60) for number in range(12)),
    *((number, Fate.DELIVERED, 5 * HOUR_S) for number in range(12, 16)),
    (15, Fate.BOUNCED, 6 * HOUR_S),
    (16, Fate.DEFERRED, 90),
    (17, Fate.BLOCKED, 90),
    (3, Fate.UNSUBSCRIBED, 24 * HOUR_S),
    (4, Fate.COMPLAINED, 12 * HOUR_S),
]
COUNTS = {
    "delivered": 15,
    "deferred": 1,
    "bounced": 1,
    "blocked": 1,
    "dropped": 0,
    "complained": 1,
    "unsubscribed": 1,
}


def tell(small: Small, clock: Clock, *, issue: str = ISSUE) -> None:
    """An issue that was sent, and all that was told of it."""
    workspace = Workspace.open(small.root, {})
    secret = workspace.secret()
    addresses = [f"reader{number}@members.example" for number in range(PEOPLE)]
    with open_ledger(workspace, clock) as ledger:
        run = ledger.freeze(
            new_run(issue=issue),
            [(Recipient(to, to, "members", {}), ("Ann", None, None), code_for(to, secret)) for to in addresses],
        )
        with ledger._database.write() as connection:
            connection.execute(update(people).values(state="accepted", attempt="a1", attempts=1))
        ledger.events.take(
            Event(
                source="sendgrid",
                id=f"{issue} {number} {fate}",
                fate=fate,
                name=fate.value,
                at=BEGAN + after_s,
                run=run.name,
                code=code_for(addresses[number], secret),
                attempt="a1",
            )
            for number, fate, after_s in TOLD
        )
