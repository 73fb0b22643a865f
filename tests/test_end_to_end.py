"""From an empty folder to delivered mail, with the example that every new user gets: 3,545 people."""

from __future__ import annotations

import csv
import html
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from tests.cli.command import Result, run
from tests.cli.relay import Relay
from tests.cli.small import parsed, part

ISSUE = "nec-2026-11-17"
FILE, YAML_FILE = "2026-11-17-nec", "2026-09-22-nec"
WRITER = "maya@reports.example.org"
SECRETARIES, MEMBERS = 650, 2895
ONLY_FOR_SECRETARIES = b"Four things to ask of secretaries"

REQUIRED = (
    *("from", "reply-to", "to", "subject", "date", "message-id"),
    *("list-id", "list-unsubscribe", "content-language", "mime-version", "content-type"),
)
_BEFORE_AT = re.compile(rb"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+$")
_AFTER_AT = re.compile(rb"[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found in one mail of the outbox, read once and byte by byte."""

    to: str
    addresses: frozenset[bytes]
    """Every address in the whole mail, however it is encoded."""
    header_names: tuple[str, ...]
    message_id: str
    longest_header_line: int
    longest_body_line: int
    starts_with_a_dot: bool
    disclaimers: int
    """In how many of the two parts it stands."""
    leftovers: int
    """Double braces in either part."""
    for_secretaries: tuple[bool, bool]

    @classmethod
    def of(cls, mail: bytes) -> Facts:
        head, _, body = mail.partition(b"\r\n\r\n")
        boundary = re.search(rb'boundary="([^"]+)"', head)
        assert boundary
        _, text, page, end = body.split(b"--" + boundary.group(1))
        assert end == b"--\r\n"
        parts = _decoded(text, b"text/plain"), _decoded(page, b"text/html")
        (_, to), *others = getaddresses(BytesHeaderParser().parsebytes(head).get_all("To", []))
        assert others == []
        return cls(
            to=to,
            addresses=frozenset(_addresses(mail.replace(b"=\r\n", b"").replace(b"%40", b"@"), *parts)),
            header_names=tuple(
                line.partition(b":")[0].decode().lower() for line in re.split(rb"\r\n(?![ \t])", head)
            ),
            message_id=str(BytesHeaderParser().parsebytes(head)["Message-ID"]),
            longest_header_line=max(map(len, head.split(b"\r\n"))),
            longest_body_line=max(map(len, body.split(b"\r\n"))),
            starts_with_a_dot=b"\n." in mail,
            disclaimers=sum(
                b"This is my personal account" in each
                and bool(re.search(rb"not\s+the\s+official\s+record", each))
                for each in parts
            ),
            leftovers=sum(each.count(b"{{") + each.count(b"}}") for each in parts),
            for_secretaries=(ONLY_FOR_SECRETARIES in parts[0], ONLY_FOR_SECRETARIES in parts[1]),
        )


def _addresses(*contents: bytes) -> Iterator[bytes]:
    """What stands around each `@`."""
    for content in contents:
        pieces = content.split(b"@")
        for before, after in pairwise(pieces):
            name, domain = _BEFORE_AT.search(before[-80:]), _AFTER_AT.match(after[:255])
            if name and domain:
                yield name.group() + b"@" + domain.group().rstrip(b".")


def _decoded(part_: bytes, kind: bytes) -> bytes:
    head, _, body = part_.partition(b"\r\n\r\n")
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

    def mails(self) -> list[Path]:
        return sorted((self.root / "outbox" / ISSUE / "new").iterdir())

    def listed(self) -> set[str]:
        """What stands under `email` in either list, usable or not."""
        found: set[str] = set()
        for path in (self.root / "lists").glob("*.csv"):
            with path.open(encoding="utf-8-sig", newline="") as file:
                found |= {(row["email"] or "").strip().lower() for row in csv.DictReader(file)}
        return found


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """A workspace made by `init` in an empty folder, with its report rehearsed."""
    root = tmp_path_factory.mktemp("example") / "reports"
    assert run("init", str(root), cwd=root.parent).code == 0
    return Example(root, run("send", FILE, cwd=root))


@pytest.fixture(scope="module")
def facts(example: Example) -> list[Facts]:
    """Of every mail that the rehearsal wrote."""
    return [Facts.of(path.read_bytes()) for path in example.mails()]


def test_the_dry_run_of_a_new_workspace_names_both_segments(example: Example) -> None:
    """A new user's first plan counts everybody, and nothing stands against it."""
    shown = example.run("send", FILE, "--dry-run", "--json")
    assert shown.code == 0
    assert shown.json["total"] == SECRETARIES + MEMBERS
    assert [(each["name"], each["to_send"]) for each in shown.json["segments"]] == [
        ("clp-secretaries", SECRETARIES),
        ("members", MEMBERS),
    ]
    assert shown.json["checks"]["verdict"] == "READY"
    for segment in shown.json["segments"]:
        assert segment["matched"] == segment["to_send"] + sum(segment["excluded"].values())


def test_a_rehearsal_writes_a_mail_for_everybody_who_would_get_one(
    example: Example, facts: list[Facts]
) -> None:
    """As many files as the plan counts, each for another person of the lists."""
    assert example.rehearsed.code == 0
    assert f"3,545 mails in outbox/{ISSUE}" in example.rehearsed.err
    reached = {each.to.lower() for each in facts}
    assert len(facts) == len(reached) == SECRETARIES + MEMBERS
    assert reached <= example.listed()


def test_no_mail_holds_another_person_s_address(facts: list[Facts]) -> None:
    """In none of 3,545, neither in the header nor in either part, plain or encoded."""
    everybody = {each.to.encode() for each in facts}
    assert [each.addresses & everybody for each in facts] == [{each.to.encode()} for each in facts]


def test_every_mail_holds_the_disclaimer_in_both_parts_and_no_leftover(facts: list[Facts]) -> None:
    """Everybody, in either edition."""
    assert {each.disclaimers for each in facts} == {2}
    assert {each.leftovers for each in facts} == {0}


def test_everybody_has_the_edition_of_their_segment(facts: list[Facts]) -> None:
    """What is for secretaries alone reaches as many as there are secretaries, in both parts."""
    assert [each.for_secretaries for each in facts].count((True, True)) == SECRETARIES
    assert [each.for_secretaries for each in facts].count((False, False)) == MEMBERS


def test_every_header_is_there_once(facts: list[Facts]) -> None:
    """The fields that readers and programs look at, and neither CC nor BCC; no Message-ID comes twice."""
    counted = {tuple(each.header_names.count(name) for name in REQUIRED) for each in facts}
    assert counted == {(1,) * len(REQUIRED)}
    assert [each for each in facts if {"cc", "bcc", "sender"} & set(each.header_names)] == []
    assert len({each.message_id for each in facts}) == len(facts)


def test_no_line_is_longer_than_servers_take(facts: list[Facts]) -> None:
    """76 octets in the body, 998 in the header (RFC 5322 section 2.1.1), and no dot to be stuffed."""
    assert max(each.longest_body_line for each in facts) <= 76
    assert max(each.longest_header_line for each in facts) <= 998
    assert not any(each.starts_with_a_dot for each in facts)


def test_a_mail_opens_in_a_mail_client(example: Example) -> None:
    """One in a hundred, read by the standard library: no defects, text before HTML, headers as meant."""
    for path in example.mails()[::100]:
        message = parsed(path.read_bytes())
        assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]
        assert message["From"].addresses[0].addr_spec == message["Reply-To"] == WRITER
        assert message["Subject"] == "My November NEC report: finance, selections and a close vote"
        assert parsedate_to_datetime(message["Date"]).tzinfo is not None
        assert message["Content-Language"] == "en-GB"
        assert message["List-Id"].endswith("<nec-reports.reports.example.org>")
        assert message["Message-ID"].endswith("@reports.example.org>")
        assert message["List-Unsubscribe"].startswith("<mailto:unsubscribe@reports.example.org?subject=")
        assert "personal account" in part(message, "plain")
        assert part(message, "html").lstrip().lower().startswith("<!doctype html")


