"""The dry run: who, how many, who not and why; and what makes it refuse."""

from __future__ import annotations

import pytest

from tests.cli.command import Result
from tests.cli.small import AMP, DRAFT, EVERYBODY, ISSUE, JANE, MUSTACHE, SIAN, TOM, Small

REASONS = ("suppressed", "duplicate", "other_segment", "no_consent", "already_sent")


def excluded(**reasons: int) -> dict[str, int]:
    return dict.fromkeys(REASONS, 0) | reasons


def test_the_plan_as_json_has_its_whole_shape(small: Small) -> None:
    """Issue, receipt, transport, total, segments, lists and checks, and nothing else."""
    small.good("suppress", "add", MUSTACHE)
    small.write(
        "lists/members.csv",
        (small.root / "lists/members.csv").read_bytes()
        + b"jane@example.net,Jane,,Anytown,website form,2024-01-03\n"
        b"no-consent@example.net,Kim,,Anytown,,\n"
        b"not an address,Lee,,Anytown,website form,2024-01-03\n",
    )
    shown = small.good("plan", DRAFT, "--json")
    receipt = shown.json["receipt"]
    assert shown.json == {
        "issue": ISSUE,
        "receipt": receipt,
        "transport": "outbox",
        "total": 4,
        "segments": [
            {
                "name": "clp-secretaries",
                "title": "CLP secretaries",
                "matched": 2,
                "to_send": 2,
                "excluded": excluded(),
            },
            {
                "name": "members",
                "title": "General members",
                "matched": 8,
                "to_send": 2,
                "excluded": excluded(suppressed=1, duplicate=1, other_segment=3, no_consent=1),
            },
        ],
        "lists": [
            {"file": "clp-secretaries.csv", "rows": 2, "invalid": 0, "changes": None},
            {"file": "members.csv", "rows": 7, "invalid": 1, "changes": None},
        ],
        "checks": {"verdict": "READY", "problems": []},
    }
    assert len(receipt) >= 16


def test_the_plan_for_people_masks_addresses_and_names_bad_rows(small: Small) -> None:
    """Everything of the JSON is there to read, and no address in full, not even of a bad row."""
    small.change("lists/members.csv", JANE, "jane at example.net")
    shown = small.good("plan", DRAFT)
    for said in ("clp-secretaries", "General members", "s…@example.org", "lists/members.csv:4", "READY", "4"):
        assert said in shown.text
    assert small.receipt() in shown.text
    assert [address for address in (*EVERYBODY, "jane at") if address in shown.text + shown.err] == []


def test_a_dry_run_writes_no_mail_and_counts_for_nothing(small: Small) -> None:
    """`send --dry-run` is `plan`, to the letter, whatever the transport."""
    by_smtp = ("--transport", "smtp")
    assert small.good("send", DRAFT, "--dry-run", "--json", *by_smtp) == small.good(
        "plan", DRAFT, "--json", *by_smtp
    )
    assert small.good("send", DRAFT, "--dry-run") == small.good("plan", DRAFT)
    assert not (small.root / "outbox").exists()
    assert small.good("status", "--json").json == []


def test_a_plan_for_one_segment_keeps_the_other_segment_s_people_out_of_it(small: Small) -> None:
    """Members alone: those who are secretaries too are left for the secretaries' run."""
    shown = small.good("plan", DRAFT, "--segment", "members", "--json").json
    assert shown["total"] == 3
    assert [segment["name"] for segment in shown["segments"]] == ["members"]
    assert shown["segments"][0]["excluded"] == excluded(other_segment=3)


def test_the_order_of_segments_on_the_command_line_changes_nothing(small: Small) -> None:
    """Precedence is that of segments.yaml."""
    one = small.good("plan", DRAFT, "--segment", "members", "--segment", "clp-secretaries", "--json")
    assert one.json == small.good("plan", DRAFT, "--json").json


@pytest.mark.parametrize("command", [("plan", DRAFT), ("send", DRAFT), ("render", DRAFT)])
def test_a_misspelt_segment_means_nobody_and_names_the_nearest(small: Small, command: tuple[str, ...]) -> None:
    """Exit 3, and nothing is written or sent."""
    result = small.run(*command, "--segment", "clp-secretary")
    assert (result.code, result.out) == (3, b"")
    assert "clp-secretary" in result.err
    assert "Did you mean 'clp-secretaries'?" in result.err
    assert not (small.root / "outbox").exists()


def test_a_misspelt_segment_beside_a_good_one_sends_to_neither(small: Small) -> None:
    """Half of what was asked for is not what was asked for."""
    result = small.run("send", DRAFT, "--segment", "members", "--segment", "secretary")
    assert result.code == 3
    assert not (small.root / "outbox").exists()


def test_a_segment_that_matches_nobody_is_a_mistake(small: Small) -> None:
    """Exit 3, at the condition that nobody meets, with the nearest value that somebody has."""
    small.change("lists/segments.yaml", "role: secretary", "role: secretery")
    result = small.run("plan", DRAFT, "--segment", "clp-secretaries")
    assert result.code == 3
    assert result.place.startswith("lists/segments.yaml:")
    assert "no row has 'secretery' in the column 'role', so nobody is in 'clp-secretaries'" in result.err
    assert "Did you mean 'secretary'?" in result.err
    assert small.run("send", DRAFT, "--segment", "clp-secretaries").code == 3


