"""The lists as they were last used: written with the run that used them, so that a change is noticed.

Rule: what is kept can be compared and not read; whose it is, the room that made it knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select

from newsletter.delivery.accounts import of_run, select_runs
from newsletter.delivery.database import Database
from newsletter.delivery.schema import issues, people, runs, used_lists


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedList:
    """One list as a run used it."""

    name: str
    """As `segments.yaml` names it."""
    file_hash: str
    """Of the file; with the same one there is nothing to compare."""
    people: bytes = field(repr=False)
    """As `audience.Snapshot` makes them."""
    issue: str = ""
    """What it was used for; read, and never written."""


class UsedLists:
    """The lists of a ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, name: str) -> UsedList | None:
        """A list as it was last used; None where it never was."""
        columns = (used_lists.c[each] for each in ("name", "file_hash", "people"))
        asked = select(*columns, issues.c.name.label("issue")).join(runs, used_lists.c.run_id == runs.c.id)
        with self._database.read() as connection:
            found = connection.execute(asked.join(issues).where(used_lists.c.name == name)).mappings().first()
        return None if found is None else UsedList(**found)

    def addresses(self, name: str, stem: str) -> Iterator[str]:
        """The addresses that the list's last run has of it, as far as they are still known."""
        asked = select(used_lists.c.run_id).where(used_lists.c.name == name)
        with self._database.read() as connection:
            number = connection.scalar(asked)
            for run in select_runs(connection):
                if run.id == number:
                    mine = select(people.c.address).where(*of_run(run), people.c.list == stem)
                    found = connection.execution_options(yield_per=1_000).scalars(mine)
                    yield from filter(None, found)

    def replace(self, kept: UsedList) -> None:
        """Keep something else of a list, as if the same run had used it so."""
        with self._database.write() as connection:
            number = connection.scalar(select(used_lists.c.run_id).where(used_lists.c.name == kept.name))
            if number is not None:
                keep(connection, int(number), [kept])

    def names(self) -> tuple[str, ...]:
        """The lists that were used."""
        with self._database.read() as connection:
            return tuple(connection.scalars(select(used_lists.c.name).order_by(used_lists.c.name)))


def keep(connection: Connection, run_id: int, used: Iterable[UsedList]) -> None:
    """Keep what a run used, in the place of what an earlier one did."""
    for each in used:
        connection.execute(delete(used_lists).where(used_lists.c.name == each.name))
        values = {"name": each.name, "run_id": run_id, "file_hash": each.file_hash, "people": each.people}
        connection.execute(insert(used_lists).values(values))
