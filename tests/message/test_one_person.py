"""No person's address or field stands in another's message, over thousands of messages."""

from __future__ import annotations

import json
import re
from email import message_from_bytes
from email.policy import default

from newsletter.message import Skeleton, code_for
from newsletter.model import Person
from tests.message.examples import EDITION, HEADERS

SECRET = b"an invented secret of the tests"
PEOPLE = 5_000
SKELETON = Skeleton(EDITION, HEADERS, run="r1", secret=SECRET)
_MARK = re.compile(r"q[0-9]{5}q")
"""What stands in everything that is a person's own, and names the person."""


def person(number: int) -> Person:
    mark = f"q{number:05}q"
    values = (f"Ann-{mark}", f"Lee-{mark}", None)
    address = f"reader-{mark}@example.org"
    return Person(number, address, code_for(address, SECRET), values)


def test_each_message_names_its_own_reader_and_no_other() -> None:
    """By SMTP and in the outbox: header, text and HTML, decoded."""
    for number in range(PEOPLE):
        raw = SKELETON.message(person(number))
        said = raw.decode()
        if number % 50 == 0:  # The decoder takes a millisecond; what is encoded shows its mark as it is.
            message = message_from_bytes(raw, policy=default)
            said += "".join(str(part.get_content()) for part in message.walk() if not part.is_multipart())
        assert set(_MARK.findall(said)) == {f"q{number:05}q"}


def test_each_personalization_names_its_own_reader_and_no_other() -> None:
    """In requests to SendGrid, whose shared part names nobody."""
    for start in range(0, PEOPLE, 500):
        request = SKELETON.request([person(number) for number in range(start, start + 500)])
        blocks = request.pop("personalizations")
        assert _MARK.findall(json.dumps(request)) == []
        for number, block in enumerate(blocks, start):
            assert set(_MARK.findall(json.dumps(block))) == {f"q{number:05}q"}
