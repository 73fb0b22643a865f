"""The audience: each person once, in the first segment that takes them, and a reason for every other row."""

from __future__ import annotations

from collections import Counter
from datetime import date
from io import BufferedReader, BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience import BAD_ROWS_KEPT, LINES_SHOWN, Audience, Lists, parse_segments, sign_up
from newsletter.audience.consent import day_of, is_past
from newsletter.errors import SourceError
from tests.audience.people import NAMES, audience, csv_of, lists, row

EXAMPLE = Path(__file__).parents[2] / "lists"


def reasons(of: Audience) -> list[tuple[str, str, str | None]]:
    return [(c.recipient.segment, c.recipient.address, c.reason) for c in of]


def test_an_address_belongs_to_the_first_segment_that_takes_it() -> None:
    """A secretary on the members' list is a secretary, and the members' row says why not."""
    both = audience(secretaries=[row("a@example.org")], members=[row("A@Example.org"), row("b@example.org")])
    assert reasons(both) == [
        ("secretaries", "a@example.org", None),
        ("members", "A@example.org", "other_segment"),
        ("members", "b@example.org", None),
        ("members", "a@example.org", "other_segment"),
    ]


def test_a_segment_that_the_draft_does_not_name_takes_nobody_away() -> None:
    """Precedence is among the segments of the draft."""
    members = audience(secretaries=[row("a@example.org")], names=["members"])
    assert reasons(members) == [("members", "a@example.org", None)]


def test_the_fields_are_those_of_the_first_row() -> None:
    """Blank cells are missing, the address is no field, and later rows change nothing."""
    first, second = audience(
        secretaries=[row("a@example.org", "Siân", ""), row("a@example.org", "Sam", "Blank")],
        names=["secretaries"],
    )
    assert first.recipient.fields == {
        "first_name": "Siân",
        "role": "secretary",
        "consent_source": "form",
        "consent_date": "2025-03-03",
    }
    assert second.reason == "duplicate"


@pytest.mark.parametrize("again", ["JO@bücher.example", "jo@XN--BCHER-KVA.example", " jo@BÜCHER.example "])
def test_spellings_of_one_address_are_one_person(again: str) -> None:
    """Case, IDNA and white space do not make a second recipient."""
    found = audience(secretaries=[row("jo@bücher.example"), row(again)], names=["secretaries"])
    assert [reason for _, _, reason in reasons(found)] == [None, "duplicate"]


def test_consent_is_asked_for_where_it_is_required() -> None:
    """Both the source and the date must be recorded; `recorded` asks for neither."""
    rows = [row("a@example.org", source=""), (*row("b@example.org")[:-1], ""), row("c@example.org")]
    required = audience(members=rows, names=["members"])
    assert [reason for _, _, reason in reasons(required)] == ["no_consent", "no_consent", None]
    recorded = audience(members=rows, names=["members"], consent_required=False)
    assert [reason for _, _, reason in reasons(recorded)] == [None, None, None]


TODAY = date(2025, 10, 1)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2025-09-28", date(2025, 9, 28)),
        ("2025-09-28T10:00:00Z", date(2025, 9, 28)),
        ("2025/09/28 10:00", date(2025, 9, 28)),
        ("20250928", date(2025, 9, 28)),
        ("28/09/2025", date(2025, 9, 28)),
        ("28/09/2025 10:15", date(2025, 9, 28)),
        ("3.4.25", date(2025, 4, 3)),
        ("28-Sep-25", date(2025, 9, 28)),
        ("28 September 2025", date(2025, 9, 28)),
        ("31/31/2020", None),
        ("30/02/2025", None),
        ("09/28/2025", None),
        ("2025-13-01", None),
        ("28 Foo 2025", None),
        ("0000-01-01", None),
        ("00/00/0000", None),
        ("yes", None),
        ("spring 2024", None),
        ("45928", None),
        ("", None),
    ],
)
def test_a_day_is_read_as_spreadsheets_write_it(written: str, day: date | None) -> None:
    """Year first, or day first; what names no day of the calendar is none."""
    assert day_of(written) == day


@given(st.text() | st.text(alphabet="0129/-. TJanSep"))
def test_any_cell_is_a_day_or_none(cell: str) -> None:
    """Whatever stands in a list, nothing is raised, and a day without a calendar to hold it to has been."""
    assert is_past(cell, None) is (day_of(cell) is not None)


