"""“17 th” and a raised “th” become “17th”; other raised digits keep their height as characters.

Rule: a suffix goes to a number that has it: 1st, 2nd, 3rd, 4th, 11th.
"""

from __future__ import annotations

import re
from dataclasses import replace

from newsletter.documents.blocks import Block, Kind, Run, Runs, merged, text_of
from newsletter.documents.mending.steps import Blocks, Change, Mended

STEP = "split ordinals"

_SPLIT = re.compile(
    r"(?<![^\s(\[“‘\"'])(?P<number>\d{1,4})[ \t]+(?P<suffix>st|nd|rd|th)(?=[\s.,;:!?)\]”\"–—-]|$)", re.ASCII
)
_SUFFIXES = re.compile(r"(?:(?:st|nd|rd|th)\s*)+")
_BARE = re.compile(r"(?<![\w.,£$€])\d{1,2}(?= )(?!\s*(?:st|nd|rd|th)\b)")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_TEENS = {11, 12, 13}


def suffix_of(number: int) -> str:
    """The letters after a number: `st`, `nd`, `rd`, `th`."""
    if number % 100 in _TEENS:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def mend(blocks: Blocks) -> Mended:
    """Every block; suffixes that a page drew on a line of their own go to the number beside it."""
    changes: list[Change] = []
    mended: list[Block] = []
    for block in _with_strays(blocks, changes):
        runs = _flattened(block.runs)
        rows = tuple(tuple(_closed(_flattened(cell), changes) for cell in row) for row in block.rows)
        closed = _closed(runs, changes)
        is_new = closed != runs or rows != block.rows or any(run.raised for run in block.runs)
        mended.append(block.having(STEP, runs=closed, rows=rows) if is_new else block)
    return Mended.of(mended, changes)


def _flattened(runs: Runs) -> Runs:
    """Raised letters at the height of the others, raised digits as characters that are raised themselves."""
    return merged(
        tuple(
            replace(
                run, raised=False, text=run.text.translate(_RAISED) if run.text.strip().isdigit() else run.text
            )
            if run.raised
            else run
            for run in runs
        )
    )


def _closed(runs: Runs, changes: list[Change]) -> Runs:
    """Without the gap in an ordinal, which may lie between two runs."""
    text = text_of(runs)
    for found in reversed(list(_SPLIT.finditer(text))):
        if suffix_of(int(found["number"])) == found["suffix"]:
            changes.append(Change(STEP, found[0], found["number"] + found["suffix"]))
            runs = _without(runs, found.end("number"), found.start("suffix"))
    return runs


def _without(runs: Runs, start: int, end: int) -> Runs:
    """The runs without the characters from `start` to `end`."""
    kept: list[Run] = []
    at = 0
    for run in runs:
        low, high = max(start - at, 0), max(end - at, 0)
        kept.append(replace(run, text=run.text[:low] + run.text[high:]))
        at += len(run.text)
    return merged(tuple(kept))


def _with_strays(blocks: Blocks, changes: list[Change]) -> list[Block]:
    """Lines that hold nothing but suffixes, put to the numbers of the line after or before."""
    found: list[Block] = []
    waiting: list[str] = []
    for block in blocks:
        if block.kind is Kind.LINE and _SUFFIXES.fullmatch(block.text):
            suffixes = block.text.split()
            fitted = _fitted(found[-1], suffixes) if found else None
            if fitted is not None and not waiting:
                changes.append(Change(STEP, f"{found[-1].text} {block.text}", fitted.text))
                found[-1] = fitted
            else:
                waiting += suffixes
            continue
        fitted = _fitted(block, waiting) if waiting else None
        if fitted is not None:
            changes.append(Change(STEP, f"{' '.join(waiting)} {block.text}", fitted.text))
        elif waiting:
            found.append(Block(kind=Kind.LINE, runs=(Run(text=" ".join(waiting)),), line=block.line))
        found.append(fitted or block)
        waiting = []
    if waiting:
        found.append(Block(kind=Kind.LINE, runs=(Run(text=" ".join(waiting)),), line=blocks[-1].line))
    return found


def _fitted(block: Block, suffixes: list[str]) -> Block | None:
    """A line with these suffixes at its bare numbers, where there are as many that want them."""
    if block.kind is not Kind.LINE:
        return None
    wanting = [found for found in _BARE.finditer(block.text) if suffix_of(int(found[0])) in suffixes]
    if [suffix_of(int(found[0])) for found in wanting] != suffixes:
        return None
    runs = block.runs
    for found, suffix in reversed(list(zip(wanting, suffixes, strict=True))):
        runs = _with(runs, found.end(), suffix)
    return block.having(STEP, runs=runs)


def _with(runs: Runs, at: int, text: str) -> Runs:
    """The runs with a text put in at a place."""
    kept: list[Run] = []
    passed = 0
    is_in = False
    for run in runs:
        if not is_in and passed <= at <= passed + len(run.text):
            kept.append(replace(run, text=run.text[: at - passed] + text + run.text[at - passed :]))
            is_in = True
        else:
            kept.append(run)
        passed += len(run.text)
    return merged(tuple(kept))
