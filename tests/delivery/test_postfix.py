"""A whole relay that nobody here wrote: what Postfix says and does, and what arrives at its far end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from newsletter.delivery.back_off import BackOff
from newsletter.delivery.clock import SystemClock
from newsletter.delivery.engine import Ending
from newsletter.delivery.freezing import Frozen
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import State
from newsletter.delivery.run import Counts, Run
from newsletter.delivery.transports.smtp import Smtp
from newsletter.delivery.transports.smtp_wire import Server
from newsletter.message import code_for
from newsletter.model import Recipient
from tests.cli import small as small_workspace
from tests.cli.command import Result, finish, spawn
from tests.cli.small import DRAFT, EVERYBODY, ISSUE, MEMBERS_CSV, WRITER, Small
from tests.delivery.parts import EAGER, HandClock, new_run, opened, send, skeletons, states
from tests.delivery.postfix import Door, Postfix, postfix, without_trace
from tests.delivery.sender import SECRET
from tests.delivery.smtp_servers import certificate

HOUR_S = 3600
GOOD = tuple(f"member{number}@example.org" for number in range(40))
GONE = tuple(f"gone{number}@example.org" for number in range(6))
GREY = tuple(f"grey{number}@example.org" for number in range(3))
FULL = ("full-box@example.org",)


@pytest.fixture(scope="module")
def one_relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postfix]:
    """The relay of all these tests; starting it takes seconds."""
    folder = tmp_path_factory.mktemp("certificate")
    certificate(folder)
    with postfix(folder / "relay.pem") as relay:
        yield relay


@pytest.fixture
def relay(one_relay: Postfix) -> Iterator[Postfix]:
    """The relay, with nothing left in it afterwards."""
    yield one_relay
    one_relay.forget()


def people(*addresses: str) -> Iterator[Frozen]:
    for address in addresses:
        recipient = Recipient(address, address, "members", {})
        yield recipient, ("Ann", "Lee", None), code_for(address, SECRET)


def by(relay: Postfix, door: Door = Door.PLAIN, *, lines: int = 2) -> Smtp:
    return Smtp(server=Server(host="127.0.0.1", port=relay.ports[door], security="none"), lines=lines)


def in_state(ledger: Ledger, *wanted: State) -> list[str]:
    return sorted(address for address, state in states(ledger).items() if state in wanted)


def bytes_of(ledger: Ledger, run: Run) -> dict[str, bytes]:
    """What each accepted person was sent, made again from the ledger."""
    made = skeletons(ledger, run)
    found = [ledger.accounts.sent(ISSUE, address) for address in in_state(ledger, State.ACCEPTED)]
    return {person.address: made[row.segment].message(person) for _, row, person in filter(None, found)}


class Sent(NamedTuple):
    """A workspace sent by the real command through Postfix, what it said, and what arrived."""

    small: Small
    result: Result
    arrived: list[tuple[str, bytes]]

    def listed(self, state: str) -> set[tuple[str, str, str]]:
        """Masked address, code and words of everybody in a state."""
        rows = self.small.good("status", ISSUE, "--list", state, "--json").json
        return {(row["to"], row["code"], row["detail"]) for row in rows}


@pytest.fixture(scope="module")
def sent(one_relay: Postfix, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """Secured by STARTTLS with a certificate that the system is told to trust, as for a real relay."""
    small = small_workspace.make(tmp_path_factory.mktemp("workspace"))
    addresses = (*GOOD, *GONE[:3], *GREY, *FULL)
    rows = (f"{address},,,Anytown,website form,2024-01-05\n" for address in addresses)
    small.write("lists/members.csv", MEMBERS_CSV + "".join(rows))
    port = one_relay.ports[Door.STARTTLS]
    small.change("newsletter.yaml", "port: 2, security: none", f"port: {port}, security: starttls")
    way = ("--transport", "smtp")
    arguments = ("send", DRAFT, *way, "--receipt", small.receipt(*way))
    with spawn(*arguments, cwd=small.root, env={"SSL_CERT_FILE": str(one_relay.certificate)}) as process:
        result = finish(process, within_s=60)
    arrived = one_relay.arrived()
    assert arrived, result.err
    one_relay.forget()
    return Sent(small, result, arrived)


def test_the_real_command_gives_everybody_whom_postfix_takes_one_mail(sent: Sent) -> None:
    """Exit 6, for those it did not take; the writer has a copy of each edition."""
    assert sent.result.code == 6, sent.result.err
    assert sorted(to for to, _ in sent.arrived) == sorted([*EVERYBODY, *GOOD, WRITER, WRITER])
    stands = sent.small.good("status", ISSUE, "--json").json
    counted = {state: stands[state] for state in ("planned", "accepted", "rejected", "deferred", "unknown")}
    assert counted == {"planned": 52, "accepted": 45, "rejected": 3, "deferred": 4, "unknown": 0}


def test_what_arrives_is_what_was_sent_to_the_byte(sent: Sent) -> None:
    """So that a DKIM signature would hold: Postfix adds its trace on top and has nothing to mend."""
    arrived = dict(sent.arrived)
    for address in (*EVERYBODY, GOOD[0]):
        assert arrived[address].startswith(b"Received: from ")
        as_sent = sent.small.good("render", "--sent", ISSUE, "--to", address).out
        assert without_trace(arrived[address]) == as_sent


def test_mail_is_handed_in_secured(sent: Sent) -> None:
    """By Postfix's own account of the session."""
    assert all(b"with ESMTPS id" in message for _, message in sent.arrived)


