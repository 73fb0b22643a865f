"""The pages in a real browser, the headers around them, and what a process does that serves them."""

from __future__ import annotations

import re
import signal
import socket
import time
from collections.abc import Iterator
from http.client import HTTPSConnection
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from newsletter.site.server import Address, _bound
from tests.cli.command import finish
from tests.cli.small import JANE, Small
from tests.doctor.certificates import Certificate
from tests.site.conftest import CROWD, Reached
from tests.site.pages import Answer, served
from tests.site.test_site_leaving import path_for

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCHEMES: list[tuple[Literal["light", "dark"], int]] = [("light", 1280), ("dark", 360)]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser's page without JavaScript, that must not complain of anything."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    yield opened
    context.close()
    assert complaints == []


def test_a_reader_leaves_with_one_button_and_no_script(reached: Reached, page: Page) -> None:
    """Opening the link does nothing, the button does; afterwards the page says that it is done."""
    person = CROWD[35]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(reached.site.base + reached.links[person])
    assert person not in reached.site.left()
    page.get_by_role("button").press("Enter")
    assert page.get_by_role("heading", level=1).text_content() == "You have left"
    assert person in reached.site.left()
    page.reload()
    assert {url.removeprefix(reached.site.base) for url in asked} == {reached.links[person]}


def pages_of(reached: Reached) -> dict[str, str]:
    """Each kind of page and where it is seen."""
    reached.site.post(reached.links[CROWD[36]])
    return {
        "leave": reached.links[JANE],
        "left already": reached.links[CROWD[36]],
        "no longer held": path_for(reached.site.small, "nobody@example.org"),
        "test": "/u/test",
        "forged": "/u/forged",
        "not there": "/nothing",
    }


@pytest.mark.parametrize(("scheme", "width"), SCHEMES)
def test_the_pages_can_be_used_by_everybody(
    reached: Reached, browser: Browser, scheme: Literal["light", "dark"], width: int
) -> None:
    """axe-core (WCAG 2.2 A and AA, and good practice) finds nothing, and nobody has to scroll sideways."""
    # axe runs as a script of the page, which the page itself forbids.
    context = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    seen = context.new_page()
    for name, path in pages_of(reached).items():
        seen.goto(reached.site.base + path)
        found = Axe().run(seen, options={"runOnly": RULES})
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        assert seen.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    seen.goto(reached.site.base + reached.links[CROWD[37 if scheme == "light" else 38]])
    seen.get_by_role("button").click()
    assert Axe().run(seen, options={"runOnly": RULES}).violations_count == 0
    context.close()


def is_guarded(answer: Answer) -> None:
    """Whether an answer has the headers that every answer has."""
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert not answer.headers.keys() & {"set-cookie", "server"}


def test_every_answer_is_guarded(reached: Reached) -> None:
    """Pages, errors and refusals alike; what is about one person is not indexed either."""
    for path in pages_of(reached).values():
        for method in ("GET", "HEAD", "TRACE"):
            is_guarded(reached.site.ask(method, path))
    is_guarded(reached.site.post(reached.links[CROWD[39]]))
    is_guarded(reached.site.post("/u/forged"))
    assert reached.site.get(reached.links[JANE]).headers["x-robots-tag"] == "noindex, nofollow"


def test_https_is_said_where_a_proxy_speaks_it(reached: Reached) -> None:
    """A browser is told to stay with https only where it came by it."""
    assert "strict-transport-security" not in reached.site.get("/u/test").headers
    behind = reached.site.get("/u/test", X_Forwarded_Proto="https", X_Forwarded_For="192.0.2.1")
    assert behind.headers["strict-transport-security"] == "max-age=31536000"


