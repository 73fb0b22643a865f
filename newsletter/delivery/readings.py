"""What was read of the places that tell us things, and when: so that nothing is read or done twice.

Rule: a mail is known by its folder, the folder's validity and its number in it (RFC 9051 section 2.3.1.1),
never by who wrote it; what is still to be done to it stands here until it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, update

from newsletter.delivery.database import Database, insert_new
from newsletter.delivery.schema import letters, syncs

_AT_ONCE = 400
"""Mails in one statement; SQLite's oldest limit on parameters is 999."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of a mailbox, for as long as the numbers in it mean the same mails."""

    name: str
    validity: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A mail that was looked at."""

    uid: int
    sort: str
    """What it was found to be."""
    act: str = ""
    """What is to be done to it in the mailbox; empty for nothing."""


class Readings:
    """The readings of a workspace."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    def last(self, folder: Folder) -> int:
        """The highest number looked at in a folder, 0 before the first. Numbers only rise."""
        with self._database.read() as connection:
            return connection.scalar(select(func.max(letters.c.uid)).where(*_in(folder))) or 0

    def note(self, folder: Folder, seen: Iterable[Seen]) -> None:
        """Remember mails that were looked at."""
        rows = [
            {"folder": folder.name, "validity": folder.validity, "uid": each.uid}
            | {"sort": each.sort, "act": each.act}
            for each in seen
        ]
        if rows:
            with self._database.write() as connection:
                connection.execute(insert_new(connection, letters), rows)

    def due(self, folder: Folder) -> Mapping[str, tuple[int, ...]]:
        """What is still to be done → to which mails."""
        asked = select(letters.c.act, letters.c.uid).where(
            *_in(folder), letters.c.act != "", letters.c.done_at.is_(None)
        )
        found: dict[str, list[int]] = {}
        with self._database.read() as connection:
            for act, uid in connection.execute(asked.order_by(letters.c.uid)):
                found.setdefault(act, []).append(uid)
        return {act: tuple(uids) for act, uids in found.items()}

    def done(self, folder: Folder, uids: Collection[int]) -> None:
        """What was due to these mails is done."""
        numbers = list(uids)
        with self._database.write() as connection:
            for start in range(0, len(numbers), _AT_ONCE):
                some = numbers[start : start + _AT_ONCE]
                connection.execute(
                    update(letters).where(*_in(folder), letters.c.uid.in_(some)).values(done_at=self._now())
                )

    def finish(self, source: str) -> None:
        """A source has been read to its end, just now."""
        with self._database.write() as connection:
            connection.execute(insert_new(connection, syncs).values(source=source, at=self._now()))
            connection.execute(update(syncs).where(syncs.c.source == source).values(at=self._now()))

    def finished(self) -> Mapping[str, float]:
        """Source → when it was last read to its end."""
        with self._database.read() as connection:
            rows = connection.execute(select(syncs.c.source, syncs.c.at))
            return {row.source: row.at for row in rows}


def _in(folder: Folder) -> tuple[ColumnElement[bool], ...]:
    return letters.c.folder == folder.name, letters.c.validity == folder.validity
