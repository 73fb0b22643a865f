"""`audit`: which command did what, when and by whom, with people as codes."""

from __future__ import annotations

import pytest

from tests.cli.relay import Relay
from tests.cli.small import AMP, DRAFT, ISSUE, JANE, Small


def commands(small: Small) -> list[tuple[str, int | None]]:
    return [(each["command"], each["exit_code"]) for each in small.good("audit", "--json").json]


def test_whatever_changes_something_is_written_down_once(small: Small, relay: Relay) -> None:
    """With what it was given and how it ended; what only shows is not."""
    assert relay.port
    receipt = small.receipt()
    small.good("approve", DRAFT, "--receipt", receipt, "--as", "Maya Hollins")
    small.run("send", DRAFT)
    small.good("send", DRAFT, "--receipt", receipt)
    small.good("resume", ISSUE)
    small.good("stop", ISSUE)
    small.good("retry", ISSUE, "--failed")
    small.good("reconcile", ISSUE)
    small.good("status", "--json")
    small.good("status", ISSUE, "--export", "rows.csv")
    small.good("suppress", "list")
    small.good("lists")
    assert commands(small) == [
        ("approve", 0),
        ("send", 2),
        ("send", 0),
        ("resume", 0),
        ("stop", 0),
        ("retry", 0),
        ("reconcile", 0),
        ("status", 0),
    ]
    assert small.good("audit", "--json").json[0]["given"] == {
        "draft": DRAFT,
        "receipt": receipt,
        "name": "Maya Hollins",
    }


def test_no_address_stands_in_the_log(small: Small) -> None:
    """Neither as somebody named, nor within a reason; the code finds what was done to a person."""
    small.good("suppress", "add", AMP.upper(), "--reason", f"asked by {JANE}, for <{AMP}>.")
    small.good("suppress", "add", JANE, "--reason", "asked")
    shown = small.good("audit").text
    assert "suppress action=add what=" in shown
    assert "@" not in shown
    first = small.good("audit", AMP, "--json").json
    assert [each["given"]["action"] for each in first] == ["add"]
    assert first[0]["given"]["what"] in first[0]["given"]["reason"]
    assert len(small.good("audit", JANE, "--json").json) == 2
    assert small.good("audit", "else@example.org", "--json").json == []


@pytest.mark.parametrize("last", [1, 2])
def test_the_last_acts_are_shown(small: Small, last: int) -> None:
    """As many as are asked for."""
    for address in (AMP, JANE, "c@example.org"):
        small.good("suppress", "add", address)
    assert len(small.good("audit", "--last", str(last)).text.splitlines()) == last


def test_a_new_workspace_has_done_nothing(small: Small) -> None:
    """It says so on stderr, and stdout is empty."""
    result = small.good("audit")
    assert (result.text, result.err.strip()) == ("", "nothing was done yet")
