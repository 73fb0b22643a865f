"""The stand-in itself: does it behave as SendGrid's documentation says?"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from sendgrid.helpers.eventwebhook import EventWebhook

from tests.sendgrid_stand_in import KEY, Acceptance, Fault, StandIn, Suppressed, Wire, deliver
from tests.sendgrid_stand_in.events import SIGNATURE, TIMESTAMP
from tests.sendgrid_stand_in.limits import Known, violations
from tests.sendgrid_stand_in.logs import BadQuery, parse

NOW = 1_800_000_000
KNOWN = Known(now=NOW, groups=frozenset({1}), batches=frozenset({"batch"}))


def request(people: int = 1, **shared: Any) -> dict[str, Any]:
    return {
        "from": {"email": "nec@example.org", "name": "Alex"},
        "subject": "Report",
        "content": [
            {"type": "text/plain", "value": "Dear -name-"},
            {"type": "text/html", "value": "<p>-name-</p>"},
        ],
        "personalizations": [{"to": [{"email": f"member{number}@example.org"}]} for number in range(people)],
        **shared,
    }


def ask(
    stand_in: StandIn, method: str, path: str, body: Any = None, *, key: str | None = KEY
) -> tuple[int, Any, dict[str, str]]:
    """Status, parsed body and headers, by a client that shares nothing with ours."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    data = None if body is None else json.dumps(body).encode()
    url = stand_in.url + path
    asked = urllib.request.Request(url, data=data, headers=headers, method=method)  # noqa: S310 - loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(asked, timeout=10) as reply:
            raw = reply.read()
            return reply.status, json.loads(raw) if raw else None, dict(reply.headers)
    except urllib.error.HTTPError as error:
        with error:
            raw = error.read()
            return error.code, json.loads(raw) if raw else None, dict(error.headers)


def send(stand_in: StandIn, body: Any, **options: Any) -> tuple[int, Any, dict[str, str]]:
    return ask(stand_in, "POST", "/v3/mail/send", body, **options)


def test_a_valid_request_is_accepted_with_an_id_and_an_empty_body() -> None:
    """202, X-Message-Id, and how much of the rate is left."""
    with StandIn() as sendgrid:
        status, body, headers = send(sendgrid, request(2))
        assert sendgrid.addresses == ["member0@example.org", "member1@example.org"]
    assert (status, body) == (202, None)
    assert headers["X-Message-Id"]
    assert headers["X-RateLimit-Remaining"] == "9999"


@pytest.mark.parametrize("key", [None, "", "SG.other"])
def test_only_a_known_key_opens_it(key: str | None) -> None:
    """401, with the sentence SendGrid uses."""
    with StandIn() as sendgrid:
        status, body, _ = send(sendgrid, request(), key=key)
        assert sendgrid.addresses == []
    assert status == 401
    assert body["errors"][0]["message"] == "The provided authorization grant is invalid, expired, or revoked"


def test_a_sender_that_is_not_verified_is_forbidden() -> None:
    """403 on the field `from`."""
    with StandIn(senders=["other@example.org"]) as sendgrid:
        status, body, _ = send(sendgrid, request())
    assert (status, body["errors"][0]["field"]) == (403, "from")


BROKEN: list[tuple[str, dict[str, Any], str | None]] = [
    ("too many personalizations", request(1001), "personalizations"),
    (
        "too many recipients",
        {
            **request(),
            "personalizations": [
                {"to": [{"email": f"a{block}x{number}@example.org"} for number in range(501)]}
                for block in range(2)
            ],
        },
        "personalizations",
    ),
    ("no recipient", request(personalizations=[{}]), "personalizations.0.to"),
    ("bad address", request(personalizations=[{"to": [{"email": "x@y@z"}]}]), "personalizations.0.to.0.email"),
    ("one address twice", request(personalizations=request()["personalizations"] * 2), "personalizations"),
    ("no content", {key: value for key, value in request().items() if key != "content"}, "content"),
    ("html before text", request(content=request()["content"][::-1]), "content"),
    ("empty content", request(content=[{"type": "text/plain", "value": ""}]), "content.0.value"),
    ("no subject", {key: value for key, value in request().items() if key != "subject"}, "subject"),
    ("a reserved header", request(headers={"Reply-To": "x"}), "headers.Reply-To"),
    ("a header twice", request(headers={"X-A": "1", "x-a": "2"}), "headers"),
    ("a header that is a number", request(headers={"X-A": 1}), "headers.X-A"),
    ("a custom argument that is a number", request(custom_args={"a": 1}), "custom_args"),
    (
        "a substitution that is a number",
        request(personalizations=[{"to": [{"email": "a@example.org"}], "substitutions": {"-a-": 1}}]),
        None,
    ),
    ("eleven categories", request(categories=[str(number) for number in range(11)]), "categories"),
    ("too far ahead", request(send_at=NOW + 72 * 3600 + 1, batch_id="batch"), "send_at"),
    ("a time as text", request(send_at="tomorrow", batch_id="batch"), "send_at"),
    ("an unknown batch", request(send_at=NOW + 60, batch_id="other"), "batch_id"),
    ("an unknown group", request(asm={"group_id": 2}), "asm.group_id"),
    (
        "26 groups to display",
        request(asm={"group_id": 1, "groups_to_display": [1] * 26}),
        "asm.groups_to_display",
    ),
    (
        "sandbox as text",
        request(mail_settings={"sandbox_mode": {"enable": "true"}}),
        "mail_settings.sandbox_mode.enable",
    ),
    ("both kinds of reply_to", request(reply_to={"email": "a@example.org"}, reply_to_list=[]), "reply_to"),
    ("a pool name too short", request(ip_pool_name="x"), "ip_pool_name"),
]


