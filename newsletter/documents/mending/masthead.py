"""What stands above a report: its title, the date, who writes. The mail's own head says all of it.

Rule: only lines that say nothing else are taken out, and the title becomes `title:`; what also says something
of its own stays in the text.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from newsletter.documents.blocks import Block, Kind, Role
from newsletter.documents.mending import furniture, phrases
from newsletter.documents.mending.steps import Blocks, Change, Mended

STEP = "masthead"

_ZONE = 10
"""Blocks from the top among which the head ends."""
_SIGNATURE_WORDS = 6
SIGNS = "signs"
"""Stands in `done` of a line by which a letter above the report is signed."""
_LETTER = 30
"""Blocks from the top among which the title stands, where a letter to the readers comes first."""
_FULL_DATE = re.compile(r"\d.*\b20\d\d\b")
_PROSE_WORDS = 25
_LARGER = 1.3
"""Letters so much larger than the text's are the title's."""
_TITLE_WORDS = 20
_ABOUT = re.compile(
    r"\b(?:report|bulletin|newsletter|notes?|update|account|minutes|letter|briefing|round-?up|news|AGM|NEC|executive|committee|forum|conference)\b",
    re.IGNORECASE,
)
_REPORT = re.compile(r"\b(?:report|bulletin|newsletter|notes|update|account|meeting)\b", re.IGNORECASE)
_MAIL = re.compile(
    r"(?:from|to|cc|bcc|sent|date|subject|reply-to|attachments?)\s*:\s*(?P<rest>.*)", re.IGNORECASE
)
_SUBJECT = re.compile(r"subject\s*:\s*(?:(?:fwd?|re)\s*:\s*)*(?P<rest>.+)", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_SAID_ANYWAY = frozenset(
    "a an and by committee executive for from held in meeting member my national nec of on".split()  # noqa: SIM905
) | frozenset("ordinary report reporting s the this to written your".split())  # noqa: SIM905
"""Words that the mail's own head says, or that say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """What the settings say of the writer, so that a document need not."""

    name: str = ""
    role: str = ""
    strapline: str = ""
    disclaimer: str = ""
    imprint: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """What was taken from the top of a document."""

    title: str = ""
    lines: tuple[str, ...] = ()
    """The lines that were taken out, the title's among them."""


def mend(blocks: Blocks, author: Author) -> tuple[Mended, Head]:
    """Take the masthead out of the text."""
    zone = _zone(blocks)
    mails = _mail_headers(blocks)
    title = mails[1] or None
    taken: dict[int, str] = dict.fromkeys(mails[0], "the head of a mail")
    at = None if title else _title(blocks, zone, len(mails[0]))
    if title is None and at is None and (at := _title_below_a_letter(blocks)) is not None:
        blocks = _with_signature(blocks, at)
    if at is not None:
        title = _text(blocks[at])
        taken[at] = "the title"
        if at + 1 < zone and _goes_on(title, blocks[at + 1]):
            title = f"{title}: {_text(blocks[at + 1])}"
            taken[at + 1] = "the title"
    for index in range(zone):
        is_head = bool(title) and furniture.HEAD in blocks[index].done
        if index not in taken and (is_head or _says_nothing_else(blocks[index], title or "", author)):
            taken[index] = "it is in the mail's own head"
    lines = tuple(blocks[index].text for index in sorted(taken))
    changes = [Change(STEP, blocks[index].text) for index in sorted(taken)]
    rest = [block for index, block in enumerate(blocks) if index not in taken]
    return Mended.of(rest, changes), Head(title or "", lines)


def _zone(blocks: Blocks) -> int:
    """How many blocks from the top can be the masthead: those before the text begins."""
    for index, block in enumerate(blocks[:_ZONE]):
        is_prose = block.kind is Kind.PARAGRAPH and len(block.text.split()) >= _PROSE_WORDS
        if is_prose or phrases.is_greeting(block.text) or block.kind in {Kind.POINT, Kind.TABLE}:
            return index
    return min(len(blocks), _ZONE)


def _mail_headers(blocks: Blocks) -> tuple[list[int], str]:
    """The headers of a mail that was pasted whole, and its subject."""
    found: list[int] = []
    subject = ""
    for index, block in enumerate(blocks[:_ZONE]):
        lines = block.text.split("\n")
        if not all(_MAIL.match(line) for line in lines):
            break
        found.append(index)
        subject = next((each["rest"].strip() for line in lines if (each := _SUBJECT.fullmatch(line))), subject)
    return (found, subject) if subject else ([], "")


