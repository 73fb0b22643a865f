"""An end to what is old: the ledger forgets the people of old runs, and the outbox its old rehearsals.

Rule: sums stay, and whoever has had an issue is still known to have had it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from newsletter.delivery.ledger import Ledger
from newsletter.rights.held import OUTBOX
from newsletter.workspace import Workspace

DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is older than it may be."""

    people: int
    """Rows of the ledger that say who they are of."""
    rehearsals: tuple[Path, ...]
    """Folders of the outbox."""


def due(workspace: Workspace, ledger: Ledger, *, days: float, now: float) -> Due:
    """What `clean` would forget."""
    return Due(
        people=ledger.forgetting.due(now - days * DAY_S),
        rehearsals=tuple(_old_rehearsals(workspace, now - days * DAY_S)),
    )


def clean(workspace: Workspace, ledger: Ledger, *, days: float, now: float) -> Due:
    """Forget what is older than so many days; what that was."""
    rehearsals = tuple(_old_rehearsals(workspace, now - days * DAY_S))
    people = ledger.forgetting.before(now - days * DAY_S)
    for folder in rehearsals:
        shutil.rmtree(folder, ignore_errors=True)
    if people:
        ledger.forgetting.overwrite()
    return Due(people=people, rehearsals=rehearsals)


def _old_rehearsals(workspace: Workspace, moment: float) -> Iterator[Path]:
    for folder in sorted((workspace.root / OUTBOX).glob("*")):
        inside = folder / "new"
        # What is no outbox of ours is not ours to take away.
        if inside.is_dir() and not folder.is_symlink() and inside.stat().st_mtime < moment:
            yield folder
