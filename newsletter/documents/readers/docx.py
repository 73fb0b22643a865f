"""Word documents: mammoth makes HTML of them, with tracked changes accepted, and that is read like any HTML.

Rule: mammoth is given a package made anew from the few parts it needs, each of them parsed and written again
here, so that neither a macro, a picture, an entity nor a part of unknown size ever reaches it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import mammoth
from lxml import etree
from mammoth import documents as word
from mammoth.docx.dingbats import dingbats

from newsletter.documents.blocks import Document, Left, Passage
from newsletter.documents.readers import tree, word_forms, word_styles, word_text
from newsletter.documents.readers.package import Package
from newsletter.documents.readers.word_styles import Styles
from newsletter.errors import Refused

if TYPE_CHECKING:
    from lxml.etree import _Element

_MAIN = "word/document.xml"
"""Where the text is in the package that is made here; Word itself sometimes has it elsewhere."""
_RELATIONS = "word/_rels/document.xml.rels"
_PARTS = (
    "word/_rels/footnotes.xml.rels",
    "word/_rels/endnotes.xml.rels",
    "word/numbering.xml",
    "word/styles.xml",
    "word/footnotes.xml",
    "word/endnotes.xml",
)
"""What mammoth reads beside the text. Comments are read here, since they belong to no reader."""
_WITH_TEXT = (_MAIN, "word/footnotes.xml", "word/endnotes.xml")
_AROUND = ("word/header", "word/footer")
_DRAWN = {"word/diagrams/data": "diagram", "word/charts/chart": "chart"}
"""Where the words of drawings are, which stand in no paragraph."""
_MERGE = "Open it in Word, and save it again: Word then makes one document of both."


@dataclass(frozen=True, slots=True)
class _Parts:
    trees: dict[str, _Element]

    def get(self, name: str) -> _Element | None:
        return self.trees.get(name)


def read(data: bytes) -> Document:
    """Read a document. Raises `Refused`."""
    package = Package(data)
    parts = _parts(package)
    main = parts.trees[_MAIN]
    hidden = [Left("hidden text", text) for text in _readable(parts)]
    styles = word_styles.of(parts.get("word/styles.xml"))
    contents = word_text.without_contents(main, word_styles.of_contents(styles))
    found = tree.blocks(_html(parts, styles))
    source, deleted = _source(parts)
    lettered = word_styles.counts_by_letters(parts.get("word/numbering.xml"), main)
    notes = ("a list counts by letters in the document, and by numbers in the draft",) if lettered else ()
    listed = [Left("table of contents", contents)] if contents else []
    left = [*deleted, *hidden, *_comments(package), *listed, *_around(package), *_drawn(package)]
    return Document(format="docx", blocks=found.blocks, source=source, left=(*left, *found.left), notes=notes)


def _parts(package: Package) -> _Parts:
    path = PurePosixPath(_path_of_main(package))
    main = package.tree(str(path))
    if main is None:
        raise Refused("the file is damaged: there is no text in it", "Ask for the document again.")
    if any(word_text.name_of(each) == "altChunk" for each in main.iter()):
        raise Refused("another document is inserted in it, and not yet part of it", _MERGE)
    relations = package.tree(str(path.parent / "_rels" / f"{path.name}.rels"))
    trees = {name: found for name in _PARTS if (found := package.tree(name)) is not None}
    return _Parts(trees | {_MAIN: main} | ({_RELATIONS: relations} if relations is not None else {}))


def _readable(parts: _Parts) -> Iterator[str]:
    """Make every part readable that has text; the words in it that nobody sees."""
    hiding = word_styles.that_hide(parts.get("word/styles.xml"))
    for name in _WITH_TEXT:
        root = parts.get(name)
        if root is not None:
            word_forms.make_readable(root, dingbats)
            yield from word_forms.without_hidden(root, hiding)


def _path_of_main(package: Package) -> str:
    root = package.tree("_rels/.rels")
    for each in root if root is not None else ():
        if (each.get("Type") or "").endswith("/officeDocument"):
            return (each.get("Target") or "").lstrip("/")
    return _MAIN


def _html(parts: _Parts, styles: Styles) -> str:
    """What mammoth makes of the parts."""
    try:
        made = mammoth.convert_to_html(
            _package(parts.trees),
            style_map=word_styles.style_map(styles),
            transform_document=mammoth.transforms.paragraph(lambda each: _sized(each, styles)),
            convert_image=_picture,
            include_embedded_style_map=False,
            external_file_access=False,
        )
    except RecursionError:
        raise Refused("tables or boxes in it are nested too deep: this is no report") from None
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError):
        # mammoth trusts a document to be whole, and stumbles where it is not.
        raise Refused(
            "the file is damaged: its parts do not fit together", "Open it in Word and save it again."
        ) from None
    return str(made.value)


def _package(trees: dict[str, _Element]) -> BytesIO:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, root in trees.items():
            archive.writestr(name, etree.tostring(root, encoding="UTF-8", xml_declaration=True))
    packed.seek(0)
    return packed


def _sized(paragraph: Any, styles: Styles) -> Any:
    """A paragraph that carries its size and weight into the HTML, where nothing else would hold them."""
    size = _size(paragraph, styles)
    style = styles.get(paragraph.style_id)
    weight = "" if style.level else tree.BOLD * bool(style.bold) + tree.ITALIC * bool(style.italic)
    indent = word_styles.twips(paragraph.indent.start)
    said = style.indent if indent is None else indent
    mark = word.bookmark(f"{tree.SIZE}{size:g}{weight}{tree.INDENT}{max(said or 0.0, 0.0):g}")
    return paragraph.copy(children=[mark, *paragraph.children])


def _size(paragraph: Any, styles: Styles) -> float:
    """The size of most of its letters, in points."""
    default = styles.get(paragraph.style_id).size or styles.default_size
    lengths: dict[float, int] = {}
    for run in mammoth.transforms.get_descendants_of_type(paragraph, word.Run):
        size = run.font_size or default
        length = sum(len(each.value) for each in mammoth.transforms.get_descendants_of_type(run, word.Text))
        lengths[size] = lengths.get(size, 0) + length
    return max(lengths, key=lambda size: lengths[size], default=default)


def _picture(image: Any) -> list[Any]:
    """A picture as its description alone: its bytes are not in the package."""
    return [mammoth.images.html.element("img", {"alt": image.alt_text or "", "src": ""})]


def _source(parts: _Parts) -> tuple[tuple[Passage, ...], list[Left]]:
    """Every word of the text and its notes, from the XML and not from mammoth; and what was deleted."""
    passages: list[Passage] = []
    deleted: list[Left] = []
    main = parts.trees[_MAIN]
    for number, (text, gone) in enumerate(word_text.paragraphs(main), start=1):
        passages.append(Passage(f"paragraph {number}", text))
        deleted += [Left("deleted text", gone)] if gone.strip() else []
    called = word_text.called(main)
    for kind, key in called:
        root = parts.get(f"word/{kind}s.xml")
        texts = word_text.note(root, kind, key) if root is not None else ()
        passages += [Passage(kind, text) for text in texts]
    return tuple(passages), deleted


def _comments(package: Package) -> Iterator[Left]:
    root = package.tree("word/comments.xml")
    for author, text in word_text.comments(root) if root is not None else ():
        yield Left("comment", f"{author}: {text}" if author else text)


def _around(package: Package) -> Iterator[Left]:
    """What stands at the head and foot of every page, each once."""
    said: set[str] = set()
    for name in package.names:
        if name.startswith(_AROUND) and name.endswith(".xml"):
            root = package.tree(name)
            text = " ".join(word_text.plain(root).split()) if root is not None else ""
            if text and text not in said:
                said.add(text)
                yield Left("header or footer", text)


def _drawn(package: Package) -> Iterator[Left]:
    """What is written in diagrams and charts: to mammoth they are no text, and here they are no picture."""
    for name in package.names:
        kind = next((kind for start, kind in _DRAWN.items() if name.startswith(start)), None)
        root = package.tree(name) if kind and name.endswith(".xml") else None
        text = word_text.drawn(root) if root is not None else ""
        if kind and text:
            yield Left(kind, text)
