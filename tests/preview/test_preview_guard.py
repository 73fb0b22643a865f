"""Whoever was not given the link learns nothing and can do nothing."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.cli import small as small_workspace
from tests.cli.small import Small
from tests.preview.conftest import Served, start, stop

COOKIE = "newsletter-preview"
PATHS = ("", "page.js", "page.css", "state", "copy", "mail", "message.eml", "source", "people", "file")
ACTS = ("choose", "approve", "test")


@dataclass(frozen=True)
class Answer:
    """What a request was answered."""

    status: int
    text: str
    headers: Mapping[str, str]


def ask(served: Served, path: str, *, method: str = "GET", body: str = "", **headers: str) -> Answer:
    """One request, with just these headers beside Host."""
    sent = {"Host": served.authority} | {name.replace("_", "-"): value for name, value in headers.items()}
    if body:
        sent["Content-Length"] = str(len(body))
    connection = http.client.HTTPConnection("127.0.0.1", port_of(served), timeout=20)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders(body.encode() or None)
        answer = connection.getresponse()
        # The time is the one thing in which two answers may differ.
        told = {name.lower(): value for name, value in answer.getheaders() if name.lower() != "date"}
        return Answer(answer.status, answer.read().decode(), told)
    finally:
        connection.close()


def port_of(served: Served) -> int:
    return int(served.authority.rpartition(":")[2])


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    """A preview whose link was opened, and the cookie that its browser holds."""
    running = start(small_workspace.make(tmp_path_factory.mktemp("guarded")))
    answer = ask(running, running.link.removeprefix(running.origin))
    cookie = answer.headers.get("set-cookie", "").partition(";")[0]
    end = time.monotonic() + 30
    while not json.loads(ask(running, f"{running.room}state", Cookie=cookie).text).get("plan"):
        assert time.monotonic() < end, "nobody was counted"
        time.sleep(0.05)
    yield running, cookie
    stop(running)


def test_the_link_works_once_and_gives_a_cookie_for_its_room_alone(room: tuple[Served, str]) -> None:
    """No script can read it, no other site sends it, and no other page of this machine is in its path."""
    served, _ = room
    again = ask(served, served.link.removeprefix(served.origin))
    assert again.status == 403
    assert again.headers.get("set-cookie") is None


def test_the_cookie_is_for_the_browser_alone(small: Small) -> None:
    """HttpOnly, SameSite=Strict, and bound to the room's path."""
    running = start(small)
    try:
        held = ask(running, running.link.removeprefix(running.origin)).headers.get("set-cookie", "")
    finally:
        assert stop(running) == 0
    assert held.startswith(f"{COOKIE}=")
    assert set(held.split("; ")[1:]) == {"HttpOnly", f"Path={running.room}", "SameSite=strict"}


@pytest.mark.parametrize("path", PATHS)
def test_with_the_cookie_each_part_answers(room: tuple[Served, str], path: str) -> None:
    """What the other tests refuse is there. (The events never end; the browser listens to them.)"""
    served, cookie = room
    assert ask(served, served.room + path, Cookie=cookie).status == 200


@pytest.mark.parametrize("path", [*PATHS, *ACTS, "events", "nothing"])
@pytest.mark.parametrize(
    "headers",
    [{}, {"Cookie": f"{COOKIE}=guessed"}, {"Host": "reports.example.org"}, {"Host": "localhost:1"}],
)
def test_a_stranger_is_told_the_same_whatever_they_ask(
    room: tuple[Served, str], path: str, headers: dict[str, str]
) -> None:
    """Right path or wrong, there or not: one answer, which says nothing of the workspace."""
    served, cookie = room
    if "Host" in headers:
        headers = headers | {"Cookie": cookie}
    inside = ask(served, served.room + path, **headers)
    outside = ask(served, f"/guessed/{path}", **headers)
    assert inside == outside
    assert inside.status == 403
    assert "report" not in inside.text.lower()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://reports.example.org"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["state", "mail", "events"])
def test_another_page_in_the_same_browser_learns_nothing(
    room: tuple[Served, str], path: str, headers: dict[str, str]
) -> None:
    """Even if the browser sent our cookie with its request."""
    served, cookie = room
    assert ask(served, served.room + path, Cookie=cookie, **headers).status == 403


