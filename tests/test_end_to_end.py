"""From an empty folder to delivered mail, with the example that every new user gets: 3,545 people."""

from __future__ import annotations

import csv
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path

import pytest

from tests.cli.command import Result, run
from tests.cli.relay import Relay
from tests.cli.small import parsed, part

DRAFT = ISSUE = "nec-2026-11-17"
FILE = "2026-11-17-nec"
YAML_FILE = "2026-09-22-nec"
WRITER = "maya@reports.example.org"
SECRETARIES, MEMBERS = 650, 2895
ONLY_FOR_SECRETARIES = b"Four things to ask of secretaries"

_ADDRESS_BEFORE = re.compile(rb"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+$")
_ADDRESS_AFTER = re.compile(rb"[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Mail:
    """One message: its address, its bytes, and its two parts decoded."""

    address: str
    whole: bytes
    head: bytes
    text: bytes
    html: bytes

    @classmethod
    def of(cls, whole: bytes) -> Mail:
        head, _, body = whole.partition(b"\r\n\r\n")
        boundary = re.search(rb'boundary="([^"]+)"', head)
        assert boundary
        _, text, html, end = body.split(b"--" + boundary.group(1))
        assert end == b"--\r\n"
        _, address = getaddresses([_one(head, "To")])[0]
        return cls(address, whole, head, _decoded(text, b"text/plain"), _decoded(html, b"text/html"))

    def addresses(self) -> set[bytes]:
        """Every address in the whole message, however it is encoded: what stands around each `@`."""
        found = set()
        for content in (self.whole.replace(b"=\r\n", b"").replace(b"%40", b"@"), self.text, self.html):
            pieces = content.split(b"@")
            for before, after in zip(pieces, pieces[1:], strict=False):
                name, domain = _ADDRESS_BEFORE.search(before[-80:]), _ADDRESS_AFTER.match(after[:255])
                if name and domain:
                    found.add(name.group() + b"@" + domain.group().rstrip(b"."))
        return found


def _one(head: bytes, name: str) -> str:
    (value,) = BytesHeaderParser().parsebytes(head).get_all(name, [])
    return str(value)


def _decoded(part: bytes, kind: bytes) -> bytes:
    head, _, body = part.partition(b"\r\n\r\n")
    assert kind in head
    assert b"quoted-printable" in head
    return quopri.decodestring(body)


@dataclass(frozen=True, slots=True)
class Example:
    """The example workspace after a rehearsal."""

    root: Path
    rehearsed: Result

    def run(self, *arguments: str) -> Result:
        return run(*arguments, cwd=self.root)

    def mails(self) -> Iterator[Mail]:
        for path in (self.root / "outbox" / ISSUE / "new").iterdir():
            yield Mail.of(path.read_bytes())

    def column(self, name: str, column: str = "email") -> list[str]:
        with (self.root / "lists" / name).open(encoding="utf-8-sig", newline="") as file:
            return [row[column] or "" for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """A workspace made by `init` in an empty folder, with its report rehearsed."""
    root = tmp_path_factory.mktemp("example") / "reports"
    assert run("init", str(root), cwd=root.parent).code == 0
    return Example(root, run("send", FILE, cwd=root))


def test_the_dry_run_of_a_new_workspace_names_both_segments(example: Example) -> None:
    """The first command of a new user ends READY, with everybody counted."""
    shown = example.run("send", FILE, "--dry-run", "--json")
    assert shown.code == 0
    assert shown.json["total"] == SECRETARIES + MEMBERS
    assert [(each["name"], each["to_send"]) for each in shown.json["segments"]] == [
        ("clp-secretaries", SECRETARIES),
        ("members", MEMBERS),
    ]
    assert shown.json["checks"] == {"verdict": "READY", "problems": []}
    for segment in shown.json["segments"]:
        assert segment["matched"] == segment["to_send"] + sum(segment["excluded"].values())


def test_a_rehearsal_writes_a_mail_for_everybody_who_would_get_one(example: Example) -> None:
    """As many files as the plan counts, each for another person of the lists, and no one with a bad row."""
    assert example.rehearsed.code == 0
    assert "3,545 mails in outbox/nec-2026-11-17" in example.rehearsed.err
    addresses = [mail.address for mail in example.mails()]
    assert len(addresses) == len({address.lower() for address in addresses}) == SECRETARIES + MEMBERS
    listed = {each.strip().lower() for name in ("clp-secretaries.csv", "members.csv") for each in example.column(name)}
    assert {address.lower() for address in addresses} <= listed


def test_every_mail_is_whole_and_holds_nobody_else(example: Example) -> None:
    """All 3,545 of them: one person, the disclaimer twice, no leftover, and lines that no server breaks."""
    everybody = {mail.address.encode() for mail in example.mails()}
    secretaries = 0
    for mail in example.mails():
        assert mail.addresses() & everybody == {mail.address.encode()}
        for content in (mail.text, mail.html):
            assert b"This is my personal account" in content
            assert re.search(rb"not\s+the\s+official\s+record", content)
            assert b"{{" not in content
            assert b"}}" not in content
        assert max(map(len, mail.whole.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76
        assert b"\n." not in mail.whole
        assert (ONLY_FOR_SECRETARIES in mail.text) == (ONLY_FOR_SECRETARIES in mail.html)
        secretaries += ONLY_FOR_SECRETARIES in mail.text
    assert secretaries == SECRETARIES


def test_every_header_is_there_once(example: Example) -> None:
    """The fields that readers and programs look at; neither CC nor BCC, nor a line beyond 998 octets."""
    required = (
        *("From", "Reply-To", "To", "Subject", "Date", "Message-ID"),
        *("List-Id", "List-Unsubscribe", "Content-Language", "MIME-Version", "Content-Type"),
    )
    ids = set()
    for mail in example.mails():
        names = [line.partition(b":")[0].decode().lower() for line in re.split(rb"\r\n(?![ \t])", mail.head)]
        assert [names.count(name.lower()) for name in required] == [1] * len(required)
        assert not {"cc", "bcc", "sender"} & set(names)
        assert b"," not in re.sub(rb'"[^"]*"', b"", re.search(rb"\r\nTo: ([^\r]*)", mail.head).group(1))  # type: ignore[union-attr]
        ids.add(_one(mail.head, "Message-ID"))
        assert max(map(len, mail.head.split(b"\r\n"))) <= 998
    assert len(ids) == SECRETARIES + MEMBERS


def test_a_mail_opens_in_a_mail_client(example: Example) -> None:
    """One in fifty, read by the standard library: no defects, text before HTML, a date, the right addresses."""
    for number, mail in enumerate(example.mails()):
        if number % 50:
            continue
        message = parsed(mail.whole)
        assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]
        assert message["From"].addresses[0].addr_spec == message["Reply-To"] == WRITER
        assert len(message["To"].addresses) == 1
        assert parsedate_to_datetime(message["Date"]).tzinfo is not None
        assert message["Content-Language"] == "en-GB"
        assert message["List-Id"].endswith("<nec-reports.reports.example.org>")
        assert message["Message-ID"].endswith("@reports.example.org>")
        assert message["List-Unsubscribe"].startswith("<mailto:unsubscribe@reports.example.org?subject=")
        assert "personal account" in part(message, "plain")
        assert part(message, "html").lstrip().lower().startswith("<!doctype html")


@pytest.mark.parametrize("theme", ["report", "letter"])
@pytest.mark.parametrize("draft", [FILE, YAML_FILE])
def test_what_is_written_arrives_in_both_parts(example: Example, draft: str, theme: str) -> None:
    """Every heading and every link of the draft, in its order, by either theme and from either format."""
    source = next((example.root / "drafts").glob(f"{draft}.*")).read_text(encoding="utf-8")
    plain = re.sub(r"(?m)^theme: \w+", f"theme: {theme}", source)
    named = example.root / "drafts" / f"by-{theme}{'.md' if draft == FILE else '.yaml'}"
    named.write_text(plain, encoding="utf-8")
    message = parsed(example.run("render", named.stem, "--segment", "clp-secretaries", "--format", "eml").out)
    named.unlink()
    headings = re.findall(r"(?m)^(?:## |  - heading: )(.+?)$", source)
    links = re.findall(r"\]\((https?://[^)\s]+)\)", source)
    assert len(headings) >= 8
    assert links
    for kind in ("plain", "html"):
        content = part(message, kind)
        assert [link for link in links if link.replace("&", "&amp;") not in content and link not in content] == []
        assert "personal account" in content


def test_a_real_send_after_the_rehearsal_reaches_every_secretary_once(example: Example) -> None:
    """650 people by SMTP with the plan's receipt, the writer's copy beside them, and `status` that adds up."""
    with Relay() as relay:
        settings = example.root / "newsletter.yaml"
        text = settings.read_text(encoding="utf-8")
        text = re.sub(r"(?m)^transport: outbox", "transport: smtp", text)
        text = re.sub(r"(?s)host: localhost\n  port: 587\n  security: starttls", "host: 127.0.0.1\n  port: PORT\n  security: none", text)
        text = text.replace("PORT", str(relay.port)).replace("per_second: 50", "per_second: 100000")
        settings.write_text(text, encoding="utf-8")
        chosen = (FILE, "--segment", "clp-secretaries")
        receipt = example.run("plan", *chosen, "--json").json["receipt"]
        sent = example.run("send", *chosen, "--receipt", receipt, "--json")
        again = example.run("send", *chosen, "--receipt", receipt, "--json")
    assert (sent.code, again.code) == (0, 0), sent.err
    assert len(relay.addresses) == SECRETARIES
    assert set(relay.addresses.values()) == {1}
    assert len(relay.own_copies) == 1
    assert sent.json == again.json
    assert (sent.json["state"], sent.json["planned"], sent.json["accepted"]) == ("complete", 650, 650)
    rest = example.run("plan", FILE, "--json").json
    assert [each["to_send"] for each in rest["segments"]] == [0, MEMBERS]
