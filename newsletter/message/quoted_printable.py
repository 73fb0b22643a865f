"""Quoted-printable made for joining: each piece is encoded alone and the pieces are only put together.

Rule: a piece starts at the start of a line and ends with a line break, soft where the text goes on. So no line
is longer than 76, none starts with a dot (SMTP needs no stuffing), and no join can change what decodes.
"""

from __future__ import annotations

from binascii import b2a_qp

_SOFT_BREAK = b"=\r\n"
_ROOM = 73
"""A line of 76, less the soft break, less what the hexadecimal form of a leading dot adds."""


def encode(text: str) -> bytes:
    """One piece. Line ends become CRLF; a text that ends within a line ends with a soft break."""
    *lines, last = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    encoded = [_wrapped(_hexadecimal(line)) + b"\r\n" for line in lines]
    return b"".join([*encoded, encode_value(last)])


def encode_value(value: str) -> bytes:
    """A piece without line ends, on its own line or lines; nothing at all for an empty one."""
    encoded = _hexadecimal(value)
    if len(encoded) > _ROOM or encoded.startswith((b".", b"From ")):
        encoded = _wrapped(encoded)
    return encoded + _SOFT_BREAK if encoded else b""


def _hexadecimal(text: str) -> bytes:
    """One line of text in printable ASCII, where `=` only writes an octet and no blank is at the end."""
    # b2a_qp breaks what is long, in its own way; what it breaks is put together again.
    return b2a_qp(text.encode("utf-8", "replace"), istext=False).replace(b"=\n", b"")


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
    """A dot at the start would need stuffing in SMTP; `From ` is changed by programs that keep mailboxes."""
    if line.startswith((b".", b"From ")):
        return b"=%02X" % line[0] + line[1:]
    return line