@pytest.mark.parametrize("theme", ["report", "letter"])
@pytest.mark.parametrize("draft", [FILE, YAML_FILE])
def test_whatever_is_written_arrives_in_both_parts_in_its_order(
    example: Example, draft: str, theme: str
) -> None:
    """Every heading, paragraph, bullet and link of either draft, by either theme."""
    source = next((example.root / "drafts").glob(f"{draft}.*"))
    said = source.read_text(encoding="utf-8")
    copy = source.with_stem(f"by-{theme}")
    copy.write_text(re.sub(r"(?m)^theme: \w+", f"theme: {theme}", said), encoding="utf-8")
    eml = example.run("render", copy.stem, "--segment", "clp-secretaries", "--format", "eml").out
    copy.unlink()
    written = _written(said, is_yaml=source.suffix == ".yaml")
    passages = [passage for line in written.splitlines() if len(passage := _letters(line)) > 8]
    links = re.findall(r"\]\((https?://[^)\s{]+)\)", written)
    assert len(passages) > 60
    assert len(links) > 3
    message = parsed(eml)
    for content in (part(message, "plain"), _without_tags(part(message, "html"))):
        _assert_in_order(passages, _letters(content))
    for kind in ("plain", "html"):
        _assert_in_order(links, html.unescape(part(message, kind)))


