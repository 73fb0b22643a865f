"""What comes back: a real mailbox is opened and left as it is, and a verification key is looked at."""

from __future__ import annotations

import time

import pytest

from newsletter.delivery.clock import SystemClock
from newsletter.delivery.fate import Event, Fate
from newsletter.dispatch import open_ledger
from newsletter.doctor import Health, hearing, machine
from newsletter.feedback.sendgrid import ACCOUNT_CHANGED
from tests.cli.relay import free_port
from tests.delivery.smtp_servers import certificate
from tests.doctor.stage import Stage, by_about, one
from tests.feedback.dovecot import PASSWORD, USER, dovecot
from tests.feedback.letters import letter
from tests.sendgrid_stand_in.account import Account
from tests.sendgrid_stand_in.events import EventFeed


def imap(port: int, folder: str = "INBOX") -> str:
    return f"imap: {{host: 127.0.0.1, port: {port}, security: none, username: {USER}, folder: {folder}}}\n"


def test_a_mailbox_is_opened_and_left_as_it_is(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A password that is refused or missing, and a folder that is not there, are faults."""
    folder = tmp_path_factory.mktemp("certificate")
    certificate(folder)
    with dovecot(folder / "relay.pem") as server:
        server.put([letter()])
        stage.set(imap(server.port))
        assert one(hearing.mailbox, stage.case()).health is Health.FAULT
        stage.environment["NEWSLETTER_IMAP_PASSWORD"] = PASSWORD
        found = one(hearing.mailbox, stage.case())
        assert (found.health, found.found) == (
            Health.OK,
            "127.0.0.1 lets us in, and INBOX is there (none)",
        )
        assert server.flags() == [""]
        stage.set(imap(server.port, "Elsewhere"))
        assert "no folder Elsewhere" in one(hearing.mailbox, stage.case()).found
        stage.set(imap(server.port))
        stage.environment["NEWSLETTER_IMAP_PASSWORD"] = "another"
        refused = one(hearing.mailbox, stage.case())
        assert refused.health is Health.FAULT
        assert "refused imap.username" in refused.found


def test_a_mailbox_that_does_not_answer_is_not_known(stage: Stage) -> None:
    """Nobody there, and nobody asked; without one there is nothing to look at."""
    assert one(hearing.mailbox, stage.case()).health is Health.OK
    stage.set(imap(free_port()))
    stage.environment["NEWSLETTER_IMAP_PASSWORD"] = PASSWORD
    assert one(hearing.mailbox, stage.case()).health is Health.UNKNOWN
    assert one(hearing.mailbox, stage.case(online=False)).health is Health.UNKNOWN


@pytest.mark.parametrize(
    ("key", "site", "health"),
    [
        ("good", True, Health.OK),
        ("bad", True, Health.FAULT),
        ("", True, Health.WARNING),
        ("", False, Health.OK),
    ],
)
def test_a_verification_key_is_looked_at(stage: Stage, key: str, *, site: bool, health: Health) -> None:
    """Without one no event is believed, which matters where there are pages to post them to."""
    feed = EventFeed(Account(clock=time.time, groups=frozenset(), keep_messages=False))
    told = {"good": feed.public_key, "bad": "no-key"}.get(key)
    more = f"sendgrid: {{webhook_key: {told}}}\n" if told else ""
    stage.set(more + ("site_url: https://reports.hollins.test\n" if site else ""))
    assert one(hearing.webhook, stage.case(transport="sendgrid")).health is health


def test_what_sendgrid_said_of_the_account_is_told(stage: Stage) -> None:
    """The last word of a month; whatever anybody else says of it is not SendGrid's."""
    said = Event(
        source="sendgrid",
        id="one",
        fate=Fate.OTHER,
        name=ACCOUNT_CHANGED,
        at=time.time() - 60,
        detail="compliance_suspend",
    )
    with open_ledger(stage.workspace()) as ledger:
        assert "account" not in by_about(machine.ledger(stage.case()))
        ledger.events.take([said])
    found = by_about(machine.ledger(stage.case()))["account"]
    assert found.health is Health.WARNING
    assert "SendGrid said compliance_suspend of it" in found.found
    later = SystemClock().now() + 40 * 86_400
    assert "account" not in by_about(machine.ledger(stage.case(now=lambda: later)))
