"""One edition with a slot in every context, and people for it."""

from __future__ import annotations

import email
import string
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

from hypothesis import settings
from hypothesis import strategies as st

from newsletter.message import Skeleton, code_for
from newsletter.model import UNSUBSCRIBE, Context, Edition, Headers, Person, Pieces, Slot

SECRET = b"a secret for tests alone"
HTML_DISCLAIMER = "<p>This is my <b>personal account</b> – it is not the official record.</p>"
TEXT_DISCLAIMER = "This is my personal account – it is\nnot the official record."

FIRST, CLP = "first_name", "clp"
FIELDS = ("first_name", "last_name", "clp")

EDITION = Edition(
    issue="nec-2026-11-17",
    segment="members",
    lang="en-GB",
    subject=Pieces(("Report for ", " – November"), (Slot(FIRST, "friend", Context.HEADER),)),
    html=Pieces(
        (
            "<!doctype html>\n<html><body><p>Dear ",
            ",</p>\n.a line that starts with a dot\nFrom here " + "long " * 300 + '<a title="',
            '" href="https://example.org/find?clp=',
            '">find</a><!--[if mso]><i title="',
            f'"></i><![endif]-->\n{HTML_DISCLAIMER}<a href="',
            '">Unsubscribe</a></body></html>\n',
        ),
        (
            Slot(FIRST, "friend", Context.HTML),
            Slot(FIRST, "friend", Context.ATTRIBUTE),
            Slot(CLP, "", Context.URL),
            Slot(CLP, "your party", Context.ATTRIBUTE),
            Slot(UNSUBSCRIBE, None, Context.ATTRIBUTE),
        ),
    ),
    text=Pieces(
        (
            "Dear ",
            ",\n\n.a line that starts with a dot\nFrom here, ends in a blank: \n\n",
            f"\n{TEXT_DISCLAIMER}\nFind: https://example.org/find?clp=",
            "\nUnsubscribe: ",
            "",
        ),
        (
            Slot(FIRST, "friend", Context.TEXT),
            Slot(CLP, "your party", Context.TEXT),
            Slot(CLP, "", Context.TEXT_URL),
            Slot(UNSUBSCRIBE, None, Context.TEXT),
        ),
    ),
    fields=FIELDS,
    disclaimer_html=HTML_DISCLAIMER,
    disclaimer_text=TEXT_DISCLAIMER,
)

HEADERS = Headers(
    sender_name="Alex Example",
    sender_address="alex@reports.example.org",
    reply_to="alex@example.org",
    list_id="nec-reports.example.org",
    list_name="NEC reports",
    unsubscribe_to="unsubscribe@example.org",
    sent_at=datetime(2026, 11, 18, 9, 30, tzinfo=UTC),
    site_url="https://reports.example.org",
)

HOSTILE = (
    "O'Brien",
    "A&B <script>alert(1)</script>",
    "Siân 🌹",
    '"Doe, Jane"',
    "Ann\r\nBcc: all@example.org",
    "Ann\nLee",
    "שלום עולם",
    "مرحبا بالعالم",
    "\u202eevil\u202c",
    ".",
    "..",
    "..hidden",
    "From here on",
    " blank at both ends ",
    "two  spaces",
    "a\ttab",
    "=?utf-8?q?=41?=",
    "=41=\r\n",
    "half a pair \ud83c",
    "nul \x00 bell \x07 escape \x1b[31m",
    "line\u2028and\u2029paragraph\x85next",
    "-->",
    "--!>",
    "a\\b",
    "{{ first_name }}",
    "x" * 10_000,
    "é" * 10_000,
    "🌹 " * 3_000,
    ("word " * 2_000).strip(),
    "." * 200,
    "=" * 200,
    "",
)

values = st.one_of(
    st.text(max_size=120),
    st.text(string.printable + "éŵ–🌹\u202e\ud800\x85\u2028", max_size=300),
    st.text(". =-<>&\"'\\,FromF\r\n", max_size=200),
    st.sampled_from(HOSTILE),
)


PROPERTY = settings(max_examples=100, deadline=None)
"""Reading 10,000 characters back takes the library longer than hypothesis would wait."""


def person(first: str | None = "Ann", last: str | None = "Lee", clp: str | None = "Anytown") -> Person:
    return Person(7, "ann@example.test", code_for("ann@example.test", SECRET), (first, last, clp))


def skeleton(edition: Edition = EDITION, headers: Headers = HEADERS) -> Skeleton:
    return Skeleton(edition, headers, run="run-1", secret=SECRET)


def with_subject(*statics: str, slots: tuple[Slot, ...] = ()) -> Edition:
    return replace(EDITION, subject=Pieces(statics, slots))


def parsed(message: bytes) -> EmailMessage:
    found: EmailMessage = email.message_from_bytes(message, policy=SMTP)
    assert not found.defects
    return found


def parts(message: EmailMessage) -> tuple[str, str]:
    """The text and the HTML, as a reader's program decodes them."""
    text, html = message.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert not text.defects
    assert not html.defects
    return (_decoded(text), _decoded(html))


def _decoded(part: EmailMessage) -> str:
    octets = part.get_payload(decode=True)
    assert isinstance(octets, bytes)
    return octets.decode("utf-8").replace("\r\n", "\n")
