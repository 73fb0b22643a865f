"""`newsletter.yaml` as its author would see it go wrong."""

from __future__ import annotations

import pytest

from newsletter.errors import SettingsError
from newsletter.settings import Settings, parse_settings

LEAST = """sender:
  name: Maya Hollins
  from: maya@reports.example.org
list_id: nec.reports.example.org
unsubscribe_to: leave@reports.example.org
"""


def read(more: str = "") -> Settings:
    return parse_settings(LEAST + more, name="newsletter.yaml")


def refusal(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text, name="newsletter.yaml")
    assert caught.value.exit_code == 4
    return caught.value.message


def test_the_least_a_workspace_needs_is_five_lines() -> None:
    """Everything else has a default, and the default transport is the rehearsal."""
    settings = read()
    assert (settings.transport, settings.consent, settings.limits.max_recipients) == (
        "outbox",
        "required",
        5000,
    )
    assert settings.reply_to == "maya@reports.example.org"


def test_an_empty_file_says_what_is_missing() -> None:
    """Every required key is named at once."""
    message = refusal("")
    assert [f"'{key}' is missing" in message for key in ("sender", "list_id", "unsubscribe_to")] == [True] * 3


def test_an_unknown_key_names_the_nearest() -> None:
    """A slip in a key is a mistake at its place, not a setting ignored."""
    assert refusal(LEAST + "limits:\n  max_recipient: 10\n") == (
        "newsletter.yaml:7:3: unknown key 'max_recipient'\n"
        "    7 | max_recipient: 10\n"
        "    Did you mean 'max_recipients'?"
    )


def test_every_mistake_is_reported_at_once() -> None:
    """Three wrong settings make three messages, in the order of the file."""
    message = refusal(
        LEAST + "transport: post\nsite_url: reports.example.org\nsmtp: {port: 99999, security: ssl}\n"
    )
    places = [line.split(": ")[0] for line in message.splitlines() if line.startswith("newsletter.yaml")]
    assert places == [
        "newsletter.yaml:6:12",
        "newsletter.yaml:7:11",
        "newsletter.yaml:8:14",
        "newsletter.yaml:8:31",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("timezone: Europe/Atlantis", "a time zone such as Europe/London"),
        ("bounce_domain: bounces", "a domain such as reports.example.org"),
        ("privacy_url: ftp://example.org/privacy", "a web address that starts with https://"),
        ("theme_settings: {accent: red}", "'theme_settings.accent'"),
        ("lang: 'no such'", "'lang'"),
        ("consent: maybe", "'required' or 'recorded'"),
        ("disclaimer: These are my views.", "it lacks “personal account” and “not” and “official record”"),
    ],
)
def test_a_wrong_value_says_what_was_expected(line: str, said: str) -> None:
    """The message names the setting, its place and what would do."""
    message = refusal(LEAST + line + "\n")
    assert said in message
    assert message.startswith("newsletter.yaml:6:")


def test_an_address_is_refused_without_repeating_it() -> None:
    """A wrong address is explained; the address itself stands only in the quoted line of the user's own file."""
    message = refusal(LEAST.replace("leave@reports", "leave reports"))
    assert "an e-mail address: it has" in message.splitlines()[0]
    assert "leave reports" not in message.splitlines()[0]


def test_your_own_wording_of_the_disclaimer_may_stand() -> None:
    """The wording is the author's as long as it says what it must."""
    wording = "A personal account by one member. This is not an official record of anything."
    assert read(f"disclaimer: {wording}\n").disclaimer == wording


@pytest.mark.parametrize(
    "line",
    ["smtp: {host: relay.example, password: hunter2}", "smtp:\n  password: hunter2", "api_key: SG.x.hunter2"],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(line: str) -> None:
    """The message names where secrets go, and shows none of the line."""
    message = refusal(LEAST + line + "\n")
    assert "hunter2" not in message
    assert "NEWSLETTER_SMTP_PASSWORD" in message
