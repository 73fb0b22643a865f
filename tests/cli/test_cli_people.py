"""`lists`, `explain` and `suppress`: who is in which segment, why somebody gets what, who has left."""

from __future__ import annotations

import pytest

from tests.cli.small import AMP, DRAFT, EVERYBODY, ISSUE, JANE, MUSTACHE, SIAN, TOM, Small, part


def test_lists_as_json_counts_each_segment_and_each_file(small: Small) -> None:
    """In each segment matched is the sum of the others."""
    small.change("lists/members.csv", "website form,2024-01-02", ",")
    shown = small.good("lists", "--json").json
    assert shown == {
        "segments": [
            {
                "name": "clp-secretaries",
                "matched": 2,
                "can_be_sent_to": 2,
                "suppressed": 0,
                "duplicate": 0,
                "other_segment": 0,
                "no_consent": 0,
            },
            {
                "name": "members",
                "matched": 6,
                "can_be_sent_to": 2,
                "suppressed": 0,
                "duplicate": 0,
                "other_segment": 3,
                "no_consent": 1,
            },
        ],
        "lists": [
            {"file": "clp-secretaries.csv", "rows": 2, "invalid": 0},
            {"file": "members.csv", "rows": 4, "invalid": 0},
        ],
    }


def test_lists_counts_nobody_who_left_among_those_to_be_sent_to(small: Small) -> None:
    """Of everything, or of the only list that holds them: as the plan does."""
    small.good("suppress", "add", AMP.upper())
    small.good("suppress", "add", JANE, "--list", "members")
    (_, members) = small.good("lists", "--json").json["segments"]
    assert (members["can_be_sent_to"], members["suppressed"]) == (1, 2)
    planned = small.good("plan", DRAFT, "--json").json["segments"][1]
    assert (planned["to_send"], planned["excluded"]["suppressed"]) == (1, 2)
    assert "opted out" in small.good("lists").text


def test_lists_names_the_line_of_each_bad_row(small: Small) -> None:
    """The line, and why, without the address itself."""
    small.change("lists/members.csv", JANE, "jane(at)example.net")
    shown = small.good("lists").text
    assert "lists/members.csv:4: " in shown
    assert "jane(at)" not in shown


@pytest.mark.parametrize("command", [("lists",), ("plan", DRAFT)])
def test_a_consent_date_that_is_none_is_told_with_its_line(small: Small, command: tuple[str, ...]) -> None:
    """The person is left out, and the list says why and how to write a day."""
    small.change("lists/members.csv", "website form,2024-01-02", "website form,31/31/2020")
    shown = small.good(*command).text
    assert "note: 1 row has no consent, for consent_date is no day up to today (line 3)" in shown
    assert "2025-09-28 or 28/09/2025" in shown


def test_one_of_a_thing_is_not_called_many(small: Small) -> None:
    """A list of one row, and one shared address."""
    rows = small.root.joinpath("lists/members.csv").read_text(encoding="utf-8").splitlines()
    small.write("lists/members.csv", "\n".join([rows[0], rows[1].replace("Siân", "Tess")]))
    shown = small.good("plan", DRAFT).text
    assert "lists/members.csv: 1 row\n" in shown
    assert "lists/clp-secretaries.csv: 2 rows\n" in shown
    assert "  1 address is shared by people of different names" in shown


def test_explain_says_why_somebody_in_two_segments_gets_one_edition(small: Small) -> None:
    """The secretaries' edition, because their segment comes first."""
    told = small.good("explain", SIAN).text
    assert f"{ISSUE}: would get the edition for clp-secretaries" in told
    assert "also matches members" in told
    assert "belongs to an earlier segment" in told


