"""`newsletter sync` and a real mailbox: what is recognised is acted on once, whatever happens on the way."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import update

from newsletter.delivery.outcome import State
from newsletter.delivery.schema import people
from newsletter.dispatch import open_ledger
from newsletter.message import code_for
from newsletter.model import Recipient
from newsletter.workspace import Workspace
from tests.cli.command import clean_environment
from tests.cli.small import ISSUE, Small
from tests.delivery.parts import new_run
from tests.feedback.dovecot import PASSWORD, USER, Dovecot, dovecot
from tests.feedback.letters import LEAVE_ADDRESS, WRITER, Known, complaint, letter, report
from tests.feedback.line_cutter import LineCutter

SETTINGS = """\
imap: {{host: 127.0.0.1, port: {port}, security: none, username: {user}, vouched_by: mx.reports.example.org}}
limits:"""


MEMORY_KB = 70_000
"""What the program may take beside its code; one of the mails alone would need more."""


@dataclass(frozen=True)
class Post:
    """A workspace with a mailbox, and the people who have had its mail."""

    small: Small
    mailbox: Dovecot
    known: Sequence[Known]

    def through(self, port: int) -> None:
        """Read the mailbox through another port from now on."""
        text = (self.small.root / "newsletter.yaml").read_text()
        self.small.write(
            "newsletter.yaml", re.sub(r"(imap: \{host: 127.0.0.1, port: )\d+", rf"\g<1>{port}", text)
        )

    def left(self) -> dict[str, str]:
        """Who is suppressed, and why."""
        return {each["address"]: each["reason"] for each in self.small.good("suppress", "list", "--json").json}


def opened(small: Small, mailbox: Dovecot, number: int, *, state: State = State.ACCEPTED) -> Post:
    """People who were sent an issue, which their mail server took."""
    small.env["NEWSLETTER_IMAP_PASSWORD"] = PASSWORD
    small.change("newsletter.yaml", "limits:", SETTINGS.format(port=mailbox.port, user=USER))
    workspace = Workspace.open(small.root, {})
    secret = workspace.secret()
    addresses = [f"reader{each}@members.example" for each in range(number)]
    with open_ledger(workspace) as ledger:
        run = ledger.freeze(
            new_run(issue=ISSUE),
            [(Recipient(to, to, "members", {}), ("Ann", None, None), code_for(to, secret)) for to in addresses],
        )
        with ledger._database.write() as connection:
            connection.execute(update(people).values(state=state, attempt="a1", attempts=1, claimed_at=1_000.0))
    return Post(small, mailbox, [Known(each, secret, run.name) for each in addresses])


def thousand(known: Sequence[Known]) -> list[bytes]:
    """A thousand mails, a hundred of each of ten kinds, the kinds mixed."""
    mails = []
    for number, each in enumerate(known[:100]):
        name = f"{number}"
        mails += [
            report(each, name=f"gone{name}"),
            report(known[100 + number], status="5.2.2", said="smtp; 552 5.2.2 full", name=f"full{name}"),
            report(known[200 + number], action="delayed", status="4.4.1", name=f"late{name}"),
            letter("", to=LEAVE_ADDRESS, subject=f"unsubscribe {known[300 + number].token}", name=f"l{name}"),
            letter("Away.", to=known[400 + number].envelope, Auto_Submitted="auto-replied", name=f"a{name}"),
            letter(f"Thank you, {name}.", name=f"r{name}"),
            letter("Where is item 4?", subject="A question", name=f"q{name}"),
            letter(subject="unsubscribe", name=f"u{name}"),
            report(to=WRITER, returned="Subject: something\n", name=f"n{name}"),
            complaint(known[500 + number]).replace(
                b"Subject: complaint", b"Message-ID: <c%d>\nSubject: c" % number
            ),
        ]
    return mails


def test_a_thousand_mails_a_lost_line_and_a_second_run(small: Small, mailbox: Dovecot) -> None:
    """The line breaks twice, then it holds, and then there is nothing new: nothing is done twice."""
    post = opened(small, mailbox, 600)
    mails = thousand(post.known)
    mailbox.put(mails)
    read = 0
    for after in (200_000, 450_000):
        with LineCutter(mailbox.port, after=after) as line:
            post.through(line.port)
            lost = small.run("sync", "--json")
            assert (lost.code, line.cuts) == (5, 1)
        assert "the connection was lost" in lost.err
        assert 0 < lost.json["mailbox"]["read"] < 1_000 - read
        read += lost.json["mailbox"]["read"]
    post.through(mailbox.port)
    last = small.good("sync", "--json").json["mailbox"]
    assert read + last["read"] == 1_000
    again = small.good("sync", "--json").json["mailbox"]
    assert not any(again.values())

    assert post.left() == (
        {each.address: "no such mailbox" for each in post.known[:100]}
        | {each.address: "unsubscribed" for each in post.known[300:400]}
        | {each.address: "complained" for each in post.known[500:600]}
    )
    filed = [*mailbox.mails("Newsletter").values()]
    kept = [*mailbox.mails().values()]
    assert sorted(filed + kept) == sorted(mails), "a mail is gone, or there twice"
    assert len(filed) == 600
    assert mailbox.flags() == [""] * 300 + ["F"] * 100, "a letter was marked"
    assert mailbox.flags("Newsletter") == [""] * 600


def test_a_mail_of_fifty_megabytes_takes_no_memory(small: Small, mailbox: Dovecot) -> None:
    """Of each mail the beginning is fetched: a bounce that returns an attachment, and a letter with one."""
    post = opened(small, mailbox, 1)
    much = b"x" * 76 + b"\n"
    bounce = report(post.known[0]).replace(b"Dear friend,", much * 650_000)
    mailbox.put([bounce, letter().replace(b"Thank you", much * 650_000)])
    limited = f"ulimit -d {MEMORY_KB}; exec {sys.executable} -m newsletter sync --json"
    done = subprocess.run(
        ["/bin/sh", "-c", limited],
        cwd=small.root,
        env=clean_environment(small.env),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["mailbox"]["bounce"] == 1
    assert list(post.left()) == [post.known[0].address]


def test_after_a_restore_of_the_mailbox_nothing_is_done_twice(small: Small, mailbox: Dovecot) -> None:
    """All numbers are new, and every mail is read again; whom a person brought back stays."""
    post = opened(small, mailbox, 2)
    one, two = post.known
    mailbox.put([report(one), letter("", subject=f"unsubscribe {two.token}")])
    assert small.good("sync", "--json").json["mailbox"]["suppressed"] == 2
    small.good("suppress", "remove", two.address, "--reason", "asked to come back")
    for mail in mailbox.mails("Newsletter").values():
        mailbox.put([mail])
    mailbox.renumber()
    again = small.good("sync", "--json").json["mailbox"]
    assert (again["read"], again["suppressed"]) == (2, 0)
    assert list(post.left()) == [one.address]


def test_what_a_mail_proves_settles_whoever_was_unknown(small: Small, mailbox: Dovecot) -> None:
    """A bounce or an answer to the envelope sender shows that the relay took the message; a letter does not."""
    post = opened(small, mailbox, 3, state=State.UNKNOWN)
    one, two, _ = post.known
    mailbox.put([report(one, status="5.7.1"), letter("Away.", to=two.envelope, Auto_Submitted="auto-replied")])
    assert small.good("sync", "--json").json["mailbox"]["settled"] == 2
    stands = small.run("status", ISSUE, "--json").json
    assert (stands["accepted"], stands["unknown"]) == (2, 1)
    assert post.left() == {}


def test_it_says_what_was_done_in_plain_words(small: Small, mailbox: Dovecot) -> None:
    """And what is left for a person to do; of nobody the address."""
    post = opened(small, mailbox, 2)
    mailbox.put([report(post.known[0]), letter(subject="unsubscribe"), letter(), letter()])
    said = small.good("sync")
    assert said.text == ""
    asks = "flagged, for anybody could have written it; read it, and: newsletter suppress add ADDRESS"
    assert said.err.splitlines() == [
        "mailbox: 4 new mails",
        "  1 message came back: moved to Newsletter",
        f"  1 request to leave without the link: {asks}",
        "  2 letters for you: left in place",
        "  1 mailbox suppressed from now on",
    ]


def test_folders_may_be_named_in_any_letters(small: Small, mailbox: Dovecot) -> None:
    """On the server they are in its own UTF-7 (RFC 3501 section 5.1.3)."""
    opened(small, mailbox, 1)
    small.change("newsletter.yaml", "vouched_by:", "filed_in: R&D 台北 réponses, vouched_by:")
    mailbox.put([letter("Away.", Auto_Submitted="auto-replied")])
    assert small.good("sync", "--json").json["mailbox"]["automatic"] == 1
    assert len(mailbox.mails("R&-D &U,BTFw- r&AOk-ponses")) == 1
    small.change("newsletter.yaml", "filed_in:", "folder: R&D 台北 réponses, filed_in:")
    assert small.good("sync", "--json").json["mailbox"]["automatic"] == 1


def test_the_session_is_encrypted_and_the_server_known(
    small: Small, mailbox: Dovecot, server_certificate: Path
) -> None:
    """By TLS and by STARTTLS; a certificate that nobody signed is refused before the password is said."""
    post = opened(small, mailbox, 1)
    small.env["SSL_CERT_FILE"] = str(server_certificate)
    small.change("newsletter.yaml", "security: none, user", "security: starttls, user")
    assert small.good("sync", "--json").json["mailbox"]["read"] == 0
    small.change(
        "newsletter.yaml",
        f"port: {mailbox.port}, security: starttls",
        f"port: {mailbox.tls_port}, security: tls",
    )
    assert small.good("sync", "--json").json["mailbox"]["read"] == 0
    del small.env["SSL_CERT_FILE"]
    for port, security in ((mailbox.tls_port, "tls"), (mailbox.port, "starttls")):
        post.through(port)
        small.change("newsletter.yaml", "security: tls, user", f"security: {security}, user")
        refused = small.run("sync")
        assert (refused.code, "certificate is not good" in refused.err) == (5, True), refused.err


def test_where_the_offer_of_tls_is_missing_no_password_is_said(small: Small, server_certificate: Path) -> None:
    """Somebody on the way may have taken it out."""
    with dovecot(server_certificate, secured=False) as plain:
        opened(small, plain, 1)
        small.change("newsletter.yaml", "security: none, user", "security: starttls, user")
        refused = small.run("sync")
        assert (refused.code, "offers no STARTTLS" in refused.err) == (4, True)
        assert "Login" not in (plain.folder / "log").read_text()


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (("username:", "folder: Nowhere, username:"), 4, "has no folder Nowhere"),
        (("host: 127.0.0.1", "host: mail.example.org"), 4, "would send the password in clear"),
        (("limits:", "limits:"), 4, "refused imap.username and its password"),
    ],
)
def test_settings_that_do_not_fit_are_said(
    small: Small, mailbox: Dovecot, change: tuple[str, str], code: int, said: str
) -> None:
    """What is wrong and where to look; never the password, nor whose mailbox it is."""
    opened(small, mailbox, 1)
    if change[0] == change[1]:
        small.env["NEWSLETTER_IMAP_PASSWORD"] = "wrong-and-secret"
    small.change("newsletter.yaml", *change)
    result = small.run("sync")
    assert (result.code, said in result.err) == (code, True), result.err
    assert not any(secret in result.err for secret in (PASSWORD, "wrong-and-secret", USER))


def test_without_a_password_or_a_source_nothing_is_tried(small: Small, mailbox: Dovecot) -> None:
    """Exit 4, with what to set."""
    nothing = small.run("sync")
    assert nothing.code == 4
    assert "there is nothing to read" in nothing.err
    opened(small, mailbox, 1)
    del small.env["NEWSLETTER_IMAP_PASSWORD"]
    without = small.run("sync")
    assert without.code == 4
    assert "NEWSLETTER_IMAP_PASSWORD" in without.err


def test_a_server_that_is_not_there_is_said(small: Small, mailbox: Dovecot) -> None:
    """Exit 5: it may be there later."""
    post = opened(small, mailbox, 1)
    post.through(1)
    assert small.run("sync").code == 5
