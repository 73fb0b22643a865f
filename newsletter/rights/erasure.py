"""Erasing a person: from the lists, the ledger, what is kept of lists, and the outbox.

Rules:

1. What is to be done is looked up first, and shown to whoever has to say yes.
2. The ledger comes first, since it keeps them out: if the rest is cut short, running it again finishes it.
3. The code stays, and nothing else: it is what keeps a list from bringing them back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from newsletter import address
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.mailboxes import is_code
from newsletter.drift import Drift
from newsletter.rights.held import mentions, outbox_copies, unconfirmed
from newsletter.rights.rows import FoundRow, search, without
from newsletter.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What is held of one person, and would be erased."""

    key: str = field(repr=False)
    rows: Mapping[str, tuple[FoundRow, ...]]
    """List → the rows to be taken out of it."""
    messages: int
    """Rows of the ledger that still say who they are of."""
    issues: tuple[str, ...]
    suppressions: int
    """Those that still stand under the address."""
    outbox: tuple[Path, ...]
    unconfirmed: tuple[Path, ...]
    """Mails that have not left yet, by which they would confirm that they want to join."""
    numbered: tuple[str, ...]
    """Lists of which a number is kept."""
    by_hand: tuple[str, ...]
    """`file:line` of what names the address and cannot be changed without a person: a draft, another's row."""
    not_searched: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to be erased."""
        return not (
            self.rows or self.messages or self.suppressions or self.outbox or self.unconfirmed or self.numbered
        )

    def as_json(self) -> dict[str, Any]:
        """The same in numbers."""
        return {
            "lists": {name: [row.first_line for row in rows] for name, rows in self.rows.items()},
            "messages": self.messages,
            "issues": list(self.issues),
            "suppressions": self.suppressions,
            "outbox": len(self.outbox),
            "unconfirmed": len(self.unconfirmed),
            "by_hand": list(self.by_hand),
            "not_searched": list(self.not_searched),
        }


def look(workspace: Workspace, ledger: Ledger, written: str) -> Erasure:
    """What erasing the person with this address would do."""
    key = address.key(written)
    found = search(workspace, key)
    holdings = ledger.holdings.of(key)
    named = [each.row for each in holdings if each.row.address]
    files = dict.fromkeys(row.file for row in found.rows)
    return Erasure(
        key=key,
        rows={name: tuple(row for row in found.rows if row.file == name) for name in files},
        messages=len(named),
        issues=tuple(dict.fromkeys(row.issue for row in named)),
        suppressions=sum(not is_code(each.key) for each in ledger.suppressions.history(key)),
        outbox=tuple(outbox_copies(workspace, key, holdings)),
        unconfirmed=tuple(unconfirmed(workspace, key)),
        numbered=tuple(Drift(ledger, workspace).numbered(key)),
        by_hand=tuple(mentions(workspace, key, found.rows)),
        not_searched=tuple(f"lists/{name}" for name in found.unreadable),
    )


def erase(workspace: Workspace, ledger: Ledger, erasure: Erasure) -> bool:
    """Do it; False where another process kept traces in the ledger's files from being overwritten.

    Raises `NotReady` while the person is being sent to, and `SourceError` for a list that cannot be written.
    """
    drift = Drift(ledger, workspace)
    unchanged = {name: drift.unchanged(name) for name in erasure.numbered}
    ledger.forgetting.person(erasure.key)
    for name in erasure.rows:
        workspace.change_list(name, partial(without, name=name, key=erasure.key))
    for name in erasure.numbered:
        drift.forget(erasure.key, name, unchanged=unchanged[name])
    for path in (*erasure.outbox, *erasure.unconfirmed):
        path.unlink(missing_ok=True)
    return ledger.forgetting.overwrite()
