"""What happens while nobody watches, as lines that a program can read: one JSON object each.

Rules:

1. The names of events and of their fields are a contract: who collects them may count on them.
2. No line holds an address, a person's field or a secret: fields are names of ours, numbers and reasons.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import TextIO

_LOGGER = logging.getLogger("newsletter")
_LOGGER.addHandler(logging.NullHandler())


class Happening(StrEnum):
    """The events that are logged."""

    WORKER_STARTED = "worker-started"
    WORKER_STOPPING = "worker-stopping"
    """It finishes what is in flight and gives the rest back."""
    WORKER_STOPPED = "worker-stopped"
    BATCH_BEGUN = "batch-begun"
    BATCH_ENDED = "batch-ended"
    LEDGER_LOST = "ledger-lost"
    """The database does not answer: nothing new is begun until it does."""
    LEDGER_BACK = "ledger-back"
    OWNER_LOST = "owner-lost"
    """Another process was taken for dead, and its claims were settled, or called unknown."""
    RUN_HALTED = "run-halted"
    """Refusals say that something is wrong with what we send: every worker stops with this run."""
    WAY_OUT_LOST = "way-out-lost"
    """This worker cannot reach the relay or provider: it gives its batch back and tries later."""


def note(happening: Happening, **fields: str | float | None) -> None:
    """Log an event."""
    _LOGGER.info(happening.value, extra={"fields": fields})


class Lines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"at": at, "event": record.getMessage()}
        if not record.name.startswith(_LOGGER.name):
            line = {"at": at, "event": "library", "library": record.name, "level": record.levelname.lower()}
        return json.dumps(line | getattr(record, "fields", {}), ensure_ascii=False)


def write_to(stream: TextIO = sys.stderr) -> None:
    """From now on, write what happens to a stream; of libraries their warnings, without their words."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines())
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.WARNING)
    _LOGGER.setLevel(logging.INFO)
