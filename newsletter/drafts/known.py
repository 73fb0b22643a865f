"""What a draft may refer to, and the one thing in it that is not text: a merge field."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """The names a draft may use: columns of the lists, segments in their order, themes."""

    fields: frozenset[str]
    segments: tuple[str, ...]
    themes: tuple[str, ...]


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
