"""Lines that serve as headings: bold, large, underlined, in capitals, numbered, ending in a colon or a
semicolon, or simply short and alone above a paragraph.

Rule: a heading stands above something, and is no sentence. Headings that the document marks as such are
believed; every other one is shown to the person who brings the document in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from statistics import mode

from newsletter.documents.blocks import Block, Kind, Role, Runs, cut, merged, stripped, text_of
from newsletter.documents.mending import phrases
from newsletter.documents.mending.steps import Blocks, Change, Mended

STEP = "headings"

_WORDS = 12
_PLAIN_WORDS = 10
_CHARACTERS = 100
_LARGER = 1.1
_LEAST_BELOW = 9
"""Words of a paragraph below a heading that nothing but its place shows."""
_FEW = 2
_NUMBERED = re.compile(
    r"(?:(?:item|section|agenda item)\s+)?(?P<number>\d{1,2})(?:[.):]|\s+[-–—])\s+(?=\S)", re.IGNORECASE
)
_TOP, _DEEPEST = 2, 4


class Sign(IntEnum):
    """By what a heading is known, the surest last."""

    PLAIN = 0
    ANNOUNCING = 1
    """It ends in a colon or a semicolon."""
    NUMBERED = 2
    ITALIC = 3
    UNDERLINED = 4
    CAPITALS = 5
    BOLD = 6
    LARGE = 7
    MARKED = 8
    """The document says so."""


@dataclass(frozen=True, slots=True)
class _Found:
    sign: Sign
    rank: tuple[float, ...]
    """The larger, the higher: size, capitals, weight."""


def mend(blocks: Blocks) -> Mended:
    """Find the headings and their levels."""
    body = _body_size(blocks)
    found = {index: sign for index in range(len(blocks)) if (sign := _sign(index, blocks, body)) is not None}
    found = _consistent(found, blocks)
    levels = _levels(found, blocks, body)
    changes: list[Change] = []
    numbers = _own_numbers(found, levels, blocks)
    return Mended.of(
        (
            _heading(block, found[index], levels[index], index in numbers, changes) if index in found else block
            for index, block in enumerate(blocks)
        ),
        changes,
    )


# Which blocks are headings


def _sign(index: int, blocks: Blocks, body: float) -> Sign | None:
    block = blocks[index]
    if block.kind is Kind.HEADING:
        return Sign.MARKED
    text = block.text
    if (
        block.kind is not Kind.PARAGRAPH
        or block.level
        or block.quoted
        or block.role is not Role.TEXT
        or "\n" in text
    ):
        return None
    words = text.split()
    if not words or len(words) > _WORDS or len(text) > _CHARACTERS or not _can_begin(text):
        return None
    if phrases.is_no_heading(text) or not _stands_above(index, blocks) or _in_tail(index, blocks):
        return None
    return _by_style(block, body) or _by_words(index, blocks)


def _can_begin(text: str) -> bool:
    first = text.lstrip("“‘\"'([#")[:1]
    return (first.isupper() or first.isdigit()) and any(character.isalpha() for character in text)


def _stands_above(index: int, blocks: Blocks) -> bool:
    following = next(iter(blocks[index + 1 :]), None)
    return following is not None and following.kind is not Kind.RULE and following.role is not Role.NOTE


def _in_tail(index: int, blocks: Blocks) -> bool:
    """Whether a block stands below the writer's good wishes, where there are names and addresses."""
    before = blocks[max(index - 8, 0) : index]
    wished = any(phrases.is_closing(block.text) for block in before)
    return wished and not any(len(block.text.split()) > 2 * _WORDS for block in blocks[index : index + 3])


def _by_style(block: Block, body: float) -> Sign | None:
    text = block.words.strip()
    runs = [run for run in block.runs if run.text.strip()]
    is_sentence = text.endswith((".", ",")) and len(text.split()) > 4  # noqa: PLR2004 - “Any other business.”
    if is_sentence:
        return None
    if block.size and body and block.size >= body * _LARGER:
        return Sign.LARGE
    if all(run.bold for run in runs):
        return Sign.BOLD
    if _in_capitals(text):
        return Sign.CAPITALS
    if all(run.underlined for run in runs):
        return Sign.UNDERLINED
    return Sign.ITALIC if all(run.italic for run in runs) and not text.endswith((".", "!", "?")) else None


