"""When and how a person joined, and what they agreed to: the columns whose names begin with `consent_`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

SOURCE = "consent_source"
DATE = "consent_date"
WORDING = "consent_wording"
"""What they agreed to, word for word."""

# Not strftime, whose words depend on the machine's locale.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

_YEAR_FIRST = re.compile(r"(?P<year>\d{4})([-/.]?)(?P<month>\d\d)\2(?P<day>\d\d)(?:[T ].*)?", re.ASCII)
_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})[-/. ](?P<month>\d{1,2}|[A-Za-z]{3,9})[-/. ](?P<year>\d{4}|\d\d)(?: .*)?", re.ASCII
)
"""As spreadsheets show a day: 28/09/2025, 28.9.25, 28-Sep-25, each with or without a time."""

_CENTURY = "20"
"""Of a year of two digits: nobody signed up for e-mail in 1925."""


def recorded(fields: Mapping[str, str], today: date | None) -> bool:
    """Whether a row holds a consent record: a source, and a day that has been."""
    return SOURCE in fields and is_past(fields.get(DATE, ""), today)


def is_past(text: str, today: date | None) -> bool:
    """Whether a `consent_date` is a day that has been, or any day where `today` is None."""
    day = day_of(text)
    return day is not None and (today is None or day <= today)


def day_of(text: str) -> date | None:
    """The day that a cell names; None where it names none. Of two numbers the day is the first."""
    found = _YEAR_FIRST.fullmatch(text) or _DAY_FIRST.fullmatch(text)
    if found is None:
        return None
    year = found["year"]
    try:
        return date(int(f"{_CENTURY}{year}"[-4:]), _month(found["month"]), int(found["day"]))
    except ValueError:
        return None


def _month(text: str) -> int:
    """The number of a month; 0, which no date has, where the word is none."""
    if text.isdigit():
        return int(text)
    return next((at for at, name in enumerate(_MONTHS, 1) if name.lower().startswith(text.lower())), 0)


def sign_up(fields: Mapping[str, str]) -> str | None:
    """How and when a person joined, in words that follow “You signed up”; None where nothing is known.

    `by website form on 3 March 2025`; a date that is not ISO 8601 stands as it was written.
    """
    return _in_words(fields.get(SOURCE), fields.get(DATE))


@lru_cache(maxsize=4096)
def _in_words(source: str | None, joined: str | None) -> str | None:
    """The same few sources and days stand in thousands of rows."""
    said = [f"by {source}"] if source else []
    if joined:
        said.append(_day(joined))
    return " ".join(said) or None


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return f"({text})"
    return f"on {in_words(day)}"


def in_words(day: date) -> str:
    """A day as a British reader writes it: `3 March 2025`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
