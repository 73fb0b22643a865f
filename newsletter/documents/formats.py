"""Which format a document is in, told by its first bytes rather than by its name.

Rule: what cannot be read is refused in words that say how to save it instead.
"""

from __future__ import annotations

import codecs
import re
from enum import StrEnum
from pathlib import PurePath

from newsletter.errors import SourceError, about_file


class Format(StrEnum):
    """What `newsletter import` reads."""

    DOCX = "docx"
    ODT = "odt"
    HTML = "html"
    TXT = "txt"
    PDF = "pdf"


MAX_BYTES = 40_000_000
"""A report with photographs straight from a camera; its text has limits of its own."""

_SAVE_AS = "Open it in its program, and save it as a Word document (.docx)."
_IS_LIST = "A list of people comes in by: newsletter lists import FILE."
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How every file of Word 97, and every protected file of Word, starts."""
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MIMETYPE = re.compile(rb"PK\x03\x04.{26}mimetype(application/[a-z.-]+)", re.DOTALL)
_OTHERS = (
    (b"{\\rtf", "this is Rich Text (.rtf)"),
    (b"PK\x05\x06", "this is an empty archive"),
    (b"\x89PNG", "this is a picture"),
    (b"\xff\xd8\xff", "this is a picture"),
    (b"GIF8", "this is a picture"),
    (b"MZ", "this is a program"),
)
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_BY_SUFFIX = {
    ".htm": Format.HTML,
    ".html": Format.HTML,
    ".xhtml": Format.HTML,
    ".txt": Format.TXT,
    ".text": Format.TXT,
}
_HEAD = 4096
_ARCHIVE_END = 66_000
"""A zip archive ends with its list of contents, and a remark of at most 65,535 bytes."""


def recognised(data: bytes, name: str) -> Format:
    """The format of a document. Raises `SourceError` for one that cannot be read, and says what it is."""
    if len(data) > MAX_BYTES:
        what = f"the file has {len(data) / 1e6:,.0f} MB, and {MAX_BYTES / 1e6:.0f} MB is the most"
        raise about_file(name, what, "Take out the pictures, or save the text alone.")
    if not data.strip():
        raise about_file(name, "the file is empty")
    if data.startswith(b"PK\x03\x04"):
        return _zipped(data, name)
    if data.startswith(_OLE):
        raise _ole(data, name)
    if b"%PDF-" in data[:1024]:
        return Format.PDF
    suffix = PurePath(name).suffix.lower()
    if suffix in {".md", ".markdown"}:
        raise about_file(
            name, "this is Markdown already", "Put it into drafts/; newsletter check says what it lacks."
        )
    for start, what in _OTHERS:
        if data.startswith(start):
            raise about_file(name, what, _SAVE_AS)
    if _HTML.match(data.removeprefix(codecs.BOM_UTF8)[:_HEAD]):
        return Format.HTML
    return _BY_SUFFIX.get(suffix, Format.TXT)


def _zipped(data: bytes, name: str) -> Format:
    if b"PK\x05\x06" not in data[-_ARCHIVE_END:]:
        raise about_file(
            name, "the file is damaged: it ends too early", "If it was sent to you, ask for it again."
        )
    said = _MIMETYPE.match(data[:256])
    is_open = said and said[1].startswith(b"application/vnd.oasis.opendocument.text")
    if is_open or (not said and b"content.xml" in data and b"META-INF/manifest.xml" in data):
        return Format.ODT
    if b"word/" in data:
        return Format.DOCX
    what = "this is a zip archive, and no document in it can be read"
    for sign, meant in ((b"xl/workbook", "this is a spreadsheet"), (b"ppt/", "this is a set of slides")):
        what = meant if sign in data else what
    if b"Index/Document.iwa" in data:
        what = "this is a Pages document"
    if said and b"spreadsheet" in said[1]:
        what = "this is a spreadsheet"
    hint = _IS_LIST if "spreadsheet" in what else _SAVE_AS
    raise about_file(name, what, hint)


def _ole(data: bytes, name: str) -> SourceError:
    if _ENCRYPTED in data:
        return about_file(
            name,
            "the document is protected by a password",
            "Open it in Word, take the password away (File, Info, Protect Document), and save it.",
        )
    if "Workbook".encode("utf-16-le") in data:
        return about_file(name, "this is a spreadsheet of Excel 97 (.xls)", _IS_LIST)
    return about_file(name, "this is a document of Word 97 (.doc)", _SAVE_AS)