def _in_capitals(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return len(letters) > 5 and sum(map(str.isupper, letters)) >= len(letters) * 0.9  # noqa: PLR2004 - “NEC” is a word


def _by_words(index: int, blocks: Blocks) -> Sign | None:
    """By the words alone and what stands around them."""
    text = blocks[index].words.strip()
    words = text.split()
    below = blocks[index + 1]
    if text.endswith((":", ";")):
        return Sign.ANNOUNCING if _may_announce(index, blocks) else None
    if text.endswith((".", ",")) or (text.endswith(("?", "!")) and len(words) > 8):  # noqa: PLR2004 - a short question
        return None
    if _NUMBERED.match(text) and len(words) <= _PLAIN_WORDS:
        return Sign.NUMBERED
    if len(words) > _PLAIN_WORDS or not _is_above_text(below) or not _ended(index, blocks):
        return None
    return Sign.PLAIN


def _is_above_text(below: Block) -> bool:
    if below.kind in {Kind.POINT, Kind.TABLE}:
        return True
    return below.kind in {Kind.PARAGRAPH, Kind.HEADING} and len(below.text.split()) >= _LEAST_BELOW


def _ended(index: int, blocks: Blocks) -> bool:
    """Whether what stands above is over, so that this is no broken end of it."""
    above = blocks[index - 1] if index else None
    if above is None or above.kind is not Kind.PARAGRAPH:
        return True
    return len(above.text.split()) <= _WORDS or above.text.rstrip()[-1:] in ".!?:;…”\"')’"


def _may_announce(index: int, blocks: Blocks) -> bool:
    """Whether a line that ends in a colon is a heading, and does not only lead to the list below it."""
    text, below = blocks[index].text.strip(), blocks[index + 1]
    if text.endswith(";"):
        around = [blocks[place].text.rstrip() for place in (index - 1, index + 1) if 0 <= place < len(blocks)]
        return not any(each.endswith(";") for each in around)
    if phrases.leads_in(text) and not (below.kind is Kind.PARAGRAPH and phrases.asks(text)):
        return False
    if below.kind is Kind.POINT:
        return phrases.is_name_of_section(text)
    return len(text.split()) <= _PLAIN_WORDS and _is_above_text(below) and _ended(index, blocks)


def _consistent(found: dict[int, Sign], blocks: Blocks) -> dict[int, Sign]:
    """Without the weak ones in a document that has better ways to show a heading."""
    counts = Counter(found.values())
    kept = dict(found)
    strong = sum(count for sign, count in counts.items() if sign >= Sign.UNDERLINED)
    for index, sign in found.items():
        if sign is Sign.ITALIC and strong < _FEW and counts[Sign.ITALIC] < _FEW:
            del kept[index]
        if sign is Sign.PLAIN and counts[Sign.MARKED] >= _FEW:
            del kept[index]
        if sign is Sign.ANNOUNCING and counts[Sign.MARKED] >= _FEW and blocks[index + 1].kind is Kind.POINT:
            del kept[index]
    return kept


# How high they stand


def _body_size(blocks: Iterable[Block]) -> float:
    """The size of most of the text."""
    sizes = [
        block.size
        for block in blocks
        if block.size and block.kind is not Kind.HEADING
        for _ in block.text.split()
    ]
    return mode(sizes) if sizes else 0.0


def _rank(block: Block, sign: Sign, body: float) -> tuple[float, ...]:
    text = block.text
    size = round(block.size / body, 1) if block.size and body and sign is Sign.LARGE else 1.0
    heavy = sign in {Sign.BOLD, Sign.LARGE} and all(run.bold for run in block.runs if run.text.strip())
    underlined = all(run.underlined for run in block.runs if run.text.strip())
    return (size, float(_in_capitals(text)), float(heavy), float(underlined), float(sign is not Sign.ITALIC))


def _levels(found: dict[int, Sign], blocks: Blocks, body: float) -> dict[int, int]:
    """Each heading's level in the draft, from 2."""
    levels = _marked_levels(found, blocks)
    ranks = {
        index: _rank(blocks[index], sign, body)
        for index, sign in found.items()
        if sign >= Sign.ITALIC and sign is not Sign.MARKED
    }
    frequent = [rank for rank, count in Counter(ranks.values()).items() if count >= _FEW]
    ordered = sorted(frequent or set(ranks.values()), reverse=True)
    styled = {rank: _TOP + at for at, rank in enumerate(ordered)}
    above = _TOP if not levels else None
    last_marked = _TOP
    for index in sorted(found):
        if index in levels:
            last_marked = levels[index]
            continue
        level = _nearest(ranks[index], styled) if index in ranks else _TOP
        if (
            index not in ranks
            and frequent
            and found[index] is Sign.ANNOUNCING
            and blocks[index + 1].kind is Kind.POINT
        ):
            level += 1
        if index not in ranks and ordered and _only_capitals(ordered, ranks):
            level = _TOP + 1
        # In a document that marks its headings, what is only bold stands below them.
        levels[index] = level if above else last_marked + 1
    return {index: min(level, _DEEPEST) for index, level in levels.items()}


def _marked_levels(found: dict[int, Sign], blocks: Blocks) -> dict[int, int]:
    given = {index: blocks[index].level for index, sign in found.items() if sign is Sign.MARKED}
    used = sorted(set(given.values()))
    return {index: _TOP + used.index(level) for index, level in given.items()}


def _nearest(rank: tuple[float, ...], styled: dict[tuple[float, ...], int]) -> int:
    """The level of a rank; of a rare one, that of the highest that is not above it."""
    if rank in styled:
        return styled[rank]
    return next(
        (level for known, level in sorted(styled.items(), reverse=True) if known <= rank),
        max(styled.values(), default=_TOP),
    )


def _only_capitals(ordered: Sequence[tuple[float, ...]], ranks: dict[int, tuple[float, ...]]) -> bool:
    """Whether the text has no styles, and its main headings are in capitals: then other lines stand below."""
    plain = all(rank[0] == 1.0 and not rank[2] and not rank[3] for rank in ordered)
    return plain and all(rank[1] for rank in ordered) and len(ranks) > _FEW


# What becomes of them


def _own_numbers(found: dict[int, Sign], levels: dict[int, int], blocks: Blocks) -> set[int]:
    """The headings whose typed numbers are those that a mail gives them anyway: 1, 2, 3 …"""
    main = [index for index in sorted(found) if levels[index] == _TOP]
    numbers = [
        int(number["number"]) if (number := _NUMBERED.match(blocks[index].text)) else 0 for index in main
    ]
    return set(main) if numbers == list(range(1, len(main) + 1)) and len(main) > 1 else set()


def _heading(block: Block, sign: Sign, level: int, is_numbered: bool, changes: list[Change]) -> Block:
    runs = _plain(block.runs)
    number = _NUMBERED.match(text_of(runs))
    look = "" if sign is Sign.MARKED else f"taken for a heading: “{_shortened(block.text)}”"
    if number and is_numbered:
        changes.append(Change(STEP, number[0].strip()))
        runs = stripped(cut(runs, number.end()))
    elif number:
        look = f"a heading with a number of its own: “{_shortened(block.text)}”"
    runs = _without_end(runs)
    if sign is Sign.MARKED:
        return replace(
            block, kind=Kind.HEADING, level=level, runs=runs, look=(*block.look, *([look] if look else []))
        )
    return block.having(STEP, look=look, kind=Kind.HEADING, level=level, runs=runs)


def _plain(runs: Runs) -> Runs:
    """Without the style that made it a heading."""
    return merged(
        tuple(
            replace(
                run,
                bold=False,
                underlined=False,
                italic=run.italic and not all(r.italic for r in runs if r.text.strip()),
            )
            for run in runs
        )
    )


def _without_end(runs: Runs) -> Runs:
    text = text_of(runs).rstrip()
    shorter = text.rstrip(":;").rstrip()
    return stripped(cut(runs, 0, len(shorter))) if shorter != text and shorter else runs


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59].rstrip()}…"  # noqa: PLR2004 - a line on a terminal
