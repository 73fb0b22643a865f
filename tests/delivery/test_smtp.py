"""SMTP against servers that nobody here wrote: what arrives, what is secured, what is refused."""

from __future__ import annotations

import email
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from newsletter.delivery.engine import Ending
from newsletter.delivery.outcome import State
from newsletter.delivery.run import Counts
from newsletter.delivery.transports import LineLost, Parcel
from newsletter.delivery.transports.smtp import Smtp
from newsletter.delivery.transports.smtp_wire import Server, Timeouts
from newsletter.errors import TransportStopped
from newsletter.message import Skeleton, verify_envelope
from tests.delivery.faulty_smtp import Fault, FaultySmtp
from tests.delivery.parts import (
    EDITIONS,
    Collected,
    address_of,
    frozen,
    new_run,
    opened,
    parcels,
    send,
)
from tests.delivery.sender import SECRET
from tests.delivery.smtp_servers import PASSWORD, USER, Certificate, aiosmtpd, certificate, smtp_sink
from tests.message.examples import HEADERS

TIMEOUTS = Timeouts(connect_s=5, greeting_s=5, command_s=5, data_s=5, block_s=5, end_s=5, quit_s=0.5)


def plain(port: int) -> Server:
    return Server(host="127.0.0.1", port=port, security="none", timeouts=TIMEOUTS)


@pytest.fixture
def trusted(tmp_path: Path) -> Certificate:
    return certificate(tmp_path)


def deliver(server: Server, people: list[Parcel]) -> Collected:
    collected = Collected()
    line = Smtp(server=server).connect()
    try:
        line.deliver(people, collected)
    finally:
        line.close()
    return collected


def test_each_person_gets_the_very_bytes_of_their_message() -> None:
    """One recipient an envelope; the content as the skeleton made it; the To header theirs alone."""
    people = parcels(5)
    with aiosmtpd() as (taken, port):
        collected = deliver(plain(port), people)
    assert {outcome.state for outcome in collected.outcomes.values()} == {State.ACCEPTED}
    assert [to for _, to, _ in taken.messages] == [parcel.person.address for parcel in people]
    for parcel, (sender, to, content) in zip(people, taken.messages, strict=True):
        assert content == parcel.skeleton.message(parcel.person)
        assert sender == parcel.skeleton.envelope_sender(parcel.person)
        assert to in str(email.message_from_bytes(content)["To"])


def test_a_bounce_names_the_person_and_cannot_be_forged() -> None:
    """VERP: the envelope sender holds the run and the person's code, signed."""
    skeleton = Skeleton(
        EDITIONS["members"], replace(HEADERS, bounce_domain="bounces.example.org"), run="r1", secret=SECRET
    )
    (parcel,) = parcels(1)
    with aiosmtpd() as (taken, port):
        deliver(plain(port), [replace(parcel, skeleton=skeleton)])
    ((sender, _, _),) = taken.messages
    assert verify_envelope(sender, SECRET) == ("r1", parcel.person.code)


def secured(port: int, trusted: Certificate | None, security: Literal["tls", "starttls"]) -> Server:
    return Server(
        host="127.0.0.1",
        port=port,
        security=security,
        username=USER,
        password=PASSWORD,
        timeouts=TIMEOUTS,
        tls=trusted.client if trusted else None,
    )


def test_by_starttls_a_session_is_secured_and_logged_in(trusted: Certificate) -> None:
    """The server takes nothing before both."""
    with aiosmtpd(login=True, tls_context=trusted.server, require_starttls=True) as (taken, port):
        deliver(secured(port, trusted, "starttls"), parcels(2))
    assert len(taken.messages) == 2


def test_by_tls_a_session_is_secured_from_the_first_byte(trusted: Certificate) -> None:
    """As on port 465."""
    with aiosmtpd(ssl_context=trusted.server) as (taken, port):
        deliver(replace(secured(port, trusted, "tls"), username=None), parcels(2))
    assert len(taken.messages) == 2


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_nobody_vouches_for_stops_the_run(
    trusted: Certificate, security: Literal["tls", "starttls"]
) -> None:
    """Waiting does not mend it, and nothing has been said to a stranger."""
    options: dict[str, Any] = {
        "tls": {"ssl_context": trusted.server},
        "starttls": {"tls_context": trusted.server},
    }
    with (
        aiosmtpd(**options[security]) as (taken, port),
        pytest.raises(TransportStopped, match="cannot be trusted") as stopped,
    ):
        deliver(secured(port, None, security), parcels(1))
    assert taken.messages == []
    assert PASSWORD not in str(stopped.value) + stopped.value.hint


