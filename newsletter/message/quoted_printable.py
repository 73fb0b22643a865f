"""Quoted-printable made for joining: each piece is encoded alone and the pieces are only put together.

Rule: a piece starts at the start of a line and ends with a line break, soft where the text goes on. So no line
is longer than 76, none starts with a dot (SMTP needs no stuffing), and no join can change what decodes.
"""

from __future__ import annotations

import re

_SOFT_BREAK = b"=\r\n"

_UNSAFE = re.compile(rb"[^\t -<>-~]|[\t ]\Z")
"""What must be hexadecimal: all but printable ASCII, and a blank at the end of a line, which may be lost."""

_LINE = re.compile(rb".{1,73}(?<!=)(?<!=.)")
"""A line that splits no `=XX`: 76 less the soft break, less what the hexadecimal form of a leading dot adds."""

_PLAIN = re.compile(r"(?!\.|From )[ !#-<>-~]{0,71}[!#-<>-~]")
"""A value that stands as it is, on one line."""


def encode(text: str) -> bytes:
    """One piece. Line ends become CRLF; a text that ends within a line ends with a soft break."""
    *lines, last = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    encoded = [_line(line) + b"\r\n" for line in lines]
    return b"".join([*encoded, _line(last) + _SOFT_BREAK if last else b""])


def encode_value(value: str) -> bytes:
    """A short piece without line ends, on its own line or lines; nothing at all for an empty one."""
    if _PLAIN.fullmatch(value):
        return value.encode("ascii") + _SOFT_BREAK
    return _line(value) + _SOFT_BREAK if value else b""


def _line(text: str) -> bytes:
    """One line of text as one or more encoded lines joined by soft breaks."""
    encoded = _UNSAFE.sub(_hexadecimal, text.encode("utf-8", "replace"))
    return _SOFT_BREAK.join(_safe_start(line) for line in _LINE.findall(encoded))


def _hexadecimal(found: re.Match[bytes]) -> bytes:
    return b"".join(b"=%02X" % octet for octet in found[0])


def _safe_start(line: bytes) -> bytes:
    """A dot at the start would need stuffing in SMTP; `From ` is changed by programs that keep mailboxes."""
    if line.startswith((b".", b"From ")):
        return b"=%02X" % line[0] + line[1:]
    return line
