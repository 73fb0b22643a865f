"""SMTP against a server that fails at every point of a transaction: what the ledger then says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from newsletter.delivery.engine import Ending
from newsletter.delivery.outcome import State
from newsletter.delivery.transports.smtp import Smtp
from newsletter.delivery.transports.smtp_wire import Server, Timeouts
from tests.delivery.faulty_smtp import Fault, FaultySmtp
from tests.delivery.parts import (
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

STRUCK = address_of(3)
"""Whom the fault strikes: the third of five."""

FAST = Timeouts(connect_s=2, greeting_s=2, command_s=2, data_s=2, block_s=2, end_s=2, quit_s=0.2)


def smtp(server: FaultySmtp, *, timeouts: Timeouts = FAST, **options: int) -> Smtp:
    there = Server(host="127.0.0.1", port=server.port, security="none", timeouts=timeouts)
    return Smtp(server=there, **{"lines": 1} | options)


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


@pytest.mark.parametrize("pipelining", [True, False], ids=["pipelining", "lock-step"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_fault_gives_the_right_state_and_nobody_gets_it_twice(
    case: Case, tmp_path: Path, *, pipelining: bool
) -> None:
    """Accepted ⊆ received ⊆ accepted ∪ unknown; everybody else gets it once; a second run changes nothing."""
    patience = replace(FAST, end_s=0.15) if case.fault.then == "hang" else FAST
    with FaultySmtp(case.fault, pipelining=pipelining) as server, opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(1, 6)))
        first = send(ledger, run, smtp(server, timeouts=patience))
        second = send(ledger, run, smtp(server, timeouts=patience))
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


def test_what_a_server_says_in_the_middle_of_a_message_is_heard(tmp_path: Path) -> None:
    """552 and a closed line while we still write: the message is refused, not tried for ever."""
    long = new_run().editions["members"]
    text = long.text.statics
    grown = replace(long.text, statics=(*text[:-1], text[-1] + "A line among very many lines.\n" * 400_000))
    editions = {"members": replace(long, text=grown)}
    with (
        FaultySmtp(Fault("BODY", "552 5.3.4 Too big\r\n", "hang"), on=0) as server,
        opened(tmp_path) as ledger,
    ):
        run = ledger.freeze(new_run(editions=editions), frozen([1]))
        quick = replace(FAST, block_s=0.3, end_s=0.3)
        summary = send(ledger, run, smtp(server, timeouts=quick))
        (row,) = ledger.accounts.rows(ISSUE)
    assert (row.state, row.reply_code) == (State.REJECTED, "552 5.3.4")
    assert summary.ending is Ending.BLOCKED


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
