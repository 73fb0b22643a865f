"""Somebody leaves, whichever way they say it: one event, so that it counts for the issue that they had."""

from __future__ import annotations

from typing import Final

from newsletter.delivery.fate import Event, Fate

UNSUBSCRIBED: Final = "unsubscribed"
"""Why whoever asked to leave is suppressed."""


def left(source: str, identity: str, *, at: float, code: str = "", key: str = "") -> Event:
    """The event of somebody who leaves, known by code or by mailbox. `identity` tells it from every other."""
    return Event(
        source=source,
        id=identity,
        fate=Fate.UNSUBSCRIBED,
        name="unsubscribe",
        at=at,
        code=code,
        key=key,
        suppress=UNSUBSCRIBED,
    )
