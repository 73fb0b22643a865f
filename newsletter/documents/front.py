"""What a draft's front matter says, guessed from the document: title, meeting, date, kind.

Rule: a guess is said to be one, and what nobody can guess is left to be written, in words that a check finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from unicodedata import normalize

from newsletter.checks import days
from newsletter.documents.blocks import Block, Kind

SUMMARY_TODO = "TODO: say in a sentence or two what every reader should know."
DATE_TODO = "TODO: put the day of the meeting into `meeting:` above; the document does not say it."
PDF_TODO = "TODO: this came from a PDF; look at every heading and list, then take out this line."

_BODIES = (
    (re.compile(r"\bNEC\b|\b(?i:National Executive(?: Committee)?)\b"), "National Executive Committee"),
    (re.compile(r"\bNPF\b|\b(?i:National Policy Forum)\b"), "National Policy Forum"),
    (re.compile(r"\bSEC\b|\b(?i:Scottish Executive(?: Committee)?)\b"), "Scottish Executive Committee"),
    (re.compile(r"\bWEC\b|\b(?i:Welsh Executive(?: Committee)?)\b"), "Welsh Executive Committee"),
    (re.compile(r"\bREC\b|\b(?i:Regional Executive(?: Committee)?)\b"), "Regional Executive Committee"),
    (re.compile(r"\bCAC\b|\b(?i:Conference Arrangements Committee)\b"), "Conference Arrangements Committee"),
)
_DEFAULT_BODY = "National Executive Committee"
_KINDS = (
    (re.compile(r"\b(?:special|extraordinary)\s+(?:NEC\s+)?(?:meeting|NEC)\b", re.IGNORECASE), "special"),
    (re.compile(r"\bemergency\s+(?:NEC\s+)?(?:meeting|NEC)\b", re.IGNORECASE), "emergency"),
    (re.compile(r"\baway[ -]?day\b", re.IGNORECASE), "away day"),
    (re.compile(r"\bannual (?:general )?meeting\b", re.IGNORECASE), "annual"),
)
_DEFAULT_KIND = "ordinary"
_NUMERIC = re.compile(r"(?<!\d)(?P<day>\d{1,2})[./-](?P<month>\d{1,2})[./-](?P<year>\d{4}|\d\d)(?!\d)")
_ISO = re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
_LINE_WORDS = 12
_TOP_BLOCKS = 6
_MET = re.compile(r"\b(?:met|meeting|NEC|executive|committee)\b", re.IGNORECASE)
_CENTURY = 2000
_NEAR_DAYS = 1_100
"""What is farther off, in the midst of a text, is another day that it speaks of."""
_IN_TEXT = "the text says so"
_SHORT_TITLE_WORDS = 8
_SLUG_WORDS = 6
_FIELD_LIKE = re.compile(r"\{(?=\{)")


@dataclass(frozen=True, slots=True)
class Guess:
    """What a title or a date was taken from, for the report."""

    what: str
    why: str
    is_sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The keys of the draft."""

    id: str
    title: str
    body: str
    date: date
    kind: str
    to_write: tuple[str, ...]
    """Lines of the summary that a person replaces."""
    guesses: tuple[Guess, ...]

    def lines(self, segments: Iterable[str]) -> list[str]:
        """The front matter, fences and all."""
        return [
            "---",
            f"id: {self.id}",
            f"title: {_quoted(self.title)}",
            f"meeting: {{body: {_quoted(self.body)}, date: {self.date}, kind: {_quoted(self.kind)}}}",
            "summary:",
            *(f"  - {_quoted(each)}" for each in self.to_write),
            f"segments: [{', '.join(segments)}]",
            "---",
        ]


def guessed(
    blocks: Sequence[Block], *, title: str, head: Sequence[str], name: str, today: date, is_pdf: bool
) -> Front:
    """Guess the front matter. `head` are the lines that were taken from the top, `name` is the file's."""
    top = [*head, *(block.text for block in blocks[:_TOP_BLOCKS])]
    texts = [title, *top, *(block.text for block in blocks)]
    day, day_guess = _date(title, top, name, texts, today)
    body, body_guess = _first(_BODIES, texts, _DEFAULT_BODY, "meeting body")
    kind, _ = _first(_KINDS, [title, *top], _DEFAULT_KIND, "kind")
    said, title_guess = _title(title, body, day or today, has_day=day is not None)
    to_write = [SUMMARY_TODO, *([] if day else [DATE_TODO]), *([PDF_TODO] if is_pdf else [])]
    return Front(
        id=f"{(day or today).isoformat()}-{slug(said)}",
        title=said,
        body=body,
        date=day or today,
        kind=kind,
        to_write=tuple(to_write),
        guesses=(title_guess, day_guess, body_guess),
    )


