"""Dates in English prose, as a reader understands them.

Rule: only what is plainly a date is read as one (“17 November”, “November 17th, 2026”, “Sunday 27 to Wednesday
30 September”, “17/11/2026”, “Tue 17/11”; in numbers the day comes first, as the British write it, and “Tue
7.30” is a time); a date without a year is the one that a reader of this meeting's report would think of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

MONTHS = tuple("January February March April May June July August September October November December".split())  # noqa: SIM905
WEEKDAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())  # noqa: SIM905

_SURE = timedelta(days=120)
"""A day of the year so near to the meeting is this one, and not last year's or next year's."""

_MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?"
    r"|JAN|FEB|MAR|APR|MAY|JUNE?|JULY?|AUG|SEPT?|OCT|NOV|DEC"
    r"|JANUARY|FEBRUARY|MARCH|APRIL|AUGUST|SEPTEMBER|OCTOBER|NOVEMBER|DECEMBER)(?!\w)"
)
_WEEKDAY = r"(?<!\w)(?i:Mon|Tues?|Wed(?:nes|s)?|Thu(?:rs?)?|Fri|Sat(?:ur)?|Sun)(?i:day)?\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<year>\d{4})(?!\w))?"
_DAY_FIRST = re.compile(
    rf"(?:(?P<weekday>{_WEEKDAY}),?\s+(?:the\s+)?)?(?<![\w£$€.,/:-])(?P<day>{_DAY})\s+(?:of\s+)?(?P<month>{_MONTH}){_YEAR}"
)
_MONTH_FIRST = re.compile(
    rf"(?:(?P<weekday>{_WEEKDAY}),?\s+)?(?<!\w)(?<!\d\s)(?P<month>{_MONTH})\s+(?P<day>{_DAY})(?![\w%:])(?![.,]\d){_YEAR}"
)
_FIRST_OF_TWO = re.compile(
    rf"(?:(?P<weekday>{_WEEKDAY}),?\s+(?:the\s+)?)?(?<![\w£$€.,/:-])(?P<day>{_DAY})"
    r"\s*(?:to|and|or|until|till|–|—|-|/|,)\s*$"
)
_NUMBERS = re.compile(
    rf"(?:(?P<weekday>{_WEEKDAY}),?\s+(?:the\s+)?)?(?<![\w£$€.,/:+-])(?P<day>\d{{1,2}})"
    r"(?P<mark>[/.-])(?P<month>\d{1,2})(?:(?P=mark)(?P<year>(?:19|20)\d\d|\d\d))?(?![\w%]|[./,:-]\w)"
)
"""Three numbers with a whole year are a date; fewer only after a weekday, and two only with a stroke."""
_MONTH_FOLLOWS = re.compile(rf"\s+(?:of\s+)?{_MONTH}")
_MONTH_ALONE = re.compile(rf"(?<!\w)(?P<month>{_MONTH}){_YEAR}")


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
    return tuple(sorted((*_named(text), *_numbered(text)), key=lambda day: day.start))


def _named(text: str) -> Iterator[Day]:
    found = [*_DAY_FIRST.finditer(text), *_MONTH_FIRST.finditer(text)]
    taken = 0
    for each in sorted(found, key=lambda each: (each.start("month"), each.start())):
        if each.start() < taken:
            continue  # “17 November 2026” is not also “November 20”
        taken = each.end()
        day = _day(each, _month(each["month"]), each["year"])
        first = _FIRST_OF_TWO.search(text, 0, each.start())
        if first:
            yield replace(
                _day(first, day.month, each["year"]),
                text=f"{first[0].split(first['day'])[0]}{first['day']} {MONTHS[day.month - 1]}",
            )
        yield day


def _numbered(text: str) -> Iterator[Day]:
    for found in _NUMBERS.finditer(text):
        year = found["year"] or ""
        if len(year) < len("2026") and not (found["weekday"] and (year or _is_day_and_month(found, text))):
            continue
        yield _day(found, int(found["month"]), f"20{year}" if len(year) == len("26") else year)


def _is_day_and_month(found: re.Match[str], text: str) -> bool:
    """And not a time, as “Tue 7.30”, hours, as “Sat 10-12”, or two days, as “Sat 28/29 November”."""
    return (
        found["mark"] == "/"
        and int(found["month"]) <= len(MONTHS)
        and not _MONTH_FOLLOWS.match(text, found.end())
    )


def months(text: str) -> Iterator[tuple[int, int | None]]:
    """Every month named in a text, with its year where one stands beside it."""
    for found in _MONTH_ALONE.finditer(text):
        yield _month(found["month"]), int(found["year"]) if found["year"] else None


def in_words(day: date) -> str:
    """“Tuesday 17 November 2026”."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def _day(found: re.Match[str], month: int, year: str | None) -> Day:
    weekday = found["weekday"]
    return Day(
        " ".join(found[0].split()),
        found.start(),
        int(found["day"].rstrip("stndrh")),
        month,
        int(year) if year else None,
        _weekday(weekday) if weekday else None,
    )


def _month(name: str) -> int:
    return [month[:3].lower() for month in MONTHS].index(name[:3].lower()) + 1


def _weekday(name: str) -> int:
    return [weekday[:3].lower() for weekday in WEEKDAYS].index(name[:3].lower())
