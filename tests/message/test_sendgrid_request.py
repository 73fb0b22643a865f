"""The same edition as a SendGrid request: tags in the content, and each person's texts for them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.message import code_for
from newsletter.model import Context, Person, Pieces, Slot
from tests.message.examples import (
    EDITION,
    HEADERS,
    PROPERTY,
    SECRET,
    parsed,
    parts,
    person,
    skeleton,
    values,
    with_subject,
)

known = st.none() | values
people = st.builds(person, known, known, known)
SKELETON = skeleton()
RESERVED = {
    "x-sg-id",
    "x-sg-eid",
    "received",
    "dkim-signature",
    "content-type",
    "content-transfer-encoding",
    "to",
    "from",
    "subject",
    "reply-to",
    "cc",
    "bcc",
}


def _tags(request: dict[str, Any]) -> list[str]:
    return list(request["personalizations"][0]["substitutions"])


def _substituted(request: dict[str, Any], index: int, tags: Sequence[str]) -> tuple[str, str, str]:
    """Subject, text and HTML after replacing `tags` literally, one after the other."""
    substitutions = request["personalizations"][index]["substitutions"]
    contents = [request["subject"], *(part["value"] for part in request["content"])]
    for tag in tags:
        contents = [content.replace(tag, substitutions[tag]) for content in contents]
    subject, text, html = contents
    return subject, text, html


def _by_smtp(who: Person) -> tuple[str, str, str]:
    message = parsed(SKELETON.message(who))
    return (str(message["Subject"]), *parts(message))


@PROPERTY
@given(st.lists(people, min_size=1, max_size=3), st.data())
def test_sendgrid_gives_each_person_the_message_that_smtp_does(
    everyone: list[Person], data: st.DataObject
) -> None:
    """Subject, text and HTML are the same to the character, in whatever order tags are replaced."""
    request = SKELETON.request(everyone)
    order = data.draw(st.permutations(_tags(request)))
    for index, who in enumerate(everyone):
        assert _substituted(request, index, order) == _by_smtp(who)


def test_a_value_may_hold_the_tags_themselves() -> None:
    """Tags that stand in anybody's value are not used: the next nonce is taken, for all of that request."""
    foreseen = _tags(SKELETON.request([person()]))
    sly = [person(first, None, clp) for first in foreseen for clp in foreseen]
    request = SKELETON.request(sly)
    tags = _tags(request)
    assert not set(tags) & set(foreseen)
    for index, who in enumerate(sly):
        assert _substituted(request, index, tags) == _substituted(request, index, tags[::-1]) == _by_smtp(who)
        assert str(who.values[0]) in request["personalizations"][index]["substitutions"].values()


def test_tags_are_short_words_of_one_width_that_hold_no_other() -> None:
    """Lower-case letters and digits survive everything, and two neighbours make no third between them."""
    request = SKELETON.request([person()])
    tags = _tags(request)
    # First name in header, HTML, attribute and text; CLP in two links, attribute and text; two ways out.
    assert len(tags) == 10
    assert len(set(tags)) == len(tags)
    assert {len(tag) for tag in tags} == {16}
    assert all(re.fullmatch("[a-z0-9]+", tag) for tag in tags)
    for first in tags:
        for second in tags:
            found = [at for at in range(17) for tag in tags if (first + second).startswith(tag, at)]
            assert found == [0, 16]


def test_tags_depend_on_the_content_and_on_nothing_that_changes() -> None:
    """The same run makes the same request; another content has other tags."""

    def tags(**change: Any) -> list[str]:
        return _tags(skeleton(replace(EDITION, **change)).request([person()]))

    assert tags() == tags()
    assert not set(tags()) & set(tags(subject=Pieces(("Another subject",))))


def test_each_person_has_a_personalization_of_their_own() -> None:
    """One address in `to`, no copy to anybody, and everything a program reads in its own headers."""
    bob = Person(8, "bob@example.test", code_for("bob", SECRET), (None, None, None))
    first, second = SKELETON.request([person("Ann", "Lee"), bob])["personalizations"]
    assert first["to"] == [{"email": "ann@example.test", "name": "Ann Lee"}]
    assert second["to"] == [{"email": "bob@example.test"}]
    assert first["custom_args"] == {"run": "run-1", "recipient": person().code}
    assert set(first) == set(second) == {"to", "headers", "substitutions", "custom_args"}
    assert "bob" not in json.dumps(first)
    assert bob.code not in json.dumps(first)


def test_the_headers_are_those_of_the_message() -> None:
    """All but what SendGrid reserves for itself, unfolded, as text."""
    who = person("Ann")
    message = parsed(SKELETON.message(who))
    headers = SKELETON.request([who])["personalizations"][0]["headers"]
    assert set(headers) == {
        "Message-ID",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-Id",
        "Precedence",
        "X-Auto-Response-Suppress",
        "Content-Language",
    }
    assert not {name.lower() for name in headers} & RESERVED
    for name, value in headers.items():
        assert str(message[name]) == value
        assert value.isascii()
        assert value.isprintable()


def test_the_frame_of_a_request_is_complete() -> None:
    """Sender, replies, and text before HTML."""
    request = SKELETON.request([person()])
    assert request["from"] == {"email": "alex@reports.example.org", "name": "Alex Example"}
    assert request["reply_to"] == {"email": "alex@example.org"}
    assert [part["type"] for part in request["content"]] == ["text/plain", "text/html"]
    assert json.loads(json.dumps(request)) == request


def test_a_test_copy_is_marked_and_inert_here_too() -> None:
    """The same marks as by SMTP."""
    request = skeleton(headers=replace(HEADERS, test=True)).request([person()])
    assert request["subject"].startswith("[TEST] ")
    assert "/u/test>" in request["personalizations"][0]["headers"]["List-Unsubscribe"]


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ('"Doe, Jane"', None, "Doe Jane"),
        ("A&B <script>", "X;Y", "A&B script X Y"),
        ("O'Brien", None, "O'Brien"),
        ("Siân 🌹", None, "Siân 🌹"),
        ("Ann\r\nBcc: x", None, "Ann Bcc: x"),
    ],
)
def test_a_name_holds_nothing_that_loses_the_mail(first: str, last: str | None, name: str) -> None:
    """SendGrid accepts a name with a comma or semicolon and drops the mail without a word."""
    (to,) = SKELETON.request([person(first, last)])["personalizations"][0]["to"]
    assert to["name"] == name


@pytest.mark.parametrize("first", [",", '";"', "<>", "\r\n", "", None])
def test_a_name_of_which_nothing_is_left_is_left_out(first: str | None) -> None:
    """An empty name is no name."""
    (to,) = SKELETON.request([person(first, None)])["personalizations"][0]["to"]
    assert to == {"email": "ann@example.test"}


def test_an_edition_of_a_thousand_slots_has_a_tag_for_each() -> None:
    """More than SendGrid takes, which the transport refuses; no two slots share a tag before that."""
    slots = tuple(Slot("clp", f"{index}", Context.HEADER) for index in range(1_000))
    request = skeleton(with_subject(*[""] * 1_001, slots=slots)).request([person(clp=None)])
    assert len(_tags(request)) > 1_000
    subject, _, _ = _substituted(request, 0, _tags(request))
    assert subject == "".join(str(index) for index in range(1_000))
