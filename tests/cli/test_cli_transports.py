"""One mail by three ways: the outbox, SMTP and SendGrid say the same to the same person."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pytest

from newsletter.message import INERT
from tests.cli import small as small_workspace
from tests.cli.relay import Relay
from tests.cli.small import (
    AMP,
    DRAFT,
    EVERYBODY,
    ISSUE,
    JANE,
    MUSTACHE,
    SIAN,
    TOM,
    WRITER,
    Small,
    leaving,
    made_inert,
    part,
)
from tests.sendgrid_stand_in import KEY, Acceptance, Fault, StandIn, Wire

CRLF = "crlf@example.test"
NAMES = {
    SIAN: "Siân",
    TOM: "Tom",
    AMP: "A&B <script>",
    JANE: '"Doe, Jane"',
    MUSTACHE: "{{ first_name }}",
    CRLF: "Ann Bcc: victim@example.org",
}


class Ways(NamedTuple):
    """The messages by recipient, as each transport delivered them."""

    outbox: dict[str, EmailMessage]
    smtp: dict[str, EmailMessage]
    sendgrid: dict[str, EmailMessage]


def sendgrid_workspace(small: Small, stand_in: StandIn) -> Small:
    """The same workspace, sending by SendGrid to the stand-in, whose lists it has just read."""
    small.change("newsletter.yaml", "smtp:", "transport: sendgrid\nsmtp:")
    made = replace(small, env={"SENDGRID_API_KEY": KEY, "SENDGRID_API_HOST": stand_in.url})
    made.good("sync")
    return made


def twin(small: Small, root: Path) -> Small:
    """Another workspace with the same files and the same secret, and a ledger of its own."""
    small.good("render", DRAFT)
    shutil.copytree(small.root, root, ignore=shutil.ignore_patterns("ledger.db*", "processes"))
    return replace(small, root=root)


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Ways:
    """The report, sent once by each transport."""
    small = small_workspace.make(tmp_path_factory.mktemp("ways") / "outbox")
    small.change(
        "lists/members.csv",
        f"\n{JANE}",
        f'\n{CRLF},"Ann\r\nBcc: victim@example.org",,Anytown,website form,2024-01-05\n{JANE}',
    )
    by_smtp, by_sendgrid = (twin(small, small.root.with_name(name)) for name in ("smtp", "sendgrid"))
    small.good("send", DRAFT)
    with Relay() as relay, StandIn(senders=[WRITER]) as sendgrid:
        by_smtp.use_relay(relay.port)
        assert by_smtp.send().code == 0
        by_sendgrid = sendgrid_workspace(by_sendgrid, sendgrid)
        assert by_sendgrid.send().code == 0
        found = {address: sendgrid.mail_to(address) for address in sendgrid.addresses if address != WRITER}
    return Ways(small.outbox(), relay.mail(), found)


def test_every_transport_reaches_the_same_people(ways: Ways) -> None:
    """Each of them once; the readers above would fail on two."""
    assert set(ways.outbox) == set(ways.smtp) == set(ways.sendgrid) == {*EVERYBODY, CRLF}


@pytest.mark.parametrize("address", [*EVERYBODY, CRLF])
def test_smtp_and_sendgrid_say_the_same(ways: Ways, address: str) -> None:
    """Subject, text and HTML are equal, and so is every header that programs read."""
    smtp, sendgrid = ways.smtp[address], ways.sendgrid[address]
    assert part(smtp, "plain") == part(sendgrid, "plain")
    assert part(smtp, "html") == part(sendgrid, "html")
    names = ("Subject", "From", "Reply-To", "Message-ID", "List-Id", "List-Unsubscribe", "Precedence")
    assert [smtp[name] for name in names] == [sendgrid[name] for name in names]


@pytest.mark.parametrize("address", [*EVERYBODY, CRLF])
def test_the_rehearsal_says_what_the_real_mail_says(ways: Ways, address: str) -> None:
    """But for the date and the way out, which does nothing in a rehearsal."""
    outbox, smtp = ways.outbox[address], ways.smtp[address]
    assert leaving(outbox) == {INERT} != leaving(smtp)
    for kind in ("plain", "html"):
        assert made_inert(outbox, kind) == made_inert(smtp, kind)
    for name in set(smtp.keys()) - {"Date", "List-Unsubscribe", "Content-Type"}:
        assert outbox[name] == smtp[name]


@pytest.mark.parametrize("way", Ways._fields)
@pytest.mark.parametrize(("address", "name"), NAMES.items())
def test_a_name_is_right_wherever_it_stands(ways: Ways, way: str, address: str, name: str) -> None:
    """In the subject and the text as it is written, in the HTML escaped, whatever it looks like."""
    mail = getattr(ways, way)[address]
    assert mail["Subject"] == f"November, for {name}"
    assert f"Dear {name},\n" in part(mail, "plain")
    (greeting,) = re.findall(r"Dear (.*?),\s*</p>", part(mail, "html"))
    assert unescape(greeting) == name
    assert "<" not in greeting
    assert mail["Bcc"] is None


@pytest.mark.parametrize("way", Ways._fields)
def test_the_name_in_to_is_the_person_s(ways: Ways, way: str) -> None:
    """SendGrid drops mail whose To name holds a comma, so for it the five marks of its bug are left out."""
    shown = {address: mail["To"].addresses[0].display_name for address, mail in getattr(ways, way).items()}
    whole = {
        SIAN: "Siân 🌹",
        TOM: "Tom O'Brien",
        AMP: "A&B <script>",
        JANE: '"Doe, Jane"',
        MUSTACHE: "{{ first_name }} tabcdefghijkl000",
        CRLF: NAMES[CRLF],
    }
    if way == "sendgrid":
        whole = {address: " ".join(re.sub('[,;"<>]', " ", name).split()) for address, name in whole.items()}
    assert shown == whole


@pytest.mark.parametrize("way", Ways._fields)
def test_no_mail_holds_another_person(ways: Ways, way: str) -> None:
    """No other address, and no other person's fields."""
    for address, mail in getattr(ways, way).items():
        said = " ".join([str(mail), part(mail, "plain"), part(mail, "html")])
        assert [other for other in (*EVERYBODY, CRLF) if other != address and other in said] == []
        assert ("Upper Thornby" in said) == (address == TOM)


