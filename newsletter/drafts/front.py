"""The keys of a draft: what front matter may say, and what the YAML form adds to it.

Rule: whatever YAML would make of a value, it is text here until this page says otherwise.
"""

from __future__ import annotations

import re
from datetime import date  # pydantic reads the annotation
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from newsletter.drafts import faults
from newsletter.drafts.known import FIELD, Known, fields_of
from newsletter.drafts.source import clean
from newsletter.errors import did_you_mean
from newsletter.yaml_source import mistake

MAX_ID = 64
UNREASONED = "a check is silenced without a reason"
REASON_HINT = 'Say why: silence: {C05: "the tags are meant"}.'

_ID = re.compile(r"[A-Za-z0-9]+(?:(?:\.|[_-]+)[A-Za-z0-9]+)*")
"""Safe as a folder's name and in a Message-ID, where two dots may not follow each other (RFC 5322 3.6.4)."""
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_IN_WORDS = re.compile(r"(?:\w+,? )?(\d{1,2})(?:st|nd|rd|th)? ([A-Za-z]{3,9}),? (\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LANG = re.compile(r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|\d{3}))?(-([a-z\d]{5,8}|\d[a-z\d]{3}))*", re.IGNORECASE)
"""Language, script, region and variants (RFC 5646 section 2.1)."""


def _known(info: ValidationInfo) -> Known:
    assert isinstance(info.context, Known)
    return info.context


def _line(value: str, info: ValidationInfo) -> str:
    line = " ".join(clean(value).split())  # a quoted text may hold what the file does not: "\\x00"
    if not line:
        raise mistake(f"'{info.field_name}' is empty", "Write it, or leave out the key.")
    return line


def _fixed(value: str, info: ValidationInfo) -> str:
    field = FIELD.search(value)
    if field:
        raise mistake(
            f"'{info.field_name}' cannot hold the merge field {field[0]}",
            "Merge fields may stand in the text, subject, preheader and summary.",
        )
    return value


def _merged(value: str, info: ValidationInfo) -> str:
    for name in fields_of(value):
        if name not in _known(info).fields:
            raise mistake(f"unknown merge field '{name}'", did_you_mean(name, _known(info).fields))
    return value


def _linked(value: str) -> str:
    fault = faults.in_line(value)
    if fault:
        raise mistake(fault.what, fault.hint)
    return value


def _id(value: str) -> str:
    if len(value) > MAX_ID or not _ID.fullmatch(value):
        raise mistake(
            "'id' is a short name for the issue",
            f"Letters, digits, and . _ - between them, at most {MAX_ID}: nec-2026-11-17.",
        )
    return value


def _date(value: Any) -> Any:
    if not isinstance(value, str):
        raise mistake("'date': expected a date", "Write it as year-month-day, like 2026-11-17.")
    meant = _as_iso(value)
    if meant != value:
        hint = f"Write {meant}." if meant else "Write it as year-month-day, like 2026-11-17."
        raise mistake(f"'{value}' is not a date", hint)
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise mistake(
            f"there is no day {value}: {error}", "The order is year-month-day, like 2026-11-17."
        ) from None


def _as_iso(value: str) -> str | None:
    """A date as ISO 8601 where it can be read without doubt, the day first as in Britain."""
    if _ISO_DATE.fullmatch(value):
        return value
    found = _DAY_FIRST.fullmatch(value) or _IN_WORDS.fullmatch(value)
    if not found:
        return None
    day, month, year = found.groups()
    if not month.isdigit():
        if month[:3].lower() not in _MONTHS:
            return None
        month = str(_MONTHS.index(month[:3].lower()) + 1)
    return f"{year}-{int(month):02}-{int(day):02}"


def _segment(value: str, info: ValidationInfo) -> str:
    if value not in _known(info).segments:
        raise mistake(f"unknown segment '{value}'", did_you_mean(value, _known(info).segments))
    return value


def _theme(value: str, info: ValidationInfo) -> str:
    if value not in _known(info).themes:
        raise mistake(f"unknown theme '{value}'", did_you_mean(value, _known(info).themes))
    return value


