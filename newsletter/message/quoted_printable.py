"""Quoted-printable made for joining: each piece is encoded alone and the pieces are only put together.

Rule: a piece starts at the start of a line and ends with a line break, soft where the text goes on. So no line
is longer than 76, none starts with a dot (SMTP needs no stuffing), and no join can change what decodes.
"""

from __future__ import annotations

import re
from binascii import b2a_qp

_SOFT_BREAK = b"=\r\n"
_WIDTH = 76
_ROOM = _WIDTH - 3
"""Less the soft break, and less what the hexadecimal form of a leading dot adds."""

_PLAIN = re.compile(rf"(?!\.|From )[ -<>-~]{{,{_ROOM - 1}}}[!-<>-~]")
"""A value that is its own encoding, as most are: it fits, starts well, and ends in no blank."""

_BAD_STARTS = (b".", b"From ")
"""A dot would need stuffing in SMTP; programs that keep mailboxes in one file change `From `."""


def encode(text: str) -> bytes:
    """One piece. Line ends become CRLF; a text that ends within a line ends with a soft break."""
    *lines, last = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    encoded = [_within(_WIDTH, _hexadecimal(line)) + b"\r\n" for line in lines]
    return b"".join([*encoded, encode_value(last)])


def encode_value(value: str) -> bytes:
    """A piece without line ends, on its own line or lines; nothing at all for an empty one."""
    if _PLAIN.fullmatch(value):
        return value.encode() + _SOFT_BREAK
    encoded = _within(_ROOM, _hexadecimal(value))
    return encoded + _SOFT_BREAK if encoded else b""


def _hexadecimal(text: str) -> bytes:
    """One line of text in printable ASCII, where `=` only writes an octet and no blank is at the end."""
    # b2a_qp breaks what is long, in its own way; what it breaks is put together again.
    return b2a_qp(text.encode("utf-8", "replace"), istext=False).replace(b"=\n", b"")


def _within(room: int, encoded: bytes) -> bytes:
    """The encoded line as it is where it fits and starts well, otherwise wrapped."""
    if len(encoded) <= room and not encoded.startswith(_BAD_STARTS):
        return encoded
    return _wrapped(encoded)


def _wrapped(encoded: bytes) -> bytes:
    """The encoded line as lines joined by soft breaks, which split no `=XX`."""
    lines, start = [], 0
    while start < len(encoded):
        end = start + _ROOM
        split = encoded.find(b"=", end - 2, end)
        if split >= 0 and end < len(encoded):
            end = split
        lines.append(_safe_start(encoded[start:end]))
        start = end
    return _SOFT_BREAK.join(lines)


def _safe_start(line: bytes) -> bytes:
    if line.startswith(_BAD_STARTS):
        return b"=%02X" % line[0] + line[1:]
    return line
