"""The ledger in PostgreSQL, where several machines write at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError, OperationalError

from newsletter.delivery import postgres
from newsletter.delivery.claims import Entry
from newsletter.delivery.database import Database, LedgerError, LedgerLost
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import Outcome, Settled, State
from newsletter.delivery.run import Counts, Kind
from newsletter.delivery.schema import suppressions
from newsletter.errors import NotReady
from tests.delivery.parts import ISSUE, address_of, frozen, new_run, opened, use_postgres
from tests.delivery.postgres import who_needs_a_password


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    use_postgres(tmp_path)
    return tmp_path


def at_once(folder: Path, *deeds: Callable[[Ledger], object]) -> list[object]:
    """Each deed with a ledger of its own, all at the same moment; what they returned or raised."""
    gate = threading.Barrier(len(deeds))

    def do(deed: Callable[[Ledger], object]) -> object:
        with opened(folder) as ledger:
            gate.wait(20)
            try:
                return deed(ledger)
            except (NotReady, ValueError, LedgerError) as error:
                return error

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(do, deeds))


def test_nobody_is_claimed_by_two(folder: Path) -> None:
    """Each takes as many as it asked for, and no row waits for another machine's transaction."""
    with opened(folder) as ledger:
        run = ledger.freeze(new_run(), frozen(range(600)))

    def take(owner: str) -> Callable[[Ledger], object]:
        def deed(ledger: Ledger) -> list[int]:
            claims = [ledger.claims.claim(run, 50, owner=owner).people for _ in range(4)]
            assert [len(claim) for claim in claims] == [50] * 4
            return [each.person.id for claim in claims for each in claim]

        return deed

    taken = at_once(folder, take("a"), take("b"), take("c"))
    people = [person for each in taken if isinstance(each, list) for person in each]
    assert len(people) == len(set(people)) == 600


def test_a_claim_does_not_wait_for_rows_that_are_being_written(folder: Path) -> None:
    """It passes over them."""
    with opened(folder) as ledger, opened(folder) as other:
        run = ledger.freeze(new_run(), frozen(range(10)))
        with other._database.write() as connection:
            connection.exec_driver_sql("SELECT id FROM people ORDER BY id LIMIT 4 FOR UPDATE")
            claim = ledger.claims.claim(run, 9, owner="a")
    assert [each.person.address for each in claim.people] == [address_of(number) for number in range(4, 10)]


def test_of_two_sendings_of_the_same_people_one_is_frozen(folder: Path) -> None:
    """The other is told to plan again; the ids of a run are together all the same."""
    many = range(3_000)
    found = at_once(folder, *[lambda ledger: ledger.freeze(new_run(), frozen(many))] * 3)
    assert sum(isinstance(each, NotReady) for each in found) == 2
    with opened(folder) as ledger:
        status = ledger.accounts.status(ISSUE)
        assert status is not None
        assert status.counts == Counts(pending=3_000)


def test_issues_that_are_frozen_at_once_do_not_mix(folder: Path) -> None:
    """Each run's rows lie between its own ids."""

    def freeze(name: str) -> Callable[[Ledger], object]:
        return lambda ledger: ledger.freeze(new_run(issue=name), frozen(range(6_000)))

    at_once(folder, freeze("one"), freeze("two"))
    with opened(folder) as ledger:
        one, two = sorted(ledger.runs(), key=lambda run: run.first_id)
        assert one.last_id < two.first_id
        assert [ledger.accounts.counts(run) for run in (one, two)] == [Counts(pending=6_000)] * 2


def test_the_same_opt_outs_at_once_are_one_each(folder: Path) -> None:
    """Two links clicked in the same second, or two imports."""
    keys = [address_of(number) for number in range(50)]
    found = at_once(folder, *[lambda ledger: ledger.suppressions.add(keys, reason="left", source="s")] * 3)
    assert not any(isinstance(each, Exception) for each in found)
    with opened(folder) as ledger:
        assert sorted(each.key for each in ledger.suppressions) == sorted(keys)