def test_a_socket_of_another_page_is_an_ordinary_request(room: tuple[Served, str]) -> None:
    """A browser lets any page open one; here it is judged by its Host and Origin like everything else."""
    served, cookie = room
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"}
    upgrade["Sec_WebSocket_Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    for path in ("events", "state"):
        strange = ask(served, served.room + path, Cookie=cookie, Origin="http://127.0.0.1:1", **upgrade)
        assert strange.status == 403
        assert ask(served, served.room + path, **upgrade).status == 403
    assert ask(served, f"{served.room}state", Cookie=cookie, Origin=served.origin, **upgrade).status == 200


@pytest.mark.parametrize("act", ACTS)
def test_another_page_in_the_same_browser_can_do_nothing(room: tuple[Served, str], act: str) -> None:
    """A form of another page, or a request that does not say whose it is, triggers nothing."""
    served, cookie = room
    body = '{"receipt": "x", "name": "Mallory", "way": "smtp", "segment": "members"}'
    path, sent = served.room + act, {"method": "POST", "body": body, "Content_Type": "application/json"}
    assert ask(served, path, Cookie=cookie, **sent).status == 403
    assert ask(served, path, Cookie=cookie, Origin="http://127.0.0.1:1", **sent).status == 403
    assert ask(served, path, Origin=served.origin, **sent).status == 403
    plain = sent | {"Content_Type": "text/plain"}
    assert ask(served, path, Cookie=cookie, Origin=served.origin, **plain).status == 409
    assert ask(served, path, Cookie=cookie, Origin=served.origin).status in {403, 405}
    assert '"way":"outbox"' in ask(served, f"{served.room}state", Cookie=cookie).text
    assert not (served.small.root / "outbox").exists()


def test_every_answer_forbids_what_the_page_does_not_need(room: tuple[Served, str]) -> None:
    """Nothing foreign is loaded, nobody may frame it, nothing is kept; the mail may not even run a script."""
    served, cookie = room
    page = ask(served, served.room, Cookie=cookie)
    policy = page.headers.get("content-security-policy", "")
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    mail = ask(served, f"{served.room}mail", Cookie=cookie).headers.get("content-security-policy", "")
    assert mail.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert mail.endswith("sandbox allow-same-origin")
    for answer in (page, ask(served, f"{served.room}state", Cookie=cookie)):
        assert answer.headers.get("cache-control") == "no-store"
        assert answer.headers.get("referrer-policy") == "no-referrer"
        assert answer.headers.get("x-content-type-options") == "nosniff"
        assert answer.headers.get("cross-origin-resource-policy") == "same-origin"


@pytest.mark.parametrize("path", [f"people?page={'9' * 5000}", "people?page=-1", "file?name=%00"])
def test_a_question_that_makes_no_sense_is_answered_in_words(room: tuple[Served, str], path: str) -> None:
    """By one who has the cookie, that is: nothing breaks, and the answer says what was wrong."""
    served, cookie = room
    end = time.monotonic() + 15
    while '"fresh":true' not in ask(served, f"{served.room}state", Cookie=cookie).text:
        assert time.monotonic() < end, "nobody was counted"
        time.sleep(0.05)
    answer = ask(served, served.room + path, Cookie=cookie)
    assert answer.status == 409
    assert "no" in json.loads(answer.text)["error"]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("body", ["{", "[" * 100_000])
def test_a_body_that_is_no_json_is_answered_in_words(room: tuple[Served, str], act: str, body: str) -> None:
    """And nothing is done."""
    served, cookie = room
    sent = {"Cookie": cookie, "Origin": served.origin, "Content_Type": "application/json"}
    answer = ask(served, served.room + act, method="POST", body=body, **sent)
    assert answer.status == 409
    assert json.loads(answer.text)["error"] == "this request is no JSON that can be read"


def test_a_file_outside_what_the_checks_speak_of_is_not_shown(room: tuple[Served, str]) -> None:
    """Neither a list nor anything beyond the workspace."""
    served, cookie = room
    for name in (
        "lists/members.csv",
        ".newsletter/secret",
        "../../../etc/passwd",
        "templates/../.newsletter/secret",
    ):
        answer = ask(served, f"{served.room}file?name={name}", Cookie=cookie)
        assert answer.text == '{"lines":[]}'
    shown = ask(served, f"{served.room}file?name=lists/segments.yaml", Cookie=cookie)
    assert "clp-secretaries" in shown.text


def test_a_port_that_is_taken_is_said(room: tuple[Served, str]) -> None:
    """Exit 2, with a word on what to do."""
    served, _ = room
    result = served.small.run("preview", "report", "--no-browser", "--port", str(port_of(served)))
    assert result.code == 2
    assert "cannot be used" in result.err
    assert "--port" in result.err
