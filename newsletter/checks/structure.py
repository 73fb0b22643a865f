"""Rules about the shape of the report: headings, sections, the line of the inbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, zip_longest

from newsletter.checks.prose import Kind, Passage
from newsletter.checks.rules import Evidence, Finding, Severity, rule

LONG_SUBJECT = 70
"""Letters. Desktop programs show 60 to 70, phones 35 to 45."""
LONG_PREHEADER = 150
"""Letters. No inbox shows more than about 140."""
LONG_SECTION = 900
"""Words below one heading: some four minutes, and as many screens of a phone as nobody scrolls."""

_FEWEST_LETTERS = 5
"""A word of fewer capitals is an abbreviation as often as not."""
_FEWEST_WORDS = 4
"""So many words in capitals, one after the other, are no row of abbreviations."""
_SHOUTED = re.compile(
    rf"(?:\b[A-Z][A-Z’']+\b|\b[AI]\b)(?:[\s,;:!–-]+(?:[A-Z][A-Z’']+\b|[AI]\b)){{{_FEWEST_WORDS - 1},}}"
)
_ANSWER = re.compile(r"(?:re|fw|fwd|aw|wg)\s*:", re.IGNORECASE)


@rule("C11", Severity.WARNING)
def sections_without_text(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for a heading that is followed by the next of its rank, or by the end.

    Why it matters: the contents list promises something that is not there.
    Example: `## Youth` and at once `## Finance`.
    Instead: write the section, or take its heading out.
    """
    sections = [section for section in evidence.prose.sections if section.heading]
    for section, after in zip_longest(sections, sections[1:]):
        heading, following = section.heading, after.heading if after else None
        has_part = following is not None and heading is not None and following.level > heading.level
        if heading is not None and not section.holds and not has_part:
            yield Finding(f"nothing stands below the heading “{heading.text}”", heading.where)


@rule("C12", Severity.WARNING)
def headings_alike(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for two headings of the same rank and words.

    Why it matters: in the contents list nobody can tell one from the other; often a heading was copied and not
    changed.
    Example: `## Finance`, and `## Finance` again over the membership figures.
    Instead: name each section after what is in it.
    """
    seen: dict[tuple[int, str, str], Passage] = {}
    parent = ""
    for heading in evidence.prose.headings:
        parent = heading.text if heading.level <= 2 else parent  # noqa: PLR2004 - `##` is the rank of a section
        key = (heading.level, "" if heading.level <= 2 else parent, heading.text.casefold())  # noqa: PLR2004
        if key in seen:
            yield Finding(
                f"the heading “{heading.text}” stands there twice (first at {seen[key].where})", heading.where
            )
        seen.setdefault(key, heading)


@rule("C13", Severity.WARNING)
def heading_ranks_left_out(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for a heading two or more ranks below the one before it.

    Why it matters: people who listen to a mail use the ranks as a table of contents, and look for what is
    missing.
    Example: `## Results`, then `#### Motions`.
    Instead: write `### Motions`.
    """
    levels = [(1, None), *((heading.level, heading) for heading in evidence.prose.headings)]
    for (before, _), (level, heading) in pairwise(levels):
        if heading and level > before + 1:
            meant = "#" * (before + 1)
            yield Finding(
                f"“{heading.text}” is of rank {level} below one of rank {before}; write {meant}", heading.where
            )


@rule("C14", Severity.WARNING)
def subject_too_long(evidence: Evidence) -> Iterator[Finding]:
    """What it does: counts the letters of the subject with the merge fields' defaults; warns above 70.

    Why it matters: a phone shows some 40 and cuts the rest, and the end is often what tells this mail from
    others.
    Example: “My report of the November meeting of the National Executive Committee, with finance and
    selections”
    Instead: put the news first: “NEC in November: the deficit halves”.
    """
    subject = _subject(evidence)
    if subject and len(subject.text) > LONG_SUBJECT:
        yield Finding(
            f"the subject has {len(subject.text)} letters; inboxes cut it after some 40 to 70", subject.where
        )


@rule("C15", Severity.WARNING)
def preheader_too_long(evidence: Evidence) -> Iterator[Finding]:
    """What it does: counts the letters of the preheader; warns above 150, and where it only repeats the
    subject.

    Why it matters: an inbox shows one line of it.
    Example: a preheader that is a paragraph.
    Instead: one sentence that adds to the subject.
    """
    preheader, subject = evidence.prose.of(Kind.PREHEADER), _subject(evidence)
    if preheader is None:
        return
    if len(preheader.text) > LONG_PREHEADER:
        yield Finding(
            f"the preheader has {len(preheader.text)} letters; no inbox shows more than 140", preheader.where
        )
    if subject and preheader.text.casefold().rstrip(".") == subject.text.casefold().rstrip("."):
        yield Finding("the preheader repeats the subject", preheader.where)


@rule("C16", Severity.WARNING)
def capitals_throughout(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for a title, subject or heading in capitals, and for sentences that shout.

    Why it matters: capitals are slow to read, some voices spell them out, and filters count them.
    Example: `PLEASE DO NOT FORWARD THIS`
    Instead: write it in small letters, and **bold** if it must stand out.
    """
    for passage in evidence.prose.passages:
        if passage.kind in {Kind.TITLE, Kind.SUBJECT, Kind.PREHEADER, Kind.HEADING} and _all_capitals(
            passage.text
        ):
            yield Finding(f"the {passage.kind.value} “{passage.text}” is in capitals", passage.where)
            continue
        for found in _SHOUTED.finditer(passage.text):
            if any(len(word) >= _FEWEST_LETTERS for word in re.findall(r"[A-Z]+", found[0])):
                yield Finding(f"“{found[0]}” is in capitals", passage.place(found[0]))


@rule("C25", Severity.WARNING)
def sections_too_long(evidence: Evidence) -> Iterator[Finding]:
    """What it does: counts the words below each heading; warns above 900.

    Why it matters: readers look for their subject by its heading, and leave where none comes.
    Example: a whole report below `## What happened`.
    Instead: divide it with `###` headings.
    """
    for section in evidence.prose.sections:
        if section.heading and section.words > LONG_SECTION:
            yield Finding(
                f"{section.words} words stand below “{section.heading.text}” alone", section.heading.where
            )


@rule("C27", Severity.WARNING)
def subject_that_pretends_to_answer(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for Re: and Fwd: at the beginning of the subject.

    Why it matters: it claims a conversation that there was not; filters and readers know the trick.
    Example: `subject: "Re: my November report"`
    Instead: leave it out.
    """
    subject = _subject(evidence)
    found = _ANSWER.match(subject.text) if subject else None
    if subject and found:
        yield Finding(f"the subject begins with “{found[0]}”", subject.where)


def _subject(evidence: Evidence) -> Passage | None:
    """The subject, which is the title where the draft gives no other."""
    return evidence.prose.of(Kind.SUBJECT) or evidence.prose.of(Kind.TITLE)


def _all_capitals(text: str) -> bool:
    """Whether every word is in capitals, and not each of them an abbreviation."""
    words = re.findall(r"[^\W\d_]{2,}", text)
    return (
        bool(words)
        and all(word.isupper() for word in words)
        and any(len(word) >= _FEWEST_LETTERS for word in words)
    )
