"""An edition for SendGrid: tags in the place of slots, and for each person the text of each tag.

Rule: the tags are replaced literally, in any order, in subject and content alike. So there is one tag for each
field, default and context; all have one width; and none stands in the content or in anybody's value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import count, islice, product
from string import ascii_lowercase
from typing import Any

from newsletter.message.codes import Key
from newsletter.message.slots import Slots, joined
from newsletter.model import Pieces


class Substitutions:
    """The contents of an edition, to be tagged."""

    def __init__(self, slots: Slots, *, subject: Pieces, text: Pieces, html: Pieces, secret: bytes) -> None:
        self._slots = slots
        self._subject, self._text, self._html = subject, text, html
        self._statics = (*subject.statics, *text.statics, *html.statics)
        self._digest = hashlib.sha256("\0".join(self._statics).encode("utf-8", "replace")).hexdigest()
        self._key = Key(secret, "tag")

    def tags(self, values: Iterable[str]) -> tuple[str, ...]:
        """A tag for each distinct slot, whose nonce is in no static and in none of `values`.

        The nonce comes from the content and the secret: nobody can foresee it, and should a value hold it
        all the same, the next one is taken.
        """
        texts = (*self._statics, *values)
        nonces = (self._key.word(f"{self._digest} {number}", length=12) for number in count())
        nonce = next(nonce for nonce in nonces if not any(nonce in text for text in texts))
        indices = map("".join, product(ascii_lowercase, repeat=3))
        # The zero is no letter of a nonce or an index, so neighbouring tags make no other between them.
        return tuple(f"0{nonce}{index}" for index in islice(indices, len(self._slots)))

    def content(self, tags: Sequence[str]) -> dict[str, Any]:
        """`subject` and `content` of a request, with `tags` in the slots."""
        parts = (("text/plain", self._text), ("text/html", self._html))
        return {
            "subject": self._tagged(self._subject, tags),
            "content": [{"type": kind, "value": self._tagged(pieces, tags)} for kind, pieces in parts],
        }

    def _tagged(self, pieces: Pieces, tags: Sequence[str]) -> str:
        return joined(pieces, [tags[index] for index in self._slots.indices(pieces.slots)])
