"""Whole messages, read as a recipient's program reads them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.message import INERT, Skeleton, code_for, person_of, unsubscribe_url, verify_envelope
from newsletter.message.codes import UnsubscribeKey
from newsletter.message.header_text import one_line
from newsletter.model import UNSUBSCRIBE, Context, Edition, Headers, Person, Pieces, Slot
from newsletter.render.pieces import escape, fill
from tests.message.examples import (
    EDITION,
    HEADERS,
    HOSTILE,
    HTML_DISCLAIMER,
    PROPERTY,
    SECRET,
    TEXT_DISCLAIMER,
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


def _token(message: EmailMessage) -> str:
    return str(message["List-Unsubscribe"]).partition(">")[0].rpartition("/")[2]


def _meant(who: Person, message: EmailMessage, edition: Edition = EDITION) -> tuple[str, str, str]:
    """Subject, text and HTML, filled by the function that the preview uses."""
    url = f"https://reports.example.org/u/{_token(message)}"
    chosen = {**dict(zip(edition.fields, who.values, strict=True)), UNSUBSCRIBE: url}
    text = fill(edition.text, chosen)
    return (
        fill(edition.subject, chosen),
        text if text.endswith("\n") else text + "\n",
        fill(edition.html, chosen),
    )


@PROPERTY
@given(people)
def test_a_message_is_read_as_it_was_meant(who: Person) -> None:
    """Subject and both parts decode to exactly what the preview fills in, whatever people are called."""
    message = parsed(SKELETON.message(who))
    assert (str(message["Subject"]), *parts(message)) == _meant(who, message)


@PROPERTY
@given(people)
def test_a_message_is_the_one_the_standard_library_would_have_built(who: Person) -> None:
    """Both are parsed to the same parts, of the same types and in the same order."""
    ours = parsed(SKELETON.message(who))
    _, text, html = _meant(who, ours)
    built = EmailMessage(policy=SMTP)
    built.set_content(text, cte="quoted-printable")
    built.add_alternative(html, subtype="html", cte="quoted-printable")
    theirs = parsed(built.as_bytes())
    assert parts(ours) == parts(theirs)
    assert ours.get_content_type() == theirs.get_content_type()


@PROPERTY
@given(people)
def test_every_line_can_be_sent_as_it_is(who: Person) -> None:
    """CRLF alone ends lines, of at most 76 octets in bodies and 998 in headers; none starts with a dot."""
    message = SKELETON.message(who)
    assert message.isascii()
    assert message.endswith(b"\r\n")
    assert message.count(b"\r") == message.count(b"\n") == message.count(b"\r\n")
    assert b"\0" not in message
    head, _, body = message.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert not any(line.startswith((b".", b"From ")) for line in message.split(b"\r\n"))


@PROPERTY
@given(people)
def test_the_disclaimer_stands_in_both_parts(who: Person) -> None:
    """In the very same bytes in every message, and whole once decoded."""
    message = SKELETON.message(who)
    text, html = parts(parsed(message))
    assert TEXT_DISCLAIMER in text
    assert HTML_DISCLAIMER in html
    written = SKELETON.disclaimers
    assert len(written) == 2
    assert all(octets in message for octets in written)


@PROPERTY
@given(people)
def test_one_person_stands_in_to_and_nobody_is_copied(who: Person) -> None:
    """The header has its fields once each, in one order, and no value adds another."""
    message = parsed(SKELETON.message(who))
    assert message.keys() == [
        "From",
        "To",
        "Subject",
        "Reply-To",
        "Date",
        "Message-ID",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-Id",
        "Precedence",
        "X-Auto-Response-Suppress",
        "Content-Language",
        "MIME-Version",
        "Content-Type",
    ]
    assert [address.addr_spec for address in message["To"].addresses] == ["ann@example.test"]


def test_every_hostile_value_is_read_back_beside_every_other() -> None:
    """Some seven hundred messages, with values that try to end what they stand in."""
    short = [value for value in HOSTILE if len(value) < 300]
    for first, clp in product(short, short):
        who = person(first, None, clp)
        message = parsed(SKELETON.message(who))
        assert (str(message["Subject"]), *parts(message)) == _meant(who, message)
        assert len(message["To"].addresses) == 1


def test_no_message_holds_anything_of_another_person() -> None:
    """Thousands of messages of one skeleton, searched for every other's address, name and code."""
    everyone = [
        Person(
            number,
            f"m{number}@example.test",
            code_for(str(number), SECRET),
            (f"First{number}.", f"Last{number}.", None),
        )
        for number in range(1_000)
    ]
    for who, neighbour in zip(everyone, [*everyone[1:], everyone[0]], strict=True):
        message = SKELETON.message(who)
        assert who.address.encode() in message
        for foreign in (neighbour.address, neighbour.code, *(value for value in neighbour.values if value)):
            assert foreign.encode() not in message