def slug(title: str) -> str:
    """A title without its date, as part of a file's name."""
    for day in days.named(title):
        title = title.replace(day.text, "")
    plain = normalize("NFKD", re.sub(r"['’]", "", title)).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-").split("-")
    return "-".join(words[:_SLUG_WORDS]).strip("-") or "report"


def _title(title: str, body: str, day: date, *, has_day: bool) -> tuple[str, Guess]:
    in_words = f"{day.day} {days.MONTHS[day.month - 1]} {day.year}"
    if not title:
        said = f"Report of the {body}" + (f", {in_words}" if has_day else "")
        return said, Guess(f"title: {said}", "made up, since the document names none", is_sure=False)
    title = _FIELD_LIKE.sub("{ ", " ".join(title.split()))
    if (
        has_day
        and len(title.split()) <= _SHORT_TITLE_WORDS
        and not any(days.months(title))
        and str(day.year) not in title
    ):
        return f"{title}, {in_words}", Guess(f"title: {title}, {in_words}", "the document's own, with the date")
    return title, Guess(f"title: {title}", "the document's own")


def _first(
    known: Iterable[tuple[re.Pattern[str], str]], texts: Sequence[str], default: str, what: str
) -> tuple[str, Guess]:
    """The first name that the texts hold."""
    for text in texts:
        for pattern, name in known:
            if pattern.search(text):
                return name, Guess(f"{what}: {name}", "the document names it")
    return default, Guess(f"{what}: {default}", "assumed: the document names none", is_sure=False)


# The day


def _date(
    title: str, top: Sequence[str], name: str, texts: Sequence[str], today: date
) -> tuple[date | None, Guess]:
    """The day of the meeting: from the title, the top, the file's name, then wherever “met on” stands."""
    file_name = re.sub(r"[_]+", " ", PurePath(name).stem)
    said = [(title, "it stands in the title"), *((text, "it stands at the top") for text in top)]
    said += [(file_name, "it stands in the file's name")]
    said += [(text, _IN_TEXT) for text in texts if _MET.search(text)]
    year = _year(top, today)
    for text, why in said:
        for day, is_exact in _days_in(text, today, year):
            if why == _IN_TEXT and abs((day - today).days) > _NEAR_DAYS:
                continue
            reason = why if is_exact else f"{why}, without a year"
            return day, Guess(f"date: {day.isoformat()}", reason, is_sure=is_exact)
    return None, Guess(f"date: {today.isoformat()}", "today: the document names no day", is_sure=False)


def _year(top: Sequence[str], today: date) -> int | None:
    """The year that a line of the head names, as “NEC report, January 2027” does."""
    lines = [text for text in top if len(text.split()) <= _LINE_WORDS]
    years = [int(found[0]) for text in lines for found in _YEAR.finditer(text)]
    return next((year for year in years if year <= today.year), None)


def _days_in(text: str, today: date, year: int | None) -> Iterator[tuple[date, bool]]:
    """The days that a text names, and whether it says their year."""
    for day in days.named(text):
        if day.year is not None and (exact := day.on(day.year)):
            yield exact, True
        elif day.year is None and (past := day.on(year) if year else _latest(day, today)):
            yield past, False
    for pattern in (_ISO, _NUMERIC):
        for found in pattern.finditer(text):
            year = int(found["year"]) + (_CENTURY if len(found["year"]) == len("27") else 0)
            with suppress(ValueError):
                yield date(year, int(found["month"]), int(found["day"])), True


def _latest(day: days.Day, today: date) -> date | None:
    """The last such day: a report is written after its meeting."""
    past = [found for year in (today.year, today.year - 1) if (found := day.on(year)) and found <= today]
    return past[0] if past else None


def _quoted(text: str) -> str:
    """A text as YAML in double quotes, on one line."""
    return '"' + " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"') + '"'


def has_text(blocks: Iterable[Block]) -> bool:
    """Whether there is anything to report on below the title."""
    return any(block.kind is not Kind.RULE and any(map(str.isalnum, block.text)) for block in blocks)
