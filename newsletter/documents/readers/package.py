"""A zip archive with XML in it, which is what Word and LibreOffice write, opened as if an enemy had made it.

Rule: only parts that are asked for are unpacked, none beyond its limit whatever the archive says of itself, and
no XML with a document type is read, so that no entity can grow and no file or site be asked for.
"""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

from newsletter.errors import Refused

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_PARTS = 4_000
"""A report with a picture on every page has a few hundred."""
MAX_PART_BYTES = 8_000_000
"""Word spends some 200 bytes a word on a heavily edited text: this is forty thousand words."""
MAX_RATIO = 250
"""Word's XML is packed 10 to 40 times smaller; a bomb a thousand times."""
_SURELY_SMALL = 1_000_000
"""Below this, the ratio says nothing: a page of empty table cells packs well."""
_CHUNK = 1 << 16
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
"""Text cannot hold it: there, its first sign is written as an entity."""

_BROKEN = "the file is damaged: its archive cannot be read"
_AGAIN = "Open it in its program and save it under another name; if it was sent to you, ask for it again."


class Package:
    """An archive, of which single parts are read."""

    def __init__(self, data: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
            raise Refused(_BROKEN, _AGAIN) from None
        self.names = tuple(self._archive.namelist())
        if len(self.names) > MAX_PARTS:
            raise Refused(f"the archive holds {len(self.names):,} files: this is no report")

    def part(self, name: str) -> bytes | None:
        """One part, unpacked; None where there is none. Raises `Refused` where it is too large or damaged."""
        try:
            info = self._archive.getinfo(name)
        except KeyError:
            return None
        if info.flag_bits & 1:
            raise Refused("the archive is protected by a password", "Save the document without one.")
        self._refuse_large(name, info.file_size, info.compress_size)
        try:
            return self._unpacked(info)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError):
            raise Refused(_BROKEN, _AGAIN) from None

    def _unpacked(self, info: zipfile.ZipInfo) -> bytes:
        """Read in pieces and stopped at the limit: what an archive says of its sizes may be a lie."""
        found, size = [], 0
        with self._archive.open(info) as part:
            while chunk := part.read(_CHUNK):
                size += len(chunk)
                self._refuse_large(info.filename, size, info.compress_size)
                found.append(chunk)
        return b"".join(found)

    def _refuse_large(self, name: str, size: int, packed: int) -> None:
        if size > MAX_PART_BYTES:
            what = f"{name} in it has more than {MAX_PART_BYTES / 1e6:.0f} MB of text: this is no report"
            raise Refused(what, "Copy the report alone into a new document, and save that.")
        if size > _SURELY_SMALL and size > packed * MAX_RATIO:
            raise Refused(
                f"{name} in it unpacks to {size // max(packed, 1):,} times its size: this is no report"
            )

    def tree(self, name: str) -> _Element | None:
        """The root of an XML part; None where there is none. Raises `Refused`."""
        data = self.part(name)
        return None if data is None else parsed(data, name)


def parsed(data: bytes, name: str) -> _Element:
    """The root of some XML, without entities or anything from outside. Raises `Refused`."""
    if any(sign in data for sign in _DOCTYPES):
        raise Refused(f"{name} in it has a document type, which no word processor writes")
    from lxml import etree  # noqa: PLC0415 - heavy, and only some formats need it

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Refused(f"the file is damaged: {name} in it is no XML", _AGAIN) from None
    return root