def test_each_refusal_is_listed_with_postfix_s_words(sent: Sent) -> None:
    """Without the address that it repeats in them."""
    gone = ("550 5.1.1", "RCPT: <…>: Recipient address rejected: User unknown in virtual mailbox table")
    assert sent.listed("rejected") == {("g…@example.org", *gone)}
    grey = ("450 4.2.0", "RCPT: <…>: Recipient address rejected: Greylisted, come back later")
    full = ("452 4.2.2", "RCPT: <…>: Recipient address rejected: Mailbox full")
    assert sent.listed("deferred") == {("g…@example.org", *grey), ("f…@example.org", *full)}


def test_only_those_who_are_gone_are_suppressed(sent: Sent) -> None:
    """The next issue does not try them; the full and the greylisted it does."""
    opted_out = sent.small.good("suppress", "list", "--json").text
    assert [address for address in (*GONE[:3], *GREY, *FULL) if address in opted_out] == list(GONE[:3])


@pytest.mark.parametrize("door", [Door.PLAIN, Door.LOCKSTEP])
def test_every_byte_arrives_pipelined_or_not(relay: Postfix, tmp_path: Path, door: Door) -> None:
    """Whatever has to be quoted or escaped on the way."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), people(*GOOD))
        summary = send(ledger, run, by(relay, door))
        expected = bytes_of(ledger, run)
    assert summary.counts == Counts(accepted=len(GOOD))
    assert sorted((to, without_trace(message)) for to, message in relay.arrived()) == sorted(expected.items())


def test_the_greylisted_are_reached_when_it_is_time(relay: Postfix, tmp_path: Path) -> None:
    """Not sooner, and nobody else a second time."""
    clock = HandClock()
    later = [f"grey-later{number}@example.org" for number in range(5)]
    with opened(tmp_path, clock) as ledger:
        run = ledger.freeze(new_run(), people(*GOOD[:5], *later))
        first = send(ledger, run, by(relay), clock=clock)
        too_soon = send(ledger, run, by(relay), clock=clock)
        clock.time += HOUR_S
        second = send(ledger, run, by(relay), clock=clock)
    assert first.counts == too_soon.counts == Counts(accepted=5, deferred=5)
    assert second.counts == Counts(accepted=10)
    assert relay.arrived_to() == sorted([*GOOD[:5], *later])


def test_a_relay_that_hangs_up_after_too_many_refusals_loses_nobody(relay: Postfix, tmp_path: Path) -> None:
    """421 4.7.0 after some of the gone: the others go by the next line, and the gone stay refused."""
    before = relay.log.count("too many errors")
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), people(*GONE, *GOOD))
        summary = send(ledger, run, by(relay, Door.IMPATIENT, lines=1))
        assert in_state(ledger, State.REJECTED) == sorted(GONE)
    assert summary.counts == Counts(accepted=len(GOOD), rejected=len(GONE))
    assert relay.arrived_to() == sorted(GOOD)
    assert relay.log.count("too many errors") > before


def test_a_relay_that_takes_one_line_at_a_time_is_sent_to_all_the_same(relay: Postfix, tmp_path: Path) -> None:
    """421 4.7.0 in the greeting of a second line: it waits, while the first goes on."""
    before = relay.log.count("concurrency limit exceeded")
    patient = replace(EAGER, back_off=BackOff(first_s=0.05))
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), people(*GOOD))
        summary = send(ledger, run, by(relay, Door.NARROW, lines=3), clock=SystemClock(), policy=patient)
    assert (summary.ending, summary.counts) == (Ending.DONE, Counts(accepted=len(GOOD)))
    assert relay.arrived_to() == sorted(GOOD)
    assert relay.log.count("concurrency limit exceeded") > before


def test_a_message_that_is_too_large_is_known_before_it_is_sent(relay: Postfix, tmp_path: Path) -> None:
    """By the SIZE that Postfix announces; it is about us, and the run stops."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), people(*GOOD))
        summary = send(ledger, run, by(relay, Door.SMALL, lines=1))
        assert list(ledger.suppressions) == []
    assert (summary.ending, summary.counts.accepted) == (Ending.BLOCKED, 0)
    assert "the server takes 2,000" in summary.reason
    assert relay.arrived_to() == []


