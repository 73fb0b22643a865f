"""The static site: the files of an issue, and those that are the archive's.

Rule: paths in, bytes out, and the same again for the same report, settings and archive. Whoever serves the
folder needs to know nothing of how it was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from newsletter.publish import archive, card, feed, sheet, typesetting
from newsletter.publish.archive import Archive, Entry
from newsletter.publish.copy import PublicCopy
from newsletter.publish.page import Beside, Surroundings, archive_page, issue_page
from newsletter.render.look import Look
from newsletter.render.words import in_words, web_address

WHOLE = ("index.html", "feed.xml", "sitemap.xml", "robots.txt", archive.NAME)
"""The files that belong to no one issue."""

Files = dict[str, bytes]
"""By their path inside the site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What all pages share."""

    look: Look
    templates: Mapping[str, str]
    fonts: str | None
    list_id: str
    noindex: bool


def folder_of(issue: str) -> str:
    """Where the files of an issue stand, ending in a slash."""
    return f"issues/{issue}/"


def issue_files(site: Site, copy: PublicCopy) -> tuple[Files, Entry]:
    """The page of an issue and what stands beside it. Raises `SourceError` for a template at fault."""
    issue = copy.report.issue
    with_paper = site.look.paper_for(copy.report) != "none"
    pdf = sheet.print_edition(copy, site.templates, site.fonts) if with_paper else None
    # Whoever does without paper may do without what sets it.
    shown = card.card(copy, site.templates, site.fonts) if with_paper or typesetting.is_installed() else None
    page = issue_page(
        copy,
        Surroundings(
            templates=site.templates,
            address=web_address(site.look.pages_url, issue),
            noindex=site.noindex,
        ),
        paper=Beside(f"{issue}.pdf", size_in_words(len(pdf))) if pdf else None,
        card=card.about(copy) if shown else None,
    )
    beside = {"index.html": page.encode(), card.NAME: shown, f"{issue}.pdf": pdf}
    files = {folder_of(issue) + name: held for name, held in beside.items() if held is not None}
    return files, archive.entry(copy, paper_bytes=len(pdf) if pdf else None)


def whole_files(site: Site, kept: Archive) -> Files:
    """The archive's page, the feed and what programs read, made from the list alone."""
    around = Surroundings(templates=site.templates, address=f"{site.look.pages_url}/", noindex=site.noindex)
    files = {
        archive.NAME: kept.to_json(),
        "index.html": archive_page(list(_listed(kept.issues)), site.look, around).encode(),
        "robots.txt": feed.robots(site.look, noindex=site.noindex),
    }
    if kept.issues:
        files["feed.xml"] = feed.feed(kept, site.look, list_id=site.list_id)
        if not site.noindex:
            files["sitemap.xml"] = feed.site_map(kept, site.look)
    return files


def size_in_words(size: int) -> str:
    """`123 KB`."""
    return f"{max(1, round(size / 1000)):,} KB"


def _listed(issues: Iterable[Entry]) -> Iterable[Mapping[str, object]]:
    """The issues as the archive's template names them."""
    for each in issues:
        yield {
            "path": f"{folder_of(each.id)}index.html",
            "title": each.title,
            "meeting": each.meeting,
            "lang": each.lang,
            "description": each.description,
            "date": each.day.isoformat(),
            "words": in_words(each.day),
            "corrected": each.changed_on.isoformat() if each.corrections else None,
            "corrected_words": in_words(each.changed_on),
        }
