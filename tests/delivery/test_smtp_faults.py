"""SMTP against a server that fails at every point of a transaction: what the ledger then says."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from newsletter.delivery.engine import Ending
from newsletter.delivery.outcome import State
from newsletter.delivery.transports import LineLost, Parcel
from newsletter.delivery.transports.smtp import Smtp
from newsletter.delivery.transports.smtp_wire import Server, Timeouts
from newsletter.message import Skeleton
from newsletter.model import Edition
from tests.delivery.faulty_smtp import Fault, FaultySmtp
from tests.delivery.parts import (
    EDITIONS,
    ISSUE,
    Collected,
    HandClock,
    address_of,
    frozen,
    new_run,
    opened,
    parcels,
    send,
    states,
)
from tests.delivery.sender import SECRET
from tests.delivery.smtp_servers import Certificate, certificate
from tests.message.examples import HEADERS

STRUCK = address_of(3)
"""Whom the fault strikes: the third of five."""

FAST = Timeouts(connect_s=2, greeting_s=2, command_s=2, data_s=2, block_s=2, end_s=2, quit_s=0.2)
IMPATIENT = replace(FAST, command_s=0.8, data_s=0.8, block_s=0.8, end_s=0.8)

TLS_RECORD_BYTES = 16_384
"""What TLS sends at most as one piece (RFC 8446 section 5.1): it arrives whole or not at all."""


def smtp(server: FaultySmtp, *, timeouts: Timeouts = FAST, **options: int) -> Smtp:
    there = Server(host="127.0.0.1", port=server.port, security="none", timeouts=timeouts)
    return Smtp(server=there, **{"lines": 1} | options)


def secured(plain: Smtp, tls: ssl.SSLContext) -> Smtp:
    return replace(plain, server=replace(plain.server, security="tls", tls=tls))


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("relay"))


@dataclass(frozen=True)
class Case:
    fault: Fault
    becomes: State
    """What the person struck is at the end of the run."""


AGAIN = State.ACCEPTED
"""The fault was safe: the message went again, and arrived once."""

CASES = {
    "MAIL is refused for now": Case(Fault("MAIL", "451 4.3.0 Later\r\n", "go on"), AGAIN),
    "MAIL is too big for now": Case(Fault("MAIL", "552 5.3.4 Too big\r\n", "go on"), State.REJECTED),
    "the line breaks at MAIL": Case(Fault("MAIL"), AGAIN),
    "the line is reset at MAIL": Case(Fault("MAIL", then="reset"), AGAIN),
    "421 at MAIL": Case(Fault("MAIL", "421 4.3.2 Going down\r\n"), AGAIN),
    "MAIL is answered with nonsense": Case(Fault("MAIL", "hello\r\n"), AGAIN),
    "no such mailbox, and the line breaks": Case(Fault("RCPT", "550 5.1.1 No such user\r\n"), State.REJECTED),
    "silence at RCPT": Case(Fault("RCPT", then="hang"), AGAIN),
    "silence at DATA": Case(Fault("DATA", then="hang"), AGAIN),
    "no such mailbox": Case(Fault("RCPT", "550 5.1.1 No such user\r\n", "go on"), State.REJECTED),
    "greylisted": Case(Fault("RCPT", "450 4.2.0 Greylisted\r\n", "go on"), State.DEFERRED),
    "too many recipients, in an old way": Case(Fault("RCPT", "552 Too many\r\n", "go on"), State.DEFERRED),
    "too many recipients": Case(Fault("RCPT", "452 4.5.3 Too many\r\n", "go on"), State.DEFERRED),
    "relaying denied": Case(Fault("RCPT", "554 5.7.1 Relay access denied\r\n", "go on"), State.REJECTED),
    "several lines at RCPT": Case(Fault("RCPT", "550-5.2.2 Full\r\n550 5.2.2 up\r\n", "go on"), State.REJECTED),
    "421 at RCPT": Case(Fault("RCPT", "421 4.7.0 Too fast\r\n"), AGAIN),
    "the line breaks at RCPT": Case(Fault("RCPT"), AGAIN),
    "DATA is refused for now": Case(Fault("DATA", "451 4.3.0 Later\r\n", "go on"), State.DEFERRED),
    "DATA is refused": Case(Fault("DATA", "554 5.6.0 No\r\n", "go on"), State.REJECTED),
    "the line breaks at DATA": Case(Fault("DATA"), AGAIN),
    "DATA is answered as if it were the end": Case(Fault("DATA", "250 Ok\r\n"), AGAIN),
    "the end is refused for now": Case(Fault("END", "451 4.3.0 Later\r\n", "go on"), State.DEFERRED),
    "the end is refused": Case(Fault("END", "550 5.6.0 Bad content\r\n", "go on"), State.REJECTED),
    "the end is refused as spam": Case(Fault("END", "554 5.7.1 Spam\r\n", "go on"), State.REJECTED),
    "421 at the end": Case(Fault("END", "421 4.3.2 Going down\r\n"), AGAIN),
    "the line breaks after the end": Case(Fault("END"), State.UNKNOWN),
    "the line breaks after it was taken": Case(Fault("END", take=True), State.UNKNOWN),
    "the line is reset after the end": Case(Fault("END", then="reset"), State.UNKNOWN),
    "the line is reset after it was taken": Case(Fault("END", then="reset", take=True), State.UNKNOWN),
    "half a reply": Case(Fault("END", "25"), State.UNKNOWN),
    "half a reply after it was taken": Case(Fault("END", "25", take=True), State.UNKNOWN),
    "a reply without its end": Case(Fault("END", "250 2.0.0 Ok"), State.UNKNOWN),
    "a reply without its end after it was taken": Case(Fault("END", "250 2.0.0 Ok", take=True), State.UNKNOWN),
    "the first line of a reply": Case(Fault("END", "250-2.0.0 Ok\r\n", take=True), State.UNKNOWN),
    "a reply that is none": Case(Fault("END", "999 What\r\n"), State.UNKNOWN),
    "a reply that is none after it was taken": Case(Fault("END", "354 More\r\n", take=True), State.UNKNOWN),
    "words for a reply": Case(Fault("END", "thank you\r\n", take=True), State.UNKNOWN),
    "silence after it was taken": Case(Fault("END", then="hang", take=True), State.UNKNOWN),
    "silence": Case(Fault("END", then="hang"), State.UNKNOWN),
    "250, and then the line breaks": Case(Fault("END", "250 2.0.0 Ok\r\n", take=True), State.ACCEPTED),
    "an answer in several lines": Case(
        Fault("END", "250-Ok\r\n250 done\r\n", "go on", take=True), State.ACCEPTED
    ),
    "QUIT is not answered": Case(Fault("QUIT"), State.ACCEPTED),
    "QUIT hangs": Case(Fault("QUIT", then="hang"), State.ACCEPTED),
}


@pytest.mark.parametrize("way", ["pipelining", "lock-step", "TLS"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_fault_gives_the_right_state_and_nobody_gets_it_twice(
    case: Case, way: str, trusted: Certificate, tmp_path: Path
) -> None:
    """Accepted ⊆ received ⊆ accepted ∪ unknown; everybody else gets it once; a second run changes nothing."""
    faulty = FaultySmtp(case.fault, pipelining=way != "lock-step", tls=trusted.server if way == "TLS" else None)
    with faulty as server, opened(tmp_path) as ledger:
        there = smtp(server, timeouts=IMPATIENT if case.fault.then == "hang" else FAST)
        if way == "TLS":
            there = secured(there, trusted.client)
        run = ledger.freeze(new_run(), frozen(range(1, 6)))
        first = send(ledger, run, there)
        second = send(ledger, run, there)
        found = states(ledger)
        received = server.addresses
    assert found == {address_of(number): State.ACCEPTED for number in range(1, 6)} | {STRUCK: case.becomes}
    assert (first.ending, second.ending) == (Ending.DONE, Ending.DONE)
    assert first.counts == second.counts
    assert len(received) == len(set(received))
    accepted = {address for address, state in found.items() if state is State.ACCEPTED}
    unknown = {address for address, state in found.items() if state is State.UNKNOWN}
    assert accepted <= set(received) <= accepted | unknown


def test_data_granted_although_nobody_was_accepted_gets_a_lone_dot(tmp_path: Path) -> None:
    """RCPT refused, 354 given: the 250 to the empty message is no acceptance."""
    fault = Fault("RCPT", "550 5.1.1 No such user\r\n", "go on")
    with FaultySmtp(fault, grants_data_always=True) as server, opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(1, 6)))
        send(ledger, run, smtp(server))
        found = states(ledger)
        assert server.lone_dots == 1
        assert len(server.taken) == 4
    assert found[STRUCK] is State.REJECTED


def test_a_refused_sender_stops_the_run_and_loses_nobody(tmp_path: Path) -> None:
    """550 at MAIL is about us: exit 5, and everybody else is pending."""
    with (
        FaultySmtp(Fault("MAIL", "550 5.1.8 Bad sender\r\n", "go on"), always=True) as server,
        opened(tmp_path) as ledger,
    ):
        run = ledger.freeze(new_run(), frozen(range(1, 6)))
        summary = send(ledger, run, smtp(server))
    assert (summary.ending, summary.exit_code) == (Ending.BLOCKED, 5)
    assert (summary.counts.accepted, summary.counts.pending) == (2, 3)
    assert "550 5.1.8" in summary.reason


def longer(by: str) -> Edition:
    """The members' edition with more at the end of its text."""
    edition = EDITIONS["members"]
    text = edition.text.statics
    return replace(edition, text=replace(edition.text, statics=(*text[:-1], text[-1] + by)))