@pytest.mark.parametrize(
    ("door", "said"),
    [
        (Door.SORTING, "550 5.7.1 end of data: This looks like spam"),
        (Door.NO_SENDERS, "refuses us at MAIL: 554 5.7.1 <…>: Sender address rejected: Access denied"),
        (Door.NO_RELAYING, "554 5.7.1 RCPT: <…>: Relay access denied"),
    ],
)
def test_a_refusal_of_what_we_are_or_send_stops_the_run(
    relay: Postfix, tmp_path: Path, door: Door, said: str
) -> None:
    """Nobody is suppressed for it; once it is seen to, everybody gets the mail once."""
    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), people(*GOOD))
        summary = send(ledger, run, by(relay, door, lines=1))
        assert summary.ending is Ending.BLOCKED
        assert said in summary.reason
        assert list(ledger.suppressions) == []
        assert relay.arrived_to() == []
        ledger.retry(ISSUE, State.REJECTED)
        assert send(ledger, run, by(relay)).counts == Counts(accepted=len(GOOD))
    assert relay.arrived_to() == sorted(GOOD)


def test_a_relay_that_is_restarted_in_the_middle_loses_nobody(relay: Postfix, tmp_path: Path) -> None:
    """Who was accepted has it; who was on a line at that moment may; everybody else is sent to on resuming."""

    def restart(done: int, _total: int, _rate: float) -> None:
        if done >= 20:
            relay.stop()

    with opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), people(*GOOD))
        broken = send(
            ledger, run, by(relay), clock=SystemClock(), policy=replace(EAGER, per_second=100), progress=restart
        )
        assert (broken.ending, broken.counts.planned) == (Ending.BLOCKED, len(GOOD))
        assert broken.counts.pending
        relay.start()
        (again,) = ledger.resume(ISSUE)
        resumed = send(ledger, again, by(relay))
        accepted, unknown = (set(in_state(ledger, state)) for state in (State.ACCEPTED, State.UNKNOWN))
    # Killed while it hands on, the relay itself may do so again, with the same queue id in its trace.
    arrived = [to for to, _ in set(relay.arrived())]
    assert resumed.counts == Counts(accepted=len(accepted), unknown=len(unknown))
    assert accepted | unknown == set(GOOD)
    assert len(unknown) <= 2
    assert len(arrived) == len(set(arrived))
    assert accepted <= set(arrived)
