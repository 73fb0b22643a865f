"""The values that flow from a draft to a message.

Rule: every value is frozen, holds tuples and no open resource, and imports nothing of the project.
A `Report` that exists is valid; an `Edition` that exists carries the disclaimer, visibly.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

UNSUBSCRIBE = "@unsubscribe"
"""Our own slot: the whole URL (https or mailto) by which this person leaves. No draft can name it."""

SIGN_UP = "@sign_up"
"""Our own slot: how and when this person joined, in words ("by website form on 3 March 2025")."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """The meeting a report is about."""

    body: str
    date: date
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """Something that was put right after a report had been published, in the author's words."""

    date: date
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A valid draft, whichever format it was written in.

    `body` is CommonMark with LF line ends: headings from `##` down, `::: only SEGMENT…` blocks, and
    merge fields (`{{ name }}`, `{{ name | default("…") }}`) as written. Merge fields may also stand in
    `subject`, `preheader` and `summary`, and nowhere else.
    """

    issue: str
    """The `id:` of the draft, or the file's stem where it has none."""
    has_id: bool
    title: str
    meeting: Meeting
    subject: str
    preheader: str | None = None
    summary: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    theme: str | None = None
    lang: str | None = None
    body: str = ""
    corrections: tuple[Correction, ...] = ()
    """Shown with their dates in every public copy; by date."""
    paper: str | None = None
    """What the mail does with the print edition, `none`, `link` or `attach`, if not what the settings say."""
    silenced: tuple[tuple[str, str], ...] = ()
    """Checks that shall not matter for this report: code and reason."""
    source: str = field(default="", compare=False)
    """The file as the user names it, for messages."""
    lines: tuple[int, ...] = field(default=(), compare=False)
    """The line of `source` (from 1) that each line of `body` came from."""
    places: tuple[tuple[str, int, int], ...] = field(default=(), compare=False)
    """Where in `source` each other text stands: `subject`, `summary.0`, `meeting.date` …, line and column."""


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme's files, read: Jinja2 template name → source. `name` is the folder."""

    name: str
    sources: Mapping[str, str]


class Context(StrEnum):
    """Where in a message a slot stands; its value is escaped for that place."""

    HTML = "html"
    ATTRIBUTE = "attribute"
    TEXT = "text"
    HEADER = "header"
    URL = "url"
    """Inside the path or query of a link in HTML: percent-encoded, so nothing else is needed there."""
    TEXT_URL = "text_url"
    """The same link as it stands in the text part."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A gap in an edition that each recipient fills. `default` is None when the draft gave none."""

    field: str
    default: str | None
    context: Context


@dataclass(frozen=True, slots=True)
class Pieces:
    """Finished content split at its slots: `statics[0] slots[0] statics[1] … statics[-1]`."""

    statics: tuple[str, ...]
    slots: tuple[Slot, ...] = ()

    def __post_init__(self) -> None:
        if len(self.statics) != len(self.slots) + 1:
            raise ValueError("Pieces needs one static more than it has slots")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in every message of an edition, the same for everybody."""

    name: str
    """Letters, digits, and `.`, `_`, `-` between them."""
    kind: str
    """Its media type, `application/pdf`."""
    encoded: str = field(repr=False)
    """Base64 in one line: what JSON, SendGrid and, broken into lines, a message hold."""

    @property
    def size_bytes(self) -> int:
        """Of the file itself."""
        return len(self.encoded) * 3 // 4 - self.encoded.count("=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A report rendered for one segment: all that its messages share.

    `segment` is None for the default edition (web, print and forwarding copies), which has no `only` block.
    `fields` lists what must be known of a recipient, in the order of `Person.values`; it starts with
    `first_name` and `last_name`, which the To header uses, and never holds `UNSUBSCRIBE`.
    """

    issue: str
    segment: str | None
    lang: str
    subject: Pieces
    html: Pieces
    text: Pieces
    fields: tuple[str, ...]
    disclaimer_html: str
    """Stands verbatim in one static of `html`."""
    disclaimer_text: str
    """Stands verbatim in one static of `text`."""
    attachment: Attachment | None = None
    mjml: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """What every message of a run says of its sender. Frozen in the ledger with the run."""

    sender_name: str
    sender_address: str
    reply_to: str
    list_id: str
    """The bare identifier, `nec-reports.example.org` (RFC 2919)."""
    list_name: str
    unsubscribe_to: str
    """The mailto address of List-Unsubscribe."""
    sent_at: datetime
    site_url: str | None = None
    """Base of the public pages; with it the unsubscribe link is https and one-click (RFC 8058)."""
    bounce_domain: str | None = None
    """With it the envelope sender is `bounces+RUN.PERSON.HMAC@bounce_domain` (VERP)."""
    test: bool = False
    """A test copy: subject marked `[TEST]`, fresh Message-ID, inert unsubscribe links."""
    inert: bool = False
    """A rehearsal or a look at a message: the unsubscribe links do nothing, all else is real."""


class Recipient(NamedTuple):
    """One person of an audience: a good row of a list, in the segment it belongs to.

    A tuple, since half a million are made while a plan is, and a frozen dataclass takes three times as long.
    """

    address: str
    """As it will be written in To and RCPT TO."""
    key: str
    """`address.key(address)`: what two spellings of one mailbox share."""
    segment: str
    fields: Mapping[str, str]
    """Column → value, blank cells left out, control characters stripped."""
    list_name: str = ""
    """The list the row stands in: `members` for lists/members.csv."""

    def __repr__(self) -> str:
        return f"Recipient(segment={self.segment!r})"


@dataclass(frozen=True, slots=True)
class Person:
    """One recipient of a run, as frozen in the ledger."""

    id: int
    """The ledger's row."""
    address: str = field(repr=False)
    code: str
    """Opaque and stable for a mailbox; stands in Message-ID, custom_args and links, so never personal data."""
    values: tuple[str | None, ...] = field(repr=False)
    """Aligned with `Edition.fields`; None where the person lacks the field."""


def issue_part(issue: str) -> str:
    """The issue as it stands in Message-ID: as it is, or plain letters and a digest that keeps it unique."""
    if re.fullmatch(r"[A-Za-z0-9-]{1,64}", issue):
        return issue
    plain = re.sub(r"[^A-Za-z0-9]+", "-", issue).strip("-")[:40]
    digest = hashlib.sha256(issue.encode("utf-8", "replace")).hexdigest()[:12]
    return f"{plain}-{digest}".lstrip("-")
