"""A list that became another since the last send: shown, and used only by a person's word."""

from __future__ import annotations

import pytest

from tests.cli.relay import Relay
from tests.cli.small import AMP, DRAFT, ISSUE, JANE, MEMBERS_CSV, MUSTACHE, SIAN, Small

NEXT = "nec-2027-01-26"


@pytest.fixture
def sent(small: Small, relay: Relay) -> Small:
    """The workspace, after a first issue has gone out and the draft has become the next."""
    assert relay.port
    assert small.send().code == 0
    small.change(f"drafts/{DRAFT}.md", f"id: {ISSUE}", f"id: {NEXT}")
    small.change(f"drafts/{DRAFT}.md", "We met, and it was long.", "We met again.")
    return small


def changes(small: Small) -> dict[str, object]:
    lists = small.run("plan", DRAFT, "--json").json["lists"]
    return {each["file"]: each["changes"] for each in lists}


def test_lists_that_are_what_they_were_are_not_compared(sent: Small) -> None:
    """Nothing is said of them, and nothing asked."""
    assert changes(sent) == {"clp-secretaries.csv": None, "members.csv": None}
    assert sent.send().code == 0


def test_what_changed_in_a_list_is_part_of_the_plan(sent: Small) -> None:
    """Counted and masked, with the addresses of those who are gone found in the ledger."""
    sent.good("suppress", "add", JANE)
    sent.change("lists/members.csv", AMP, "new@example.net")
    sent.change("newsletter.yaml", "limits: {", "limits: {drift_percent: 60, ")
    assert changes(sent)["members.csv"] == {
        "since": ISSUE,
        "people": 4,
        "before": 4,
        "new": 1,
        "gone": 1,
        "changed": 0,
        "refused": 0,
        "opted_out": 1,
    }
    shown = sent.good("plan", DRAFT).text
    assert f"since {ISSUE}: 1 new (n…@example.net), 1 gone (a…@example.net); 1 of its people opted out" in shown
    assert sent.send().code == 0


def test_a_list_that_changed_too_much_is_used_by_a_word_alone(sent: Small, relay: Relay) -> None:
    """Without a terminal by --accept-drift; the receipt alone will not do, and nothing was sent before."""
    sent.write(
        "lists/members.csv", MEMBERS_CSV.replace(AMP, "x@example.org").replace(MUSTACHE, "y@example.org")
    )
    plan = sent.run("plan", DRAFT)
    assert plan.code == 1
    assert "lists/members.csv changed by more than 20 % since the last send" in plan.err
    receipt = sent.run("plan", DRAFT, "--json").json["receipt"]
    before = len(relay.taken)
    refused = sent.run("send", DRAFT, "--receipt", receipt)
    assert refused.code == 1
    assert "--accept-drift" in refused.err
    assert len(relay.taken) == before
    assert sent.run("send", DRAFT, "--receipt", receipt, "--accept-drift").code == 0
    assert changes(sent)["members.csv"] is None


def test_a_rehearsal_compares_nothing(sent: Small) -> None:
    """It is not a use of the list, and nothing is asked before one."""
    sent.write(
        "lists/members.csv", MEMBERS_CSV.replace(AMP, "x@example.org").replace(MUSTACHE, "y@example.org")
    )
    assert sent.good("send", DRAFT, "--transport", "outbox").code == 0
    assert changes(sent)["members.csv"] is not None


def test_a_list_that_is_not_sent_by_is_not_used(small: Small, relay: Relay) -> None:
    """Sending to secretaries alone keeps their list, and leaves the members' as it was."""
    assert relay.port
    assert (
        small.run(
            "send",
            DRAFT,
            "--receipt",
            small.receipt("--segment", "clp-secretaries"),
            "--segment",
            "clp-secretaries",
        ).code
        == 0
    )
    shown = {each["file"]: each["changes"] for each in small.good("lists", "check", "--json").json["lists"]}
    assert shown["clp-secretaries.csv"]["since"] == ISSUE
    assert shown["members.csv"]["since"] is None


def test_the_number_of_a_segment_is_not_told_twice(sent: Small) -> None:
    """Where a list has moved too far the plan says so once, and says more than the check of numbers does."""
    sent.write("lists/members.csv", MEMBERS_CSV.replace(AMP, "broken").replace(MUSTACHE, "broken"))
    found = [each["code"] for each in sent.run("plan", DRAFT, "--json").json["checks"]["problems"]]
    assert "S12" not in found
    sent.write("lists/members.csv", MEMBERS_CSV)
    sent.change(
        "lists/segments.yaml", "title: General members", "title: Members\n    where: {first_name: Siân}"
    )
    found = [each["code"] for each in sent.run("plan", DRAFT, "--json").json["checks"]["problems"]]
    assert "S12" in found


def test_lists_check_looks_at_every_list(sent: Small) -> None:
    """Bad rows, what changed, lists that no segment names, and lists that people left and that are gone."""
    sent.good("suppress", "add", SIAN, "--list", "members")
    sent.write("lists/spare.csv", "email\nx@example.org\n")
    sent.good("suppress", "add", SIAN, "--list", "spare")
    sent.change("lists/members.csv", JANE, "jane(at)example.net")
    sent.change("newsletter.yaml", "limits: {", "limits: {drift_percent: 60, ")
    result = sent.good("lists", "check")
    assert "lists/members.csv:4: " in result.text
    assert f"since {ISSUE}: 1 gone (j…@example.net); 1 of its people opted out" in result.text
    assert "lists/spare.csv: no segment names it" in result.err
    sent.root.joinpath("lists/spare.csv").unlink()
    result = sent.good("lists", "check")
    assert "1 person left the list 'spare', which is gone" in result.err
    assert "1 person left the list 'spare', which is gone" in sent.run("plan", DRAFT).text


def test_lists_check_fails_where_a_list_moved_too_far(sent: Small) -> None:
    """So that a script may ask before anybody plans."""
    assert sent.run("lists", "check").code == 0
    sent.write("lists/members.csv", MEMBERS_CSV.replace("Anytown", "Newtown"))
    result = sent.run("lists", "check")
    assert (result.code, "members.csv changed by 100 %, and the limit is 20 %" in result.err) == (1, True)
    assert "4 changed" in result.text
