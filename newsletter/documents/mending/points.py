"""Points of a list that were typed: a bullet, a dash, a number, then text.

Rule: a sign that can be text makes a point only beside others of its kind, or under a line that announces them;
numbers only where they count on. Labels such as (a), which the text may refer to, stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from newsletter.documents.blocks import Block, Kind, cut, stripped, text_of
from newsletter.documents.mending import phrases
from newsletter.documents.mending.marks import Mark, mark_of
from newsletter.documents.mending.steps import Blocks, Change, Mended

STEP = "typed points"
UNMARKED = "points without a sign"
HEADS = "numbered headings"
"""Stands in `done` of a line whose number counts on through the text, so that it heads what follows."""

_INDENT = 1.5
_FEWEST = 2
_LONGEST_UNMARKED = 25
_LONGEST_HEADING = 12
_FEWEST_NAMES = 3
_STOPPED = re.compile(r"[.!?:;,][\"'”’)]*$")
_SENTENCES = re.compile(r"[a-z]{2}[.!?][\"'”’]* +[A-Z]")
_CONTACT = re.compile(r"\S@\S|https?://|www\.|\d{5}")
_SEMICOLON = re.compile(r"[;,](?:\s+(?:and|or))?$")


@dataclass(frozen=True, slots=True)
class _Level:
    sign: str
    left: float


def mend(blocks: Blocks) -> Mended:
    """Find the points of a document and how deep they stand."""
    marks = [_mark(block) for block in blocks]
    headings = _numbered_headings(blocks, marks)
    counted = _that_hold(blocks, marks) - headings
    changes: list[Change] = []
    mended: list[Block] = []
    levels: list[_Level] = []
    for index, (block, mark) in enumerate(zip(blocks, marks, strict=True)):
        if mark is None or index not in counted:
            if not _belongs(block, levels):
                levels = []
            mended.append(replace(block, done=(*block.done, HEADS)) if index in headings else block)
            continue
        depth = _depth(mark, block, levels)
        mended.append(_point(block, mark, depth, changes))
    return Mended.of(_unmarked(mended, are_numbered=bool(headings)), changes)


def _mark(block: Block) -> Mark | None:
    if block.kind not in {Kind.PARAGRAPH, Kind.POINT} or (block.kind is Kind.PARAGRAPH and block.level):
        return None
    mark = mark_of(block.text)
    if block.kind is Kind.POINT:
        # A bullet typed into a list that is one already, as people do who do not trust their program.
        return mark if mark is not None and mark.kind in {"bullet", "letter"} else None
    return mark


def _that_hold(blocks: Blocks, marks: Sequence[Mark | None]) -> set[int]:
    """The markers that make points."""
    found: set[int] = set()
    letters = [index for index, mark in enumerate(marks) if mark and mark.kind == "letter"]
    for index, mark in enumerate(marks):
        if mark is None or mark.length >= len(blocks[index].text):
            continue
        match mark.kind:
            case "bullet":
                holds = True
            case "letter":
                holds = len(letters) >= _FEWEST or _after_point(index, marks)
            case "dash":
                holds = _has_kin(index, marks) or _announced(index, blocks)
            case "number":
                holds = _counts_on(index, marks)
            case _:
                holds = _has_kin(index, marks)
        if holds:
            found.add(index)
    return found


def _near(index: int, marks: Sequence[Mark | None]) -> list[Mark]:
    """The markers next to a block; one block may stand between."""
    places = [*range(max(index - 2, 0), index), *range(index + 1, min(index + 3, len(marks)))]
    return [mark for place in places if (mark := marks[place])]


def _has_kin(index: int, marks: Sequence[Mark | None]) -> bool:
    """Whether a marker of the same kind stands beside one, or beyond the points below it."""
    own = marks[index]
    before = takewhile(bool, reversed(marks[:index]))
    after = takewhile(bool, marks[index + 1 :])
    return own is not None and any(mark is not None and mark.kind == own.kind for mark in (*before, *after))


def _after_point(index: int, marks: Sequence[Mark | None]) -> bool:
    return any(mark.is_sure for mark in _near(index, marks))


def _announced(index: int, blocks: Sequence[Block]) -> bool:
    return index > 0 and blocks[index - 1].text.rstrip().endswith(":")


def _counts_on(index: int, marks: Sequence[Mark | None]) -> bool:
    """Whether a number stands directly beside the one before or after it."""
    own = marks[index]
    assert own is not None
    number = own.number or 0

    def at(place: int) -> int | None:
        mark = marks[place] if 0 <= place < len(marks) else None
        return mark.number if mark else None

    def passed(step: int) -> int | None:
        """The next number in a direction, over points of another kind that stand below this one."""
        place = index + step
        while 0 <= place < len(marks) and (mark := marks[place]) is not None and mark.number is None:
            place += step
        return at(place)

    return passed(-1) == number - 1 or passed(1) == number + 1


def _numbered_headings(blocks: Blocks, marks: Sequence[Mark | None]) -> set[int]:
    """Short numbered lines that count on from 1 through the text, where paragraphs stand below some of them.

    Lists stand below others: “3. Finance:” is no point then, though only points stand between it and the next.
    """
    run: list[int] = []
    for index, mark in enumerate(marks):
        if mark and mark.number == len(run) + 1 and _may_head(blocks[index]):
            run.append(index)
    below = [index + 1 for index in run if index + 1 < len(blocks)]
    above_text = [index for index in below if marks[index] is None and blocks[index].kind is Kind.PARAGRAPH]
    above_next = [index for index in below if index in run]
    return set(run) if len(run) > _FEWEST and len(above_text) >= _FEWEST and not above_next else set()


def _may_head(block: Block) -> bool:
    text = block.text.rstrip()
    is_line = block.kind is Kind.PARAGRAPH and "\n" not in text
    return is_line and len(text.split()) <= _LONGEST_HEADING and not text.endswith((".", ";", ","))


def _belongs(block: Block, levels: list[_Level]) -> bool:
    """Whether a block is part of the list around it, so that depths go on to count from there."""
    return bool(levels) and block.kind is Kind.POINT


def _depth(mark: Mark, block: Block, levels: list[_Level]) -> int:
    """How deep a point stands: by how far in it begins, else by which signs are open."""
    left = block.line.left if block.line else 0.0
    tolerance = _INDENT if not block.size else _INDENT * 3
    sign = "1" if mark.kind == "number" else "(a)" if mark.kind == "label" else mark.sign
    known = next(
        (at for at, level in enumerate(levels) if level.sign == sign and abs(level.left - left) <= tolerance),
        None,
    )
    if known is None:
        known = next((at for at, level in enumerate(levels) if left < level.left - tolerance), None)
    if known is None and levels and levels[-1].sign == sign and left <= levels[-1].left + tolerance:
        known = len(levels) - 1
    if known is not None:
        del levels[known:]
    levels.append(_Level(sign, left))
    return len(levels)


def _point(block: Block, mark: Mark, depth: int, changes: list[Change]) -> Block:
    if mark.kind == "label":
        return block.having(STEP, kind=Kind.POINT, level=depth, look=f"the label {mark.sign} stays in the text")
    sign = block.text[: mark.length].strip()
    changes.append(Change(STEP, sign))
    runs = stripped(cut(block.runs, mark.length))
    level = block.level if block.kind is Kind.POINT else depth
    number = block.number if block.kind is Kind.POINT else mark.number
    return block.having(STEP, kind=Kind.POINT, level=level, number=number, runs=runs)


def _unmarked(blocks: Sequence[Block], *, are_numbered: bool) -> list[Block]:
    """Points that nobody marked, below a line that announces them: by how they end, or how short they are."""
    found = list(blocks)
    index = 1
    while index < len(found):
        run = _run(found, index, are_numbered=are_numbered) if _announced(index, found) else []
        for place in run:
            found[place] = found[place].having(
                UNMARKED, kind=Kind.POINT, level=1, look="taken for a point of a list"
            )
        index = run[-1] + 1 if run else index + 1
    return found


def _run(blocks: Sequence[Block], start: int, *, are_numbered: bool) -> list[int]:
    marked = _run_farther_in(blocks, start) or _run_of_items(blocks, start)
    return marked or _run_of_names(blocks, start, are_numbered=are_numbered)


def _run_farther_in(blocks: Sequence[Block], start: int) -> list[int]:
    """Paragraphs that all begin farther in than the line that announces them, and are no speech.

    A speech has several sentences in each.
    """
    left = _left(blocks[start - 1])
    run = takewhile(
        lambda place: (
            blocks[place].kind is Kind.PARAGRAPH
            and not blocks[place].level
            and not blocks[place].quoted
            and "\t" not in blocks[place].text
            and _left(blocks[place]) - left >= _farther(blocks[place])
            and abs(_left(blocks[place]) - _left(blocks[start])) < _farther(blocks[place])
        ),
        range(start, len(blocks)),
    )
    found = list(run)
    is_speech = all(_SENTENCES.search(blocks[place].text) for place in found)
    return found if len(found) >= _FEWEST and not is_speech else []


def _left(block: Block) -> float:
    return block.line.left if block.line else block.indent or 0.0


def _farther(block: Block) -> float:
    """How much farther in a list stands, in what the block's places are measured in."""
    return _INDENT if block.line and not block.size else _INDENT * 6


