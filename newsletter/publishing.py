"""From a draft to public copies: rendered for somebody to pass on, or published as pages in a folder.

Rule: what was published stays what it was, but for corrections that say so; and only a report that is fit to
be read gets there. Files are replaced whole, and the list of what is published comes last.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newsletter import checks
from newsletter.checks import Evidence, Severity
from newsletter.companions import read_archive
from newsletter.errors import Mistake, NotReady, SettingsError, UsageError, Where
from newsletter.mailing import Mailing, look_of
from newsletter.publish import archive, public_copy
from newsletter.publish.archive import Archive
from newsletter.publish.site import WHOLE, Files, Site, folder_of, issue_files, whole_files
from newsletter.workspace import SETTINGS, Workspace

_CONTENT = "C"
"""The letter of the checks that are about what a draft says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What publishing did."""

    address: str
    """Of the issue's page, or of the archive."""
    folder: Path
    written: tuple[str, ...]
    """The files that are new or different, by their path in the folder."""
    removed: tuple[str, ...]


def public(mailing: Mailing, *, form: str) -> bytes:
    """A copy that belongs to nobody: the `pdf`, or a `fragment` to be pasted, as HTML or as `fragment-text`."""
    from newsletter.publish import fragment, sheet  # noqa: PLC0415 - only when used

    workspace = mailing.workspace
    copy = public_copy(mailing.report, look_of(workspace.settings))
    match form:
        case "pdf":
            return sheet.print_edition(copy, workspace.templates, workspace.fonts)
        case "fragment":
            return fragment.html(copy).encode()
        case _:
            return fragment.text(copy).encode()


def publish(mailing: Mailing, *, folder: Path | None = None, unmarked: bool = False) -> Published:
    """Make or renew the page of an issue, and the archive around it.

    Raises `NotReady` for a report that is not fit to be read, or has changed without a correction that says so;
    `unmarked` lets such a change pass.
    """
    workspace, report = mailing.workspace, mailing.report
    site = _site(workspace)
    if not report.has_id:
        raise NotReady(
            "the draft has no id", f"Write `id: {report.issue}` at its top: its address is made of it."
        )
    _check_content(mailing)
    copy = public_copy(report, site.look)
    there = folder or workspace.site
    kept = read_archive(there)
    files, entry = issue_files(site, copy)
    archive.check_change(kept.find(report.issue), entry, unmarked=unmarked)
    return _written(there, site, kept.with_entry(entry), files, issue=report.issue, address=copy.words.web_url)


def withdraw(workspace: Workspace, issue: str, *, folder: Path | None = None) -> Published:
    """Take an issue off the site: its files, and its place in the archive. Raises `UsageError`."""
    site = _site(workspace)
    there = folder or workspace.site
    kept = read_archive(there)
    if kept.find(issue) is None:
        known = ", ".join(each.id for each in kept.issues) or "nothing"
        raise UsageError(
            f"'{issue}' is not published in {workspace.shown(there)}", f"Published there: {known}."
        )
    return _written(there, site, kept.without(issue), {}, issue=issue, address=f"{site.look.pages_url}/")


def _site(workspace: Workspace) -> Site:
    settings = workspace.settings
    if settings.pages_url is None:
        hint = "Write site_url: https://…, or publish: {url: https://…} where the pages stand by themselves."
        raise SettingsError([Mistake(Where(SETTINGS), "nothing says where the pages will stand", hint)])
    return Site(
        look=look_of(settings),
        templates=workspace.templates,
        fonts=workspace.fonts,
        list_id=settings.list_id,
        noindex=settings.publish.noindex,
    )


def _check_content(mailing: Mailing) -> None:
    """Raise `NotReady` for what nobody should read: gaps, notes to oneself, an empty draft."""
    found = checks.run(Evidence(report=mailing.report, editions={}, settings=mailing.workspace.settings))
    errors = [each for each in found if each.severity is Severity.ERROR and each.code.startswith(_CONTENT)]
    if errors:
        named = "\n".join(f"  {each.message} [{each.code}]  ({each.where})" for each in errors)
        raise NotReady(f"the report is not fit to be read:\n{named}", "Mend what is named, then publish again.")


def _written(folder: Path, site: Site, kept: Archive, files: Files, *, issue: str, address: str) -> Published:
    """Write what is new or different, and remove what the issue or the site no longer has."""
    wanted = files | whole_files(site, kept)
    theirs = {path.relative_to(folder).as_posix() for path in (folder / folder_of(issue)).glob("*")}
    stale = sorted(name for name in theirs | {*WHOLE} if name not in wanted and (folder / name).is_file())
    # The list comes last: after a crash the same command finds the old list and does it all again.
    names = sorted(wanted, key=lambda name: (name == archive.NAME, name))
    try:
        written = [name for name in names if _replace(folder / name, wanted[name])]
        for name in stale:
            (folder / name).unlink(missing_ok=True)
        if not files and (folder / folder_of(issue)).is_dir():
            (folder / folder_of(issue)).rmdir()
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}", "Is it a folder of yours?") from None
    return Published(address=address, folder=folder, written=tuple(written), removed=tuple(stale))


def _replace(path: Path, content: bytes) -> bool:
    """Write a file whole or not at all; whether it was not there as it is."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    fresh.replace(path)
    return True
