"""The two parts of a message, encoded once with a gap for each slot.

Rule: a slot and the disclaimer each have their lines to themselves, so that what stands before, in or after
a slot changes no other byte; the disclaimer is looked for in every finished message.
"""

from __future__ import annotations

import hashlib
import quopri
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from newsletter.message.quoted_printable import encode, encode_value
from newsletter.message.slots import Slots
from newsletter.model import Attachment, Pieces

# The empty line before a boundary is also the one after the header.
_PART = (
    '\r\n--{boundary}\r\nContent-Type: {kind}; charset="utf-8"\r\n'
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
)
_ATTACHED = (
    '\r\n--{boundary}\r\nContent-Type: {kind};\r\n name="{name}"\r\n'
    'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n filename="{name}"\r\n\r\n'
)
_SHORT = 40
"""What is no longer stands in many messages: names, and not links."""

_encoded = lru_cache(maxsize=8_192)(encode_value)

_LINE_LETTERS = 76
"""RFC 2045 section 6.8."""


class Body:
    """Raises `ValueError` unless each disclaimer stands whole in one static of its part."""

    def __init__(
        self,
        slots: Slots,
        *,
        text: Pieces,
        html: Pieces,
        disclaimers: tuple[str, str],
        attachment: Attachment | None = None,
    ) -> None:
        statics = "\0".join((*text.statics, *html.statics)).encode("utf-8", "replace")
        # What quoted-printable and base64 write never holds "=_", so no content can hold a boundary.
        digest = hashlib.sha256(statics).hexdigest()
        boundary = f"=_{digest[:24]}"
        around = f"=_{digest[24:48]}" if attachment else ""
        self.content_type = _multipart("mixed", around) if around else _multipart("alternative", boundary)
        """The value of the header, folded."""
        self._slots = slots
        self._parts = [b""]
        if around:
            opening = f"\r\n--{around}\r\nContent-Type: {_multipart('alternative', boundary)}\r\n"
            self._parts.append(opening.encode())
        self._gaps: list[tuple[int, int]] = []
        self._disclaimers: list[tuple[int, bytes]] = []
        for kind, pieces, disclaimer in zip(
            ("text/plain", "text/html"), (text, html), disclaimers, strict=True
        ):
            self._parts.append(_PART.format(boundary=boundary, kind=kind).encode())
            self._add(pieces, disclaimer)
        self._parts.append(f"\r\n--{boundary}--\r\n".encode())
        if attachment:
            self._parts[-1] += _attached(attachment, around)

    @property
    def disclaimers(self) -> tuple[bytes, ...]:
        """The bytes by which each message holds the disclaimer, of the text part and of the HTML part."""
        return tuple(disclaimer for _, disclaimer in self._disclaimers)

    def message(self, header: str, values: Sequence[str]) -> bytes:
        """The whole message, `values` in the order of the slots."""
        encoded = {
            value: _encoded(value) if len(value) < _SHORT else encode_value(value)
            for value in dict.fromkeys(values)
        }
        parts = self._parts.copy()
        parts[0] = header.encode()
        for place, index in self._gaps:
            parts[place] = encoded[values[index]]
        message = b"".join(parts)
        for place, disclaimer in self._disclaimers:
            if not message.startswith(disclaimer, sum(map(len, parts[:place]))):
                raise AssertionError("a message was joined without the disclaimer")
        return message

    def _add(self, pieces: Pieces, disclaimer: str) -> None:
        holder = next((index for index, static in enumerate(pieces.statics) if disclaimer in static), None)
        if holder is None or not disclaimer.strip():
            raise ValueError("the disclaimer does not stand whole in one piece of the edition")
        indices = (*self._slots.indices(pieces.slots), None)
        for number, (static, index) in enumerate(zip(pieces.statics, indices, strict=True)):
            if number == holder:
                self._add_disclaimer(static, disclaimer)
            else:
                self._parts.append(encode(static))
            if index is not None:
                self._gaps.append((len(self._parts), index))
                self._parts.append(b"")

    def _add_disclaimer(self, static: str, disclaimer: str) -> None:
        before, _, after = static.partition(disclaimer)
        encoded = encode(disclaimer)
        if disclaimer not in quopri.decodestring(encoded).decode().replace("\r\n", "\n"):
            raise ValueError("the disclaimer cannot be written in UTF-8")
        self._parts.append(encode(before))
        self._disclaimers.append((len(self._parts), encoded))
        self._parts.append(encoded)
        self._parts.append(encode(after))


def _multipart(kind: str, boundary: str) -> str:
    return f'multipart/{kind};\r\n boundary="{boundary}"'


def _attached(attachment: Attachment, boundary: str) -> bytes:
    """The file as the last part of a message, and the end of the message."""
    if not re.fullmatch(r"[\w.-]+", attachment.name, re.ASCII):
        raise ValueError("the name of an attachment is letters, digits, dots and hyphens")
    head = _ATTACHED.format(boundary=boundary, kind=attachment.kind, name=attachment.name)
    lines = _lines(attachment.encoded)
    return "\r\n".join([head + next(lines, ""), *lines, f"--{boundary}--", ""]).encode("ascii")


def _lines(encoded: str) -> Iterator[str]:
    return (encoded[start : start + _LINE_LETTERS] for start in range(0, len(encoded), _LINE_LETTERS))