def _lang(value: str) -> str:
    if not _LANG.fullmatch(value):
        meant = value.replace("_", "-").split(".")[0]
        hint = f"Write {meant}." if _LANG.fullmatch(meant) else "Write a language tag, like en-GB or cy."
        raise mistake(f"'{value}' is not a language", hint)
    return value


def _code(value: str, info: ValidationInfo) -> str:
    known = _known(info)
    if value in known.kept_codes:
        raise mistake(
            f"'{value}' cannot be silenced: it guards a promise to the reader",
            "Mend what it finds, or take this line out.",
        )
    if value not in known.codes:
        full = re.sub(r"\A([A-Z])(\d)\Z", r"\g<1>0\2", value.upper())
        near = get_close_matches(full, sorted(known.codes), n=1)
        hint = f"Did you mean '{near[0]}'?" if near else "`newsletter check` shows the code of each problem."
        raise mistake(f"unknown check '{value}'", hint)
    return value


def _reason(value: Any) -> Any:
    if not isinstance(value, str) or not value.strip():
        raise mistake(UNREASONED, REASON_HINT)
    return value


Line = Annotated[str, AfterValidator(_line)]
FixedLine = Annotated[Line, AfterValidator(_fixed)]
MergedLine = Annotated[Line, AfterValidator(_merged)]
SummaryPoint = Annotated[MergedLine, AfterValidator(_linked)]
CorrectionText = Annotated[FixedLine, AfterValidator(_linked)]
Day = Annotated[date, BeforeValidator(_date)]
Segment = Annotated[str, AfterValidator(_segment)]
Code = Annotated[str, AfterValidator(_code)]
Reason = Annotated[FixedLine, BeforeValidator(_reason)]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MeetingKeys(_Keys):
    """`meeting:`."""

    body: FixedLine = Field(examples=["National Executive Committee"])
    date: Day = Field(examples=["2026-11-17"])
    kind: FixedLine | None = None


class CorrectionKeys(_Keys):
    """One of `corrections:`."""

    date: Day = Field(examples=["2026-11-20"])
    text: CorrectionText = Field(examples=['"It is £640,000, and not £460,000."'])


def _after_the_meeting(value: list[CorrectionKeys], info: ValidationInfo) -> list[CorrectionKeys]:
    meeting = info.data.get("meeting")
    early = next((each.date for each in value if meeting is not None and each.date < meeting.date), None)
    if early is not None:
        hint = "The day of a correction is the day on which it was put right."
        raise mistake(f"a correction of {early.isoformat()} is older than the meeting", hint)
    return value


Corrections = Annotated[list[CorrectionKeys], AfterValidator(_after_the_meeting)]


class Front(_Keys):
    """The keys that both forms of a draft have. Validated with a `Known` as context."""

    id: Annotated[str, AfterValidator(_id)] | None = None
    title: FixedLine = Field(examples=["Report of the NEC meeting, 17 November 2026"])
    meeting: MeetingKeys = Field(examples=["{body: National Executive Committee, date: 2026-11-17}"])
    subject: MergedLine | None = None
    preheader: MergedLine | None = None
    summary: list[SummaryPoint] = Field(default_factory=list)
    segments: list[Segment] = Field(default_factory=list)
    theme: Annotated[str, AfterValidator(_theme)] | None = None
    lang: Annotated[str, AfterValidator(_lang)] | None = None
    corrections: Corrections = Field(default_factory=list)
    paper: Literal["none", "link", "attach"] | None = None
    silence: dict[Code, Reason] = Field(default_factory=dict, examples=['{C05: "the tags are meant"}'])


class SectionKeys(_Keys):
    """One of `sections:`. What `only` names is checked with the body, where it becomes a block."""

    heading: Line = Field(examples=["Leader's report"])
    body: str = ""
    points: list[Line] = Field(default_factory=list)
    only: list[str] | None = Field(None, min_length=1)


class YamlDraft(Front):
    """The YAML form: the keys of front matter, and the text in parts."""

    intro: str = ""
    sections: list[SectionKeys] = Field(default_factory=list)
    closing: str = ""
