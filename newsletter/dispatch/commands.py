"""A command of ours about one mailing, as a person can copy it.

Rule: what is printed works as printed, from the workspace's folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.mailing import Mailing


def words(command: str, mailing: Mailing) -> list[str]:
    """The command, and all that chooses this very mailing; to be joined by `shlex.join`."""
    said = ["newsletter", command, mailing.report.source]
    if mailing.segments != _own_segments(mailing):
        said += [word for name in mailing.segments for word in ("--segment", name)]
    if mailing.transport != mailing.workspace.settings.transport:
        said += ["--transport", mailing.transport]
    return said


def _own_segments(mailing: Mailing) -> tuple[str, ...]:
    """Those that the draft names, in order of precedence; it may name none."""
    return tuple(name for name in mailing.lists.segments.names if name in mailing.report.segments)