def test_explain_as_json_has_its_whole_shape(small: Small) -> None:
    """Rows, suppressions, drafts and history; an address in capitals is the same mailbox."""
    small.good("send", DRAFT)
    small.good("suppress", "add", AMP, "--reason", "asked by phone")
    shown = small.good("explain", AMP.upper(), "--json").json
    since = shown["suppressions"][0]["since"]
    assert shown == {
        "rows": [
            {
                "segment": "members",
                "list": "members",
                "reason": None,
                "fields": {
                    "first_name": "A&B <script>",
                    "clp": "Anytown",
                    "consent_source": "website form",
                    "consent_date": "2024-01-02",
                },
            }
        ],
        "suppressions": [
            {
                "since": since,
                "reason": "asked by phone",
                "source": "by hand",
                "list": None,
                "lifted": None,
                "lifted_why": None,
            }
        ],
        "drafts": {ISSUE: "would not get it: opted out"},
        "history": [
            {"issue": ISSUE, "kind": "rehearsal", "segment": "members", "state": "accepted", "told": []}
        ],
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("website form,2024-01-02", ",", "would not get it: no consent record"),
        ("website form,2024-01-02", "website form,31/31/2020", "would not get it: no consent record"),
        ("website form,2024-01-02", "website form,2999-01-01", "cannot be sent to: there is no consent record"),
        ("website form,2024-01-02", "website form,28/09/2024", "would get the edition for members"),
        (AMP, "else@example.net", "would not get it: in none of its segments"),
        (AMP, AMP, "would get the edition for members"),
    ],
)
def test_explain_names_the_reason(small: Small, old: str, new: str, said: str) -> None:
    """Why a person would or would not get it, in the words of the plan."""
    small.change("lists/members.csv", old, new)
    assert said in small.good("explain", AMP).text


def test_explain_agrees_with_the_plan_for_everybody(small: Small) -> None:
    """Whoever would get it by `explain` can be rendered for, in that very edition, and nobody else."""
    small.good("suppress", "add", JANE)
    small.change("lists/members.csv", "website form,2024-01-04", ",")
    would = {address: small.good("explain", address, "--json").json["drafts"][ISSUE] for address in EVERYBODY}
    assert {address for address, said in would.items() if said.startswith("would get")} == {SIAN, TOM, AMP}
    small.good("send", DRAFT)
    assert set(small.outbox()) == {SIAN, TOM, AMP}


def test_explain_of_something_that_is_no_address_is_a_usage_error(small: Small) -> None:
    """Exit 2, without a word on stdout."""
    result = small.run("explain", "sian")
    assert (result.code, result.out) == (2, b"")


def test_an_opt_out_is_kept_whatever_the_lists_say(small: Small) -> None:
    """Once out, always out of the plan; the person's row stays in the list."""
    small.good("suppress", "add", SIAN.upper(), "--reason", "asked by phone")
    shown = small.good("plan", DRAFT, "--json").json
    assert shown["total"] == 4
    assert shown["segments"][0]["excluded"]["suppressed"] == 1
    small.good("send", DRAFT)
    assert SIAN not in small.outbox()


def test_suppress_list_as_json_has_its_whole_shape(small: Small) -> None:
    """Who, since when, why, and by whom; an opt-out that was lifted says so or is gone."""
    small.good("suppress", "add", MUSTACHE, "--reason", "asked by phone")
    shown = small.good("suppress", "list", "--json").json
    assert shown == [
        {
            "address": MUSTACHE,
            "since": shown[0]["since"],
            "reason": "asked by phone",
            "source": "by hand",
            "list": None,
            "lifted": None,
            "lifted_why": None,
        }
    ]
    assert len(shown[0]["since"]) == len("2026-11-17")


def test_lifting_an_opt_out_needs_a_reason(small: Small) -> None:
    """Nobody comes back by a slip of the hand; the reason stays on record."""
    small.good("suppress", "add", AMP)
    refused = small.run("suppress", "remove", AMP)
    assert refused.code == 2
    assert "--reason" in refused.err
    assert small.good("plan", DRAFT, "--json").json["total"] == 4
    small.good("suppress", "remove", AMP, "--reason", "asked to come back")
    assert small.good("plan", DRAFT, "--json").json["total"] == 5
    assert small.good("explain", AMP, "--json").json["suppressions"][0]["lifted_why"] == "asked to come back"