def test_the_bytes_do_not_depend_on_who_was_served_before() -> None:
    """A skeleton keeps nothing of a person, so a message sent again is the same message."""
    first = SKELETON.message(person("Ann"))
    SKELETON.message(person("Siân 🌹", "Long" * 900, "Elsewhere"))
    assert SKELETON.message(person("Ann")) == first
    assert skeleton().message(person("Ann")) == first


def test_the_fixed_headers_say_who_when_and_what() -> None:
    """Everything that receivers judge a bulk mail by, in plain sight."""
    message = parsed(SKELETON.message(person("Ann", "Lee")))
    assert message["From"] == "Alex Example <alex@reports.example.org>"
    assert message["To"] == "Ann Lee <ann@example.test>"
    assert message["Reply-To"] == "alex@example.org"
    assert message["Date"].datetime == datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
    assert message["List-Id"] == "NEC reports <nec-reports.example.org>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Content-Language"] == "en-GB"
    assert message["Precedence"] == "bulk"


def test_the_unsubscribe_header_is_never_encoded_and_folded_at_the_comma_alone() -> None:
    """A link that is split or encoded is no link to a receiver (RFC 2369 section 2)."""
    long_headers = replace(HEADERS, site_url=f"https://reports.example.org/{'long/' * 60}")
    raw = skeleton(headers=long_headers).message(person()).decode()
    field = raw.partition("List-Unsubscribe: ")[2].partition("\r\nList-Unsubscribe-Post")[0]
    page, mail = field.split(",\r\n ")
    token = page.rpartition("/")[2].removesuffix(">")
    assert page == f"<https://reports.example.org/{'long/' * 60}u/{token}>"
    assert mail == f"<mailto:unsubscribe@example.org?subject=unsubscribe%20{token}>"
    assert person_of(token, SECRET, list_id=HEADERS.list_id) == person().code


def test_body_and_header_offer_the_same_way_out() -> None:
    """The link in both parts is the first of the header."""
    message = parsed(SKELETON.message(person()))
    link = str(message["List-Unsubscribe"]).partition(">")[0].removeprefix("<")
    text, html = parts(message)
    assert f"Unsubscribe: {link}\n" in text
    assert f'<a href="{escape(link, Context.ATTRIBUTE)}">Unsubscribe</a>' in html


def test_without_public_pages_people_leave_by_mail() -> None:
    """No https link is promised where there is none, and no one-click either."""
    message = parsed(skeleton(headers=replace(HEADERS, site_url=None)).message(person()))
    token = UnsubscribeKey(SECRET, HEADERS.list_id).token(person().code)
    assert message["List-Unsubscribe"] == f"<mailto:unsubscribe@example.org?subject=unsubscribe%20{token}>"
    assert "List-Unsubscribe-Post" not in message
    assert f"Unsubscribe: mailto:unsubscribe@example.org?subject=unsubscribe%20{token}\n" in parts(message)[0]


def test_one_click_needs_https() -> None:
    """RFC 8058 section 3.1; a plain http page is a page to visit."""
    message = parsed(skeleton(headers=replace(HEADERS, site_url="http://127.0.0.1:8000")).message(person()))
    assert str(message["List-Unsubscribe"]).startswith("<http://127.0.0.1:8000/u/")
    assert "List-Unsubscribe-Post" not in message


