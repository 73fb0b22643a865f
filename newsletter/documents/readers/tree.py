"""Elements of HTML become blocks: what a browser shows, without its layout.

Rule: every text is in some block or in what was left out; styles count as a browser would apply them, as far as
they say bold, italic, underlined, struck, raised, hidden, or a size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lxml import html

from newsletter.documents.blocks import Block, Kind, Left, Role, Run, Runs, beside, merged, stripped, text_of
from newsletter.documents.readers import elements

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SIZE = "newsletter-size-"
BOLD, ITALIC, INDENT = "-bold", "-italic", "-in"
"""The name of a bookmark by which a reader hands on a paragraph's indent and its letters' size and weight."""

_HEADING = re.compile(r"h[1-6]")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_LEVEL = re.compile(r"mso-list:\s*l\d+\s+level(\d)", re.IGNORECASE)
_GOOGLE_LEVEL = re.compile(r"\blst-\S+-(\d)\b")
_DEEPEST = 100
"""Elements in elements, from which on text is only listed: Python's own stack is a thousand calls."""
MARK = "mark"
"""Left out without a word: it only tied a footnote or a comment to its place."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was made of a tree."""

    blocks: tuple[Block, ...]
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class _Around:
    """What holds where an element stands."""

    run: Run = field(default_factory=lambda: Run(text=""))
    depth: int = 0
    quoted: bool = False
    keeps_space: bool = False
    level: int = 0
    """How many elements deep."""


def blocks(text: str, sheet: elements.Sheet | None = None) -> Found:
    """The blocks of some HTML."""
    root = html.fromstring(f"<div>{text}</div>")
    return of_element(root, sheet)


def of_element(root: HtmlElement, sheet: elements.Sheet | None = None) -> Found:
    """The blocks of an element that has been parsed."""
    walker = _Walker(sheet or {})
    walker.walk(root, _Around())
    walker.flush()
    return Found(tuple(walker.blocks), tuple(walker.left))


@dataclass(slots=True)
class _Open:
    """The block that is being filled."""

    kind: Kind = Kind.PARAGRAPH
    level: int = 0
    number: int | None = None
    quoted: bool = False
    role: Role = Role.TEXT
    size: float | None = None
    indent: float | None = None
    bold: bool = False
    italic: bool = False
    runs: list[Run] = field(default_factory=list)
    lengths: dict[float, int] = field(default_factory=dict)


