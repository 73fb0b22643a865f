"""A finished report of the size and shape of a real one: 60 KB of HTML, 15 KB of text, personal slots."""

from __future__ import annotations

from datetime import UTC, datetime

from newsletter.model import UNSUBSCRIBE, Context, Edition, Headers, Pieces, Slot

FIELDS = ("first_name", "last_name", "clp")
_HTML_DISCLAIMER = "<p>This is my personal account and not the official record.</p>"
_TEXT_DISCLAIMER = "This is my personal account and not the official record."


def edition(segment: str = "members", fields: tuple[str, ...] = FIELDS) -> Edition:
    """The report as one segment gets it."""
    paragraph = "The committee discussed the timetable – at length – and agreed to return to it in January. "
    html = f'<p style="margin:0 0 16px;font-size:17px;line-height:1.6">{paragraph * 3}</p>\n'
    text = f"{paragraph}\n\n"
    return Edition(
        issue="nec-2026-11-17",
        segment=segment,
        lang="en-GB",
        subject=Pieces(("Report of the meeting, 17 November 2026",)),
        html=Pieces(
            (
                "<!doctype html><html><body><p>Dear ",
                "</p>\n" + html * (60_000 // len(html)) + "<p>For ",
                f'</p>{_HTML_DISCLAIMER}<a href="',
                '">Unsubscribe</a></body></html>\n',
            ),
            (
                Slot("first_name", "friend", Context.HTML),
                Slot("clp", "your party", Context.HTML),
                Slot(UNSUBSCRIBE, None, Context.ATTRIBUTE),
            ),
        ),
        text=Pieces(
            ("Dear ", f"\n\n{text * (15_000 // len(text))}{_TEXT_DISCLAIMER}\n"),
            (Slot("first_name", "friend", Context.TEXT),),
        ),
        fields=fields,
        disclaimer_html=_HTML_DISCLAIMER,
        disclaimer_text=_TEXT_DISCLAIMER,
    )


def headers() -> Headers:
    """What its messages say of their sender."""
    return Headers(
        sender_name="Alex Example",
        sender_address="alex@reports.example.org",
        reply_to="alex@example.org",
        list_id="nec-reports.example.org",
        list_name="NEC reports",
        unsubscribe_to="unsubscribe@example.org",
        sent_at=datetime(2026, 11, 18, 9, tzinfo=UTC),
        site_url="https://reports.example.org",
        bounce_domain="bounces.example.org",
    )
