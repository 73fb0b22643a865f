"""Publishing: an issue's page, and the archive around it."""

from __future__ import annotations

from pathlib import Path

from newsletter import publishing
from newsletter.cli import show
from newsletter.cli.writing import now, opened
from newsletter.companions import read_archive
from newsletter.errors import SourceError, UsageError
from newsletter.mailing import draft_of, open_lists, open_mailing
from newsletter.publish import typesetting
from newsletter.workspace import Workspace


def publish(wanted: str | None, *, everything: bool, to: Path | None, unmarked: bool, withdraw: bool) -> None:
    """Print the address of what was published; talk of what changed."""
    workspace = opened()
    if everything == (wanted is not None) or (withdraw and everything):
        raise UsageError(
            "say which issue, or --all for those that are published", "See: newsletter publish --help"
        )
    if wanted is not None and withdraw:
        _tell(workspace, publishing.withdraw(workspace, wanted, folder=to))
        return
    issues = [wanted] if wanted is not None else _published(workspace, to)
    drafts = [_draft(workspace, each) for each in issues]
    lists = open_lists(workspace)
    for draft in drafts:
        mailing = open_mailing(workspace, draft, at=now(workspace), lists=lists)
        _tell(workspace, publishing.publish(mailing, folder=to, unmarked=unmarked))
    if to is not None and issues and to.resolve() != workspace.site.resolve():
        show.say(
            f"checks look for the pages in {workspace.shown(workspace.site)}: where readers find those in "
            f"{workspace.shown(to)}, write publish: {{folder: {workspace.shown(to)}}} into newsletter.yaml"
        )


def _published(workspace: Workspace, to: Path | None) -> list[str]:
    return [each.id for each in read_archive(to or workspace.site).issues]


def _draft(workspace: Workspace, wanted: str) -> str:
    """The draft of this name, or the one with this id."""
    try:
        return str(workspace.draft_path(wanted))
    except SourceError as error:
        lists = open_lists(workspace)
        found = draft_of(workspace, lists, wanted)
        if found is None:
            raise error from None
        return str(found)


def _tell(workspace: Workspace, done: publishing.Published) -> None:
    print(done.address)
    for name in done.written:
        show.say(f"wrote {workspace.shown(done.folder / name)}")
    for name in done.removed:
        show.say(f"removed {workspace.shown(done.folder / name)}")
    if not typesetting.is_installed():
        show.say("without a picture for those who post the link: pip install 'newsletter[print]'")
    if not done.written and not done.removed:
        show.say(f"{workspace.shown(done.folder)} is as it was")
