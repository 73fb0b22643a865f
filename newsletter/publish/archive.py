"""What has been published: the list that stands beside the pages, and what it makes of them as a whole.

Rule: everything that is not an issue's own page is made from this list alone, and nothing in it comes from a
clock: an issue is of the day of its meeting, or of its last correction. What was published and put right says
so, for good.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel, ConfigDict, ValidationError

from newsletter.errors import Mistake, NotReady, SourceError, Where
from newsletter.markdown import plain
from newsletter.publish import blocks
from newsletter.publish.copy import PublicCopy

NAME = "archive.json"


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Correction(_Kept):
    """As it was published."""

    day: date
    text: str


class Entry(_Kept):
    """One published issue."""

    id: str
    title: str
    meeting: str
    day: date
    lang: str
    description: str
    corrections: tuple[Correction, ...] = ()
    content: str
    """A digest of its words and links."""
    paper_bytes: int | None = None
    """The size of the print edition, where there is one."""

    @property
    def changed_on(self) -> date:
        return max((each.day for each in self.corrections), default=self.day)


class Archive(_Kept):
    """Every published issue, newest first."""

    version: int = 1
    issues: tuple[Entry, ...] = ()

    def find(self, issue: str) -> Entry | None:
        return next((entry for entry in self.issues if entry.id == issue), None)

    def with_entry(self, entry: Entry) -> Archive:
        """The list with this issue, in the place of an older one of its name."""
        return Archive(issues=_in_order([*self.without(entry.id).issues, entry]))

    def without(self, issue: str) -> Archive:
        return Archive(issues=tuple(entry for entry in self.issues if entry.id != issue))

    def to_json(self) -> bytes:
        """As it is kept; the same list gives the same bytes."""
        return (json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n").encode()


def parse(text: str, *, name: str) -> Archive:
    """The list as it was kept; an empty text is an empty list. Raises `SourceError`."""
    if not text.strip():
        return Archive()
    try:
        return Archive.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        hint = "It is written by `newsletter publish`: bring back the last one that it wrote."
        raise SourceError(
            [Mistake(Where(name), f"this is no list of published issues: {place} {first['msg']}", hint)]
        ) from None


def entry(copy: PublicCopy, *, paper_bytes: int | None) -> Entry:
    """What the list says of an issue."""
    return Entry(
        id=copy.report.issue,
        title=copy.content.title,
        meeting=copy.words.meeting,
        day=copy.report.meeting.date,
        lang=copy.lang,
        description=copy.content.preheader,
        corrections=tuple(Correction(day=day, text=plain(text)) for day, text in copy.corrections),
        content=content_of(copy),
        paper_bytes=paper_bytes,
    )


def content_of(copy: PublicCopy) -> str:
    """A digest of what a reader reads: title, day, “In brief”, text and links, however they are laid out."""
    held = copy.content
    said = [
        held.title,
        copy.words.meeting,
        copy.words.date,
        [blocks.inline(point) for point in held.summary],
        [
            [blocks.inline(section.heading) if section.heading else None, blocks.blocks(section.body)]
            for section in held.sections
        ],
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def check_change(before: Entry | None, now: Entry, *, unmarked: bool) -> None:
    """Raise `NotReady` for a change of what was published that does not say what was put right."""
    if before is None:
        return
    gone = next((each for each in before.corrections if each not in now.corrections), None)
    if gone is not None:
        raise NotReady(
            f"the correction of {gone.day.isoformat()} was published, and the draft no longer has it",
            f"Corrections stay. Bring it back: {{date: {gone.day.isoformat()}, text: {_quoted(gone.text)}}}",
        )
    if before.content != now.content and before.corrections == now.corrections and not unmarked:
        raise NotReady(
            "the report has changed since it was published, and no correction says so",
            "Write into the draft what was put right: corrections: [{date: 2026-11-20, text: …}]. "
            "A slip of the keyboard that alters no meaning may pass: --unmarked.",
        )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _in_order(issues: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(issues, key=lambda each: (each.day, each.id), reverse=True))
