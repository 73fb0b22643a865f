"""Whatever does not send opens no connection and asks for no name, by whichever way the mail would go."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.cli.relay import Relay
from tests.cli.small import DRAFT, ISSUE, TOM, Small
from tests.sendgrid_stand_in import KEY

_ASKED: list[str] = []
_NETWORK = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"})


def _listen(event: str, _arguments: object) -> None:
    if event in _NETWORK:
        _ASKED.append(event)


sys.addaudithook(_listen)  # For good: a hook cannot be taken away.


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """What was asked of the network during a test."""
    _ASKED.clear()
    yield _ASKED
    _ASKED.clear()


COMMANDS = [
    ("plan", DRAFT),
    ("plan", DRAFT, "--transport", "smtp"),
    ("plan", DRAFT, "--transport", "sendgrid"),
    ("send", DRAFT, "--dry-run", "--transport", "smtp"),
    ("send", DRAFT),
    ("check", DRAFT),
    ("render", DRAFT, "--to", TOM),
    ("lists",),
    ("explain", TOM),
    ("status",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_it_asks_nothing_of_the_network(small: Small, asked: list[str], command: tuple[str, ...]) -> None:
    """Also where a relay or a key is set."""
    small.run(*command, env={"SENDGRID_API_KEY": KEY, "NEWSLETTER_SMTP_PASSWORD": "a password"})
    assert asked == []


def test_what_does_send_is_heard(small: Small, relay: Relay, asked: list[str]) -> None:
    """So that the test above would bite."""
    assert small.send().code == 0
    assert relay.taken
    assert "socket.connect" in asked
    assert ISSUE in small.good("status").text
