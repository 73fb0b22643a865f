"""PDF: a page holds letters at places, and no paragraphs, headings or lists; what looks like one is one.

Rule: best effort, and said to be. Every letter of the text layer is in some line, in reading order, with its
place, size and weight, from which the steps that follow can tell what it was.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from statistics import median
from typing import Any

from pdfminer.high_level import extract_pages
from pdfminer.layout import (
    LAParams,
    LTChar,
    LTCurve,
    LTFigure,
    LTImage,
    LTPage,
    LTRect,
    LTTextContainer,
    LTTextLine,
)
from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfexceptions import PDFException
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import resolve1
from pdfminer.psexceptions import PSException

from newsletter.documents.blocks import (
    Block,
    Document,
    Kind,
    Left,
    Line,
    Passage,
    Run,
    merged,
    stripped,
    text_of,
)
from newsletter.documents.readers import cells
from newsletter.documents.readers.pieces import Piece, ordered, shares_line
from newsletter.errors import Refused

MAX_PAGES = 200
_BOLD = re.compile(r"bold|black|heavy|semibold|demi(?!-?light)|-b(?:d)?$", re.IGNORECASE)
_ITALIC = re.compile(r"italic|oblique|slanted", re.IGNORECASE)
_MARKER = re.compile(r"[^\w\s]{1,2}|[o§]|\(?[0-9ivx]{1,4}[.)]|\(?[a-z][.)]", re.IGNORECASE)
"""What stands before a point, and may be drawn as a piece of its own."""
_COLUMN_GAP, _WORD_GAP, _OF_FILLED = 0.9, 0.12, 3.0
"""In heights of a letter: what is farther apart stands in another column; what is closer is one word. In a line
that fills the page, columns are so many times as far apart as words."""
_SMALL, _HIGH = 0.8, 0.1
"""In heights of a letter: smaller and higher ones are raised."""
_BULLET = "•"
_DOT, _DOT_DISTANCE = 8.0, 2.5
"""A drawn bullet is smaller than this, in points, and so near to its text, in heights of a letter."""
_THIN, _BELOW, _MOSTLY = 2.5, 0.3, 0.8
"""An underline is thinner than this, in points, so near to the foot of its letters, and so wide."""
_OFTEN = 0.15
"""Of all steps from line to line; first lines, cells and headings have steps of their own."""
_DAMAGED = "the file is damaged, or is no PDF"
_AGAIN = "Ask for the Word document: it holds headings and lists, which a PDF does not."


def read(data: bytes) -> Document:
    """Read a document. Raises `Refused`."""
    try:
        return _document(data)
    except (PDFPasswordIncorrect, PDFEncryptionError):
        raise Refused("the PDF is protected by a password", "Save a copy of it without the password.") from None
    except (
        PDFException,
        PSException,
        AssertionError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        RecursionError,
        OSError,
    ):
        # The library says of damaged files what it stumbled over, in all of these ways.
        raise Refused(_DAMAGED, _AGAIN) from None


def _document(data: bytes) -> Document:
    links = _links(data)
    pages: list[tuple[list[list[Piece]], list[_Dot]]] = []
    source: list[Passage] = []
    pictures = 0
    for number, page in enumerate(extract_pages(BytesIO(data), laparams=LAParams(boxes_flow=0.5)), start=1):
        if number > MAX_PAGES:
            raise Refused(f"the PDF has more than {MAX_PAGES} pages: this is no report")
        pictures += sum(isinstance(each, (LTFigure, LTImage)) for each in page)
        found = ordered(_pieces(page, links.get(number, ())), page.x0, page.x1)
        rows = _beside(found)
        rows = cells.joined(rows, is_row=[_has_cells(row) for row in rows])
        source += [
            Passage(f"page {number}", " ".join(text_of(each.runs).split())) for row in rows for each in row
        ]
        pages.append((_underlined(rows, page), _dots(page)))
    leading = _leading([[row[0] for row in rows] for rows, _ in pages])
    blocks = [
        line
        for number, (rows, dots) in enumerate(pages, start=1)
        for line in _lines(rows, number, dots, leading)
    ]
    if not blocks:
        what = "the PDF holds pictures of pages, and no text" if pictures else "there is no text in the PDF"
        raise Refused(what, _AGAIN)
    left = [Left("picture", f"{pictures} pictures or drawings")] if pictures else []
    notes = ("a PDF holds neither headings nor lists: look at every one",)
    return Document(format="pdf", blocks=tuple(blocks), source=tuple(source), left=tuple(left), notes=notes)


# Letters


def _pieces(page: LTPage, links: Sequence[_Link]) -> list[Piece]:
    """The lines of a page as the library found them, cut where a column of a table ends."""
    lines = [
        line for box in page if isinstance(box, LTTextContainer) for line in box if isinstance(line, LTTextLine)
    ]
    left, right = min((line.x0 for line in lines), default=0.0), max((line.x1 for line in lines), default=0.0)
    return [
        piece
        for line in lines
        for letters in _cut_at_columns(list(line), left, right)
        for piece in _piece(letters, links)
    ]


def _cut_at_columns(items: list[Any], left: float, right: float) -> Iterator[list[Any]]:
    """The letters of a line in stretches without a wide gap; in a line that fills the page, any gap may be."""
    shown = [each for each in items if isinstance(each, LTChar) and each.get_text().strip()]
    if not shown:
        return
    size = median([each.size for each in shown])
    gaps = [after.x0 - before.x1 for before, after in pairwise(shown)]
    between_words = median([gap for gap in gaps if gap > size * _WORD_GAP] or [0.0])
    is_filled = shown[0].x0 - left < size and right - shown[-1].x1 < size
    widest = max(size * _COLUMN_GAP, between_words * _OF_FILLED if is_filled else 0.0)
    stretch: list[Any] = []
    last: LTChar | None = None
    for each in items:
        is_shown = isinstance(each, LTChar) and bool(each.get_text().strip())
        if is_shown and last is not None and each.x0 - last.x1 > widest:
            yield stretch
            stretch = []
        stretch.append(each)
        last = each if is_shown else last
    yield stretch


def _piece(items: list[Any], links: Sequence[_Link]) -> Iterator[Piece]:
    shown = [each for each in items if isinstance(each, LTChar) and each.get_text().strip()]
    runs = stripped(merged(tuple(_runs(items, links))))
    if shown and text_of(runs).strip():
        size = Counter(round(each.size, 1) for each in shown).most_common(1)[0][0]
        low, high = min(each.y0 for each in shown), max(each.y1 for each in shown)
        yield Piece(runs, shown[0].x0, max(each.x1 for each in shown), low, high, size)


def _runs(items: list[Any], links: Sequence[_Link]) -> Iterator[Run]:
    letters = [each for each in items if isinstance(each, LTChar)]
    height, floor = median([each.size for each in letters] or [0]), median([each.y0 for each in letters] or [0])
    style, last = Run(text=""), ""
    for each in items:
        text = each.get_text().replace("\n", " ")
        if isinstance(each, LTChar):
            style = _style(each, height, floor, links)
        if not (text == last == " "):
            yield replace(style, text=text)
        last = text


def _style(letter: LTChar, height: float, floor: float, links: Sequence[_Link]) -> Run:
    font = letter.fontname.partition("+")[2] or letter.fontname
    return Run(
        text="",
        bold=bool(_BOLD.search(font)),
        italic=bool(_ITALIC.search(font)),
        raised=letter.size < height * _SMALL and letter.y0 > floor + height * _HIGH,
        link=next((link.target for link in links if link.holds(letter)), None),
    )


# Links


@dataclass(frozen=True, slots=True)
class _Link:
    target: str
    box: tuple[float, float, float, float]

    def holds(self, letter: LTChar) -> bool:
        x, y = (letter.x0 + letter.x1) / 2, (letter.y0 + letter.y1) / 2
        x0, y0, x1, y1 = self.box
        return x0 <= x <= x1 and y0 <= y <= y1


def _links(data: bytes) -> dict[int, list[_Link]]:
    """The links of every page: they lie over the text as boxes of their own."""
    document = PDFDocument(PDFParser(BytesIO(data)))
    found: dict[int, list[_Link]] = {}
    for number, page in enumerate(PDFPage.create_pages(document), start=1):
        if number > MAX_PAGES:
            break
        for each in resolve1(page.annots) or ():
            annotation = resolve1(each)
            action = resolve1(annotation.get("A")) if isinstance(annotation, dict) else None
            target = resolve1(action.get("URI")) if isinstance(action, dict) else None
            box = resolve1(annotation.get("Rect")) if target else None
            if isinstance(target, bytes) and isinstance(box, list) and len(box) == 4:  # noqa: PLR2004 - two corners
                x0, y0, x1, y1 = (float(resolve1(value)) for value in box)
                corners = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
                found.setdefault(number, []).append(_Link(target.decode("utf-8", "replace"), corners))
    return found


# Order


def _beside(pieces: list[Piece]) -> list[list[Piece]]:
    """The pieces of each line, as far as they belong together: a marker and its point, parts of a sentence."""
    lines: list[list[Piece]] = []
    for piece in pieces:
        before = lines[-1][-1] if lines else None
        is_beside = before is not None and before.shift == piece.shift and shares_line(before, piece)
        follows = before is not None and is_beside and piece.x0 >= before.x1 - before.size
        if follows and before is not None:
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return lines


def _lines(rows: list[list[Piece]], page: int, dots: Sequence[_Dot], leading: float) -> Iterator[Block]:
    above: Piece | None = None
    for row in rows:
        first, last = row[0], row[-1]
        gap = (above.y0 - first.y0) / leading if above is not None and leading else 0.0
        dot = next((dot for dot in dots if dot.is_before(first)), None)
        left, right = (dot.x if dot else first.x0) - first.shift, last.x1 - last.shift
        line = Line(left=left, right=right, gap=max(gap, 0.0), page=page)
        runs = _together(row)
        marked = (Run(text=f"{_BULLET} "), *runs) if dot else runs
        yield Block(kind=Kind.LINE, runs=marked, size=max(each.size for each in row), line=line)
        above = first


def _underlined(rows: list[list[Piece]], page: LTPage) -> list[list[Piece]]:
    """The rows, and which of them are underlined: a thin line is drawn below, no wider than the words."""
    rules = [
        each
        for each in page
        if isinstance(each, (LTCurve, LTRect)) and each.height < _THIN and each.width > _THIN * 4
    ]
    return [[_ruled(piece, rules) for piece in row] for row in rows]


def _ruled(piece: Piece, rules: Sequence[Any]) -> Piece:
    low, high = piece.y0 - piece.size * _BELOW, piece.y0 + piece.size * _BELOW
    beside = [
        rule
        for rule in rules
        if low <= rule.y0 <= high and piece.x0 - _THIN <= rule.x0 and rule.x1 <= piece.x1 + _THIN
    ]
    if sum(rule.width for rule in beside) < (piece.x1 - piece.x0) * _MOSTLY:
        return piece
    return replace(piece, runs=tuple(replace(run, underlined=run.link is None) for run in piece.runs))


@dataclass(frozen=True, slots=True)
class _Dot:
    """A bullet that is drawn and not written, as browsers do."""

    x: float
    y: float

    def is_before(self, piece: Piece) -> bool:
        near = 0 < piece.x0 - self.x < _DOT_DISTANCE * piece.size
        return near and piece.y0 <= self.y <= piece.y1


def _dots(page: LTPage) -> list[_Dot]:
    shapes = [
        each
        for each in page
        if isinstance(each, (LTCurve, LTRect)) and 1 < each.width < _DOT and 1 < each.height < _DOT
    ]
    return [_Dot(each.x0, (each.y0 + each.y1) / 2) for each in shapes]


def _together(row: list[Piece]) -> tuple[Run, ...]:
    """The pieces of a line, with a tab between those that stand in columns."""
    runs: list[Run] = list(row[0].runs)
    for before, piece in pairwise(row):
        is_marker = before is row[0] and _is_marker(before)
        runs += [Run(text="\t" if _is_apart(before, piece) and not is_marker else " "), *piece.runs]
    return merged(tuple(runs))


def _has_cells(row: list[Piece]) -> bool:
    """Whether a line is a row of a table, and no point beside its marker."""
    return not _is_marker(row[0]) and any(_is_apart(*pair) for pair in pairwise(row))


def _is_marker(piece: Piece) -> bool:
    return _MARKER.fullmatch(text_of(piece.runs).strip()) is not None


def _is_apart(before: Piece, piece: Piece) -> bool:
    return piece.x0 - before.x1 > _COLUMN_GAP * before.size


def _leading(pages: Sequence[Sequence[Piece]]) -> float:
    """The usual distance from one line to the next: the least that comes often, over all pages."""
    steps = Counter(
        round(above.y0 - below.y0)
        for firsts in pages
        for above, below in pairwise(firsts)
        if above.y0 - below.y0 > above.size / 2
    )
    often = [step for step, count in steps.items() if count >= steps.total() * _OFTEN]
    return float(min(often or [step for step, _ in steps.most_common(1)], default=0))