@pytest.mark.parametrize(
    ("said", "then", "state"),
    [
        ("552 5.3.4 Too big", "hang", State.REJECTED),
        ("552 5.3.4 Too big", "stall", State.REJECTED),
        ("552 5.3.4 Too big", "close", State.REJECTED),
        ("250 2.0.0 Ok", "stall", State.UNKNOWN),
    ],
)
def test_what_a_server_says_in_the_middle_of_a_message_is_heard(
    said: str, then: str, state: State, tmp_path: Path
) -> None:
    """A refusal is one, and not tried for ever; who says to have taken half a message is not sent the whole."""
    editions = {"members": longer("A line among very many lines.\n" * 400_000)}
    with FaultySmtp(Fault("BODY", f"{said}\r\n", then), on=0) as server, opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(editions=editions), frozen([1]))
        send(ledger, run, smtp(server, timeouts=IMPATIENT))
        (row,) = ledger.accounts.rows(ISSUE)
    assert row.state is state
    assert said.startswith(row.reply_code)


def test_a_line_that_breaks_between_two_records_of_tls_leaves_nobody_unsent_who_was_sent_to(
    trusted: Certificate,
) -> None:
    """TLS does not tell how many records of a write have left, and one of them may have held the end."""

    class BreaksOnce(ssl.SSLSocket):
        whole = True

        def send(self, data: Any, flags: int = 0) -> int:
            left = (len(data) - 1) // TLS_RECORD_BYTES * TLS_RECORD_BYTES
            if BreaksOnce.whole and left:
                BreaksOnce.whole = False
                super().send(data[:left], flags)
                raise ConnectionResetError
            return super().send(data, flags)

    trusted.client.sslsocket_class = BreaksOnce
    people = parcels_of(2 * TLS_RECORD_BYTES - len(b".\r\n"))
    collected = Collected()
    try:
        with FaultySmtp(tls=trusted.server) as server:
            line = secured(smtp(server), trusted.client).connect()
            with pytest.raises(LineLost):
                line.deliver(people, collected)
            line.close()
    finally:
        trusted.client.sslsocket_class = ssl.SSLSocket
    assert not BreaksOnce.whole
    unsent = {person for person, outcome in collected.outcomes.items() if outcome.state is State.PENDING}
    assert unsent.isdisjoint(parcel.person.id for parcel in people if parcel.person.address in server.addresses)