@pytest.mark.parametrize(("body", "field"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
def test_each_rule_is_reported_at_its_field(body: dict[str, Any], field: str | None) -> None:
    """Each entry has message, field and help."""
    found = violations(body, KNOWN)
    assert {violation.field for violation in found} == {field}
    assert set(found[0].as_json()) == {"message", "field", "help"}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"trackingsettings": {}}, "trackingsettings"),
        (
            {"tracking_settings": {"open_tracking": {"enabled": False}}},
            "tracking_settings.open_tracking.enabled",
        ),
        ({"personalizations": [{"to": [{"email": "a@example.org"}], "subs": {}}]}, "personalizations.0.subs"),
        ({"content": [{"type": "text/plain", "value": "x", "charset": "utf-8"}]}, "content.0.charset"),
    ],
)
def test_a_key_that_sendgrid_does_not_know_fails_the_test(changes: dict[str, Any], place: str) -> None:
    """SendGrid passes over it, so the switch or value that was meant would be missed by nobody."""
    with StandIn(expect_violations=True) as sendgrid:
        status, _, _ = send(sendgrid, request(**changes))
        assert (status, [violation.field for violation in sendgrid.violations]) == (202, [place])


def test_several_faults_are_reported_at_once() -> None:
    """As SendGrid does; the request is refused as a whole."""
    with StandIn(expect_violations=True) as sendgrid:
        status, body, _ = send(sendgrid, request(subject="", headers={"To": "x"}, categories="a"))
        assert sendgrid.addresses == []
    assert status == 400
    assert {error["field"] for error in body["errors"]} == {"subject", "headers.To", "categories"}


def test_a_violation_fails_the_test_that_did_not_expect_it() -> None:
    """So a limit broken anywhere in the suite is seen."""

    def careless() -> None:
        with StandIn() as sendgrid:
            send(sendgrid, request(0))

    with pytest.raises(AssertionError, match="limits were broken"):
        careless()


def test_the_sandbox_validates_and_accepts_nothing() -> None:
    """200, and no mail, no event, no log."""
    with StandIn() as sendgrid:
        status, _, headers = send(sendgrid, request(mail_settings={"sandbox_mode": {"enable": True}}))
        assert (sendgrid.addresses, sendgrid.events.events()) == ([], [])
    assert status == 200
    assert "X-Message-Id" not in headers


def test_the_rate_is_per_window_and_a_refusal_says_when_it_ends() -> None:
    """429 with the three headers; the next window starts afresh."""
    now = [120.0]
    with StandIn(clock=lambda: now[0]) as sendgrid:
        sendgrid.rate.requests = 2
        statuses = [send(sendgrid, request())[0] for _ in range(2)]
        status, body, headers = send(sendgrid, request())
        now[0] = 180.0
        assert send(sendgrid, request())[0] == 202
    assert (statuses, status, body["errors"][0]["message"]) == ([202, 202], 429, "too many requests")
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Reset"]) == ("2", "180")


def test_another_address_or_method_is_not_served() -> None:
    """404 and 405."""
    with StandIn() as sendgrid:
        assert ask(sendgrid, "GET", "/v3/nothing")[0] == 404
        assert ask(sendgrid, "DELETE", "/v3/mail/send")[0] == 405


