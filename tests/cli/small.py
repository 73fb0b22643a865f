"""A workspace of five people, made in a moment: two secretaries, and three members beside them."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from html import unescape
from pathlib import Path

from newsletter.message import INERT
from tests.cli.command import Result, run

ISSUE = "nec-2026-11-17"
DRAFT = "report"

SIAN, TOM = "sian@example.org", "tom.o'brien@example.org"
AMP, JANE, MUSTACHE = "amp@example.net", "jane@example.net", "mustache@example.test"
SECRETARIES, MEMBERS = (SIAN, TOM), (AMP, JANE, MUSTACHE)
EVERYBODY = (*SECRETARIES, *MEMBERS)

WRITER = "maya@reports.example.org"
DISCLAIMER = "This is my personal account"

SETTINGS = """\
sender:
  name: Maya Hollins
  role: Member
  from: maya@reports.example.org
  reply_to: answers@reports.example.org
list_id: nec.reports.example.org
unsubscribe_to: leave@reports.example.org
imprint: Promoted by Maya Hollins, 14 Mill Lane, Thornby
postal_address: Maya Hollins, 14 Mill Lane, Thornby
privacy_url: https://reports.example.org/privacy
smtp: {host: 127.0.0.1, port: 2, security: none, connections: 2}
limits: {per_second: 2000}
"""

SEGMENTS = """\
segments:
  clp-secretaries:
    title: CLP secretaries
    lists: [clp-secretaries.csv]
    where: {role: secretary}
  members:
    title: General members
    lists: [members.csv, clp-secretaries.csv]
"""

SECRETARIES_CSV = f"""\
email,first_name,last_name,clp,role,consent_source,consent_date
{SIAN},Siân,🌹,Anytown,secretary,reply form,2025-03-03
{TOM},Tom,O'Brien,Upper Thornby,secretary,reply form,2025-03-04
"""

MEMBERS_CSV = f"""\
email,first_name,last_name,clp,consent_source,consent_date
{SIAN},Siân,🌹,Anytown,website form,2024-01-01
{AMP},A&B <script>,,Anytown,website form,2024-01-02
{JANE},\"\"\"Doe, Jane\"\"\",,Anytown,website form,2024-01-03
{MUSTACHE},{{{{ first_name }}}},tabcdefghijkl000,Anytown,website form,2024-01-04
"""

TEXT = """\
---
id: nec-2026-11-17
title: Report of the November meeting
meeting: {body: National Executive Committee, date: 2026-11-17, kind: ordinary}
subject: "November, for {{ first_name | default('you') }}"
segments: [clp-secretaries, members]
---

Dear {{ first_name | default("friend") }},

We met, and it was long.

## Finance

- **Income** is down, says [the Treasurer](https://example.org/accounts?clp={{ clp | default("all") }}).

::: only clp-secretaries
Please put this on the agenda in {{ clp | default("your party") }}.
:::

## Keeping in touch

Write to me.
"""


@dataclass(frozen=True, slots=True)
class Small:
    """The workspace, and the commands in it. `env` is what every command is given."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        return run(*arguments, cwd=self.root, env=self.env | dict(env or {}))

    def good(self, *arguments: str) -> Result:
        """Run a command that must end well."""
        result = self.run(*arguments)
        assert result.code == 0, result.err
        return result

    def write(self, name: str, text: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def change(self, name: str, old: str, new: str) -> None:
        """Replace `old`, which must be there, in a file."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def use_relay(self, port: int) -> None:
        """Send by SMTP to this port from now on."""
        self.change("newsletter.yaml", "port: 2,", f"port: {port},")
        self.change("newsletter.yaml", "smtp:", "transport: smtp\nsmtp:")

    def receipt(self, *arguments: str) -> str:
        """The receipt of the dry run with these arguments."""
        return str(self.good("plan", DRAFT, "--json", *arguments).json["receipt"])

    def send(self, *arguments: str) -> Result:
        """A real send, by the receipt of the dry run with the same arguments."""
        return self.run("send", DRAFT, "--receipt", self.receipt(*arguments), *arguments)

    def outbox(self, name: str = ISSUE) -> dict[str, EmailMessage]:
        """The messages of an outbox folder, by recipient; two for one person would fail."""
        return by_recipient(path.read_bytes() for path in (self.root / "outbox" / name / "new").iterdir())


def make(root: Path) -> Small:
    """Write the workspace's files. Themes are the program's own."""
    small = Small(root)
    small.write("newsletter.yaml", SETTINGS)
    small.write("lists/segments.yaml", SEGMENTS)
    small.write("lists/clp-secretaries.csv", SECRETARIES_CSV)
    small.write("lists/members.csv", MEMBERS_CSV)
    small.write(f"drafts/{DRAFT}.md", TEXT)
    return small


def parsed(message: bytes) -> EmailMessage:
    """A message as a mail client reads it, without defects."""
    found: EmailMessage = email.message_from_bytes(message, policy=email.policy.default)
    assert not found.defects
    return found


def by_recipient(messages: Iterable[bytes]) -> dict[str, EmailMessage]:
    """Messages by the one address in To; a second one for the same address fails."""
    found: dict[str, EmailMessage] = {}
    for each in map(parsed, messages):
        (to,) = each["To"].addresses
        assert to.addr_spec not in found, "somebody has two messages"
        found[to.addr_spec] = each
    return found


def part(message: EmailMessage, kind: str) -> str:
    """The `plain` or `html` part, decoded, with LF."""
    found = message.get_body((kind,))
    assert found is not None
    assert not found.defects
    return str(found.get_content()).replace("\r\n", "\n")


def leaving(message: EmailMessage) -> set[str]:
    """The tokens of every unsubscribe link in header, text and HTML."""
    places = [message["List-Unsubscribe"], part(message, "plain"), unescape(part(message, "html"))]
    return {token for place in places for token in re.findall(r"subject=unsubscribe%20([^\s>\"&)]+)", place)}


def made_inert(message: EmailMessage, kind: str) -> str:
    """A part as a rehearsal would show it: its one way out replaced by one that does nothing.

    The HTML comes unescaped: two hyphens in a row, which a token may hold, are written there so that they
    could stand in a comment.
    """
    (token,) = leaving(message)
    said = part(message, kind)
    return (unescape(said) if kind == "html" else said).replace(token, INERT)
