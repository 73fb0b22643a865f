"""`newsletter.yaml` as its author would see it go wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

import pytest
from pydantic import BaseModel

from newsletter.errors import SettingsError
from newsletter.render import FONTS
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
        ("privacy_url: https://", "a web address that starts with https://"),
        ("privacy_url: 'https://[::1'", "a web address that starts with https://"),
        (
            "site_url: http://reports.example.org",
            "'site_url': expected a web address that starts with https://",
        ),
        ("site_url: http://localhost@reports.example.org", "a web address that starts with https://"),
        ("site_url: http://localhost.example.org", "a web address that starts with https://"),
        ("publish: {folder: .}", "a folder for the pages alone, such as site"),
        ("publish: {folder: lists/pages}", "a folder for the pages alone, such as site"),
        ("publish: {folder: ../site}", "a folder for the pages alone, such as site"),
        ("publish: {folder: .newsletter}", "a folder for the pages alone, such as site"),
        ("publish: {url: reports.example.org}", "a web address that starts with https://"),
        ("paper: post", "'paper': expected 'none', 'link' or 'attach'"),
        ("theme_settings: {accent: red}", "'theme_settings.accent': expected a colour as #rrggbb"),
        ("lang: 'no such'", "'lang': expected a language such as en-GB"),
        ("sender: {name: '', from: maya@example.org}", "'sender.name': expected some text"),
        ("smtp: {port: smtp}", "'smtp.port': expected a whole number"),
        ("smtp: {port: '25.5'}", "'smtp.port': expected a whole number"),
        ("smtp: {port: 0}", "'smtp.port': expected 1 or more"),
        ("smtp: {port: 99999}", "'smtp.port': expected 65535 or less"),
        ("smtp: {port: [25]}", "'smtp.port': expected a whole number"),
        ("limits: {per_second: fast}", "'limits.per_second': expected a number"),
        ("limits: {per_second: 0}", "'limits.per_second': expected more than 0"),
        ("limits: {drift_percent: -1}", "'limits.drift_percent': expected 0 or more"),
        ("smtp: no", "'smtp': expected `key: value` lines below it"),
        ("consent: maybe", "'required' or 'recorded'"),
        ("disclaimer: These are my views.", "it lacks “personal account” and “not” and “official record”"),
    ],
)
def test_a_wrong_value_says_what_was_expected(line: str, said: str) -> None:
    """The message names the setting, its place and what would do."""
    least = LEAST if not line.startswith("sender") else LEAST[LEAST.index("list_id") :]
    message = refusal(f"{least}{line}\n")
    assert said in message
    assert message.startswith(f"newsletter.yaml:{least.count(chr(10)) + 1}:")
    assert not re.search("Input|String|Value error|valid|parse", message)


@pytest.mark.parametrize(
    "url", ["https://reports.example.org/nec/", "http://127.0.0.1:8000", "http://localhost", "http://[::1]:80"]
)
def test_public_pages_are_served_by_https_or_by_this_machine(url: str) -> None:
    """Links carry what lets a person leave, and only on this machine do they cross no network."""
    assert read(f"site_url: '{url}'\n").site_url == url.rstrip("/")


def test_an_unknown_font_is_told_at_its_line_with_the_nearest_or_with_all() -> None:
    """The place, and the list only where nothing is near, and once."""
    assert refusal(LEAST + "theme_settings: {font: Georgai}\n") == (
        "newsletter.yaml:6:24: the font 'Georgai' is not one that readers' machines have\n"
        "    6 | theme_settings: {font: Georgai}\n"
        "    Did you mean 'Georgia'?"
    )
    message = refusal(LEAST + "theme_settings: {font: Wingdings}\n")
    assert [message.count(font) for font in FONTS] == [1] * len(FONTS)
    assert read("theme_settings: {font: verdana}\n").theme_settings.font == "verdana"


def _lines(value: str) -> Iterator[str]:
    """A line for every key of the file and of its sections, with this value."""
    for name, info in Settings.model_fields.items():
        yield f"{name}: {value}"
        for section in (info.annotation, *get_args(info.annotation)):
            if isinstance(section, type) and issubclass(section, BaseModel):
                keys = (field.alias or key for key, field in section.model_fields.items())
                yield from (f"{name}: {{{key}: {value}}}" for key in keys)


@pytest.mark.parametrize("value", ["'~'", "'-1'", "'nan'", "''", "{a: b}", "[a, b]"])
def test_no_message_speaks_of_the_program(value: str) -> None:
    """Whatever stands in whatever key, it is taken, or refused in a person's words."""
    messages = [outcome(f"{line}\n") for line in _lines(value)]
    assert len(set(messages)) > 30
    assert not [
        each for each in messages if re.search("Input|String|Value error|valid |parse|_type|_error", each)
    ]


def outcome(text: str) -> str:
    """What is wrong with it; nothing where it is taken."""
    try:
        parse_settings(text, name="newsletter.yaml")
    except SettingsError as error:
        return error.message
    return ""


def test_an_address_is_refused_without_repeating_it() -> None:
    """A wrong address is explained; the address itself stands only in the quoted line of the user's file."""
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