def test_what_goes_wrong_is_told_in_plain_words(reached: Reached) -> None:
    """Each with its status, a way on, and no detail of ours."""
    site = reached.site
    assert (site.get("/nothing").status, site.get("/nothing").title) == (404, "There is nothing here")
    wrong = site.ask("DELETE", reached.links[JANE])
    assert (wrong.status, wrong.title) == (405, "That cannot be done here")
    assert set(wrong.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    large = site.ask("POST", reached.links[JANE], b"x" * 20_000)
    assert (large.status, large.title) == (413, "That is too much")
    many = site.ask("POST", reached.links[JANE], b"&".join([b"a=b"] * 50), {"Content-Type": FORM})
    assert many.status == 413
    assert JANE not in site.left()


FORM = "application/x-www-form-urlencoded"


def test_a_body_without_an_end_is_refused_and_changes_nothing(reached: Reached) -> None:
    """Chunked, so that its length is not known beforehand; and one that breaks off."""
    head = f"POST {reached.links[JANE]} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\n"
    with socket.create_connection(reached.site.listens_at, timeout=20) as raw:
        raw.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        raw.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n" + b"2000\r\n" + b"x" * 8192 + b"\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 413")
    with socket.create_connection(reached.site.listens_at, timeout=20) as raw:
        raw.sendall(f"{head}Content-Length: 26\r\n\r\nList-Unsub".encode())
    assert reached.site.get("/u/test").status == 200
    assert JANE not in reached.site.left()


def test_a_flood_of_one_client_is_held_back_and_nobody_else(reached: Reached) -> None:
    """A thousand requests at once are no reader's; who stands behind the same proxy is not held back."""
    flood = {"X-Forwarded-For": "203.0.113.9, 192.0.2.66"}
    answers = list(reached.site.storm([("HEAD", "/u/test", flood)] * 1_000))
    assert [answer.status for answer in answers[:600]] == [200] * 600
    refused = next(answer for answer in answers if answer.status == 429)
    is_guarded(refused)
    assert int(refused.headers["retry-after"]) >= 1
    # What a client itself claims to have come through does not count: the last proxy's word does.
    assert reached.site.get("/u/test", X_Forwarded_For="192.0.2.66, 203.0.113.9").status == 200


def test_a_proxy_that_is_not_named_is_not_believed(small: Small) -> None:
    """Its word for who asks is not taken, and the process says once that all readers count as one."""
    small.change("newsletter.yaml", "imprint:", "serve: {trusted_proxies: [192.0.2.0/24]}\nimprint:")
    with served(small) as site:
        answers = [
            site.ask("GET", f"/u/guess.{number}", headers={"X-Forwarded-For": f"203.0.113.{number}"})
            for number in range(40)
        ]
        ended = site.end()
    assert [answer.status for answer in answers].count(429) >= 5
    assert ended.err.count("serve.trusted_proxies does not name a proxy") == 1


@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_it_is_told_to_and_finishes_what_was_begun(small: Small, word: signal.Signals) -> None:
    """An opt-out whose body is still on its way is taken; then the process ends, well or by the signal."""
    with served(small) as site:
        path = path_for(small, JANE)
        with socket.create_connection(site.listens_at, timeout=20) as raw:
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
            raw.sendall(head.encode())
            assert raw.recv(100).startswith(b"HTTP/1.1 100")
            site.process.send_signal(word)
            time.sleep(0.3)
            raw.sendall(b"done")
            assert raw.recv(100).startswith(b"HTTP/1.1 200")
        ended = finish(site.process)
        assert ended.code == (0 if word is signal.SIGINT else -signal.SIGTERM)
        assert "Traceback" not in ended.err
    assert site.left() == [JANE]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_answer_on_a_kept_connection_is_not_held_back(host: str) -> None:
    """Where a socket names its protocol asyncio turns Nagle's algorithm off, and a proxy keeps connections."""
    with _bound(Address(host, 0)) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_a_port_that_is_taken_is_told(small: Small) -> None:
    """With what to do about it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = small.run("serve", "--port", str(taken.getsockname()[1]))
    assert result.code == 2
    assert "cannot be served at: Address already in use" in result.err
    assert re.search("Choose another with --host and --port", result.err)


def test_it_serves_https_by_itself(small: Small) -> None:
    """With a certificate of the workspace no proxy is needed."""
    certificate = Certificate.new(small.root)
    small.change("newsletter.yaml", "imprint:", "serve: {certificate: certificate.pem}\nimprint:")
    with served(small) as site:
        assert site.base.startswith("https://127.0.0.1:")
        connection = HTTPSConnection(*site.listens_at, timeout=20, context=certificate.trusted())
        connection.request("GET", "/u/test")
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        connection.close()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("certificate: missing.pem", "No such file"),
        ("certificate: newsletter.yaml", "cannot be used"),
        ("trusted_proxies: [everybody]", "expected an IP address or a network"),
        ("port: 70000", "newsletter.yaml:9:15"),
    ],
)
def test_settings_that_cannot_be_served_with_are_told(small: Small, keys: str, said: str) -> None:
    """At their place, before a port is taken."""
    small.change("newsletter.yaml", "imprint:", f"serve: {{{keys}}}\nimprint:")
    result = small.run("serve", "--port", "0")
    assert result.code == 4
    assert said in result.err
