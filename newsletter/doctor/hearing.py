"""Whether what comes back is heard: the mailbox that `sync` reads, and SendGrid's events.

Rule: the folder is opened and left as it is: no mail is read, marked or moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from newsletter import dispatch
from newsletter.doctor.diagnosis import NOT_ASKED, Diagnosis, fault, ok, unknown, warning
from newsletter.errors import SettingsError

if TYPE_CHECKING:
    from newsletter.doctor.case import Case


_PATIENCE = 3
"""A server makes whoever gives a wrong password wait."""


def mailbox(case: Case) -> Iterator[Diagnosis]:
    """Whether the mailbox lets us in and has the folder."""
    from newsletter.feedback.imap import MailboxError  # noqa: PLC0415 - only when used

    imap = case.settings.imap
    if imap is None:
        yield ok("mailbox", "none is read: what comes back by mail is a person's to read")
        return
    if not case.asking.online:
        yield unknown("mailbox", NOT_ASKED, "Run it again online.")
        return
    try:
        with dispatch.open_mailbox(case.workspace, imap, step_s=_PATIENCE * case.asking.step_s):
            yield ok("mailbox", f"{imap.host} lets us in, and {imap.folder} is there ({imap.security})")
    except SettingsError as wrong:
        yield fault("mailbox", wrong.mistakes[0].what, wrong.hint)
    except MailboxError as silence:
        yield unknown("mailbox", silence.message, "Are you online? If so, check imap.host and imap.port.")


def webhook(case: Case) -> Iterator[Diagnosis]:
    """Whether the public pages could believe what SendGrid posts."""
    from newsletter.feedback.webhook import Keys  # noqa: PLC0415 - as above

    given = (case.settings.sendgrid.webhook_key or "").split()
    try:
        Keys(given)
    except SettingsError as wrong:
        yield fault("webhook", wrong.mistakes[0].what, wrong.hint)
        return
    if given:
        yield ok("webhook", f"{len(given)} verification key{'s' * (len(given) > 1)}, and sound")
    elif case.transport == "sendgrid" and case.settings.site_url:
        yield warning(
            "webhook",
            "SendGrid's events are refused: there is no key to know them by",
            "Switch on Signed Event Webhook Requests at SendGrid, and copy the key to sendgrid.webhook_key.",
        )
    else:
        yield ok("webhook", "nothing is posted here: SendGrid's lists are read by newsletter sync")
