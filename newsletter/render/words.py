"""What every copy says beside the report itself: date, reading time, footer; the same words in both parts.

Rule: a sentence is written here once. Where a setting is empty its text is empty, and a theme leaves it out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote

from newsletter.model import Meeting, Report
from newsletter.render.look import Look
from newsletter.render.slots import Tokens

FEWEST_FOR_CONTENTS = 3
"""Fewer headings are seen at a glance."""

_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)

_DAY = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(_MONTHS)})(?: (\d{{4}}))?\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The sentences around a report. Addresses stand in `*_url`; `unsubscribe_url` and `sign_up` are tokens."""

    writer: str
    """The name, with the office."""
    meeting: str
    date: str
    reading_time: str
    why: str
    """Why this person gets it, with when they signed up; empty in a copy that is nobody's."""
    unsubscribe_url: str
    """Empty in a copy that is nobody's."""
    answer: str
    """Stands before the reply address."""
    reply_to: str
    imprint: str
    postal_address: str
    """Empty where the imprint says it."""
    privacy_url: str
    web_url: str
    """The web copy of this report."""
    paper_url: str
    """Its print edition on the web."""
    site_url: str
    forwarded: str
    """For whoever got it from somebody else; stands before `site_url`."""


def words(report: Report, look: Look, tokens: Tokens, *, minutes: int, personal: bool) -> Words:
    """The sentences for one edition. `personal` is False for the web, print and forwarding copies."""
    address = web_address(look.pages_url, report.issue) if look.pages_url else ""
    said = replace(
        words_of(look),
        meeting=_meeting(report.meeting),
        date=in_words(report.meeting.date),
        reading_time=f"About {minutes} minute{'s' if minutes != 1 else ''} to read",
        web_url=address,
        paper_url=f"{address}{report.issue}.pdf" if address and look.paper_for(report) == "link" else "",
    )
    if not personal:
        return said
    return replace(
        said,
        why=f"You get this because you asked for my reports – {tokens.sign_up}.",
        unsubscribe_url=tokens.unsubscribe,
        forwarded="Did somebody pass this on to you? You can ask for your own copy at",
    )


def words_of(look: Look) -> Words:
    """What stands on a page that is about no report."""
    return Words(
        writer=", ".join(part for part in (look.sender_name, look.role) if part),
        meeting="",
        date="",
        reading_time="",
        why="",
        unsubscribe_url="",
        answer="To answer me, or to put me right, write to",
        reply_to=look.reply_to,
        imprint=look.imprint,
        postal_address="" if look.postal_address in look.imprint else look.postal_address,
        privacy_url=look.privacy_url,
        web_url="",
        paper_url="",
        site_url=look.site_url,
        forwarded="You can get these reports by e-mail: ask for them at",
    )


def in_words(day: date) -> str:
    """The day as people write it: "17 November 2026"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def unbroken(text: str) -> str:
    """The text with each day held together, so that no line ends within one."""
    return _DAY.sub(lambda found: "\u00a0".join(filter(None, found.groups())), text)


def web_address(pages_url: str, issue: str) -> str:
    """Where the web copy of an issue stands below the base of the published pages."""
    return f"{pages_url.rstrip('/')}/issues/{quote(issue, safe='')}/"


def _meeting(meeting: Meeting) -> str:
    return f"{meeting.body}, {meeting.kind} meeting" if meeting.kind else meeting.body
