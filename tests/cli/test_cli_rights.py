"""`export-person`, `erase-person` and `retention`: all that is held, taken away, and no longer than needed."""

from __future__ import annotations

import os
import re
import sqlite3
import time

import pytest

from newsletter import dispatch
from newsletter.workspace import Workspace
from tests.cli.command import Result, finish, spawn
from tests.cli.relay import Relay
from tests.cli.small import AMP, DRAFT, EVERYBODY, ISSUE, JANE, MEMBERS_CSV, MUSTACHE, SIAN, Small


@pytest.fixture
def sent(small: Small, relay: Relay) -> Small:
    """After a rehearsal and a real send."""
    assert relay.port
    small.good("send", DRAFT, "--transport", "outbox")
    assert small.send().code == 0
    return small


def traces(small: Small, address: str) -> list[str]:
    """The files of the workspace in which an address stands."""
    return sorted(
        path.relative_to(small.root).as_posix()
        for path in small.root.rglob("*")
        if path.is_file() and address.encode() in path.read_bytes().lower()
    )


def erase(small: Small, address: str) -> Result:
    return small.good("erase-person", address, "--yes")


def test_everything_held_of_a_person_is_written_out(sent: Small) -> None:
    """Lists, consent, opt-outs, what was sent with what was merged, acts, rehearsals, and other places."""
    sent.good("suppress", "add", SIAN, "--list", "members", "--reason", "asked")
    sent.write("lists/old.csv", f"email,note\nx@example.org,sister of {SIAN}\n")
    held = sent.good("export-person", SIAN.upper()).json
    assert [(each["file"], each["line"], each["fields"]["first_name"]) for each in held["lists"]] == [
        ("lists/clp-secretaries.csv", 2, "Siân"),
        ("lists/members.csv", 2, "Siân"),
    ]
    assert held["consent"][0] == {
        "file": "lists/clp-secretaries.csv",
        "source": "reply form",
        "date": "2025-03-03",
    }
    assert [(each["reason"], each["list"]) for each in held["suppressions"]] == [("asked", "members")]
    real = next(each for each in held["messages"] if each["kind"] == "real")
    assert (real["issue"], real["state"], real["list"], real["address"]) == (
        ISSUE,
        "accepted",
        "clp-secretaries",
        SIAN,
    )
    assert real["merged"]["first_name"] == "Siân"
    assert [each["command"] for each in held["audit"]] == ["suppress", "export-person"]
    assert len(held["outbox"]) == 1
    assert held["numbered_in"] == ["clp-secretaries.csv", "members.csv"]
    assert held["named_in"] == ["lists/old.csv:2"]
    assert held["not_searched"] == []


def test_somebody_elses_data_is_in_nobodys_export(sent: Small) -> None:
    """Each of the five has one that names nobody of the others."""
    for address in EVERYBODY:
        shown = sent.good("export-person", address).text.lower()
        assert [each for each in EVERYBODY if each in shown] == [address]


def test_the_page_can_be_read_by_the_person(sent: Small) -> None:
    """The same as HTML, each value escaped, in a file that only the user can read."""
    sent.good("export-person", AMP, "-o", "amp.html")
    page = sent.root.joinpath("amp.html").read_text(encoding="utf-8")
    assert "<h1>What Maya Hollins holds about amp@example.net</h1>" in page
    assert "A&amp;B &lt;script&gt;" in page
    assert "<script" not in page
    assert "answers@reports.example.org" in page
    assert sent.root.joinpath("amp.html").stat().st_mode & 0o777 == 0o600
    assert sent.good("export-person", "nobody@example.org", "--format", "html").text.count("None.") == 1


def test_an_erased_person_is_gone_from_every_file(sent: Small) -> None:
    """Lists, ledger and what lies in it, outbox, audit log; the rest of the lists is as it was."""
    sent.good("suppress", "add", AMP, "--reason", f"asked by {AMP}")
    assert traces(sent, AMP) != []
    told = erase(sent, AMP).err
    assert "lists/members.csv: line 3 is taken out" in told
    assert f"ledger: 2 messages of {ISSUE} lose address and details; the sums stay" in told
    assert "outbox: 1 copy is deleted" in told
    assert traces(sent, AMP) == []
    lines = MEMBERS_CSV.splitlines(keepends=True)
    assert (sent.root / "lists/members.csv").read_text(encoding="utf-8") == "".join(lines[:2] + lines[3:])
    assert "nothing but a code is held of a…@example.net" in erase(sent, AMP).err


