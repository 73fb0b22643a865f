"""A real send: by a receipt, to everybody once, and what became of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.cli.relay import Relay, free_port
from tests.cli.small import (
    AMP,
    DISCLAIMER,
    DRAFT,
    EVERYBODY,
    ISSUE,
    JANE,
    MEMBERS,
    MUSTACHE,
    SECRETARIES,
    SIAN,
    TOM,
    WRITER,
    Small,
    leaving,
    part,
)

ONCE_EACH = Counter(EVERYBODY)
NOTHING = {"accepted": 0, "rejected": 0, "suppressed": 0, "deferred": 0, "unknown": 0, "pending": 0}


def counts(**some: int) -> dict[str, int]:
    return {"planned": sum(some.values()), **NOTHING, **some}


def account(small: Small) -> dict[str, Any]:
    """`status --json`, of which nothing can have come back so soon."""
    said: dict[str, Any] = small.good("status", ISSUE, "--json").json
    assert not any(said.pop("feedback").values())
    return said


def test_after_a_rehearsal_a_real_send_reaches_everybody_once(small: Small, relay: Relay) -> None:
    """The rehearsal counts for nothing, the real send for everybody, and `status` adds up."""
    small.good("send", DRAFT, "--transport", "outbox")
    assert relay.taken == []
    sent = small.send()
    assert sent.code == 0, sent.err
    assert relay.addresses == ONCE_EACH
    assert account(small) == {
        "issue": ISSUE,
        "state": "complete",
        **counts(accepted=5),
        "by_segment": {"clp-secretaries": counts(accepted=2), "members": counts(accepted=3)},
    }


def test_each_mail_is_for_one_person_and_from_the_writer(small: Small, relay: Relay) -> None:
    """One envelope a person; header, edition and way out are theirs, and no other address stands in it."""
    small.send()
    tokens = set()
    for address, mail in relay.mail().items():
        assert (mail["From"].addresses[0].addr_spec, mail["Reply-To"]) == (
            WRITER,
            "answers@reports.example.org",
        )
        assert ("on the agenda" in part(mail, "plain")) == (address in SECRETARIES)
        assert [other for other in EVERYBODY if other in mail.as_string()] == [address]
        assert DISCLAIMER in part(mail, "plain")
        tokens |= leaving(mail)
    assert len(tokens) == len(EVERYBODY)
    assert "test" not in tokens
    assert {recipients for _, recipients in relay.envelopes} == {(each,) for each in (*EVERYBODY, WRITER)}
    assert {sender for sender, _ in relay.envelopes} == {WRITER}


def test_the_writer_gets_a_copy_of_each_edition_outside_the_count(small: Small, relay: Relay) -> None:
    """With nobody's fields and with a way out that does nothing."""
    small.send()
    assert {"on the agenda" in part(copy, "plain") for copy in relay.own_copies} == {True, False}
    assert len(relay.own_copies) == 2
    for copy in relay.own_copies:
        assert "Dear friend," in part(copy, "plain")
        assert leaving(copy) == {"test"}
    assert len({copy["Message-ID"] for copy in relay.own_copies}) == 2


def test_the_writer_may_want_no_copy(small: Small, relay: Relay) -> None:
    """`own_copy: false`."""
    small.change("newsletter.yaml", "  role: Member\n", "  role: Member\n  own_copy: false\n")
    assert small.send().code == 0
    assert relay.own_copies == []
    assert relay.addresses == ONCE_EACH


def test_the_same_receipt_again_reaches_nobody(small: Small, relay: Relay) -> None:
    """Running the same command again finishes the job, and it is finished."""
    receipt = small.receipt()
    assert small.run("send", DRAFT, "--receipt", receipt).code == 0
    copies = len(relay.own_copies)
    again = small.run("send", DRAFT, "--receipt", receipt)
    assert again.code == 0
    assert relay.addresses == ONCE_EACH
    assert len(relay.own_copies) == copies


def test_a_new_receipt_for_the_same_report_reaches_nobody(small: Small, relay: Relay) -> None:
    """The plan says that all have had it."""
    small.send()
    planned = small.good("plan", DRAFT, "--json").json
    assert planned["total"] == 0
    assert [segment["excluded"]["already_sent"] for segment in planned["segments"]] == [2, 3]
    again = small.run("send", DRAFT, "--receipt", planned["receipt"])
    assert again.code == 0
    assert relay.addresses == ONCE_EACH


