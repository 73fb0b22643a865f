"""Where this workspace can learn who left and what came back, opened; and how fresh what it learned is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from newsletter.checks import Freshness
from newsletter.dispatch.ways import is_rehearsal, sendgrid_access
from newsletter.feedback import lists, mailbox
from newsletter.feedback.letter import Reader
from newsletter.feedback.signs import Signs
from newsletter.message import coder

if TYPE_CHECKING:
    from newsletter.delivery.ledger import Ledger
    from newsletter.feedback.imap import Mailbox
    from newsletter.feedback.lists import Exchange
    from newsletter.mailing import Mailing
    from newsletter.settings import Imap
    from newsletter.workspace import Workspace

MAILBOX: Final = mailbox.SOURCE
SENDGRID: Final = lists.SOURCE

_HOUR_S = 3600


def sources(workspace: Workspace) -> tuple[str, ...]:
    """What `sync` reads: the mailbox of the settings, and SendGrid where there is a key for it."""
    known = {
        MAILBOX: workspace.settings.imap is not None,
        SENDGRID: bool(workspace.environment.get("SENDGRID_API_KEY")),
    }
    return tuple(source for source, there in known.items() if there)


def freshness(ledger: Ledger, mailing: Mailing, *, waived: bool) -> Freshness | None:
    """How old is what is known of those who left, before a real send by this mailing's transport."""
    if is_rehearsal(mailing.transport):
        return None
    at = mailing.headers.sent_at.timestamp()
    return replace(_freshness(ledger, mailing.workspace, mailing.transport, now=at), waived=waived)


def stale(workspace: Workspace, ledger: Ledger, transport: str, *, now: float) -> Iterator[str]:
    """What is not known of those who left, in words, before a real run by this transport goes on."""
    return _freshness(ledger, workspace, transport, now=now).stale(workspace.settings.sync_max_age_h)


def _freshness(ledger: Ledger, workspace: Workspace, transport: str, *, now: float) -> Freshness:
    finished = ledger.readings.finished()
    asked = {
        MAILBOX: workspace.settings.imap is not None,
        # Whoever sends by another way is bound by SendGrid's lists no more than SendGrid's readers by theirs.
        SENDGRID: transport == SENDGRID,
    }
    ages_h = {
        source: (now - finished[source]) / _HOUR_S if source in finished else None
        for source, there in asked.items()
        if there
    }
    came_back = ledger.suppressions.came_back(since=finished.get(SENDGRID, now)) if asked[SENDGRID] else ()
    return Freshness(ages_h=ages_h, came_back=len(came_back))


@contextmanager
def open_mailbox(
    workspace: Workspace, settings: Imap, *, step_s: float | None = None
) -> Iterator[tuple[Mailbox, Reader]]:
    """The mailbox of the settings, and who reads the mails in it. Raises `SettingsError`, `MailboxError`."""
    from newsletter.feedback.imap import STEP_S, Mailbox, Server  # noqa: PLC0415 - only when it is read

    server = Server(
        host=settings.host,
        port=settings.port,
        security=settings.security,
        username=settings.username,
        password=workspace.environment.get("NEWSLETTER_IMAP_PASSWORD", ""),
        folder=settings.folder,
        step_s=step_s or STEP_S,
    )
    with Mailbox(server) as opened:
        yield opened, reader(workspace)


def reader(workspace: Workspace) -> Reader:
    """Who reads this workspace's mails."""
    settings = workspace.settings
    others = {settings.sender.from_.casefold(), settings.reply_to.casefold()}
    alone = settings.unsubscribe_to.casefold() not in others
    return Reader(
        signs=Signs(workspace.secret(), settings.list_id),
        unsubscribe_to=settings.unsubscribe_to if alone else None,
        vouched_by=settings.imap.vouched_by if settings.imap else None,
    )


def exchange_lists(workspace: Workspace, ledger: Ledger) -> Iterator[Exchange]:
    """Bring SendGrid's suppressions in and tell it ours; see `feedback.lists`."""
    from newsletter.delivery.transports.sendgrid import open_account  # noqa: PLC0415 - a fifth of a second

    account = open_account(sendgrid_access(workspace))
    group = workspace.settings.sendgrid.unsubscribe_group
    return lists.exchange_lists(ledger, account, group, code_of=coder(workspace.secret()))
