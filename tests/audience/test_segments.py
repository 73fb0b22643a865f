"""`segments.yaml`: what its conditions mean, and what a person reads when it is wrong."""

from __future__ import annotations

import pytest

from newsletter.audience import Segments, parse_segments
from newsletter.audience.segments import column_name
from newsletter.errors import SourceError

NAME = "lists/segments.yaml"


def segments(where: str) -> Segments:
    return parse_segments(
        f"segments:\n  members:\n    title: Members\n    lists: [members.csv]\n    where: {where}\n", name=NAME
    )


def holds(where: str, cell: str) -> bool:
    """Whether `where: {c: …}` takes a row whose column `c` is `cell`."""
    belongs = segments(where).all[0].predicate(["c"])
    return belongs is not None and belongs([cell])


def message(text: str) -> str:
    with pytest.raises(SourceError) as wrong:
        parse_segments(text, name=NAME)
    assert wrong.value.exit_code == 3
    return str(wrong.value)


@pytest.mark.parametrize(
    ("where", "yes", "no"),
    [
        ("{c: North West}", ["North West", "NORTH WEST"], ["North", "", "North West 2"]),
        ("{c: [Wales, Yorkshire]}", ["wales", "Yorkshire"], ["London", ""]),
        ("{c: no}", ["No"], ["yes", ""]),
        ("{c: 007}", ["007"], ["7"]),
        ("{c: STRASSE}", ["Straße"], ["Strase"]),
        ("{c: {not: Wales}}", ["London", ""], ["WALES"]),
        ("{c: {not: [Wales, London]}}", ["Yorkshire", ""], ["wales", "london"]),
        (
            "{c: {before: 2025-03-01}}",
            ["2025-03-01", "2025-02-28", "2024-12-31T23:59"],
            ["2025-03-02", "", "1/2/2024"],
        ),
        (
            "{c: {after: 2025-03-01}}",
            ["2025-03-01", "2025-03-01 09:00"],
            ["2025-02-28", "", "soon", "2025-03-015"],
        ),
        ("{c: {after: 2025-01-01, before: 2025-12-31}}", ["2025-06-30"], ["2024-06-30", "2026-06-30"]),
        ("{c: {has: true}}", ["anything"], [""]),
        ("{c: {missing: true}}", [""], ["anything"]),
        ("{c: {has: false}}", [""], ["anything"]),
        ("{c: {missing: no}}", ["anything"], [""]),
        ("{c: {starts_with: South}}", ["south east", "South"], ["North South", ""]),
        ("{c: {starts_with: [South, Mid]}}", ["Midlands"], ["North"]),
        ("{c: {starts_with: South, not: South East}}", ["South West"], ["south east"]),
    ],
)
def test_a_condition_takes_the_rows_it_says(where: str, yes: list[str], no: list[str]) -> None:
    """Each operator, compared as text without case."""
    assert [cell for cell in yes + no if holds(where, cell)] == yes


def test_all_conditions_must_hold() -> None:
    """Two columns in `where` narrow the segment together."""
    belongs = segments("{Role: secretary, region: [Wales, London]}").all[0].predicate(["region", "role"])
    assert belongs is not None
    assert [belongs(row) for row in (["Wales", "Secretary"], ["Wales", "chair"], ["Kent", "secretary"])] == [
        *(True, False, False)
    ]


def test_a_column_that_a_list_lacks_is_missing_in_every_row() -> None:
    """`not` and `missing` hold for such a list, everything else keeps its rows out."""
    assert segments("{c: {not: x}}").all[0].predicate(["email"]) is not None
    assert segments("{c: {missing: true}}").all[0].predicate(["email"]) is not None
    assert segments("{c: x}").all[0].predicate(["email"]) is None


def test_headers_and_conditions_name_columns_alike() -> None:
    """Case, spaces and hyphens in a header do not matter."""
    assert [column_name(header) for header in (" First Name", "first-name", "FIRST_NAME", "E-Mail")] == [
        *("first_name", "first_name", "first_name", "e_mail")
    ]


def test_selected_segments_stand_in_order_of_precedence() -> None:
    """The order of the file counts, not the order in which they are asked for."""
    text = "segments:\n  a: {lists: [a.csv]}\n  b: {title: The Bs, lists: b.csv}\n  c: {lists: [a.csv]}\n"
    read = parse_segments(text, name=NAME)
    assert [segment.name for segment in read.select(["c", "b", "c"])] == ["b", "c"]
    assert [segment.title for segment in read.all] == ["a", "The Bs", "c"]


