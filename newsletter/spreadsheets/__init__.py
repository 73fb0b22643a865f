"""People brought in from elsewhere: a spreadsheet, or another tool's export, becomes a list.

Rule: nobody who left is brought back, nobody is written to because a column was misread, and a list holds no
more of people than somebody asked for.
"""

from __future__ import annotations

from newsletter.spreadsheets.columns import LEFT_OUT, Column, Plan, is_read, plan
from newsletter.spreadsheets.people import Gone, People, people_of
from newsletter.spreadsheets.tables import Sheet, from_json
from newsletter.spreadsheets.tools import Standing
from newsletter.spreadsheets.writing import written

__all__ = [
    "LEFT_OUT",
    "Column",
    "Gone",
    "People",
    "Plan",
    "Sheet",
    "Standing",
    "from_json",
    "is_read",
    "people_of",
    "plan",
    "written",
]
