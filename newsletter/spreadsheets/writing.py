"""People as a list: CSV as this program reads it."""

from __future__ import annotations

import csv
from io import StringIO

from newsletter.spreadsheets.people import People


def written(people: People) -> bytes:
    """The list, in the order of the file that it came from."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(people.columns)
    for person in people.kept.values():
        writer.writerow([person.get(column, "") for column in people.columns])
    return text.getvalue().encode()
