"""Text as it stands in a header, written the one way that every receiver reads.

Rule: text that is not plain ASCII becomes encoded words of at most 75 characters (RFC 2047), and only in
free text and before an address in angle brackets; addresses and links are never encoded or split. Lines are
folded at 76 where there is a place to fold, and no value can start a new header.
"""

from __future__ import annotations

import re

from newsletter.model import Context
from newsletter.render.pieces import escape

_WIDTH = 76
_OPEN, _CLOSE = "=?utf-8?q?", "?="
_ROOM = 75 - len(_OPEN) - len(_CLOSE)

_ATOMS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
"""A display name that needs no quotes (RFC 5322 section 3.2.3)."""

_PRINTABLE = re.compile(r"[ -~]*")
_NOT_BARE = re.compile("[^A-Za-z0-9 ]+")
"""What cannot stand for itself in an encoded word before an address."""


def encoded_words(text: str) -> str:
    """`text` as encoded words, one a line; no character is split between two (RFC 2047 section 5)."""
    words = [_in_word(text)]
    if len(words[0]) > _ROOM:
        words = [""]
        for written in map(_in_word, text):
            if len(words[-1]) + len(written) > _ROOM:
                words.append("")
            words[-1] += written
    return "\r\n ".join(f"{_OPEN}{word}{_CLOSE}" for word in words)


def unstructured(text: str, *, name: str) -> str:
    """`text` as the value of the free-text header `name`, folded so that unfolding gives it back."""
    text = escape(text, Context.HEADER)
    room = _WIDTH - len(f"{name}: ")
    if _is_plain(text) and text == text.strip():
        if len(text) <= room:
            return text
        words = re.findall(" +[^ ]+", f" {text}")
        if all(len(word) <= room for word in words):
            return _folded(words, room)
    return encoded_words(text)


def mailbox(name: str, address: str, *, header: str) -> str:
    """`name <address>`, or the address alone where the name is blank; `header` is the header's name."""
    written = phrase(name)
    if not written:
        return address
    line = f"{header}: {written}".rpartition("\r\n")[2]
    fold = "\r\n" if len(line) + len(f" <{address}>") > _WIDTH else ""
    return f"{written}{fold} <{address}>"


def phrase(name: str) -> str:
    """`name` as it stands before angle brackets: plain words, quoted, or encoded."""
    name = one_line(name)
    # Some readers decode what looks like an encoded word even within quotes.
    if not _is_plain(name) or len(name) > _ROOM:
        return encoded_words(name)
    if not name or _ATOMS.fullmatch(name):
        return name
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def one_line(name: str) -> str:
    """A name without control characters, and with single spaces."""
    return " ".join(escape(name, Context.HEADER).split())


def _is_plain(text: str) -> bool:
    return bool(_PRINTABLE.fullmatch(text)) and "=?" not in text


def _in_word(text: str) -> str:
    return _NOT_BARE.sub(_hexadecimal, text).replace(" ", "_")


def _hexadecimal(found: re.Match[str]) -> str:
    return "=" + found[0].encode().hex("=").upper()


def _folded(words: list[str], room: int) -> str:
    """The words, each with the spaces before it, in lines of which the first has `room`."""
    lines = [words[0].removeprefix(" ")]
    for word in words[1:]:
        if len(lines[-1]) + len(word) > room:
            lines.append("")
            room = _WIDTH
        lines[-1] += word
    return "\r\n".join(lines)