@pytest.mark.parametrize("chosen", [(), ("--segment", "members")])
def test_an_empty_segment_sends_nobody_another_edition(small: Small, chosen: tuple[str, ...]) -> None:
    """With a slip in the first segment, its people would be swept into the next: nothing is planned."""
    small.change("lists/segments.yaml", "role: secretary", "role: secretery")
    result = small.run("plan", DRAFT, *chosen)
    assert result.code == 3
    assert result.out == b""
    assert "nobody is in 'clp-secretaries'" in result.err


def test_a_draft_without_segments_reaches_nobody(small: Small) -> None:
    """Where neither the draft nor the command names a segment, there is no default crowd."""
    small.change(f"drafts/{DRAFT}.md", "segments: [clp-secretaries, members]\n", "")
    result = small.run("plan", DRAFT)
    assert result.code in {2, 3}
    assert result.out == b""
    assert "segment" in result.err
    assert small.good("plan", DRAFT, "--segment", "members", "--json").json["total"] == 5


def test_more_people_than_the_cap_are_refused(small: Small) -> None:
    """Exit 1 from plan and from a real send, which says both numbers."""
    small.change("newsletter.yaml", "limits: {", "limits: {max_recipients: 4, ")
    planned = small.run("plan", DRAFT, "--json", "--transport", "smtp")
    assert planned.code == 1
    assert planned.json["total"] == 5
    sent = small.run("send", DRAFT, "--transport", "smtp", "--receipt", planned.json["receipt"])
    assert sent.code == 1
    assert "5 recipients are more than max_recipients allows (4)" in sent.err
    assert small.good("status", "--json").json == []


def test_the_cap_itself_is_allowed(small: Small) -> None:
    """As many as the cap are not more than the cap."""
    small.change("newsletter.yaml", "limits: {", "limits: {max_recipients: 5, ")
    assert small.good("plan", DRAFT, "--json").json["total"] == 5


def test_who_lacks_a_field_without_default_is_counted(small: Small) -> None:
    """NOT READY with the number of people, and exit 1; a blank cell counts as missing."""
    small.change(f"drafts/{DRAFT}.md", '{{ first_name | default("friend") }}', "{{ first_name }}")
    small.change("lists/members.csv", "A&B <script>", " ")
    result = small.run("plan", DRAFT, "--json")
    assert result.code == 1
    assert result.json["checks"]["verdict"] == "NOT READY"
    (problem,) = result.json["checks"]["problems"]
    assert (problem["code"], problem["message"].split(",")[0]) == ("S01", "1 person lacks 'first_name'")


def test_the_fault_of_a_person_who_is_not_sent_to_stops_nobody(small: Small) -> None:
    """Someone who opted out may lack a field."""
    small.change(f"drafts/{DRAFT}.md", '{{ first_name | default("friend") }}', "{{ first_name }}")
    small.change("lists/members.csv", "A&B <script>", " ")
    small.good("suppress", "add", AMP)
    assert small.good("plan", DRAFT, "--json").json["checks"]["verdict"] == "READY"


def test_an_unknown_draft_names_the_nearest(small: Small) -> None:
    """Exit 3 by every command that takes one."""
    for command in ("check", "render", "plan", "send"):
        result = small.run(command, "reprot")
        assert (result.code, result.out) == (3, b"")
        assert "Did you mean 'report.md'?" in result.err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("with a BOM", "\ufeffemail,first_name,consent_source,consent_date\r\n{}\r\n".encode()),
        ("with semicolons", b"email;first_name;consent_source;consent_date\n{}\n"),
        ("in cp1252", "email,first_name,consent_source,consent_date\n{}\n".encode("cp1252")),
        ("with a formula", b"email,first_name,consent_source,consent_date\n{}\n"),
    ],
)
def test_a_list_is_read_as_spreadsheets_write_it(small: Small, name: str, content: bytes) -> None:
    """A mark at its start, semicolons, its own letters: the right name reaches the right person."""
    first = "=HYPERLINK(1)" if "formula" in name else "Zoë"
    separator = ";" if "semicolons" in name else ","
    row = separator.join([AMP, first, "form", "2024-01-01"])
    encoded = row.encode("cp1252" if "cp1252" in name else "utf-8")
    small.write("lists/members.csv", content.replace(b"{}", encoded))
    planned = small.good("plan", DRAFT)
    assert ("cp1252" in planned.text.lower() or "windows-1252" in planned.text.lower()) == ("cp1252" in name)
    assert f"Dear {first}," in small.good("render", DRAFT, "--to", AMP, "--format", "text").text


def test_control_characters_in_a_cell_reach_no_header(small: Small) -> None:
    """A name with line breaks is one name, and adds no header to anybody's mail."""
    small.change("lists/members.csv", "A&B <script>", '"Ann\r\nBcc: victim@example.org\x07"')
    message = small.good("render", DRAFT, "--to", AMP, "--format", "eml").out
    head = message.partition(b"\r\n\r\n")[0]
    assert b"\nBcc:" not in head
    assert b"\x07" not in message
    assert b"\nTo: " in head


def told(result: Result) -> str:
    return result.err + result.text


def test_people_are_listed_by_nothing_but_the_plan_s_masked_examples(small: Small) -> None:
    """No command but `explain` and `suppress list` shows an address in full."""
    for command in (("plan", DRAFT), ("send", DRAFT), ("lists",), ("check", DRAFT), ("status",)):
        said = told(small.run(*command))
        assert [address for address in (SIAN, TOM, AMP, JANE, MUSTACHE) if address in said] == []
