"""A file in every message: the same for everybody, whichever way it leaves."""

from __future__ import annotations

import base64
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.model import Attachment, Person
from tests.message.examples import (
    EDITION,
    HTML_DISCLAIMER,
    PROPERTY,
    TEXT_DISCLAIMER,
    parsed,
    parts,
    person,
    skeleton,
    values,
)

PDF = bytes(range(256)) * 40 + b"%%EOF"
NAME = "nec-2026-11-17.pdf"
known = st.none() | values
people = st.builds(person, known, known, known)
PLAIN = skeleton()


def attached(content: bytes = PDF, name: str = NAME) -> Attachment:
    return Attachment(name, "application/pdf", base64.b64encode(content).decode())


WITH = skeleton(replace(EDITION, attachment=attached()))


def opened(message: bytes) -> tuple[EmailMessage, EmailMessage]:
    """The text and HTML of a message, and the file in it."""
    body, file = parsed(message).iter_parts()
    assert isinstance(body, EmailMessage)
    assert isinstance(file, EmailMessage)
    return body, file


@PROPERTY
@given(people)
def test_the_file_changes_nothing_else_of_a_message(who: Person) -> None:
    """Text, HTML and header are those of the message without it."""
    message, plain = (parsed(each.message(who)) for each in (WITH, PLAIN))
    body, _ = opened(WITH.message(who))
    assert parts(body) == parts(plain)
    assert message.get_content_type() == "multipart/mixed"
    assert [item for item in message.items() if item[0] != "Content-Type"] == [
        item for item in plain.items() if item[0] != "Content-Type"
    ]


@PROPERTY
@given(people)
def test_a_message_with_a_file_is_the_one_the_standard_library_would_have_built(who: Person) -> None:
    """The same tree of parts, decoding to the same bytes."""
    body, file = opened(WITH.message(who))
    text, html = parts(body)
    built = EmailMessage(policy=SMTP)
    built.set_content(text, cte="quoted-printable")
    built.add_alternative(html, subtype="html", cte="quoted-printable")
    built.add_attachment(PDF, maintype="application", subtype="pdf", filename=NAME)
    theirs_body, theirs_file = opened(built.as_bytes())
    assert parts(body) == parts(theirs_body)
    assert file.get_payload(decode=True) == theirs_file.get_payload(decode=True) == PDF
    for ask in ("get_content_type", "get_filename", "get_content_disposition"):
        assert getattr(file, ask)() == getattr(theirs_file, ask)()


@PROPERTY
@given(people, people)
def test_everybody_gets_the_same_bytes(one: Person, other: Person) -> None:
    """From the end of the HTML on, the messages of two people are one."""
    first, second = (WITH.message(who) for who in (one, other))
    end = first.rindex(b"\r\n\r\n--=_", 0, first.index(b"application/pdf"))
    assert second.endswith(first[first.index(b"\r\n--=_", end + 4) :])


@PROPERTY
@given(people)
def test_a_message_with_a_file_can_be_sent_as_it_is(who: Person) -> None:
    """ASCII, CRLF, lines of at most 76 octets, none beginning with a dot; the disclaimer in both parts."""
    message = WITH.message(who)
    assert message.isascii()
    assert message.endswith(b"--\r\n")
    assert message.count(b"\r") == message.count(b"\n") == message.count(b"\r\n")
    head, _, body = message.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert not any(line.startswith((b".", b"From ")) for line in message.split(b"\r\n"))
    text, html = parts(opened(message)[0])
    assert TEXT_DISCLAIMER in text
    assert HTML_DISCLAIMER in html
    assert all(octets in message for octets in WITH.disclaimers)


@given(st.binary(max_size=2000))
def test_any_file_arrives_as_it_was(content: bytes) -> None:
    """Of whatever bytes and length, none included; and its size is known without decoding it."""
    file = attached(content)
    message = skeleton(replace(EDITION, attachment=file)).message(person())
    assert opened(message)[1].get_payload(decode=True) == content
    assert file.size_bytes == len(content)


def test_sendgrid_is_given_the_file_once() -> None:
    """One for all people of a request, in base64, to be saved and not shown."""
    request = WITH.request([person(), person("Siân")])
    assert request["attachments"] == [
        {
            "content": attached().encoded,
            "type": "application/pdf",
            "filename": NAME,
            "disposition": "attachment",
        }
    ]
    assert request.keys() - PLAIN.request([person()]).keys() == {"attachments"}


@pytest.mark.parametrize("name", ["", 'a".pdf', "a b.pdf", "a\r\nX: y.pdf", "ä.pdf", "../a.pdf"])
def test_a_name_that_could_be_something_else_is_refused(name: str) -> None:
    """It stands in a header, and on the reader's disk."""
    with pytest.raises(ValueError, match="name of an attachment"):
        skeleton(replace(EDITION, attachment=attached(name=name)))


def test_nothing_of_a_file_is_in_a_repr() -> None:
    """A log that shows an edition does not show a file."""
    assert attached().encoded[:40] not in repr(replace(EDITION, attachment=attached()))
