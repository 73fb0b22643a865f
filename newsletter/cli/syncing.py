"""`newsletter sync`: read what readers and servers say, and tell SendGrid who left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from newsletter import dispatch
from newsletter.cli import results, show
from newsletter.cli.writing import now, opened
from newsletter.errors import Mistake, NewsletterError, SettingsError, Where
from newsletter.feedback import mailbox as mail
from newsletter.feedback.letter import Sort
from newsletter.feedback.lists import SOURCE as SENDGRID
from newsletter.feedback.lists import Exchange
from newsletter.feedback.mailbox import SOURCE as MAILBOX

if TYPE_CHECKING:
    from newsletter.delivery.ledger import Ledger
    from newsletter.workspace import Workspace

_SORTS = {
    Sort.LEAVING: ("asked to leave, and will get nothing more", "asked to leave, and will get nothing more"),
    Sort.BOUNCE: ("message came back", "messages came back"),
    Sort.PROGRESS: ("report on the way of a message", "reports on the way of messages"),
    Sort.COMPLAINT: ("complaint", "complaints"),
    Sort.AUTOMATIC: ("machine's answer", "machines' answers"),
    Sort.ASKS: ("request to leave without the link", "requests to leave without the link"),
    Sort.UNPROVED: ("report that does not say whose it is", "reports that do not say whose they are"),
    Sort.LETTER: ("letter for you", "letters for you"),
}
"""How each sort of mail is counted, one and more."""


def sync(*, as_json: bool) -> int:
    """Read every source there is; the exit code is that of the first that could not be read."""
    workspace = opened()
    known = dispatch.sources(workspace)
    if not known:
        raise SettingsError(
            [Mistake(Where("newsletter.yaml"), "there is nothing to read: no imap, and no key of SendGrid's")],
            "Name the mailbox that bounces and requests to leave come to; see imap in the reference.",
        )
    done: dict[str, Any] = {}
    failed: list[NewsletterError] = []
    with dispatch.open_ledger(workspace) as ledger:
        for source in known:
            try:
                _SOURCES[source](workspace, ledger, done)
            except NewsletterError as error:
                failed.append(error)
        settled = ledger.events.settle()
        if told := results.account(ledger, workspace.settings.timezone, now=now(workspace).timestamp()):
            done["account"] = told
    if as_json:
        show.json(done)
    if settled:
        show.say(f"{show.counted(settled, 'person', 'people')} more, unknown before, had the mail")
    for each in failed:
        show.say(f"error: {each.message}")
        show.say(each.hint)
    return failed[0].exit_code if failed else 0


def _mailbox(workspace: Workspace, ledger: Ledger, done: dict[str, Any]) -> None:
    settings = workspace.settings.imap
    assert settings is not None
    report: mail.Report | None = None
    try:
        with dispatch.open_mailbox(workspace, settings) as (mailbox, reader), _progress("mailbox") as tell:
            for report in mail.read_mailbox(ledger, mailbox, reader, filed_in=settings.filed_in):
                tell(report.read)
    finally:
        # Also where the line was lost: what was read by then was done.
        if report is not None:
            done[MAILBOX] = _mailbox_json(report)
            _say_mailbox(report, filed_in=settings.filed_in)


def _sendgrid(workspace: Workspace, ledger: Ledger, done: dict[str, Any]) -> None:
    exchange: Exchange | None = None
    try:
        with _progress("SendGrid") as tell:
            for exchange in dispatch.exchange_lists(workspace, ledger):
                tell(exchange.read + exchange.told)
    finally:
        if exchange is not None:
            done[SENDGRID] = asdict(exchange)
            _say_exchange(exchange, group=workspace.settings.sendgrid.unsubscribe_group)


_SOURCES = {MAILBOX: _mailbox, SENDGRID: _sendgrid}


def _mailbox_json(report: mail.Report) -> dict[str, Any]:
    sorts = {sort.value: report.sorts.get(sort, 0) for sort in Sort}
    taken = report.taken
    return {"read": report.read, **sorts, "suppressed": taken.suppressed, "settled": taken.settled}


def _say_mailbox(report: mail.Report, *, filed_in: str) -> None:
    show.say(f"mailbox: {show.counted(report.read, 'new mail', 'new mails')}")
    for sort, (one, more) in _SORTS.items():
        if number := report.sorts.get(sort, 0):
            show.say(f"  {show.counted(number, one, more)}{_what_to_do(sort, filed_in)}")
    _say_suppressed(report.taken.suppressed)
    if report.taken.settled:
        show.say(f"  {show.counted(report.taken.settled, 'person', 'people')}, unknown before, had the mail")


def _what_to_do(sort: Sort, filed_in: str) -> str:
    match sort:
        case Sort.ASKS:
            return ": flagged, for anybody could have written it; read it, and: newsletter suppress add ADDRESS"
        case Sort.UNPROVED | Sort.LETTER:
            return ": left in place"
        case _:
            return f": moved to {filed_in}"


def _say_exchange(exchange: Exchange, *, group: int | None) -> None:
    show.say(f"SendGrid: {show.counted(exchange.read, 'entry', 'entries')} of its lists read")
    _say_suppressed(exchange.suppressed)
    if exchange.taken_out:
        people = show.counted(exchange.taken_out, "person", "people")
        show.say(f"  {people} who came back taken out of its unsubscribe group {group}")
    if exchange.barred:
        people = show.counted(exchange.barred, "person who came back is", "people who came back are")
        show.say(
            f"  {people} still on a list of the whole account there: SendGrid drops their mail, so they get "
            "none; `newsletter suppress list` says which list: take them off it at SendGrid, and then: "
            "newsletter suppress remove ADDRESS --reason …"
        )
    if group is None:
        show.say("  it was not told who left: newsletter.yaml has no sendgrid.unsubscribe_group")
    elif exchange.told:
        told = show.counted(exchange.told, "opt-out", "opt-outs")
        show.say(f"  {told} of ours told to its unsubscribe group {group}")


def _say_suppressed(number: int) -> None:
    if number:
        show.say(f"  {show.counted(number, 'mailbox', 'mailboxes')} suppressed from now on")


@contextmanager
def _progress(of: str) -> Iterator[Any]:
    """A line on a terminal that counts; silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _number: None
        return
    from rich.console import Console

    with Console(stderr=True).status(of) as status:
        yield lambda number: status.update(f"{of}: {number:,}")