def test_consent_on_an_impossible_or_future_day_is_none() -> None:
    """The row is left out, and its list's note says which lines and how to write a day."""
    days = ["31/31/2020", "2025-10-02", "2025-10-01", "28/09/2025", "soon"]
    rows = [(*row(f"{number}@example.org")[:-1], day) for number, day in enumerate(days)]
    found = audience(members=rows, names=["members"], today=TODAY)
    assert [reason for _, _, reason in reasons(found)] == ["no_consent", "no_consent", None, None, "no_consent"]
    (note,) = found.lists[0].notes
    assert note.startswith("3 rows have no consent, for consent_date is no day up to today (lines 2, 3, 6); ")
    assert note.endswith("write 2025-09-28 or 28/09/2025")
    assert found.lists[0].invalid == 0


def test_a_wrong_day_is_told_once_for_each_row_of_a_list() -> None:
    """Also of rows that only a later segment takes, and not where consent need not be recorded."""
    wrong = [(*row(f"{n}@example.org", role="chair")[:-1], "never") for n in range(LINES_SHOWN + 1)]
    found = audience(secretaries=wrong, today=TODAY)
    assert {reason for _, _, reason in reasons(found)} == {"no_consent"}
    notes = {report.file: report.notes for report in found.lists}
    assert notes["secretaries.csv"][0].startswith("6 rows have no consent")
    assert "(lines 2, 3, 4, 5, 6, …)" in notes["secretaries.csv"][0]
    recorded = audience(secretaries=wrong, consent_required=False, today=TODAY)
    assert {reason for _, _, reason in reasons(recorded)} == {None}
    assert all("consent" not in note for report in recorded.lists for note in report.notes)


def test_people_who_share_an_address_are_one_recipient_and_counted() -> None:
    """A different name on the same address is told; the same person twice, or without a name, is not."""
    found = audience(
        secretaries=[
            row("home@example.org", "Jo"),
            row("sam@example.org", "Sam"),
            row("x@example.org", "", ""),
        ],
        members=[
            *(row("home@example.org", "Ali"), row("Home@example.org", "Kim")),
            *(row("sam@example.org", "SAM"), row("x@example.org", "Kim")),
        ],
    )
    assert len([reason for _, _, reason in reasons(found) if reason is None]) == 3
    assert found.shared == 1


def test_bad_rows_are_told_with_their_line_and_left_out() -> None:
    """A list used by two segments is reported once; every reading reports the same."""
    files = {
        "members.csv": "email,role\nb@example.org,x\n",
        "secretaries.csv": "email,role\nno address,secretary\na@example.org,secretary\nx,y,z\n,secretary\n",
    }
    found = lists(files).audience(NAMES, consent_required=False)
    assert [*found.lists] == []
    for _ in range(2):
        assert [address for _, address, reason in reasons(found) if reason is None] == [
            "a@example.org",
            "b@example.org",
        ]
        told = {
            report.file: (report.rows, report.invalid, report.bad_rows, report.notes) for report in found.lists
        }
        assert told == {
            "members.csv": (1, 0, (), ()),
            "secretaries.csv": (
                *(4, 3),
                ((2, "it has no @"), (4, "it has 3 cells, and the header has 2"), (5, "there is no address")),
                (),
            ),
        }


def test_only_the_first_bad_rows_are_told_one_by_one() -> None:
    """A list that is wrong throughout does not fill the memory; all are counted."""
    found = audience(members=[row("nobody")] * (BAD_ROWS_KEPT + 5), names=["members"])
    assert list(found) == []
    assert (found.lists[0].invalid, len(found.lists[0].bad_rows)) == (BAD_ROWS_KEPT + 5, BAD_ROWS_KEPT)


def test_a_list_without_rows_is_said() -> None:
    """A header alone is no mistake, but the plan says so."""
    found = audience(names=["members"])
    assert list(found) == []
    assert found.lists[0].notes == ("has a header but no rows",)


def test_the_merge_fields_are_the_columns_of_all_lists() -> None:
    """The address is not one of them."""
    found = lists({"secretaries.csv": "email,Role\n", "members.csv": "E-Mail List,email,Branch Name\n"})
    assert found.columns == {"role", "e_mail_list", "branch_name"}
    assert found.audience(["members"], consent_required=True).columns == found.columns


def test_lists_and_segments_are_checked_against_each_other() -> None:
    """A list that is not there, one that cannot be used and an unknown column are told together."""
    segments = """segments:
  secretaries:
    lists: [secretaries.csv]
    where: {Rolle: secretary}
  members:
    lists:
      - member.csv
  others:
    lists: [others.csv]
"""
    with pytest.raises(SourceError) as wrong:
        lists({"secretaries.csv": "email,role\n", "members.csv": "email\n", "others.csv": "name\n"}, segments)
    assert str(wrong.value) == (
        "lists/others.csv:1: there is no column 'email'\n"
        "    The column of the addresses must be called email.\n"
        "lists/segments.yaml:4:13: no list of 'secretaries' has a column 'rolle'\n"
        "    4 | where: {Rolle: secretary}\n"
        "    Did you mean 'role'?\n"
        "lists/segments.yaml:7:9: there is no list 'member.csv'\n"
        "    7 | - member.csv\n"
        "    Did you mean 'members.csv'?"
    )