def test_a_message_id_is_the_same_for_an_issue_and_a_person() -> None:
    """Another run or segment does not change it; another issue or person does."""
    first = SKELETON.message_id(person())
    assert first == f"<nec-2026-11-17.{person().code}@reports.example.org>"
    assert parsed(SKELETON.message(person()))["Message-ID"] == first
    other_run = Skeleton(replace(EDITION, segment="clp-secretaries"), HEADERS, run="run-2", secret=SECRET)
    assert other_run.message_id(person()) == first
    assert skeleton(replace(EDITION, issue="nec-2026-09-22")).message_id(person()) != first
    assert SKELETON.message_id(replace(person(), code="a" * 16)) != first


@pytest.mark.parametrize("issue", ["NEC, 17 November", "é", "x" * 500, "a>b<c@d", "with\r\nline", "🌹"])
def test_any_issue_gives_a_good_message_id(issue: str) -> None:
    """Letters, digits, hyphens and dots before the `@`, different for different issues, and not too long."""
    found = skeleton(replace(EDITION, issue=issue)).message_id(person())
    local = found.removeprefix("<").removesuffix("@reports.example.org>")
    assert len(found) < 120
    assert all(part and part.isascii() and part.replace("-", "").isalnum() for part in local.split("."))
    assert found != skeleton(replace(EDITION, issue=f"{issue} ")).message_id(person())


def test_a_test_copy_is_marked_fresh_and_inert() -> None:
    """The subject says so, the Message-ID is new each time, and no link of it unsubscribes anybody."""
    headers = replace(HEADERS, test=True)
    copy = skeleton(headers=headers)
    message = parsed(copy.message(person("Ann")))
    assert message["Subject"] == "[TEST] Report for Ann – November"
    assert message["Message-ID"] == copy.message_id(person("Ann"))
    assert message["Message-ID"] not in (
        SKELETON.message_id(person()),
        skeleton(headers=headers).message_id(person()),
    )
    assert unsubscribe_url(headers, INERT) == "https://reports.example.org/u/test"
    assert str(message["List-Unsubscribe"]).startswith("<https://reports.example.org/u/test>")
    assert person_of(INERT, SECRET, list_id=HEADERS.list_id) is None
    text, html = parts(message)
    assert "Unsubscribe: https://reports.example.org/u/test\n" in text
    assert "https://reports.example.org/u/test" in html


def test_an_inert_copy_differs_from_the_real_one_in_its_links_alone() -> None:
    """A rehearsal shows everything as it will be, but nobody can leave by it."""
    real, inert = SKELETON.message(person()), skeleton(headers=replace(HEADERS, inert=True)).message(person())
    token = UnsubscribeKey(SECRET, HEADERS.list_id).token(person().code)
    as_read = [(parsed(each).items(), parts(parsed(each))) for each in (real, inert)]
    assert token.encode() in real
    assert str(as_read[0]).replace(token, INERT) == str(as_read[1])


def test_the_envelope_sender_is_the_sender_or_names_the_person() -> None:
    """Where bounces have a domain, each message has its own reverse path (VERP)."""
    assert SKELETON.envelope_sender(person()) == "alex@reports.example.org"
    bouncing = skeleton(headers=replace(HEADERS, bounce_domain="bounces.example.org"))
    assert verify_envelope(bouncing.envelope_sender(person()), SECRET) == ("run-1", person().code)


def test_an_address_beyond_ascii_stands_raw_in_to() -> None:
    """Such a message needs SMTPUTF8 (RFC 6531), and says so; the name beside it changes nothing."""
    who = replace(person("Siân", None), address="siân@example.test")
    assert SKELETON.needs_smtputf8(who)
    assert not SKELETON.needs_smtputf8(person("Siân"))
    assert skeleton(headers=replace(HEADERS, reply_to="siân@example.org")).needs_smtputf8(person())
    assert "To: =?utf-8?b?U2nDom4=?= <siân@example.test>\r\n".encode() in SKELETON.message(who)


