"""The real command, failing in every way there is: no address, password or key in a word it says.

Each run is as talkative as Python can make it: every logger at DEBUG, every warning shown, development mode.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import sqlite3
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
MEMBERS = (f"{LOCAL_PARTS[2]}@example.org", f"{LOCAL_PARTS[3]}+list@example.org", f"{LOCAL_PARTS[4]}@example.org")
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

NAMES_EVERYBODY = " ".join(f"<{address}>" for address in (*SECRETARIES, *MEMBERS))
"""What a server may repeat to us."""


def leaks(*said: str) -> list[str]:
    text = "\n".join(said).casefold()
    return [each for each in NEVER_SAID if each.casefold() in text]


def make(root: Path) -> Small:
    """A workspace whose people are easily found in a log, and whose list has a row that is none."""
    small = replace(small_workspace.make(root), env=SECRETS)
    for name, people, role in (("clp-secretaries", SECRETARIES, "secretary"), ("members", MEMBERS, "")):
        rows = (f"{each},Zoë,Quince,Anytown,{role},reply form,2025-03-03\n" for each in (*people, BAD_ROW))
        head = "email,first_name,last_name,clp,role,consent_source,consent_date\n"
        small.write(f"lists/{name}.csv", head + "".join(rows))
    return small
