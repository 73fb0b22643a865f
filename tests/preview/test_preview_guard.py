"""Whoever was not given the link learns nothing and can do nothing."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping

import pytest

from tests.cli.small import Small
from tests.preview.conftest import Served, start, stop

COOKIE = "newsletter-preview"
PATHS = ("", "page.js", "page.css", "events", "state", "copy", "mail", "message.eml", "source", "people", "file")
ACTS = ("choose", "approve", "test")


@pytest.fixture(scope="module")
def guarded(served: Served) -> Served:
    """A preview that somebody else has opened already."""
    return served


def ask(
    served: Served, path: str, *, method: str = "GET", body: str = "", **headers: str
) -> http.client.HTTPResponse:
    """One request, with just these headers beside Host; its answer, read."""
    connection = http.client.HTTPConnection("127.0.0.1", int(served.authority.rpartition(":")[2]), timeout=20)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in ({"Host": served.authority} | {k.replace("_", "-"): v for k, v in headers.items()}).items():
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode() or None)
        answer = connection.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]
    finally:
        connection.close()
    return answer


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    """A preview whose link was opened, and the cookie that its browser holds."""
    from tests.cli import small as small_workspace

    running = start(small_workspace.make(tmp_path_factory.mktemp("guarded")))
    answer = ask(running, running.link.removeprefix(running.origin))
    held = answer.getheader("Set-Cookie") or ""
    yield running, held.partition(";")[0]
    stop(running)


def told(answer: http.client.HTTPResponse) -> tuple[int, str, Mapping[str, str]]:
    """All that an answer tells, but for the time."""
    headers = {name: value for name, value in answer.getheaders() if name.lower() != "date"}
    return answer.status, answer.text, headers  # type: ignore[attr-defined]


def test_the_link_works_once_and_gives_a_cookie_for_its_room_alone(room: tuple[Served, str]) -> None:
    """No script can read it, no other site sends it, and no other page of this machine is in its path."""
    served, _ = room
    again = ask(served, served.link.removeprefix(served.origin))
    assert again.status == 403
    assert again.getheader("Set-Cookie") is None


def test_the_cookie_is_for_the_browser_alone(tmp_path_factory: pytest.TempPathFactory, small: Small) -> None:
    """HttpOnly, SameSite=Strict, and bound to the room's path."""
    running = start(small)
    try:
        held = ask(running, running.link.removeprefix(running.origin)).getheader("Set-Cookie") or ""
    finally:
        assert stop(running) == 0
    assert held.startswith(f"{COOKIE}=")
    assert set(held.split("; ")[1:]) == {"HttpOnly", f"Path={running.room}", "SameSite=strict"}


@pytest.mark.parametrize("path", PATHS)
def test_with_the_cookie_each_part_answers(room: tuple[Served, str], path: str) -> None:
    """What the other tests refuse is there."""
    served, cookie = room
    if path == "events":
        pytest.skip("it never ends; the browser tests listen to it")
    assert ask(served, served.room + path, Cookie=cookie).status == 200


@pytest.mark.parametrize("path", [*PATHS, *ACTS, "nothing"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Cookie": f"{COOKIE}=guessed"},
        {"Host": "reports.example.org"},
        {"Host": "localhost:1"},
    ],
)
def test_a_stranger_is_told_the_same_whatever_they_ask(
    room: tuple[Served, str], path: str, headers: dict[str, str]
) -> None:
    """Right path or wrong, there or not: one answer, which says nothing of the workspace."""
    served, cookie = room
    if "Host" in headers:
        headers = headers | {"Cookie": cookie}
    inside = told(ask(served, served.room + path, **headers))
    outside = told(ask(served, f"/guessed/{path}", **headers))
    assert inside == outside
    assert inside[0] == 403
    assert "report" not in inside[1].lower()


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
    assert '"way":"outbox"' in ask(served, f"{served.room}state", Cookie=cookie).text  # type: ignore[attr-defined]
    assert not (served.small.root / "outbox").exists()


def test_every_answer_forbids_what_the_page_does_not_need(room: tuple[Served, str]) -> None:
    """Nothing foreign is loaded, nobody may frame it, nothing is kept; the mail may not even run a script."""
    served, cookie = room
    page = ask(served, served.room, Cookie=cookie)
    policy = page.getheader("Content-Security-Policy") or ""
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    mail = ask(served, f"{served.room}mail", Cookie=cookie).getheader("Content-Security-Policy") or ""
    assert mail.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert mail.endswith("sandbox allow-same-origin")
    for answer in (page, ask(served, f"{served.room}state", Cookie=cookie)):
        assert answer.getheader("Cache-Control") == "no-store"
        assert answer.getheader("Referrer-Policy") == "no-referrer"
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
        assert answer.getheader("Cross-Origin-Resource-Policy") == "same-origin"


def test_a_file_outside_what_the_checks_speak_of_is_not_shown(room: tuple[Served, str]) -> None:
    """Neither a list nor anything beyond the workspace."""
    served, cookie = room
    for name in ("lists/members.csv", ".newsletter/secret", "../../../etc/passwd", "templates/../.newsletter/secret"):
        answer = ask(served, f"{served.room}file?name={name}", Cookie=cookie)
        assert answer.text == '{"lines":[]}'  # type: ignore[attr-defined]
    shown = ask(served, f"{served.room}file?name=lists/segments.yaml", Cookie=cookie)
    assert "clp-secretaries" in shown.text  # type: ignore[attr-defined]


def test_a_port_that_is_taken_is_said(room: tuple[Served, str]) -> None:
    """Exit 2, with a word on what to do."""
    served, _ = room
    result = served.small.run("preview", "report", "--no-browser", "--port", served.authority.rpartition(":")[2])
    assert result.code == 2
    assert "cannot be used" in result.err
    assert "--port" in result.err
