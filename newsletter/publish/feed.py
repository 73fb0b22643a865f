"""What programs read of a site: the feed (Atom, RFC 4287), the site map, and the word for search engines.

Rule: identifiers are made from the list's name and the issue's, so that a feed reader knows an issue again
wherever the pages move; every time is the day of a meeting or of a correction, at noon.
"""

from __future__ import annotations

from datetime import date
from uuid import NAMESPACE_DNS, UUID, uuid5
from xml.etree import ElementTree as ET

from newsletter.publish.archive import Archive, Entry
from newsletter.render.look import Look
from newsletter.render.words import in_words, web_address

ATOM = "http://www.w3.org/2005/Atom"
SITE_MAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def feed(archive: Archive, look: Look, *, list_id: str) -> bytes:
    """Atom. The archive has at least one issue."""
    name = uuid5(NAMESPACE_DNS, list_id)
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": look.lang})
    _add(root, "id", f"urn:uuid:{name}")
    _add(root, "title", f"Reports by {look.sender_name}")
    _add(root, "subtitle", look.disclaimer)
    _add(root, "updated", _time(max(each.changed_on for each in archive.issues)))
    _add(root, "link", rel="self", type="application/atom+xml", href=f"{look.pages_url}/feed.xml")
    _add(root, "link", rel="alternate", type="text/html", href=f"{look.pages_url}/")
    _add(_add(root, "author"), "name", look.sender_name)
    for each in archive.issues:
        _entry(root, each, look, name)
    return _written(root)


def _entry(root: ET.Element, issue: Entry, look: Look, name: UUID) -> None:
    address = web_address(look.pages_url, issue.id)
    entry = _add(root, "entry")
    if issue.lang != look.lang:
        entry.set("xml:lang", issue.lang)
    _add(entry, "id", f"urn:uuid:{uuid5(name, issue.id)}")
    _add(entry, "title", issue.title)
    _add(entry, "published", _time(issue.day))
    _add(entry, "updated", _time(issue.changed_on))
    _add(entry, "link", rel="alternate", type="text/html", href=address)
    if issue.paper_bytes is not None:
        size = str(issue.paper_bytes)
        _add(
            entry, "link", rel="enclosure", type="application/pdf", length=size, href=f"{address}{issue.id}.pdf"
        )
    put_right = [f"Corrected on {in_words(each.day)}: {each.text}" for each in issue.corrections]
    _add(entry, "summary", " ".join([*put_right, issue.description]))


def site_map(archive: Archive, look: Look) -> bytes:
    """Every page with the day it changed (sitemaps.org)."""
    root = ET.Element("urlset", {"xmlns": SITE_MAP})
    newest = max(each.changed_on for each in archive.issues)
    pages = {f"{look.pages_url}/": newest}
    pages |= {web_address(look.pages_url, each.id): each.changed_on for each in archive.issues}
    for address, day in pages.items():
        page = _add(root, "url")
        _add(page, "loc", address)
        _add(page, "lastmod", day.isoformat())
    return _written(root)


def robots(look: Look, *, noindex: bool) -> bytes:
    """Nothing is forbidden: who may not read a page would never learn that it is not to be found."""
    lines = ["User-agent: *", "Disallow:"]
    lines += [] if noindex else [f"Sitemap: {look.pages_url}/sitemap.xml"]
    return ("\n".join(lines) + "\n").encode()


def _add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, tag, attributes)
    made.text = text
    return made


def _time(day: date) -> str:
    return f"{day.isoformat()}T12:00:00Z"


def _written(root: ET.Element) -> bytes:
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"
