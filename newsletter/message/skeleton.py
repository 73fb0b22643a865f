"""One edition and its headers, encoded once; per person only the gaps are filled and all is joined.

Rule: the same person, edition and headers give the same message, whichever way it leaves, and it holds
nothing of anybody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from newsletter.message.body import Body
from newsletter.message.codes import BounceKey
from newsletter.message.header_text import unstructured
from newsletter.message.headers import HeaderWriter
from newsletter.message.slots import Slots, ending_in_a_line, joined
from newsletter.message.substitutions import Substitutions
from newsletter.model import Attachment, Edition, Headers, Person, Pieces

_TEST_MARK = "[TEST] "


class Skeleton:
    """All messages of one edition in one run. May be used by several threads at once.

    `run` is at most 28 lower-case letters, digits and hyphens, as it stands in bounce addresses.
    Raises `ValueError` if the edition breaks its contract: a slot without a field, or a disclaimer that does
    not stand whole in one static of each part.
    """

    def __init__(self, edition: Edition, headers: Headers, *, run: str, secret: bytes) -> None:
        text, html = ending_in_a_line(edition.text), ending_in_a_line(edition.html)
        self.headers = headers
        self._run = run
        self._subject = _marked(edition.subject) if headers.test else edition.subject
        self._slots = Slots(edition)
        self._in_subject = self._slots.indices(self._subject.slots)
        self._one_subject = None if self._in_subject else _written(self._subject, [])
        self._body = Body(
            self._slots,
            text=text,
            html=html,
            disclaimers=(edition.disclaimer_text, edition.disclaimer_html),
            attachment=edition.attachment,
        )
        self._attachment = edition.attachment
        self._header = HeaderWriter(edition, headers, content_type=self._body.content_type, secret=secret)
        self._tagged = Substitutions(self._slots, subject=self._subject, text=text, html=html, secret=secret)
        self._bounces = BounceKey(secret, run, headers.bounce_domain) if headers.bounce_domain else None

    @property
    def disclaimers(self) -> tuple[bytes, ...]:
        """The bytes that stand in every message: the disclaimer as written in the text and in the HTML part."""
        return self._body.disclaimers

    def message(self, person: Person) -> bytes:
        """The whole message (RFC 5322) with CRLF; body lines have at most 76 octets, none starts with a dot.

        Raises `ValueError` for a value neither known nor defaulted, which the plan prevents.
        """
        token = self._header.token(person)
        values = self._values(person, token)
        subject = self._one_subject or _written(self._subject, [values[index] for index in self._in_subject])
        return self._body.message(self._header.write(person, subject=subject, token=token), values)

    def message_id(self, person: Person) -> str:
        """The same for the same issue and person, in every run; fresh for a test. With angle brackets."""
        return self._header.message_id(person)

    def envelope_sender(self, person: Person) -> str:
        """The reverse path: one that names the person (VERP) where there is a domain for bounces."""
        return self._bounces.address(person.code) if self._bounces else self.headers.sender_address

    def needs_smtputf8(self, person: Person) -> bool:
        """Whether an address in the header or the envelope is not ASCII (RFC 6531)."""
        addresses = (person.address, self.headers.sender_address, self.headers.reply_to)
        return not all(address.isascii() for address in addresses)

    def request(self, people: Sequence[Person]) -> dict[str, Any]:
        """A SendGrid v3 mail/send body: one personalization each, in the order of `people`.

        What the transport alone knows (the attempt, tracking, when) and SendGrid's limits are its own matter.
        """
        tokens = [self._header.token(person) for person in people]
        values = [self._values(person, token) for person, token in zip(people, tokens, strict=True)]
        tags = self._tagged.tags(value for of_one in values for value in of_one)
        return {
            "from": {"email": self.headers.sender_address, "name": self.headers.sender_name},
            "reply_to": {"email": self.headers.reply_to},
            **self._tagged.content(tags),
            **_attached(self._attachment),
            "personalizations": [
                {
                    **self._header.personalization(person, token=token),
                    "substitutions": dict(zip(tags, of_one, strict=True)),
                    "custom_args": {"run": self._run, "recipient": person.code},
                }
                for person, token, of_one in zip(people, tokens, values, strict=True)
            ],
        }

    def _values(self, person: Person, token: str) -> list[str]:
        return self._slots.values(person, self._header.unsubscribe_url(token))


def _attached(attachment: Attachment | None) -> dict[str, Any]:
    """As SendGrid wants it: one for all people of a request."""
    if attachment is None:
        return {}
    file = {"content": attachment.encoded, "type": attachment.kind, "filename": attachment.name}
    return {"attachments": [file | {"disposition": "attachment"}]}


def _written(subject: Pieces, filling: Sequence[str]) -> str:
    return _as_subject(joined(subject, filling))


@lru_cache(maxsize=4_096)
def _as_subject(text: str) -> str:
    """Kept, as people who share a name share a subject."""
    return unstructured(text, name="Subject")


def _marked(subject: Pieces) -> Pieces:
    return Pieces((_TEST_MARK + subject.statics[0], *subject.statics[1:]), subject.slots)
