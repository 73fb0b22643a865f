"""The real command, failing in every way there is: no address, password or key in a word it says.

Each run is as talkative as Python can make it: every logger at DEBUG, every warning shown, development mode.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.cli import small as small_workspace
from tests.cli.command import Result, finish, spawn
from tests.cli.relay import Relay
from tests.cli.small import DRAFT, ISSUE, Small
from tests.delivery.faulty_smtp import Fault as SmtpFault
from tests.delivery.faulty_smtp import FaultySmtp
from tests.delivery.smtp_servers import PASSWORD as RELAY_PASSWORD
from tests.delivery.smtp_servers import aiosmtpd, certificate, free_port
from tests.sendgrid_stand_in import KEY, Acceptance, Fault, StandIn, Wire

LOUD = str(Path(__file__).with_name("loud"))

LOCAL_PARTS = ("quillfeather", "marrowby", "o'tansy", "sprigwort", "brönnhild", "thistledown")
"""Unlike any other word, so that even half an address would be found."""
FIRST = f"{LOCAL_PARTS[0]}@example.org"
SECRETARIES = (FIRST, f"{LOCAL_PARTS[1]}@example.net")
MEMBERS = (
    f"{LOCAL_PARTS[2]}@example.org",
    f"{LOCAL_PARTS[3]}+list@example.org",
    f"{LOCAL_PARTS[4]}@example.org",
)
BAD_ROW = f"{LOCAL_PARTS[5]}@@example.org"

USER = "mailbox-user@reports.example.org"
SMTP_PASSWORD, DATABASE_PASSWORD, IMAP_PASSWORD = "hush-smtp-4711", "hush-database-4712", "hush-imap-4713"
SIGNING_SECRET, WRONG_KEY = "hush-signing-4714", "SG.hush-key-4715"
SECRETS = {
    "NEWSLETTER_SMTP_PASSWORD": SMTP_PASSWORD,
    "NEWSLETTER_IMAP_PASSWORD": IMAP_PASSWORD,
    "NEWSLETTER_SECRET": SIGNING_SECRET,
}
NEVER_SAID = (
    *LOCAL_PARTS,
    *SECRETS.values(),
    DATABASE_PASSWORD,
    KEY,
    WRONG_KEY,
    RELAY_PASSWORD,
    base64.b64encode(f"\0{USER}\0{SMTP_PASSWORD}".encode()).decode(),
    base64.b64encode(SMTP_PASSWORD.encode()).decode(),
)

GOSSIP = " ".join(f"<{address}>" for address in (*SECRETARIES, *MEMBERS))
"""What another side may repeat to us."""


def leaks(*said: str) -> list[str]:
    text = "\n".join(said).casefold()
    return [each for each in NEVER_SAID if each.casefold() in text]


def make(root: Path, *, transport: str, **changes: str) -> Small:
    """A workspace whose people are easily found in a log, with rows in its lists that are none."""
    small = replace(small_workspace.make(root), env=dict(SECRETS))
    for name, people, role in (("clp-secretaries", SECRETARIES, "secretary"), ("members", MEMBERS, "")):
        rows = (f"{each},Zoë,Quince,Anytown,{role},reply form,2025-03-03\n" for each in (*people, BAD_ROW))
        head = "email,first_name,last_name,clp,role,consent_source,consent_date\n"
        small.write(f"lists/{name}.csv", head + "".join(rows))
    smtp = {"host": "127.0.0.1", "port": "2", "security": "none", "connections": "1"} | changes
    settings = ", ".join(f"{name}: {value}" for name, value in smtp.items())
    small.change("newsletter.yaml", "smtp: {host: 127.0.0.1, port: 2, security: none, connections: 2}", "")
    small.write(
        "newsletter.yaml",
        f"{(root / 'newsletter.yaml').read_text()}transport: {transport}\nsmtp: {{{settings}}}\n",
    )
    return small


@contextmanager
def loudly(small: Small, *arguments: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """The real command, saying all it can."""
    loud = {"PYTHONPATH": LOUD, "PYTHONDEVMODE": "1", "PYTHONWARNINGS": "default"}
    with spawn(*arguments, cwd=small.root, env=small.env | loud | env) as process:
        yield process


def fails(small: Small, *arguments: str, code: int, **env: str) -> Result:
    """Run the command to its bad end, and see that nothing private was said on the way."""
    with loudly(small, *arguments, **env) as process:
        result = finish(process)
    assert result.code == code, result.err[-2000:]
    assert "every logger is heard" in result.err
    assert leaks(result.text, result.err) == []
    return result


def send_fails(small: Small, *, code: int, **env: str) -> Result:
    """A real send by the receipt of its dry run, to its bad end, and the account of it afterwards."""
    receipt = small.receipt()
    result = fails(small, "send", DRAFT, "--receipt", receipt, code=code, **env)
    for state in ("rejected", "deferred", "unknown"):
        listed = small.run("status", ISSUE, "--list", state)
        assert leaks(listed.text, listed.err) == []
    return result


# SMTP

AT_END = f"554 5.7.1 spam, says {FIRST} of {GOSSIP}\r\n"
FAULTS = {
    "hangs up after the dot": (7, SmtpFault("END", None, take=True)),
    "resets after the dot": (7, SmtpFault("END", None, "reset")),
    "says 421 and names people": (5, SmtpFault("MAIL", f"421 4.7.0 busy with {GOSSIP}\r\n")),
    "refuses the sender and names people": (5, SmtpFault("MAIL", f"550 5.7.1 no mail to {GOSSIP}\r\n")),
    "refuses the content and names people": (5, SmtpFault("END", AT_END, "go on")),
    "refuses the data and names people": (5, SmtpFault("DATA", AT_END, "go on")),
    "names people instead of a reply": (7, SmtpFault("END", f"{GOSSIP}\r\n")),
    "breaks off in the body": (5, SmtpFault("BODY", f"451 4.3.0 {GOSSIP}\r\n")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_smtp_that(tmp_path: Path, fault: str) -> None:
    """Whatever the server says, to whomever."""
    code, what = FAULTS[fault]
    with FaultySmtp(what, on=0, always=True) as server:
        send_fails(make(tmp_path, transport="smtp", port=str(server.port)), code=code)
