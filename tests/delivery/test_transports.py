"""What every way out promises: one suite for outbox, SMTP and SendGrid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from newsletter.delivery.outcome import State
from newsletter.delivery.run import Counts
from newsletter.delivery.transports import Parcel, Transport
from newsletter.delivery.transports.outbox import Outbox
from newsletter.delivery.transports.sendgrid import Access, SendGrid
from newsletter.delivery.transports.smtp import Smtp
from newsletter.delivery.transports.smtp_wire import Server
from newsletter.message import Skeleton
from tests.delivery.faulty_smtp import FaultySmtp
from tests.delivery.kill_sweep import recipients_in
from tests.delivery.parts import EDITIONS, Collected, address_of, frozen, new_run, opened, parcels, send
from tests.delivery.sender import KEY, SECRET
from tests.message.examples import HEADERS
from tests.sendgrid_stand_in import StandIn


@dataclass(frozen=True)
class Way:
    """A transport, and what has arrived at its other end."""

    transport: Transport
    received: Callable[[], list[str]]


@pytest.fixture(params=["outbox", "smtp", "smtp in lock-step", "sendgrid"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    match request.param:
        case "outbox":
            folder = tmp_path / "outbox"
            yield Way(Outbox(folder), lambda: recipients_in(folder))
        case "sendgrid":
            with StandIn(keys=[KEY]) as sendgrid:
                took = sendgrid.account.accepted
                yield Way(SendGrid(Access(KEY, sendgrid.url)), lambda: [each.address for each in took])
        case name:
            with FaultySmtp(pipelining=name == "smtp") as server:
                there = Server(host="127.0.0.1", port=server.port, security="none")
                yield Way(Smtp(server=there, lines=2), lambda: server.addresses)


def delivered(way: Way, people: list[Parcel], collected: Collected) -> Collected:
    line = way.transport.connect()
    try:
        line.deliver(people, collected)
    finally:
        line.close()
    return collected


def test_every_parcel_is_reported_once_and_arrives_once(way: Way) -> None:
    """Accepted, all of them."""
    collected = delivered(way, parcels(7), Collected())
    assert {person: outcome.state for person, outcome in collected.outcomes.items()} == dict.fromkeys(
        range(1, 8), State.ACCEPTED
    )
    assert sorted(way.received()) == [address_of(number) for number in range(1, 8)]


def test_nothing_is_begun_once_it_is_told_to_stop(way: Way) -> None:
    """And what was not begun is not reported."""
    collected = delivered(way, parcels(7), Collected(stop_after=0))
    assert collected.outcomes == {}
    assert way.received() == []


def test_a_line_serves_one_batch_after_another(way: Way) -> None:
    """On the same line, with nobody mixed up."""
    line = way.transport.connect()
    everybody = parcels(9)
    collected = Collected()
    for start in (0, 3, 6):
        line.deliver(everybody[start : start + 3], collected)
    line.close()
    line.close()
    assert sorted(way.received()) == [parcel.person.address for parcel in everybody]


def test_no_batch_is_no_work(way: Way) -> None:
    """Nothing is asked, nothing is sent."""
    assert delivered(way, [], Collected()).outcomes == {}
    assert way.received() == []


def test_the_whole_run_of_two_editions_arrives(way: Way, tmp_path: Path) -> None:
    """By the engine, from the ledger; the sum is whole."""
    people = [*frozen(range(40)), *frozen(range(40, 60), "clp-secretaries")]
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), people)
        summary = send(ledger, run, way.transport)
    assert (summary.exit_code, summary.counts) == (0, Counts(accepted=60))
    assert sorted(way.received()) == sorted(recipient.address for recipient, _, _ in people)


def test_a_name_says_nothing_it_should_not(way: Way) -> None:
    """The port's plain facts: a name, at least one line and one person."""
    assert way.transport.name in {"outbox", "smtp", "sendgrid"}
    assert way.transport.lines >= 1
    assert way.transport.batch >= 1
    assert "SG." not in repr(way.transport)


def test_the_outbox_holds_the_message_as_it_would_be_sent(tmp_path: Path) -> None:
    """Byte for byte, in `new`, under the person's code and ending in .eml; nothing is left in `tmp`."""
    skeleton = Skeleton(EDITIONS["members"], HEADERS, run="r1", secret=SECRET)
    (parcel,) = parcels(1)
    outbox = Outbox(tmp_path / "outbox")
    line = outbox.connect()
    line.deliver([parcel], Collected())
    written = tmp_path / "outbox" / "new" / f"{parcel.person.code}.eml"
    assert written.read_bytes() == skeleton.message(parcel.person)
    assert written.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "outbox").rglob("*") if path.is_file()] == [written.name]
