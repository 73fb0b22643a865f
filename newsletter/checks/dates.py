"""Rules about dates: of the meeting, of the next one, and of everything that is said to happen on a day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from newsletter.checks import days
from newsletter.checks.days import MONTHS, Day
from newsletter.checks.prose import IN_FRONT, Kind, Passage
from newsletter.checks.rules import Evidence, Finding, Severity, rule
from newsletter.checks.wording import passage_line

_FARTHEST_YEARS = 30
"""A date so far ahead is a slip of the keyboard."""

_ABOUT = r"(?:report|bulletin|newsletter|account|notes?|update|letter|meeting|met|NEC|Executive|[Cc]ommittee)"
_ABOUT_MEETING = re.compile(rf"\b{_ABOUT}\b[^.;!?]{{0,40}}$", re.IGNORECASE)
_BEFORE_MEETING = re.compile(rf"[\s\d,]{{0,8}}(?:\w+\s+){{0,2}}{_ABOUT}\b", re.IGNORECASE)
_MET = re.compile(
    r"\b(?:we|NEC|committee|executive|it)\s+(?:last\s+)?(?:met|gathered|convened)\b(?!\s+again)[^.;!?]{0,40}$",
    re.IGNORECASE,
)
_THIS_REPORT = re.compile(
    r"^\s*(?:welcome to|(?:here|this|below|what follows)(?:[’']s| is| comes)(?: now)?)\s(?:my|our|the|a)"
    r"(?P<named>(?:\s(?![\w-]+[’'])[\w-]+){0,3}?\s(?:report|bulletin|newsletter|account|update)\b"
    r"(?:\s(?:of|from|on|for|about)(?:\s(?:the|our|this|last|meetings?|held|in|of|for|\d{4}|(?-i:[A-Z])[\w’']*))+"
    r"(?=\s*(?:[^\w\s]|$)|\s(?:and|which|that|where|with|as)\b))?)",
    re.IGNORECASE,
)
"""How a report is handed over, and what it is called: what month is named in that, is its own."""
_SENTENCE = re.compile(r"[^.!?]*[.!?]*")
_NEXT = re.compile(
    r"\b(?:next meeting|meets? again|meet next|next meet|meeting again|will meet)\b[^.;!?]{0,50}$",
    re.IGNORECASE,
)


@rule("C17", Severity.WARNING)
def weekdays_that_do_not_fit(evidence: Evidence) -> Iterator[Finding]:
    """What it does: works out the weekday of every date that names one; without a year, of the nearest such
    day.

    Why it matters: somebody will come on the wrong day.
    Example: `Monday 17 November 2026`, which is a Tuesday.
    Instead: look it up; one of the two is wrong.
    """
    for passage, day in _days(evidence):
        meant = day.meant(evidence.report.meeting.date)
        if day.weekday is None or not meant:
            continue
        if day.weekday not in {each.weekday() for each in meant}:
            yield Finding(f"“{day.text}”: {days.in_words(meant[0])} is the day", passage.place(day.text))


@rule("C18", Severity.WARNING)
def days_that_do_not_exist(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for dates that no calendar has, and for years that are far off.

    Why it matters: a deadline that does not exist cannot be kept.
    Example: `31 November`, `29 February 2027`, `6 May 2207`, `31/02/2027`
    Instead: look it up.
    """
    for passage, day in _days(evidence):
        if not day.meant(evidence.report.meeting.date):
            yield Finding(f"there is no {day.text}", passage.place(day.text))
        elif day.year and day.year > evidence.report.meeting.date.year + _FARTHEST_YEARS:
            yield Finding(f"“{day.text}” is far ahead", passage.place(day.text))


@rule("C19", Severity.WARNING)
def meeting_still_to_come(evidence: Evidence) -> Iterator[Finding]:
    """What it does: compares the meeting's date with today.

    Why it matters: a report of a meeting that has not been held has the wrong date, or goes out too early.
    Example: `date: 2026-12-17` in a report sent in November.
    Instead: mend `meeting:` in the draft.
    """
    meeting = evidence.report.meeting.date
    if evidence.today and meeting > evidence.today:
        where = _front_place(evidence, "meeting.date")
        yield Finding(f"the meeting of {days.in_words(meeting)} is still to come", where)


