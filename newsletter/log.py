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
    WORKER_STOPPED = "worker-stopped"
    JOB_BEGUN = "job-begun"
    JOB_ENDED = "job-ended"
    LEDGER_LOST = "ledger-lost"
    LEDGER_BACK = "ledger-back"
    OWNER_LOST = "owner-lost"
    RUN_HALTED = "run-halted"
    WAY_OUT_LOST = "way-out-lost"
    ACCOUNT_CHANGED = "account-changed"


MEANINGS = {
    Happening.WORKER_STARTED: "a worker takes jobs: `process`, `at_once`, `port` of its health",
    Happening.WORKER_STOPPING: "it was told to leave: it finishes what is in flight, and gives the rest back",
    Happening.WORKER_STOPPED: "it is gone; `left_open` where its time of grace was over too soon",
    Happening.JOB_BEGUN: "`run`, `issue`, `first` (the first row of the part it is about)",
    Happening.JOB_ENDED: "the same, and `ending`, `settled` (people), `seconds`",
    Happening.LEDGER_LOST: "the database does not answer: nothing is begun until it does; `reason`",
    Happening.LEDGER_BACK: "it answers again; `tries`",
    Happening.OWNER_LOST: "another process was taken for dead; `unknown` of its people are so now",
    Happening.RUN_HALTED: "refusals say that something is wrong with what we send; `run`, `reason`",
    Happening.WAY_OUT_LOST: "this worker cannot reach the relay or provider: it pauses; `reason`, `pause_s`",
    Happening.ACCOUNT_CHANGED: "SendGrid says what became of the account: a line of `serve`, with its own word",
}
"""What each event means, and its fields."""


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