def test_an_erased_person_is_gone_from_what_was_said_of_others(sent: Small) -> None:
    """Whichever way their address is written there; of one that only ends like it, nothing changes."""
    ida, other = "ida@bücher.example", "frida@bücher.example"
    sent.write("lists/more.csv", f"email\n{ida}\n")
    reason = f"{other} asked, and IDA@Bücher.example, and ida@xn--bcher-kva.example."
    sent.good("suppress", "add", JANE, "--reason", reason)
    erase(sent, ida)
    (opt_out,) = sent.good("suppress", "list", "--json").json[:1]
    assert opt_out["reason"] == f"{other} asked, and …, and …."
    said = sent.root.joinpath(".newsletter/ledger.db").read_bytes().lower()
    assert re.search(rb"(?<!fr)ida@", said) is None


def test_no_list_brings_an_erased_person_back(sent: Small) -> None:
    """The old list restored, another, another spelling, an import of opt-outs that holds the address."""
    before = sent.good("status", ISSUE, "--json").json
    erase(sent, AMP)
    erase(sent, JANE)
    assert sent.good("status", ISSUE, "--json").json == before
    sent.write("lists/members.csv", MEMBERS_CSV.replace(AMP, AMP.upper()))
    sent.write("left.csv", f"{JANE}\n")
    assert "0 opted out now, 1 had already" in sent.good("suppress", "import", "left.csv").err
    shown = sent.good("plan", DRAFT, "--json", "--transport", "outbox").json
    assert shown["segments"][1]["excluded"]["suppressed"] == 2
    assert "opted out" in sent.good("explain", AMP).text
    assert sorted(traces(sent, JANE)) == ["left.csv", "lists/members.csv"]


def test_the_next_send_says_nothing_of_the_erased(sent: Small) -> None:
    """What is kept of the list lost them too, so that nobody is gone and nothing has to be confirmed."""
    erase(sent, AMP)
    lists = sent.good("plan", DRAFT, "--json").json["lists"]
    assert [each["changes"] for each in lists] == [None, None]


def test_erasing_needs_a_word_and_says_what_it_would_do(sent: Small) -> None:
    """Without a terminal --yes; places that a person must change by hand are named, and nothing is done."""
    sent.change(f"drafts/{DRAFT}.md", "Write to me.", f"Write to me, or to {AMP}.")
    result = sent.run("erase-person", AMP)
    assert result.code == 2
    assert "--yes" in result.err
    assert f"to be changed by hand: drafts/{DRAFT}.md:" in result.err
    assert "lists/members.csv" in traces(sent, AMP)
    shown = sent.good("erase-person", AMP, "--yes", "--json").json
    assert (shown["lists"], shown["messages"], len(shown["by_hand"])) == ({"members.csv": [3]}, 2, 1)
    assert traces(sent, AMP) == [f"drafts/{DRAFT}.md"]


def test_a_list_that_cannot_be_read_is_named(sent: Small) -> None:
    """Rather than passed over."""
    sent.write("lists/wide.csv", "email\n".encode("utf-16"))
    assert "not searched, since it cannot be read: lists/wide.csv" in erase(sent, AMP).err


def test_without_the_secret_nobody_who_was_erased_is_sent_to(sent: Small) -> None:
    """Every command stops and says what to put back; with it all is well again."""
    erase(sent, AMP)
    secret = sent.root / ".newsletter" / "secret"
    kept = secret.read_bytes()
    secret.unlink()
    for command in (("plan", DRAFT), ("send", DRAFT), ("status",), ("suppress", "list")):
        result = sent.run(*command)
        assert result.code != 0, command
        assert "Put the right secret" in result.err
    secret.write_bytes(kept)
    sent.good("plan", DRAFT)


def test_a_secret_that_is_lost_for_good_is_given_up_by_a_word(sent: Small) -> None:
    """With a reason, on record, and only where it is lost; from then on a list may bring them back."""
    refused = sent.run("suppress", "give-up-codes", "--reason", "by mistake")
    assert (refused.code, "nothing is lost" in refused.err) == (2, True)
    erase(sent, AMP)
    assert sent.run("suppress", "give-up-codes", "--reason", "by mistake").code == 2
    (sent.root / ".newsletter" / "secret").unlink()
    assert "--reason" in sent.run("suppress", "give-up-codes").err
    assert "give-up-codes" in sent.run("plan", DRAFT).err
    told = sent.good("suppress", "give-up-codes", "--reason", "the disk died").err
    assert "1 person is no longer kept out" in told
    assert sent.good("audit", "--json").json[-1]["command"] == "suppress give-up-codes"
    sent.write("lists/members.csv", MEMBERS_CSV)
    shown = sent.good("plan", DRAFT, "--json", "--transport", "outbox").json
    assert shown["segments"][1]["excluded"]["suppressed"] == 0


