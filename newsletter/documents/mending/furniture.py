"""What stands on every page and belongs to none: running heads, running feet, page numbers.

Rule: only lines that come again at the edge of pages are taken for it, and the first of them stays at the top
of the first page, where it may be the title.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from newsletter.documents.blocks import Block, Kind
from newsletter.documents.mending.steps import Blocks, Change, Mended

STEP = "page furniture"
HEAD = "running head"
"""Stands in `done` of the one that was left, since it may be the title."""

_EDGE_LINES = 3
_NUMBER = re.compile(
    r"(?:p\s?a\s?g\s?e\s*\|?\s*)?[-–—|\[(]?\s*(?P<number>\d{1,3})\s*[-–—|\])]?(?:\s*(?:of|/)\s*\d{1,3})?(?:\s*\|?\s*p\s?a\s?g\s?e)?",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
_LEAST_LETTERS = 3
_SHARE = 0.6
_LONGEST_WORDS = 20
_LEAST_DISTANCE = 25
_MOST_UNEVEN = 1.6
_FEWEST_REPEATS = 3


def mend(blocks: Blocks) -> Mended:
    """Take page furniture out of lines; documents without pages have none."""
    lines = [index for index, block in enumerate(blocks) if block.kind is Kind.LINE and block.line]
    if not lines:
        return Mended(blocks)
    pages: dict[int, list[int]] = defaultdict(list)
    for index in lines:
        line = blocks[index].line
        pages[line.page if line else 1].append(index)
    if len(pages) > 1:
        taken = {*_numbers_at_edges(blocks, pages), *_repeated_at_edges(blocks, pages)}
    else:
        numbers = set(_numbers_in_order(blocks, lines))
        taken = numbers | set(_repeated_evenly(blocks, lines, numbers))
    changes = [Change(STEP, blocks[index].text) for index in sorted(taken)]
    repeated = {_key(blocks[index]) for index in taken}
    return Mended.of(
        (
            replace(block, done=(*block.done, HEAD)) if _key(block) in repeated else block
            for index, block in enumerate(blocks)
            if index not in taken
        ),
        changes,
    )


def _key(block: Block) -> str:
    return " ".join(_DIGITS.sub("#", block.text).lower().split())


def _page_number(block: Block) -> int | None:
    found = _NUMBER.fullmatch(block.text.strip())
    return int(found["number"]) if found else None


def _edges(indices: Sequence[int]) -> tuple[list[int], list[int]]:
    half = min(_EDGE_LINES, max(len(indices) // 2, 1))
    return list(indices[:half]), list(indices[-half:])


def _numbers_at_edges(blocks: Blocks, pages: dict[int, list[int]]) -> Iterator[int]:
    """Numbers alone at an edge which grow as the pages do."""
    for side in (0, 1):
        offsets: Counter[int] = Counter()
        found: list[tuple[int, int]] = []
        for page, indices in pages.items():
            for index in _edges(indices)[side][-2:] if side else _edges(indices)[side][:2]:
                number = _page_number(blocks[index])
                if number is not None:
                    found.append((index, number - page))
                    offsets[number - page] += 1
        if offsets and offsets.most_common(1)[0][1] > 1:
            usual = offsets.most_common(1)[0][0]
            yield from (index for index, offset in found if offset == usual)


def _repeated_at_edges(blocks: Blocks, pages: dict[int, list[int]]) -> Iterator[int]:
    for side in (0, 1):
        places: dict[str, list[int]] = defaultdict(list)
        for indices in pages.values():
            for index in _edges(indices)[side]:
                places[_key(blocks[index])].append(index)
        for key, found in places.items():
            least = max(2, round((len(pages) - 1) * _SHARE))
            if len(found) >= least and _may_be_furniture(key):
                first = [index for index in found if side == 0 and index in pages[min(pages)]]
                title = next((index for index in first if _may_be_title(blocks, index)), None)
                yield from (index for index in found if index != title)


def _may_be_title(blocks: Blocks, index: int) -> bool:
    """Whether a head may be the title too: it is no smaller than the text, as far as that can be told."""
    sizes = Counter(block.size for block in blocks if block.size)
    size = blocks[index].size
    return size is None or size > sizes.most_common(1)[0][0]


def _may_be_furniture(key: str) -> bool:
    signs = sum(character.isalpha() or character == "#" for character in key)
    return signs >= _LEAST_LETTERS and len(key.split()) <= _LONGEST_WORDS


def _numbers_in_order(blocks: Blocks, lines: list[int]) -> Iterator[int]:
    """Numbers alone on a line, each one more than the last: pages of a text whose page breaks are gone."""
    found = [(index, number) for index in lines if (number := _page_number(blocks[index])) is not None]
    expected = next((number for _, number in found if number in {1, 2}), None)
    run: list[int] = []
    for index, number in found:
        # The last page may be short.
        far = not run or index - run[-1] >= _LEAST_DISTANCE // 2 or index == lines[-1]
        if expected is not None and number == expected and far:
            run.append(index)
            expected += 1
    if len(run) > 1 or (run and re.search("page|/|of", blocks[run[0]].text, re.IGNORECASE)):
        yield from run
    elif run == [lines[-1]] and _page_number(blocks[run[0]]) == 1:
        # A text of one page.
        yield run[0]


def _repeated_evenly(blocks: Blocks, lines: list[int], numbers: set[int]) -> Iterator[int]:
    """The same line again and again: always beside a page number, counting pages, or at even distances."""
    places: dict[str, list[int]] = defaultdict(list)
    for index in lines:
        places[_key(blocks[index])].append(index)
    for key, found in places.items():
        if len(found) > 1 and _may_be_furniture(key):
            texts = [blocks[index].text for index in found]
            if _beside(found, numbers) or _count_up(texts) or _even(found):
                yield from found[1:] if found[0] == lines[0] else found


def _beside(found: Sequence[int], numbers: set[int]) -> bool:
    """Whether lines stand by page numbers, all but the first, whose page may have none."""
    near = [index for index in found if {index - 2, index - 1, index + 1, index + 2} & numbers]
    return len(near) >= len(found) - 1


def _count_up(texts: Sequence[str]) -> bool:
    """Whether lines differ in one number alone, and count pages by it."""
    counted = [[int(number) for number in _DIGITS.findall(text)] for text in texts]
    steps = {tuple(after - before for before, after in zip(*pair, strict=True)) for pair in pairwise(counted)}
    says_page = all("page" in text.lower() for text in texts)
    return says_page and len(steps) == 1 and sorted(next(iter(steps))) == [0] * (len(counted[0]) - 1) + [1]


def _even(found: Sequence[int]) -> bool:
    steps = [after - before for before, after in pairwise(found)]
    is_often = len(found) >= _FEWEST_REPEATS and min(steps) >= _LEAST_DISTANCE
    return is_often and max(steps) <= min(steps) * _MOST_UNEVEN
