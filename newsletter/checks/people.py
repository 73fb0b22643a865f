"""Rules about other people's data: in the text that everybody gets, and in the lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from newsletter.checks.prose import Passage
from newsletter.checks.rules import Evidence, Finding, Severity, rule

_MAILBOX = re.compile(
    r"(?<![\w.+/@-])(?P<local>[\w.+'-]+)\s?(?:@|\(at\)|\[at\])\s?(?P<domain>(?:[\w-]+\.)+[a-z]{2,})(?![\w@])",
    re.IGNORECASE,
)
_OFFICES = frozenset(
    [
        *(
            "info",
            "office",
            "contact",
            "enquiries",
            "enquiry",
            "hello",
            "help",
            "helpdesk",
            "support",
            "press",
            "media",
        ),
        *(
            "membership",
            "members",
            "events",
            "conference",
            "admin",
            "secretary",
            "treasurer",
            "chair",
            "team",
            "policy",
        ),
        *(
            "finance",
            "compliance",
            "complaints",
            "safeguarding",
            "youth",
            "women",
            "equalities",
            "nec",
            "mail",
            "post",
        ),
        *(
            "data",
            "dpo",
            "privacy",
            "unsubscribe",
            "subscribe",
            "webmaster",
            "postmaster",
            "news",
            "campaigns",
            "training",
        ),
        *(
            "motions",
            "selections",
            "volunteer",
            "volunteers",
            "register",
            "registration",
            "accounts",
            "shop",
            "clp",
        ),
        *(
            "no-reply",
            "noreply",
            "access",
            "bookings",
            "feedback",
            "reports",
            "legal",
            "agents",
            "delegates",
            "editor",
        ),
    ]
)
"""Mailboxes that whoever holds the post reads."""

_TELEPHONE = re.compile(
    r"(?<![\w/=.,@-])(?:(?:\+|00)\s?44[\s.-]*(?:\(0\)[\s.-]*)?|\(?0)[127]\)?(?:[\s.()-]{0,2}\d){8,9}(?![\w]|[.,]\d)"
)
"""British numbers of people and places; those that begin with 03 and 08 are helplines and companies."""
_ABROAD = re.compile(
    r"(?<![\w/=.,@-])(?<!\d:)(?:\+|00)\s?(?!44)[1-9]\d{0,2}(?:[\s().-]{0,2}\d){7,12}(?![\w]|[.,]\d)"
)
"""Numbers of other countries, which begin with the country's."""
_NATIONAL_INSURANCE = re.compile(
    r"(?<![\w-])(?:[A-Z]{2}(?:[ -]?\d\d){3}[ -]?[A-D]|[a-z]{2}\d{6}[a-d])(?![\w-])"
)
"""HMRC's National Insurance Manual, NIM39110: two letters, six figures, and A, B, C or D.

In small letters only without gaps: “it grew by 200000 a year”.
"""