def test_without_starttls_on_offer_nothing_goes_in_the_open() -> None:
    """A server, or somebody on the way, that does not offer it gets no message."""
    with aiosmtpd() as (taken, port), pytest.raises(TransportStopped, match="does not offer STARTTLS"):
        deliver(replace(secured(port, None, "starttls"), username=None), parcels(1))
    assert taken.messages == []


def test_a_wrong_password_stops_the_run_and_is_not_repeated(trusted: Certificate) -> None:
    """What to check is said; the password is not, nor who it is for."""
    with (
        aiosmtpd(login=True, tls_context=trusted.server) as (_, port),
        pytest.raises(TransportStopped, match="refuses the login") as stopped,
    ):
        deliver(replace(secured(port, trusted, "starttls"), password="wrong one"), parcels(1))
    shown = f"{stopped.value} {stopped.value.hint} {secured(port, None, 'tls')!r}"
    assert "wrong one" not in shown
    assert PASSWORD not in shown


def test_a_password_never_travels_in_the_open() -> None:
    """Not even when the settings say so, unless the server is this machine."""
    server = Server(host="relay.example.org", port=25, security="none", username=USER, password=PASSWORD)
    with pytest.raises(TransportStopped, match="travel in the open"):
        Smtp(server=server).connect()


def test_an_address_beyond_ascii_goes_to_a_server_that_knows_smtputf8() -> None:
    """And is refused clearly, without a word to the server, where it does not."""
    (parcel,) = parcels(1)
    abroad = replace(parcel, person=replace(parcel.person, address="siân@example.org"))
    with aiosmtpd(enable_SMTPUTF8=True) as (taken, port):
        accepted = deliver(plain(port), [abroad])
    assert [to for _, to, _ in taken.messages] == ["siân@example.org"]
    with aiosmtpd(enable_SMTPUTF8=False) as (taken, port):
        refused = deliver(plain(port), [abroad])
    assert (accepted.outcomes[1].state, refused.outcomes[1].state) == (State.ACCEPTED, State.REJECTED)
    assert "SMTPUTF8" in refused.outcomes[1].detail
    assert taken.messages == []


def test_a_message_larger_than_the_server_takes_is_refused_before_it_is_sent() -> None:
    """By the SIZE it announced; the refusal is about us."""
    with FaultySmtp(extensions=("SIZE 500",)) as server:
        collected = deliver(plain(server.port), parcels(2))
    assert {(each.state, each.about_us) for each in collected.outcomes.values()} == {(State.REJECTED, True)}
    assert "the server takes 500" in collected.outcomes[1].detail
    assert collected.handed == []
    assert server.taken == []


def test_the_size_is_announced() -> None:
    """So that a server refuses what it will not keep before it is sent."""
    (parcel,) = parcels(1)
    with FaultySmtp() as server:
        deliver(plain(server.port), [parcel])
    length = len(parcel.skeleton.message(parcel.person))
    assert f"MAIL FROM:<{HEADERS.sender_address}> SIZE={length}" in server.commands


def test_a_connection_is_replaced_after_its_share() -> None:
    """Servers limit messages per connection; nobody is lost at the change."""
    with FaultySmtp() as server:
        line = Smtp(server=plain(server.port), messages_per_line=3).connect()
        collected = Collected()
        line.deliver(parcels(8), collected)
        line.close()
    assert len(server.taken) == len(collected.outcomes) == 8
    assert server.sessions == 3
    assert server.commands.count("QUIT") == 3


def test_no_connection_is_made_that_nobody_is_waiting_for() -> None:
    """The last one has served its share when the last message has left."""
    with FaultySmtp() as server:
        line = Smtp(server=plain(server.port), messages_per_line=3).connect()
        collected = Collected()
        everybody = parcels(6)
        for three in (everybody[:3], everybody[3:]):
            line.deliver(three, collected)
        line.close()
    assert len(server.taken) == 6
    assert server.sessions == server.commands.count("QUIT") == 2


def test_a_stop_is_heard_between_two_messages() -> None:
    """What is in flight is finished; what was not begun is not reported."""
    with aiosmtpd() as (taken, port):
        collected = Collected(stop_after=2)
        line = Smtp(server=plain(port)).connect()
        line.deliver(parcels(9), collected)
        line.close()
    assert len(taken.messages) == len(collected.outcomes) == 2


