"""OpenDocument text, as LibreOffice writes it.

Rule: the text as it reads with all changes accepted; what stands in notes, comments and deletions is listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from newsletter.documents.blocks import (
    Block,
    Document,
    Kind,
    Left,
    Passage,
    Role,
    Run,
    Runs,
    beside,
    merged,
    stripped,
    text_of,
)
from newsletter.documents.readers.open_styles import Styles, attribute, name_of
from newsletter.documents.readers.package import Package
from newsletter.errors import Refused

if TYPE_CHECKING:
    from lxml.etree import _Element

_ENCRYPTED = b"encryption-data"
_DEEPEST = 60
_SPACES = {"s": " ", "tab": "\t", "line-break": "\n"}
_SPACE = re.compile(r"[ \t\r\n]+")
_SKIPPED = {
    "tracked-changes",
    "sequence-decls",
    "forms",
    "annotation-end",
    "bookmark",
    "bookmark-start",
    "bookmark-end",
}
_SKIPPED |= {"bibliography-mark", "soft-page-break", "title", "desc", "script", "dde-connection-decls"}
_CONTAINERS = {
    "section",
    "text-box",
    "index-body",
    "frame",
    "g",
    "custom-shape",
    "page-sequence",
}
_LONG_CELL_WORDS = 60


def read(data: bytes) -> Document:
    """Read a document. Raises `Refused`."""
    package = Package(data)
    manifest = package.part("META-INF/manifest.xml") or b""
    if _ENCRYPTED in manifest:
        raise Refused("the document is protected by a password", "Open it, and save it without the password.")
    content = package.tree("content.xml")
    body = _find(content, "text") if content is not None else None
    if content is None or body is None:
        raise Refused("the file is damaged: there is no text in it", "Ask for the document again.")
    styles = Styles.of([each for each in (package.tree("styles.xml"), content) if each is not None])
    reader = _Reader(styles)
    reader.blocks_of(body)
    source = tuple(_source(body))
    left = [*_deleted(body), *reader.left]
    return Document(format="odt", blocks=(*reader.blocks, *reader.notes), source=source, left=tuple(left))


def _find(root: _Element | None, name: str) -> _Element | None:
    body = next((each for each in root.iter() if name_of(each) == "body"), None) if root is not None else None
    return next((each for each in body if name_of(each) == name), None) if body is not None else None


@dataclass(frozen=True, slots=True)
class _Where:
    depth: int = 0
    list_style: str = ""
    number: int | None = None
    is_first: bool = False
    """The paragraph begins its point."""
    level: int = 0


@dataclass(slots=True)
class _Reader:
    styles: Styles
    blocks: list[Block] = field(default_factory=list)
    notes: list[Block] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    calls: int = 0

    def blocks_of(self, parent: Iterable[_Element], where: _Where = _Where()) -> None:
        if where.level > _DEEPEST:
            raise Refused("tables or boxes in it are nested too deep: this is no report")
        where = replace(where, level=where.level + 1)
        for element in parent:
            name = name_of(element)
            if name in {"p", "h"}:
                self.paragraph(element, where)
            elif name == "list":
                self.items(element, where)
            elif name == "table":
                self.table(element, where)
            elif name in _CONTAINERS:
                self.blocks_of(element, where)
            elif name == "table-of-content":
                said = " ".join(" ".join(map(str, element.itertext())).split())
                self.left.append(Left("table of contents", said))

    def paragraph(self, element: _Element, where: _Where) -> None:
        name = attribute(element, "style-name")
        style = self.styles.whole("paragraph", name)
        base = Run(
            text="",
            bold=bool(style.bold),
            italic=bool(style.italic),
            underlined=bool(style.underlined),
            struck=bool(style.struck),
        )
        boxes: list[_Element] = []
        runs = stripped(merged(tuple(self.runs(element, base, boxes))))
        if runs and style.hidden:
            self.left.append(Left("hidden text", text_of(runs), is_in_source=True))
        elif runs:
            block = self.block(element, where, runs, list(self.styles.named("paragraph", name)), style.size)
            self.blocks.append(replace(block, indent=style.indent))
        for box in boxes:
            self.blocks_of(box, where)

    def block(
        self, element: _Element, where: _Where, runs: Runs, names: list[str], size: float | None
    ) -> Block:
        quoted = any(each in {"quotations", "quote", "intense quote", "block quotation"} for each in names)
        level = attribute(element, "outline-level") or "1"
        if "title" in names:
            return Block(kind=Kind.HEADING, level=1, runs=_plain(runs), role=Role.TITLE, size=size)
        if name_of(element) == "h":
            return Block(
                kind=Kind.HEADING,
                level=min(int(level), 6) if level.isdigit() else 1,
                runs=_plain(runs),
                size=size,
            )
        if where.depth and where.is_first:
            return Block(kind=Kind.POINT, level=where.depth, number=where.number, runs=runs, size=size)
        return Block(runs=runs, level=where.depth, quoted=quoted, size=size)

    def items(self, element: _Element, where: _Where) -> None:
        depth = where.depth + 1
        style = attribute(element, "style-name") or where.list_style
        counts = self.styles.ordered.get(style, {}).get(depth, False)
        start = 1
        for item in element:
            if name_of(item) not in {"list-item", "list-header"}:
                continue
            given = attribute(item, "start-value") or ""
            start = int(given) if given.isdigit() else start
            number = start if counts else None
            is_first = name_of(item) == "list-item"
            for child in item:
                inner = _Where(depth, style, number, is_first, where.level + 1)
                before = len(self.blocks)
                self.blocks_of([child], inner) if name_of(child) != "list" else self.items(child, inner)
                is_first = is_first and len(self.blocks) == before
            start += 1

    def table(self, element: _Element, where: _Where) -> None:
        rows = [row for row in element.iter() if name_of(row) == "table-row" and _table_of(row) is element]
        cells = [
            [cell for cell in row if name_of(cell) in {"table-cell", "covered-table-cell"}] for row in rows
        ]
        wide = max((len(row) for row in cells), default=0)
        long = any(
            len("".join(map(str, cell.itertext())).split()) > _LONG_CELL_WORDS for row in cells for cell in row
        )
        if wide <= 1 or long:
            for cell in (cell for row in cells for cell in row):
                self.blocks_of(cell, replace(where, depth=0))
            return
        found = tuple(tuple(self.cell(cell, where) for cell in row) for row in cells)
        squared = tuple((*row, *((),) * (wide - len(row))) for row in found if any(map(text_of, row)))
        head = any(name_of(each) == "table-header-rows" for each in element)
        if squared:
            self.blocks.append(Block(kind=Kind.TABLE, rows=squared, has_header=head))

    def cell(self, element: _Element, where: _Where) -> Runs:
        inner = _Reader(self.styles, notes=self.notes, left=self.left, calls=self.calls)
        inner.blocks_of(element, _Where(level=where.level))
        self.calls = inner.calls
        return beside(inner.blocks)

    def runs(self, element: _Element, base: Run, boxes: list[_Element]) -> Iterator[Run]:
        """The runs of a paragraph; what hangs on it as a box is put by for after it."""
        yield replace(base, text=_SPACE.sub(" ", element.text or ""))
        for child in element:
            yield from self.inline(child, base, boxes)
            yield replace(base, text=_SPACE.sub(" ", child.tail or ""))

    def inline(self, child: _Element, base: Run, boxes: list[_Element]) -> Iterator[Run]:
        name = name_of(child)
        if name in _SPACES:
            count = attribute(child, "c") or "1"
            yield replace(base, text=_SPACES[name] * (min(int(count), 100) if count.isdigit() else 1))
        elif name == "span" and self.styles.whole("text", attribute(child, "style-name")).hidden:
            self.left.append(Left("hidden text", "".join(_texts(child)), is_in_source=True))
        elif name == "span":
            yield from self.runs(child, self.spanned(child, base), boxes)
        elif name == "a":
            yield from self.runs(child, replace(base, link=attribute(child, "href")), boxes)
        elif name == "note":
            yield self.note(child)
        elif name == "annotation":
            self.left.append(Left("comment", _comment(child)))
        elif name == "image":
            yield Run(text=_description(child), role=Role.PICTURE)
        elif name in {"frame", "text-box", "g", "custom-shape"}:
            yield from self.frame(child, base, boxes)
        elif name and name not in _SKIPPED:
            yield from self.runs(child, base, boxes)

    def frame(self, element: _Element, base: Run, boxes: list[_Element]) -> Iterator[Run]:
        if any(name_of(each) in {"p", "h", "list", "table"} for each in element):
            boxes.append(element)
            return
        for child in element:
            yield from self.inline(child, base, boxes)

    def spanned(self, span: _Element, base: Run) -> Run:
        style = self.styles.whole("text", attribute(span, "style-name"))
        changed = {
            key: value
            for key in ("bold", "italic", "underlined", "struck", "raised", "marked")
            if (value := getattr(style, key)) is not None
        }
        return replace(base, **changed)

    def note(self, element: _Element) -> Run:
        self.calls += 1
        number = self.calls
        body = next((each for each in element if name_of(each) == "note-body"), None)
        inner = _Reader(self.styles, left=self.left)
        if body is not None:
            inner.blocks_of(body)
        self.notes += [
            replace(block, kind=Kind.PARAGRAPH, level=0, role=Role.NOTE, number=number)
            for block in inner.blocks
        ]
        return Run(text=str(number), role=Role.NOTE)


def _table_of(row: _Element) -> _Element | None:
    """The innermost table that a row stands in."""
    return next((each for each in row.iterancestors() if name_of(each) == "table"), None)


def _plain(runs: Runs) -> Runs:
    """A heading's text in the style of headings."""
    return merged(tuple(replace(run, bold=False, underlined=False) for run in runs))