def test_who_was_refused_is_not_moved_while_another_settles_them(folder: Path) -> None:
    """A second run takes over the refused as they are when it is frozen, not as they were when it began."""
    with opened(folder) as ledger, opened(folder) as other:
        run = ledger.freeze(new_run(), frozen([1]))
        (claimed,) = ledger.claims.claim(run, 1, owner="a").people
        refused = Entry(Outcome(claimed.person.id, State.REJECTED), Settled(State.REJECTED))
        ledger.claims.record("a", [refused])
        with ThreadPoolExecutor(1) as pool:
            with other._database.write() as connection:
                connection.exec_driver_sql("UPDATE people SET state = 'accepted'")
                again = pool.submit(ledger.freeze, new_run(), frozen([1]))
            with pytest.raises(NotReady):
                again.result(20)


def test_a_rehearsal_replaces_the_last_one(folder: Path) -> None:
    """Also where the last one's rows were the newest in the table."""
    with opened(folder) as ledger:
        for number in (3, 2):
            run = ledger.freeze(new_run(kind=Kind.REHEARSAL), frozen(range(number)))
            assert ledger.accounts.counts(run) == Counts(pending=number)


def test_an_error_of_the_server_tells_no_address(folder: Path) -> None:
    """PostgreSQL's own words name the row that stands twice."""
    row = {"key": address_of(1), "reason": "r", "source": "s", "at": 0.0}
    with opened(folder) as ledger:
        ledger.suppressions.add([address_of(1)], reason="r", source="s")
        with pytest.raises(IntegrityError) as caught, ledger._database.write() as connection:
            connection.execute(insert(suppressions), [row])
    assert "suppressions_once" in str(caught.value)
    shown = f"{caught.value!s} {caught.value!r} {caught.value.orig!r} {caught.value.__context__!s}"
    assert "example.org" not in str(caught.value) + repr(caught.value) + repr(caught.value.orig), shown
    assert caught.value.__suppress_context__


def test_a_reader_sees_one_moment(folder: Path) -> None:
    """However long it reads, and whatever is written meanwhile."""
    with opened(folder) as ledger, opened(folder) as other, ledger._database.read() as connection:
        before = connection.execute(select(suppressions.c.key)).all()
        other.suppressions.add([address_of(1)], reason="r", source="s")
        assert connection.execute(select(suppressions.c.key)).all() == before == []


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    """It may be there in a while."""
    with pytest.raises(LedgerLost, match="cannot be opened") as caught:
        Database.open("postgresql://ann:secret@127.0.0.1:1/ledger")
    assert "127.0.0.1:1/ledger" in str(caught.value)
    assert "secret" not in f"{caught.value} {caught.value.hint}"


def test_whoever_is_not_let_in_is_told_so_at_once_and_what_to_do(folder: Path) -> None:
    """No patience helps: a password, a user or a database that is wrong, a user who has no right."""
    url = who_needs_a_password(use_postgres(folder))
    Database.open(url.render_as_string(hide_password=False)).close()
    wrong = {
        "the password in NEWSLETTER_DATABASE is wrong": url.set(password="s3cret"),
        "names no password": URL.create(url.drivername, url.username, None, query=url.query, database="x"),
        "no such database": url.set(database="nowhere"),
        "no such user": URL.create(url.drivername, "nobody", query=url.query, database=url.database),
        "what follows the ?": url.update_query_dict({"sslmode": "maybe"}),
    }
    for todo, each in wrong.items():
        with pytest.raises(LedgerError, match="cannot be opened") as caught:
            Database.open(each.render_as_string(hide_password=False))
        assert type(caught.value) is LedgerError
        assert todo in caught.value.hint
        assert "s3cret" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    "said",
    [
        "FATAL:  the database system is starting up",
        "FATAL:  the database system is shutting down",
        "FATAL:  sorry, too many clients already",
        "timeout expired",
    ],
)
def test_a_server_that_has_no_time_for_us_yet_is_waited_for(said: str) -> None:
    """Its words are no refusal."""
    whole = f'connection failed: connection to server at "192.0.2.1", port 5432 failed: {said}'
    error = OperationalError(None, None, psycopg.OperationalError(whole))
    assert postgres.refusal(error) is None
    assert postgres.is_lost(error)


def test_a_connection_that_broke_is_said_to_be_lost_and_the_next_is_new(folder: Path) -> None:
    """The server restarted, or the way to it was cut."""
    url = use_postgres(folder)
    with opened(folder) as ledger:
        ledger.suppressions.add([address_of(1)], reason="r", source="s")
        with psycopg.connect(url, autocommit=True) as killer:
            killer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        with pytest.raises(LedgerLost):
            ledger.suppressions.keys()
        assert ledger.suppressions.keys() == {address_of(1)}
