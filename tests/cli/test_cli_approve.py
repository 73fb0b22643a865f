"""`approve`: whose yes counts, to what, and what a send without one says."""

from __future__ import annotations

import shlex

import pytest

from tests.cli.relay import Relay
from tests.cli.small import DRAFT, ISSUE, Small


@pytest.fixture
def asked(small: Small, relay: Relay) -> Small:
    """A workspace that sends by SMTP, and only with the writer's yes."""
    assert relay.port
    small.change("newsletter.yaml", "transport: smtp\n", "transport: smtp\napproval: required\n")
    return small


def test_a_yes_needs_a_name(asked: Small) -> None:
    """What is none is refused, and stands in nobody's way."""
    receipt = asked.receipt()
    for name in ("", "   ", "\n\t", "Maya\x1b[2J", "M" * 101):
        refused = asked.run("approve", DRAFT, "--receipt", receipt, "--as", name)
        assert refused.code == 2
        assert "name" in refused.err
    assert asked.run("send", DRAFT, "--receipt", receipt).code == 1
    asked.good("approve", DRAFT, "--receipt", receipt, "--as", "Maya Hollins")
    asked.good("send", DRAFT, "--receipt", receipt)


def test_a_name_is_one_line(asked: Small) -> None:
    """However it was pasted."""
    said = asked.good("approve", DRAFT, "--receipt", asked.receipt(), "--as", " Maya\n  Hollins ")
    assert said.err == "Maya Hollins said yes to 5 copies. Any change to them voids it.\n"


def test_who_is_on_record_is_told(asked: Small) -> None:
    """The first who said yes to it, whoever comes later."""
    receipt = asked.receipt()
    asked.good("approve", DRAFT, "--receipt", receipt, "--as", "Maya Hollins")
    later = asked.good("approve", DRAFT, "--receipt", receipt, "--as", "Alex")
    assert later.err == "Maya Hollins had said yes to 5 copies before. Any change to them voids it.\n"


def test_what_is_not_ready_is_not_approved(asked: Small) -> None:
    """As a real send of it would be refused."""
    asked.change(f"drafts/{DRAFT}.md", f"id: {ISSUE}\n", "")
    receipt = asked.run("plan", DRAFT, "--json").json["receipt"]
    refused = asked.run("approve", DRAFT, "--receipt", receipt, "--as", "Maya Hollins")
    assert refused.code == 1
    assert "NOT READY" in refused.err
    asked.change(f"drafts/{DRAFT}.md", "title:", f"id: {ISSUE}\ntitle:")
    asked.change("newsletter.yaml", "limits: {", "limits: {max_recipients: 3, ")
    receipt = asked.run("plan", DRAFT, "--json").json["receipt"]
    refused = asked.run("approve", DRAFT, "--receipt", receipt, "--as", "Maya Hollins")
    assert refused.code == 1
    assert "max_recipients" in refused.err


def test_a_rehearsal_is_not_approved(asked: Small) -> None:
    """Its receipt is another than that of the real send."""
    way = ("--transport", "outbox")
    refused = asked.run("approve", DRAFT, *way, "--receipt", asked.receipt(*way), "--as", "Maya Hollins")
    assert refused.code == 2
    assert "a rehearsal needs nobody's yes" in refused.err


@pytest.mark.parametrize(
    ("by_default", "segments"), [("smtp", ()), ("outbox", ("--segment", "clp-secretaries"))]
)
def test_what_to_do_works_as_printed(asked: Small, segments: tuple[str, ...], by_default: str) -> None:
    """The line that a send without a yes prints, run as it stands, lets the same send through."""
    asked.change("newsletter.yaml", "transport: smtp", f"transport: {by_default}")
    chosen = (*segments, "--transport", "smtp")
    refused = asked.send(*chosen)
    assert refused.code == 1
    (line,) = [each.strip() for each in refused.err.splitlines() if "newsletter approve" in each]
    asked.good(*shlex.split(line.partition("newsletter ")[2]))
    sent = asked.send(*chosen)
    assert sent.code == 0, sent.err
