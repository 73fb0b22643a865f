"""The desk: what is looked at now, what was read of it, and what was wrong with the last reading.

Rule: the last good reading stays until there is a better one, so that a slip in the draft costs the view
nothing. Reading, counting and weighing may go on in three threads: each replaces a value of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from newsletter import dispatch, pipeline
from newsletter.audience import Lists
from newsletter.checks import SpamScore
from newsletter.delivery import noticing
from newsletter.delivery.clock import Clock
from newsletter.delivery.noticing import Mark
from newsletter.errors import NewsletterError, UsageError
from newsletter.mailing import Mailing, open_lists, open_mailing
from newsletter.message import code_for
from newsletter.model import Recipient
from newsletter.preview.copies import Copy
from newsletter.preview.counting import Counted, Stamp, count
from newsletter.preview.people import Row
from newsletter.probes import spamassassin
from newsletter.workspace import SETTINGS, Workspace

_COPIES_KEPT = 24


@dataclass(frozen=True, slots=True)
class Choice:
    """What the member wants to see: a draft, and whom it is to go to and how, where not as it says itself."""

    draft: Path
    segments: tuple[str, ...] = ()
    transport: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One good reading of the workspace."""

    number: int
    choice: Choice
    mailing: Mailing
    lists: Stamp


@dataclass(slots=True)
class Desk:
    """What the page shows. `now` tells the time in the workspace's zone; `clock` is the ledger's."""

    root: Path
    environment: Mapping[str, str] = field(repr=False)
    choice: Choice
    now: Callable[[Workspace], datetime]
    clock: Clock
    opened: Opened | None = None
    counted: Counted | None = None
    trouble: NewsletterError | None = None
    """What is wrong with the files as they stand now."""
    uncounted: NewsletterError | None = None
    """Why the people could not be counted."""
    shown_segment: str | None = None
    """The edition that is looked at: the first to be rendered after a change."""
    _weighed: tuple[Mailing, SpamScore] | None = None
    """What SpamAssassin said of a mailing."""
    _lists: tuple[Stamp, Lists] | None = None
    _read_on: date | None = None
    _begun_with: Path = field(init=False)
    _known: dict[str, str] = field(default_factory=dict, repr=False)
    """Code → key, of the people shown so far: the page names people by their codes."""
    _copies: dict[tuple[object, ...], Copy] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._begun_with = self.choice.draft

    def drafts(self, workspace: Workspace) -> dict[str, Path]:
        """What may be looked at, by name: the workspace's, and the one that the preview was begun with."""
        held = {path.name: path.resolve() for path in workspace.drafts()}
        first = self._begun_with.resolve()
        return held if first in held.values() else held | {workspace.shown(first): first}

    def open(self) -> None:
        """Read the workspace again. A mistake in it is kept as `trouble`."""
        choice = self.choice
        try:
            mailing, stamp = self._read(choice)
            mailing.edition(self.shown_segment if self.shown_segment in mailing.segments else None)
        except NewsletterError as error:
            self.trouble = error
        else:
            number = self.opened.number + 1 if self.opened else 1
            self.opened = Opened(number=number, choice=choice, mailing=mailing, lists=stamp)
            self.trouble = None
        self._read_on = self._today()

    def count(self) -> None:
        """Plan and check the last good reading."""
        opened = self.opened
        if opened is None:
            return
        try:
            insist_on_choice(opened.mailing, opened.choice)
            with dispatch.open_ledger(opened.mailing.workspace, self.clock) as ledger:
                spam = self._spam(opened.mailing)
                self.counted = count(ledger, opened.mailing, opened.lists, self.counted, spam=spam)
            self.uncounted = None
        except NewsletterError as error:
            self.uncounted = error

    def is_of_yesterday(self) -> bool:
        """Whether another day has begun, in the workspace's zone, since the files were read."""
        return self._read_on != self._today()

    def ledger_mark(self) -> Mark:
        """By what a change of the ledger is noticed; nothing where it cannot be asked, which counting tells."""
        if self.opened is None:
            return ()
        try:
            return noticing.mark(self.opened.mailing.workspace.database_url)
        except NewsletterError:
            return ()

    def weigh(self) -> bool:
        """Ask SpamAssassin on this machine, if there is one; whether it has said something new.

        What it says counts from the next count on: it takes a second or two, and nobody shall wait for it.
        """
        opened = self.opened
        if opened is None or self._spam(opened.mailing) is not None:
            return False
        mailing = opened.mailing
        score = spamassassin.score(pipeline.first_sample(mailing))
        if score is None:
            return False
        self._weighed = (mailing, score)
        return True

    def choose(
        self, *, draft: str | None = None, segments: Sequence[str] | None = None, transport: str | None = None
    ) -> None:
        """Look at something else from the next reading on. Raises `UsageError` for any other file."""
        choice = self.choice
        if draft is not None:
            drafts = self.drafts(Workspace.open(self.root, self.environment))
            if draft not in drafts:
                raise UsageError("this workspace has no such draft", "Choose one of the list.")
            choice = Choice(drafts[draft], transport=choice.transport)
        if segments is not None:
            choice = replace(choice, segments=tuple(segments))
        if transport is not None:
            choice = replace(choice, transport=transport)
        self.choice = choice

    def fresh(self) -> Mailing:
        """The mailing as the files say this very moment: for acts that are bound by a receipt."""
        return self._read(self.choice)[0]

    def copy(self, segment: str | None, code: str | None) -> Copy:
        """A person's copy, in the edition for their segment, or nobody's. Raises `UsageError`."""
        opened = self.opened
        if opened is None:
            raise UsageError("nothing could be read yet")
        recipient = self._reader(code) if code else None
        segment = recipient.segment if recipient else segment
        if segment is not None and segment not in opened.mailing.segments:
            raise UsageError("this mailing has no such edition")
        self.shown_segment = segment
        place = (opened.number, segment, recipient.key if recipient else "", _merged(recipient))
        if place not in self._copies:
            if len(self._copies) >= _COPIES_KEPT:
                self._copies.clear()
            self._copies[place] = Copy(opened.mailing, segment, recipient)
        return self._copies[place]

    def person(self, code: str | None) -> int | None:
        """The row of a person whom the page has seen; None where the lists no longer hold them."""
        key = self._known.get(code or "")
        return None if key is None or self.counted is None else self.counted.crowd.find(key)

    def code(self, row: Row) -> str:
        """What the page calls this person by."""
        assert self.counted is not None
        code = code_for(row.recipient.key, self.counted.mailing.workspace.secret())
        self._known[code] = row.recipient.key
        return code

    def _today(self) -> date | None:
        return self.now(self.opened.mailing.workspace).date() if self.opened else None

    def _spam(self, mailing: Mailing) -> SpamScore | None:
        """What SpamAssassin said of this very mailing."""
        return self._weighed[1] if self._weighed and self._weighed[0] is mailing else None

    def _reader(self, code: str) -> Recipient:
        number = self.person(code)
        row = self.counted.crowd.row(number) if self.counted and number is not None else None
        if row is None or row.reason is not None:
            raise UsageError("this person is not among those who get it now")
        return row.recipient

    def _read(self, choice: Choice) -> tuple[Mailing, Stamp]:
        workspace = Workspace.open(self.root, self.environment)
        stamp = lists_stamp(self.root)
        if self._lists is None or self._lists[0] != stamp:
            self._lists = (stamp, open_lists(workspace))
        mailing = open_mailing(
            workspace,
            str(choice.draft),
            at=self.now(workspace),
            segments=choice.segments or None,
            transport=choice.transport,
            lists=self._lists[1],
        )
        return mailing, stamp


