"""A sound mailing, and what is changed in it so that one rule fires or just does not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from html import escape
from typing import Any

from lxml import etree

from newsletter import markdown
from newsletter.checks import Evidence
from newsletter.checks.prose import shown
from newsletter.drafts import Known, parse
from newsletter.drafts.known import Masked
from newsletter.model import UNSUBSCRIBE, Context, Edition, Pieces, Report, Slot
from newsletter.render.prose import block
from newsletter.settings import Settings, parse_settings

SETTINGS = """sender: {name: Maya Hollins, from: maya@reports.example.org}
list_id: nec.reports.example.org
unsubscribe_to: leave@reports.example.org
imprint: Promoted by Maya Hollins, 14 Mill Lane, Thornby, TH1 2AB
postal_address: 14 Mill Lane, Thornby, TH1 2AB
privacy_url: https://reports.example.org/privacy
"""
FOOTER = "Promoted by Maya Hollins, 14 Mill Lane, Thornby, TH1 2AB"
DISCLAIMER = "This is my personal account. It is not the official record."
LEAVE_HTML = Slot(UNSUBSCRIBE, None, Context.ATTRIBUTE)
LEAVE_TEXT = Slot(UNSUBSCRIBE, None, Context.TEXT)

TODAY = date(2026, 11, 21)
KNOWN = Known(frozenset({"first_name", "clp"}), ("members", "secretaries"), ("report",))

SOUND_BODY = "Dear {{ first_name | default('friend') }},\n\nWe met on Tuesday 17 November, and it was long.\n"


def report(body: str = SOUND_BODY, *, suffix: str = ".md", **front: str) -> Report:
    """A draft with this body, whose front matter has these keys changed."""
    keys = {
        "id": "nec",
        "title": "Report of the meeting, 17 November 2026",
        "meeting": "{body: NEC, date: 2026-11-17}",
        **front,
    }
    lines = [
        f"{key}: {value if value[0] in '{[' else json.dumps(value)}" for key, value in keys.items() if value
    ]
    draft = "\n".join(["---", *lines, "---", body])
    return parse(draft.encode(), name=f"drafts/nec{suffix}", known=KNOWN)


def settings(without: str = "", **changes: str) -> Settings:
    """The settings without the keys that begin so, and with others put in."""
    lines = [line for line in SETTINGS.splitlines() if not without or not line.startswith(without)]
    lines = [line for line in lines if line.partition(":")[0] not in changes]
    lines += [f"{key}: {value}" for key, value in changes.items()]
    return parse_settings("\n".join(lines), name="newsletter.yaml")


def sent_from(address: str) -> Settings:
    return settings(sender=f"{{name: Maya Hollins, from: {address}}}")


def html(
    body: str = "<p>What was decided</p>", title: str = "<h1>Report</h1>", style: str = "", head: str = ""
) -> Pieces:
    """A page; `style` is its style sheet."""
    start = (
        f"<html><head>{head}<style>{style}</style></head><body>{title}{body}<p>{DISCLAIMER}</p><p>{FOOTER}</p>"
    )
    return Pieces(
        (f"{start}<p><a style='color:#1a3f8f' href='", "'>Leave</a></p></body></html>"), (LEAVE_HTML,)
    )


def text(body: str = "What was decided") -> Pieces:
    return Pieces((f"Report\n\n{body}\n\n{DISCLAIMER}\n\n{FOOTER}\n\nLeave: ", "\n"), (LEAVE_TEXT,))


SOUND = Edition(
    issue="nec",
    segment="members",
    lang="en-GB",
    subject=Pieces(("Report",)),
    html=html(),
    text=text(),
    fields=("first_name", "last_name"),
    disclaimer_html=f"<p>{DISCLAIMER}</p>",
    disclaimer_text=DISCLAIMER,
)

MESSAGE = b"\r\n".join(
    [
        b"From: Maya Hollins <maya@reports.example.org>",
        b"To: <friend@example.org>",
        b"Subject: Report",
        b"Date: Sat, 21 Nov 2026 09:00:00 +0000",
        b"Message-ID: <nec.1@reports.example.org>",
        b"List-Unsubscribe: <mailto:leave@reports.example.org>",
        b"MIME-Version: 1.0",
        b'Content-Type: multipart/alternative;\r\n boundary="part"',
        b"",
        b"--part\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nReport\r\n",
        b"--part\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Report</p>\r\n",
        b"--part--\r\n",
    ]
)


def evidence(edition: Edition = SOUND, **changes: Any) -> Evidence:
    """The sound mailing with these things changed."""
    sound = Evidence(
        report=report(),
        editions={"members": edition},
        settings=settings(),
        messages={"members": MESSAGE},
        columns={"lists/members.csv": ("email", "first_name", "clp", "region", "role", "joined")},
        today=TODAY,
    )
    changed = replace(sound, **changes)
    told = {name: _telling(shown, changed.report) for name, shown in changed.editions.items()}
    return replace(changed, editions=told)


def _telling(edition: Edition, drafted: Report) -> Edition:
    """The edition with all that the draft says, as text at its head."""
    points = "".join(f"\n\n{point}" for point in drafted.summary)
    masked = Masked.of(drafted.body + points)
    kept = markdown.for_segment(markdown.parse(masked.text), edition.segment)
    kept = [token for token in kept if not token.type.startswith("only_")]
    tagged = etree.fromstring(f"<div>{block(kept)}</div>")
    words = shown(masked.as_written("".join(map(str, tagged.itertext()))))
    (html_head, *html_rest), (text_head, *text_rest) = edition.html.statics, edition.text.statics
    html_head = html_head.replace("<body>", f"<body><div>{escape(words)}</div>")
    return replace(
        edition,
        html=replace(edition.html, statics=(html_head, *html_rest)),
        text=replace(edition.text, statics=(f"{words}\n{text_head}", *text_rest)),
    )


def saying(body: str, **front: str) -> Evidence:
    """A mailing whose draft has this body."""
    return evidence(report=report(body, **front))


def page(body: str = "<p>What was decided</p>", *, style: str = "", head: str = "") -> Evidence:
    """A mailing whose HTML has this body and these styles."""
    shown = html(body, style=style, head=head)
    words = Evidence(report=report(), editions={"members": replace(SOUND, html=shown)}, settings=settings())
    return evidence(replace(SOUND, html=shown, text=text(words.pages["members"].visible_text())))


def message(old: bytes, new: bytes) -> Evidence:
    """A mailing whose finished message has `new` instead of `old`."""
    assert old in MESSAGE
    return evidence(messages={"members": MESSAGE.replace(old, new)})
