"""Names, addresses and subjects as they stand in a header."""

from __future__ import annotations

import re
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

import pytest
from hypothesis import given

from newsletter.message.header_text import mailbox, one_line, unstructured
from newsletter.model import Context
from newsletter.render.pieces import escape
from tests.message.examples import PROPERTY, parsed, values

_WORD = re.compile(r"=\?utf-8\?[qb]\?[!->@-~]+\?=")


def _read(name: str, value: str) -> EmailMessage:
    return parsed(f"{name}: {value}\r\n\r\n".encode())


def _read_name(value: str) -> tuple[str, str]:
    """Name and address, read by the older of the library's parsers.

    The newer one keeps the space between two encoded words before an address, against RFC 2047 section 6.2.
    """
    name, address = parseaddr(value.replace("\r\n", ""))
    return (str(make_header(decode_header(name))), address)


def _is_well_formed(name: str, value: str) -> None:
    lines = f"{name}: {value}".split("\r\n")
    assert value.isascii()
    assert "\r" not in value.replace("\r\n", "")
    assert "\n" not in value.replace("\r\n", "")
    assert all(len(line) <= 76 for line in lines)
    assert all(line.startswith(" ") and line.strip() for line in lines[1:])
    assert all(len(word) <= 75 for word in value.split() if _WORD.fullmatch(word))


@PROPERTY
@given(values)
def test_a_subject_is_read_as_it_was_meant(subject: str) -> None:
    """Folding and encoding are invisible to a reader, and no value starts another header."""
    value = unstructured(subject, name="Subject")
    _is_well_formed("Subject", value)
    message = _read("Subject", value)
    assert message.keys() == ["Subject"]
    assert str(message["Subject"]) == escape(subject, Context.HEADER)


@PROPERTY
@given(values)
def test_a_name_is_read_as_it_was_meant(name: str) -> None:
    """One address stands in To, with the name on one line."""
    value = mailbox(name, "ann@example.test", header="To")
    _is_well_formed("To", value)
    message = _read("To", value)
    assert message.keys() == ["To"]
    assert len(message["To"].addresses) == 1
    assert _read_name(value) == (one_line(name), "ann@example.test")


@pytest.mark.parametrize(
    "name", ["O'Brien", "A&B <script>", "Siân 🌹", '"Doe, Jane"', "שלום עולם", "a\\b", "."]
)
def test_a_name_is_read_as_the_standard_library_would_write_it(name: str) -> None:
    """What we write and what `EmailMessage` writes are read as the same."""
    theirs = EmailMessage(policy=SMTP)
    theirs["To"] = Address(one_line(name), addr_spec="ann@example.test")
    ours = _read("To", mailbox(name, "ann@example.test", header="To"))
    assert ours["To"].addresses == parsed(theirs.as_bytes())["To"].addresses


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Ann Lee", "Ann Lee <ann@example.test>"),
        ("O'Brien", "O'Brien <ann@example.test>"),
        ("Doe, Jane", '"Doe, Jane" <ann@example.test>'),
        ('Ann "Red" Lee', '"Ann \\"Red\\" Lee" <ann@example.test>'),
        ("Siân 🌹", "=?utf-8?b?U2nDom4g8J+MuQ==?= <ann@example.test>"),
        ("Siân Example", "=?utf-8?q?Si=C3=A2n_Example?= <ann@example.test>"),
        ("=?utf-8?q?=41?=", "=?utf-8?b?PT91dGYtOD9xPz00MT89?= <ann@example.test>"),
        ("", "ann@example.test"),
    ],
)
def test_a_name_is_written_as_plainly_as_it_can_be(name: str, written: str) -> None:
    """Quotes and encoded words stand only where they are needed."""
    assert mailbox(name, "ann@example.test", header="To") == written


@pytest.mark.parametrize(
    "name",
    [
        "The Constituency Secretary of Upper Thornby and Maltwell with Brockhithe Borough Executive",
        "Penhallow-Abernethy, Dilys Bethan (Secretary, Upper Thornby and Maltwell with Brockhithe)",
        'Dilys "Red" Penhallow \\ Abernethy of the Upper Thornby and Maltwell with Brockhithe branch of all',
    ],
)
@pytest.mark.parametrize("header", ["To", "From"])
def test_a_long_plain_name_is_folded_at_a_space(name: str, header: str) -> None:
    """It stays readable in the source, and both of the library's parsers give it back without a stray space."""
    value = mailbox(name, "ann@example.test", header=header)
    _is_well_formed(header, value)
    assert "=?" not in value
    assert "\r\n " in value
    assert [each.display_name for each in _read(header, value)[header].addresses] == [name]
    assert _read_name(value) == (name, "ann@example.test")


def test_a_plain_name_without_a_space_to_fold_at_is_encoded() -> None:
    """A line has its limit, and a name of one endless word is still read as it was meant."""
    value = mailbox("x" * 90, "ann@example.test", header="To")
    _is_well_formed("To", value)
    assert _read_name(value) == ("x" * 90, "ann@example.test")


def test_a_long_plain_subject_is_folded_at_a_space() -> None:
    """Plain words stay readable in the source, on lines of at most 76."""
    subject = "Report of the meeting of the National Executive Committee held on 17 November 2026 in London"
    value = unstructured(subject, name="Subject")
    assert "=?" not in value
    assert "\r\n " in value
    assert value.replace("\r\n", "") == subject


@pytest.mark.parametrize("text", ["🌹é" * 50, "plain words with one é in them " * 10])
def test_an_encoded_word_splits_no_character(text: str) -> None:
    """Each encoded word decodes alone (RFC 2047 section 5), whichever encoding is the shorter."""
    words = unstructured(text, name="Subject").split("\r\n ")
    assert len(words) > 1
    assert "".join(str(make_header(decode_header(word))) for word in words) == text
