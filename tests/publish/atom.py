"""What RFC 4287 asks of an Atom document, and what feed readers ask beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
_IN_FEED = frozenset(
    "author category contributor entry generator icon id link logo rights subtitle title updated".split()  # noqa: SIM905
)
_IN_ENTRY = frozenset(
    "author category content contributor id link published rights source summary title updated".split()  # noqa: SIM905
)
_ONCE = ("id", "title", "updated")
_AT_MOST_ONCE = ("generator", "icon", "logo", "rights", "subtitle", "published", "source", "content", "summary")
_TEXTS = ("title", "subtitle", "summary", "rights")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:\S+")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")


def faults(document: bytes) -> Iterator[str]:
    """Each rule that the document breaks."""
    feed: Any = etree.fromstring(document)
    if feed.tag != f"{ATOM}feed":
        yield "the root is no feed"
        return
    entries = feed.findall(f"{ATOM}entry")
    yield from _of(feed, _IN_FEED)
    yield from chain.from_iterable(_of(entry, _IN_ENTRY) for entry in entries)
    names = [each.text for each in feed.iter(f"{ATOM}id")]
    if len(names) != len(set(names)):
        yield "two things have one id (4.2.6)"
    for entry in entries:
        if feed.find(f"{ATOM}author") is None and entry.find(f"{ATOM}author") is None:
            yield "an entry has no author (4.1.2)"
        if not entry.findall(f"{ATOM}link[@rel='alternate']") and entry.find(f"{ATOM}content") is None:
            yield "an entry has neither content nor an alternate link (4.1.2)"
        if _text(entry, "updated") > _text(feed, "updated"):
            yield "the feed is older than an entry"
        if _text(entry, "published") > _text(entry, "updated"):
            yield "an entry changed before it was published"
    if [each.get("rel") for each in feed.findall(f"{ATOM}link")].count("self") != 1:
        yield "the feed does not say where it is (4.1.1)"
    updated = [_text(entry, "published") for entry in entries]
    if updated != sorted(updated, reverse=True):
        yield "the newest entry does not come first"


def _of(holder: Any, known: frozenset[str]) -> Iterator[str]:
    """The rules for a feed, or for an entry."""
    names = [etree.QName(child).localname for child in holder]
    yield from (f"<{name}> has no place here" for name in set(names) - known)
    yield from (f"there is not one <{name}>" for name in _ONCE if names.count(name) != 1)
    yield from (f"<{name}> stands there more than once" for name in _AT_MOST_ONCE if names.count(name) > 1)
    if not _ABSOLUTE.fullmatch(_text(holder, "id")):
        yield "an id is no absolute IRI (4.2.6)"
    for name in ("updated", "published"):
        yield from (
            f"<{name}> is no time of RFC 3339"
            for each in holder.findall(f"{ATOM}{name}")
            if not _RFC_3339.fullmatch(each.text or "")
        )
    for name in _TEXTS:
        for each in holder.findall(f"{ATOM}{name}"):
            if each.get("type", "text") == "text" and len(each):
                yield f"<{name}> has markup in a plain text (3.1.1.1)"
            if not (each.text or "").strip():
                yield f"<{name}> is empty"
    for person in holder.findall(f"{ATOM}author"):
        if len(person.findall(f"{ATOM}name")) != 1:
            yield "an author has not one name (3.2.1)"
    yield from _of_links(holder)


def _of_links(holder: Any) -> Iterator[str]:
    links = holder.findall(f"{ATOM}link")
    for link in links:
        if not _ABSOLUTE.fullmatch(link.get("href", "")):
            yield "a link leads to no whole address (4.2.7.1)"
        if link.get("type") and not _MEDIA_TYPE.fullmatch(link.get("type")):
            yield "a link has no media type (4.2.7.3)"
        if link.get("length") and not link.get("length").isdigit():
            yield "a length is no number (4.2.7.6)"
    alternates = [(each.get("type"), each.get("hreflang")) for each in links if each.get("rel") == "alternate"]
    if len(alternates) != len(set(alternates)):
        yield "two alternate links are alike (4.1.1)"


def _text(holder: Any, name: str) -> str:
    return str(holder.findtext(f"{ATOM}{name}") or "")