def _comment(element: _Element) -> str:
    author = next((each.text or "" for each in element if name_of(each) == "creator"), "")
    text = " ".join(" ".join(map(str, each.itertext())) for each in element if name_of(each) in {"p", "list"})
    said = " ".join(text.split())
    return f"{author}: {said}" if author else said


def _description(image: _Element) -> str:
    frame = image.getparent()
    texts = {name_of(each): each.text or "" for each in frame} if frame is not None else {}
    return " ".join((texts.get("desc") or texts.get("title") or "").split())


def _deleted(body: _Element) -> Iterator[Left]:
    for each in body.iter():
        if name_of(each) == "deletion":
            said = " ".join(
                " ".join("".join(map(str, p.itertext())) for p in each if name_of(p) in {"p", "h"}).split()
            )
            if said:
                yield Left("deleted text", said)


def _source(body: _Element) -> Iterator[Passage]:
    """Every paragraph's text in order, notes at the end, straight from the XML."""
    notes: list[str] = []
    number = 0
    for each in body.iter():
        if name_of(each) not in {"p", "h"}:
            continue
        around = {name_of(above) for above in each.iterancestors()}
        if around & {"annotation", "tracked-changes", "table-of-content"}:
            continue
        text = "".join(_texts(each))
        if "note-body" in around:
            notes.append(text)
            continue
        number += 1
        yield Passage(f"paragraph {number}", text)
    yield from (Passage("footnote", text) for text in notes)


def _texts(element: _Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        name = name_of(child)
        if name in {"s", "tab", "line-break"}:
            yield " "
        elif name not in {"note", "annotation", "p", "h", "list", *_SKIPPED}:
            yield from _texts(child)
        yield child.tail or ""
