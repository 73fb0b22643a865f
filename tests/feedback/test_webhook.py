"""Which posts are taken for SendGrid's: signed, fresh, sane. Whatever else comes is refused, in good order."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import SettingsError
from newsletter.feedback.sendgrid import Posted
from newsletter.feedback.webhook import MOST_BYTES, SIGNATURE, TIMESTAMP, Keys, Post, Refused, opened
from tests.sendgrid_stand_in import EventFeed
from tests.sendgrid_stand_in.account import Account

NOW = 1_790_000_000.0
HOUR_S = 3600


def feed() -> EventFeed:
    """A SendGrid with a key of its own."""
    return EventFeed(Account(clock=lambda: NOW, groups=frozenset(), keep_messages=True))


FEED = feed()
KEYS = Keys([FEED.public_key])
EVENTS = [{"event": "delivered", "email": "jane@example.org", "timestamp": int(NOW), "sg_event_id": "e1"}]


def signed(body: bytes, at: float = NOW) -> Post:
    """Any body, signed as SendGrid would sign it."""
    timestamp = str(int(at))
    signature = FEED._key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return Post(body, base64.b64encode(signature).decode(), timestamp)


def posted() -> Post:
    """What the stand-in posts."""
    post = FEED.sign(EVENTS)
    return Post(post.body, post.headers[SIGNATURE], post.headers[TIMESTAMP])


def read(post: Post, keys: Keys = KEYS) -> Posted:
    return opened(post, keys, group=None, now=NOW)


def status(post: Post, keys: Keys = KEYS) -> int:
    with pytest.raises(Refused) as caught:
        read(post, keys)
    return caught.value.status


def test_a_signed_post_is_read() -> None:
    """The stand-in signs by itself what SendGrid's own documentation says."""
    (event,) = read(posted()).events
    assert event.id == "e1"


def test_either_of_two_keys_will_do() -> None:
    """While one replaces another."""
    assert read(posted(), Keys([feed().public_key, FEED.public_key])).events


def test_without_a_key_nothing_is_taken() -> None:
    """It fails closed."""
    assert status(posted(), Keys([])) == 401


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "x",
        "====",
        "not base64 at all",
        "AAAA",
        base64.b64encode(b"\x30\x06\x02\x01\x00\x02\x01\x00").decode(),
        "é",
    ],
)
def test_a_signature_that_is_none_is_refused(signature: str) -> None:
    """Also where the package's helper raises instead of saying no."""
    assert status(replace(posted(), signature=signature)) == 401


def test_another_body_or_time_is_refused() -> None:
    """Both are signed."""
    post = posted()
    assert status(replace(post, body=post.body.replace(b"delivered", b"bounce"))) == 401
    assert status(replace(post, timestamp=str(int(NOW) + 1))) == 401


def test_another_sender_is_refused() -> None:
    """The key is what makes it SendGrid."""
    assert status(posted(), Keys([feed().public_key])) == 401


@pytest.mark.parametrize(("hours", "taken"), [(-47, True), (-49, False), (0.5, True), (2, False)])
def test_an_old_post_is_a_recording(hours: float, taken: bool) -> None:
    """SendGrid tries for a day; its clock and ours may differ a little."""
    post = signed(json.dumps(EVENTS).encode(), NOW + hours * HOUR_S)
    if taken:
        assert read(post).events
    else:
        assert status(post) == 401


@pytest.mark.parametrize("timestamp", ["", "-1", "now", "1" * 400, "٣", "1e9", "1790000000.5", " 1790000000"])
def test_a_time_that_is_none_is_refused(timestamp: str) -> None:
    """Even if somebody had signed it."""
    body = json.dumps(EVENTS).encode()
    made = FEED._key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    assert status(Post(body, base64.b64encode(made).decode(), timestamp)) == 401


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{}", b"null", b"1", b'"x"', b"[", b"\xff\xfe[]", b"[]\x80", b'[{"event": }]', b"<xml/>"),
        *(b"[" * 100_000, b'[{"a":' * 50_000, b"[" + b"9" * 5_000 + b"]", '{"é": 1}'.encode("latin-1")),
    ],
)
def test_a_body_that_is_no_array_of_events_is_refused(body: bytes) -> None:
    """Signed or not: not UTF-8, not JSON, nested without end, another kind of value."""
    assert status(signed(body)) == 400


def test_what_stands_in_the_array_is_never_refused() -> None:
    """SendGrid would send it again for a day, and the good events of the post with it."""
    found = read(signed(b'[1, null, [], {}, "x", {"event": 5}, {"event": "delivered", "sg_event_id": "e1"}]'))
    assert len(found.events) == 7
    assert read(signed(b"[]")) == Posted()


def test_ten_megabytes_are_refused_before_anything_else() -> None:
    """Nobody checks a signature over them."""
    assert status(Post(b"x" * 10_000_000, "", "")) == 413
    assert status(signed(b"[" + b" " * MOST_BYTES + b"]")) == 413


def test_a_refusal_repeats_nothing_of_the_post() -> None:
    """Its words go to a log."""
    with pytest.raises(Refused) as caught:
        read(replace(posted(), signature="jane@example.org"))
    assert "jane" not in str(caught.value)


def _key_of(made: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    der = made.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


@pytest.mark.parametrize(
    "key", ["", "not a key", "SG.an-api-key", _key_of(rsa.generate_private_key(65537, 2048))]
)
def test_a_key_that_is_none_is_said_when_it_is_read(key: str) -> None:
    """Not at the first post, when nobody is looking."""
    with pytest.raises(SettingsError, match="webhook_key"):
        Keys([key])


@settings(max_examples=200)
@given(body=st.binary(max_size=60), signature=st.text(max_size=20), timestamp=st.text(max_size=12))
def test_whatever_is_posted_is_refused_with_4xx(body: bytes, signature: str, timestamp: str) -> None:
    """Nobody but SendGrid gets past, and nothing is an error of ours."""
    assert status(Post(body, signature, timestamp)) in {400, 401, 413}
