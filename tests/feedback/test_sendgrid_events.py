"""SendGrid's words in ours, and which of them suppress somebody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.fate import Event, Fate
from newsletter.feedback.sendgrid import FILE, from_lines, read

NOW = 1_790_000_000.0
GROUP = 7
GONE = "no such mailbox"


def event(**said: Any) -> Event:
    plain = {
        "email": "Jane.Doe@Example.org",
        "timestamp": int(NOW) - 5,
        "sg_event_id": "an-event",
        "sg_message_id": " 14c5d75ce93.dfd.64b469.recvd-x-1 ",
        "run": "r4n6m3",
        "recipient": "a" * 16,
        "attempt": "b2",
    }
    (found,) = read([plain | said], group=GROUP, now=NOW).events
    return found


@pytest.mark.parametrize(
    ("said", "fate", "suppress"),
    [
        ({"event": "processed"}, Fate.PROCESSED, ""),
        ({"event": "deferred", "response": "451 4.2.0 greylisted"}, Fate.DEFERRED, ""),
        ({"event": "delivered", "response": "250 OK"}, Fate.DELIVERED, ""),
        ({"event": "bounce", "type": "bounce", "status": "5.1.1"}, Fate.BOUNCED, GONE),
        ({"event": "bounce", "type": "bounce", "status": "5.2.2"}, Fate.BOUNCED, ""),
        ({"event": "bounce", "type": "bounce", "status": "5.7.1"}, Fate.BOUNCED, ""),
        (
            {"event": "bounce", "status": "5.0.0", "bounce_classification": "Invalid Address"},
            Fate.BOUNCED,
            GONE,
        ),
        ({"event": "bounce", "status": "", "bounce_classification": "mailbox unavailable"}, Fate.BOUNCED, GONE),
        (
            {"event": "bounce", "status": "5.2.2", "bounce_classification": "Mailbox Unavailable"},
            Fate.BOUNCED,
            "",
        ),
        ({"event": "bounce", "bounce_classification": "Technical"}, Fate.BOUNCED, ""),
        ({"event": "bounce", "bounce_classification": "Content"}, Fate.BOUNCED, ""),
        ({"event": "bounce", "bounce_classification": "Reputation"}, Fate.BOUNCED, ""),
        ({"event": "bounce", "type": "blocked", "status": "5.1.1"}, Fate.BLOCKED, ""),
        ({"event": "bounce", "type": "Blocked", "bounce_classification": "Invalid Address"}, Fate.BLOCKED, ""),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, Fate.DROPPED, "unsubscribed"),
        ({"event": "dropped", "reason": "Bounced Address"}, Fate.DROPPED, GONE),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, Fate.DROPPED, "complained"),
        ({"event": "dropped", "reason": "Invalid"}, Fate.DROPPED, GONE),
        ({"event": "dropped", "reason": "Spam Content (if Spam Checker app is enabled)"}, Fate.DROPPED, ""),
        ({"event": "dropped", "reason": "Recipient List over Package Quota"}, Fate.DROPPED, ""),
        ({"event": "spamreport"}, Fate.COMPLAINED, "complained"),
        ({"event": "unsubscribe"}, Fate.UNSUBSCRIBED, "unsubscribed"),
        ({"event": "group_unsubscribe", "asm_group_id": GROUP}, Fate.UNSUBSCRIBED, "unsubscribed"),
        ({"event": "group_unsubscribe", "asm_group_id": 8}, Fate.OTHER, ""),
        ({"event": "group_resubscribe", "asm_group_id": GROUP}, Fate.RESUBSCRIBED, ""),
        ({"event": "account_status_change", "type": "compliance_suspend"}, Fate.OTHER, ""),
    ],
)
def test_each_event_means_one_thing(said: dict[str, Any], fate: Fate, suppress: str) -> None:
    """Hard bounces of the right kinds, complaints and opt-outs suppress; never what is the sender's fault."""
    found = event(**said)
    assert (found.fate, found.suppress, found.name) == (fate, suppress, said["event"])


def test_an_event_names_its_attempt() -> None:
    """By our own arguments, which come back at the top of it."""
    found = event(event="delivered")
    assert (found.run, found.code, found.attempt) == ("r4n6m3", "a" * 16, "b2")
    assert (found.key, found.provider_id, found.at) == ("jane.doe@example.org", "14c5d75ce93", NOW - 5)


def test_opens_and_clicks_are_dropped() -> None:
    """They are counted, and nothing of them is kept."""
    found = read(
        [{"event": "open"}, {"event": "click", "url": "https://x"}, {"event": "processed"}], group=None, now=NOW
    )
    assert (len(found.events), found.unwanted) == (1, 2)


def test_an_unknown_event_is_kept_without_what_names_a_person() -> None:
    """Nobody knows yet what it may be good for; whose it is, is not needed for that."""
    found = event(
        event="teleported", ip="192.0.2.7", useragent="Mail/1", url="https://x", note="to jane.doe@example.org"
    )
    assert found.fate is Fate.OTHER
    assert json.loads(found.detail)["note"] == "to …"
    assert not {"192.0.2.7", "Mail/1", "jane.doe", "Jane.Doe"} & set(found.detail.split('"'))
    assert "example.org" not in found.detail


@pytest.mark.parametrize(
    "timestamp", [None, "soon", -1, 0, NOW * 10, 10**400, float("nan"), float("inf"), True, [1]]
)
def test_a_senseless_time_is_now(timestamp: object) -> None:
    """An event is not lost for its time."""
    assert event(event="processed", timestamp=timestamp).at == NOW


def test_without_an_id_an_event_is_known_by_what_it_says() -> None:
    """The same content is the same event, another is another."""
    same = event(event="delivered", sg_event_id=None), event(event="delivered", sg_event_id=None)
    assert same[0].id == same[1].id
    assert event(event="delivered", sg_event_id=None, response="250").id != same[0].id


def test_a_file_that_nobody_signed_says_nothing_in_sendgrids_name() -> None:
    """With SendGrid's ids it could make the true event look as if it were known."""
    (found,) = read(
        [{"event": "delivered", "sg_event_id": "an-event"}], group=None, now=NOW, signed=False
    ).events
    assert found.source == FILE
    assert found.id != "an-event"


def test_a_file_holds_posts_in_any_of_their_forms() -> None:
    """One array, or one array or object a line."""
    forms = [
        '[{"event": "a"}, {"event": "b"}]',
        '[{"event": "a"}]\n[{"event": "b"}]',
        '{"event": "a"}\n{"event": "b"}',
    ]
    for text in forms:
        assert [each["event"] for each in from_lines(text)] == ["a", "b"]  # type: ignore[index]
    with pytest.raises(ValueError, match="Expecting"):
        list(from_lines("not json"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["event", "type", "status", "reason", "email", "timestamp", "sg_event_id", "run", "recipient"]
)


@given(
    st.lists(
        JSON | st.dictionaries(KEYS, JSON | st.sampled_from(["bounce", "dropped", "\ud800", "\0"])), max_size=5
    )
)
def test_whatever_is_posted_can_be_read_and_kept(posted: list[object]) -> None:
    """No element is an error, and every text of an event can be written to a database."""
    for found in read(posted, group=None, now=NOW).events:
        texts = (found.id, found.name, found.run, found.code, found.status, found.detail, found.key)
        assert all("\0" not in text and text.encode() is not None for text in texts)
        assert len(found.id) <= 100
        assert 0 < found.at <= NOW
