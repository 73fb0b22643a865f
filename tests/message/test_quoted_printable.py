"""Encoding piece by piece."""

from __future__ import annotations

import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.message.quoted_printable import encode, encode_value
from tests.message.examples import HOSTILE, PROPERTY, values


def _lines_are_safe(encoded: bytes) -> None:
    assert encoded == b"" or encoded.endswith(b"\r\n")
    assert encoded.count(b"\n") == encoded.count(b"\r") == encoded.count(b"\r\n")
    for line in encoded.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
        assert all(32 <= octet < 127 or octet == 9 for octet in line)


def _written(text: str) -> str:
    """`text` as UTF-8 can write it, with line ends as in a message."""
    return text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")


@PROPERTY
@given(st.lists(values, max_size=6))
def test_pieces_joined_decode_to_the_pieces_joined(pieces: list[str]) -> None:
    """No join changes what decodes, and every line is short and safe."""
    encoded = b"".join(encode(piece) for piece in pieces)
    _lines_are_safe(encoded)
    decoded = quopri.decodestring(encoded).decode().replace("\r\n", "\n")
    assert decoded == "".join(_written(piece) for piece in pieces)


@PROPERTY
@given(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=300))
def test_a_value_decodes_to_itself(value: str) -> None:
    """A value has its lines to itself."""
    encoded = encode_value(value)
    _lines_are_safe(encoded)
    assert quopri.decodestring(encoded).decode() == value


@pytest.mark.parametrize("length", range(70, 80))
@pytest.mark.parametrize("sign", ["a", "=", "é", ".", " ", "🌹"])
def test_lines_break_at_every_length(length: int, sign: str) -> None:
    """Around the width of a line nothing is lost, whatever stands there."""
    value = "a" * length + sign * 3 + "z"
    encoded = encode_value(value)
    _lines_are_safe(encoded)
    assert quopri.decodestring(encoded).decode() == value


def test_nothing_is_written_for_nothing() -> None:
    """An empty piece leaves no empty line behind."""
    assert (encode(""), encode_value("")) == (b"", b"")


@pytest.mark.parametrize("value", [value for value in HOSTILE if value.isprintable()])
def test_a_value_is_encoded_as_any_piece_is(value: str) -> None:
    """A piece without line ends is a value."""
    assert encode(value) == encode_value(value)


def test_a_line_that_fits_is_left_whole() -> None:
    """76 characters need no soft break where the line ends anyway, so wrapped text stays readable."""
    line = "a" * 76
    assert encode(f"{line}\n") == f"{line}\r\n".encode()
    assert encode(f"{line}a\n") == b"a" * 73 + b"=\r\naaaa\r\n"
