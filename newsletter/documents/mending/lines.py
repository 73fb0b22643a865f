"""Lines of a page become paragraphs, points and what stands alone.

Rule: a line goes on in the next one unless something says that it ended: space where the next word would have
fitted, a gap, another size or weight, a marker of a list. Where nothing can be known, sentences decide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median, mode

from newsletter.documents.blocks import Block, Kind, Line, Run, Runs, cut, merged, text_of
from newsletter.documents.mending import hyphens, phrases
from newsletter.documents.mending.marks import Mark, mark_of
from newsletter.documents.mending.steps import Blocks, Change, Mended

STEP = "broken lines"

_ENDS = re.compile(r"[.!?:;…][\"'”’)\]]*(?:\s+(?:and|or))?$")
_ENDS_LINE = re.compile(r"[.!?,…][\"'”’)\]]*$|[-\u2010]$")
_HEADING_WORDS = 12
_RULE_SIGNS = 3
_HEAD = 3
"""Blocks from the top below which a line may say who writes."""
_GOES_ON = re.compile(r"^[a-zß-ÿ&]|^\((?![A-Z])|^[a-z]?['’]")
NARROW_LETTERS = 130
"""Lines of text that are longer were never broken by hand or by a page."""
_BROKEN_SHARE = 0.12
_NOISE_OF_LETTERS = 0.12
"""Letters have different widths, so a count of them says only roughly how full a line is."""
_NOISE_OF_POINTS = 0.015
_SAME_SIZE = 1.08
_LARGE = 1.2
_TITLE, _LARGE_APART = 1.5, 2.2
"""A title's letters, and how far apart its lines are at most, in those of the text."""
_SHORT = 0.3
"""Of the width: a line that leaves so much white was ended on purpose."""
GAP = 1.35
"""Lines farther apart than this, in lines, belong to two paragraphs."""
_INDENT_LETTERS = 2.0
_INDENT_POINTS = 9.0
_LONE = re.compile(r"\((?:[a-z]|[ivx]{1,4})\)|\d{1,2}(?:\.\d{1,2}){1,2}\.?")
"""A label or the number of a minute that a program drew on a line of its own."""
_ADDRESS = re.compile(r"\W{0,3}(?:https?://|www\.)")
_ADDRESS_GOES_ON = re.compile(r"^[\w%.~-]*[/._=?&#%-][\w/._=?&#%~-]*(?=\s|$|[,;)])")


@dataclass(frozen=True, slots=True)
class _Page:
    """What is usual on the pages of a document."""

    is_broken: bool
    """Its lines end where the page did, not where the paragraph does."""
    left: float
    right: float
    leading: float
    in_points: bool
    size: float
    """Of most letters; 0 where they have none."""
    hangs: bool
    """The text of a point stands farther in than its marker."""

    @property
    def noise(self) -> float:
        return (self.right - self.left) * (_NOISE_OF_POINTS if self.in_points else _NOISE_OF_LETTERS)

    @property
    def indent(self) -> float:
        return _INDENT_POINTS if self.in_points else _INDENT_LETTERS


def mend(blocks: Blocks) -> Mended:
    """Join the lines; documents that have paragraphs stay as they are."""
    lines = [block for block in blocks if block.kind is Kind.LINE and block.line]
    if not lines:
        return Mended(blocks)
    page = _page(lines)
    words = hyphens.Words.of(block.text for block in blocks)
    changes: list[Change] = []
    joined: list[Block] = []
    last: Block | None = None
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        is_line = block.kind is Kind.LINE
        if (
            last is not None
            and is_line
            and _goes_on(last, block, joined[-1], page)
            and not _steps_out(block, joined, page)
            and not _heads(last, block, after, page, is_point=mark_of(joined[-1].text) is not None)
            and not (len(joined) <= _HEAD and phrases.names_writer(block.text))
        ):
            joined[-1] = _joined(joined[-1], block, words, changes)
        elif is_line:
            joined.append(replace(block, kind=Kind.PARAGRAPH))
        else:
            joined.append(block)
        last = block if is_line else None
    return Mended.of(joined, changes)