def test_a_message_is_rendered_as_a_member_would_read_it() -> None:
    """Substitutions in subject and both parts, headers of the personalization over those of the request."""
    block = {
        "to": [{"email": "sian@example.org", "name": "Siân"}],
        "substitutions": {"-name-": "Siân 🌹"},
        "headers": {"List-Unsubscribe": "<https://example.org/u/1>", "X-Both": "personal"},
    }
    body = request(personalizations=[block], subject="For -name-", headers={"X-Both": "shared"})
    off = {name: {"enable": False} for name in ("click_tracking", "open_tracking", "subscription_tracking")}
    with StandIn() as sendgrid:
        send(sendgrid, {**body, "tracking_settings": off})
        mail = sendgrid.mail_to("sian@example.org")
    assert (mail["Subject"], mail["X-Both"]) == ("For Siân 🌹", "personal")
    assert str(mail["To"]) == "Siân <sian@example.org>"
    assert mail["List-Unsubscribe"] == "<https://example.org/u/1>"
    assert [part.get_content().strip() for part in mail.iter_parts()] == ["Dear Siân 🌹", "<p>Siân 🌹</p>"]


def test_tracking_that_nobody_switched_off_shows_in_the_mail() -> None:
    """Accounts have it on by default: a pixel, rewritten links, and SendGrid's own unsubscribe header."""
    body = request(headers={"List-Unsubscribe": "<https://example.org/u/1>"})
    body["content"][1]["value"] = '<a href="https://example.org/">x</a>'
    with StandIn() as sendgrid:
        send(sendgrid, body)
        raw = sendgrid.account.accepted[0].raw()
    assert b"https://example.org/" not in raw
    assert raw.count(b"sendgrid.example/") >= 4


def test_a_paused_batch_leaves_late_and_a_cancelled_one_never() -> None:
    """Also after the status is taken back: what was discarded stays so; a pause keeps mail for 72 hours."""
    now = [float(NOW)]
    with StandIn(clock=lambda: now[0]) as sendgrid:
        batches = [ask(sendgrid, "POST", "/v3/mail/batch")[1]["batch_id"] for _ in range(3)]
        for batch, status in zip(batches, ("pause", "cancel", "pause"), strict=True):
            send(sendgrid, request(send_at=NOW + 600, batch_id=batch))
            change = {"batch_id": batch, "status": status}
            assert ask(sendgrid, "POST", "/v3/user/scheduled_sends", change)[0] == 201
            assert ask(sendgrid, "POST", "/v3/user/scheduled_sends", change)[0] == 400
        now[0] += 3600
        assert sendgrid.account.delivered() == []
        for batch in batches[:2]:
            assert ask(sendgrid, "DELETE", f"/v3/user/scheduled_sends/{batch}")[0] == 204
        assert [message.batch for message in sendgrid.account.delivered()] == batches[:1]
        now[0] += 73 * 3600
        ask(sendgrid, "DELETE", f"/v3/user/scheduled_sends/{batches[2]}")
        assert len(sendgrid.account.delivered()) == 1


def test_the_suppression_lists_have_pages() -> None:
    """Limit and offset, at most 500 entries each."""
    with StandIn() as sendgrid:
        entries = [Suppressed(f"member{number}@example.org", number) for number in range(501)]
        sendgrid.account.suppressions["bounces"] += entries
        first = ask(sendgrid, "GET", "/v3/suppression/bounces?limit=1000")[1]
        second = ask(sendgrid, "GET", "/v3/suppression/bounces?limit=500&offset=500")[1]
        dated = ask(sendgrid, "GET", "/v3/suppression/bounces?start_time=10&end_time=11")[1]
    assert (len(first), len(second), len(dated)) == (500, 1, 2)
    assert set(first[0]) == {"created", "email", "reason", "status"}


@pytest.mark.parametrize(
    "query",
    [
        'custom_args = "x"',
        'to_email > "x"',
        'status = "delivered"',
        'subject = "x" OR subject = "y"',
        '(subject = "x")',
        "to_email = x",
        'sg_message_id_created_at >= TIMESTAMP "yesterday"',
    ],
)
def test_the_logs_refuse_what_their_language_has_not(query: str) -> None:
    """Only the documented fields, each with its own operators, joined by AND."""
    with pytest.raises(BadQuery):
        parse(query)