def test_a_server_that_is_busy_is_no_fault_of_ours() -> None:
    """421 in the greeting: another line, later."""
    with (
        FaultySmtp(greeting="421 4.3.2 Too many connections\r\n") as server,
        pytest.raises(LineLost, match="Too many connections"),
    ):
        Smtp(server=plain(server.port)).connect()


def test_a_server_that_refuses_us_in_its_greeting_stops_the_run() -> None:
    """554: nothing will get through."""
    with (
        FaultySmtp(greeting="554 5.7.1 Your address is listed\r\n") as server,
        pytest.raises(TransportStopped, match="refuses us"),
    ):
        Smtp(server=plain(server.port)).connect()


def test_the_name_of_this_machine_is_not_told() -> None:
    """EHLO bears an address literal (RFC 5321 section 4.1.3)."""
    with FaultySmtp() as server:
        Smtp(server=plain(server.port)).connect().close()
    assert server.commands[0] == "ehlo [127.0.0.1]"


@pytest.mark.parametrize(
    ("flags", "state"),
    [
        (("-r", "RCPT"), State.DEFERRED),
        (("-f", "RCPT"), State.REJECTED),
        (("-r", "DATA"), State.DEFERRED),
        (("-f", "DATA"), State.REJECTED),
        (("-r", "."), State.DEFERRED),
        (("-f", "."), State.REJECTED),
        (("-p", "-r", "."), State.DEFERRED),
    ],
)
def test_a_refusal_of_postfix_sink_is_told_apart(flags: tuple[str, str], state: State) -> None:
    """Soft and hard, at RCPT, DATA and the end, pipelined or not."""
    with smtp_sink(*flags) as port:
        collected = deliver(plain(port), parcels(2))
    assert {outcome.state for outcome in collected.outcomes.values()} == {state}


@pytest.mark.parametrize(
    ("command", "expected"),
    [("MAIL", State.PENDING), ("RCPT", State.PENDING), ("DATA", State.PENDING), (".", State.UNKNOWN)],
)
@pytest.mark.parametrize("pipelining", [(), ("-p",)])
def test_only_a_line_that_postfix_sink_drops_after_the_end_leaves_somebody_unknown(
    command: str, expected: State, pipelining: tuple[str, ...]
) -> None:
    """Before the final dot the message is safe to send again."""
    collected = Collected()
    with smtp_sink(*pipelining, "-q", command) as port:
        line = Smtp(server=plain(port)).connect()
        with pytest.raises(LineLost):
            line.deliver(parcels(1), collected)
        line.close()
    assert collected.outcomes[1].state is expected


def test_a_run_into_postfix_sink_reaches_everybody(tmp_path: Path) -> None:
    """Pipelined, on several connections."""
    with smtp_sink() as port, opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(300)))
        summary = send(ledger, run, Smtp(server=plain(port), lines=4))
    assert (summary.ending, summary.counts) == (Ending.DONE, Counts(accepted=300))


def test_a_failing_run_shows_no_address_and_no_password(
    tmp_path: Path, trusted: Certificate, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not in the summary, the ledger's details, a log at DEBUG, or on the terminal."""
    caplog.set_level("DEBUG")
    refusal = Fault("RCPT", f"550 5.1.1 <{address_of(3)}>: person3 unknown\r\n", "go on")
    with FaultySmtp(refusal) as server, opened(tmp_path) as ledger:
        run = ledger.freeze(new_run(), frozen(range(1, 6)))
        summary = send(ledger, run, Smtp(server=plain(server.port), lines=1))
        details = [row.detail for row in ledger.accounts.rows(run.issue)]
    with aiosmtpd(login=True, tls_context=trusted.server) as (_, port), opened(tmp_path) as ledger:
        other = ledger.freeze(new_run(issue="next"), frozen(range(1, 6)))
        server_with_login = replace(secured(port, trusted, "starttls"), password="not " + PASSWORD)
        blocked = send(ledger, other, Smtp(server=server_with_login, lines=1))
    assert blocked.exit_code == 5
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("newsletter")]
    out, err = capfd.readouterr()
    shown = f"{summary!r} {blocked!r} {details} {ours} {out} {err}"
    assert "person3" not in shown
    assert PASSWORD not in shown