def test_renaming_the_draft_changes_nothing(small: Small, relay: Relay) -> None:
    """The issue is its id, not its file."""
    small.send()
    (small.root / "drafts" / f"{DRAFT}.md").rename(small.root / "drafts" / "another name.md")
    receipt = small.good("plan", "another name", "--json").json["receipt"]
    assert small.run("send", "another name", "--receipt", receipt).code == 0
    assert relay.addresses == ONCE_EACH


def test_the_same_report_under_another_id_is_refused(small: Small, relay: Relay) -> None:
    """Exit 1 by plan and by send, with the id it was sent under, and nobody gets it twice."""
    small.send()
    small.change(f"drafts/{DRAFT}.md", f"id: {ISSUE}", "id: something-else")
    foreseen = small.run("plan", DRAFT, "--json")
    assert foreseen.code == 1
    assert f"`id: {ISSUE}`" in foreseen.err
    refused = small.run("send", DRAFT, "--receipt", foreseen.json["receipt"])
    assert refused.code == 1
    assert f"`id: {ISSUE}`" in refused.err
    assert relay.addresses == ONCE_EACH


def test_somebody_new_in_the_list_gets_it_and_nobody_else_again(small: Small, relay: Relay) -> None:
    """A second send, with its own receipt, reaches only those who have not had it."""
    small.change("newsletter.yaml", "limits: {", "limits: {drift_percent: 100, ")
    small.send()
    small.change("lists/members.csv", "email,", "late@example.net,Lou,,Anytown,form,2025-01-01\nemail,")
    text = (small.root / "lists/members.csv").read_text(encoding="utf-8").splitlines()
    small.write("lists/members.csv", "\n".join([text[1], text[0], *text[2:]]))
    assert small.send().code == 0
    assert relay.addresses == ONCE_EACH + Counter(["late@example.net"])
    assert small.good("status", ISSUE, "--json").json["accepted"] == 6


def test_members_alone_leave_those_who_are_secretaries_for_the_secretaries_run(
    small: Small, relay: Relay
) -> None:
    """Nobody gets the wrong edition first; then the secretaries' run reaches them."""
    assert small.send("--segment", "members").code == 0
    assert relay.addresses == Counter(MEMBERS)
    assert "would get the edition for clp-secretaries" in small.good("explain", SIAN).text
    assert small.send("--segment", "clp-secretaries").code == 0
    assert relay.addresses == ONCE_EACH
    assert "on the agenda" in part(relay.mail()[SIAN], "plain")


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (f"drafts/{DRAFT}.md", ("it was long", "it was short"), "the text of the edition for clp-secretaries"),
        (f"drafts/{DRAFT}.md", ("on the agenda", "before your members"), "the edition for clp-secretaries"),
        (f"drafts/{DRAFT}.md", (f"id: {ISSUE}", "id: another"), "the text of the edition"),
        ("lists/members.csv", ("A&B <script>", "Ann"), "the list of people or their details"),
        ("lists/members.csv", (AMP, "ampersand@example.net"), "the list of people or their details"),
        ("lists/segments.yaml", ("role: secretary", "clp: Anytown"), "the list of people or their details"),
        ("newsletter.yaml", ("name: Maya Hollins", "name: Maya H"), "the sender or another header"),
        ("newsletter.yaml", ("answers@", "replies@"), "the sender or another header"),
        ("newsletter.yaml", ("host: 127.0.0.1", "host: localhost"), "the way it is sent"),
        ("newsletter.yaml", ("limits: {", "limits: {max_recipients: 7, "), "the limits"),
    ],
)
def test_a_receipt_holds_for_nothing_but_what_was_shown(
    small: Small, relay: Relay, name: str, change: tuple[str, str], said: str
) -> None:
    """Exit 1, with the name of what changed since; nobody is sent anything."""
    receipt = small.receipt()
    small.change(name, *change)
    refused = small.run("send", DRAFT, "--receipt", receipt)
    assert refused.code == 1
    assert said in refused.err
    assert relay.taken == []


def test_a_receipt_for_one_segment_is_none_for_both(small: Small, relay: Relay) -> None:
    """Nor the other way round."""
    one, both = small.receipt("--segment", "members"), small.receipt()
    assert small.run("send", DRAFT, "--receipt", one).code == 1
    assert small.run("send", DRAFT, "--segment", "members", "--receipt", both).code == 1
    assert relay.taken == []


