"""The ledger and the lists, asked by pages that must not wait for each other.

Rules:

1. A ledger belongs to one thread. There are two: one reads, and one writes and waits its turn while a send
   runs, so that somebody who only looks never waits for a lock.
2. A list is read a row at a time, by one reader at once, and what was found is remembered in bounds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

from newsletter import address
from newsletter.audience.lists import EMAIL, CsvList, inspect
from newsletter.delivery.ledger import Ledger
from newsletter.dispatch import open_ledger
from newsletter.errors import SourceError
from newsletter.message import coder
from newsletter.workspace import Workspace

Found = TypeVar("Found")

_MOST_REMEMBERED = 1_000
_MOST_WAITING = 4
"""Readers of the lists at once; half a million rows take seconds, and the ledger knows nearly everybody."""


class Records:
    """What the pages know and note. Opened before the first request, closed after the last."""

    def __init__(self, workspace: Workspace) -> None:
        self._stack = ExitStack()
        self._reading = self._stack.enter_context(open_ledger(workspace))
        self._writing = self._stack.enter_context(open_ledger(workspace))
        self._reader = self._stack.enter_context(ThreadPoolExecutor(1, "site-read"))
        self._writer = self._stack.enter_context(ThreadPoolExecutor(1, "site-write"))
        self._rows = _Rows(workspace)
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0

    def close(self) -> None:
        """Finish what was begun. May take as long as another process holds the ledger."""
        self._stack.close()

    async def read(self, ask: Callable[[Ledger], Found]) -> Found:
        """What the ledger says. Raises `LedgerError`."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, ask, self._reading)

    async def write(self, act: Callable[[Ledger], Found]) -> Found:
        """Change the ledger: on the disk when this returns. Raises `LedgerError`."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, act, self._writing)

    async def address_of(self, code: str) -> str | None:
        """The address behind a person's code: of the ledger, or of the lists, for whoever was never sent to.

        None where it is no longer held, and where so many ask of the lists that it would take long.
        """
        known = await self.read(lambda ledger: ledger.accounts.address_of(code))
        if known is not None or self._waiting >= _MOST_WAITING:
            return known
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                return await asyncio.to_thread(self._rows.address_of, code)
        finally:
            self._waiting -= 1


class _Rows:
    """The lists, searched for one person. Used by one thread at once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._code_of = coder(workspace.secret())
        self._seen_as: object = None
        self._remembered: dict[str, str | None] = {}

    def address_of(self, code: str) -> str | None:
        now_as = self._workspace.lists_stamp()
        if now_as != self._seen_as or len(self._remembered) >= _MOST_REMEMBERED:
            self._seen_as, self._remembered = now_as, {}
        if code not in self._remembered:
            self._remembered[code] = next(self._with(code), None)
        return self._remembered[code]

    def _with(self, code: str) -> Iterator[str]:
        for name in self._workspace.list_names():
            for written in self._addresses(name):
                if self._code_of(address.key(written)) == code:
                    yield written

    def _addresses(self, name: str) -> Iterator[str]:
        """The good addresses of a list; of one that cannot be used, those up to where it goes wrong."""
        try:
            held = inspect(name, lambda: self._workspace.open_list(name), folder="lists")
            yield from _good(held)
        except SourceError:
            return


def _good(held: CsvList) -> Iterator[str]:
    email = held.columns.index(EMAIL)
    for _, row in held.rows(lambda _line, _why: None):
        try:
            yield address.parse(row[email])
        except address.AddressError:
            continue