def _written(source: str, *, is_yaml: bool) -> str:
    """What a draft says to secretaries, a line for each passage, without its merge fields."""
    if is_yaml:
        front = yaml.safe_load(source)
        said = [front.get("intro", "")]
        for section in front["sections"]:
            if "clp-secretaries" in section.get("only", ["clp-secretaries"]):
                said += [section["heading"], section["body"], *section.get("points", [])]
        text = "\n\n".join([*said, front.get("closing", "")])
    else:
        text = source.split("---\n", 2)[2]
    text = re.sub(r"(?ms)^::: only members$.*?^:::$", "", text)
    text = re.sub(r"(?m)^:::.*$", "", text)
    lines = [line for line in text.splitlines() if "{{" not in line and not line.startswith("|")]
    return "\n".join(lines)


def _letters(text: str) -> str:
    """The letters alone: whatever typography, markup and line breaks do, they stay, in their order."""
    return re.sub(r"[\W\d_]+", "", re.sub(r"\]\([^)]*\)", "", text)).lower()


def _without_tags(page: str) -> str:
    body = page[page.index("<body") :]
    return html.unescape(re.sub(r"<!--.*?-->|<style.*?</style>|<[^>]+>", "", body, flags=re.DOTALL))


def _assert_in_order(passages: list[str], content: str) -> None:
    """Each of them stands after the one before."""
    at = 0
    for passage in passages:
        found = content.find(passage, at)
        assert found >= 0, passage
        at = found


def test_a_real_send_after_the_rehearsal_reaches_every_secretary_once(
    example: Example, facts: list[Facts]
) -> None:
    """650 people by SMTP with the plan's receipt, the writer's copy beside them, and `status` that adds up."""
    chosen = (FILE, "--segment", "clp-secretaries")
    with Relay() as relay:
        settings = example.root / "newsletter.yaml"
        text = settings.read_text(encoding="utf-8").replace("transport: outbox", "transport: smtp")
        text = text.replace("host: localhost", "host: 127.0.0.1").replace(
            "security: starttls", "security: none"
        )
        text = text.replace("port: 587", f"port: {relay.port}").replace("per_second: 50", "per_second: 100000")
        settings.write_text(text, encoding="utf-8")
        receipt = example.run("plan", *chosen, "--json").json["receipt"]
        sent = example.run("send", *chosen, "--receipt", receipt, "--json")
        again = example.run("send", *chosen, "--receipt", receipt, "--json")
    assert (sent.code, again.code) == (0, 0), sent.err
    assert set(relay.addresses) == {each.to for each in facts if each.for_secretaries[0]}
    assert set(relay.addresses.values()) == {1}
    assert len(relay.own_copies) == 1
    assert sent.json == again.json
    assert (sent.json["state"], sent.json["planned"], sent.json["accepted"]) == ("complete", 650, 650)
    rest = example.run("plan", FILE, "--json").json
    assert [each["to_send"] for each in rest["segments"]] == [0, MEMBERS]
