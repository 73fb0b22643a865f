"""Each header of a message, and what it does, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage

_WORDS = {
    "from": "Who it comes from, as readers see it.",
    "to": "The one person this copy is for. Nobody else stands in it; there is no CC and no BCC.",
    "subject": "The line readers see first.",
    "reply-to": "Where an answer goes when a reader presses Reply.",
    "date": "When it is sent. Until then it is the time of this preview.",
    "message-id": "The name of this one copy. It never changes, so nobody sees it twice.",
    "list-unsubscribe": "Lets mail programs show their own Unsubscribe button. In a preview it does nothing.",
    "list-unsubscribe-post": "Lets that button work in one click, as Gmail and Yahoo ask.",
    "list-id": "The name of your list, by which readers can sort their mail.",
    "precedence": "Says that it is bulk mail, so that machines do not answer it.",
    "x-auto-response-suppress": "Asks Outlook not to send you “I am on holiday” replies.",
    "content-language": "The language it is written in, for screen readers and translators.",
    "mime-version": "A formality that every mail of today carries.",
    "content-type": "Says that it comes in two forms, plain and designed; each program takes one.",
}
_UNKNOWN = "A header this page has no words for."


@dataclass(frozen=True, slots=True)
class Explained:
    """A header in words."""

    name: str
    value: str
    words: str


def explained(message: EmailMessage, envelope_sender: str) -> tuple[Explained, ...]:
    """Every header of the message, in its order, after the envelope that the mail servers see."""
    envelope = Explained(
        "Envelope sender",
        envelope_sender,
        "Where mail servers report what they could not deliver. Readers do not see it.",
    )
    shown = (
        Explained(name, " ".join(str(value).split()), _WORDS.get(name.lower(), _UNKNOWN))
        for name, value in message.items()
    )
    return (envelope, *shown)
