"""Who is at work on which run, and who has died over it.

Rules:

1. A process of this folder lives while it holds the lock of its file (`processes.py`), and is dead at once
   when it does not.
2. Any other lives while its row is fresh: it writes the row again every second, and names the silence after
   which it is to be taken for dead. Both moments are told by the database's clock, so that no two machines'
   clocks need to agree, and neither hangs on a connection that a pooler or a cut might keep or break.
3. A process counts the same silence from before it asked, by a clock of its own that nobody sets, and begins
   nothing once that has passed: so it stops before anybody takes it for dead.
4. Whoever was taken for dead and comes back says so by its next word. The row is kept until then.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, null, select, update

from newsletter.delivery.database import Database, insert_new
from newsletter.delivery.postgres import TIME
from newsletter.delivery.processes import Processes
from newsletter.delivery.schema import owners, runs

SILENCE_S = 30.0
"""So long a process of another machine may be silent before it is taken for dead."""

BEAT_S = 1.0
"""How often a process says that it lives, and hears whether its run was stopped."""


class Lease:
    """How long this process may go on without a word from the ledger."""

    def __init__(self, silence_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._silence_s = silence_s
        self._monotonic = monotonic
        self._until = math.inf if math.isinf(silence_s) else self.now() + silence_s

    def now(self) -> float:
        """Seconds of a clock that nobody sets."""
        return self._monotonic()

    def renew(self, asked_at: float) -> None:
        """The ledger answered what was asked at this time."""
        self._until = asked_at + self._silence_s

    def suspend(self) -> None:
        """The ledger does not answer: nothing is begun until it does."""
        self._until = -math.inf

    @property
    def holds(self) -> bool:
        return self._monotonic() < self._until


@dataclass(frozen=True, slots=True)
class Owner:
    """A process at work on a run, as its row says."""

    name: str
    run_id: int
    fresh: bool | None
    """Whether it was heard of lately; None in SQLite, where the lock of its file says more."""
    lost: bool
    """It was taken for dead from afar, and its claims called unknown."""


class Owners:
    """The processes at work, over all machines."""

    def __init__(self, database: Database, processes: Processes, silence_s: float = SILENCE_S) -> None:
        self._database = database
        self._processes = processes
        self.silence_s = silence_s

    @property
    def are_leased(self) -> bool:
        """Whether a process has to say again and again that it lives."""
        return self._database.is_shared

    def lease(self) -> Lease:
        """A lease that begins now; in SQLite one without end."""
        return Lease(self.silence_s if self.are_leased else math.inf)

    def begin(self, owner: str, run_id: int, since: float) -> None:
        """A process that is alive sets to work on a run."""
        row: dict[str, object] = {"owner": owner, "run_id": run_id, "since": since}
        with self._database.write(promptly=True) as connection:
            if self.are_leased:
                row |= {"seen_at": connection.scalar(select(TIME)), "silence_s": self.silence_s}
            connection.execute(insert_new(connection, owners), row)

    def beat(self, owner: str, run_id: int) -> bool:
        """Say that this process lives, whatever others thought; whether its run is to stop."""
        with self._database.write(promptly=True) as connection:
            connection.execute(
                update(owners)
                .where(owners.c.owner == owner)
                .values(seen_at=TIME, silence_s=self.silence_s, lost_at=None)
            )
            return is_stopped(connection, run_id)

    def on_runs(self, connection: Connection, run_ids: Collection[int] | None = None) -> list[Owner]:
        """Those who are or were at work on these runs, or on any."""
        fresh = owners.c.seen_at + owners.c.silence_s > TIME if self.are_leased else null()
        asked = select(owners.c.owner, owners.c.run_id, fresh.label("fresh"), owners.c.lost_at)
        if run_ids is not None:
            asked = asked.where(owners.c.run_id.in_(run_ids))
        return [
            Owner(row.owner, row.run_id, row.fresh, row.lost_at is not None)
            for row in connection.execute(asked)
        ]

    def living(self, connection: Connection, run_ids: Iterable[int]) -> frozenset[str]:
        """The names of those who live and are at work on one of these runs."""
        return frozenset(each.name for each in self.on_runs(connection, list(run_ids)) if self.is_alive(each))

    def is_alive(self, owner: Owner) -> bool:
        if owner.fresh is None or self._processes.knows(owner.name):
            return self._processes.is_alive(owner.name)
        return owner.fresh and not owner.lost

    def dead(self, connection: Connection, run_ids: Collection[int] | None = None) -> list[Owner]:
        """Those who died and of whom something is to be settled."""
        return [each for each in self.on_runs(connection, run_ids) if self._is_to_be_settled(each)]

    def _is_to_be_settled(self, owner: Owner) -> bool:
        """Of whom was given up from afar, only their own folder can say more."""
        return not self.is_alive(owner) and not (owner.lost and not self._processes.knows(owner.name))

    def lock(self, connection: Connection, run_id: int) -> list[Owner]:
        """The dead of a run, their rows locked: to be settled by one process alone."""
        dead = [each.name for each in self.dead(connection, [run_id])]
        rows = select(owners.c.owner).where(owners.c.run_id == run_id, owners.c.owner.in_(dead))
        connection.execute(rows.order_by(owners.c.owner).with_for_update()).all()
        # Somebody may have come back, or been settled, before the rows were locked.
        return [each for each in self.dead(connection, [run_id]) if each.name in dead] if dead else []

    def lose(self, connection: Connection, owner: Owner) -> None:
        """Take a process of another machine for dead; its row waits for its next word."""
        connection.execute(
            update(owners)
            .where(owners.c.owner == owner.name, owners.c.run_id == owner.run_id)
            .values(lost_at=TIME)
        )

    def forget(self, connection: Connection, owner: str, run_id: int) -> None:
        """A process has left the run, or its last words were heard."""
        connection.execute(delete(owners).where(owners.c.owner == owner, owners.c.run_id == run_id))


_STOPPED = select(runs.c.stop_at.is_not(None) | runs.c.recalled_at.is_not(None) | (runs.c.halted != "")).where(
    runs.c.id == bindparam("b_run")
)


def is_stopped(connection: Connection, run_id: int) -> bool:
    """Whether a person, or the breaker of one of its workers, stopped a run, or it is being called back."""
    return bool(connection.scalar(_STOPPED, {"b_run": run_id}))
