"""The probes ask a site on this machine, and a program that stands in for SpamAssassin."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from newsletter.checks import Answer, SpamScore
from newsletter.probes import links, spamassassin
from newsletter.workspace import initialise
from tests.cli.command import run
from tests.cli.small import DRAFT, Small
from tests.spamassassin import stand_in, use_the_real_one

GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
"""What SpamAssassin's makers published to try it with."""


class Site(BaseHTTPRequestHandler):
    """`/there`, `/gone`, `/no-head` (which refuses HEAD), `/moved`, `/elsewhere`, `/slow`, `/picture.jpg`."""

    asked: list[tuple[str, str]]
    server: ThreadingHTTPServer

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_GET(self) -> None:
        self._answer("GET")

    def _answer(self, method: str) -> None:
        self.asked.append((method, self.path))
        status, headers = 200, {"Content-Length": "12"}
        match self.path.partition("?")[0]:
            case "/gone":
                status = 404
            case "/no-head" if method == "HEAD":
                status = 405
            case "/moved":
                status, headers = 301, {"Location": "/there"}
            case "/elsewhere":
                status, headers = 302, {"Location": f"http://localhost:{self.server.server_port}/there"}
            case "/nothing":
                self.connection.close()
                return
            case "/picture.jpg":
                headers = {"Content-Length": "6000000"}
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a site on this machine, whatever proxy the machine has."""
    monkeypatch.setenv("no_proxy", "*")
    Site.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_each_link_gets_its_answer(site: str) -> None:
    """There, gone, moved within the site and beyond it, a site that refuses HEAD, and one that says nothing."""
    names = ("there", "gone", "no-head", "moved", "elsewhere", "picture.jpg")
    found = links.fetch(f"{site}/{name}" for name in names)
    assert [found[f"{site}/{name}"] for name in names] == [
        Answer(200, size_bytes=12),
        Answer(404),
        Answer(200, size_bytes=12),
        Answer(200, size_bytes=12),
        Answer(200, size_bytes=12, location="localhost"),
        Answer(200, size_bytes=6_000_000),
    ]
    assert found.keys() == {f"{site}/{name}" for name in names}


def test_a_page_is_asked_for_only_where_its_head_is_refused(site: str) -> None:
    """And each address once, however often it is linked to."""
    links.fetch([f"{site}/there", f"{site}/there", f"{site}/gone"])
    assert sorted(Site.asked) == [("GET", "/gone"), ("HEAD", "/gone"), ("HEAD", "/there")]


def test_a_site_that_is_not_there_says_why(site: str) -> None:
    """In words, not as an error."""
    port = int(site.rpartition(":")[2])
    closed = f"http://127.0.0.1:{port}0" if port < 6_553 else f"http://127.0.0.1:{port - 1}"
    found = links.fetch([f"{site}/nothing", closed, "ftp://127.0.0.1/x", f"{site}/sp ace"])
    assert [answer.status for answer in found.values()] == [None, None, None, 200]
    assert all(answer.why for answer in found.values() if answer.status is None)


def test_more_links_than_a_report_has_are_not_fetched(site: str) -> None:
    """The rest could not be checked, and is said so."""
    found = links.fetch([f"{site}/there?{number}" for number in range(links.MOST + 2)])
    assert len(Site.asked) == links.MOST
    assert [answer.why for answer in found.values() if answer.status is None] == [
        "there are too many links"
    ] * 2


@pytest.fixture
def assassin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a program that stands in for SpamAssassin."""
    stand_in(tmp_path, monkeypatch)
    return tmp_path


def test_spamassassin_is_asked_offline(assassin: Path) -> None:
    """By `-L`, and with the message whole."""
    found = spamassassin.score(b"Subject: Report\r\n\r\nText\r\n")
    assert found is not None
    assert (found.score, found.required, found.tests) == (6.3, 5.0, ("HTML_MESSAGE", "SUBJ_ALL_CAPS"))
    assert (assassin / "arguments").read_text() == "-L -t\n"
    assert (assassin / "message").read_bytes() == b"Subject: Report\n\nText\n"


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("#!/bin/sh\nexit 70\n", "it ended with exit code 70"),
        ("#!/bin/sh\nexec cat\n", "it gave no score"),
        ("#!/bin/sh\nexec sleep 9\n", "it took more than 0.5 seconds"),
        ("#!/nowhere/perl\n", "it could not be started: No such file or directory"),
    ],
)
def test_a_spamassassin_that_does_not_answer_says_why(assassin: Path, program: str, why: str) -> None:
    """It is there, and so its silence is no good score."""
    (assassin / "bin" / "spamassassin").write_text(program)
    assert spamassassin.score(b"Subject: Report\r\n\r\nText\r\n", timeout_s=0.5) == SpamScore(None, why=why)


