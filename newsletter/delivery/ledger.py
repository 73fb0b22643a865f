"""The ledger: the memory of what was planned, sent, refused and forbidden.

Rule: one row per (issue, person). It has rooms: runs, here; `claims`, the hot path of sending;
`accounts`, all that is read; `suppressions`, the opt-outs; `audit`, what was done; `events`, what the other
side tells later; `used_lists`, the lists; `schedules`, what leaves at a time; `readings`, what was
read of mailbox and provider.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from sqlalchemy import select, update

from newsletter.delivery import freezing, mailboxes, moving, queue, settling, used_lists
from newsletter.delivery.accounts import Accounts, of_run, select_runs
from newsletter.delivery.audit import Audit
from newsletter.delivery.claims import Claims
from newsletter.delivery.clock import Clock, SharedClock, SystemClock
from newsletter.delivery.cutting import cut
from newsletter.delivery.database import Database, insert_new
from newsletter.delivery.events import Events
from newsletter.delivery.forgetting import Forgetting
from newsletter.delivery.holdings import Holdings
from newsletter.delivery.mailboxes import CodeOf
from newsletter.delivery.outcome import Cause, Patience, State, sources
from newsletter.delivery.owners import SILENCE_S, Owners
from newsletter.delivery.processes import Processes
from newsletter.delivery.readings import Readings
from newsletter.delivery.run import Kind, NewRun, Run
from newsletter.delivery.schedules import Schedules
from newsletter.delivery.schema import approvals, issues, people, runs
from newsletter.delivery.settling import Evidence
from newsletter.delivery.sharing import Sharing
from newsletter.delivery.suppressions import Suppressions
from newsletter.delivery.used_lists import UsedList, UsedLists
from newsletter.errors import UsageError
from newsletter.model import Edition, Headers


class Ledger:
    """An open ledger. One thread at a time."""

    def __init__(
        self,
        database: Database,
        processes: Processes,
        now: Callable[[], float],
        code_of: CodeOf | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:
        self._database = database
        self._now = now
        self.clock: Clock = SystemClock()
        """By which its runs are carried."""
        self._code_of = code_of
        self._silence_s = silence_s
        self.processes = processes
        self.owners = Owners(database, processes, silence_s)
        self.claims = Claims(database, self.owners, processes, now)
        self.accounts = Accounts(database, self.owners, now, code_of)
        self.suppressions = Suppressions(database, now, code_of)
        self.audit = Audit(database, now)
        self.events = Events(database, now, code_of)
        self.readings = Readings(database, now)
        self.lists = UsedLists(database)
        self.holdings = Holdings(database, code_of)
        self.forgetting = Forgetting(database, self.owners, now, code_of)
        self.schedules = Schedules(database, self.owners, now)
        self.sharing = Sharing(database, self.owners, now, silence_s)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        processes: Path,
        now: Callable[[], float] | None = None,
        code_of: CodeOf | None = None,
        silence_s: float = SILENCE_S,
    ) -> Ledger:
        """Open or make the ledger at `url` (a path means SQLite). `processes` is the folder of locked files.

        `code_of` makes the code of a mailbox with the workspace's secret: those who were erased are known by
        nothing else. After `silence_s` without a word other machines take this process for dead. Where no time
        is given, a shared ledger goes by its own and any other by this machine's.

        Raises `LedgerError`, also where the secret is not the one that made the codes in the ledger.
        """
        database = Database.open(url)
        try:
            if database.is_shared:
                _prepare_queue(database)
            mailboxes.refuse_other_secret(database, code_of)
        except BaseException:
            database.close()
            raise
        # A plan asks after the same mailbox several times over, and then never again.
        remembered = None if code_of is None else lru_cache(maxsize=16)(code_of)
        clock = _clock(database)
        ledger = cls(database, Processes(processes), now or clock.now, remembered, silence_s)
        ledger.clock = clock
        return ledger

    @classmethod
    def bind_anew(cls, url: str, code_of: CodeOf) -> None:
        """Let a ledger open with this secret, by a person's word that the old one is lost.

        Whoever is held by a code is not recognised from then on: see `suppressions.give_up_codes`.
        Raises `LedgerError`.
        """
        database = Database.open(url)
        try:
            with database.write() as connection:
                mailboxes.bind_anew(connection, code_of)
        finally:
            database.close()

    def holds_anything(self) -> bool:
        """Whether anybody was sent to, left, or was heard of."""
        with self._database.read() as connection:
            return moving.holds_anything(connection)

    def bring(self, source: Ledger) -> int:
        """Copy all of another ledger into this, which is shared and new; the number of people of its runs.

        Raises `LedgerError`, also while somebody is at work on the other.
        """
        source.claims.tidy(Patience())
        return moving.move(source._database, self._database)

    @property
    def is_shared(self) -> bool:
        """Whether several machines may use it, and workers carry its runs."""
        return self._database.is_shared

    @property
    def conninfo(self) -> str:
        """Where a shared ledger is, with the password: for whom it has to be told to."""
        return self._database.conninfo

    def close(self) -> None:
        self._database.close()

    def freeze(
        self,
        new: NewRun,
        people: Iterable[freezing.Frozen],
        *,
        along: Iterable[tuple[NewRun, Iterable[freezing.Frozen]]] = (),
        lists: Iterable[UsedList] = (),
    ) -> Run:
        """Write a run and its people, and others `along` with it, all or nothing.

        `lists` are those it uses, as far as they are not kept so already; asked for when all people are read.
        Raises `NotReady` if somebody has the issue already.
        """
        with self._database.write() as connection:
            run_id = freezing.freeze(connection, new, people, now=self._now())
            for other, theirs in along:
                freezing.freeze(connection, other, theirs, now=self._now())
            used_lists.keep(connection, run_id, lists)
            run = next(run for run in select_runs(connection, new.issue) if run.id == run_id)
            if self.sharing.carries(run):
                if self._code_of is not None:
                    mailboxes.bind_secret(connection, self._code_of)
                cut(connection, run, now=self._now())
            return run

    def beside(self) -> Ledger:
        """The same ledger for another thread. To be closed once, with this one."""
        other = Ledger(self._database, self.processes, self._now, self._code_of, self._silence_s)
        other.clock = self.clock
        return other

    def be_prompt(self) -> None:
        """Wait for a shared ledger's server no longer than a send does, whatever is asked of it."""
        self._database.always_promptly = True

    def runs(self, issue: str | None = None, kind: Kind | None = Kind.REAL) -> tuple[Run, ...]:
        """The runs of an issue, or of all, oldest first."""
        with self._database.read() as connection:
            return select_runs(connection, issue, kind)

    def issues(self) -> tuple[str, ...]:
        """The issues that have a real run, by their newest."""
        newest_first = reversed(self.runs())
        return tuple(dict.fromkeys(run.issue for run in newest_first))

    def find_run(self, issue: str, receipt: str) -> Run | None:
        """The real run that was begun with this receipt: sending again with it resumes it."""
        return next((run for run in self.runs(issue) if run.receipt == receipt), None)

    def open_runs(self, issue: str) -> tuple[Run, ...]:
        """The runs in which somebody is pending, claimed or deferred, oldest first."""
        waiting = (State.PENDING, State.CLAIMED, State.DEFERRED)
        with self._database.read() as connection:
            return tuple(
                run
                for run in select_runs(connection, issue, Kind.REAL)
                if connection.scalar(
                    select(people.c.id).where(*of_run(run), people.c.state.in_(waiting)).limit(1)
                )
            )

    def editions(self, run: Run) -> Mapping[str, Edition]:
        """The frozen editions by segment."""
        with self._database.read() as connection:
            return freezing.EDITIONS.validate_json(
                connection.scalar(select(runs.c.editions).where(runs.c.id == run.id)) or "{}"
            )

    def headers(self, run: Run) -> Headers:
        """The frozen headers."""
        with self._database.read() as connection:
            return freezing.HEADERS.validate_json(
                connection.scalar(select(runs.c.headers).where(runs.c.id == run.id)) or "{}"
            )

    def find_same_content(self, content: str, *, issue: str) -> str | None:
        """The other issue under which this very content was frozen to be sent, if there is one."""
        same = (
            select(issues.c.name)
            .join(runs)
            .where(runs.c.content == content, runs.c.kind == Kind.REAL, issues.c.name != issue)
        )
        with self._database.read() as connection:
            return connection.scalar(same.limit(1))

    def request_stop(self, issue: str) -> int:
        """Stop every unfinished run of an issue before its next message; the number of processes told."""
        with self._database.write() as connection:
            ids = [run.id for run in select_runs(connection, issue, Kind.REAL)]
            connection.execute(update(runs).where(runs.c.id.in_(ids)).values(stop_at=self._now()))
            told = self.owners.living(connection, ids)
        for name in told:
            self.processes.ask_to_stop(name)
        return len(told)

    def resume(self, issue: str) -> tuple[Run, ...]:
        """Take back a stop, by a person's word; the runs with work left, oldest first."""
        with self._database.write() as connection:
            ids = [run.id for run in select_runs(connection, issue, Kind.REAL)]
            connection.execute(update(runs).where(runs.c.id.in_(ids)).values(stop_at=None, halted=""))
        found = self.open_runs(issue)
        if not found:  # No session follows, which would take away what a dead one has left.
            self.claims.tidy(Patience())
        return found

    def go_on(self, issue: str) -> None:
        """The word that lets everybody after the canary have the mail."""
        with self._database.write() as connection:
            ids = [run.id for run in select_runs(connection, issue, Kind.REAL)]
            connection.execute(
                update(runs)
                .where(runs.c.id.in_(ids), runs.c.released_at.is_(None))
                .values(released_at=self._now())
            )

    def extend(self, issue: str, not_after: float | None) -> None:
        """Let what is late leave after all, until another time or without end, by a person's word."""
        with self._database.write() as connection:
            ids = [run.id for run in select_runs(connection, issue, Kind.REAL)]
            connection.execute(update(runs).where(runs.c.id.in_(ids)).values(not_after=not_after))

    def retry(self, issue: str, state: State, *, expected: int | None = None) -> int:
        """Make the refused, or the unknown, pending again, by a person's word; their number.

        For UNKNOWN the word is the number itself: raises `UsageError` unless `expected` is it.
        """
        if state not in sources(State.PENDING, Cause.WORD):
            raise ValueError(f"nobody who is {state} can be tried again")
        with self._database.write() as connection:
            found = select_runs(connection, issue, Kind.REAL)
            number = 0
            for run in found:
                moved = update(people).where(*of_run(run), people.c.state == state)
                number += connection.execute(
                    moved.values(state=State.PENDING, attempts=0, due_at=None)
                ).rowcount
            if expected is not None and number != expected:
                raise UsageError(
                    f"{number} people are {state}, not {expected}",
                    "They may have the mail already and would get it twice; give their number to say so.",
                )
        return number

    def settle_unknown(self, run: Run, evidence: Iterable[Evidence], *, settle_s: float) -> int:
        """Settle the unknown of a run by the other side's records; see `settling.settle`."""
        with self._database.write() as connection:
            return settling.settle(connection, run, evidence, now=self._now(), settle_s=settle_s)

    def approve(self, issue: str, receipt: str, name: str) -> str:
        """Note a person's yes to exactly what this receipt stands for; who is on record for it."""
        recorded = self.approved(issue, receipt)
        if recorded is not None:
            return recorded
        with self._database.write() as connection:
            connection.execute(
                insert_new(connection, approvals),
                {"issue": issue, "receipt": receipt, "name": name, "at": self._now()},
            )
        # Of two who say it at once, the other may have been first.
        return self.approved(issue, receipt) or name

    def approved(self, issue: str, receipt: str) -> str | None:
        """Who said yes to this receipt, or None."""
        with self._database.read() as connection:
            return connection.scalar(
                select(approvals.c.name)
                .where(approvals.c.issue == issue, approvals.c.receipt == receipt)
                .order_by(approvals.c.id)
                .limit(1)
            )


def _clock(database: Database) -> Clock:
    return SharedClock(database.time()) if database.is_shared else SystemClock()


def _prepare_queue(database: Database) -> None:
    """Procrastinate's tables as the installed version wants them. Two processes may come at once."""
    with database.read() as connection:
        ready = queue.is_prepared(connection)
    if not ready:
        with database.write() as connection:
            queue.prepare(connection)
