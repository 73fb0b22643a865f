"""Postfix's `smtp-sink` with its faults, then without: what each leaves behind, and who gets what then."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.delivery.engine import Ending
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import State
from newsletter.delivery.transports import LineLost
from newsletter.delivery.transports.smtp import Smtp
from newsletter.delivery.transports.smtp_wire import Server, Timeouts
from tests.delivery.parts import ISSUE, Collected, HandClock, frozen, new_run, opened, parcels, send, states
from tests.delivery.smtp_servers import smtp_sink

HOUR_S = 3600
PEOPLE = 30
LINES = 2
SHORT = Timeouts(connect_s=5, greeting_s=5, command_s=1.5, data_s=1.5, block_s=1.5, end_s=1.5, quit_s=0.1)


def smtp(port: int) -> Smtp:
    timeouts = Timeouts(connect_s=5, greeting_s=5, command_s=5, data_s=5, block_s=5, end_s=5, quit_s=0.5)
    server = Server(host="127.0.0.1", port=port, security="none", timeouts=timeouts)
    return Smtp(server=server, lines=LINES)


@pytest.fixture
def dumps() -> Iterator[Path]:
    """A folder into which the sink may write, as whoever it runs."""
    with tempfile.TemporaryDirectory(prefix="sink-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


def read(dump: Path) -> list[str]:
    """The recipients of the whole messages that a sink has read, whatever it said of them."""
    lines = dump.read_text(encoding="utf-8").splitlines() if dump.exists() else []
    return sorted(line.split(": ")[1].strip("<>") for line in lines if line.startswith("X-Rcpt-Args: "))


def in_state(ledger: Ledger, state: State) -> set[str]:
    return {address for address, found in states(ledger).items() if found is state}


HANGS_UP = [("-q", command) for command in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT")]
SAYS_421 = [("-Q", command) for command in ("CONNECT", "MAIL", "RCPT", "DATA", ".")]
REFUSES = [
    (flag, command)
    for flag in ("-r", "-f")
    for command in ("CONNECT", "EHLO,HELO", "MAIL", "RCPT", "DATA", ".")
]
DIES = [("-M", "20"), ("-A", "0")]


@pytest.mark.parametrize("fault", [*HANGS_UP, *SAYS_421, *REFUSES, *DIES], ids=" ".join)
def test_whatever_the_sink_did_everybody_gets_the_mail_once(
    tmp_path: Path, dumps: Path, fault: tuple[str, str]
) -> None:
    """A sink in order then gets those whom the faulty one did not take, once, and nobody who may have it."""
    clock = HandClock()
    with opened(tmp_path, clock) as ledger:
        run = ledger.freeze(new_run(), frozen(range(PEOPLE)))
        everybody = set(states(ledger))
        with smtp_sink(*fault, "-D", f"{dumps}/first") as port:
            send(ledger, run, smtp(port), clock=clock)
        accepted, unknown = in_state(ledger, State.ACCEPTED), in_state(ledger, State.UNKNOWN)
        # A sink that dies may take with it what it was sent last: unknown, and never arrived.
        surely = accepted if fault in DIES else accepted | unknown
        assert surely <= set(read(dumps / "first"))
        ledger.retry(ISSUE, State.REJECTED)
        clock.time += HOUR_S
        with smtp_sink("-D", f"{dumps}/second") as port:
            resumed = send(ledger, run, smtp(port), clock=clock)
        assert read(dumps / "second") == sorted(everybody - accepted - unknown)
        assert in_state(ledger, State.ACCEPTED) == everybody - unknown
        assert in_state(ledger, State.UNKNOWN) == unknown
    assert resumed.ending is Ending.DONE


@pytest.mark.parametrize(
    ("fault", "accepted", "unknown"),
    [
        (("-q", "DATA"), 0, False),
        (("-q", "."), 0, True),
        (("-q", "QUIT"), PEOPLE, False),
        (("-Q", "."), 0, False),
        (("-f", "."), 0, False),
    ],
    ids=str,
)
def test_the_moment_of_a_fault_decides_what_is_known(
    tmp_path: Path, fault: tuple[str, str], accepted: int, unknown: bool
) -> None:
    """Unknown is only who was handed over without a word in return; a lost farewell changes nothing."""
    with smtp_sink(*fault) as port, opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(PEOPLE)))
        counts = send(ledger, run, smtp(port)).counts
    assert (counts.accepted, counts.unknown > 0) == (accepted, unknown)


@pytest.mark.parametrize(
    ("slow", "state"), [(("-w", "4"), State.PENDING), (("-W", ".:4"), State.UNKNOWN)], ids=str
)
def test_an_answer_that_does_not_come_in_time_is_no_answer(slow: tuple[str, str], state: State) -> None:
    """To DATA: nothing was sent. To the end of data: it may have been taken."""
    collected = Collected()
    with smtp_sink(*slow) as port:
        line = Smtp(server=replace(smtp(port).server, timeouts=SHORT)).connect()
        with pytest.raises(LineLost, match="no reply"):
            line.deliver(parcels(1), collected)
        line.close()
    assert collected.outcomes[1].state is state


@pytest.mark.parametrize("lacking", [("-e",), ("-p",), ("-8", "-E", "-N", "-a")], ids=" ".join)
def test_a_server_of_few_words_is_sent_to_all_the_same(
    tmp_path: Path, dumps: Path, lacking: tuple[str, ...]
) -> None:
    """Without ESMTP, without PIPELINING, without enhanced status codes."""
    with smtp_sink(*lacking, "-D", f"{dumps}/all") as port, opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(PEOPLE)))
        send(ledger, run, smtp(port))
        assert read(dumps / "all") == sorted(in_state(ledger, State.ACCEPTED)) == sorted(states(ledger))
