"""Settings, environment, passwords and the secret."""

from __future__ import annotations

import pytest

from newsletter.doctor import Health, setup
from tests.doctor.stage import Stage, one
from tests.sendgrid_stand_in import KEY

OK, WARNING, FAULT = Health.OK, Health.WARNING, Health.FAULT
MAILBOX = "imap: {host: mail.hollins.test, username: bounces}\n"


def test_plain_settings_are_ok(stage: Stage) -> None:
    """There is nothing to say about them."""
    assert one(setup.settings, stage.case()).health is OK


@pytest.mark.parametrize(
    ("more", "health", "said"),
    [
        ("site_url: http://127.0.0.1:8000\n", FAULT, "site_url"),
        (MAILBOX, WARNING, "imap"),
        ("bounce_domain: bounces.hollins.test\n", WARNING, "bounce_domain"),
        ("smtp: {host: localhost, port: 465}\n", WARNING, "465"),
        ("smtp: {host: localhost, port: 587, security: tls}\n", WARNING, "587"),
        ("smtp: {host: mail.hollins.test, port: 25, security: none}\n", WARNING, "mail.hollins.test"),
    ],
)
def test_a_setting_that_is_odd_is_told(stage: Stage, more: str, health: Health, said: str) -> None:
    """What the file may say and hardly means."""
    stage.set(more)
    found = one(setup.settings, stage.case())
    assert (found.health, said in found.found) == (health, True)


@pytest.mark.parametrize(
    "more",
    [
        f"{MAILBOX}bounce_domain: bounces.hollins.test\n",
        "smtp: {host: mail.hollins.test, port: 465, security: tls}\n",
        "smtp: {host: mail.hollins.test, port: 2525, security: starttls}\n",
        "smtp: {host: localhost, port: 25, security: none}\n",
    ],
)
def test_what_belongs_together_is_not_odd(stage: Stage, more: str) -> None:
    """A mailbox for the bounce domain, TLS on its port, a server of this machine."""
    stage.set(more)
    assert one(setup.settings, stage.case()).health is OK


def test_smtp_is_not_looked_at_for_another_transport(stage: Stage) -> None:
    """Who sends by SendGrid need not care."""
    stage.set(
        "smtp: {host: mail.hollins.test, port: 465, security: none}\nsendgrid: {host: http://127.0.0.1:1}\n"
    )
    found = one(setup.settings, stage.case(transport="sendgrid"))
    assert (found.health, "sendgrid.host" in found.found) == (WARNING, True)


def test_a_from_address_at_a_mail_service_for_everybody_is_a_fault(stage: Stage) -> None:
    """No relay may sign for it, whatever else is right."""
    path = stage.root / "newsletter.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("maya@reports.hollins.test", "maya@gmail.com"), encoding="utf-8")
    assert one(setup.settings, stage.case()).health is FAULT


def test_a_variable_that_nobody_reads_is_told(stage: Stage) -> None:
    """A slip in its name, with what was probably meant; never its value."""
    assert one(setup.environment, stage.case()).health is OK
    stage.environment["NEWSLETTER_SMTP_PASWORD"] = "a long password"
    found = one(setup.environment, stage.case())
    assert found.health is WARNING
    assert "NEWSLETTER_SMTP_PASSWORD" in found.advice
    assert "a long password" not in repr(found)


@pytest.mark.parametrize(
    ("transport", "more", "environment", "healths"),
    [
        ("outbox", "", {}, [OK]),
        ("smtp", "", {}, [OK]),
        ("smtp", "smtp: {username: maya}\n", {}, [FAULT]),
        ("smtp", "smtp: {username: maya}\n", {"NEWSLETTER_SMTP_PASSWORD": "x"}, [OK]),
        ("smtp", MAILBOX, {}, [FAULT]),
        ("smtp", MAILBOX, {"NEWSLETTER_IMAP_PASSWORD": "x"}, [OK]),
        ("sendgrid", "", {}, [FAULT]),
        ("sendgrid", "", {"SENDGRID_API_KEY": "my key"}, [WARNING]),
        ("sendgrid", MAILBOX, {"SENDGRID_API_KEY": KEY}, [OK, FAULT]),
    ],
)
def test_the_passwords_that_are_needed_must_be_there(
    stage: Stage, transport: str, more: str, environment: dict[str, str], healths: list[Health]
) -> None:
    """For the transport and for the bounce mailbox; what is not used needs none."""
    stage.set(more)
    stage.environment.update(environment)
    found = list(setup.passwords(stage.case(transport=transport)))
    assert [each.health for each in found] == healths
    assert KEY not in repr(found)


def test_a_secret_of_our_own_is_ok_and_precious(stage: Stage) -> None:
    """The warning that goes with it: losing it kills the links in every old mail."""
    found = one(setup.secret, stage.case())
    assert found.health is OK
    assert "losing it kills the links" in found.found


def test_without_a_secret_one_will_be_made(stage: Stage) -> None:
    """Which is well, unless mail went out before; looking makes none."""
    (stage.root / ".newsletter" / "secret").unlink()
    found = one(setup.secret, stage.case())
    assert (found.health, "restore" in found.advice) == (WARNING, True)
    assert not (stage.root / ".newsletter" / "secret").exists()


@pytest.mark.parametrize(("name", "mode"), [("secret", 0o640), ("secret", 0o604), (".", 0o755)])
def test_a_secret_that_others_can_read_is_a_fault(stage: Stage, name: str, mode: int) -> None:
    """The advice is the command that mends it."""
    path = stage.root / ".newsletter" / name
    path.chmod(mode)
    found = one(setup.secret, stage.case())
    assert found.health is FAULT
    assert "chmod go= " in found.advice


def test_an_empty_secret_is_a_fault(stage: Stage) -> None:
    """Anybody could sign links with it."""
    (stage.root / ".newsletter" / "secret").write_bytes(b"\n")
    assert one(setup.secret, stage.case()).health is FAULT


def test_the_secret_of_the_environment_wins(stage: Stage) -> None:
    """A short one is a fault, another than the file's a warning, and the same one ok."""
    given = {"short": FAULT, "another secret, long enough": WARNING, stage.workspace().secret().decode(): OK}
    for secret, health in given.items():
        stage.environment["NEWSLETTER_SECRET"] = secret
        found = one(setup.secret, stage.case())
        assert found.health is health
        assert secret not in repr(found)
