"""One copy of the mail, a reader's or nobody's, and all that is looked at in it.

Rule: everything starts from the finished message, byte for byte what the outbox writes for that person.
"""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from functools import cached_property

from newsletter.copies import part_of, person_for
from newsletter.mailing import Mailing, stranger
from newsletter.message import Skeleton
from newsletter.model import Edition, Person, Recipient
from newsletter.preview import inbox
from newsletter.preview.clients import GMAIL_CLIP_BYTES
from newsletter.preview.differences import marked, marked_lines
from newsletter.preview.headers import Explained, explained
from newsletter.preview.views import Client, Look, has_dark_styles, remote_pictures, view

__all__ = ["GMAIL_CLIP_BYTES", "Copy", "Merged"]


@dataclass(frozen=True, slots=True)
class Merged:
    """A field of this copy, and whether its value is the reader's own or the draft's default."""

    name: str
    value: str
    is_default: bool


@dataclass(frozen=True)
class Copy:
    """The copy of an edition for a recipient, or for nobody: then the defaults show."""

    mailing: Mailing
    segment: str | None
    recipient: Recipient | None = field(default=None, repr=False)

    @cached_property
    def edition(self) -> Edition:
        return self.mailing.edition(self.segment)

    @cached_property
    def message(self) -> bytes:
        """The whole message, with links that do nothing, as a rehearsal writes it."""
        return self._skeleton.message(self._person)

    @cached_property
    def html(self) -> str:
        return part_of(self.message, "html").decode()

    @cached_property
    def text(self) -> str:
        return part_of(self.message, "text").decode()

    @property
    def html_bytes(self) -> int:
        """What counts against Gmail's clip."""
        return len(self.html.encode())

    @property
    def headers(self) -> tuple[Explained, ...]:
        """The headers in words, in their order."""
        return explained(self._parsed, self._skeleton.envelope_sender(self._person))

    @property
    def subject(self) -> str:
        return str(self._parsed["Subject"])

    @property
    def inbox(self) -> tuple[inbox.Line, inbox.Line]:
        """Its line on a phone and on a desktop."""
        return inbox.lines(sender=self.mailing.headers.sender_name, subject=self.subject, html=self.html)

    @property
    def has_dark_styles(self) -> bool:
        return has_dark_styles(self.html)

    @property
    def remote_pictures(self) -> tuple[str, ...]:
        return remote_pictures(self.html)

    @property
    def differences(self) -> int:
        """How many blocks are not in the copy that everybody can see."""
        return self._marked[1]

    @property
    def lines(self) -> tuple[tuple[str, bool], ...]:
        """The text part line by line, and whether each differs from everybody's copy."""
        return marked_lines(self.text, self._common.text)

    def view(self, client: Client, look: Look) -> str:
        """The HTML as a client shows it, with what differs marked."""
        return view(self._marked[0], client, look)

    @property
    def merged(self) -> tuple[Merged, ...]:
        """What was merged, but for the links and the sign-up line, which are ours."""
        edition = self.edition
        slots = (slot for part in (edition.subject, edition.html, edition.text) for slot in part.slots)
        values = dict(zip(edition.fields, self._person.values, strict=True))
        shown = {}
        for slot in slots:
            known = values.get(slot.field)
            if not slot.field.startswith("@") and (known is not None or slot.default is not None):
                shown[slot.field] = Merged(slot.field, known or slot.default or "", known is None)
        return tuple(shown.values())

    @cached_property
    def _common(self) -> Copy:
        return self if self.segment is None else Copy(self.mailing, None)

    @cached_property
    def _marked(self) -> tuple[str, int]:
        return marked(self.html, self._common.html)

    @cached_property
    def _parsed(self) -> EmailMessage:
        parsed: EmailMessage = email.message_from_bytes(self.message, policy=email.policy.default)
        return parsed

    @cached_property
    def _skeleton(self) -> Skeleton:
        headers = replace(self.mailing.headers, inert=True)
        return Skeleton(self.edition, headers, run="copy", secret=self.mailing.workspace.secret())

    @cached_property
    def _person(self) -> Person:
        if self.recipient is None:
            return stranger(self.edition, self.mailing.headers.sender_address)
        return person_for(self.mailing, self.edition, self.recipient)
