"""The way out, asked of a real SMTP server and of SendGrid's stand-in. Nothing is ever sent."""

from __future__ import annotations

import gc
import socket
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from newsletter.doctor import Health, ways
from tests.cli.relay import Relay, free_port
from tests.doctor.certificates import Certificate
from tests.doctor.stage import Stage, one
from tests.sendgrid_stand_in import KEY, StandIn

PASSWORD = "a long password"


@pytest.fixture
def certificate(stage: Stage) -> Certificate:
    return Certificate.new(stage.root)


@pytest.fixture
def untidy() -> Iterator[None]:
    """For clients that hang up in the middle of TLS: aiosmtpd does not close its end."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@contextmanager
def relay(stage: Stage, tls: ssl.SSLContext) -> Iterator[None]:
    """A relay that wants STARTTLS and a login."""

    def allow(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword) -> AuthResult:
        return AuthResult(success=given == LoginPassword(b"maya", PASSWORD.encode()), handled=False)

    port = free_port()
    controller = Controller(
        object(),
        hostname="127.0.0.1",
        port=port,
        tls_context=tls,
        require_starttls=True,
        auth_required=True,
        authenticator=allow,
    )
    controller.start()
    stage.set(f"smtp: {{host: 127.0.0.1, port: {port}, security: starttls, username: maya}}\n")
    stage.environment["NEWSLETTER_SMTP_PASSWORD"] = PASSWORD
    try:
        yield
    finally:
        controller.stop()


def test_a_relay_that_lets_us_in_is_ok(stage: Stage, certificate: Certificate) -> None:
    """Connected, secured, logged in, and left again."""
    with relay(stage, certificate.served()):
        found = one(ways.way_out, stage.case(trust=certificate.trusted()))
    assert found.health is Health.OK
    assert "login" in found.found


def test_a_wrong_password_is_a_fault(stage: Stage, certificate: Certificate) -> None:
    """What the relay says of it is told, and neither name nor password."""
    with relay(stage, certificate.served()):
        stage.environment["NEWSLETTER_SMTP_PASSWORD"] = "another"
        found = one(ways.way_out, stage.case(trust=certificate.trusted()))
    assert found.health is Health.FAULT
    assert "NEWSLETTER_SMTP_PASSWORD" in found.advice
    assert "another" not in repr(found)


@pytest.mark.usefixtures("untidy")
def test_a_certificate_that_nobody_vouches_for_is_a_fault(stage: Stage, certificate: Certificate) -> None:
    """The password is not shown to such a server."""
    with relay(stage, certificate.served()):
        found = one(ways.way_out, stage.case())
    assert found.health is Health.FAULT
    assert "certificate" in found.found


def test_a_relay_without_starttls_is_a_fault(stage: Stage) -> None:
    """The settings say more than the server can do."""
    with Relay() as plain:
        stage.set(f"smtp: {{host: 127.0.0.1, port: {plain.port}, security: starttls}}\n")
        found = one(ways.way_out, stage.case())
    assert found.health is Health.FAULT
    assert "STARTTLS" in found.found


@pytest.mark.usefixtures("untidy")
def test_a_port_of_another_kind_is_a_fault(stage: Stage) -> None:
    """TLS from the first byte, where the server begins in clear."""
    with Relay() as plain:
        stage.set(f"smtp: {{host: 127.0.0.1, port: {plain.port}, security: tls}}\n")
        assert one(ways.way_out, stage.case()).health is Health.FAULT


def test_a_relay_without_a_login_is_ok(stage: Stage) -> None:
    """As on a machine with a mail server of its own. It gets no mail by being looked at."""
    with Relay() as plain:
        stage.set(f"smtp: {{host: 127.0.0.1, port: {plain.port}, security: none}}\n")
        found = one(ways.way_out, stage.case())
        assert found.health is Health.OK
        assert plain.taken == []


def test_a_port_where_nobody_listens_is_a_fault(stage: Stage) -> None:
    """The machine is there and says so."""
    stage.set(f"smtp: {{host: 127.0.0.1, port: {free_port()}, security: none}}\n")
    assert one(ways.way_out, stage.case()).health is Health.FAULT


def test_a_relay_that_cannot_be_found_is_could_not_check(stage: Stage) -> None:
    """Without the network every name is unknown."""
    stage.set("smtp: {host: nowhere.invalid, port: 587}\n")
    assert one(ways.way_out, stage.case()).health is Health.UNKNOWN


def test_a_server_that_never_greets_is_not_waited_for(stage: Stage) -> None:
    """It is there, and of no use."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        stage.set(f"smtp: {{host: 127.0.0.1, port: {mute.getsockname()[1]}, security: none}}\n")
        assert one(ways.way_out, stage.case(step_s=0.1)).health is Health.FAULT


def test_the_outbox_is_always_there(stage: Stage) -> None:
    """Nothing leaves by it."""
    assert one(ways.way_out, stage.case(transport="outbox", online=False)).health is Health.OK


@pytest.mark.parametrize("transport", ["smtp", "sendgrid"])
def test_nobody_is_asked_offline(stage: Stage, transport: str) -> None:
    """A way out that was not tried is not known to be open."""
    assert one(ways.way_out, stage.case(transport=transport, online=False)).health is Health.UNKNOWN


@pytest.fixture
def sendgrid(stage: Stage) -> Iterator[StandIn]:
    with StandIn() as account:
        stage.environment.update(SENDGRID_API_KEY=KEY, SENDGRID_API_HOST=account.url)
        yield account


def test_a_key_that_may_send_is_ok(stage: Stage, sendgrid: StandIn) -> None:
    """SendGrid is asked what the key may do, and nothing else."""
    assert one(ways.way_out, stage.case(transport="sendgrid")).health is Health.OK
    assert [(each.method, each.path) for each in sendgrid.seen] == [("GET", "/v3/scopes")]


def test_a_key_that_may_not_send_is_a_fault(stage: Stage, sendgrid: StandIn) -> None:
    """It is a good key for something else."""
    sendgrid.desk.scopes = ("stats.read",)
    assert one(ways.way_out, stage.case(transport="sendgrid")).health is Health.FAULT


@pytest.mark.parametrize("key", ["SG.revoked", ""])
@pytest.mark.usefixtures("sendgrid")
def test_a_key_that_sendgrid_does_not_take_is_a_fault(stage: Stage, key: str) -> None:
    """Or none at all; it is repeated nowhere."""
    stage.environment["SENDGRID_API_KEY"] = key
    found = one(ways.way_out, stage.case(transport="sendgrid"))
    assert found.health is Health.FAULT
    assert "SG." not in repr(found)


def test_a_busy_sendgrid_is_could_not_check(stage: Stage, sendgrid: StandIn) -> None:
    """Too many requests say nothing of the key."""
    sendgrid.rate.requests = 0
    assert one(ways.way_out, stage.case(transport="sendgrid")).health is Health.UNKNOWN


def test_a_silent_sendgrid_is_could_not_check(stage: Stage) -> None:
    """Nobody answered."""
    stage.environment.update(SENDGRID_API_KEY=KEY, SENDGRID_API_HOST=f"http://127.0.0.1:{free_port()}")
    assert one(ways.way_out, stage.case(transport="sendgrid")).health is Health.UNKNOWN