def test_a_field_in_a_link_is_encoded_for_it(ways: Ways) -> None:
    """A CLP with a blank makes one link, in text and HTML, by every transport."""
    for way in ways:
        assert "https://example.org/accounts?clp=Upper%20Thornby\n" in part(way[TOM], "plain")
        assert 'href="https://example.org/accounts?clp=Upper%20Thornby"' in part(way[TOM], "html")


def test_status_by_sendgrid_adds_up_and_nobody_is_sent_to_again(small: Small) -> None:
    """Accepted is what SendGrid took; a second send reaches nobody."""
    with StandIn(senders=[WRITER]) as sendgrid:
        by_sendgrid = sendgrid_workspace(small, sendgrid)
        assert by_sendgrid.send().code == 0
        assert by_sendgrid.send().code == 0
        assert sorted(a for a in sendgrid.addresses if a != WRITER) == sorted(EVERYBODY)
    stands = by_sendgrid.good("status", ISSUE, "--json").json
    assert (stands["state"], stands["accepted"], stands["planned"]) == ("complete", 5, 5)


def test_a_wrong_key_stops_the_run_without_showing_it(small: Small) -> None:
    """Exit 5, everybody pending, and the key stands nowhere; with the right one `resume` finishes."""
    with StandIn(senders=[WRITER]) as sendgrid:
        by_sendgrid = sendgrid_workspace(small, sendgrid)
        receipt = by_sendgrid.receipt()
        wrong = {"SENDGRID_API_KEY": "SG.wrong.secret-of-mine"}
        stopped = by_sendgrid.run("send", DRAFT, "--receipt", receipt, env=wrong)
        assert stopped.code == 5
        assert "secret-of-mine" not in stopped.err + stopped.text
        assert by_sendgrid.good("status", ISSUE, "--json").json["pending"] == 5
        assert by_sendgrid.run("resume", ISSUE).code == 0
        assert sorted(a for a in sendgrid.addresses if a != WRITER) == sorted(EVERYBODY)


