"""What a writer does: make a workspace and a draft, check it, look at what a reader would get."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize
from zoneinfo import ZoneInfo

from newsletter.cli import show
from newsletter.cli.choices import Format, Transport
from newsletter.errors import UsageError
from newsletter.workspace import Workspace, initialise

if TYPE_CHECKING:
    from newsletter.mailing import Mailing


def opened() -> Workspace:
    """The workspace around the current folder."""
    return Workspace.open(Path.cwd(), os.environ)


def now(workspace: Workspace) -> datetime:
    """The time, in the workspace's zone."""
    return datetime.now(ZoneInfo(workspace.settings.timezone))


def init(folder: Path) -> None:
    """Make a workspace and say what to do next."""
    files = initialise(folder)
    show.say(f"made {len(files)} files in {folder}")
    show.say(f"next: cd {folder} && newsletter send 2026-11-17-nec --dry-run")


_DRAFT = """---
id: {id}
title: {title}
meeting: {{body: National Executive Committee, date: {date}, kind: ordinary}}
summary:
  - The one thing every reader should know.
segments: [{segments}]
---

Dear {{{{ first_name | default("friend") }}}},

Write how the meeting was, in a sentence or two.

## First subject

What was said, what was decided, what you think of it.

## Keeping in touch

Where you have been, and how to invite you.
"""


_DATE = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)? ([A-Z][a-z]{2,8}) (\d{4})\b")


def _date_in(title: str) -> date | None:
    """The day of the meeting, where the title names one: `17 November 2026`."""
    found = _DATE.search(title)
    if found is None:
        return None
    for form in ("%d %B %Y", "%d %b %Y"):
        with suppress(ValueError):
            return datetime.strptime(" ".join(found.groups()), form).date()  # noqa: DTZ007 - a day has no zone
    return None


def new(title: str) -> None:
    """Write a draft, dated by its title or today; never over another."""
    from newsletter.audience import parse_segments

    if "{{" in title:
        raise UsageError("a title holds no merge field", "Put the field into `subject:` instead.")
    workspace = opened()
    today = (_date_in(title) or now(workspace).date()).isoformat()
    words = re.sub(
        r"[^a-z0-9]+", "-", normalize("NFKD", _DATE.sub("", title)).encode("ascii", "ignore").decode().lower()
    )
    slug = "-".join(words.strip("-").split("-")[:6]) or "report"
    path = workspace.root / "drafts" / f"{today}-{slug}.md"
    if path.exists():
        raise UsageError(f"{workspace.shown(path)} is there already", "Give another title.")
    segments = parse_segments(workspace.segments_text(), name=workspace.shown(workspace.segments_path))
    quoted = '"' + title.replace("\\", "\\\\").replace('"', '\\"') + '"'
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        _DRAFT.format(
            id=f"{today}-{slug}",
            title=quoted,
            date=today,
            segments=", ".join(segment.name for segment in segments.all),
        ),
        encoding="utf-8",
    )
    print(workspace.shown(path))
    show.say("fill it in, then: newsletter check " + path.stem)


def check(
    draft: str, *, segments: list[str] | None, transport: Transport | None, online: bool, as_json: bool
) -> int:
    """Print the verdict and what was found."""
    from newsletter import pipeline
    from newsletter.checks import World
    from newsletter.mailing import open_mailing
    from newsletter.probes import links, spamassassin

    workspace = opened()
    mailing = open_mailing(
        workspace,
        draft,
        at=now(workspace),
        segments=segments,
        transport=transport.value if transport else None,
    )
    world = World(
        answers=links.fetch(pipeline.addresses_on_the_web(mailing)) if online else None,
        spam=spamassassin.score(pipeline.first_sample(mailing)),
    )
    found = pipeline.preflight(mailing, world=world)
    if as_json:
        show.json(found.as_json())
    else:
        show.preflight(found)
    return found.exit_code


def render(
    draft: str | None, *, segment: str | None, to: str | None, form: Format, output: Path | None
) -> None:
    """Write one rendered copy to a file or to stdout."""
    from newsletter.mailing import open_mailing

    if draft is None:
        raise UsageError("say which draft", "Example: newsletter render 2026-11-17-nec")
    if form.is_public and (to or segment):
        raise UsageError(
            f"a {form.value} is a copy for everybody",
            "Leave out --to and --segment: it holds nothing personal.",
        )
    workspace = opened()
    mailing = open_mailing(workspace, draft, at=now(workspace), segments=[segment] if segment else None)
    _write(_content(mailing, segment=segment, to=to, form=form), output)


def _content(mailing: Mailing, *, segment: str | None, to: str | None, form: Format) -> bytes:
    if form.is_public:
        from newsletter import publishing

        return publishing.public(mailing, form=form.value)
    from newsletter import copies

    left = None
    if to is not None:
        from newsletter import dispatch

        left = dispatch.left(mailing)
    return copies.rendered(mailing, segment=segment, to=to, form=form.value, left=left)


def render_sent(issue: str, *, to: str | None, form: Format, output: Path | None) -> None:
    """Write again the very bytes that went to a person; and say so where they did not, or perhaps not."""
    from newsletter import copies, dispatch
    from newsletter.delivery.outcome import State

    workspace = opened()
    if to is None:
        raise UsageError("say to whom it was sent: --to ADDRESS")
    if form is Format.MJML or form.is_public:
        raise UsageError("what was sent is html, text or eml")
    with dispatch.open_ledger(workspace) as ledger:
        message, state = dispatch.sent_message(workspace, ledger, issue, parsed_address(to))
    if state is not State.ACCEPTED:
        show.say(f"this person is not known to have had it ({state.value}): it is what was or would be sent")
    _write(message if form is Format.EML else copies.part_of(message, form.value), output)


def has_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _write(content: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(content)
        return
    with written_to(output):
        output.write_bytes(content)
    show.say(f"wrote {output} ({len(content) / 1000:.0f} KB)")


@contextmanager
def written_to(path: Path) -> Iterator[None]:
    """Write to a file that the person named. What the system refuses is told in words, as `UsageError`."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", "Name another file.") from None


def bytes_of(path: Path, most: int = -1) -> bytes:
    """What is in a file that the person named, or so many bytes of it. Raises `UsageError`."""
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or type(error).__name__}") from None


def parsed_address(wanted: str) -> str:
    """An address given on the command line. Raises `UsageError`."""
    from newsletter.address import AddressError, parse

    try:
        return parse(wanted)
    except AddressError as error:
        raise UsageError(f"that is not an address: {error}") from None


def mailbox(wanted: str) -> str:
    """The key of an address given on the command line. Raises `UsageError`."""
    from newsletter.address import key

    return key(parsed_address(wanted))
