"""The desk kept up to date: what is saved is read again at once, and whoever listens is told.

What nobody tells is looked for every two seconds: another command's opt-outs and approvals, in whichever
ledger the workspace has; the next day, to which the rules about dates compare; what was saved on a share, or
where the machine has no watch left to give.

Rule: reading comes before counting, and never waits for it, so that an edit is seen while 100,000 people are
still being counted; SpamAssassin, which takes its time, comes last and is waited for by nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from watchfiles import awatch
from watchfiles._rust_notify import WatchfilesRustInternalError

from newsletter.preview import desk as desks
from newsletter.preview.desk import Desk

T = TypeVar("T")

_SETTLED_MS = 20
"""A save is often several writes; this long without another one is its end."""
_AT_MOST_MS = 120
_ELSEWHERE_S = 2.0
"""How often it is looked for what no saved file tells."""
_WATCH_BEGINS_S = 0.3
_STILL_HERE_S = 15.0
_SEEN_FIRST_S = 0.25
"""How long counting waits after a reading: two threads share one interpreter, and the mail is wanted first."""


class Live:
    """One desk, and the pages that show it."""

    def __init__(self, desk: Desk, on_close: Callable[[], None] = lambda: None) -> None:
        """`on_close` is called when nothing will be told any more."""
        self.desk = desk
        self.on_close = on_close
        self.changes = 0
        self.defect: Exception | None = None
        self._hand = ThreadPoolExecutor(max_workers=1)
        self._changed = asyncio.Event()
        self._read = asyncio.Event()
        self._count = asyncio.Event()
        self._weigh = asyncio.Event()
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watches: dict[Path, asyncio.Event] = {}
        """Folder → what ends its watch."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep up to date while the block lasts. What goes wrong with that closes it, and is its `defect`."""
        self._start(self._reading())
        self._start(self._counting())
        self._start(self._weighing())
        try:
            yield
        finally:
            self.close()
            for task in self._tasks:
                task.cancel()
            ended = await asyncio.gather(*self._tasks, return_exceptions=True)
            self._hand.shutdown(wait=False, cancel_futures=True)
        self.defect = next((each for each in ended if isinstance(each, Exception)), None)

    def close(self) -> None:
        """Let whoever listens go."""
        self._stop.set()
        for watch in self._watches.values():
            watch.set()
        self._changed.set()
        self.on_close()

    def read_again(self) -> None:
        """Something else is to be shown."""
        self._read.set()

    def count_again(self) -> None:
        """The ledger has changed by our own doing."""
        self._count.set()

    async def drawn(self, draw: Callable[[Desk], T]) -> T:
        """What is drawn of the desk, one at a time: two at once would render the same copy twice."""
        return await asyncio.get_running_loop().run_in_executor(self._hand, draw, self.desk)

    async def told(self) -> AsyncIterator[str]:
        """Server-sent events: a number that grows with every change."""
        told = self.changes
        yield f"data: {told}\n\n"
        while not self._stop.is_set():
            # What changed while the last was on its way must not be waited for: it has come.
            if told == self.changes:
                try:
                    async with asyncio.timeout(_STILL_HERE_S):
                        await self._changed.wait()
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
            told = self.changes
            yield f"data: {told}\n\n"

    def _announce(self) -> None:
        self.changes += 1
        # Those who wait hold the old event; who comes later waits for the next change.
        self._changed.set()
        self._changed = asyncio.Event()

    async def _reading(self) -> None:
        before: object = None
        self._read.set()
        while True:
            await self._read.wait()
            self._read.clear()
            self._watch_all()
            choice = self.desk.choice
            now = (choice, await asyncio.to_thread(desks.saved, self.desk.root, choice.draft))
            if now == before and not self.desk.is_of_yesterday():
                continue
            before = now
            await asyncio.to_thread(self.desk.open)
            self._announce()
            self._count.set()

    async def _counting(self) -> None:
        mark: object = None
        while True:
            # Not wait_for: in Python 3.11 it forgets that it was cancelled by whoever ends this at that moment.
            with suppress(TimeoutError):
                async with asyncio.timeout(_ELSEWHERE_S):
                    await self._count.wait()
            if not self._count.is_set():
                self._read.set()
                if mark == await asyncio.to_thread(self.desk.ledger_mark):
                    continue
            await asyncio.sleep(_SEEN_FIRST_S)
            self._count.clear()
            # Before counting: what is written meanwhile may not have been counted.
            mark = await asyncio.to_thread(self.desk.ledger_mark)
            await asyncio.to_thread(self.desk.count)
            self._announce()
            self._weigh.set()

    async def _weighing(self) -> None:
        while True:
            await self._weigh.wait()
            self._weigh.clear()
            if await asyncio.to_thread(self.desk.weigh):
                self._count.set()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        self._tasks.add(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A page that shows what is no longer kept up to date would be worse than none."""
        if not task.cancelled() and task.exception() is not None:
            self.close()
        else:
            self._tasks.discard(task)

    def _watch_all(self) -> None:
        """Watch every folder that is not watched yet."""
        for folder, deep in desks.watched(self.desk.root, self.desk.choice.draft).items():
            if folder in self._watches:
                continue
            self._watches[folder] = asyncio.Event()
            self._start(self._watch(folder, self._watches[folder], deep=deep))
            # What is saved before the watch has begun is read all the same.
            asyncio.get_running_loop().call_later(_WATCH_BEGINS_S, self._read.set)

    async def _watch(self, folder: Path, stop: asyncio.Event, *, deep: bool) -> None:
        try:
            async for changes in awatch(
                folder, recursive=deep, step=_SETTLED_MS, debounce=_AT_MOST_MS, stop_event=stop
            ):
                # A folder that was taken away or put in its place is another one: its watch begins anew.
                for watch in filter(None, (self._watches.pop(Path(path), None) for _, path in changes)):
                    watch.set()
                self._read.set()
        except (OSError, WatchfilesRustInternalError):
            # It is not there, or cannot be watched now: until it can, it is looked at every two seconds.
            await asyncio.sleep(_ELSEWHERE_S)
            if self._watches.get(folder) is stop:
                del self._watches[folder]
