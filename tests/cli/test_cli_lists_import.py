"""`newsletter lists import`: people come in from elsewhere, and nobody who left comes back."""

from __future__ import annotations

import pytest

from tests.cli.small import SIAN, Small
from tests.cli.test_cli_terminal import at_a_terminal, type_at_prompt
from tests.spreadsheets import books

HEAD = "Email,Forename,CLP,Signup date,Status"
ADA, BO = "ada@example.org", "bo@example.org"
NEW = books.export(HEAD, f"{ADA},Ada,Anytown,05/03/2025,subscribed", f"{BO},Bo,Thornby,06/03/2025,unsubscribed")
WITH_CONSENT = ("--yes", "--consent-source", "reply form")


def given(small: Small, data: bytes, name: str = "people.csv") -> str:
    small.write(name, data)
    return name


def test_an_export_becomes_a_list_and_its_opt_outs_are_kept(small: Small) -> None:
    """The list is clean CSV, the opt-out is in the ledger, and the file stays as it was."""
    result = small.good("lists", "import", given(small, NEW), "--as", "new", *WITH_CONSENT)
    assert result.text == "lists/new.csv\n"
    assert (small.root / "lists/new.csv").read_bytes() == (
        b"email,first_name,clp,consent_source,consent_date\r\n"
        b"ada@example.org,Ada,Anytown,reply form,2025-03-05\r\n"
    )
    assert "Forename → first_name" in result.err
    assert "no segment names new.csv yet" in result.err
    assert (BO, "unsubscribed in the file") in {
        (each["address"], each["reason"]) for each in small.good("suppress", "list", "--json").json
    }
    assert ADA not in result.err
    assert BO not in result.err


def test_the_list_is_one_like_any_other(small: Small) -> None:
    """Named in a segment, its people can be sent to."""
    small.good("lists", "import", given(small, NEW), "--as", "new", *WITH_CONSENT)
    small.change("lists/segments.yaml", "lists: [members.csv,", "lists: [new.csv, members.csv,")
    found = small.good("explain", ADA, "--json").json
    assert [row["reason"] for row in found["rows"]] == [None]


def test_nobody_who_left_is_brought_back(small: Small) -> None:
    """Neither by an import, nor by the same import after they came back by their own word."""
    small.good("suppress", "add", ADA)
    result = small.good("lists", "import", given(small, NEW), "--as", "new", "--yes")
    assert "opted out here before, and stays so: 1" in result.err
    assert not (small.root / "lists/new.csv").exists(), "nobody was left to write to"
    small.good("suppress", "remove", BO, "--reason", "asked by e-mail")
    small.good("lists", "import", given(small, NEW), "--as", "new", "--yes")
    assert BO not in {each["address"] for each in small.good("suppress", "list", "--json").json}


def test_a_list_that_would_change_much_is_replaced_only_by_a_word(small: Small) -> None:
    """Who is new, gone and changed is shown first; refused, it stays byte for byte."""
    before = (small.root / "lists/members.csv").read_bytes()
    refused = small.run("lists", "import", given(small, NEW), "--as", "members", *WITH_CONSENT)
    assert (refused.code, refused.out) == (1, b"")
    assert "1 new" in refused.err
    assert "4 gone" in refused.err
    assert "--accept-drift" in refused.err
    assert (small.root / "lists/members.csv").read_bytes() == before
    assert not small.good("suppress", "list", "--json").json, "nothing of it was done"
    small.good("lists", "import", "people.csv", "--as", "members", "--accept-drift", *WITH_CONSENT)
    assert ADA in (small.root / "lists/members.csv").read_text(encoding="utf-8")


def test_the_same_import_again_changes_nothing(small: Small) -> None:
    """It runs through, and says so."""
    given(small, NEW)
    small.good("lists", "import", "people.csv", "--as", "new", *WITH_CONSENT)
    again = small.good("lists", "import", "people.csv", "--as", "new", *WITH_CONSENT)
    assert "nobody new, gone or changed" in again.err


def test_without_a_terminal_somebody_has_to_say_yes(small: Small) -> None:
    """A script that does not say so gets nothing."""
    result = small.run("lists", "import", given(small, NEW), "--as", "new")
    assert result.code == 2
    assert "--yes" in result.err
    assert not (small.root / "lists/new.csv").exists()


@pytest.mark.parametrize(("typed", "code"), [("y", 0), ("n", 1)])
def test_at_a_terminal_the_columns_are_confirmed(small: Small, typed: str, code: int) -> None:
    """They stand on the screen when the question is asked."""
    given(small, NEW)
    with at_a_terminal("lists", "import", "people.csv", "--as", "new", cwd=small.root) as (process, keyboard):
        screen = type_at_prompt(keyboard, typed, asked=b"Are the columns right?")
        assert process.wait(30) == code
    assert "Signup date → consent_date" in screen
    assert (small.root / "lists/new.csv").exists() == (code == 0)


def test_a_workbook_with_several_sheets_of_people(small: Small) -> None:
    """Which of them is for a person to say."""
    people = [["email"], [ADA]]
    given(small, books.xlsx({"North": people, "South": people}), "people.xlsx")
    asked = small.run("lists", "import", "people.xlsx", "--yes")
    assert (asked.code, "'North', 'South'" in asked.err) == (2, True)
    assert (
        small.good("lists", "import", "people.xlsx", "--sheet", "South", "--yes", "--as", "south").text
        == "lists/south.csv\n"
    )


def test_json_counts_every_row_and_names_nobody(small: Small) -> None:
    """What a script is told."""
    result = small.good(
        "lists", "import", given(small, NEW + b"no address,,,,subscribed\r\n"), "--as", "new", "--yes", "--json"
    )
    told = result.json
    counted = (
        told["people"],
        told["left"],
        told["bounced"],
        told["unconfirmed"],
        told["duplicates"],
        len(told["invalid"]),
    )
    assert (told["list"], told["rows"], counted) == ("lists/new.csv", 3, (1, 1, 0, 0, 0, 1))
    assert told["invalid"] == [{"where": "people.csv:4", "why": "it has no @"}]
    assert "example.org" not in result.text


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nowhere.csv",), 2, "cannot be read"),
        ((), 2, "needs a file"),
        (("people.csv", "--as", "../evil"), 2, "cannot be the name of a list"),
        (("people.csv", "--map", "Email"), 2, "names no column"),
        (("people.csv", "--map", "Emial=email"), 2, "there is no column 'Emial'"),
        (("people.csv", "--sheet", "x"), 2, "there is no sheet"),
        (("notes.txt",), 3, "no column holds e-mail addresses"),
    ],
)
def test_slips(small: Small, arguments: tuple[str, ...], code: int, said: str) -> None:
    """Each is told with what to do, and writes nothing."""
    given(small, NEW)
    given(small, b"just some words\nand more of them\n", "notes.txt")
    result = small.run("lists", "import", *arguments, "--yes")
    assert (result.code, said in result.err) == (code, True), result.err
    assert SIAN not in result.err


def test_an_import_is_in_the_audit_log(small: Small) -> None:
    """It changed who can be written to."""
    small.good("lists", "import", given(small, NEW), "--as", "new", "--yes")
    assert "lists" in {each["command"] for each in small.good("audit", "--json").json}
