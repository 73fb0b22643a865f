"""What an enhanced status says of a mailbox, after the message was accepted.

Rule: one table decides for a reply in the session and for a report that comes later:
`newsletter.delivery.transports.smtp_replies.ENHANCED`.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from newsletter.delivery.fate import Fate
from newsletter.delivery.transports.smtp_replies import Verdict, verdict_by_status

NO_MAILBOX: Final = "no such mailbox"
"""Why a mailbox is suppressed after a bounce; the same words as after a refusal in the session."""

_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\d)")


class Failure(Enum):
    """A failure for good: what it means for the message, and for the mailbox."""

    GONE = Fate.BOUNCED, NO_MAILBOX
    """There is no such mailbox."""
    FAILED = Fate.BOUNCED, ""
    """Full, or out of reach, or nobody says why: the next issue may arrive."""
    OURS = Fate.BLOCKED, ""
    """Refused for the sender, the content or a policy."""

    @property
    def fate(self) -> Fate:
        return self.value[0]

    @property
    def suppress(self) -> str:
        """Why the mailbox must not be written to again; empty where it may."""
        return self.value[1]


_FAILURES: Final = {Verdict.GONE: Failure.GONE, Verdict.OURS: Failure.OURS}


def failure(status: str, said: str = "") -> Failure | None:
    """What a failure for good means; None where nothing says it.

    `said` is the reply of the server that refused: a status in it counts where `status` names no subject
    (`5.0.0`).
    """
    exact = next((each for each in (status, *_STATUS.findall(said)) if _is_exact(each)), "")
    found = verdict_by_status(exact) if exact else None
    return None if found is None else _FAILURES.get(found, Failure.FAILED)


def status_in(text: str) -> str:
    """The first enhanced status in a text; empty where there is none."""
    found = _STATUS.search(text)
    return found.group() if found else ""


def _is_exact(status: str) -> bool:
    """Whether the status names what was wrong: its subject is not "other"."""
    return bool(status) and status.split(".")[1] != "0"
