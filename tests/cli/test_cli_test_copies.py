"""`send --test`: marked copies to whoever asks, outside the count."""

from __future__ import annotations

from tests.cli.relay import Relay
from tests.cli.small import AMP, DRAFT, EVERYBODY, ISSUE, SIAN, Small, leaving, part

COLLEAGUE = "colleague@example.com"


def test_a_test_copy_is_marked_and_harmless(small: Small, relay: Relay) -> None:
    """`[TEST]` in the subject, links out that do nothing, the defaults instead of anybody's fields."""
    sent = small.good("send", DRAFT, "--test", COLLEAGUE)
    (mail,) = relay.mail().values()
    assert mail["Subject"] == "[TEST] November, for you"
    assert leaving(mail) == {"test"}
    assert "Dear friend," in part(mail, "plain")
    assert [address for address in EVERYBODY if address in mail.as_string()] == []
    assert sent.out == b""


def test_a_test_copy_to_a_recipient_has_nobody_s_fields_either(small: Small, relay: Relay) -> None:
    """It shows the edition, not a person, even to somebody in the list."""
    small.good("send", DRAFT, "--test", SIAN)
    mail = relay.mail()[SIAN]
    assert "Siân" not in mail.as_string()
    assert "Dear friend," in part(mail, "html")
    assert leaving(mail) == {"test"}


def test_each_test_copy_has_a_fresh_message_id(small: Small, relay: Relay) -> None:
    """Mail stores drop what they have seen, and a test is sent to be seen again."""
    for _ in range(3):
        small.good("send", DRAFT, "--test", COLLEAGUE)
    ids = {
        line for _, message in relay.taken for line in message.split(b"\r\n") if line.startswith(b"Message-ID:")
    }
    assert len(ids) == 3


def test_a_test_counts_for_nothing(small: Small, relay: Relay) -> None:
    """It needs no receipt, leaves no trace in `status`, takes nobody out of the plan and sends no own copy."""
    receipt = small.receipt()
    small.good("send", DRAFT, "--test", AMP)
    assert relay.own_copies == []
    assert small.good("status", "--json").json == []
    assert small.receipt() == receipt
    assert small.run("send", DRAFT, "--receipt", receipt).code == 0
    assert relay.addresses[AMP] == 2
    assert small.good("status", ISSUE, "--json").json["planned"] == 5


def test_several_tests_of_the_chosen_edition(small: Small, relay: Relay) -> None:
    """Each address once, however often it is given; `--segment` chooses the edition."""
    small.good("send", DRAFT, "--test", COLLEAGUE, "--test", AMP, "--test", COLLEAGUE, "--segment", "members")
    assert set(relay.mail()) == {COLLEAGUE, AMP}
    assert "on the agenda" not in part(relay.mail()[AMP], "plain")
    small.good("send", DRAFT, "--test", SIAN, "--segment", "clp-secretaries")
    assert "on the agenda" in part(relay.mail()[SIAN], "plain")


def test_a_test_into_the_outbox_leaves_the_rehearsal_alone(small: Small) -> None:
    """It is written beside it."""
    small.good("send", DRAFT)
    small.good("send", DRAFT, "--test", COLLEAGUE)
    assert set(small.outbox()) == set(EVERYBODY)
    assert set(small.outbox(f"{ISSUE}-test")) == {COLLEAGUE}


def test_a_test_to_what_is_no_address_sends_none_at_all(small: Small, relay: Relay) -> None:
    """Exit 2, also for the good addresses beside it."""
    refused = small.run("send", DRAFT, "--test", COLLEAGUE, "--test", "me")
    assert (refused.code, refused.out) == (2, b"")
    assert relay.taken == []


def test_a_test_is_possible_before_the_draft_is_ready(small: Small, relay: Relay) -> None:
    """A look at it in a real inbox comes first; the cap and the missing imprint stop real sends alone."""
    small.change("newsletter.yaml", "imprint:", "# imprint:")
    small.change("newsletter.yaml", "limits: {", "limits: {max_recipients: 1, ")
    small.good("send", DRAFT, "--test", COLLEAGUE)
    assert set(relay.mail()) == {COLLEAGUE}
