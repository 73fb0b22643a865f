"""Somebody who joins is written into a list, and every other byte of it stays."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience.joining import COLUMNS, check, joined, new_list
from newsletter.errors import SourceError

JO = {
    "email": "jo@example.org",
    "first_name": "Jo",
    "consent_source": "website form",
    "consent_date": "2026-11-24",
    "consent_wording": "Yes, “please”, by e-mail",
}
HEAD = "email,first_name,clp,consent_source,consent_date,consent_wording\n"
ANN = "ann@example.org,Ann,Anytown,form,2025-01-01,\n"


def join(data: str, encoding: str = "utf-8", **changes: str) -> str:
    return joined(data.encode(encoding), JO | changes, name="web.csv", folder="lists").decode(encoding)


def test_a_person_is_added_at_the_end() -> None:
    """In the columns of the list; those that nothing is known for stay empty."""
    assert join(HEAD + ANN) == HEAD + ANN + (
        'jo@example.org,Jo,,website form,2026-11-24,"Yes, “please”, by e-mail"\n'
    )


def test_a_new_list_takes_everybody() -> None:
    """With a header, and every column that is known of somebody."""
    rows = list(csv.DictReader(StringIO(join(new_list().decode(), first_name="Siân"))))
    assert rows == [JO | {"first_name": "Siân"}]


@pytest.mark.parametrize(
    "before",
    [
        HEAD + "JO@example.org,Joanna,Thornby,form,2020-01-01,old\n" + ANN,
        HEAD + ANN + "jo@example.org,Joanna,Thornby,,,",
        HEAD + '"jo@example.org","Joanna","Thornby","a\nform of two lines",,\n' + ANN,
    ],
)
def test_whoever_is_there_gets_their_new_consent_in_their_old_row(before: str) -> None:
    """What is new counts, what is only in the list stays; everybody else's row is as it was."""
    after = join(before, first_name="")
    (row,) = (row for row in csv.DictReader(StringIO(after)) if row["email"] == "jo@example.org")
    assert row == JO | {"first_name": "Joanna", "clp": "Thornby"}
    assert (ANN in after) == (ANN in before)
    assert join(after, first_name="") == after


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("ended", [True, False])
def test_a_list_stays_in_its_own_form(encoding: str, delimiter: str, ending: str, ended: bool) -> None:
    """As the spreadsheet wrote it: mark at the start, delimiter, line ends."""
    before = (HEAD + ANN).replace(",", delimiter).replace("\n", ending)
    before = before if ended else before.removesuffix(ending)
    after = join(before, encoding)
    assert after.startswith(before)
    last = after.removeprefix(before).removeprefix("" if ended else ending)
    assert last.endswith(ending)
    assert last.count(ending) == 1
    (cells,) = csv.reader([last], delimiter=delimiter)
    assert cells == ["jo@example.org", "Jo", "", *list(JO.values())[2:]]
    assert joined(before.encode(encoding), JO, name="web.csv", folder="lists").decode(encoding) == after


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8) | st.sampled_from(
    ['say "yes"', "a, b", "two\nlines", ""]
)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "JO", "jo"]), CELL, CELL), max_size=6), CELL)
def test_nobody_else_is_changed(rows: list[tuple[str, str, str]], wording: str) -> None:
    """Whatever stands in the list: the others' rows are those that were there, and the person is in it."""
    table = StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["email", "first_name", "note", "consent_source", "consent_date", "consent_wording"])
    writer.writerows([f"{name}@example.org", first, note, "", "", ""] for name, first, note in rows)
    before = table.getvalue()
    try:
        after = join(before, consent_wording=wording or "x")
    except SourceError as error:  # Cells that look like further rows are refused as they are everywhere.
        assert "quote" in error.message  # noqa: PT017
        return
    others = [row for row in csv.reader(StringIO(before)) if row[0].lower() != "jo@example.org"]
    found = list(csv.reader(StringIO(after)))
    assert [row for row in found if row[0].lower() != "jo@example.org"] == others
    mine = [row for row in found if row[0].lower() == "jo@example.org"]
    assert len(mine) == max(1, sum(name.lower() == "jo" for name, _, _ in rows))
    assert mine[0][3:] == ["website form", "2026-11-24", wording or "x"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"email,first_name\n", "no column consent_date, consent_source, consent_wording"),
        (HEAD.encode() + b"b\xe4r@example.org,B\xe4r,,,,\n", "not UTF-8"),
        (b"", "the list is empty"),
        (b"PK\x03\x04", "a spreadsheet"),
    ],
)
def test_a_list_that_cannot_take_people_is_refused(data: bytes, said: str) -> None:
    """With what to do, before anybody joins, and again when they do."""
    for act in (check, lambda data, **where: joined(data, JO, **where)):
        with pytest.raises(SourceError, match=said):
            act(data, name="web.csv", folder="lists")


def test_the_columns_are_those_that_a_segment_can_ask_for() -> None:
    """A list made here counts as one with consent."""
    assert COLUMNS == ("email", "first_name", "consent_source", "consent_date", "consent_wording")