def test_the_rehearsal_s_receipt_is_none_for_a_real_send(small: Small, relay: Relay) -> None:
    """What was shown was a rehearsal."""
    rehearsal = small.receipt("--transport", "outbox")
    refused = small.run("send", DRAFT, "--receipt", rehearsal)
    assert refused.code == 1
    assert "the way it is sent" in refused.err
    assert relay.taken == []


def test_an_opt_out_after_the_plan_shrinks_the_send_and_voids_nothing(small: Small, relay: Relay) -> None:
    """The receipt still holds, and the person gets nothing."""
    receipt = small.receipt()
    small.good("suppress", "add", JANE)
    assert small.run("send", DRAFT, "--receipt", receipt).code == 0
    assert relay.addresses == ONCE_EACH - Counter([JANE])
    assert small.good("status", ISSUE, "--json").json["planned"] == 4


def test_a_lifted_opt_out_voids_the_receipt(small: Small, relay: Relay) -> None:
    """Somebody would get it who was not shown."""
    small.good("suppress", "add", JANE)
    receipt = small.receipt()
    small.good("suppress", "remove", JANE, "--reason", "asked to come back")
    refused = small.run("send", DRAFT, "--receipt", receipt)
    assert refused.code == 1
    assert "an opt-out that was lifted" in refused.err
    assert relay.taken == []


def test_neither_terminal_nor_receipt_is_a_usage_error(small: Small, relay: Relay) -> None:
    """Exit 2, and the message says where a receipt comes from."""
    refused = small.run("send", DRAFT)
    assert refused.code == 2
    assert "newsletter plan" in refused.err
    assert "--receipt" in refused.err
    assert relay.taken == []
    assert small.good("status", "--json").json == []


@pytest.mark.parametrize("receipt", ["aaaa-bbbb-cccc-dddd-eeee", "../../../etc/passwd", "5"])
def test_a_receipt_that_was_never_shown_sends_nothing(small: Small, relay: Relay, receipt: str) -> None:
    """Exit 1: no word stands for a yes but the one the plan printed."""
    refused = small.run("send", DRAFT, "--receipt", receipt)
    assert refused.code == 1
    assert "receipt" in refused.err
    assert relay.taken == []


def test_a_receipt_may_be_typed_as_people_type(small: Small, relay: Relay) -> None:
    """Capitals, spaces and missing hyphens make no difference, the second time neither."""
    receipt = small.receipt().upper().replace("-", " ")
    assert small.run("send", DRAFT, "--receipt", receipt).code == 0
    assert relay.addresses == ONCE_EACH
    assert small.run("send", DRAFT, "--receipt", receipt).code == 0
    assert relay.addresses == ONCE_EACH


def test_a_draft_without_id_is_rehearsed_but_never_sent(small: Small, relay: Relay) -> None:
    """Renamed, it could not be told from a new one."""
    small.change(f"drafts/{DRAFT}.md", f"id: {ISSUE}\n", "")
    small.good("send", DRAFT, "--transport", "outbox")
    planned = small.run("plan", DRAFT, "--json")
    assert planned.code == 1
    assert "S02" in {problem["code"] for problem in planned.json["checks"]["problems"]}
    assert small.run("send", DRAFT, "--receipt", planned.json["receipt"]).code == 1
    assert relay.taken == []


def test_a_draft_that_is_not_ready_is_not_sent(small: Small, relay: Relay) -> None:
    """With its very receipt: exit 1."""
    small.change("newsletter.yaml", "imprint:", "# imprint:")
    planned = small.run("plan", DRAFT, "--json")
    refused = small.run("send", DRAFT, "--receipt", planned.json["receipt"])
    assert (planned.code, refused.code) == (1, 1)
    assert "NOT READY" in refused.err
    assert relay.taken == []


def test_send_as_json_prints_the_status_and_nothing_else(small: Small, relay: Relay) -> None:
    """So that a script learns what became of it."""
    sent = small.send("--json")
    assert sent.code == 0
    assert sent.json == account(small)
    assert relay.addresses == ONCE_EACH


def test_status_without_an_issue_lists_every_issue(small: Small, relay: Relay) -> None:
    """An issue may be named by its draft too; one that was never sent is a usage error."""
    small.send()
    one = small.good("status", DRAFT, "--json").json
    assert small.good("status", "--json").json == [one]
    assert ISSUE in small.good("status").text
    assert relay.taken
    unknown = small.run("status", "nec-2020-01-01")
    assert (unknown.code, unknown.out) == (2, b"")