def _run_of_items(blocks: Sequence[Block], start: int) -> list[int]:
    """Short paragraphs that each end in a semicolon, and the one after them that does not."""
    run: list[int] = []
    for index in range(start, len(blocks)):
        block = blocks[index]
        if not _may_be_item(block, _LONGEST_UNMARKED):
            return []
        run.append(index)
        if not _SEMICOLON.search(text_of(block.runs)):
            break
    return run if len(run) >= _FEWEST else []


def _run_of_names(blocks: Sequence[Block], start: int, *, are_numbered: bool) -> list[int]:
    """Short paragraphs without a full stop, as close as the first two are. The last may be the next heading.

    It is none where headings are numbered, or stand apart as the line does that announces the list.
    """
    run: list[int] = []
    second = blocks[min(start + 1, len(blocks) - 1)]
    for index in range(start, len(blocks)):
        block = blocks[index]
        is_next = bool(run) and _is_apart(block, second)
        is_other = _STOPPED.search(block.text) or phrases.is_no_heading(block.text)
        if is_next or is_other or not _may_be_item(block, _LONGEST_UNMARKED):
            break
        if not any(map(str.isalpha, block.text)):
            # Cells of a table, one below the other.
            return []
        run.append(index)
    after = blocks[run[-1] + 1] if run and run[-1] + 1 < len(blocks) else None
    may_head = after is not None and not _is_apart(after, second) and _may_head(blocks[run[-1]])
    is_close = are_numbered or _is_apart(blocks[start - 1], second)
    if after is not None and may_head and _is_prose(after) and not is_close:
        run.pop()
    return run if len(run) >= _FEWEST_NAMES else []


def _is_apart(block: Block, point: Block) -> bool:
    """Whether more space stands above a block than above a point of its list."""
    return block.line is not None and point.line is not None and block.line.gap > max(point.line.gap, 1)


def _may_be_item(block: Block, longest: int) -> bool:
    is_line = (
        block.kind is Kind.PARAGRAPH and not block.level and "\n" not in block.text and "\t" not in block.text
    )
    return is_line and len(block.text.split()) <= longest and not _CONTACT.search(block.text)


def _is_prose(block: Block) -> bool:
    is_heading = block.text.endswith((":", ";")) and not phrases.leads_in(block.text)
    return block.kind is Kind.PARAGRAPH and bool(_STOPPED.search(block.text)) and not is_heading
