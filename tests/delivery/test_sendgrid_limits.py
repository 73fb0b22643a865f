"""SendGrid's limits, at n and n + 1: what we refuse, the stand-in refuses too, and nothing less."""

from __future__ import annotations

from typing import Any

import pytest

from newsletter.delivery.transports.sendgrid import limits
from tests.sendgrid_stand_in.limits import Known, violations

KNOWN = Known(now=1_800_000_000, groups=frozenset({1}), batches=frozenset({"batch"}))


def request(people: int = 1, **shared: Any) -> dict[str, Any]:
    """A valid request, with `shared` set or replaced."""
    return {
        "from": {"email": "nec@example.org"},
        "subject": "Report",
        "content": [{"type": "text/plain", "value": "Dear member"}, {"type": "text/html", "value": "<p>Dear"}],
        "personalizations": [{"to": [{"email": f"member{number}@example.org"}]} for number in range(people)],
        **shared,
    }


def personal(**block: Any) -> dict[str, Any]:
    return request(personalizations=[{"to": [{"email": "member0@example.org"}], **block}])


def ours(body: dict[str, Any]) -> list[str]:
    shared = body.get("custom_args") or {}
    per_person = (limits.personal_fault(block, shared) for block in body["personalizations"])
    return [*limits.faults(body), *filter(None, per_person)]


BOUNDARIES = {
    "people": (request(1000), request(1001)),
    "no people": (request(1), request(0)),
    "substitutions": (
        personal(substitutions={f"tag{number:03}": "x" for number in range(150)}),
        personal(substitutions={f"tag{number:03}": "x" for number in range(151)}),
    ),
    "bytes of substitutions": (
        personal(substitutions={"tag": "x" * 9_997}),
        personal(substitutions={"tag": "x" * 9_998}),
    ),
    "bytes of substitutions beyond ASCII": (
        personal(substitutions={"tag": "ŵ" * 4_998}),
        personal(substitutions={"tag": "ŵ" * 4_999}),
    ),
    "bytes of custom arguments": (
        personal(custom_args={"a": "x" * 9_999}),
        personal(custom_args={"a": "x" * 10_000}),
    ),
    "bytes of custom arguments, shared and personal": (
        personal(custom_args={"a": "x" * 4_999}) | {"custom_args": {"b": "x" * 4_999}},
        personal(custom_args={"a": "x" * 4_999}) | {"custom_args": {"b": "x" * 5_000}},
    ),
    "length of an address": (
        personal(to=[{"email": "m" * 308 + "@example.org"}]),
        personal(to=[{"email": "m" * 309 + "@example.org"}]),
    ),
    "categories": (
        request(categories=[f"c{number}" for number in range(10)]),
        request(categories=[f"c{number}" for number in range(11)]),
    ),
    "length of a category": (request(categories=["c" * 255]), request(categories=["c" * 256])),
    "a category twice": (request(categories=["a", "b"]), request(categories=["a", "a"])),
    "a category beyond ASCII": (request(categories=["report"]), request(categories=["réport"])),
    "the sender beyond ASCII": (request(), request() | {"from": {"email": "né@example.org"}}),
    "no subject": (request(), request(subject="")),
    "an empty part": (request(), request(content=[{"type": "text/plain", "value": ""}])),
    "no part": (request(), request(content=[])),
    "the order of parts": (request(), request(content=request()["content"][::-1])),
    "a charset in a type": (request(), request(content=[{"type": "text/plain; charset=utf-8", "value": "x"}])),
    "a reserved header": (personal(headers={"List-Id": "x"}), personal(headers={"Reply-To": "x"})),
    "a reserved shared header": (request(headers={"X-Own": "x"}), request(headers={"DKIM-Signature": "x"})),
    "a header name with a space": (personal(headers={"X-Own": "x"}), personal(headers={"X Own": "x"})),
}


@pytest.mark.parametrize("name", BOUNDARIES)
def test_the_last_value_allowed_passes_on_both_sides(name: str) -> None:
    """At n neither we nor the stand-in object."""
    allowed, _ = BOUNDARIES[name]
    assert ours(allowed) == []
    assert violations(allowed, KNOWN) == []


@pytest.mark.parametrize("name", BOUNDARIES)
def test_the_first_value_beyond_is_caught_on_both_sides(name: str) -> None:
    """At n + 1 both object, each by its own reading of SendGrid's pages."""
    _, beyond = BOUNDARIES[name]
    assert ours(beyond) != []
    assert violations(beyond, KNOWN) != []


@pytest.mark.parametrize("name", ["Doe, Jane", "Doe; Jane", "Jane\r\nBcc: x"])
def test_a_name_whose_mail_sendgrid_would_drop_silently_is_refused(name: str) -> None:
    """Such mail is accepted with 202 and never arrives, so only we can object."""
    assert "name" in ours(personal(to=[{"email": "member0@example.org", "name": name}]))[0]


def test_a_second_recipient_in_one_message_is_refused() -> None:
    """One person a message: no CC, no BCC, no second To."""
    assert ours(personal(cc=[{"email": "other@example.org"}])) == ["a message has exactly one recipient"]


@pytest.mark.parametrize("argument", ["email", "status", "timestamp"])
def test_a_custom_argument_that_an_event_would_overwrite_is_refused(argument: str) -> None:
    """SendGrid's own value wins in events, and the evidence would be gone."""
    assert "SendGrid's own" in ours(personal(custom_args={argument: "x"}))[0]


@pytest.mark.parametrize("half", [{"send_at": 1_800_000_100}, {"batch_id": "batch"}])
def test_a_time_and_its_batch_id_come_together(half: dict[str, Any]) -> None:
    """A scheduled send without a batch id cannot be called back."""
    assert "call it back" in ours(request(**half))[0]
    assert ours(request(send_at=1_800_000_100, batch_id="batch")) == []


def test_no_text_about_a_fault_holds_a_value() -> None:
    """The texts go into the ledger and onto the screen."""
    beyond = [beyond for _, beyond in BOUNDARIES.values()]
    assert not any("member0" in text or "xxx" in text for body in beyond for text in ours(body))
