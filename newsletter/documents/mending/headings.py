"""Lines that serve as headings: bold, large, underlined, in capitals, numbered, ending in a colon or a
semicolon, or simply short and alone above a paragraph.

Rule: headings that the document marks as such are believed; every other one is shown to the person who brings
the document in. What is shown in one way stands at one level.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from statistics import mode
from typing import Any

from newsletter.documents.blocks import Block, Kind, Runs, cut, merged, stripped, text_of
from newsletter.documents.mending import numbers
from newsletter.documents.mending.numbers import NUMBERED
from newsletter.documents.mending.signs import Sign, in_capitals, is_labelled, signs
from newsletter.documents.mending.steps import Blocks, Change, Mended

STEP = "headings"

_FEW = 2
_TOP, _DEEPEST = 2, 4
_DOTTED = re.compile(r"\d{1,2}\.\d{1,2}\b")
"""A number below another: “3.1 Staff”."""
_SHOWN = 60
_A_LITTLE = 0.05


def mend(blocks: Blocks) -> Mended:
    """Find the headings and their levels."""
    body = _body_size(blocks)
    found = signs(blocks, body)
    levels = _levels(found, blocks, body)
    changes: list[Change] = []
    typed = _own_numbers(levels, blocks)
    return Mended.of(
        (
            _heading(block, found[index], levels[index], typed.get(index), changes) if index in found else block
            for index, block in enumerate(blocks)
        ),
        changes,
    )


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
    size += _A_LITTLE * (sign is Sign.DRESSED)
    heavy = sign in {Sign.BOLD, Sign.LARGE} and all(run.bold for run in block.runs if run.text.strip())
    underlined = all(run.underlined for run in block.runs if run.text.strip())
    return (size, float(in_capitals(text)), float(heavy), float(underlined), float(sign is not Sign.ITALIC))


def _levels(found: dict[int, Sign], blocks: Blocks, body: float) -> dict[int, int]:
    """Each heading's level in the draft, from 2."""
    levels = _marked_levels(found, blocks)
    ranks = {index: _rank(blocks[index], sign, body) for index, sign in found.items() if _has_style(sign)}
    frequent = [rank for rank, count in Counter(ranks.values()).items() if count >= _FEW]
    ordered = sorted(frequent or set(ranks.values()), reverse=True)
    styled = {rank: _TOP + at for at, rank in enumerate(ordered)}
    by_words = _TOP + len(ordered) if _only_typed(found, ranks) else _TOP + _are_numbered(ranks, styled, blocks)
    # In a document that marks its headings, what is only bold stands below the last of those.
    marked = _TOP if levels else None
    for index in sorted(found):
        if index in levels:
            marked = levels[index]
            continue
        level = _nearest(ranks[index], styled) if index in ranks else by_words
        level += _DOTTED.match(blocks[index].text) is not None or is_labelled(blocks[index].text)
        if frequent and found[index] is Sign.ANNOUNCING and blocks[index + 1].kind is Kind.POINT:
            level += 1
        levels[index] = level if marked is None else marked + 1
    return {index: min(level, _DEEPEST) for index, level in levels.items()}


def _has_style(sign: Sign) -> bool:
    return Sign.ITALIC <= sign < Sign.MARKED


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


def _only_typed(found: dict[int, Sign], ranks: dict[int, tuple[float, ...]]) -> bool:
    """Whether the text has no styles, and capitals or ornaments show its main headings: others stand below."""
    return len(ranks) >= _FEW and all(found[index] in {Sign.CAPITALS, Sign.DRESSED} for index in ranks)


def _are_numbered(ranks: Mapping[int, tuple[float, ...]], styled: Mapping[Any, int], blocks: Blocks) -> bool:
    """Whether the main headings have both a style and numbers, so that lines with neither stand below."""
    main = [index for index, rank in ranks.items() if styled.get(rank) == _TOP]
    return len(main) > _FEW and all(NUMBERED.match(blocks[index].text) for index in main)


# What becomes of them


def _own_numbers(levels: dict[int, int], blocks: Blocks) -> dict[int, str]:
    """What is typed before the main headings and comes out, with what a person should look at, if anything."""
    main = {index: blocks[index].text for index in sorted(levels) if levels[index] == _TOP}
    counted = numbers.that_count_on(main)
    places = {index: place for place, index in enumerate(main, start=1)}
    return {
        index: ""
        if numbers.is_place(found["number"], places[index])
        else f"it was number {found['number']}, and a mail counts it as {places[index]}"
        for index, found in counted.items()
    }


def _heading(block: Block, sign: Sign, level: int, renumbered: str | None, changes: list[Change]) -> Block:
    runs = _plain(block.runs)
    look = "" if sign is Sign.MARKED else f"taken for a heading: “{_shortened(block.text)}”"
    if renumbered is not None:
        typed = numbers.typed(text_of(runs))
        changes.append(Change(STEP, typed.strip()))
        runs = stripped(cut(runs, len(typed)))
        look = f"{renumbered}: “{_shortened(block.text)}”" if renumbered else look
    elif NUMBERED.match(text_of(runs)):
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
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1].rstrip()}…"