@rule("C20", Severity.WARNING)
def another_meetings_date(evidence: Evidence) -> Iterator[Finding]:
    """What it does: compares with the meeting the dates, months and years in title, subject and preheader,
    and in the text “we met on …” and the month of “this is my … report”.

    Why it matters: a report that was begun as a copy of the last one keeps its month.
    Example: `subject: My September NEC report` for a meeting in November; `Welcome to my September report.`
    Instead: write this meeting's date; if another is meant, name both.
    """
    for passage in evidence.prose.passages:
        wrong = (
            _other_date(passage, evidence)
            if passage.kind in IN_FRONT
            else _met_on_another_day(passage, evidence) or _introduced_by_another_month(passage, evidence)
        )
        if wrong:
            meeting = days.in_words(evidence.report.meeting.date)
            yield Finding(f"“{wrong}”, but the meeting was on {meeting}", passage.place(wrong))


@rule("C21", Severity.WARNING)
def next_meeting_not_after_this_one(evidence: Evidence) -> Iterator[Finding]:
    """What it does: compares the date that is given for the next meeting with this one's.

    Why it matters: it is left over from the last report, and people write it down.
    Example: “We meet again on 17 November” in the report of that day.
    Instead: write the next date.
    """
    meeting = evidence.report.meeting.date
    for passage in evidence.prose.body:
        for day in days.named(passage.text):
            meant = day.meant(meeting)
            if meant and _NEXT.search(passage.text[: day.start]) and meant[0] <= meeting:
                yield Finding(f"the next meeting is not after this one: “{day.text}”", passage.place(day.text))


def _days(evidence: Evidence) -> Iterator[tuple[Passage, Day]]:
    for passage in evidence.prose.passages:
        for day in days.named(passage.text):
            yield passage, day


def _other_date(passage: Passage, evidence: Evidence) -> str:
    """What a title or subject says of the meeting's date that is not so; empty where it is, or says nothing."""
    meeting = evidence.report.meeting.date
    found = list(days.named(passage.text))
    if any(
        (day.day, day.month, day.year or meeting.year) == (meeting.day, meeting.month, meeting.year)
        for day in found
    ):
        return ""
    if not found:
        return _other_month(passage.text, evidence)
    if _names_the_month(_without(passage.text, found), evidence):
        return ""
    for day in found:
        if passage.kind is Kind.TITLE or _ABOUT_MEETING.search(passage.text[: day.start]):
            return day.text
    return ""


def _other_month(text: str, evidence: Evidence) -> str:
    if _names_the_month(text, evidence):
        return ""
    for month, year in days.months(text):
        name = next(
            word for word in re.findall(r"[A-Za-z]+", text) if word[:3].lower() == MONTHS[month - 1][:3].lower()
        )
        before, _, after = text.partition(name)
        if _ABOUT_MEETING.search(before) or _BEFORE_MEETING.match(after):
            return f"{name} {year}" if year else name
    return ""


def _names_the_month(text: str, evidence: Evidence) -> bool:
    meeting = evidence.report.meeting.date
    return any(month == meeting.month and year in {None, meeting.year} for month, year in days.months(text))


def _without(text: str, found: Iterable[Day]) -> str:
    for day in found:
        text = text.replace(day.text, "")
    return text


def _met_on_another_day(passage: Passage, evidence: Evidence) -> str:
    meeting = evidence.report.meeting.date
    for day in days.named(passage.text):
        if _MET.search(passage.text[: day.start]) and meeting not in day.meant(meeting):
            return day.text
    return ""


def _introduced_by_another_month(passage: Passage, evidence: Evidence) -> str:
    """The month that a sentence gives to this very report, where it is not the meeting's."""
    for sentence in _SENTENCE.findall(passage.text):
        found = _THIS_REPORT.search(sentence)
        if not found or days.named(sentence) or _names_the_month(sentence, evidence):
            continue
        if wrong := _other_month(found["named"], evidence):
            return wrong
    return ""


def _front_place(evidence: Evidence, name: str) -> str:
    line = passage_line(evidence.report.places, name)
    return f"{evidence.report.source}:{line}" if line else evidence.report.source
