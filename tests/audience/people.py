"""Lists and segments in memory, for tests of who gets what."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from io import BytesIO, StringIO

from newsletter.audience import Audience, Lists, parse_segments

SEGMENTS = """
segments:
  secretaries:
    title: CLP secretaries
    lists: [secretaries.csv]
    where: {role: secretary}
  members:
    title: General members
    lists: [members.csv, secretaries.csv]
"""
COLUMNS = ("email", "first_name", "last_name", "role", "consent_source", "consent_date")
NAMES = ("secretaries", "members")


def row(
    email: str, first: str = "Jo", last: str = "Bloggs", role: str = "secretary", source: str = "form"
) -> tuple[str, ...]:
    """A row of `COLUMNS`, with a consent record unless `source` is blank."""
    return email, first, last, role, source, "2025-03-03" if source else ""


def csv_of(rows: Iterable[Sequence[str]], columns: Sequence[str] = COLUMNS) -> str:
    text = StringIO()
    csv.writer(text).writerows([columns, *rows])
    return text.getvalue()


def lists(files: Mapping[str, str], segments: str = SEGMENTS) -> Lists:
    """`files` may be changed afterwards: every reading sees them as they are then."""
    return Lists(
        parse_segments(segments, name="lists/segments.yaml"),
        available=list(files),
        open_list=lambda name: BytesIO(files[name].encode()),
    )


def audience(
    *,
    secretaries: Iterable[Sequence[str]] = (),
    members: Iterable[Sequence[str]] = (),
    names: Iterable[str] = NAMES,
    consent_required: bool = True,
    today: date | None = None,
) -> Audience:
    files = {"secretaries.csv": csv_of(secretaries), "members.csv": csv_of(members)}
    return lists(files).audience(names, consent_required=consent_required, today=today)
