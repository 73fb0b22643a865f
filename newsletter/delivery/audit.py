"""The audit log: which command did what, when and by whom.

Rules:

1. An act is written down before it is done, and completed once, when it ends. One without an end was killed.
2. People stand in it by their codes alone.
3. Nothing is changed or deleted; the database refuses it.
"""

from __future__ import annotations

import json
import os
import pwd
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import ColumnElement, insert, select, true, update

from newsletter.delivery.database import Database
from newsletter.delivery.schema import acts
from newsletter.errors import NewsletterError


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One command that was to change something."""

    id: int
    at: float
    by: str
    command: str
    given: Mapping[str, object]
    """What the command was given; in the place of each address a code."""
    ended_at: float | None
    exit_code: int | None
    """None where it did not come to an end, or has not yet."""


class Audit:
    """The audit log of a ledger."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    def begin(self, command: str, given: Mapping[str, object], people: Iterable[str] = ()) -> int:
        """Write down what is to be done, and to whom, by their codes; the act's number."""
        values = {
            "at": self._now(),
            "by": _who(),
            "command": command,
            "given": json.dumps(dict(given), ensure_ascii=False),
            "people": _joined(people),
        }
        with self._database.write() as connection:
            number = connection.scalar(insert(acts).values(values).returning(acts.c.id))
        assert number is not None
        return int(number)

    def end(self, act: int, exit_code: int) -> None:
        """Complete an act."""
        done = update(acts).where(acts.c.id == act, acts.c.ended_at.is_(None))
        with self._database.write() as connection:
            connection.execute(done.values(ended_at=self._now(), exit_code=exit_code))

    @contextmanager
    def act(self, command: str, given: Mapping[str, object], people: Iterable[str] = ()) -> Iterator[None]:
        """An act as long as the block."""
        number = self.begin(command, given, people)
        code = 1
        try:
            yield
            code = 0
        except NewsletterError as error:
            code = error.exit_code
            raise
        finally:
            self.end(number, code)

    def of(self, code: str) -> tuple[Act, ...]:
        """What was done to one person, oldest first."""
        return tuple(self._select(acts.c.people.contains(_joined([code]))))

    def __iter__(self) -> Iterator[Act]:
        """Every act, oldest first."""
        return self._select(true())

    def _select(self, where: ColumnElement[bool]) -> Iterator[Act]:
        columns = [acts.c[name] for name in Act.__dataclass_fields__]
        with self._database.read() as connection:
            for row in connection.execute(select(*columns).where(where).order_by(acts.c.id)).mappings():
                yield Act(**dict(row) | {"given": json.loads(row["given"])})


def _joined(codes: Iterable[str]) -> str:
    """Codes in one text, in which each stands between blanks."""
    return "".join(f" {code} " for code in codes)


def _who() -> str:
    """The user of this machine, and the machine."""
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # A container's user needs no name.
        name = str(os.geteuid())
    return f"{name} on {socket.gethostname()}"
