"""What Word writes in a form that mammoth does not know, put into one that it does.

Rule: the words stay what a reader of the document sees, in order; what nobody sees is handed back to be told.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from itertools import groupby
from typing import TYPE_CHECKING

from lxml import etree

from newsletter.documents.readers.word_text import child, is_on, name_of, value_of

if TYPE_CHECKING:
    from lxml.etree import _Element

_ALIKE = {"ptab": "tab", "cr": "br", "dir": "smartTag", "bdo": "smartTag"}
"""Elements that mammoth drops with all that is in them → what it reads, and means the same for a mail."""
_SEEN = {"t", "tab", "ptab", "br", "cr", "sym", "noBreakHyphen", "softHyphen"}
_PRIVATE = 0xF000
"""Where Word keeps the signs of fonts that have an order of their own."""


def make_readable(root: _Element, signs: Mapping[tuple[str, int], int]) -> None:
    """Put a part of a document into the forms that mammoth knows.

    `signs` are those of fonts that have an order of their own: font and place there → Unicode.
    """
    _choose_shapes(root)
    for each in [each for each in root.iter() if name_of(each) in {"fldSimple", "sym", *_ALIKE}]:
        match name_of(each):
            case "fldSimple":
                _write_out_field(each)
            case "sym":
                _write_out_sign(each, signs)
            case name:
                each.tag = _beside(each, _ALIKE[name])
    _join_paragraphs(root)


def without_hidden(root: _Element, styles: Container[str] = frozenset()) -> list[str]:
    """Take out the words that are hidden, by hand or by one of these styles; a paragraph's together."""
    hidden = [each for each in root.iter() if name_of(each) in _SEEN and _is_hidden(each, styles)]
    said = [
        "".join(each.text or " " for each in words)
        for _, words in groupby(hidden, key=lambda each: next(each.iterancestors(_beside(each, "p")), None))
    ]
    for each in hidden:
        _remove(each)
    return [text for text in said if text.strip()]


def _is_hidden(words: _Element, styles: Container[str]) -> bool:
    run = words.getparent()
    own = child(run, "rPr", "vanish")
    if own is not None:
        return is_on(own)
    paragraph = next(words.iterancestors(_beside(words, "p")), None)
    used = (value_of(child(run, "rPr", "rStyle")), value_of(child(paragraph, "pPr", "pStyle")))
    return any(style is not None and style in styles for style in used)


def _beside(element: _Element, name: str) -> str:
    """A name in the same namespace, of which the format has two."""
    return f"{{{etree.QName(element).namespace}}}{name}"


def _remove(element: _Element) -> None:
    around = element.getparent()
    if around is not None:
        around.remove(element)


def _choose_shapes(root: _Element) -> None:
    """Take, of each shape that is there twice for old and new programs, the one that has text.

    mammoth reads the old form (`mc:Fallback`), which newer programs leave out.
    """
    for choice in [each for each in root.iter() if name_of(each) == "AlternateContent"]:
        if child(choice, "Fallback") is None and (new := child(choice, "Choice")) is not None:
            boxes = [each for each in new.iter() if name_of(each) == "txbxContent"]
            old = etree.SubElement(choice, _beside(choice, "Fallback"))
            if boxes:
                # Below a picture of the old kind, mammoth puts a box after its paragraph.
                old = etree.SubElement(old, _beside(boxes[0], "pict"))
            old.extend(boxes or list(new))
        for each in [other for other in choice if name_of(other) == "Choice"]:
            choice.remove(each)


def _write_out_field(field: _Element) -> None:
    """Write a field as Word writes most of them: its instruction and its words between three marks."""
    said = value_of(field, "instr") or ""
    for place, mark in enumerate(("begin", said, "separate")):
        run = etree.Element(_beside(field, "r"))
        if place == 1:
            etree.SubElement(run, _beside(field, "instrText")).text = mark
        else:
            etree.SubElement(run, _beside(field, "fldChar")).set(_beside(field, "fldCharType"), mark)
        field.insert(place, run)
    end = etree.SubElement(etree.SubElement(field, _beside(field, "r")), _beside(field, "fldChar"))
    end.set(_beside(field, "fldCharType"), "end")
    field.tag = _beside(field, "smartTag")
    field.attrib.clear()


def _write_out_sign(sign: _Element, signs: Mapping[tuple[str, int], int]) -> None:
    """Write a sign as the letter that it looks like, or else as the one by which others know such signs."""
    try:
        code = int(value_of(sign, "char") or "", 16)
    except ValueError:
        return
    known = signs.get((value_of(sign, "font") or "", code & ~_PRIVATE))
    sign.tag = _beside(sign, "t")
    sign.attrib.clear()
    sign.text = chr(known or code & ~_PRIVATE | _PRIVATE)


def _join_paragraphs(root: _Element) -> None:
    """Let a paragraph whose end was deleted go on in the next one, as far as there is one beside it."""
    for each in [each for each in root.iter() if name_of(each) == "p"]:
        end = child(each, "pPr", "rPr", "del")
        if end is None:
            continue
        following = each.getnext()
        if following is not None and name_of(following) == "p":
            _move_to_start(each, following)
        else:
            _remove(end)


def _move_to_start(paragraph: _Element, following: _Element) -> None:
    moved = [each for each in paragraph if name_of(each) != "pPr"]
    place = 0 if child(following, "pPr") is None else 1
    for each in reversed(moved):
        following.insert(place, each)
    _remove(paragraph)
