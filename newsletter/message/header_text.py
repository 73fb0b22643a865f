"""Text as it stands in a header, written the one way that every receiver reads.

Rule: text that is not plain ASCII becomes encoded words of at most 75 characters (RFC 2047), and only in
free text and before an address in angle brackets; addresses and links are never encoded or split. Lines are
folded at 76 where there is a place to fold, and no value can start a new header.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.model import Context
from newsletter.render.pieces import escape

_WIDTH = 76
_LONGEST_PLAIN = 60
"""What fits on a line beside the name of any header that holds a mailbox."""

_ATOMS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
"""A display name that needs no quotes (RFC 5322 section 3.2.3)."""

_PRINTABLE = re.compile(r"[ -~]*")
_NOT_BARE = re.compile("[^A-Za-z0-9 ]+")
"""What cannot stand for itself in an encoded word before an address."""


@dataclass(frozen=True, slots=True)
class _Encoding:
    """One of the two of RFC 2047: `weigh` says how much of `limit` a text takes of the longest word."""

    name: str
    write: Callable[[str], str]
    weigh: Callable[[str], int]
    limit: int


def encoded_words(text: str, *, used: int) -> str:
    """`text` as encoded words, one a line; `used` characters of the first line are taken already.

    The shorter encoding is chosen. No character is split between two words (RFC 2047 section 5).
    """
    chosen = _QUOTED if len(_quoted(text)) <= len(_base64(text)) else _BASE64
    limit = chosen.limit * max(_WIDTH - used - _AROUND, 0) // _ROOM
    words, room = [""], limit
    for character in [text] if chosen.weigh(text) <= limit else text:
        room -= chosen.weigh(character)
        if room < 0:
            words.append("")
            room = chosen.limit - chosen.weigh(character)
        words[-1] += character
    return "\r\n ".join(f"=?utf-8?{chosen.name}?{chosen.write(word)}?=" for word in words if word)


def unstructured(text: str, *, name: str) -> str:
    """`text` as the value of the free-text header `name`, folded so that unfolding gives it back."""
    text = escape(text, Context.HEADER)
    used = len(f"{name}: ")
    room = _WIDTH - used
    if _is_plain(text) and text == text.strip():
        if len(text) <= room:
            return text
        words = re.findall(" +[^ ]+", f" {text}")
        if all(len(word) <= room for word in words):
            return _folded(words, room)
    return encoded_words(text, used=used)


def mailbox(name: str, address: str, *, header: str) -> str:
    """`name <address>`, or the address alone where the name is blank; `header` is the header's name."""
    written = phrase(name, header=header)
    if not written:
        return address
    line = f"{header}: {written}".rpartition("\r\n")[2]
    fold = "\r\n" if len(line) + len(f" <{address}>") > _WIDTH else ""
    return f"{written}{fold} <{address}>"


def phrase(name: str, *, header: str) -> str:
    """`name` as it stands first in `header`, before angle brackets: plain words, quoted, or encoded."""
    # Some readers decode what looks like an encoded word even within quotes.
    if len(name) <= _LONGEST_PLAIN and _ATOMS.fullmatch(name) and "=?" not in name:
        return name
    name = one_line(name)
    used = len(f"{header}: ")
    if not name:
        return ""
    if not _is_plain(name):
        return encoded_words(name, used=used)
    written = name if _ATOMS.fullmatch(name) else _in_quotes(name)
    words = re.findall(" +[^ ]+", f" {written}")
    if max(map(len, words)) > _WIDTH - used:
        return encoded_words(name, used=used)
    # Between plain words and within quotes a space may be folded (RFC 5322 sections 3.2.4 and 3.2.5).
    return _folded(words, _WIDTH - used)


def _in_quotes(name: str) -> str:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def one_line(name: str) -> str:
    """A name without control characters, and with single spaces."""
    return " ".join(escape(name, Context.HEADER).split())


def _is_plain(text: str) -> bool:
    return bool(_PRINTABLE.fullmatch(text)) and "=?" not in text


def _quoted(text: str) -> str:
    return _NOT_BARE.sub(_hexadecimal, text).replace(" ", "_")


def _hexadecimal(found: re.Match[str]) -> str:
    return "=" + found[0].encode().hex("=").upper()


def _base64(text: str) -> str:
    return b2a_base64(text.encode(), newline=False).decode()


def _folded(words: list[str], room: int) -> str:
    """The words, each with the spaces before it, in lines of which the first has `room`."""
    lines = [words[0].removeprefix(" ")]
    for word in words[1:]:
        if len(lines[-1]) + len(word) > room:
            lines.append("")
            room = _WIDTH
        lines[-1] += word
    return "\r\n".join(lines)


_AROUND = len("=?utf-8?q??=")
_ROOM = 75 - _AROUND
_QUOTED = _Encoding("q", _quoted, lambda text: len(_quoted(text)), _ROOM)
_BASE64 = _Encoding("b", _base64, lambda text: len(text.encode()), _ROOM // 4 * 3)
