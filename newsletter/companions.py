"""What goes with a mail: its page on the web, and its print edition, linked or attached.

Rule: the mail is told of what is there, and never of what somebody has in mind; what is attached is set anew
from the very report that is sent.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from newsletter.errors import Mistake, SourceError, Where
from newsletter.model import Attachment, Report
from newsletter.publish import archive, public_copy
from newsletter.publish.archive import Archive
from newsletter.render import Look
from newsletter.workspace import Workspace

if TYPE_CHECKING:
    from newsletter.checks import PageStanding

Way = Literal["none", "link", "attach"]
PDF = "application/pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What a mail does with the print edition."""

    way: Way
    name: str
    size_bytes: int | None
    """None where a link leads to what is not published."""
    attachment: Attachment | None = field(default=None, repr=False)

    def as_json(self) -> dict[str, object]:
        """As `plan --json` shows it."""
        return {"way": self.way, "file": self.name, "bytes": self.size_bytes}


def read_archive(folder: Path) -> Archive:
    """What is published in a folder. Raises `SourceError` for a list that nobody can read."""
    path = folder / archive.NAME
    try:
        return archive.parse(path.read_text(encoding="utf-8"), name=str(path)) if path.exists() else Archive()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError([Mistake(Where(str(path)), f"cannot be read: {type(error).__name__}")]) from None


def paper_of(workspace: Workspace, report: Report, look: Look) -> Paper | None:
    """The print edition as this report's mail has it. Raises `UsageError` where one is to be attached and what
    sets it is not installed.
    """
    name = f"{report.issue}.pdf"
    match look.paper_for(report):
        case "attach":
            from newsletter.publish import sheet  # noqa: PLC0415 - only when used

            pdf = sheet.print_edition(public_copy(report, look), workspace.templates, workspace.fonts)
            file = Attachment(name, PDF, base64.b64encode(pdf).decode())
            return Paper(way="attach", name=name, size_bytes=len(pdf), attachment=file)
        case "link" if look.pages_url:
            kept = read_archive(workspace.site).find(report.issue)
            return Paper(way="link", name=name, size_bytes=kept.paper_bytes if kept else None)
        case _:
            return None


def page_of(workspace: Workspace, report: Report, look: Look) -> PageStanding:
    """How the page that the mail leads to stands, as far as the site's folder tells."""
    from newsletter.checks import PageStanding  # noqa: PLC0415 - what only opens a draft needs no rules

    if not look.pages_url:
        return PageStanding.NO_LINK
    kept = read_archive(workspace.site).find(report.issue)
    if kept is None:
        return PageStanding.MISSING
    try:
        copy = public_copy(report, look)
    except SourceError:
        # What it says now could not be published.
        return PageStanding.OLDER
    if kept.content != archive.content_of(copy):
        return PageStanding.OLDER
    has_link = look.paper_for(report) == "link"
    return PageStanding.WITHOUT_PAPER if has_link and kept.paper_bytes is None else PageStanding.THERE
