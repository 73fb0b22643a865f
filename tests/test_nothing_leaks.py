"""The real command, failing in every way there is: no address, password or key in a word it says.

Each run is as talkative as Python can make it: every logger at DEBUG, every warning shown, development mode.
"""

from __future__ import annotations

import base64
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tests.cli import small as small_workspace
from tests.cli.command import Result, finish, spawn
from tests.cli.relay import Relay
from tests.cli.small import DRAFT, ISSUE, Small
from tests.delivery.faulty_smtp import Fault as SmtpFault
from tests.delivery.faulty_smtp import FaultySmtp
from tests.delivery.postgres import new_database
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
    assert ("Traceback" in result.err) == ("BREAKS_AT" in env)
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

GOSSIP_AT_END = f"554 5.7.1 spam, says {FIRST} of {GOSSIP}\r\n"
SMTP_FAULTS = {
    "hangs up after the dot": (5, SmtpFault("END", take=True)),
    "names people instead of a reply": (5, SmtpFault("END", f"{GOSSIP}\r\n")),
    "is busy and names people": (5, SmtpFault("MAIL", f"421 4.7.0 busy with {GOSSIP}\r\n")),
    "refuses the sender and names people": (5, SmtpFault("MAIL", f"550 5.7.1 no mail to {GOSSIP}\r\n")),
    "refuses the content and names people": (5, SmtpFault("END", GOSSIP_AT_END, "go on")),
    "breaks off in the body": (6, SmtpFault("BODY", f"451 4.3.0 {GOSSIP}\r\n")),
}


@pytest.mark.parametrize("fault", SMTP_FAULTS)
def test_a_mail_server_that(tmp_path: Path, fault: str) -> None:
    """Whatever it says, of whomever."""
    code, what = SMTP_FAULTS[fault]
    with FaultySmtp(what, on=0, always=True) as server:
        send_fails(make(tmp_path, transport="smtp", port=str(server.port)), code=code)


def test_a_mail_server_that_repeats_each_address_in_its_refusal(tmp_path: Path) -> None:
    """The whole of it and its local part, as Exim and Exchange do."""
    answers = {each: f"550 5.1.1 <{each}>: {each.partition('@')[0]} unknown" for each in SECRETARIES}
    answers |= {each: f"450 4.2.0 {each} is greylisted" for each in MEMBERS}
    with Relay(answers=answers) as relay:
        small = make(tmp_path, transport="smtp", port=str(relay.port))
        send_fails(small, code=6)
    listed = small.good("status", ISSUE, "--list", "rejected").text
    assert "q…@example.org" in listed
    assert "550 5.1.1" in listed


def test_no_mail_server_at_all(tmp_path: Path) -> None:
    """Three lines in a row, and then the end."""
    send_fails(make(tmp_path, transport="smtp", port=str(free_port())), code=5)


@pytest.mark.parametrize("trusted", [False, True])
def test_a_login_that_goes_wrong(tmp_path: Path, trusted: bool) -> None:
    """By a certificate that nobody vouches for, and by a password that is not the right one."""
    certified = certificate(tmp_path)
    with aiosmtpd(login=True, tls_context=certified.server, require_starttls=True) as (taken, port):
        folder = tmp_path / "workspace"
        small = make(folder, transport="smtp", port=str(port), security="starttls", username=USER)
        trust = {"SSL_CERT_FILE": str(tmp_path / "relay.pem")} if trusted else {}
        result = send_fails(small, code=5, **trust)
    assert ("refuses the login" if trusted else "cannot be trusted") in result.err
    assert taken.messages == []


# SendGrid

TOLD = f'{{"errors": [{{"message": "The address {GOSSIP} is wrong", "field": null}}]}}'.encode()
ELSEWHERE = (("Location", f"http://127.0.0.1:9/{FIRST}"),)
SENDGRID_FAULTS = {
    "400": (5, Fault(wire=Wire.STATUS, status=400, body=TOLD)),
    "401": (5, Fault(wire=Wire.STATUS, status=401, body=TOLD)),
    "403": (5, Fault(wire=Wire.STATUS, status=403, body=TOLD)),
    "503": (7, Fault(wire=Wire.STATUS, status=503, body=TOLD)),
    "a redirect": (5, Fault(wire=Wire.STATUS, status=302, headers=ELSEWHERE, body=TOLD)),
    "no reply": (7, Fault(wire=Wire.RESET, acceptance=Acceptance.BEFORE)),
    "half a reply": (7, Fault(wire=Wire.CUT_BODY, status=400, body=TOLD)),
    "something else": (7, Fault(wire=Wire.GARBAGE)),
}