def test_without_a_key_nothing_begins(small: Small) -> None:
    """Exit 4, with the name of the variable; no run is left behind."""
    small.change("newsletter.yaml", "smtp:", "transport: sendgrid\nsmtp:")
    receipt = small.run("plan", DRAFT, "--json").json["receipt"]
    refused = small.run("send", DRAFT, "--receipt", receipt)
    assert refused.code == 4
    assert "SENDGRID_API_KEY" in refused.err
    assert small.good("status", "--json").json == []


def test_a_lost_answer_is_unknown_and_left_to_a_person(small: Small) -> None:
    """Exit 7: SendGrid may have taken it, so no machine sends it again."""
    with StandIn(senders=[WRITER]) as sendgrid:
        by_sendgrid = sendgrid_workspace(small, sendgrid)
        receipt = by_sendgrid.receipt("--segment", "members")
        sendgrid.script(Fault(wire=Wire.RESET, acceptance=Acceptance.BEFORE))
        lost = by_sendgrid.run("send", DRAFT, "--segment", "members", "--receipt", receipt)
        assert lost.code == 7
        assert by_sendgrid.run("resume", ISSUE).code in {0, 7}
    stands = by_sendgrid.good("status", ISSUE, "--json").json
    assert (stands["unknown"], stands["accepted"], stands["planned"]) == (3, 0, 3)


def at(by_sendgrid: Small, stand_in: StandIn) -> Small:
    """The same workspace, asking another SendGrid, which knows nothing."""
    return replace(by_sendgrid, env={**by_sendgrid.env, "SENDGRID_API_HOST": stand_in.url})


def test_events_that_sendgrid_posted_settle_whoever_was_unknown(small: Small, tmp_path: Path) -> None:
    """The reply was lost, the mail was taken: its events are proof, and of nobody else's attempt."""
    with StandIn(senders=[WRITER]) as sendgrid:
        by_sendgrid = sendgrid_workspace(small, sendgrid)
        receipt = by_sendgrid.receipt("--segment", "members")
        sendgrid.script(Fault(wire=Wire.RESET, acceptance=Acceptance.BEFORE))
        assert by_sendgrid.run("send", DRAFT, "--segment", "members", "--receipt", receipt).code == 7
        posted = sendgrid.events.events()
    foreign = [{**event, "attempt": "another"} for event in posted]
    events = tmp_path / "events.json"
    events.write_text(json.dumps(foreign), encoding="utf-8")
    with StandIn(senders=[WRITER]) as empty:
        elsewhere = at(by_sendgrid, empty)
        assert elsewhere.run("reconcile", ISSUE, "--events", str(events)).code == 7
    events.write_text("\n".join(json.dumps([event]) for event in posted), encoding="utf-8")
    with StandIn(senders=[WRITER]) as empty:
        settled = at(by_sendgrid, empty).run("reconcile", ISSUE, "--events", str(events), "--json")
    assert settled.code == 0, settled.err
    assert (settled.json["accepted"], settled.json["unknown"]) == (3, 0)


def test_a_copy_that_arrived_settles_its_reader_alone(small: Small, tmp_path: Path) -> None:
    """A delivered .eml is proof by its Message-ID; the same person's copy of another issue proves nothing."""
    with StandIn(senders=[WRITER]) as sendgrid:
        by_sendgrid = sendgrid_workspace(small, sendgrid)
        receipt = by_sendgrid.receipt("--segment", "members")
        sendgrid.script(Fault(wire=Wire.RESET, acceptance=Acceptance.BEFORE))
        assert by_sendgrid.run("send", DRAFT, "--segment", "members", "--receipt", receipt).code == 7
        reader = sendgrid.addresses[0]
    copy = small.good("render", "--sent", ISSUE, "--to", reader).out
    arrived, other = tmp_path / "arrived.eml", tmp_path / "other.eml"
    arrived.write_bytes(copy)
    other.write_bytes(copy.replace(f"Message-ID: <{ISSUE}.".encode(), b"Message-ID: <another-issue."))
    with StandIn(senders=[WRITER]) as empty:
        elsewhere = at(by_sendgrid, empty)
        before = elsewhere.run("reconcile", ISSUE, "--delivered", str(other), "--json")
        assert before.code == 7, before.err
        assert before.json["unknown"] == 3
        settled = elsewhere.run("reconcile", ISSUE, "--delivered", str(arrived), "--json")
    assert settled.code == 7
    assert (settled.json["accepted"], settled.json["unknown"]) == (1, 2)
