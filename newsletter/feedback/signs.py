"""Whom a mail is about: what in it only we can have written.

Rule: an address that a mail names proves nothing, since anybody can write it. Our own envelope sender and our
own unsubscribe token do: they are signed, and stand in the message that came back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from newsletter import address
from newsletter.feedback.report import Text
from newsletter.message import code_for, person_of, verify_envelope

_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "To", "Cc")
"""Where the address that a mail was delivered to may stand; which of them does is up to the server."""

_ENVELOPE = re.compile(
    r"bounces\+[a-z0-9-]{1,28}\.[a-z2-7]{16}\.[a-z2-7]{10}@[^\s<>,;\"]{1,255}", re.IGNORECASE
)
_ADDRESS = re.compile(r"(?<![^\s<>,;\"()])[^\s<>,;\"()]+@[^\s<>,;\"()]+")
"""Looked for where a word begins, and there alone: a word of 100 KB would else take half a minute."""
_TOKEN = re.compile(r"[a-z2-7]{16}\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")


@dataclass(frozen=True, slots=True)
class About:
    """A person, by their code, and the run where it is known, or the issue."""

    code: str
    run: str = ""
    issue: str = ""
    """As it stands in Message-ID."""

    @property
    def names_the_message(self) -> bool:
        """Whether it is about one message, and not about any that the person had."""
        return bool(self.run or self.issue)


@dataclass(frozen=True, slots=True)
class Signs:
    """What proves whom a mail is about, in one workspace."""

    secret: bytes = field(repr=False)
    list_id: str

    def envelope(self, message: Text) -> About | None:
        """The person whose envelope sender this mail was written to (VERP)."""
        return self._first_envelope(_values(message, _TO))

    def came_back(self, returned: Iterable[Text]) -> About | None:
        """The person whose message came back, by its own header."""
        for message in returned:
            found = self._first_envelope(_values(message, ("Return-Path", "X-Envelope-From")))
            if found is None and (code := self.token(" ".join(_values(message, ("List-Unsubscribe",))))):
                found = About(code, issue=_issue_of(code, " ".join(_values(message, ("Message-ID",)))))
            if found is not None:
                return found
        return None

    def in_text(self, text: str) -> About | None:
        """The person whose message is quoted in a text, as bounces of older programs do."""
        found = self._first_envelope([text])
        if found is None and (code := self.token(text)):
            found = About(code, issue=_issue_of(code, text))
        return found

    def token(self, text: str) -> str | None:
        """The code in the first unsubscribe token of ours in a text."""
        for found in _TOKEN.finditer(text):
            code = person_of(found.group(), self.secret, list_id=self.list_id)
            if code is not None:
                return code
        return None

    def is_of(self, written: str, about: About) -> bool:
        """Whether this address is that person's own."""
        try:
            key = address.key(address.parse(written.strip().strip("<>")))
        except address.AddressError:
            return False
        return code_for(key, self.secret) == about.code

    def _first_envelope(self, texts: Iterable[str]) -> About | None:
        for text in texts:
            for found in _ENVELOPE.finditer(text):
                verified = verify_envelope(found.group(), self.secret)
                if verified is not None:
                    run, code = verified
                    return About(code, run)
        return None


def _issue_of(code: str, text: str) -> str:
    """The issue in the first Message-ID of ours to this person; empty where there is none, or of a test.

    It is not signed: whoever has a person's token may name any issue, to the harm of that person alone.
    """
    found = re.search(rf"<([A-Za-z0-9-]{{1,64}})\.{code}@", text)
    return found[1] if found else ""


def addresses(message: Text, *names: str) -> Iterator[str]:
    """The addresses in these fields, as they are written."""
    for value in _values(message, names or _TO):
        yield from _ADDRESS.findall(value)


def _values(message: Text, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from (str(value) for value in message.get_all(name, []))