def test_a_subject_without_slots_is_the_same_for_all() -> None:
    """It is folded once."""
    message = parsed(skeleton(with_subject("Report – November")).message(person()))
    assert message["Subject"] == "Report – November"


def test_a_value_neither_known_nor_defaulted_stops_that_message() -> None:
    """A hole is never sent."""
    edition = with_subject("For ", "", slots=(Slot("clp", None, Context.HEADER),))
    assert skeleton(edition).message(person(clp="Anytown"))
    with pytest.raises(ValueError, match="'clp'"):
        skeleton(edition).message(person(clp=None))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"disclaimer_html": "<p>Another.</p>"}, "disclaimer"),
        ({"disclaimer_text": "Another."}, "disclaimer"),
        ({"disclaimer_text": ""}, "disclaimer"),
        ({"disclaimer_html": "\n "}, "disclaimer"),
        ({"subject": Pieces(("", ""), (Slot("unknown", "x", Context.HEADER),))}, "unknown"),
        ({"fields": ("clp", "first_name")}, "first_name and last_name"),
    ],
)
def test_an_edition_that_breaks_its_contract_makes_no_skeleton(change: dict[str, object], match: str) -> None:
    """It is refused before anything is sent."""
    with pytest.raises(ValueError, match=match):
        skeleton(replace(EDITION, **change))  # type: ignore[arg-type]  # the fields of the cases differ


@pytest.mark.parametrize("part", [0, 1])
def test_a_message_joined_without_the_disclaimer_is_never_returned(part: int) -> None:
    """Each finished message is looked at; bytes lost in either part stop it."""
    damaged = skeleton()
    pieces = damaged._body._parts
    pieces[pieces.index(damaged.disclaimers[part])] = b""
    with pytest.raises(AssertionError, match="without the disclaimer"):
        damaged.message(person())


def test_a_disclaimer_cut_by_a_slot_is_refused() -> None:
    """Each disclaimer stands whole in one static, so that no value can stand within it."""
    start, end = TEXT_DISCLAIMER.split("personal")
    text = Pieces((f"Dear friend\n{start}personal", f"{end}\n"), (Slot("clp", "", Context.TEXT),))
    with pytest.raises(ValueError, match="disclaimer"):
        skeleton(replace(EDITION, text=text))


def test_values_of_another_edition_are_refused() -> None:
    """Were the values not aligned with the fields, one would stand in another's place."""
    with pytest.raises(ValueError, match="another edition"):
        SKELETON.message(replace(person(), values=("Ann", "Lee")))


@pytest.mark.parametrize("name", ["Alex\r\nBcc: all@example.org", "Siân, MP", "Alex " * 40])
def test_the_senders_name_and_the_lists_cannot_harm_the_header(name: str) -> None:
    """Whatever the settings hold, From has one address and the list one identifier."""
    message = parsed(skeleton(headers=replace(HEADERS, sender_name=name, list_name=name)).message(person()))
    assert "Bcc" not in message
    assert [address.addr_spec for address in message["From"].addresses] == ["alex@reports.example.org"]
    assert str(message["List-Id"]).endswith("<nec-reports.example.org>")


def test_the_boundary_is_in_no_part() -> None:
    """It is made of signs that quoted-printable never writes, and of the content's digest."""
    message = parsed(SKELETON.message(person("=_" + sha256(b"").hexdigest(), None, "--=_")))
    assert str(message.get_boundary()).startswith("=_")
    assert len(list(message.iter_parts())) == 2


def test_a_list_without_a_name_is_its_identifier() -> None:
    """RFC 2919 wants the brackets even alone."""
    headers: Headers = replace(HEADERS, list_name="")
    assert parsed(skeleton(headers=headers).message(person()))["List-Id"] == "<nec-reports.example.org>"


def test_a_name_in_to_is_on_one_line() -> None:
    """Blanks and line ends in a name come down to single spaces."""
    message = parsed(SKELETON.message(person(" Ann\r\n", "van  der\tBerg ")))
    assert message["To"].addresses[0].display_name == "Ann van der Berg" == one_line(" Ann\r\n van  der\tBerg ")
