"""Bytes as text: UTF-8, UTF-16 with its mark, else what Windows writes."""

from __future__ import annotations

import codecs
from contextlib import suppress

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decoded(data: bytes, said: str | None = None) -> str:
    """The text of a file. `said` is the encoding that it names itself, which is tried after UTF-8."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    for encoding in filter(None, ("utf-8", said)):
        with suppress(UnicodeDecodeError, LookupError):
            return data.decode(encoding)
    # The five bytes that Windows-1252 leaves undefined come out as the marks that a check finds.
    return data.decode("cp1252", "replace")
