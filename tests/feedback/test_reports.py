"""What real servers report: recorded from Postfix and Exim, and made live on the way from a send to a sync."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsletter.delivery.fate import Fate
from newsletter.feedback.letter import Sort
from tests.cli.small import DRAFT, ISSUE, MEMBERS_CSV, Small
from tests.delivery.postfix import Door, postfix
from tests.feedback.dovecot import PASSWORD, USER, Dovecot
from tests.feedback.letters import AT, READER, RUN, Known, letter
from tests.feedback.refusing import Refusing, as_delivered

REPORTS = sorted(Path(__file__).with_name("reports").glob("*.eml"))
GONE = "no such mailbox"

MEANINGS = {
    "absent": (Sort.BOUNCE, Fate.BOUNCED, GONE),
    "absent-to-the-writer": (Sort.BOUNCE, Fate.BOUNCED, GONE),
    "closed": (Sort.BOUNCE, Fate.BOUNCED, GONE),
    "content": (Sort.BOUNCE, Fate.BLOCKED, ""),
    "crowded": (Sort.BOUNCE, Fate.BOUNCED, ""),
    "late": (Sort.PROGRESS, Fate.DEFERRED, ""),
    "late-at-last": (Sort.BOUNCE, Fate.BOUNCED, ""),
    "plain": (Sort.BOUNCE, Fate.BOUNCED, ""),
    "policy": (Sort.BOUNCE, Fate.BLOCKED, ""),
    "relayed": (Sort.PROGRESS, Fate.PROCESSED, ""),
}
"""Why it was refused → what that says of the message and of the mailbox, whichever server tells it."""


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_a_recorded_report_means_what_was_said(path: Path) -> None:
    """Postfix hands the status on; Exim writes 5.0.0, and the reply says the rest."""
    case = path.stem.partition("-")[2]
    found = READER.read(path.read_bytes(), at=AT)
    assert found.event is not None
    assert (found.sort, found.event.fate, found.event.suppress) == MEANINGS[case]
    about = Known(re.sub("-.*", "", case).replace("relayed", "there") + "@members.example")
    to_the_writer = case == "absent-to-the-writer"
    assert (found.event.code, found.event.run) == (about.code, "" if to_the_writer else RUN)
    assert found.event.issue == ("nec-2026-11-17" if to_the_writer else "")
    assert "members.example" not in found.event.detail.replace("https://members.example/why", "")


def test_every_case_was_recorded_of_both() -> None:
    """But for the report on request, which Exim does not offer."""
    names = {path.stem for path in REPORTS}
    assert names == {f"{server}-{case}" for server in ("exim", "postfix") for case in MEANINGS} - {
        "exim-relayed"
    }


SETTINGS = """\
bounce_domain: bounces.example.org
imap: {{host: 127.0.0.1, port: {port}, security: none, username: {user}}}
limits:"""
REFUSED = ("absent", "closed", "crowded", "policy", "plain", "content")


def test_from_a_send_through_postfix_to_who_is_out(
    small: Small, mailbox: Dovecot, server_certificate: Path
) -> None:
    """Taken by the relay, refused by the next server, reported, filed by Dovecot, read by `sync`; in between
    somebody answers, and somebody leaves by the link in the mail that arrived.
    """
    rows = "".join(
        f"{name}@members.example,,,Anytown,form,2025-01-01\n" for name in (*REFUSED, "there", "leaver")
    )
    small.write("lists/members.csv", MEMBERS_CSV + rows)
    small.env["NEWSLETTER_IMAP_PASSWORD"] = PASSWORD
    small.change("newsletter.yaml", "limits:", SETTINGS.format(port=mailbox.port, user=USER))
    small.good("sync")
    next_hop = Refusing()
    with postfix(server_certificate, next_hop=next_hop) as relay:
        small.use_relay(relay.ports[Door.PLAIN])
        assert small.send("--segment", "members").code == 0
        relay.wait_until("every refusal is reported", lambda: len(next_hop.reports) == len(REFUSED))
    mailbox.put(as_delivered(to, report) for to, report in next_hop.reports)
    (leaving,) = [content for _, to, content in next_hop.messages if to == "leaver@members.example"]
    found = re.search(rb"subject=unsubscribe%20([\w.-]+)", leaving)
    assert found is not None
    mailbox.put([letter("", subject=f"unsubscribe {found[1].decode()}"), letter()])

    done = small.good("sync", "--json").json["mailbox"]
    assert (done["bounce"], done["leaving"], done["letter"]) == (6, 1, 1)
    out = {each["address"]: each["reason"] for each in small.good("suppress", "list", "--json").json}
    assert out == {
        "absent@members.example": GONE,
        "closed@members.example": GONE,
        "leaver@members.example": "unsubscribed",
    }
    stands = small.good("status", ISSUE, "--json").json
    assert (stands["accepted"], stands["rejected"]) == (11, 0), "a bounce is another axis"
    told = stands["feedback"]
    assert (told["bounced"], told["blocked"], told["unsubscribed"]) == (4, 2, 1)
    assert (
        small.good("plan", DRAFT, "--transport", "outbox", "--json").json["segments"][1]["excluded"][
            "suppressed"
        ]
        == 3
    )