def test_nobody_is_erased_under_the_hands_of_a_sending(small: Small) -> None:
    """Exit 1 and nothing changed while another process has the message; afterwards it is done."""
    with Relay(delay_s=0.4) as relay:
        small.use_relay(relay.port)
        with spawn("send", DRAFT, "--receipt", small.receipt(), cwd=small.root) as sending:
            assert relay.first.wait(20)
            refused = small.run("erase-person", MUSTACHE, "--yes")
            sent = finish(sending)
        assert sent.code == 0, sent.err
    assert (refused.code, "in its hands right now" in refused.err) == (1, True)
    assert relay.addresses[MUSTACHE] == 1
    erase(small, MUSTACHE)
    assert small.good("status", ISSUE, "--json").json["accepted"] == 5


def test_an_erasure_that_was_cut_short_is_finished_by_the_next(sent: Small) -> None:
    """The ledger comes first; the lists and the rest follow when it is run again."""
    with dispatch.open_ledger(Workspace.open(sent.root, {})) as ledger:
        ledger.forgetting.person(AMP)
    assert "lists/members.csv" in traces(sent, AMP)
    assert "lists/members.csv: line 3 is taken out" in erase(sent, AMP).err
    assert traces(sent, AMP) == []


def test_what_was_sent_to_the_erased_cannot_be_made_again(sent: Small) -> None:
    """It says so, instead of showing a mail to nobody."""
    erase(sent, AMP)
    result = sent.run("render", "--sent", ISSUE, "--to", AMP)
    assert result.code == 2
    assert "no longer held" in result.err


def test_old_addresses_are_forgotten_by_the_day(sent: Small) -> None:
    """As the settings say, or --days; a dry run only counts; the sums and who has had it stay."""
    refused = sent.run("retention")
    assert (refused.code, "retention_days" in refused.err) == (2, True)
    sent.change("newsletter.yaml", "smtp:", "retention_days: 30\nsmtp:")
    assert sent.good("retention", "--json").json == {"people": 0, "rehearsals": []}
    before = sent.good("status", ISSUE, "--json").json
    make_older(sent, days=31)
    assert sent.good("retention", "--dry-run", "--json").json == {"people": 12, "rehearsals": [ISSUE]}
    assert traces(sent, AMP) == [".newsletter/ledger.db", "lists/members.csv", *traces_in_outbox(sent)]
    assert "12 rows of the ledger older than 30 days, and 1 rehearsal, forgotten" in sent.good("retention").err
    assert traces(sent, AMP) == ["lists/members.csv"]
    assert sent.good("status", ISSUE, "--json").json == before
    shown = sent.good("plan", DRAFT, "--json").json
    assert [each["excluded"]["already_sent"] for each in shown["segments"]] == [2, 3]
    assert f"{ISSUE}: has had it" in sent.good("explain", MUSTACHE).text


def test_a_real_send_forgets_what_is_old(sent: Small) -> None:
    """Where the settings say how long, without anybody thinking of it."""
    sent.change("newsletter.yaml", "smtp:", "retention_days: 30\nsmtp:")
    make_older(sent, days=31)
    sent.change(f"drafts/{DRAFT}.md", f"id: {ISSUE}", "id: next")
    sent.change(f"drafts/{DRAFT}.md", "it was long", "it was short")
    assert sent.send().code == 0
    held = sent.good("export-person", AMP).json["messages"]
    assert [(each["issue"], each["address"]) for each in held if each["kind"] == "real"] == [
        (ISSUE, None),
        ("next", AMP),
    ]


def traces_in_outbox(small: Small) -> list[str]:
    return [each for each in traces(small, AMP) if each.startswith("outbox/")]


def make_older(small: Small, *, days: int) -> None:
    """As if everything had been sent so many days before."""
    with sqlite3.connect(small.root / ".newsletter" / "ledger.db") as connection:
        connection.execute("UPDATE runs SET created_at = created_at - ?", [days * 86_400])
    connection.close()
    then = time.time() - days * 86_400
    for folder in (small.root / "outbox").glob("*/new"):
        os.utime(folder, (then, then))