def test_a_segment_asks_for_consent_or_says_nothing_of_it() -> None:
    """It cannot ask for less than the settings do, and a blank is a slip."""
    text = "segments:\n  a: {lists: [a.csv], consent: required}\n  b: {lists: [a.csv]}\n"
    assert [each.consent_required for each in parse_segments(text, name=NAME).all] == [True, False]
    for wrong in ("consent: recorded", "consent:"):
        with pytest.raises(SourceError, match="consent"):
            parse_segments(f"segments:\n  a:\n    lists: [a.csv]\n    {wrong}\n", name=NAME)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (
            ["memebrs"],
            (
                "lists/segments.yaml: there is no segment 'memebrs', so nobody would get it\n"
                "    Did you mean 'members'?"
            ),
        ),
        ([], "lists/segments.yaml: no segment is chosen\n    Known here: members."),
    ],
)
def test_an_unknown_segment_means_nobody(names: list[str], told: str) -> None:
    """A misspelt or absent name is refused with exit code 3 and the nearest name."""
    with pytest.raises(SourceError) as wrong:
        segments("{c: x}").select(names)
    assert str(wrong.value) == told
    assert wrong.value.exit_code == 3


@pytest.mark.parametrize(
    ("where", "told"),
    [
        (
            "",
            (
                "lists/segments.yaml:5:5: 'where' is empty, so it would not say whom it means\n"
                "    5 | where:\n"
                "    Say what it must be, or remove the line. For an empty cell: {missing: true}."
            ),
        ),
        (
            "{region: }",
            (
                "lists/segments.yaml:5:13: 'region' is empty, so it would not say whom it means\n"
                "    5 | where: {region: }\n"
                "    Say what it must be, or remove the line. For an empty cell: {missing: true}."
            ),
        ),
        (
            '{region: ""}',
            (
                "lists/segments.yaml:5:21: 'region' is empty, so it would not say whom it means\n"
                '    5 | where: {region: ""}\n'
                "    Say what it must be, or remove the line. For an empty cell: {missing: true}."
            ),
        ),
        (
            "{region: []}",
            (
                "lists/segments.yaml:5:21: 'region' is empty, so it would not say whom it means\n"
                "    5 | where: {region: []}\n"
                "    Say what it must be, or remove the line. For an empty cell: {missing: true}."
            ),
        ),
        (
            "{clp: {nott: x}}",
            (
                "lists/segments.yaml:5:19: unknown key 'nott'\n"
                "    5 | where: {clp: {nott: x}}\n"
                "    Did you mean 'not'?"
            ),
        ),
        (
            "{joined: {before: 3/3/2025}}",
            (
                "lists/segments.yaml:5:30: 'segments.members.where.joined.before': "
                "expected a date written as 2025-01-31\n"
                "    5 | where: {joined: {before: 3/3/2025}}"
            ),
        ),
        (
            "{joined: {after: 2025-02-30}}",
            (
                "lists/segments.yaml:5:29: 'segments.members.where.joined.after': "
                "expected a date written as 2025-01-31\n"
                "    5 | where: {joined: {after: 2025-02-30}}"
            ),
        ),
        (
            "{First Name: x, first_name: y}",
            (
                "lists/segments.yaml:5:12: 'first_name' is named twice in 'where' of members\n"
                "    5 | where: {First Name: x, first_name: y}"
            ),
        ),
    ],
)
def test_a_wrong_condition_is_told_at_its_place(where: str, told: str) -> None:
    """A condition that says nothing, or something unknown, never lets everybody in."""
    text = f"segments:\n  members:\n    title: Members\n    lists: [members.csv]\n    where: {where}".rstrip()
    assert message(text + "\n") == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "'segments' is missing"),
        ("segments: {}", "no segment is described here"),
        ("segments:\n  members:\n", "'members' is empty"),
        ("segments:\n  members: {lists: []}\n", "expected at least one list, such as [members.csv]"),
        ("segments:\n  members: {title: x}\n", "'lists' is missing"),
        ("segments:\n  members: {lists: [a.csv, a.csv]}\n", "'a.csv' is named twice in 'lists' of members"),
        ("segments:\n  members: {lists: [a.csv]}\n  members: {lists: [b.csv]}\n", "'members' is given twice"),
        ("segments:\n  CLP Secretaries: {lists: [a.csv]}\n", "'CLP Secretaries' cannot name a segment"),
        ("segments:\n  members: {list: [a.csv], lists: [a.csv]}\n", "Did you mean 'lists'?"),
        ("segmnets:\n  members: {lists: [a.csv]}\n", "Did you mean 'segments'?"),
        ("- members\n", "expected `key: value` lines"),
    ],
)
def test_a_wrong_file_is_refused(text: str, told: str) -> None:
    """Shapes that are not segments, each with what was expected."""
    assert told in message(text)


def test_every_mistake_of_the_file_is_told_at_once() -> None:
    """One run is enough to find them all, each at its line."""
    told = message(
        "segments:\n  Bad Name: {lists: [a.csv]}\n  a: {lists: [a.csv], where: {x: }}\n  b: {titel: y}\n"
    )
    assert [told.count(f"{NAME}:{line}:") for line in (2, 3, 4)] == [1, 1, 2]