_HOME = re.compile(
    r"""
    \b(?:lives?|lived|living|home\s+is|home\s+address(?:\s+is)?|house|resides?|staying|stays)
    (?:\s+(?:at|is|in))?\s*:?\s*(?:(?:flat|no\.?|number)\s+)?\d+[a-z]?,?\s+(?:[\w’'-]+\s+){1,3}?
    (?:Street|St|Road|Rd|Lane|Avenue|Ave|Close|Drive|Way|Terrace|Place|Crescent|Gardens|Hill|Row|Square|Court
        |Grove|Park|Walk|Mews)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b")

_UNIONS = "unite unison gmb usdaw cwu aslef fbu ucu neu nasuwt"
_TELLING_WORDS = {
    "trade union membership": f"union unions tradeunion tu {_UNIONS}",
    "political opinion": "faction slate leaning politics political allegiance tendency",
    "health": "health disability disabilities disabled medical illness diagnosis impairment wheelchair",
    "ethnic origin": "ethnicity ethnic race bame bme nationality heritage",
    "religion or belief": "religion faith belief church mosque synagogue denomination",
    "sexual orientation or gender": "sexuality sexual orientation lgbt lgbtq gay trans transgender gender sex",
    "criminal record": "conviction convictions criminal offence offences dbs",
    "a complaint or discipline": "complaint complaints disciplinary discipline suspended suspension expelled",
    "identity": "nino dob birthdate birthday passport bank sortcode",
}
"""What a column tells of a person → words of its name that tell it."""
_TELLING_PAIRS = {
    "political opinion": ("voting intention", "voted for", "vote intention", "left right"),
    "health": ("access needs", "mental health"),
    "identity": ("date birth", "national insurance", "ni number", "account number", "sort code"),
}
"""Words that tell it together."""

_CONFIDENTIAL = re.compile(
    r"""
    \b(?:(?:strictly|private\s+and|commercially)\s+(?:private|confidential)
    | not\s+for\s+(?:circulation|publication|onward|wider|release|distribution|sharing)
    | (?:under\s+)?embargo(?:ed)?\s+(?:until|till|to) | restricted\s+circulation
    | do\s+not\s+(?:share|circulate|forward|publish|distribute) | don[’']t\s+(?:share|circulate|forward)\s+this
    | told\s+(?:me\s+|us\s+)?in\s+confidence | in\s+strict(?:est)?\s+confidence | off\s+the\s+record
    | NEC\s+members\s+only | for\s+your\s+eyes\s+only)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)


@rule("D01", Severity.WARNING)
def somebody_elses_mail_address(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks in text and links for mail addresses that are neither yours nor an office's.

    Why it matters: it goes to everybody, is forwarded and collected, and cannot be taken back.
    Example: `Write to dilys.penhallow@quickpost.example.`
    Instead: have them write to you, or name an office; publish a person's address only when they agreed to it.
    """
    own = _own(evidence)
    for passage in evidence.prose.passages:
        for local, address in _addresses(passage):
            if address not in own and re.split(r"[.+_-]", local)[0] not in _OFFICES:
                yield Finding("a person's mail address stands in the text", passage.place(address))


@rule("D02", Severity.WARNING)
def somebody_elses_telephone_number(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks in text and links for telephone numbers but yours, British ones and those of other
    countries (`+353 …`); helplines (03, 08) pass.

    Why it matters: it goes to everybody, is forwarded and collected, and cannot be taken back.
    Example: `Ring her on 07700 900461.`
    Instead: have people answer to you; publish a number only when its owner agreed to it.
    """
    yours = _digits(" ".join(filter(None, (evidence.settings.imprint, evidence.settings.postal_address))))
    for passage in evidence.prose.passages:
        texts = [
            passage.text,
            *(link.address.removeprefix("tel:") for link in passage.links if link.address.startswith("tel:")),
        ]
        found_there = (
            found[0] for text in texts for kind in (_TELEPHONE, _ABROAD) for found in kind.finditer(text)
        )
        numbers = {_digits(found)[-9:]: found for found in found_there}
        for digits, written in numbers.items():
            if digits not in yours:
                yield Finding("a telephone number stands in the text", passage.place(written))


@rule("D03", Severity.WARNING)
def somebody_elses_home(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for the address of somebody's home; a note for any other postcode but yours.

    Why it matters: people in politics have been visited at home by those who wished them ill.
    Example: `She lives at 14 Sheep Street.`
    Instead: name the town, or nothing. A hall's address may stand.
    """
    yours = " ".join(filter(None, (evidence.settings.imprint, evidence.settings.postal_address))).replace(
        " ", ""
    )
    for passage in evidence.prose.passages:
        home = _HOME.search(passage.text)
        if home:
            yield Finding("the address of a person's home stands in the text", passage.place(home[0]))
            continue
        for found in _POSTCODE.finditer(passage.text):
            if found[0].replace(" ", "") not in yours:
                yield Finding(
                    "a postcode stands in the text: is it a public place's?",
                    passage.place(found[0]),
                    Severity.NOTE,
                )


@rule("D05", Severity.WARNING)
def columns_that_tell_too_much(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks at the names of the lists' columns for what the law guards most: union, faction,
    health, origin, religion and the like.

    Why it matters: whoever gets hold of the list knows it of every person on it, and a mailing needs none of
    it.
    Example: a column `union_branch` in `lists/members.csv`.
    Instead: take the column out of the list.
    """
    for file, columns in evidence.columns.items():
        for column in columns:
            tells = _tells(column)
            if tells:
                yield Finding(f"the column '{column}' seems to tell people's {tells}", file)


@rule("D06", Severity.WARNING)
def words_marked_as_confidential(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for “not for circulation”, “in confidence”, “embargoed until” and the like.

    Why it matters: what is sent to hundreds is public; such words come with a pasted paper that was not meant
    for it.
    Example: `Paper 7 (not for circulation)`
    Instead: take it out, or ask whether it may be published and take the words out.
    """
    for passage in evidence.prose.passages:
        for found in _CONFIDENTIAL.finditer(passage.text):
            yield Finding(f"“{found[0]}”: this goes to everybody", passage.place(found[0]))


@rule("D07", Severity.WARNING)
def numbers_that_identify_somebody(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for National Insurance numbers.

    Why it matters: with it and a name others can pass for that person; it goes to everybody, and cannot be
    taken back.
    Example: `Payroll has her as QQ 12 34 56 C.`
    Instead: take it out. No report needs one.
    """
    for passage in evidence.prose.passages:
        for found in _NATIONAL_INSURANCE.finditer(passage.text):
            yield Finding("a National Insurance number stands in the text", passage.place(found[0]))


def _own(evidence: Evidence) -> frozenset[str]:
    settings = evidence.settings
    texts = (settings.imprint or "", settings.postal_address or "", settings.disclaimer or "")
    written = (found[0].lower() for text in texts for found in _MAILBOX.finditer(text))
    return frozenset(
        (
            *(
                address.lower()
                for address in (settings.sender.from_, settings.reply_to, settings.unsubscribe_to)
            ),
            *written,
        )
    )


def _addresses(passage: Passage) -> Iterator[tuple[str, str]]:
    """Each mail address of a passage once: the part before the @, and the whole."""
    mailto = (
        unquote(link.address[len("mailto:") :])
        for link in passage.links
        if link.address.lower().startswith("mailto:")
    )
    texts = (passage.text, *(address.split("?")[0] for address in mailto))
    found = {
        f"{each['local']}@{each['domain']}".lower(): each["local"].lower()
        for text in texts
        for each in _MAILBOX.finditer(text)
    }
    for address, local in found.items():
        yield local, address


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _tells(column: str) -> str:
    """What a column's name says is told of a person; empty where nothing."""
    words = set(re.split(r"[^a-z]+", column.lower()))
    for what, telling in _TELLING_WORDS.items():
        pairs = _TELLING_PAIRS.get(what, ())
        if words & set(telling.split()) or any(words >= set(pair.split()) for pair in pairs):
            return what
    return ""
