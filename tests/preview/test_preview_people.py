"""The crowd answers like a plain list of rows, only faster."""

from __future__ import annotations

from sys import getsizeof

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.address import key
from newsletter.model import Recipient
from newsletter.plan import REASONS
from newsletter.preview.people import Crowd, Wanted

SEGMENTS = ("clp-secretaries", "members")
COLUMNS = ("first_name", "last_name", "clp")

words = st.text(alphabet="aB éß🌹", max_size=6).map(lambda text: " ".join(text.split()))
rows = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=8),
        st.sampled_from(SEGMENTS),
        st.fixed_dictionaries(dict.fromkeys(COLUMNS, words)),
        st.sampled_from((None, *REASONS)),
    ),
    max_size=12,
)
Rows = list[tuple[int, str, dict[str, str], str | None]]
Plain = list[tuple[Recipient, str | None]]


def recipient(number: int, segment: str, fields: dict[str, str]) -> Recipient:
    address = f"Reader{number}@example.org"
    held = {name: value for name, value in fields.items() if value}
    return Recipient(address, key(address), segment, held)


def crowd_of(found: Rows, before: frozenset[str] | None = None) -> tuple[Crowd, Plain]:
    """A crowd, and the same rows as a list."""
    crowd = Crowd(SEGMENTS, COLUMNS, before)
    plain = [(recipient(number, segment, fields), reason) for number, segment, fields, reason in found]
    for each, reason in plain:
        crowd.add(each, reason)
    return crowd, plain


@given(rows)
def test_each_row_comes_back_as_it_went_in(found: Rows) -> None:
    """Address, segment, fields and reason, whatever letters they are of."""
    crowd, plain = crowd_of(found)
    assert [(crowd.row(n).recipient, crowd.row(n).reason) for n in range(len(crowd))] == plain


@given(rows, st.sets(st.sampled_from(SEGMENTS)), st.sets(st.sampled_from((None, *REASONS))), words)
def test_a_search_finds_what_a_plain_list_would(
    found: Rows, segments: set[str], reasons: set[str | None], text: str
) -> None:
    """By segment, by reason, and by every word of a text, whatever the case."""
    crowd, plain = crowd_of(found)
    wanted = Wanted(frozenset(segments), frozenset(reasons), text)

    def fits(each: Recipient, reason: str | None) -> bool:
        held = " ".join([each.address, *each.fields.values()]).casefold()
        return (
            (not segments or each.segment in segments)
            and (not reasons or reason in reasons)
            and all(word in held for word in text.casefold().split())
        )

    expected = [n for n, (each, reason) in enumerate(plain) if fits(each, reason)]
    assert crowd.select(wanted, 0, 100) == (len(expected), expected)
    assert crowd.select(wanted, 1, 2) == (len(expected), expected[1:3])


@given(rows)
def test_a_mailbox_is_found_by_the_row_that_reaches_it(found: Rows) -> None:
    """Where one of its rows does; else by its first."""
    crowd, plain = crowd_of(found)
    for each, _ in plain:
        mine = [n for n, (other, _) in enumerate(plain) if other.key == each.key]
        reached = [n for n in mine if plain[n][1] is None]
        assert crowd.find(each.key) == (reached or mine)[0]
    assert crowd.find("nobody@example.org") is None


@given(rows, st.sampled_from(SEGMENTS), st.booleans())
def test_steps_go_through_every_reader_and_round(found: Rows, segment: str, nameless: bool) -> None:
    """Forward and back again, among all or among those without a first name."""
    crowd, plain = crowd_of(found)
    mine = [
        n
        for n, (each, reason) in enumerate(plain)
        if reason is None and each.segment == segment and not (nameless and "first_name" in each.fields)
    ]
    here, forward = None, []
    for _ in mine:
        here = crowd.beside(segment, here, 1, nameless=nameless)
        forward.append(here)
    assert forward == mine
    if mine:
        assert crowd.beside(segment, mine[-1], 1, nameless=nameless) == mine[0]
        assert [crowd.beside(segment, n, -1, nameless=nameless) for n in mine] == [mine[-1], *mine[:-1]]
    else:
        assert crowd.beside(segment, None, 1, nameless=nameless) is None


@given(rows)
def test_the_longest_name_is_the_longest(found: Rows) -> None:
    """Of those who get it; the first of several."""
    crowd, plain = crowd_of(found)
    for segment in SEGMENTS:
        lengths = {
            n: len(f"{each.fields.get('first_name', '')} {each.fields.get('last_name', '')}")
            for n, (each, reason) in enumerate(plain)
            if reason is None and each.segment == segment
        }
        expected = max(lengths, key=lambda n: lengths[n]) if lengths else None
        assert crowd.longest(segment) == expected
        assert crowd.readers(segment) == len(lengths)


@given(rows, st.sets(st.integers(min_value=0, max_value=11)))
def test_new_and_gone_are_against_the_last_issue(found: Rows, had: set[int]) -> None:
    """New: gets it and did not have the last one. Gone: had it and gets nothing now."""
    before = frozenset(f"reader{number}@example.org" for number in had)
    crowd, plain = crowd_of(found, before)
    staying = {each.key for each, reason in plain if reason in {None, "already_sent"}}
    assert crowd.gone() == sorted(before - staying)
    total, numbers = crowd.select(Wanted(only_new=True), 0, 100)
    assert {plain[n][0].key for n in numbers} == staying - before
    assert total == crowd.new


def test_without_an_earlier_issue_nobody_is_new() -> None:
    """There is nothing to compare with."""
    crowd, _ = crowd_of([(1, "members", dict.fromkeys(COLUMNS, ""), None)])
    assert (crowd.new, crowd.gone()) == (0, [])


@pytest.mark.parametrize("people", [100, 10_000])
def test_a_row_takes_little_memory(people: int) -> None:
    """Some hundred bytes a person, search included."""
    crowd, _ = crowd_of([(n, "members", dict.fromkeys(COLUMNS, "Anytown"), None) for n in range(people)])
    held = (crowd._rows, crowd._starts, crowd._searched, crowd._searched_starts, crowd._kinds, crowd._segments)
    assert sum(map(getsizeof, held)) / people < 400
