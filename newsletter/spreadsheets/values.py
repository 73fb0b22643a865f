"""Cells as a list has them: dates in ISO 8601, whole names in two.

Rule: a whole column is read in one way, and a date that could be two days is the British one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from newsletter.audience import consent

_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_FIRST_SERIAL, _LAST_SERIAL = 25_000, 60_000
"""From 1968 to 2064, as Excel counts days."""
_EPOCH = date(1899, 12, 30)
"""Day 0 of Excel, with the day in it that 1900 did not have."""
_TWO_NUMBERS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d\d)(\D.*)?")
_MONTHS = 12
_TITLES = frozenset(("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "rev", "cllr", "councillor", "sir", "dame"))

ToDate = Callable[[str], str]


def dates_of(cells: Iterable[str]) -> tuple[ToDate, str]:
    """How to write the dates of a column, and what to tell of it. What is no date stays as it is."""
    held = [cell.strip() for cell in cells if cell.strip()]
    numbers = [(int(found[1]), int(found[2])) for cell in held if (found := _TWO_NUMBERS.fullmatch(cell))]
    firsts, seconds = (
        max((first for first, _ in numbers), default=0),
        max((each for _, each in numbers), default=0),
    )
    is_american = seconds > _MONTHS >= firsts
    serials = sum(_is_serial(cell) for cell in held)
    said = ["the month first, as in America"] if is_american else []
    said += ["numbers as Excel counts days"] if serials else []
    return (lambda cell: _iso(cell.strip(), is_american=is_american)), ", ".join(said)


def _is_serial(cell: str) -> bool:
    return bool(_SERIAL.fullmatch(cell)) and _FIRST_SERIAL <= float(cell) <= _LAST_SERIAL


def _iso(cell: str, *, is_american: bool) -> str:
    if _is_serial(cell):
        return (_EPOCH + timedelta(days=int(float(cell)))).isoformat()
    found = _TWO_NUMBERS.fullmatch(cell)
    if is_american and found:
        cell = f"{found[2]}/{found[1]}/{found[3]}"
    day = consent.day_of(cell)
    return cell if day is None else day.isoformat()


def split_name(name: str) -> tuple[str, str]:
    """A whole name as a first and a last one: “Hollins, Maya”, “Dr Maya Hollins”."""
    last, comma, first = (part.strip() for part in name.partition(","))
    if comma and first:
        return first, last
    words = [word for word in name.split() if word.rstrip(".").lower() not in _TITLES]
    return (words[0], " ".join(words[1:])) if words else ("", "")