def _title(blocks: Blocks, zone: int, start: int) -> int | None:
    marked = [index for index in range(start, zone) if blocks[index].role is Role.TITLE]
    first_level = [
        index for index in range(start, zone) if blocks[index].kind is Kind.HEADING and blocks[index].level == 1
    ]
    alone = first_level if len([b for b in blocks if b.kind is Kind.HEADING and b.level == 1]) == 1 else []
    if marked:
        return marked[0]
    if alone and not any(_can_be_title(block) for block in blocks[start : alone[0]]):
        return alone[0]
    sizes = Counter(block.size for block in blocks if block.size for _ in block.text.split())
    usual = sizes.most_common(1)[0][0] if sizes else 0.0
    large = [index for index in range(start, zone) if _is_large(blocks[index], usual)]
    if large:
        return max(large, key=lambda index: blocks[index].size or 0.0)
    able = [index for index in range(start, zone) if _can_be_title(blocks[index])]
    if not any(_ABOUT.search(blocks[index].text) for index in able) and _is_line_over_lines(blocks, start):
        return start
    return next(
        (index for index in able if furniture.HEAD not in blocks[index].done), able[0] if able else None
    )


def _title_below_a_letter(blocks: Blocks) -> int | None:
    """The only line near the top that names a meeting and its day: the writer's greeting stands above it."""
    texts = [(index, block.text) for index, block in enumerate(blocks[:_LETTER]) if _can_be_title(block)]
    dated = [index for index, text in texts if _ABOUT.search(text) and _FULL_DATE.search(text)]
    return dated[0] if len(dated) == 1 else None


def _with_signature(blocks: Blocks, title: int) -> Blocks:
    """The short lines right above the title, by which the letter ends, told from headings."""
    first = title
    while first > 0 and len(blocks[first - 1].text.split()) <= _SIGNATURE_WORDS:
        first -= 1
    signature = [replace(block, done=(*block.done, SIGNS)) for block in blocks[first:title]]
    return (*blocks[:first], *signature, *blocks[title:])


def _is_line_over_lines(blocks: Blocks, start: int) -> bool:
    """Whether the first line is short and says nothing of a report, but stands above another short line."""
    first, second = (*blocks[start : start + 2], Block(), Block())[:2]
    lines = [
        block.kind in {Kind.PARAGRAPH, Kind.HEADING}
        and 1 < len(block.text.split()) <= _TITLE_WORDS
        and not block.text.rstrip().endswith((".", ":", ",", "!", "?"))
        and not phrases.is_no_heading(block.text)
        for block in (first, second)
    ]
    return all(lines)


def _goes_on(title: str, below: Block) -> bool:
    """Whether a title only names the committee, and the line below says what this is."""
    names_body = set(_words(phrases.without_dates(title))) <= _SAID_ANYWAY | {"labour", "party"}
    return names_body and _can_be_title(below) and bool(_REPORT.search(below.text))


def _is_large(block: Block, usual: float) -> bool:
    is_short = 0 < len(block.text.split()) <= _TITLE_WORDS and block.kind in {Kind.PARAGRAPH, Kind.HEADING}
    return (
        is_short
        and bool(block.size)
        and (block.size or 0.0) >= usual * _LARGER
        and not phrases.is_date(block.text)
    )


def _can_be_title(block: Block) -> bool:
    words = block.text.split()
    if (
        not 1 < len(words) <= _TITLE_WORDS
        or phrases.is_date(block.text)
        or block.kind not in {Kind.PARAGRAPH, Kind.HEADING}
    ):
        return False
    text = block.text.rstrip()
    has_date = phrases.without_dates(text) != text
    says_what = bool(_ABOUT.search(text)) or (has_date and not phrases.is_no_heading(text))
    return says_what and not text.endswith((".", ",")) and not phrases.is_byline(text)


def _text(block: Block) -> str:
    return " ".join(block.text.split()).rstrip(":;")


def _says_nothing_else(block: Block, title: str, author: Author) -> bool:
    """Whether every word of a block stands in the head of the mail already."""
    text = block.text.strip()
    if block.kind not in {Kind.PARAGRAPH, Kind.HEADING} or phrases.is_greeting(text):
        return False
    of_author = set(_words(f"{author.name} {author.role} {author.strapline}")) | _SAID_ANYWAY
    known = set(_words(title)) | of_author
    without_date = phrases.without_dates(text)
    words = _words(without_date)
    is_date = without_date != text and not words
    said_by_title = bool(author.name or title) and bool(words) and set(words) <= known
    # “Leader’s report” may head a section, though the title names it among other things.
    of_title = set(_words(phrases.without_dates(title))) - of_author
    names_part = 0 < len(of_title & set(words)) < len(of_title)
    return is_date or (said_by_title and not names_part)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]