def _page(lines: Sequence[Block]) -> _Page:
    places = [block.line for block in lines if block.line]
    rights = sorted(place.right for place in places)
    lefts = sorted(place.left for place in places)
    right = rights[min(int(len(rights) * 0.93), len(rights) - 1)]
    in_points = any(block.size for block in lines)
    broken = [
        after.line.gap
        for before, after in pairwise(lines)
        if after.line and _breaks_a_sentence(before.text, after.text)
    ]
    narrow = in_points or right <= NARROW_LETTERS
    is_broken = in_points or (narrow and len(broken) >= max(2, len(lines) * _BROKEN_SHARE))
    leading = median([gap for gap in broken if gap] or [1.0]) if is_broken else 1.0
    hangs = any(map(_hangs, lines, lines[1:]))
    sizes = [block.size for block in lines if block.size]
    size = mode(sizes) if sizes else 0.0
    return _Page(is_broken, lefts[len(lefts) // 4], right, leading, in_points, size, hangs)


def _hangs(above: Block, below: Block) -> bool:
    assert above.line
    assert below.line
    mark = mark_of(above.text)
    is_below = mark is not None and mark_of(below.text) is None
    return (
        is_below
        and below.line.gap > 0
        and below.line.left > above.line.left + 1
        and bool(_GOES_ON.match(below.text))
    )


def _breaks_a_sentence(above: str, below: str) -> bool:
    return bool(_GOES_ON.match(below)) and not _ENDS.search(above) and mark_of(below) is None


def _goes_on(above: Block, below: Block, block: Block, page: _Page) -> bool:
    """Whether a line carries on the one above, which ends `block`."""
    assert above.line
    assert below.line
    if _stands_alone(above) or _stands_alone(below) or _begins_point(above, below, block, page):
        return False
    if _is_lone_marker(above) or (page.is_broken and _is_one_title(above, below, page)):
        return True
    mid_sentence = bool(_GOES_ON.match(below.text)) and not _ENDS.search(above.text)
    if not page.is_broken:
        return mid_sentence and below.line.gap <= page.leading and page.right <= NARROW_LETTERS
    mid_sentence = mid_sentence and not _is_short(above, page)
    full = _is_full(above, below, page)
    if _differs(above, below) or _is_lower(below, page):
        return full and mid_sentence and _alike(above, below)
    if _is_indented(above, below, block, page):
        # What goes on a typed point at the margin may begin with a name; what begins farther in may not.
        outdents = below.line.left <= above.line.left and not _ENDS.search(above.text)
        return full and (mid_sentence or outdents)
    if below.line.page != above.line.page:
        full = full and not _ENDS.search(above.text)
    return full or mid_sentence


def _is_one_title(above: Block, below: Block, page: _Page) -> bool:
    """Whether two lines are one title: by their size, or large or in capitals in the middle of the page."""
    assert above.line
    assert below.line
    if _is_large(above, page) and above.size == below.size and 0 < below.line.gap <= _LARGE_APART:
        return True
    middles = [(line.left + line.right) / 2 for line in (above.line, below.line)]
    is_middle = (
        abs(middles[0] - middles[1]) <= page.indent
        and min(above.line.left, below.line.left) > page.left + page.indent
    )
    alike = above.text.isupper() and below.text.isupper() if above.size is None else above.size == below.size
    is_large = above.size is None or (above.size or 0.0) >= page.size * _LARGE
    return is_middle and alike and is_large and below.line.gap <= page.leading * GAP and below.line.gap > 0


def _is_short(above: Block, page: _Page) -> bool:
    """Whether a line ends so far before the margin that nobody would have broken a sentence there."""
    assert above.line
    is_told = page.in_points or above.line.left >= page.left + page.indent
    return is_told and above.line.right < page.right - (page.right - page.left) * _SHORT


def _is_large(block: Block, page: _Page) -> bool:
    """Whether a line is set in a title's letters."""
    return (block.size or 0.0) >= page.size * _TITLE > 0


def _is_lower(below: Block, page: _Page) -> bool:
    """Whether a line stands lower than the next line of a paragraph does."""
    assert below.line
    return below.line.gap > page.leading * GAP


def _heads(above: Block, block: Block, after: Block | None, page: _Page, *, is_point: bool) -> bool:
    """Whether a short line below the end of a sentence stands above the next one: no sentence ends with it.

    A point often ends without a full stop.
    """
    text = block.text
    if after is None or after.kind is not Kind.LINE or _ENDS_LINE.search(text) or phrases.is_no_heading(text):
        return False
    if not _ENDS.search(above.text) and not (is_point and _may_end_point(above, block, after, page)):
        return False
    capital = text.lstrip("“‘\"'(")[:1]
    short = len(text.split()) <= _HEADING_WORDS and not _is_full(block, after, page)
    return short and (capital.isupper() or capital.isdigit()) and not _GOES_ON.match(after.text)


def _may_end_point(above: Block, block: Block, after: Block, page: _Page) -> bool:
    """Whether the next word would have fitted, by a bare count of letters, and a paragraph stands below."""
    assert above.line
    assert after.line
    first = block.text.split(maxsplit=1)[0]
    fits = not page.in_points and above.line.right + len(first) < page.right
    is_text = after.text[:1].isupper() and (
        after.line.right > page.right - 2 * page.noise or block.text.endswith((":", ";"))
    )
    goes_on = _is_lone_marker(above) or phrases.leads_on(above.text)
    return fits and is_text and mark_of(after.text) is None and not goes_on


def _stands_alone(block: Block) -> bool:
    """A row of a table, or a rule of signs."""
    text = block.text
    is_row = "\t" in text.strip() and mark_of(text) is None
    return is_row or (len(text) >= _RULE_SIGNS and not any(map(str.isalnum, text)))


def _is_lone_marker(block: Block) -> bool:
    mark = mark_of(block.text)
    return _LONE.fullmatch(block.text) is not None or (mark is not None and mark.length == len(block.text))


def _begins_point(above: Block, below: Block, block: Block, page: _Page) -> bool:
    return _LONE.fullmatch(below.text) is not None or _marker(above, below, block, page) is not None


def _marker(above: Block, below: Block, block: Block, page: _Page) -> Mark | None:
    """The marker of a list that a line begins with, if it is one here."""
    mark = mark_of(below.text)
    if mark is None or mark.is_sure or (_is_lone_marker(below) and mark.kind in {"dash", "letter"}):
        return mark
    begun = mark_of(block.text)
    is_list = begun is not None and begun.kind == mark.kind
    if is_list and mark.kind in {"dash", "letter"}:
        return mark
    if is_list and begun is not None and mark.number is not None and mark.number == (begun.number or 0) + 1:
        return mark
    mid_sentence = page.is_broken and not _ENDS.search(above.text) and _is_full(above, below, page)
    new = below.line is not None and below.line.gap > page.leading * GAP
    return None if mid_sentence and not new else mark


def _is_full(above: Block, below: Block, page: _Page) -> bool:
    """Whether the first word of the line below would not have fitted into the line above."""
    assert above.line
    assert below.line
    first = below.text.split(maxsplit=1)[0]
    letters = max(len(below.text), 1)
    width = (below.line.right - below.line.left) * (len(first) + 1) / letters
    return above.line.right + width > page.right - page.noise


def _steps_out(below: Block, joined: Sequence[Block], page: _Page) -> bool:
    """Whether a line stands left of two paragraphs that begin equally far in, as the points of a list do."""
    lefts = [block.line.left for block in joined[-2:] if block.line]
    return (
        below.line is not None
        and len(lefts) == 2  # noqa: PLR2004 - one paragraph alone may begin farther in
        and abs(lefts[0] - lefts[1]) < 1
        and below.line.left <= lefts[0] - page.indent
        and mark_of(joined[-1].text) is None
    )


def _differs(above: Block, below: Block) -> bool:
    """Whether two lines are in another size or weight, so that one is a heading."""
    if above.size and below.size and max(above.size, below.size) > min(above.size, below.size) * _SAME_SIZE:
        return True
    return _is_bold(above) != _is_bold(below)


def _alike(above: Block, below: Block) -> bool:
    """Whether only a phrase that fills a line is bold: the line around it is in the same size."""
    return not (above.size and below.size) or above.size == below.size


def _is_bold(block: Block) -> bool:
    return all(run.bold for run in block.runs if run.text.strip())


def _is_indented(above: Block, below: Block, block: Block, page: _Page) -> bool:
    """Whether a line begins farther in, as first lines do where paragraphs have no gaps."""
    assert above.line
    assert below.line
    if mark_of(block.text) is not None:
        # The text of a point hangs beside its marker; what stands left of the marker is no part of it.
        start = block.line.left if block.line else above.line.left
        return below.line.left < start + (1 if page.hangs else -page.indent / 2)
    return below.line.left > above.line.left + page.indent


def _joined(block: Block, below: Block, words: hyphens.Words, changes: list[Change]) -> Block:
    """A block with one more line."""
    assert below.line
    if _is_lone_marker(block):
        runs: Runs = (*block.runs, Run(text=" "), *below.runs)
        return block.having(STEP, runs=merged(runs), line=_longer(block.line, below.line), size=below.size)
    whole = hyphens.joined(block.text, below.text, words)
    if whole is not None:
        changes.append(Change(hyphens.STEP, whole.before, whole.after))
        runs = (*_without_end(block.runs, whole.dropped), *below.runs)
        look = f"joined to “{whole.after}”" if whole.is_guess else ""
        return block.having(hyphens.STEP, look=look, runs=merged(runs), line=_longer(block.line, below.line))
    start = block.text.rsplit(maxsplit=1)[-1]
    if _ADDRESS.match(start) and _ADDRESS_GOES_ON.match(below.text):
        end = below.text.split()[0]
        changes.append(Change(STEP, f"{start} {end}", start + end))
        runs = (*block.runs, *below.runs)
        return block.having(
            STEP,
            look=f"a web address joined: {start}{end}",
            runs=merged(runs),
            line=_longer(block.line, below.line),
        )
    runs = (*block.runs, replace(block.runs[-1], text=" "), *below.runs)
    return block.having(STEP, runs=merged(runs), line=_longer(block.line, below.line))


def _without_end(runs: Runs, count: int) -> Runs:
    return cut(runs, 0, len(text_of(runs)) - count)


def _longer(line: Line | None, below: Line) -> Line | None:
    return None if line is None else replace(line, right=below.right)
