"""Dates are read in prose as a reader reads them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.checks import days

MEETING = date(2026, 11, 17)
DATES = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@given(day=DATES, shift=st.integers(0, 6))
def test_a_weekday_fits_its_date_and_no_other(day: date, shift: int) -> None:
    """Written out in full, as `in_words` writes it."""
    written = days.in_words(day).replace(
        days.WEEKDAYS[day.weekday()], days.WEEKDAYS[(day.weekday() + shift) % 7]
    )
    (found,) = days.named(f"We meet on {written}, at noon.")
    assert found.meant(MEETING) == (day,)
    assert (found.weekday == day.weekday()) is (shift == 0)


@given(near=st.integers(-119, 119))
def test_a_date_without_a_year_is_the_nearest(near: int) -> None:
    """Within four months of the meeting there is only one."""
    day = MEETING + timedelta(days=near)
    (found,) = days.named(f"on {day.day} {days.MONTHS[day.month - 1]}")
    assert found.meant(MEETING) == (day,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17 November 2026", [(17, 11, 2026, None)]),
        ("the 17th of November", [(17, 11, None, None)]),
        ("Tue 17 Nov", [(17, 11, None, 1)]),
        ("Tuesday, 17th November, 2026", [(17, 11, 2026, 1)]),
        ("November 17th, 2026", [(17, 11, 2026, None)]),
        ("TUESDAY 17 NOVEMBER", [(17, 11, None, 1)]),
        ("Sunday 27 to Wednesday 30 September", [(27, 9, None, 6), (30, 9, None, 2)]),
        ("17 and 18 November 2026", [(17, 11, 2026, None), (18, 11, 2026, None)]),
        ("1 May 2027, 2 May 2027", [(1, 5, 2027, None), (2, 5, 2027, None)]),
    ],
)
def test_dates_are_read_as_written(text: str, expected: list[tuple[int, int, int | None, int | None]]) -> None:
    """Day first or month first, short or long, alone or in pairs."""
    assert [(day.day, day.month, day.year, day.weekday) for day in days.named(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "we may march in 2026",
        "£17 November",
        "version 3.17 November",
        "17 votes in November",
        "November 2026",
        "Sunday",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    """Modal verbs, sums of money, and months alone."""
    assert days.named(text) == ()