def test_opting_out_twice_is_opting_out_once(small: Small) -> None:
    """The second says so."""
    small.good("suppress", "add", AMP)
    assert "already" in small.good("suppress", "add", AMP).err
    assert len(small.good("suppress", "list", "--json").json) == 1


def test_a_file_of_opt_outs_is_imported(small: Small) -> None:
    """A column of a spreadsheet or a bare list; what is no address is named by its line and left out."""
    small.write(
        "left.csv",
        f'\ufeffname,email\r\nSiân,{SIAN.upper()}\r\n"Tom","{TOM}"\r\nbroken,tom@@example.org\r\n\r\n{AMP}\r\n',
    )
    told = small.good("suppress", "import", "left.csv")
    assert told.out == b""
    assert "left.csv:4: left out" in told.err
    assert "tom@@" not in told.err
    assert {each["address"] for each in small.good("suppress", "list", "--json").json} == {SIAN, TOM, AMP}
    assert "3 had already" in small.good("suppress", "import", "left.csv").err
    assert small.good("plan", DRAFT, "--json").json["total"] == 2


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_file_of_opt_outs_is_read_as_windows_wrote_it(small: Small, encoding: str) -> None:
    """Or whoever left another tool would be mailed until somebody has found out how to convert it."""
    small.write("left.csv", f"name;email\r\nSiân;{SIAN}\r\n".encode(encoding))
    assert "1 opted out now" in small.good("suppress", "import", "left.csv").err


def test_a_file_that_is_no_text_imports_nobody(small: Small) -> None:
    """A workbook has addresses in it too, but not in lines."""
    small.write("left.xlsx", b"PK\x03\x04\0\0 jane@example.net")
    result = small.run("suppress", "import", "left.xlsx")
    assert (result.code, "Save it as CSV" in result.err) == (2, True)
    assert not small.good("suppress", "list", "--json").json


def test_an_opt_out_of_somebody_unknown_is_kept(small: Small) -> None:
    """They may come with the next list; a slip in an address is worth a question."""
    assert "is it spelt" not in small.good("suppress", "add", SIAN).err
    assert "is it spelt" in small.good("suppress", "add", "later@example.org").err
    small.change("lists/members.csv", JANE, "later@example.org")
    shown = small.good("plan", DRAFT, "--json").json
    assert shown["segments"][1]["excluded"]["suppressed"] == 1


def test_whoever_leaves_one_list_gets_the_mail_by_another(small: Small) -> None:
    """The other list's row, in the other segment's edition; `explain` says which list was left."""
    small.good("suppress", "add", SIAN, "--list", "clp-secretaries", "--reason", "stepped down")
    shown = small.good("plan", DRAFT, "--json").json
    assert [each["excluded"]["suppressed"] for each in shown["segments"]] == [1, 0]
    assert shown["total"] == 5
    told = small.good("explain", SIAN).text
    assert f"{ISSUE}: would get the edition for members" in told
    assert "clp-secretaries: left this list" in told
    assert "opted out of the list clp-secretaries" in told
    shown = small.good("render", DRAFT, "--to", SIAN, "--format", "text").text
    assert "Please put this on the agenda" not in shown
    small.good("send", DRAFT)
    assert "Please put this on the agenda" not in part(small.outbox()[SIAN], "plain")


def test_whoever_leaves_every_list_they_are_on_gets_nothing(small: Small) -> None:
    """One by one, as by one word."""
    small.good("suppress", "add", TOM, "--list", "lists/clp-secretaries.csv")
    assert "opted out of the list clp-secretaries" in small.good("explain", TOM).text
    assert f"{ISSUE}: would not get it" in small.good("explain", TOM).text
    small.good("send", DRAFT)
    assert TOM not in small.outbox()


def test_each_list_is_lifted_by_its_name(small: Small) -> None:
    """Lifting one says what still holds, and how that is lifted."""
    small.good("suppress", "add", SIAN)
    small.good("suppress", "add", SIAN, "--list", "members")
    told = small.good("suppress", "remove", SIAN, "--reason", "came back").err
    assert "still opted out of the list members; to lift that too: --list members" in told
    assert small.good("suppress", "list", "--list", "members", "--json").json[0]["list"] == "members"
    told = small.good("suppress", "remove", SIAN, "--reason", "came back", "--list", "members").err
    assert "they can be sent to again" in told
    assert small.good("suppress", "list", "--json").json == []


