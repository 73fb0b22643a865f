"""Leaving by the link in a mail: looking changes nothing, one POST does, and a stranger learns nothing."""

from __future__ import annotations

import re
import socket
import sqlite3
import time
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter import address
from newsletter.message import code_for
from newsletter.message.codes import UnsubscribeKey
from tests.cli.command import finish, spawn
from tests.cli.relay import Relay
from tests.cli.small import DRAFT, EVERYBODY, ISSUE, JANE, SIAN, TOM, Small
from tests.site.conftest import CROWD, Reached
from tests.site.pages import ONE_CLICK, Answer, Site, served

LOUD = str(Path(__file__).parents[1] / "loud")
"""Makes a process as talkative as can be, and its disk as full."""


def path_for(small: Small, person: str, *, list_id: str = "nec.reports.example.org") -> str:
    """The link of somebody who was never sent to."""
    secret = (small.root / ".newsletter" / "secret").read_bytes().strip()
    return f"/u/{UnsubscribeKey(secret, list_id).token(code_for(address.key(person), secret))}"


def test_the_page_names_the_masked_address_and_offers_one_button(reached: Reached) -> None:
    """A forwarded mail carries somebody else's link, so the page says whose it is, and not in full."""
    page = reached.site.get(reached.links[JANE])
    assert (page.status, page.title) == (200, "Stop getting these reports?")
    assert "j…@example.net" in page.text
    assert JANE not in page.text
    assert page.text.count("<button>") == page.text.count("<form") == 1
    assert "<script" not in page.text


LOOKS = {
    "GET": ("GET", {}),
    "HEAD": ("HEAD", {}),
    "a browser's prefetch": ("GET", {"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch"}),
    "a mail scanner": ("GET", {"User-Agent": "Mozilla/5.0 (compatible; ScannerBot)", "Range": "bytes=0-99"}),
    "a scanner that asks for HEAD": ("HEAD", {"Accept": "*/*", "Connection": "close"}),
    "OPTIONS": ("OPTIONS", {"Access-Control-Request-Method": "POST", "Origin": "https://mail.example"}),
    "PUT": ("PUT", {}),
    "DELETE": ("DELETE", {}),
}


def test_a_storm_of_looks_unsubscribes_nobody(reached: Reached) -> None:
    """Every link of the sending, followed in each way that does not press the button, with queries too."""
    before = reached.site.left()
    wanted = [
        (method, path + query, headers | {"X-Forwarded-For": f"198.51.100.{number}"})
        for number, path in enumerate(reached.links.values())
        for method, headers in LOOKS.values()
        for query in ("", "?List-Unsubscribe=One-Click")
    ]
    for (method, _, _), answer in zip(wanted, reached.site.storm(wanted), strict=True):
        assert answer.status == (405 if method in {"OPTIONS", "PUT", "DELETE"} else 200)
        assert method != "HEAD" or answer.body == b""
    assert reached.site.left() == before


MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    "multipart/form-data; boundary=x",
)
CLICKS = {
    "as Google sends it": (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
    "as RFC 8058 prefers it": MULTIPART,
    "the button of the page": (b"", "application/x-www-form-urlencoded"),
    "without a body": (None, ""),
    "with a body that is nothing": (b"\xff\x00%%%=&&", "application/x-www-form-urlencoded; charset=x"),
}


@pytest.mark.parametrize("click", CLICKS)
def test_one_post_unsubscribes_and_twice_is_once(reached: Reached, click: str) -> None:
    """Answered 200 with no redirect and no cookie (RFC 8058 section 3.1); nobody else is touched."""
    body, kind = CLICKS[click]
    person = CROWD[list(CLICKS).index(click)]
    before = reached.site.left()
    for _ in range(2):
        done = reached.site.ask("POST", reached.links[person], body, {"Content-Type": kind})
        assert (done.status, done.title) == (200, "You have left")
        assert not done.headers.keys() & {"set-cookie", "location"}
    assert reached.site.left() == [*before, person]
    assert reached.site.get(reached.links[person]).title == "Nothing is sent any more"


def test_the_record_says_how_somebody_left(reached: Reached) -> None:
    """One click in a mail program and the button of the page are told apart."""
    clicked, pressed = CROWD[10:12]
    reached.site.post(reached.links[clicked], ONE_CLICK)
    reached.site.post(reached.links[pressed])
    sources = {
        each["address"]: each["source"] for each in reached.site.small.good("suppress", "list", "--json").json
    }
    assert (sources[clicked], sources[pressed]) == ("one click in a mail program", "the unsubscribe page")


def forged(reached: Reached) -> dict[str, str]:
    """Links that are nobody's: of another list, another secret, another person, altered or made up."""
    small, good = reached.site.small, reached.links[CROWD[20]]
    code, _, signature = good.removeprefix("/u/").partition(".")
    other = code_for("somebody@example.org", b"another secret")
    return {
        "another list": path_for(small, CROWD[20], list_id="other.reports.example.org"),
        "another secret": f"/u/{UnsubscribeKey(b'another secret', 'nec.reports.example.org').token(code)}",
        "another person's code": f"/u/{other}.{signature}",
        "without its signature": f"/u/{code}",
        "with an empty signature": f"/u/{code}.",
        "longer": f"{good}A",
        "shorter": good[:-1],
        "in capitals": f"/u/{good.removeprefix('/u/').upper()}",
        "guessed": f"/u/{'a' * 16}.{'A' * 43}",
        "not ASCII": "/u/%D0%B0%00%FF.x",
        "very long": f"/u/{'a' * 5_000}",
    }


def test_a_forged_link_is_a_404_that_says_nothing(reached: Reached) -> None:
    """All of them are answered with the same bytes, whether somebody is there or not, and change nothing."""
    before = reached.site.left()
    answers: list[Answer] = []
    for path in forged(reached).values():
        answers += [reached.site.get(path), reached.site.post(path, ONE_CLICK)]
    assert {answer.status for answer in answers} == {404}
    assert len({answer.body for answer in answers}) == 1
    assert "@example.org" not in answers[0].text.replace("@reports.example.org", "")
    assert reached.site.left() == before


def test_somebody_who_guesses_has_to_wait_and_a_good_link_still_works(reached: Reached) -> None:
    """Thirty wrong links at once are more than anybody follows; the right one is never refused for it."""
    guesser = {"X-Forwarded-For": "192.0.2.7"}
    answers = [reached.site.ask("GET", f"/u/guess.{number}", headers=guesser) for number in range(40)]
    assert [answer.status for answer in answers[:30]] == [404] * 30
    assert answers[-1].status == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert reached.site.ask("GET", reached.links[JANE], headers=guesser).status == 200
    assert reached.site.ask("GET", "/u/guess", headers={"X-Forwarded-For": "192.0.2.8"}).status == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_link_of_a_test_copy_does_nothing(reached: Reached, method: str) -> None:
    """It says so, and whoever tries it out opts nobody out."""
    before = reached.site.left()
    page = reached.site.ask(method, "/u/test")
    assert (page.status, page.title) == (200, "This was a test")
    assert reached.site.left() == before


def test_somebody_who_was_never_sent_to_is_found_in_the_lists(reached: Reached) -> None:
    """Also when they joined while the pages were open, and in the spelling that was listed."""
    small = reached.site.small
    joined = "New.Person@example.org"
    assert "no longer held" in reached.site.get(path_for(small, joined)).text
    small.write("lists/later.csv", f"email,first_name\nnot an address,X\n{joined},New\n")
    page = reached.site.get(path_for(small, joined))
    assert "N…@example.org" in page.text
    reached.site.post(path_for(small, joined))
    assert address.key(joined) in reached.site.left()


def test_a_link_outlives_the_address(reached: Reached) -> None:
    """Of somebody who is in no list and no ledger the page names no address, and the button works."""
    path = path_for(reached.site.small, "gone@example.org")
    page = reached.site.get(path)
    assert page.status == 200
    assert "no longer held here" in page.text
    assert reached.site.post(path).status == 200
    assert reached.site.get(path).title == "Nothing is sent any more"


def test_a_list_that_cannot_be_read_hides_no_other(reached: Reached) -> None:
    """The search goes on where somebody else's file is broken."""
    small = reached.site.small
    small.write("lists/aaa.csv", b"\xff\xfe\x00e\x00m")
    small.write("lists/zzz.csv", "email\nlast.of.all@example.org\n")
    assert "l…@example.org" in reached.site.get(path_for(small, "last.of.all@example.org")).text
    (small.root / "lists/aaa.csv").unlink()


def test_somebody_who_leaves_while_a_run_is_on_its_way_gets_nothing(small: Small) -> None:
    """By the page, from another process, between the first message and theirs."""
    with Relay() as relay, served(small) as site:
        small.use_relay(relay.port)
        small.change("newsletter.yaml", "per_second: 2000", "per_second: 2")
        receipt = small.receipt()
        with spawn("send", DRAFT, "--receipt", receipt, cwd=small.root, env=small.env) as process:
            assert relay.first.wait(30)
            last = EVERYBODY[-1]
            assert last not in relay.addresses
            assert site.post(path_for(small, last), ONE_CLICK).status == 200
            sent = finish(process)
        assert sent.code == 0, sent.err
        assert last not in relay.addresses
        assert set(relay.addresses) == set(EVERYBODY) - {last}
    assert small.good("status", ISSUE, "--json").json["suppressed"] == 1


def test_an_opt_out_waits_its_turn_for_the_ledger(small: Small) -> None:
    """While another process holds the ledger, a look is answered at once, and a POST when it is free."""
    with served(small) as site:
        path = path_for(small, SIAN)
        holder = sqlite3.connect(small.root / ".newsletter/ledger.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        answers: list[Answer] = []
        waiting = Thread(target=lambda: answers.append(site.post(path, ONE_CLICK)))
        waiting.start()
        time.sleep(0.5)
        assert site.get(path).title == "Stop getting these reports?"
        assert not answers
        holder.execute("COMMIT")
        holder.close()
        waiting.join(30)
        assert [answer.status for answer in answers] == [200]
        assert site.left() == [SIAN]


def test_nothing_of_a_visit_is_written_down(small: Small) -> None:
    """Not the link, not the address, not that somebody came; a kill -9 afterwards loses no opt-out."""
    with served(small) as site:
        path = path_for(small, TOM)
        site.get(path)
        site.post(path, ONE_CLICK)
        site.get("/u/forged")
        with socket.create_connection(site.listens_at) as raw:
            raw.sendall(f"GET {path} and more\r\n\r\n".encode())
            assert b" 400 " in raw.recv(4096)
        site.process.kill()
        ended = finish(site.process)
    assert ended.text == ""
    assert re.fullmatch("the pages are open here.*\n(WARNING Invalid HTTP request received.\n)?", ended.err)
    assert site.left() == [TOM]


def test_a_full_disk_is_no_lie(small: Small) -> None:
    """Who is told “you have left” has; everybody else is told to come again, or to write."""
    small.good("suppress", "list")  # The ledger is made while there is room.
    small.env.update(PYTHONPATH=LOUD, FILES_UP_TO="40000")
    with served(small) as site:
        paths = {
            f"reader{number}@example.org": path_for(small, f"reader{number}@example.org") for number in range(9)
        }
        answers = {who: site.post(path, ONE_CLICK) for who, path in paths.items()}
        assert all(site.get(path).status == 200 for path in paths.values())
        ended = site.end()
    refused = [answer for answer in answers.values() if answer.status == 503]
    assert refused
    assert {answer.title for answer in refused} == {"Not just now"}
    assert refused[0].headers["retry-after"] == "60"
    assert "leave@reports.example.org" in refused[0].text
    assert "Traceback" not in ended.err
    assert not any(who.partition("@")[0] in ended.err for who in paths)
    stand = {who: bool(small.good("explain", who, "--json").json["suppressions"]) for who in paths}
    assert stand == {who: answer.status == 200 for who, answer in answers.items()}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_altered_link_is_refused(reached: Reached, data: st.DataObject) -> None:
    """One character changed, left out or put in, anywhere: it is another's link, and nobody's."""
    token = reached.links[CROWD[30]].removeprefix("/u/")
    at = data.draw(st.integers(0, len(token) - 1))
    put = data.draw(st.sampled_from("abcXYZ234567_-.~"))
    cut = data.draw(st.integers(0, 1))
    altered = token[:at] + put + token[at + cut :]
    if altered == token:
        return
    answer = reached.site.ask("POST", f"/u/{altered}", headers={"X-Forwarded-For": f"198.51.100.{at}"})
    assert answer.status in {404, 429}


def test_the_site_of_another_process_is_the_same(reached: Reached) -> None:
    """Two processes serve one workspace: what one is told, the other knows."""
    with served(reached.site.small) as second:
        first: Site = reached.site
        second.post(reached.links[CROWD[31]], ONE_CLICK)
        assert first.get(reached.links[CROWD[31]]).title == "Nothing is sent any more"