def parcels_of(size: int) -> Sequence[Parcel]:
    """Two people whose messages have exactly so many bytes."""

    def filled(by: str) -> Sequence[Parcel]:
        skeleton = Skeleton(longer("\n" + by), HEADERS, run="r1", secret=SECRET)
        return [replace(parcel, skeleton=skeleton) for parcel in parcels(2)]

    def length(people: Sequence[Parcel]) -> int:
        (found,) = {len(parcel.skeleton.message(parcel.person)) for parcel in people}
        return found

    missing = size - length(filled(""))
    lines, rest = divmod(missing, 30 + len("\r\n"))
    people = filled(("a" * 30 + "\n") * (lines - 1) + "a" * (30 + rest) + "\n")
    assert length(people) == size
    return people


@pytest.mark.parametrize("pipelining", [True, False])
def test_replies_that_come_byte_by_byte_are_read_whole(*, pipelining: bool) -> None:
    """As over a slow or a broken way."""
    with FaultySmtp(pipelining=pipelining, piecemeal=True) as server:
        collected = Collected()
        line = smtp(server).connect()
        line.deliver(parcels(4), collected)
        line.close()
    assert [outcome.state for outcome in collected.outcomes.values()] == [State.ACCEPTED] * 4
    assert len(server.taken) == 4


def test_a_message_that_always_breaks_the_line_does_not_stop_the_others(tmp_path: Path) -> None:
    """After four broken lines it is deferred, and everybody after it is reached."""

    class Poisoned(FaultySmtp):
        def strikes(self, at: str) -> Fault | None:
            poisoned = at == "RCPT" and self.commands[-1].startswith(f"RCPT TO:<{STRUCK}>")
            return Fault("RCPT") if poisoned else None

    with Poisoned() as server, opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(1, 6)))
        summary = send(ledger, run, smtp(server))
        found = states(ledger)
    assert found[STRUCK] is State.DEFERRED
    assert summary.counts.accepted == 4


@pytest.mark.parametrize("pipelining", [True, False])
def test_with_pipelining_the_next_message_begins_in_the_write_that_ends_this_one(*, pipelining: bool) -> None:
    """One round trip a message; without the extension nothing is written ahead of a reply."""
    with FaultySmtp(pipelining=pipelining, looks_ahead=True) as server:
        line = smtp(server).connect()
        line.deliver(parcels(4), Collected())
        line.close()
    assert server.written_ahead == [pipelining, pipelining, pipelining, False]


def test_a_server_that_is_not_there_stops_the_run_soon(tmp_path: Path) -> None:
    """Nobody listens: a few tries, then exit 5 with everybody pending."""
    with FaultySmtp() as server:
        closed = smtp(server)
    clock = HandClock()
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(1, 6)))
        summary = send(ledger, run, closed, clock=clock)
    assert summary.exit_code == 5
    assert summary.counts.pending == 5
    assert "cannot be reached" in summary.reason