def test_a_refused_person_is_counted_and_the_others_have_it(small: Small, relay: Relay) -> None:
    """Exit 6; a mailbox that does not exist is suppressed; no address is printed."""
    relay.answers = {JANE: "550 5.1.1 <jane@example.net>: no such user"}
    sent = small.send()
    assert sent.code == 6
    assert relay.addresses == ONCE_EACH - Counter([JANE])
    assert account(small) | {"by_segment": {}} == {
        "issue": ISSUE,
        "state": "complete",
        **counts(accepted=4, rejected=1),
        "by_segment": {},
    }
    assert JANE not in sent.text + sent.err
    assert [each["address"] for each in small.good("suppress", "list", "--json").json] == [JANE]


def test_what_was_sent_is_told_from_what_was_not(small: Small, relay: Relay) -> None:
    """Shown again, the mail of a person who never had it is said to be that."""
    relay.answers = {JANE: "550 5.2.2 mailbox full"}
    small.send()
    had, not_had = (small.good("render", "--sent", ISSUE, "--to", address).err for address in (SIAN, JANE))
    assert had == ""
    assert "not known to have had it (rejected)" in not_had


def test_a_person_refused_for_now_or_for_good_is_not_frozen_twice(small: Small, relay: Relay) -> None:
    """Another send reaches whoever has not had it, and keeps one row a person."""
    relay.answers = {JANE: "550 5.2.2 mailbox full"}
    assert small.send().code == 6
    assert small.good("plan", DRAFT, "--json").json["total"] == 1
    relay.answers = {}
    assert small.send().code == 0
    assert relay.addresses == ONCE_EACH
    stands = small.good("status", ISSUE, "--json").json
    assert (stands["planned"], stands["accepted"], stands["rejected"]) == (5, 5, 0)


def test_a_deferred_person_is_left_for_resume(small: Small, relay: Relay) -> None:
    """Exit 6 at once, without waiting, and the message says how to go on; nobody is sent to too early."""
    relay.answers = {TOM: "451 4.7.1 greylisted, come back later"}
    sent = small.send()
    assert sent.code == 6
    assert f"newsletter resume {ISSUE}" in sent.err
    stands = small.good("status", ISSUE, "--json").json
    assert (stands["accepted"], stands["deferred"]) == (4, 1)
    assert stands["state"] != "complete"
    relay.answers = {}
    assert small.run("resume", ISSUE).code == 6
    assert relay.addresses == ONCE_EACH - Counter([TOM])


IMAP = "imap: {host: 127.0.0.1, username: leave@reports.example.org}\nlimits:"


def test_what_was_begun_goes_on_only_when_somebody_has_read_who_left(small: Small, relay: Relay) -> None:
    """As for a send: people may have left since it began. A person's word goes on all the same."""
    relay.answers = {TOM: "451 4.7.1 greylisted, come back later"}
    assert small.send().code == 6
    assert "never read" not in small.run("resume", ISSUE).err
    small.change("newsletter.yaml", "limits:", IMAP)
    refused = small.run("resume", ISSUE)
    assert refused.code == 1
    assert "the mailbox was never read; first: newsletter sync" in refused.err
    assert "--without-sync" in refused.err
    allowed = small.run("resume", ISSUE, "--without-sync")
    assert allowed.code == 6
    assert "warning: the mailbox was never read" in allowed.err


def test_whoever_was_refused_is_tried_again_only_when_somebody_has_read_who_left(
    small: Small, relay: Relay
) -> None:
    """Nobody is made pending before that."""
    relay.answers = {TOM: "550 5.7.1 not today"}
    assert small.send().code == 6
    relay.answers = {}
    small.change("newsletter.yaml", "limits:", IMAP)
    refused = small.run("retry", ISSUE, "--failed")
    assert (refused.code, "--without-sync" in refused.err) == (1, True)
    assert small.good("status", ISSUE, "--json").json["rejected"] == 1
    assert small.run("retry", ISSUE, "--failed", "--without-sync").code == 0
    assert relay.addresses == ONCE_EACH


@pytest.mark.usefixtures("relay")
def test_an_issue_that_everybody_had_needs_no_sync(small: Small) -> None:
    """Nobody is left to be mailed."""
    assert small.send().code == 0
    small.change("newsletter.yaml", "limits:", IMAP)
    assert "nothing is left to send" in small.good("resume", ISSUE).err


