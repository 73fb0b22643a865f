"""The words of a Word document, straight from its XML.

Rule: what a reader of the document sees with all changes accepted, in order; elements are known by their local
names, so that both dialects of the format (ISO/IEC 29500 transitional and strict) are read alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element

_GONE = {"del", "moveFrom"}
_NO_TEXT = {"instrText", "delInstrText", "pPr", "rPr", "sectPr", "tblPr", "trPr", "tcPr", "sdtPr"}
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011", "softHyphen": "\u00ad", "ptab": "\t"}


def name_of(element: _Element) -> str:
    """An element's name without its namespace."""
    return etree.QName(element).localname


def value_of(element: _Element | None, attribute: str = "val") -> str | None:
    """An attribute by its local name, whatever its namespace."""
    if element is None:
        return None
    return next(
        (str(value) for key, value in element.attrib.items() if str(key).split("}")[-1] == attribute), None
    )


def child(element: _Element | None, *names: str) -> _Element | None:
    """The first child, of its first child, and so on down these local names."""
    for wanted in names:
        if element is None:
            return None
        element = next((each for each in element if name_of(each) == wanted), None)
    return element


def is_on(element: _Element | None) -> bool:
    """Whether a property is there and not switched off (ECMA-376 part 1, 17.17.4)."""
    return element is not None and value_of(element) not in {"0", "false", "off"}


def without_contents(main: _Element, styles: frozenset[str]) -> str:
    """Take the paragraphs of a table of contents out, which every mail has of its own; what they said."""
    found = [
        each
        for each in main.iter()
        if name_of(each) == "p" and value_of(child(each, "pPr", "pStyle")) in styles
    ]
    said = [" ".join(text for text, _ in paragraphs(each)) for each in found]
    for each in found:
        around = each.getparent()
        if around is not None:
            around.remove(each)
    return "; ".join(" ".join(text.split()) for text in said if text.strip())


def paragraphs(root: _Element) -> Iterator[tuple[str, str]]:
    """Each paragraph's text as it reads with all changes accepted, and what was deleted from it.

    A box comes after the paragraph that it hangs on.
    """
    for paragraph in root.iter():
        if name_of(paragraph) == "p" and "math" not in str(etree.QName(paragraph).namespace):
            if _is_gone(paragraph):
                continue
            kept: list[str] = []
            gone: list[str] = []
            for piece, is_gone in _pieces(paragraph):
                (gone if is_gone else kept).append(piece)
            yield "".join(kept), "".join(gone)


def _pieces(element: _Element, *, gone: bool = False) -> Iterator[tuple[str, bool]]:
    for each in element:
        name = name_of(each)
        if name in _NO_TEXT or name == "p":
            continue
        if name in {"t", "delText"}:
            yield each.text or "", gone
        elif name in _SIGNS:
            yield _SIGNS[name], gone
        else:
            yield from _pieces(each, gone=gone or name in _GONE)


def _is_gone(paragraph: _Element) -> bool:
    return any(name_of(each) in _GONE for each in paragraph.iterancestors())


def plain(root: _Element) -> str:
    """All text below an element, a paragraph a line."""
    return "\n".join(text for text, _ in paragraphs(root))


def called(main: _Element) -> Iterator[tuple[str, str]]:
    """Each footnote and endnote in the order in which the text calls them: kind and id."""
    for each in main.iter():
        name = name_of(each)
        if name in {"footnoteReference", "endnoteReference"} and not _is_gone(each):
            yield name.removesuffix("Reference"), value_of(each, "id") or ""


def note(root: _Element, kind: str, key: str) -> Iterator[str]:
    """The paragraphs of one note."""
    found = (each for each in root if name_of(each) == kind and value_of(each, "id") == key)
    for each in found:
        yield from (text for text, _ in paragraphs(each))


def comments(root: _Element) -> Iterable[tuple[str, str]]:
    """Each comment: who wrote it, and what."""
    for each in root:
        if name_of(each) == "comment":
            yield value_of(each, "author") or "", " ".join(plain(each).split())


def drawn(root: _Element) -> str:
    """The words of a drawing: its texts, and what a chart calls its parts; no numbers."""
    said = [
        (each.text or "").strip()
        for each in root.iter()
        if name_of(each) == "t"
        or (name_of(each) == "v" and any(name_of(above) == "strCache" for above in each.iterancestors()))
    ]
    return "; ".join(dict.fromkeys(text for text in said if text))
