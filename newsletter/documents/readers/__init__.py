"""One module a format: bytes in, a `Document` out.

Rule: readers do not know each other, nor what is done with what they read; each imports its library itself, so
that a text costs no PDF parser.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from newsletter.documents.formats import Format

if TYPE_CHECKING:
    from newsletter.documents.blocks import Document

_MODULES = {
    Format.DOCX: "docx",
    Format.ODT: "odt",
    Format.HTML: "web",
    Format.TXT: "text",
    Format.PDF: "pdf",
}


class Reader(Protocol):
    """Reads one format. Raises `Refused` for a document that it will not read."""

    def read(self, data: bytes) -> Document: ...


def reader(form: Format) -> Reader:
    """The reader of a format."""
    return cast("Reader", import_module(f"newsletter.documents.readers.{_MODULES[form]}"))


def answer(form: str, data: bytes) -> Any:
    """What a reader makes of a document, as JSON can carry it. Raises `Refused`."""
    return reader(Format(form)).read(data).as_json()