def by_sendgrid(root: Path, sendgrid: StandIn, key: str = KEY) -> Small:
    small = make(root, transport="sendgrid")
    made = replace(small, env=small.env | {"SENDGRID_API_KEY": KEY, "SENDGRID_API_HOST": sendgrid.url})
    made.good("sync")
    made.env["SENDGRID_API_KEY"] = key
    return made


@pytest.mark.parametrize("fault", SENDGRID_FAULTS)
def test_sendgrid_answers(tmp_path: Path, fault: str) -> None:
    """To every request, with everybody's address in the words."""
    code, what = SENDGRID_FAULTS[fault]
    with StandIn(expect_violations=True) as sendgrid:
        sendgrid.script(*[what] * 30)
        send_fails(by_sendgrid(tmp_path, sendgrid), code=code)


def test_sendgrid_calls_an_address_invalid(tmp_path: Path) -> None:
    """And names its place in the request."""
    with StandIn() as sendgrid:
        sendgrid.refuse(*SECRETARIES)
        send_fails(by_sendgrid(tmp_path, sendgrid), code=6)


def test_sendgrid_does_not_know_the_key(tmp_path: Path) -> None:
    """Which is then not repeated."""
    with StandIn() as sendgrid:
        send_fails(by_sendgrid(tmp_path, sendgrid, WRONG_KEY), code=5)


# The ledger

SPOILT_URLS = {
    "of an unknown kind": f"nosuchdb://ann:{DATABASE_PASSWORD}@127.0.0.1:1/ledger",
    "of a driver that is not there": f"mssql+pyodbc://ann:{DATABASE_PASSWORD}@127.0.0.1:1/ledger",
    "with an @ and a colon in the password": f"mysql://ann:p@s:{DATABASE_PASSWORD}@127.0.0.1/ledger",
    "with the password as an option": f"sqlite:////dev/null/ledger?password={DATABASE_PASSWORD}",
    "of a file that has a password": f"sqlite://ann:{DATABASE_PASSWORD}@127.0.0.1/ledger",
    "without a scheme": f"://ann:{DATABASE_PASSWORD}@127.0.0.1/ledger",
    "of a server that is not there": f"postgresql://ann:{DATABASE_PASSWORD}@127.0.0.1:1/ledger",
}


@pytest.mark.parametrize("spoilt", SPOILT_URLS)
def test_a_database_url(tmp_path: Path, spoilt: str) -> None:
    """Is not repeated when it is wrong: there may be a password in it."""
    small = make(tmp_path, transport="outbox")
    small.env["NEWSLETTER_DATABASE"] = SPOILT_URLS[spoilt]
    fails(small, "send", DRAFT, code=1)
    diagnosed = small.run("doctor", "--json")
    assert leaks(diagnosed.text, diagnosed.err) == []


def test_a_ledger_that_is_something_else(tmp_path: Path) -> None:
    """A file that is no database, and holds people."""
    small = make(tmp_path, transport="outbox")
    small.write(".newsletter/ledger.db", f"{GOSSIP}\n" * 500)
    fails(small, "send", DRAFT, code=1)


def test_a_worker_and_whatever_it_meets(tmp_path: Path) -> None:
    """A relay that repeats each address, and a database that ends every connection in the middle of it."""
    answers = {each: f"550 5.1.1 <{each}>: {each.partition('@')[0]} unknown" for each in SECRETARIES}
    with Relay(answers=answers) as relay:
        small = make(tmp_path, transport="smtp", port=str(relay.port))
        url = new_database()
        small.env["NEWSLETTER_DATABASE"] = url
        assert small.run("send", DRAFT, "--receipt", small.receipt(), "--no-wait").code == 0
        with loudly(small, "worker") as process:
            wait_for(lambda: not small.good("status", ISSUE, "--json").json["pending"])
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            time.sleep(1)
            process.send_signal(signal.SIGTERM)
            result = finish(process)
    assert '"event": "job-ended"' in result.err
    assert "every logger is heard" in result.err
    assert leaks(result.text, result.err) == []


def wait_for(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.2)


COMMANDS = (
    ("status", ISSUE),
    ("resume", ISSUE),
    ("send", DRAFT),
    ("suppress", "add", FIRST),
    ("explain", FIRST),
)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """A workspace of a run that reached nobody."""
    small = make(tmp_path_factory.mktemp("stopped"), transport="smtp", port=str(free_port()))
    assert small.send().code == 5
    return small


