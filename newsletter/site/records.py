"""The ledger and the lists, asked by pages that must not wait for each other.

Rules:

1. A ledger belongs to one thread. There are two: one reads, and one writes and waits its turn while a send
   runs, so that somebody who only looks never waits for a lock.
2. The lists are read a row at a time, once for all who wait, and what was found is remembered in bounds: half
   a million rows take seconds, and the ledger knows nearly everybody.
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

_MOST_REMEMBERED = 10_000


class Records:
    """What the pages know and note. Opened before the first request, closed after the last."""

    def __init__(self, workspace: Workspace) -> None:
        self._stack = ExitStack()
        self._reading = self._stack.enter_context(open_ledger(workspace))
        self._writing = self._stack.enter_context(open_ledger(workspace))
        for ledger in (self._reading, self._writing):
            ledger.be_prompt()  # One question that nobody answers would keep all that come after it.
        self._reader = self._stack.enter_context(ThreadPoolExecutor(1, "site-read"))
        self._writer = self._stack.enter_context(ThreadPoolExecutor(1, "site-write"))
        self._rows = _Rows(workspace)

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

        None where it is no longer held.
        """
        known = await self.read(lambda ledger: ledger.accounts.address_of(code))
        return known or await self._rows.address_of(code)


class _Rows:
    """The lists, searched for people by their codes; one search at a time finds all who wait for it."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._code_of = coder(workspace.secret())
        self._wanted: dict[str, asyncio.Future[str | None]] = {}
        self._searching: asyncio.Task[None] | None = None
        self._known: dict[str, str | None] = {}
        self._known_of: object = None

    async def address_of(self, code: str) -> str | None:
        stamp = self._workspace.lists_stamp()
        if stamp != self._known_of or len(self._known) > _MOST_REMEMBERED:
            self._known, self._known_of = {}, stamp
        if code in self._known:
            return self._known[code]
        found = self._wanted.setdefault(code, asyncio.get_running_loop().create_future())
        if self._searching is None or self._searching.done():
            self._searching = asyncio.create_task(self._serve())
        # Others may wait for the same, and somebody who hangs up must not take it from them.
        held = await asyncio.shield(found)
        if stamp == self._known_of:
            self._known[code] = held
        return held

    async def _serve(self) -> None:
        while self._wanted:
            wanted, self._wanted = self._wanted, {}
            try:
                found = await asyncio.to_thread(self._search, frozenset(wanted))
            except Exception as error:  # noqa: BLE001 - handed on to whoever waits
                for waiting in wanted.values():
                    waiting.set_exception(error)
            else:
                for code, waiting in wanted.items():
                    waiting.set_result(found[code])

    def _search(self, wanted: frozenset[str]) -> dict[str, str | None]:
        found: dict[str, str | None] = dict.fromkeys(wanted)
        for name in self._workspace.list_names():
            for written in self._addresses(name):
                code = self._code_of(address.key(written))
                if code in wanted and found[code] is None:
                    found[code] = written
        return found

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
