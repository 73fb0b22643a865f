"""Reads finished copies back, as a person or a screen reader gets them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from typing import Any

from lxml import etree
from markdown_it.token import Token
from pypdf import PdfReader
from pypdf.generic import ContentStream

from newsletter.markdown import plain
from newsletter.publish import PublicCopy

_BETWEEN = re.compile(r"[\s\u00ad\u200b-\u200f-]+")
_SHOWING = {b"Tj", b"TJ", b"'", b'"', b"Do", b"f", b"f*", b"B", b"B*", b"b", b"S", b"s", b"sh", b"EI"}
"""Operators that leave a mark on the page."""


def squeezed(text: str) -> str:
    """The text without what a line break may change: blanks and hyphens."""
    return _BETWEEN.sub("", text)


def passages(copy: PublicCopy) -> Iterator[str]:
    """Each paragraph, point, cell and heading of a copy, cut after its links, where a note's number follows."""
    held = copy.content
    lines = [*held.summary, *(text for _, text in copy.corrections)]
    lines += [token for section in held.sections for token in (section.heading, *section.body) if token]
    for token in lines:
        yield from _runs(token) if token.type == "inline" else [token.content]


def _runs(token: Token) -> Iterator[str]:
    run: list[Token] = []
    for child in token.children or ():
        run.append(child)
        if child.type in {"link_close", "image"}:
            yield _said(run)
            run = []
    yield _said(run)


def _said(run: list[Token]) -> str:
    return plain(Token("inline", "", 0, children=run))


def stands(passage: str, pages: list[str]) -> bool:
    """Whether a passage stands on a page, or begins at the end of one and ends at the start of the next."""
    wanted = squeezed(passage)
    if any(wanted in page for page in pages):
        return True
    return any(
        wanted[:cut] in page and following.startswith(wanted[cut:])
        for page, following in pairwise(pages)
        for cut in range(1, len(wanted))
    )


def text_of(html: str) -> str:
    document: Any = etree.fromstring(html, etree.HTMLParser())
    return squeezed("".join(document.itertext()))


# A PDF


def opened(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf), strict=True)


def catalogue(pdf: bytes) -> Any:
    """The document's own entries: its language, its structure."""
    return opened(pdf).trailer["/Root"]


def facts(pdf: bytes) -> dict[str, str]:
    """What it says of itself: title, author, day."""
    return {str(name): str(value) for name, value in (opened(pdf).metadata or {}).items()}


def pages_of(pdf: bytes) -> list[str]:
    return [squeezed(page.extract_text()) for page in opened(pdf).pages]


def tag_faults(pdf: bytes) -> Iterator[str]:
    """What a screen reader would miss: ISO 14289-1, as far as it can be read off the structure."""
    reader = opened(pdf)
    root = catalogue(pdf)
    if not root.get("/MarkInfo", {}).get("/Marked"):
        yield "it is not marked"
    if not root.get("/Lang"):
        yield "it has no language"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle") or not facts(pdf).get("/Title"):
        yield "it has no title to show"
    if b"pdfuaid:part" not in root["/Metadata"].get_object().get_data():
        yield "it does not say that it is PDF/UA"
    yield from _unmarked(reader)
    if "/StructTreeRoot" not in root:
        yield "it has no structure"
        return
    elements = list(elements_of(pdf))
    yield from (
        f"a {kind} has no description" for kind, held in elements if kind == "/Figure" and not held.get("/Alt")
    )
    yield from _misordered([int(kind[2:]) for kind, _ in elements if re.fullmatch(r"/H\d", kind)])


def elements_of(pdf: bytes) -> Iterator[tuple[str, Any]]:
    """Each element of the structure with its kind, in reading order."""
    yield from _below(catalogue(pdf)["/StructTreeRoot"])


def _below(element: Any) -> Iterator[tuple[str, Any]]:
    held = element.get("/K", [])
    held = held.get_object() if hasattr(held, "get_object") else held
    for each in held if isinstance(held, list) else [held]:
        child = each.get_object() if hasattr(each, "get_object") else each
        if isinstance(child, dict) and "/S" in child:
            yield str(child["/S"]), child
            yield from _below(child)


def _unmarked(reader: PdfReader) -> Iterator[str]:
    """All that is painted belongs to the structure or is said to be an artifact."""
    for number, page in enumerate(reader.pages, 1):
        depth = 0
        content: Any = ContentStream(page["/Contents"].get_object(), reader)
        for _, operator in content.operations:
            depth += operator in {b"BDC", b"BMC"}
            depth -= operator == b"EMC"
            if operator in _SHOWING and not depth:
                yield f"page {number} paints something that is neither tagged nor an artifact"
                break


def _misordered(levels: list[int]) -> Iterator[str]:
    for before, level in pairwise([0, *levels]):
        if level > before + 1:
            yield f"a heading of level {level} follows one of level {before}"