def test_the_logs_show_custom_arguments_only_in_the_detail() -> None:
    """The list has an id for each message; ten entries unless more are asked for, at most 1,000."""
    with StandIn() as sendgrid:
        send(sendgrid, request(12, custom_args={"attempt": "a1"}))
        query = 'to_email = "member3@example.org"'
        assert len(ask(sendgrid, "POST", "/v3/logs", {})[1]["messages"]) == 10
        assert ask(sendgrid, "POST", "/v3/logs", {"limit": 1001})[0] == 400
        (entry,) = ask(sendgrid, "POST", "/v3/logs", {"query": query, "limit": 1000})[1]["messages"]
        detail = ask(sendgrid, "GET", f"/v3/logs/{entry['sg_message_id']}")[1]
        assert ask(sendgrid, "GET", "/v3/logs/unknown")[0] == 404
    assert "custom_args" not in entry
    assert detail["custom_args"] == {"attempt": "a1"}


def test_events_are_signed_so_that_sendgrids_own_code_believes_them() -> None:
    """And believes nothing else: not another body, not another time."""
    with StandIn() as sendgrid:
        send(sendgrid, request(2, custom_args={"attempt": "a1", "email": "lost"}, categories=["report"]))
        (post,) = sendgrid.events.posts(sendgrid.events.events())
        webhook = EventWebhook(sendgrid.events.public_key)
    signature, timestamp, text = post.headers[SIGNATURE], post.headers[TIMESTAMP], post.body.decode()
    assert webhook.verify_signature(text, signature, timestamp)
    assert not webhook.verify_signature(text + " ", signature, timestamp)
    assert not webhook.verify_signature(text, signature, timestamp + "0")
    first = json.loads(post.body)[0]
    assert (first["event"], first["attempt"], first["email"]) == ("processed", "a1", "member0@example.org")


def test_a_suppressed_person_is_accepted_and_then_dropped() -> None:
    """As with SendGrid: 202, a credit spent, and an event that says why."""
    with StandIn() as sendgrid:
        sendgrid.account.suppressions["unsubscribes"].append(Suppressed("Member0@example.org", 1))
        send(sendgrid, request(2))
        kinds = [(event["event"], event.get("reason")) for event in sendgrid.events.events()]
        delivered = [message.address for message in sendgrid.account.delivered()]
    assert kinds == [("dropped", "Unsubscribed Address"), ("processed", None), ("delivered", None)]
    assert delivered == ["member1@example.org"]


def test_events_can_come_twice_in_any_order_and_in_batches() -> None:
    """The same seed gives the same disorder."""
    with StandIn() as sendgrid:
        send(sendgrid, request(10))
        events = sendgrid.events.events()
        posts = sendgrid.events.posts(events, per_post=7, repeat=2, shuffle=random.Random(1))  # noqa: S311 - a shuffle
    arrived = [event for post in posts for event in json.loads(post.body)]
    assert [len(json.loads(post.body)) for post in posts] == [7] * 5 + [5]
    assert arrived[: len(events)] != events
    assert sorted(event["sg_event_id"] for event in arrived) == sorted(
        event["sg_event_id"] for event in events * 2
    )


def test_events_are_posted_to_this_machine_only() -> None:
    """A webhook under test gets them; no other address does."""
    got: list[bytes] = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Webhook)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        with StandIn() as sendgrid:
            send(sendgrid, request())
            (post,) = sendgrid.events.posts(sendgrid.events.events())
        assert deliver(post, f"http://127.0.0.1:{server.server_address[1]}/") == 204
        with pytest.raises(ValueError, match="this machine"):
            deliver(post, "http://192.0.2.1/")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert got == [post.body]


def test_a_fault_that_cannot_accept_is_not_scripted_to() -> None:
    """A request never read whole was never taken: the truth of a test must be possible."""
    with pytest.raises(ValueError, match="never read whole"):
        Fault(wire=Wire.RESET_EARLY, acceptance=Acceptance.BEFORE)


def test_it_runs_by_hand_and_says_how_to_use_it() -> None:
    """`python -m tests.sendgrid_stand_in` prints the two variables, takes mail and shows its subject."""
    command = [sys.executable, "-m", "tests.sendgrid_stand_in", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        host, key = (setting.partition("=")[2] for setting in first.split())
        asked = urllib.request.Request(  # noqa: S310 - loopback
            host + "/v3/mail/send",
            data=json.dumps(request()).encode(),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(asked, timeout=10) as reply:
            assert reply.status == 202
        shown = [process.stdout.readline() for _ in range(3)]
        process.terminate()
    assert host.startswith("http://127.0.0.1:")
    assert "To member0@example.org, Subject Report" in shown[-1]