def test_a_server_that_lets_nobody_in_stops_the_run_and_resume_finishes_it(small: Small, relay: Relay) -> None:
    """Exit 5, everybody pending; later `resume` needs no receipt, no draft and no list."""
    relay.sender_answer = "530 5.7.0 Authentication required"
    stopped = small.send()
    assert stopped.code == 5
    assert f"newsletter resume {ISSUE}" in stopped.err
    stands = small.good("status", ISSUE, "--json").json
    assert (stands["pending"], stands["planned"], stands["state"]) == (5, 5, "paused")
    relay.sender_answer = ""
    (small.root / "drafts" / f"{DRAFT}.md").unlink()
    (small.root / "lists" / "members.csv").write_text("email\n", encoding="utf-8")
    assert small.run("resume", ISSUE).code == 0
    assert relay.addresses == ONCE_EACH
    assert small.good("status", ISSUE, "--json").json["state"] == "complete"


def test_a_server_that_is_not_there_stops_the_run_soon(small: Small) -> None:
    """Exit 5 with its name, after a few tries and not after minutes; once it is there, `resume` finishes."""
    port = free_port()
    small.use_relay(port)
    stopped = small.send()
    assert stopped.code == 5
    assert f"127.0.0.1:{port}" in stopped.err
    assert f"newsletter resume {ISSUE}" in stopped.err
    assert small.good("status", ISSUE, "--json").json["pending"] == 5
    with Relay(port=port) as late:
        assert small.run("resume", ISSUE).code == 0
    assert late.addresses == ONCE_EACH


def test_the_writer_s_copy_comes_with_the_send_that_got_through(small: Small, relay: Relay) -> None:
    """A send that was stopped and resumed ends with one copy of each edition, as any other."""
    relay.sender_answer = "530 5.7.0 Authentication required"
    small.send()
    relay.sender_answer = ""
    small.good("resume", ISSUE)
    assert {"on the agenda" in part(copy, "plain") for copy in relay.own_copies} == {True, False}
    assert len(relay.own_copies) == 2


def test_the_same_receipt_resumes_a_send_that_was_stopped(small: Small, relay: Relay) -> None:
    """The same command again finishes the job, however the receipt is typed."""
    relay.sender_answer = "530 5.7.0 Authentication required"
    receipt = small.receipt()
    assert small.run("send", DRAFT, "--receipt", receipt).code == 5
    relay.sender_answer = ""
    assert small.run("send", DRAFT, "--receipt", receipt.upper()).code == 0
    assert relay.addresses == ONCE_EACH


def test_who_left_while_a_run_was_stopped_gets_nothing(small: Small, relay: Relay) -> None:
    """Opt-outs are asked again at the moment of hand-over."""
    relay.sender_answer = "530 5.7.0 Authentication required"
    small.send()
    relay.sender_answer = ""
    small.good("suppress", "add", MUSTACHE)
    assert small.run("resume", ISSUE).code == 0
    assert relay.addresses == ONCE_EACH - Counter([MUSTACHE])
    stands = small.good("status", ISSUE, "--json").json
    assert (stands["accepted"], stands["suppressed"], stands["planned"]) == (4, 1, 5)


def test_resume_of_nothing_is_a_usage_error(small: Small) -> None:
    """A rehearsal cannot be resumed either."""
    small.good("send", DRAFT)
    result = small.run("resume", ISSUE)
    assert result.code == 2
    assert "nothing of" in result.err


def test_no_command_that_sends_shows_an_address(small: Small, relay: Relay) -> None:
    """Neither stdout nor stderr, whatever happens."""
    relay.answers = {JANE: f"550 5.1.1 <{JANE}> is not here", TOM: f"451 4.7.1 {TOM} later"}
    said = [small.send(), small.run("resume", ISSUE), small.run("status", ISSUE)]
    assert [a for each in said for a in EVERYBODY if a in each.text + each.err] == []


def test_the_writer_gets_one_copy_of_each_edition(small: Small, relay: Relay) -> None:
    """Members first, then everybody: two editions, two copies, whoever else is new in a list."""
    small.send("--segment", "members")
    small.send()
    assert len(relay.own_copies) == len({"clp-secretaries", "members"})
    assert relay.addresses == ONCE_EACH
