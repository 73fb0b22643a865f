"""Blocks become the Markdown of a draft.

Rule: one block, one stretch of lines, and it is known which; a list stays one list, and nothing that was text
begins a block of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from newsletter.documents import markdown_text
from newsletter.documents.blocks import Block, Kind, Runs, text_of
from newsletter.documents.mending.steps import Blocks

_MOST_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Written:
    """The body of a draft."""

    lines: tuple[str, ...]
    places: tuple[int, ...]
    """For each block the line, from 0, on which it begins."""
    looks: tuple[tuple[int, str], ...]
    """What a person should look at because of how it had to be written: line and what."""


@dataclass(slots=True)
class _List:
    """An open list: how far in its text stands, and the number that comes next."""

    marker_at: int
    text_at: int
    next_number: int | None
    points: int = 0

    @property
    def needs_room(self) -> bool:
        """A list that does not begin with 1 is only seen as one below an empty line (CommonMark 0.31, 5.3)."""
        return self.points == 1 and self.next_number not in {None, 2}


def written(blocks: Blocks) -> Written:
    """The blocks as lines of Markdown, with an empty line between all but the points of a list."""
    lines: list[str] = []
    places: list[int] = []
    looks: list[tuple[int, str]] = []
    lists: list[_List] = []
    before: Block | None = None
    for block in blocks:
        new, said = _block(block, lists)
        follows = before is not None and block.kind is Kind.POINT and before.kind is Kind.POINT
        if lines and not (follows and not lists[-1].needs_room):
            lines += [">" if _go_on_quoting(before, block) else ""]
        places.append(len(lines))
        looks += [(len(lines), said)] if said else []
        lines += new
        before = block
    return Written(tuple(lines), tuple(places), tuple(looks))


def _go_on_quoting(before: Block | None, block: Block) -> bool:
    return before is not None and before.quoted and block.quoted and not before.level and not block.level


def _block(block: Block, lists: list[_List]) -> tuple[list[str], str]:
    if block.kind is Kind.POINT:
        return _point(block, lists)
    depth = min(block.level, len(lists)) if block.kind is Kind.PARAGRAPH else 0
    del lists[depth:]
    match block.kind:
        case Kind.HEADING:
            text = markdown_text.inline(_on_one_line(block.runs))
            return [f"{'#' * max(block.level, 2)} {_without_closing(text)}"], ""
        case Kind.TABLE:
            return list(_table(block)), _said_of_head(block)
        case Kind.RULE:
            return ["---"], ""
        case _:
            text = markdown_text.at_line_starts(markdown_text.inline(block.runs))
            around = " " * lists[-1].text_at if lists else ""
            quote = "> " if block.quoted else ""
            return [f"{around}{quote}{line}" for line in text.split("\n")], ""


def _point(block: Block, lists: list[_List]) -> tuple[list[str], str]:
    depth = max(1, min(block.level or 1, len(lists) + 1, _MOST_DEPTH))
    del lists[depth:]
    counts = block.number is not None
    if len(lists) == depth and (lists[-1].next_number is not None) != counts:
        lists.pop()
    marker_at = lists[depth - 2].text_at if depth > 1 else 0
    said = ""
    if len(lists) < depth:
        lists.append(_List(marker_at, marker_at + 2, block.number if counts else None))
    elif counts and lists[-1].next_number != block.number:
        said = f"the point was number {block.number}, and comes out as {lists[-1].next_number}"
    marker = f"{lists[-1].next_number}. " if counts else "- "
    lists[-1].text_at = marker_at + len(marker)
    lists[-1].points += 1
    lists[-1].next_number = (lists[-1].next_number or 0) + 1 if counts else None
    quote = "> " if block.quoted and depth == 1 else ""
    first, *others = markdown_text.at_line_starts(markdown_text.inline(block.runs)).split("\n")
    hanging = " " * lists[-1].text_at
    return [f"{quote}{' ' * marker_at}{marker}{first}", *(f"{quote}{hanging}{line}" for line in others)], said


def _table(block: Block) -> Iterator[str]:
    empty = ((),) * len(block.rows[0])
    head, *rows = block.rows if _has_head(block) else (empty, *block.rows)
    # A theme shows a head as one, so that its own weight would only be asterisks.
    yield _row([tuple(replace(run, bold=False) for run in cell) for cell in head])
    yield f"|{'|'.join(_alignment(rows, column) for column in range(len(head)))}|"
    for row in rows:
        yield _row(row)


def _said_of_head(block: Block) -> str:
    if block.has_header:
        return ""
    return "the first row of the table was taken for its head" if _has_head(block) else "the table has no head"


def _has_head(block: Block) -> bool:
    """Whether the first row names the columns: it is marked, or holds no figure and is not alone."""
    first = " ".join(text_of(cell) for cell in block.rows[0])
    return block.has_header or (len(block.rows) > 1 and not any(map(str.isdigit, first)))


def _row(cells: Sequence[Runs]) -> str:
    return "| " + " | ".join(markdown_text.inline(_on_one_line(cell)) for cell in cells) + " |"


def _alignment(rows: Sequence[Sequence[Runs]], column: int) -> str:
    """Columns of numbers stand at the right."""
    texts = ["".join(run.text for run in row[column]).strip() for row in rows]
    numbers = [text for text in texts if re.fullmatch(r"[£$€]?[\d,.]+\s*(?:%|k|m|bn)?", text)]
    return "---:" if texts and len(numbers) * 2 > len(texts) else "---"


def _on_one_line(runs: Runs) -> Runs:
    return tuple(replace(run, text=re.sub(r"\s+", " ", run.text)) for run in runs)


def _without_closing(text: str) -> str:
    """A heading's own signs at its end would be taken for its close."""
    return re.sub(r"(?<=\s)(#+)\s*$", r"\\\1", text)
