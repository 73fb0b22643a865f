"""What every reader makes of a document: blocks in reading order, and beside them the words as they stood.

Rule: a value knows nothing of the format it came from, and what was left out of the blocks is listed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a block is."""

    LINE = "line"
    """A line as it stood on a page; lines become paragraphs when they are joined."""
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    POINT = "point"
    """An item of a list."""
    TABLE = "table"
    RULE = "rule"
    """A line across, between two parts of the text."""


class Role(StrEnum):
    """What a block or a run is for, where the document says so."""

    TEXT = "text"
    TITLE = "title"
    PICTURE = "picture"
    """The text of such a run is the picture's description, which may be empty."""
    NOTE = "note"
    """Of a run: where a footnote is called, its text the number. Of a block: the footnote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    r"""A stretch of text in one style. A `\n` in it is a line break that the writer put there."""

    text: str
    bold: bool = False
    italic: bool = False
    underlined: bool = False
    struck: bool = False
    raised: bool = False
    """Superscript or subscript."""
    marked: bool = False
    """With a highlighter."""
    link: str | None = None
    role: Role = Role.TEXT


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Where a line stands, in points or in characters, whichever its page is measured in."""

    left: float
    right: float
    gap: float
    """The distance to the line above, in lines: 1 is the next line, 2 leaves one empty, 0 begins a page."""
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of a document."""

    kind: Kind = Kind.PARAGRAPH
    runs: Runs = ()
    level: int = 0
    """Of a heading 1 to 6; of a point its depth, from 1; of a paragraph the depth of the point it goes on."""
    number: int | None = None
    """Of a point in a numbered list."""
    quoted: bool = False
    role: Role = Role.TEXT
    size: float | None = None
    """The height of most of its letters, in points, where the document tells."""
    indent: float | None = None
    """How far in its text begins, in points, where the document tells and there are no lines."""
    rows: tuple[tuple[Runs, ...], ...] = ()
    """Of a table: its cells."""
    has_header: bool = False
    """The first row of the table is marked as its head."""
    line: Line | None = None
    """Of a line."""
    done: tuple[str, ...] = ()
    """What was changed here, by the name of the step."""
    look: tuple[str, ...] = ()
    """What a person should look at here."""

    @property
    def text(self) -> str:
        """Its text without any style; a table's cells with spaces between."""
        cells = (cell for row in self.rows for cell in row)
        return " ".join(text_of(cell) for cell in cells) if self.rows else text_of(self.runs)

    @property
    def words(self) -> str:
        """Its text without the numbers by which footnotes are called."""
        return text_of(tuple(run for run in self.runs if run.role is Role.TEXT))

    def having(self, step: str, *, look: str = "", **changes: Any) -> Block:
        """This block with changes, which one step has made."""
        done = self.done if step in self.done else (*self.done, step)
        looks = (*self.look, look) if look and look not in self.look else self.look
        return replace(self, done=done, look=looks, **changes)


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of the source as it stood, for the comparison word by word."""

    place: str
    """As a person would find it: “paragraph 14”, “page 3”."""
    text: str


@dataclass(frozen=True, slots=True)
class Left:
    """What a reader left out of the blocks, and a person may miss."""

    what: str
    """`comment`, `deleted text`, `header` …"""
    text: str
    is_in_source: bool = False
    """Its words are among the passages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document that has been read."""

    format: str
    blocks: tuple[Block, ...]
    source: tuple[Passage, ...]
    left: tuple[Left, ...] = ()
    notes: tuple[str, ...] = ()
    """What a person should know of the document as a whole."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Document:
        return cls(
            format=data["format"],
            blocks=tuple(_block(each) for each in data["blocks"]),
            source=tuple(Passage(**each) for each in data["source"]),
            left=tuple(Left(**each) for each in data["left"]),
            notes=tuple(data["notes"]),
        )


def text_of(runs: Runs) -> str:
    """The text of runs, without their style."""
    return "".join(run.text for run in runs)


def beside(blocks: Iterable[Block]) -> Runs:
    """The runs of blocks on one line, as a cell of a table holds them; a table's cells one after the other."""
    parts = [runs for block in blocks for runs in (block.runs, *(cell for row in block.rows for cell in row))]
    spaced = [run for runs in parts if runs for run in (Run(text=" "), *runs)]
    return stripped(merged(tuple(replace(run, text=run.text.replace("\n", " ")) for run in spaced)))


def merged(runs: Runs) -> Runs:
    """Neighbours of one style as one run; empty ones are dropped, but for pictures."""
    kept: list[Run] = []
    for run in runs:
        if not run.text and run.role is not Role.PICTURE:
            continue
        if kept and run.role is kept[-1].role is Role.TEXT and replace(run, text=kept[-1].text) == kept[-1]:
            kept[-1] = replace(run, text=kept[-1].text + run.text)
        else:
            kept.append(run)
    return tuple(kept)


def cut(runs: Runs, start: int, end: int | None = None) -> Runs:
    """The runs of the characters from `start` to `end`."""
    kept, at = [], 0
    for run in runs:
        low, high = max(start - at, 0), len(run.text) if end is None else min(end - at, len(run.text))
        if low < high or (not run.text and start <= at and (end is None or at < end)):
            kept.append(replace(run, text=run.text[low:high]))
        at += len(run.text)
    return tuple(kept)


def stripped(runs: Runs) -> Runs:
    """The runs without white space at either end."""
    text = text_of(runs)
    return (
        cut(runs, len(text) - len(text.lstrip()), len(text.rstrip()))
        if text.strip()
        else tuple(run for run in runs if run.role is Role.PICTURE)
    )


def _block(data: dict[str, Any]) -> Block:
    line = data.pop("line")
    return Block(
        **data
        | {
            "kind": Kind(data["kind"]),
            "role": Role(data["role"]),
            "runs": _runs(data["runs"]),
            "rows": tuple(tuple(_runs(cell) for cell in row) for row in data["rows"]),
            "line": Line(**line) if line else None,
            "done": tuple(data["done"]),
            "look": tuple(data["look"]),
        }
    )


def _runs(data: list[dict[str, Any]]) -> Runs:
    return tuple(Run(**run | {"role": Role(run["role"])}) for run in data)