def copied(small: Small, root: Path) -> Small:
    shutil.copytree(small.root, root, dirs_exist_ok=True)
    return replace(small, root=root, env=dict(small.env))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_ledger_that_is_damaged(stopped: Small, tmp_path: Path, command: tuple[str, ...]) -> None:
    """Its tables are there, and what is in them makes no sense."""
    small = copied(stopped, tmp_path)
    damage(small.root / ".newsletter" / "ledger.db")
    result = fails(small, *command, code=1)
    assert "the ledger cannot be" in result.err


def damage(ledger: Path) -> None:
    """Write over the first page of the tables that hold people."""
    pages = "SELECT rootpage FROM sqlite_schema WHERE name IN ('people', 'suppressions')"
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        roots = [number for (number,) in connection.execute(pages)]
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    assert len(roots) == 2
    with ledger.open("r+b") as file:
        for number in roots:
            file.seek((number - 1) * size)
            file.write((FIRST.encode() * size)[:size])


@pytest.mark.parametrize("command", [("resume", ISSUE), ("suppress", "add", FIRST)], ids=" ".join)
def test_a_ledger_that_may_only_be_read(stopped: Small, tmp_path: Path, command: tuple[str, ...]) -> None:
    """The very statement that fails has somebody's address for a parameter."""
    small = copied(stopped, tmp_path)
    url = f"sqlite:///file:{small.root}/.newsletter/ledger.db?mode=ro&uri=true"
    result = fails(small, *command, code=1, NEWSLETTER_DATABASE=url)
    assert "readonly" in result.err


def test_a_disk_that_is_full(stopped: Small, tmp_path: Path) -> None:
    """No file may grow by a byte, the ledger's least of all."""
    small = copied(stopped, tmp_path)
    result = fails(small, "suppress", "add", FIRST, code=1, FILES_UP_TO="1000")
    assert "error: the ledger" in result.err


def test_an_outbox_that_cannot_be_written(tmp_path: Path) -> None:
    """There is a file in the place of its folder."""
    small = make(tmp_path, transport="outbox")
    small.write("outbox", GOSSIP)
    fails(small, "send", DRAFT, code=5)


# What nobody thought of


@pytest.mark.parametrize(
    ("event", "transport"),
    [
        ("sqlite3.connect", "smtp"),
        ("socket.connect", "smtp"),
        ("socket.connect", "sendgrid"),
        ("os.rename", "outbox"),
    ],
)
def test_a_defect(tmp_path: Path, event: str, transport: str) -> None:
    """Ends in a traceback, which shows lines of code and no values."""
    small = make(tmp_path, transport=transport, port=str(free_port()))
    with StandIn() as sendgrid:
        small.env.update(SENDGRID_API_KEY=KEY, SENDGRID_API_HOST=sendgrid.url)
        small.good("sync")
    small.env["SENDGRID_API_HOST"] = f"http://127.0.0.1:{free_port()}"
    rehearsal = transport == "outbox"
    receipt = () if rehearsal else ("--receipt", small.receipt())
    result = fails(small, "send", DRAFT, *receipt, code=1, BREAKS_AT=event)
    assert "sitecustomize.Unexpected" in result.err


def test_two_interruptions(tmp_path: Path) -> None:
    """Ctrl-C twice, in the middle of a message."""
    with Relay(delay_s=3) as relay:
        small = make(tmp_path, transport="smtp", port=str(relay.port))
        receipt = small.receipt()
        with loudly(small, "send", DRAFT, "--receipt", receipt) as process:
            assert relay.first.wait(30)
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            result = finish(process)
    assert result.code == 130, result.err[-2000:]
    assert leaks(result.text, result.err) == []


# Where whole addresses may stand


def test_an_address_is_shown_whole_only_where_it_is_asked_for(stopped: Small, tmp_path: Path) -> None:
    """The opt-outs and the export; so the searches above do find what there is to find."""
    small = copied(stopped, tmp_path)
    small.good("suppress", "add", FIRST)
    assert leaks(small.good("suppress", "list").text) == [LOCAL_PARTS[0]]
    exported = tmp_path / "rows.csv"
    said = small.good("status", ISSUE, "--export", str(exported))
    assert leaks(said.text, said.err) == []
    assert leaks(exported.read_text(encoding="utf-8")) == list(LOCAL_PARTS[:5])
    assert exported.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("command", [("plan", DRAFT), ("lists",), ("status",), ("check", DRAFT)], ids=" ".join)
def test_what_is_shown_on_the_way_is_masked(stopped: Small, command: tuple[str, ...]) -> None:
    """The dry run names examples, and the rows that are none."""
    said = stopped.run(*command)
    assert said.text
    assert leaks(said.text, said.err) == []