def test_a_list_that_was_renamed_brings_nobody_back(small: Small) -> None:
    """Whoever had left it gets nothing by any list, until a person lifts it by its old name."""
    small.good("suppress", "add", AMP, "--list", "members")
    small.root.joinpath("lists/members.csv").rename(small.root / "lists/members-2027.csv")
    small.change("lists/segments.yaml", "[members.csv,", "[members-2027.csv,")
    assert small.good("plan", DRAFT, "--json").json["total"] == 4
    small.good("suppress", "remove", AMP, "--list", "members", "--reason", "asked to come back")
    assert small.good("plan", DRAFT, "--json").json["total"] == 5


def test_an_opt_out_of_a_list_that_is_none_is_a_usage_error(small: Small) -> None:
    """With the nearest name."""
    result = small.run("suppress", "add", AMP, "--list", "member")
    assert result.code == 2
    assert "Did you mean 'members'?" in result.err


def test_a_segment_can_require_consent_by_itself(small: Small) -> None:
    """Where the settings only record it, and for no other segment."""
    small.change("newsletter.yaml", "smtp:", "consent: recorded\nsmtp:")
    small.change("lists/members.csv", "website form,2024-01-02", ",")
    small.change("lists/clp-secretaries.csv", "reply form,2025-03-04", ",")
    assert small.good("plan", DRAFT, "--json").json["total"] == 5
    small.change(
        "lists/segments.yaml", "title: General members", "title: General members\n    consent: required"
    )
    shown = small.good("plan", DRAFT, "--json").json
    assert [each["excluded"]["no_consent"] for each in shown["segments"]] == [0, 1]
    assert f"{ISSUE}: would not get it: no consent record" in small.good("explain", AMP).text
    assert f"{ISSUE}: would get the edition for clp-secretaries" in small.good("explain", TOM).text


def test_explain_looks_at_the_consent_of_the_row_that_counts_for_the_draft(small: Small) -> None:
    """In a draft for the members alone a secretary is a member, with the members' list's record."""
    small.change(f"drafts/{DRAFT}.md", "segments: [clp-secretaries, members]", "segments: [members]")
    small.change(f"drafts/{DRAFT}.md", "::: only clp-secretaries", "::: only members")
    small.change("lists/members.csv", "Anytown,website form,2024-01-01", "Anytown,,")
    assert f"{ISSUE}: would not get it: no consent record" in small.good("explain", SIAN).text
    assert small.good("plan", DRAFT, "--json").json["segments"][0]["excluded"]["no_consent"] == 1


def test_what_somebody_agreed_to_can_be_shown(small: Small) -> None:
    """Source, date and wording."""
    small.change("lists/members.csv", "consent_date\n", "consent_date,consent_wording\n")
    for line in ("2024-01-01", "2024-01-03", "2024-01-04"):
        small.change("lists/members.csv", line, f"{line},")
    small.change("lists/members.csv", "2024-01-02", '2024-01-02,"Send me reports, by e-mail"')
    told = small.good("explain", AMP).text
    assert "agreed by website form on 2 January 2024 to: “Send me reports, by e-mail”" in told


@pytest.mark.parametrize("action", ["add", "remove", "import"])
def test_suppress_without_a_person_or_file_is_a_usage_error(small: Small, action: str) -> None:
    """It names what is missing."""
    result = small.run("suppress", action, "--reason", "asked")
    assert result.code == 2
    assert f"suppress {action} needs" in result.err


def test_a_file_that_is_not_there_is_a_usage_error(small: Small) -> None:
    """No traceback, and nobody is opted out."""
    result = small.run("suppress", "import", "nowhere.csv")
    assert (result.code, result.out) == (2, b"")
    assert "nowhere.csv cannot be read" in result.err
