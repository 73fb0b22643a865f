"""When and how a person joined: the columns `consent_source` and `consent_date`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

SOURCE = "consent_source"
DATE = "consent_date"

# Not strftime, whose words depend on the machine's locale.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


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
    return f"on {day.day} {_MONTHS[day.month - 1]} {day.year}"
