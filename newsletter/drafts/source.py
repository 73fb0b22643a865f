"""The bytes of a draft as lines of clean text.

Rule: UTF-8 or a clear refusal; characters that no mail and no XML can hold are dropped without a word, since
word processors leave them behind and no editor shows them.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from newsletter.errors import Mistake, SourceError, Where
from newsletter.yaml_source import excerpt

MAX_BYTES = 2_000_000
"""Some 300,000 words: beyond it, the file is something else than a report."""

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SAVE_AS = "In your editor, choose “Save as” or “Save with encoding”, and UTF-8."

_LINE_END = re.compile(r"\r\n?")
_SPACE = re.compile(r"[\x0b\x0c\x85\u2028\u2029]")
"""Line, page and paragraph separators that are no line ends to an editor."""
_DROPPED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufdd0-\ufdef\ufffe\uffff]")
"""Control characters, byte order marks and noncharacters."""


@dataclass(frozen=True, slots=True)
class Source:
    """A draft's lines, in order from line 1; there is always one."""

    name: str
    lines: tuple[str, ...]

    @classmethod
    def read(cls, data: bytes, *, name: str) -> Source:
        """Decode and clean. Raises `SourceError` for what is not UTF-8, or empty, or far too large."""
        if len(data) > MAX_BYTES:
            what = f"the file has {len(data) / 1e6:.1f} MB: too large for a draft"
            raise SourceError([Mistake(Where(name), what, "A draft is text; link to pictures on the web.")])
        text = clean(_decoded(data, name))
        if not text.strip():
            raise SourceError(
                [Mistake(Where(name), "the file is empty", "`newsletter new` writes a draft to fill in.")]
            )
        return cls(name, tuple(text.split("\n")))

    def line(self, number: int) -> str:
        """A line by its number, from 1; empty where there is none."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def mistake(self, what: str, line: int, column: int, hint: str = "") -> Mistake:
        """A mistake at a place of this file, with its line."""
        return Mistake(Where(self.name, line, column), what, hint, excerpt(self.line(line), column))


def clean(text: str) -> str:
    """Text with LF line ends and without what no mail can hold."""
    return _DROPPED.sub("", _SPACE.sub(" ", _LINE_END.sub("\n", text)))


def _decoded(data: bytes, name: str) -> str:
    # Half of an English text's bytes are NUL in UTF-16, a quarter is proof enough.
    if data.startswith(_UTF16) or data.count(0) * 4 > len(data) > 0:
        raise SourceError([Mistake(Where(name), "the file is UTF-16 text, not UTF-8", _SAVE_AS)])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError([_not_utf8(data, error.start, name)]) from None


def _not_utf8(data: bytes, position: int, name: str) -> Mistake:
    before = _LINE_END.sub("\n", data[:position].decode("utf-8-sig", "replace"))
    number = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    line = before[before.rfind("\n") + 1 :] + re.split(rb"[\r\n]", data[position:])[0].decode(
        "cp1252", "replace"
    )
    meant = data[position : position + 1].decode("cp1252", "replace")
    what = f"byte {data[position]:02X} is not UTF-8"
    if meant.isprintable() and meant != "�":
        what += f"; Windows writes “{meant}” so"
    return Mistake(Where(name, number, column), what, _SAVE_AS, excerpt(_DROPPED.sub("", line), column))