def test_check_says_that_spamassassin_did_not_answer(
    small: Small, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COULD NOT CHECK, and what to do about it."""
    folder = tmp_path_factory.mktemp("assassin")
    stand_in(folder, monkeypatch)
    (folder / "bin" / "spamassassin").write_text("#!/bin/sh\nexit 70\n")
    found = small.run("check", DRAFT, "--json").json
    assert found["verdict"] == "COULD NOT CHECK"
    (spam,) = [each for each in found["problems"] if each["code"] == "S10"]
    assert "exit code 70); run: spamassassin --lint" in spam["message"]


def test_without_spamassassin_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few machines have it."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert spamassassin.score(b"Subject: Report\r\n\r\nText\r\n") is None


def test_the_real_spamassassin_finds_the_example_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the program writes around a report costs no points worth a note, and `check` is READY."""
    use_the_real_one(monkeypatch)
    initialise(tmp_path / "example")
    found = run("check", "2026-11-17-nec", "--json", cwd=tmp_path / "example").json
    assert found == {"verdict": "READY", "problems": []}


def test_the_real_spamassassin_warns_of_spam(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the line that all filters know, and by name; and keeps nothing of it in the home directory."""
    use_the_real_one(monkeypatch)
    monkeypatch.setenv("HOME", str(small.root))
    small.change(f"drafts/{DRAFT}.md", "Write to me.", f"Write to me. `{GTUBE}`")
    found = small.run("check", DRAFT, "--json").json
    (spam,) = [each for each in found["problems"] if each["code"] == "S10"]
    assert (spam["severity"], found["verdict"]) == ("warning", "WARN")
    assert "GTUBE" in spam["message"]
    assert not (small.root / ".spamassassin").exists()


def test_check_online_fetches_the_links_and_offline_does_not(small: Small, site: str) -> None:
    """Only `--online` asks; what is gone is told at its line."""
    small.change(f"drafts/{DRAFT}.md", "Write to me.", f"Write to me, or see [the old page]({site}/gone).")
    links_of_the_text = 'https://example.org/accounts?clp={{ clp | default("all") }}'
    small.change(f"drafts/{DRAFT}.md", links_of_the_text, f"{site}/there")
    small.change("newsletter.yaml", "https://reports.example.org/privacy", f"{site}/there?privacy")
    assert [each["code"] for each in small.good("check", DRAFT, "--json").json["problems"]] == ["C09", "C09"]
    assert Site.asked == []
    found = small.run("check", DRAFT, "--online", "--json", env={"no_proxy": "*"}).json["problems"]
    (gone,) = [each for each in found if each["code"] == "C28"]
    assert gone["message"] == f"is not there (404): {site}/gone"
    assert gone["where"].startswith(f"drafts/{DRAFT}.md:")
    assert ("HEAD", "/there?privacy") in Site.asked


def test_check_can_be_asked_for_a_real_transport_and_one_segment(small: Small) -> None:
    """The domain's records matter there; `doctor` has not been run."""
    shown = small.good("check", DRAFT, "--transport", "smtp", "--segment", "members", "--json").json
    assert shown["verdict"] == "COULD NOT CHECK"
    assert [each["code"] for each in shown["problems"]] == ["S08"]


def test_what_doctor_wrote_is_read_by_every_preflight(small: Small) -> None:
    """`check` and `plan` say the same of the domain."""
    found = (
        '{"checked_at": "2099-01-01T00:00:00Z", "domain": "reports.example.org", "spf": "ok", "dkim": "ok",'
        ' "dmarc": "missing", "alignment": "ok", "details": {"dmarc": "publish one"}}'
    )
    small.write(".newsletter/doctor.json", found)
    for command in ("check", "plan"):
        shown = run(command, DRAFT, "--transport", "smtp", "--json", cwd=small.root).json
        problems = shown["problems"] if command == "check" else shown["checks"]["problems"]
        (problem,) = [each for each in problems if each["code"] == "S08"]
        assert problem["message"] == "DMARC of reports.example.org is missing: publish one"


def test_an_unknown_check_in_a_draft_is_told_before_anything_else(small: Small) -> None:
    """The program's own codes are the ones a draft may name."""
    small.change(f"drafts/{DRAFT}.md", "segments:", "silence: {C99: why, P01: why}\nsegments:")
    refused = small.run("check", DRAFT)
    assert refused.code == 3
    assert "unknown check 'C99'" in refused.err
    assert "'P01' cannot be silenced" in refused.err
