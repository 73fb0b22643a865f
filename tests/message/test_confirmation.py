"""The mail by which somebody confirms: well made, for one person, with nothing in it that a stranger typed."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from typing import Any

import pytest

from newsletter.delivery.transports.sendgrid import limits
from newsletter.message import verify_envelope
from newsletter.message.confirmation import Confirmation
from newsletter.model import Headers, Person
from tests.message.examples import SECRET

LINK = "https://reports.example.org/subscribe/" + "Ab-_" * 40 + "/confirm"
JO = Person(0, "jo@example.org", "abcdefghijklmnop", ())


def confirmation(**changes: Any) -> Confirmation:
    headers: dict[str, Any] = {
        "sender_name": "Siân O’Neill, Member",
        "sender_address": "sian@reports.example.org",
        "reply_to": "answers@reports.example.org",
        "list_id": "nec.reports.example.org",
        "list_name": "Reports",
        "unsubscribe_to": "leave@reports.example.org",
        "sent_at": datetime(2026, 11, 24, 9, tzinfo=UTC),
    }
    return Confirmation(
        headers=Headers(**headers | changes),
        link=LINK,
        good_for="two days",
        wording="I want the reports – “all of them”.",
        below=("This is my personal account.", "", ".14 Mill Lane"),
        name="confirm.x1",
        secret=SECRET,
    )


def test_it_is_a_mail_as_the_standard_library_reads_it() -> None:
    """One address in To, no machine to answer, short lines, and the link whole."""
    written = confirmation().message(JO)
    assert max(map(len, written.split(b"\r\n"))) <= 76
    assert not any(line.startswith(b".") for line in written.split(b"\r\n"))
    assert b"\n" not in written.replace(b"\r\n", b"")
    read = email.message_from_bytes(written, policy=email.policy.default)
    assert not read.defects
    assert read["To"] == "jo@example.org"
    assert read["Subject"] == "Please confirm: reports from Siân O’Neill, Member"
    assert read["From"].addresses[0].display_name == "Siân O’Neill, Member"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Message-ID"] == "<confirm.x1@reports.example.org>"
    said = read.get_content()
    assert f"\n{LINK}\n" in said.replace("\r\n", "\n")
    assert "“I want the reports – “all of them”.”" in said
    assert "This is my personal account." in said
    assert "List-Unsubscribe" not in read


def test_sendgrid_gets_the_same() -> None:
    """Within its limits, in plain text, for one person."""
    request = confirmation().request([JO])
    assert list(limits.faults(request)) == []
    (block,) = request["personalizations"]
    assert limits.personal_fault(block, {}) == ""
    assert block["to"] == [{"email": "jo@example.org"}]
    assert LINK in request["content"][0]["value"]


@pytest.mark.parametrize("bounces", [None, "bounces.example.org"])
def test_a_bounce_is_recognised_as_no_runs(bounces: str | None) -> None:
    """It names the person where there is a domain for bounces, and goes to the writer where there is none."""
    sender = confirmation(bounce_domain=bounces).envelope_sender(JO)
    if bounces:
        assert verify_envelope(sender, SECRET) == ("confirmation", JO.code)
    else:
        assert sender == "sian@reports.example.org"


def test_an_address_beyond_ascii_needs_the_extension() -> None:
    """RFC 6531."""
    assert not confirmation().needs_smtputf8(JO)
    assert confirmation().needs_smtputf8(Person(0, "jö@example.org", "c", ()))


def test_nothing_private_stands_in_its_repr() -> None:
    """Neither the link nor the secret."""
    assert LINK not in repr(confirmation())
    assert "secret" not in repr(confirmation())
