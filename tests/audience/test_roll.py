"""What became of a list: who is new, gone or changed, from numbers that nobody can read."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from newsletter import address
from newsletter.audience import Change, Numbers, Roll, Snapshot
from tests.audience.people import COLUMNS, NAMES, audience, csv_of, lists, row

NUMBERS = Numbers(b"a secret")


def read(
    *rows: tuple[str, ...], before: Snapshot | None = None, columns: tuple[str, ...] = COLUMNS, **more: object
) -> tuple[Snapshot, Change]:
    """The members' list, watched while it is read."""
    roll = Roll(NUMBERS, before, since="nov" if before else "", **more)  # type: ignore[arg-type]
    files = {"members.csv": csv_of(rows, columns), "secretaries.csv": csv_of([])}
    people = lists(files).audience(NAMES, consent_required=True)
    for _ in people.read({}, {"members.csv": roll}):
        pass
    (report,) = (each for each in people.lists if each.file == "members.csv")
    return roll.snapshot(), roll.change("members.csv", refused=report.invalid)


A, B, C = (row(f"{name}@example.org", name.upper()) for name in "abc")


def test_who_is_new_gone_and_changed_is_counted_and_shown_masked() -> None:
    """Those who are gone stand in no list any more: an example is found among addresses known elsewhere."""
    before, _ = read(A, B)
    known = ["x@example.org", "b@example.org"]
    _, change = read(row("A@example.org", "Ann"), C, row("broken"), before=before, known=known)
    assert (change.before, change.people) == (2, 2)
    assert (change.new, change.gone, change.changed, change.refused) == (1, 1, 1, 1)
    assert str(change) == (
        "since nov: 1 new (c…@example.org), 1 gone (b…@example.org), 1 changed (A…@example.org)"
    )
    assert change.percent == 150


def test_what_changes_nothing_for_a_person_is_no_change() -> None:
    """Another order of rows and columns, another spelling, a blank column, the same row once more."""
    before, _ = read(A, B)
    turned = tuple(reversed(COLUMNS))
    rows = [(*reversed(each), "") for each in (B, A, ("A@EXAMPLE.ORG", *A[1:]))]
    again, change = read(*rows, before=before, columns=(*turned, "note"))
    assert str(change) == "since nov: nobody new, gone or changed"
    assert again == before


def test_the_first_of_several_rows_of_a_person_counts() -> None:
    """As in the plan; and a new person with two rows is one."""
    before, _ = read(A)
    later = (A[0], "Other", *A[2:])
    _, change = read(A, later, C, C, before=before)
    assert (change.new, change.changed, change.people) == (1, 0, 2)


def test_a_list_that_was_never_used_has_not_moved() -> None:
    """Everybody in it is new, and nothing has to be confirmed."""
    _, change = read(A, B)
    assert (change.new, change.percent, str(change)) == (2, 0.0, "never used before: 2 people")


def test_those_on_the_list_who_left_are_counted() -> None:
    """Who left everything, and who left this list."""
    before, _ = read(A, B, C)
    _, change = read(A, B, C, before=before, suppressed={"a@example.org"}, left={"b@example.org"})
    assert change.opted_out == 2
    assert str(change) == "since nov: nobody new, gone or changed; 2 of its people opted out"


def test_rows_that_match_no_segment_are_watched_too() -> None:
    """It is the list that is compared, and a list of two segments is read twice and watched once."""
    files = {"secretaries.csv": csv_of([A, row("d@example.org", role="chair")]), "members.csv": csv_of([])}
    roll = Roll(NUMBERS)
    for _ in lists(files).audience(NAMES, consent_required=True).read({}, {"secretaries.csv": roll}):
        pass
    assert len(roll.snapshot().people) == 2
    assert audience().lists == ()


def test_what_is_kept_can_be_compared_and_not_read() -> None:
    """It comes back from bytes as it was, and with another secret nobody in it is anybody."""
    before, _ = read(A, B)
    kept = before.to_bytes()
    assert Snapshot.from_bytes(kept) == before
    assert len(kept) == 2 * 12
    assert b"example" not in kept
    other = Numbers(b"another secret")
    assert other.person("a@example.org") not in before.people
    assert NUMBERS.person("a@example.org") in before.people


def test_a_person_can_be_taken_out_of_what_is_kept() -> None:
    """As if the list had never held them; nobody else is touched."""
    before, _ = read(A, B, C)
    without, _ = read(A, C)
    assert before.without(NUMBERS.person("b@example.org")) == without
    assert without.without(NUMBERS.person("b@example.org")) == without


ROWS = st.lists(
    st.builds(row, st.sampled_from([f"{name}@example.org" for name in "abcdef"]), st.sampled_from("xy")),
    max_size=8,
)


@given(ROWS, ROWS)
def test_the_counts_are_those_of_a_plain_comparison(
    old: list[tuple[str, ...]], new: list[tuple[str, ...]]
) -> None:
    """Of the first row of each person in each list."""
    before, _ = read(*old)
    after, change = read(*new, before=before)
    was, now = ({address.key(each[0]): each for each in reversed(rows)} for rows in (old, new))
    counted = Counter(
        "new" if key not in was else "gone" if key not in now else "changed" if was[key] != now[key] else "same"
        for key in was.keys() | now.keys()
    )
    assert (change.new, change.gone, change.changed) == (counted["new"], counted["gone"], counted["changed"])
    assert change.people == len(now) == len(after.people)