def insist_on_choice(mailing: Mailing, choice: Choice) -> None:
    """Raise `SourceError` where it is not said to whom it goes: the mail can be seen, but nobody counted."""
    dispatch.insist_on_segments(
        mailing, choice.segments, otherwise="choose them on the page under “Approve and send”"
    )


def _merged(recipient: Recipient | None) -> tuple[tuple[str, str], ...]:
    """What a list says of a person, by which a copy made before the list was changed is known."""
    return tuple(sorted(recipient.fields.items())) if recipient else ()


def lists_stamp(root: Path) -> Stamp:
    """By what a change of any list, or of the segments, is noticed."""
    paths = [root / "lists" / "segments.yaml", *sorted((root / "lists").glob("*.csv"))]
    return stamp(paths)


def stamp(paths: Sequence[Path]) -> Stamp:
    """When these files were written; one that is not there counts as that."""
    found = []
    for path in paths:
        try:
            held = path.stat()
        except OSError:
            found.append((str(path), 0, -1))
        else:
            found.append((str(path), held.st_mtime_ns, held.st_size))
    return tuple(found)


def watched(root: Path, draft: Path) -> dict[Path, bool]:
    """The folders in which a saved file changes what is shown, and whether what is in their folders does too.

    Of the workspace's own folder and a draft's elsewhere only the files: below may be `.newsletter/` and
    `outbox/`, which we write to ourselves.
    """
    deep = {folder: True for folder in _folders(root) if folder.is_dir()}
    return {draft.resolve().parent: False, root: False} | deep


def saved(root: Path, draft: Path) -> Stamp:
    """By what it is noticed that anything was saved that is shown."""
    found = (walked for folder in _folders(root) for walked in os.walk(folder))
    held = sorted(Path(folder, name) for folder, _, names in found for name in names)
    return stamp([root / SETTINGS, draft.resolve(), *held])


def _folders(root: Path) -> tuple[Path, ...]:
    return root / "drafts", root / "lists", root / "templates"


def newest_draft(workspace: Workspace) -> Path:
    """The draft that was saved last. Raises `UsageError` where there is none."""
    drafts = workspace.drafts()
    if not drafts:
        raise UsageError("there is no draft in drafts/", "Make one with: newsletter new TITLE")
    return max(drafts, key=lambda path: path.stat().st_mtime)