class _Walker:
    def __init__(self, sheet: elements.Sheet) -> None:
        self.sheet = sheet
        self.blocks: list[Block] = []
        self.left: list[Left] = []
        self.open = _Open()
        self.is_comment = False

    # Blocks

    def flush(self, **fresh: object) -> None:
        """Close the open block, and open another."""
        filled = self.open
        runs = stripped(_tidied(merged(tuple(filled.runs))))
        if self.is_comment:
            self.left.append(Left("comment", text_of(runs), is_in_source=True))
            self.is_comment = False
        elif runs:
            size = max(filled.lengths, key=lambda each: filled.lengths[each], default=None) or filled.size
            self.blocks.append(
                Block(
                    kind=filled.kind,
                    runs=runs,
                    level=filled.level,
                    number=filled.number,
                    quoted=filled.quoted,
                    role=filled.role,
                    size=size,
                    indent=filled.indent,
                )
            )
        self.open = _Open(**fresh)  # type: ignore[arg-type]

    def walk(self, element: HtmlElement, around: _Around) -> None:
        """Take in an element's text and children."""
        if around.level > _DEEPEST:
            self.left.append(Left("text nested too deep", elements.flat(element), is_in_source=True))
            return
        around = replace(around, level=around.level + 1)
        self.text(element.text, around)
        for child in element:
            if isinstance(child.tag, str):
                self.child(child, around)
            self.text(child.tail, around)

    def child(self, element: HtmlElement, around: _Around) -> None:
        tag = str(element.tag).lower()
        css = elements.style_of(element, tag, self.sheet)
        if tag in elements.SILENT:
            return
        if elements.is_hidden(element, css):
            self.hide(element)
            return
        if elements.is_contents(element):
            self.leave("table of contents", element)
            return
        what = "comment" if "comment-list" in css.get("mso-element", "") else elements.LEFT_OUT.get(tag)
        if what:
            self.leave(what, element)
        elif _HEADING.fullmatch(tag):
            title = Role.TITLE if elements.is_title(element) else Role.TEXT
            self.block(element, around, kind=Kind.HEADING, level=int(tag[1]), quoted=around.quoted, role=title)
        elif tag in {"ul", "ol"}:
            self.list(element, around)
        elif tag == "blockquote":
            self.block(element, replace(around, quoted=True), quoted=True)
        elif tag == "table":
            self.table(element, around)
        elif elements.is_inline(tag) or tag in {"br", "img", "input", "hr"}:
            self.inline(element, around, tag, css)
        else:
            self.paragraph(element, around, tag, css)

    def leave(self, what: str, element: HtmlElement) -> None:
        text = elements.flat(element)
        if text:
            self.left.append(Left(what, text, is_in_source=True))

    def hide(self, element: HtmlElement) -> None:
        """Leave out what nobody sees, and say so, but for the signs of lists that Word draws itself."""
        own = elements.declarations(element.get("style", ""))
        text = elements.flat(element)
        if text and own.get("mso-list", "") != "ignore":
            by_sheet = not elements.is_hidden(element, own)
            self.left.append(Left("hidden text", text, is_in_source=by_sheet))

    def block(self, element: HtmlElement, around: _Around, **fresh: object) -> None:
        self.flush(**fresh)
        self.walk(element, around)
        self.flush(quoted=around.quoted)

    def paragraph(self, element: HtmlElement, around: _Around, tag: str, css: Mapping[str, str]) -> None:
        level = _LEVEL.search(element.get("style", ""))
        if level:
            self.flush(kind=Kind.POINT, level=int(level[1]), quoted=around.quoted)
            self.walk(element, self.styled(around, css))
            self.flush()
            return
        role = Role.TITLE if elements.is_title(element) else Role.TEXT
        inside = self.open.kind is Kind.POINT or self.open.role is Role.NOTE
        if not (inside and not self.open.runs):
            self.flush(level=around.depth, quoted=around.quoted, role=role)
        inner = replace(self.styled(around, css), keeps_space=around.keeps_space or tag == "pre")
        self.walk(element, inner)
        self.flush(level=around.depth, quoted=around.quoted)

    def list(self, element: HtmlElement, around: _Around) -> None:
        ordered = str(element.tag).lower() == "ol"
        google = _GOOGLE_LEVEL.search(element.get("class", ""))
        depth = int(google[1]) + 1 if google else around.depth + 1
        number = int(element.get("start", "1")) if element.get("start", "1").isdigit() else 1
        self.flush(level=around.depth, quoted=around.quoted)
        inner = replace(around, depth=depth)
        for child in element:
            if child.tag == "li":
                given = child.get("value", "")
                number = int(given) if given.isdigit() else number
                self.item(child, inner, number if ordered else None)
                number += 1
            elif isinstance(child.tag, str):
                self.child(child, inner)
        self.flush(level=around.depth, quoted=around.quoted)

    def item(self, element: HtmlElement, around: _Around, number: int | None) -> None:
        depth = around.depth
        if elements.NOTE_ID.fullmatch(element.get("id", "")):
            self.flush(role=Role.NOTE, number=number)
        else:
            self.flush(kind=Kind.POINT, level=depth, number=number, quoted=around.quoted)
        self.walk(element, self.styled(around, elements.style_of(element, "li", self.sheet)))
        self.flush(level=depth, quoted=around.quoted)

    def table(self, element: HtmlElement, around: _Around) -> None:
        rows = [row for row in element.iter("tr") if elements.table_of(row) is element]
        cells = [[cell for cell in row if cell.tag in {"td", "th"}] for row in rows]
        if not elements.is_data(cells):
            self.flush(quoted=around.quoted)
            for cell in (cell for row in cells for cell in row):
                self.block(cell, around, quoted=around.quoted)
            return
        self.flush()
        caption = element.find("caption")
        if caption is not None:
            self.block(caption, around)
        found = tuple(tuple(cell for each in row for cell in self.cell(each, around)) for row in cells if row)
        head = cells[0]
        marked = bool(head) and (elements.in_head(rows[0]) or all(cell.tag == "th" for cell in head))
        look = ("a table in a table: it is one line of its cell",) if _holds_table(element) else ()
        self.blocks.append(Block(kind=Kind.TABLE, rows=_squared(found), has_header=marked, look=look))

    def cell(self, element: HtmlElement, around: _Around) -> Iterator[Runs]:
        """The runs of a cell, and empty cells for the columns that it spans."""
        inner = _Walker(self.sheet)
        inner.walk(element, _Around(level=around.level))
        inner.flush()
        self.left += inner.left
        yield beside(inner.blocks)
        span = element.get("colspan", "1")
        for _ in range(min(int(span), 50) - 1 if span.isdigit() else 0):
            yield ()

    # Runs

    def text(self, text: str | None, around: _Around) -> None:
        if not text:
            return
        if around.keeps_space:
            shown = text
        else:
            shown = _SPACE.sub(lambda found: "\t" if "\t" in found[0] and "\n" not in found[0] else " ", text)
        if shown.strip() or (self.open.runs and shown):
            bold, italic = around.run.bold or self.open.bold, around.run.italic or self.open.italic
            self.open.runs.append(replace(around.run, text=shown, bold=bold, italic=italic))
            if self.open.size:
                self.open.lengths[self.open.size] = self.open.lengths.get(self.open.size, 0) + len(shown)

    def inline(self, element: HtmlElement, around: _Around, tag: str, css: Mapping[str, str]) -> None:
        if tag == "br":
            self.open.runs.append(replace(around.run, text="\n"))
        elif tag == "img":
            self.open.runs.append(Run(text=" ".join(element.get("alt", "").split()), role=Role.PICTURE))
        elif tag == "a":
            self.anchor(element, self.styled(around, css))
        elif tag == "hr":
            self.flush()
            self.blocks.append(Block(kind=Kind.RULE))
        elif tag == "del":
            self.left.append(Left("deleted text", elements.flat(element)))
        elif tag != "input":
            run = replace(around.run, **elements.STYLED.get(tag, {}))
            self.walk(element, self.styled(replace(around, run=run), css))

    def anchor(self, element: HtmlElement, around: _Around) -> None:
        key, target = element.get("id") or element.get("name") or "", element.get("href")
        if key.startswith(SIZE):
            size, _, weight = key.removeprefix(SIZE).partition("-")
            self.open.size = float(size)
            self.open.bold, self.open.italic = BOLD[1:] in weight, ITALIC[1:] in weight
            self.open.indent = float(weight.rpartition(INDENT[1:])[2] or 0)
        elif target and elements.NOTE_CALL.fullmatch(target):
            number = re.sub(r"\D", "", element.text_content())
            self.open.runs.append(Run(text=number, role=Role.NOTE))
            return
        elif target and elements.NOTE_BACK.fullmatch(target):
            self.note(element)
            return
        elif target and elements.COMMENT.fullmatch(target):
            self.left.append(Left(MARK, elements.flat(element), is_in_source=True))
            self.is_comment = element.get("id", "").startswith("cmnt") and "ref" in target
            return
        run = replace(around.run, link=elements.unwrapped(target), underlined=False) if target else around.run
        self.walk(element, replace(around, run=run))

    def note(self, element: HtmlElement) -> None:
        """The mark from which a footnote leads back to its place in the text."""
        label = elements.flat(element)
        if label:
            self.left.append(Left(MARK, label, is_in_source=True))
        if self.open.role is not Role.NOTE:
            self.open.role, self.open.kind, self.open.level = Role.NOTE, Kind.PARAGRAPH, 0
            digits = re.sub(r"\D", "", label) or re.sub(r"\D", "", element.get("href", ""))
            self.open.number = int(digits) if digits else None

    # Styles

    def styled(self, around: _Around, css: Mapping[str, str]) -> _Around:
        if not css:
            return around
        decoration = css.get("text-decoration", "") + css.get("text-decoration-line", "")
        run = around.run
        heavy = elements.is_heavy(css)
        if heavy is not None:
            run = replace(run, bold=heavy)
        if "font-style" in css:
            run = replace(run, italic=css["font-style"] in {"italic", "oblique"})
        if "underline" in decoration and run.link is None:
            run = replace(run, underlined=True)
        if "line-through" in decoration:
            run = replace(run, struck=True)
        if css.get("vertical-align", "") in {"super", "sub"}:
            run = replace(run, raised=True)
        self.open.size = elements.size_in_points(css) or self.open.size
        self.open.indent = elements.indent_in_points(css) or self.open.indent
        return replace(around, run=run)


def _tidied(runs: Runs) -> Runs:
    """Without white space around line breaks, and with one space where runs bring two."""
    found: list[Run] = []
    for run in runs:
        text = re.sub(r"[ \t]*\n[ \t]*", "\n", run.text)
        if found and found[-1].text[-1:] in {" ", "\n"}:
            text = text.lstrip(" ")
        if text.startswith("\n") and found:
            found[-1] = replace(found[-1], text=found[-1].text.rstrip(" \t"))
        found.append(replace(run, text=text))
    return merged(tuple(found))


def _holds_table(table: HtmlElement) -> bool:
    return any(each.tag == "table" for each in table.iterdescendants())


def _squared(rows: tuple[tuple[Runs, ...], ...]) -> tuple[tuple[Runs, ...], ...]:
    """Rows of one width: short ones are filled up."""
    width = max((len(row) for row in rows), default=0)
    return tuple((*row, *((),) * (width - len(row))) for row in rows if any(map(text_of, row)))
