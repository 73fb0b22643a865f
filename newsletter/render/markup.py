"""Finished HTML, read as a sequence of texts, tags and comments, each with its place in the string.

Rule: this reads what our own serializer wrote (every attribute quoted, every tag closed by `>`); it is how a
slot learns where it stands, and it never changes a byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from functools import lru_cache
from html import unescape
from typing import NamedTuple

_PARTS = re.compile(
    r"""(?P<comment><!--.*?-->|<!\[.*?\]>|<![^>]*>|<\?[^>]*>)
    |(?P<raw><(?P<name>style|script)\b(?:[^>"']|"[^"]*"|'[^']*')*>.*?</(?P=name)\s*>)
    |(?P<tag></?[a-zA-Z](?:[^>"']|"[^"]*"|'[^']*')*>)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_NAME = re.compile(r"</?([a-zA-Z][^\s/>]*)")
_ANY_ATTRIBUTE = re.compile(r"""([^\s=/>"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+))?""")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+)""")


class Kind(Enum):
    """What a part of the HTML is. `RAW` is a whole style or script element."""

    TEXT = auto()
    TAG = auto()
    COMMENT = auto()
    RAW = auto()


class Part(NamedTuple):
    """A stretch of the HTML, from `start` up to `end`."""

    kind: Kind
    start: int
    end: int


class Attribute(NamedTuple):
    """An attribute of a tag and the place of its value, without the quotes."""

    name: str
    start: int
    end: int
    quoted: bool


def names(text: str) -> frozenset[str]:
    """A set of tags, attributes or properties, written in a row."""
    return frozenset(text.split())


@lru_cache(maxsize=2)
def parts(html: str) -> tuple[Part, ...]:
    """The parts of a finished document, kept for the next who asks: three checks look at each."""
    return tuple(scan(html))


def scan(html: str) -> Iterator[Part]:
    """Every part in order, without gaps."""
    done = 0
    for found in _PARTS.finditer(html):
        if found.start() > done:
            yield Part(Kind.TEXT, done, found.start())
        kind = Kind.COMMENT if found["comment"] else Kind.RAW if found["raw"] else Kind.TAG
        yield Part(kind, found.start(), found.end())
        done = found.end()
    if done < len(html):
        yield Part(Kind.TEXT, done, len(html))


def attributes(html: str, tag: Part) -> Iterator[Attribute]:
    """The attributes of a tag that have a value."""
    for found in _ATTRIBUTE.finditer(html, tag.start, tag.end):
        quoted = found[2][0] in "\"'"
        yield Attribute(found[1].lower(), found.start(2) + quoted, found.end(2) - quoted, quoted)


def tag_name(html: str, tag: Part) -> str:
    """The name of a tag, in lower case."""
    found = _NAME.match(html, tag.start)
    return found[1].lower() if found else ""


def all_attributes(html: str, tag: Part) -> dict[str, str]:
    """Every attribute of a tag, read as browsers read it; empty where it has no value."""
    found = _NAME.match(html, tag.start)
    held: dict[str, str] = {}
    for name, value in _ANY_ATTRIBUTE.findall(html, found.end() if found else tag.start, tag.end):
        held.setdefault(name.lower(), unescape(value[1:-1] if value[:1] in {'"', "'"} else value))
    return held
