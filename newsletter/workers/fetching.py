"""Taking jobs by Procrastinate, each done in a thread of its own.

Rule: a database that does not answer ends nothing for good. Procrastinate's worker then leaves; another begins
when it answers again, and what is being done meanwhile goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event, Lock
from weakref import WeakSet

import psycopg
from procrastinate import App, PsycopgConnector, exceptions
from procrastinate.jobs import Job as Deferred
from procrastinate.jobs import Status
from procrastinate.manager import JobManager, NotificationCallback

from newsletter.delivery.queue import QUEUE, SILENCE_S, TASK, Job
from newsletter.delivery.watchdog import hang_up

_POLL_S = 1.0
"""How late a job may be taken that became due by time; of new ones the database tells at once."""

_CONNECT_S = 10.0
"""So long a connection may be waited for."""

_BEATS = 5
"""How often a worker is heard of in the silence after which it is taken for dead."""

_AGAIN_S = 2.0
_FINISH_TRIES = 15
"""Then the job counts as abandoned, as soon as its worker has gone."""


class _Patient(JobManager):
    """What is told to the queue, although the database was away, or another worker took a job over meanwhile.

    Whoever beats and listens for Procrastinate ends with the first error, and nobody begins it again: the
    worker would go on, and be counted as dead by all others.
    """

    async def update_heartbeat(self, worker_id: int) -> None:
        with suppress(exceptions.ConnectorException):  # The next is soon.
            await super().update_heartbeat(worker_id)

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        while True:
            with suppress(exceptions.ConnectorException):
                await super().listen_for_jobs(on_notification=on_notification, queues=queues)
            await asyncio.sleep(_AGAIN_S)

    async def finish_job(self, job: Deferred, status: Status, delete_job: bool) -> None:
        for _ in range(_FINISH_TRIES):
            try:
                await super().finish_job(job, status, delete_job)
            except exceptions.ConnectorException as error:
                if isinstance(error.__cause__, psycopg.errors.RaiseException):
                    return  # It is no longer ours. What was left of it is another job.
                await asyncio.sleep(_AGAIN_S)
            else:
                return


class Fetcher:
    """Takes jobs until it is told to stop, or, unless it should `wait`, until there is none."""

    def __init__(
        self, conninfo: str, do: Callable[[Job], None], *, at_once: int, wait: bool, silence_s: float
    ) -> None:
        self._conninfo = conninfo
        self._silence_s = silence_s
        self._do = do
        self._at_once = at_once
        self._wait = wait
        self._stop = Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._lock = Lock()
        self._connections: WeakSet[psycopg.AsyncConnection] = WeakSet()

    def run(self) -> None:
        """Take jobs. Returns when those begun are done."""
        while not self._stop.is_set():
            try:
                asyncio.run(self._session())
            except (exceptions.ConnectorException, psycopg.Error):
                self._stop.wait(_AGAIN_S)
            else:
                if not self._wait:
                    return

    def stop(self) -> None:
        """Take no more jobs. From any thread, or from a signal's handler."""
        self._stop.set()
        if self._loop is not None and self._task is not None:
            with suppress(RuntimeError):  # It has just ended.
                self._loop.call_soon_threadsafe(self._task.cancel)

    def hang_up(self) -> None:
        """Break the connections: the database does not answer, and nobody may have told them so."""
        with self._lock:
            open_ones = list(self._connections)
        for connection in open_ones:
            with suppress(psycopg.Error):  # It has just been closed.
                hang_up(connection.fileno())

    async def _session(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(self._at_once + 2, thread_name_prefix="job"))
        connector = PsycopgConnector(
            conninfo=self._conninfo,
            kwargs={"prepare_threshold": None, "application_name": "newsletter worker"},
            configure=self._remember,
            min_size=1,
            max_size=self._at_once + 3,
            timeout=min(_CONNECT_S, self._silence_s),
        )
        app = App(connector=connector)
        app.job_manager = _Patient(connector)

        @app.task(name=TASK, queue=QUEUE)
        def deliver(run_id: int, first_id: int, last_id: int) -> None:
            self._do(Job(run_id, first_id, last_id))

        async with app.open_async():
            self._task = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=self._at_once,
                    wait=self._wait,
                    fetch_job_polling_interval=_POLL_S,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=min(self._silence_s, SILENCE_S) / _BEATS,
                    stalled_worker_timeout=self._silence_s,
                )
            )
            if self._stop.is_set():
                self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _remember(self, connection: psycopg.AsyncConnection) -> None:
        with self._lock:
            self._connections.add(connection)
