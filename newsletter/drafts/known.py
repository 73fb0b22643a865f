"""What a draft may refer to, and the one thing in it that is not text: a merge field."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Known:
    """The names a draft may use: columns of the lists, segments in their order, themes, codes of checks."""

    fields: frozenset[str]
    segments: tuple[str, ...]
    themes: tuple[str, ...]
    codes: AbstractSet[str] = frozenset()
    """The checks that a draft may silence."""
    kept_codes: AbstractSet[str] = frozenset()
    """Those that it may not."""


FIELD = re.compile(
    r"""
    \{\{ [ \t]* (?P<name> [^\W\d]\w* ) [ \t]*
    (?: \| [ \t]* default [ \t]* \( [ \t]*
        ["'“”‘’] (?P<default> (?: (?! \{\{ | \}\} ) [^\n] )*? ) ["'“”‘’]
    [ \t]* \) [ \t]* )?
    \}\}
    """,
    re.VERBOSE,
)
"""A merge field, on one line. Groups `name`, and `default`, which is None when there is none.

A word processor curls the quotes as it likes, so any quote closes any other.
"""


def fields_of(text: str) -> tuple[str, ...]:
    """The names of the merge fields in a text, each once, in order."""
    return tuple(dict.fromkeys(found["name"] for found in FIELD.finditer(text)))


@dataclass(frozen=True, slots=True)
class Masked:
    """A text whose merge fields are replaced by words of letters and digits, which mean nothing to Markdown."""

    text: str
    fields: dict[str, str]
    """Word → the merge field as written."""
    word: re.Pattern[str]
    """Finds such a word."""

    @classmethod
    def of(cls, text: str) -> Masked:
        # A digest of the text cannot stand in the text.
        stem = f"f{sha256(text.encode()).hexdigest()[:20]}"
        fields: dict[str, str] = {}

        def word(field: re.Match[str]) -> str:
            key = f"{stem}{len(fields):06}"
            fields[key] = field[0]
            return key

        return cls(FIELD.sub(word, text), fields, re.compile(rf"{stem}\d{{6}}"))

    def as_written(self, text: str) -> str:
        """Undo the mask in any part of the text."""
        return self.word.sub(lambda word: self.fields[word[0]], text)
