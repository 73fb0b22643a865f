"""Invented people, and lists of them: the same in every run."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

HEADER = (
    *("email", "first_name", "last_name", "clp", "region", "role"),
    *("consent_source", "consent_date"),
)

_FIRST = ("Siân", "Zoë", *("Amira", "Bethan", "Colin", "Dilys", "Ewan", "Farah") * 6)
"""One in twenty has letters beyond ASCII."""
_LAST = ("Ó Riain", *("Abernethy", "Blackwood", "Carmichael", "Dunmore") * 5)


def rows(number: int) -> Iterator[tuple[str, ...]]:
    """Rows of a list, with addresses of their own."""
    chance = random.Random(20261117)  # noqa: S311 - the data must be the same in every run
    return (_row(each, chance) for each in range(number))


def write_list(path: Path, people: Iterable[tuple[str, ...]]) -> None:
    """Write a list as a spreadsheet does."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(people)


def _row(number: int, chance: random.Random) -> tuple[str, ...]:
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    local = f"{first}.{last}{number}".encode("ascii", "ignore").decode("ascii").replace(" ", "")
    clp = f"{chance.choice(('North', 'South', 'Mid'))} {chance.choice(('Anyshire', 'Hesterwick'))}"
    region = chance.choice(("North West", "Yorkshire", "Wales", "Scotland"))
    day = f"202{chance.randrange(6)}-0{chance.randrange(1, 10)}-1{chance.randrange(10)}"
    domain = f"mail{chance.randrange(400)}.example"
    return f"{local}@{domain}", first, last, clp, region, "secretary", "website form", day
