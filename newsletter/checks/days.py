"""Dates in English prose, as a reader understands them.

Rule: only what is plainly a date is read as one (“17 November”, “November 17th, 2026”, “Sunday 27 to Wednesday 30
September”); a date without a year is the one that a reader of this meeting's report would think of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

MONTHS = tuple("January February March April May June July August September October November December".split())  # noqa: SIM905
WEEKDAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())  # noqa: SIM905

_SURE = timedelta(days=120)
"""A day of the year so near to the meeting is this one, and not last year's or next year's."""

_MONTH = (
    r"Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?|Sept?(?:ember|\.)?"
    r"|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?"
)
_MONTH = f"(?:{_MONTH}|{_MONTH.upper()})"
_WEEKDAY = r"(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs?)?|Fri|Sat(?:ur)?|Sun)(?:day)?s?\.?"
_WEEKDAY = f"(?:{_WEEKDAY}|{_WEEKDAY.upper().replace('S?', 'S?')})"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_BEFORE = rf"(?:(?<![\w])(?P<weekday>{_WEEKDAY}),?\s+(?:the\s+)?)?"
_FULL = re.compile(
    rf"{_BEFORE}(?<![\w£$€.,/:-])(?P<day>{_DAY})\s+(?:of\s+)?(?P<month>{_MONTH})(?![\w])(?:,?\s+(?P<year>\d{{4}})(?![\w]))?"
    rf"|{_BEFORE.replace('weekday', 'weekday2')}(?<![\w])(?P<month2>{_MONTH})\s+(?P<day2>{_DAY})(?![\w%.:,]?\d)(?:,?\s+(?P<year2>\d{{4}})(?![\w]))?"
)
_FIRST_OF_TWO = re.compile(
    rf"(?<![\w])(?P<weekday>{_WEEKDAY}),?\s+(?:the\s+)?(?P<day>{_DAY})\s*(?:to|and|or|until|till|–|—|-|/|,)\s*$"
)
_MONTH_ALONE = re.compile(rf"(?<![\w])(?P<month>{_MONTH})(?![\w])(?:,?\s+(?P<year>\d{{4}})(?![\w]))?")


@dataclass(frozen=True, slots=True)
class Day:
    """A date as it stands in a text."""

    text: str
    start: int
    day: int
    month: int
    year: int | None
    weekday: int | None
    """0 for Monday; None where none is named."""

    def exists(self) -> bool:
        """Whether any calendar has it."""
        return self.on(self.year or 2024) is not None  # 2024 was a leap year

    def on(self, year: int) -> date | None:
        """The day in this year, if it has it."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None

    def meant(self, near: date) -> tuple[date, ...]:
        """The day a reader would think of, or the two between which only the writer can tell; nearest first."""
        if self.year is not None:
            exact = self.on(self.year)
            return (exact,) if exact else ()
        years = (near.year - 1, near.year, near.year + 1)
        found = sorted((day for year in years if (day := self.on(year))), key=lambda day: abs(day - near))
        return tuple(found[: 1 if found and abs(found[0] - near) <= _SURE else 2])


@lru_cache(maxsize=1024)
def named(text: str) -> tuple[Day, ...]:
    """Every date in a text that names a day and a month, in order."""
    return tuple(_named(text))


def _named(text: str) -> Iterator[Day]:
    for found in _FULL.finditer(text):
        day = _day(found)
        first = _FIRST_OF_TWO.search(text, 0, found.start())
        if first:
            yield Day(
                f"{first['weekday']} {first['day']} {MONTHS[day.month - 1]}",
                first.start(),
                _number(first["day"]),
                day.month,
                day.year,
                _weekday(first["weekday"]),
            )
        yield day


def months(text: str) -> Iterator[tuple[int, int | None]]:
    """Every month named in a text, with its year where one stands beside it."""
    for found in _MONTH_ALONE.finditer(text):
        yield _month(found["month"]), int(found["year"]) if found["year"] else None


def in_words(day: date) -> str:
    """“Tuesday 17 November 2026”."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def _day(found: re.Match[str]) -> Day:
    named = found.groupdict()
    day, month = named["day"] or named["day2"], named["month"] or named["month2"]
    year, weekday = named["year"] or named["year2"], named["weekday"] or named["weekday2"]
    return Day(
        " ".join(found[0].split()),
        found.start(),
        _number(day),
        _month(month),
        int(year) if year else None,
        _weekday(weekday) if weekday else None,
    )


def _number(day: str) -> int:
    return int(day.rstrip("stndrh"))


def _month(name: str) -> int:
    return [month[:3].lower() for month in MONTHS].index(name[:3].lower()) + 1


def _weekday(name: str) -> int:
    return [weekday[:3].lower() for weekday in WEEKDAYS].index(name[:3].lower())