def test_a_column_may_be_absent_from_some_lists_of_a_segment() -> None:
    """The rows of a list without the column count as having nothing there."""
    segments = "segments:\n  all:\n    lists: [a.csv, b.csv]\n    where: {clp: {not: Anytown}}\n"
    files = {"a.csv": "email,clp\na@example.org,anytown\n", "b.csv": "email\nb@example.org\n"}
    found = lists(files, segments).audience(["all"], consent_required=False)
    assert reasons(found) == [("all", "b@example.org", None)]


@pytest.mark.parametrize(
    ("source", "day", "said"),
    [
        ("website form", "2025-03-03", "by website form on 3 March 2025"),
        ("website form", "2025-03-03T10:00:00Z", "by website form on 3 March 2025"),
        ("website form", "", "by website form"),
        ("", "2024-12-25", "on 25 December 2024"),
        ("phone call", "spring 2024", "by phone call (spring 2024)"),
        ("phone call", "2024-02-30", "by phone call (2024-02-30)"),
        ("", "", None),
    ],
)
def test_the_sign_up_is_put_into_words(source: str, day: str, said: str | None) -> None:
    """Either may be missing, and a date that is none stands as it was written."""
    known = {"consent_source": source, "consent_date": day}
    assert sign_up({name: text for name, text in known.items() if text}) == said


def test_the_example_lists_have_the_people_they_promise() -> None:
    """650 secretaries, some of them members too, and a few rows that are wrong."""
    text = (EXAMPLE / "segments.yaml").read_text("utf-8")
    held = Lists(
        parse_segments(text, name="lists/segments.yaml"),
        available=[path.name for path in EXAMPLE.glob("*.csv")],
        open_list=lambda name: (EXAMPLE / name).open("rb"),
    )
    found = held.audience(held.segments.names, consent_required=True)
    counted = Counter((candidate.recipient.segment, candidate.reason) for candidate in found)
    assert counted["clp-secretaries", None] == 650
    assert counted["members", None] > 2000
    assert counted["members", "other_segment"] > 0
    assert {"first_name", "last_name", "clp", "region"} <= held.columns
    assert all(report.invalid == len(report.bad_rows) > 0 for report in found.lists)


LOCALS = st.sampled_from(["a", "B", "b", "c", "D", "d", "e"])
ROWS = st.lists(
    st.builds(
        row,
        st.builds(
            "{}@{}".format, LOCALS, st.sampled_from(["example.org", "EXAMPLE.org", "bücher.example", "bad"])
        ),
        first=st.sampled_from(["", "Jo", "Sam"]),
        role=st.sampled_from(["secretary", "chair", ""]),
        source=st.sampled_from(["form", ""]),
    ),
    max_size=12,
)


@given(ROWS, ROWS)
def test_everybody_is_in_one_segment_once(
    secretaries: list[tuple[str, ...]], members: list[tuple[str, ...]]
) -> None:
    """Each valid row that matches is one candidate, and each mailbox has one that is no duplicate."""
    found = audience(secretaries=secretaries, members=members)
    candidates = list(found)
    valid = [[r for r in rows if not r[0].endswith("bad")] for rows in (secretaries, members)]
    matching = sum(r[3] == "secretary" for r in valid[0]) + len(valid[1]) + len(valid[0])
    assert len(candidates) == matching
    owners = [c.recipient.key for c in candidates if c.reason in {None, "no_consent"}]
    assert sorted(owners) == sorted({c.recipient.key for c in candidates})
    assert sum(report.rows - report.invalid for report in found.lists) == len(valid[0]) + len(valid[1])
    assert list(found) == candidates


def test_people_stream() -> None:
    """The first candidate comes long before the list has been read to its end."""
    data = BytesIO(csv_of(row(f"a{number}@example.org") for number in range(20_000)).encode())
    held = Lists(
        parse_segments("segments:\n  members: {lists: [members.csv]}\n", name="lists/segments.yaml"),
        available=["members.csv"],
        open_list=lambda _name: Unclosed(data),
    )
    reading = iter(held.audience(["members"], consent_required=True))
    assert next(reading).recipient.address == "a0@example.org"
    assert data.tell() < 100_000 < len(data.getvalue())


class Unclosed(BufferedReader):
    """A reader over a buffer that outlives it, so that a test can ask how far it was read."""

    def __init__(self, data: BytesIO) -> None:
        data.seek(0)
        super().__init__(data)

    def close(self) -> None:
        if not self.closed:
            self.detach()
