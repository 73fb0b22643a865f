"""Rules about what is to be sent to whom."""

from __future__ import annotations

import email
import email.message
import email.policy
import re
from collections.abc import Iterator

from newsletter.checks.places import in_mail
from newsletter.checks.rules import Evidence, Finding, Severity, rule

FREEMAIL = frozenset(
    [
        *(
            "gmail.com",
            "googlemail.com",
            "yahoo.com",
            "yahoo.co.uk",
            "ymail.com",
            "rocketmail.com",
            "aol.com",
            "aol.co.uk",
        ),
        *(
            "outlook.com",
            "hotmail.com",
            "hotmail.co.uk",
            "live.com",
            "live.co.uk",
            "msn.com",
            "icloud.com",
            "me.com",
        ),
        *(
            "mac.com",
            "btinternet.com",
            "btopenworld.com",
            "sky.com",
            "talktalk.net",
            "virginmedia.com",
            "ntlworld.com",
        ),
        *(
            "blueyonder.co.uk",
            "tiscali.co.uk",
            "protonmail.com",
            "proton.me",
            "pm.me",
            "gmx.com",
            "gmx.co.uk",
            "gmx.net",
        ),
        *(
            "mail.com",
            "zoho.com",
            "tutanota.com",
            "tuta.com",
            "fastmail.com",
            "hey.com",
            "yandex.com",
            "outlook.co.uk",
        ),
    ]
)
"""Domains of mailboxes that anybody can have, those of Britain's internet providers among them."""
LONGEST_LINE = 998
"""RFC 5322 section 2.1.1, without the line end."""

_SHARED_SUFFIXES = frozenset(
    f"{second}.{first}"
    for second in ("co", "org", "ac", "gov", "me", "ltd", "net", "plc", "sch", "nhs")
    for first in ("uk", "nz", "za")
)
_HEADER_NAME = re.compile(rb"[!-9;-~]+")
_NO_REPLY = re.compile(r"(?:no|do-?not)[._-]?reply|noreply|bounces?@|mailer-daemon", re.IGNORECASE)


@rule("S01", Severity.ERROR, guards_promise=True)
def everybody_has_what_is_merged(evidence: Evidence) -> Iterator[Finding]:
    """What it does: counts the people who lack a field that the draft merges without a default.

    Why it matters: “Dear ,” is worse than “Dear friend,”, and such a person cannot be sent to at all.
    Example: `Dear {{ first_name }},` and 41 people without a first name.
    Instead: give a default: `{{ first_name | default("friend") }}`.
    """
    for name, people in evidence.missing.items():
        lack = "person lacks" if people == 1 else "people lack"
        message = f"{people:,} {lack} '{name}', and {{{{ {name} }}}} has no default"
        yield Finding(message, evidence.report.source)


@rule("S02", Severity.ERROR, guards_promise=True)
def a_real_send_has_an_id(evidence: Evidence) -> Iterator[Finding]:
    """What it does: asks for `id:` in the draft when the transport is real.

    Why it matters: the id is how the ledger knows who has had this report, even when the file is renamed.
    Example: a draft written by hand, without `id:`.
    Instead: write `id: nec-2026-11-17`; `newsletter new` does.
    """
    if not evidence.rehearsal and not evidence.report.has_id:
        message = f"the draft has no id; write `id: {evidence.report.issue}` at its top"
        yield Finding(message, evidence.report.source)


@rule("S03", Severity.WARNING)
def every_segment_reaches_somebody(evidence: Evidence) -> Iterator[Finding]:
    """What it does: names the segments of this send that would reach nobody.

    Why it matters: an empty segment is more often a slip in `where` than a wish.
    Example: `where: {role: secretery}`.
    Instead: mend `lists/segments.yaml`, or leave the segment out.
    """
    for name in evidence.nobody:
        yield Finding(f"the segment {name} would reach nobody", "lists/segments.yaml")


@rule("S04", Severity.WARNING)
def braces_that_are_not_a_field(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for double braces that will be shown to readers as they stand.

    Why it matters: only `{{ field }}` and `{{ field | default("…") }}` are merged; anything else is plain text.
    Example: `{{ first_name | upper }}`.
    Instead: write one of the two forms.
    """
    for edition in evidence.editions.values():
        shown = "".join((*edition.text.statics, *edition.subject.statics))
        if "{{" in shown or "}}" in shown:
            where = next(_places(evidence), evidence.report.source)
            yield Finding("double braces stand in the text and will be shown to readers as they are", where)
            return


@rule("S05", Severity.WARNING)
def privacy_notice_linked(evidence: Evidence) -> Iterator[Finding]:
    """What it does: asks for `privacy_url:` in the settings.

    Why it matters: readers are entitled to know what is kept about them and why.
    Example: `newsletter.yaml` without `privacy_url:`.
    Instead: publish a short notice and name its address.
    """
    if not evidence.settings.privacy_url:
        yield Finding("newsletter.yaml has no 'privacy_url'", "newsletter.yaml")


@rule("S06", Severity.WARNING)
def sender_with_a_domain_of_your_own(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks whether the From address is at a freemail service.

    Why it matters: only that service may send in its name; mail from elsewhere fails DMARC, and is refused or
    put with the spam. By SendGrid it can never pass.
    Example: `from: maya.hollins@gmail.com`
    Instead: use an address on a domain of your own, and let replies go where you like with `reply_to:`.
    """
    domain = _domain(evidence.settings.sender.from_)
    if domain in FREEMAIL:
        severity = Severity.ERROR if evidence.transport == "sendgrid" else None
        yield Finding(
            f"From is at {domain}, which refuses mail in its name from elsewhere", "newsletter.yaml", severity
        )


@rule("S07", Severity.WARNING)
def sender_and_list_on_one_domain(evidence: Evidence) -> Iterator[Finding]:
    """What it does: compares the domain of `list_id:` with that of the From address.

    Why it matters: the list's name is yours to give only below a domain of yours (RFC 2919), and filters
    compare.
    Example: `from: maya@reports.example.org` with `list_id: nec.othersite.example`
    Instead: write a name below the sender's domain: `nec.reports.example.org`.
    """
    domain, list_id = _domain(evidence.settings.sender.from_), evidence.settings.list_id
    if domain not in FREEMAIL and _registered(domain) != _registered(list_id):
        yield Finding(f"the list {list_id} is not below the sender's domain, {domain}", "newsletter.yaml")


@rule("S09", Severity.ERROR, guards_promise=True)
def header_well_formed(evidence: Evidence) -> Iterator[Finding]:
    """What it does: parses a finished message of every edition: its header lines, its addresses and its parts.

    Why it matters: a fault there is refused by some servers and shown as rubbish by others.
    Example: a second Subject, a line of more than 998 bytes, a part that does not decode.
    Instead: the program writes it; such a message is a fault to report.
    """
    for name, message in evidence.messages.items():
        for fault in _header_faults(message):
            yield Finding(fault, in_mail(name, "its header"))


@rule("S11", Severity.WARNING)
def replies_reach_somebody(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks whether replies go to an address that nobody reads.

    Why it matters: a report asks for an answer, and people who cannot leave by answering complain instead.
    Example: `reply_to: no-reply@reports.example.org`
    Instead: name an address that you read.
    """
    if _NO_REPLY.match(evidence.settings.reply_to):
        yield Finding(f"replies go to {evidence.settings.reply_to.partition('@')[0]}@…", "newsletter.yaml")


@rule("S12", Severity.WARNING)
def about_as_many_as_last_time(evidence: Evidence) -> Iterator[Finding]:
    """What it does: compares each segment with the last issue; warns beyond `limits.drift_percent`.

    Why it matters: a list cut off, or pasted in twice, shows in its number before it shows in complaints.
    Example: 310 secretaries where the last issue went to 650.
    Instead: look at the list; if the change is right, send.
    """
    most = evidence.settings.limits.drift_percent
    for name, (before, now) in evidence.drift.items():
        if before and abs(now - before) * 100 > most * before:
            yield Finding(
                f"{name}: {now:,} people, and the last issue went to {before:,}", "lists/segments.yaml"
            )


@rule("S13", Severity.WARNING)
def lists_that_people_left_are_there(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for lists that people left and that are no longer in `lists/`.

    Why it matters: such a list may be there under another name, so whoever left it gets nothing by any list.
    Example: 12 people left `members`, and the list is called `members-2027.csv` now.
    Instead: give the list its name back, or opt those people out of it by its new name and lift the old.
    """
    for name, number in evidence.vanished.items():
        people = "1 person" if number == 1 else f"{number:,} people"
        yield Finding(f"{people} left the list '{name}', which is gone: they get nothing by any list", "lists/")


@rule("S14", Severity.ERROR, guards_promise=True)
def who_left_is_known(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks when `newsletter sync` last read what readers and servers say, before a real send.

    Why it matters: whoever asked to leave by mail, or at SendGrid, is mailed again until somebody has read it.
    Example: the mailbox was last read 30 hours ago, and `sync_max_age_h` is 24.
    Instead: `newsletter sync`, by hand or every hour; `--without-sync` goes without, this once.
    """
    fresh = evidence.freshness
    if fresh is None:
        return
    if "mailbox" not in fresh.ages_h:
        message = "nothing reads the mail of those who ask to leave, or what comes back: there is no imap"
        yield Finding(message, "newsletter.yaml", Severity.NOTE)
    severity = Severity.WARNING if fresh.waived else Severity.ERROR
    for message in fresh.stale(evidence.settings.sync_max_age_h):
        yield Finding(message, severity=severity)
    if fresh.came_back:
        who = "1 person came" if fresh.came_back == 1 else f"{fresh.came_back:,} people came"
        message = f"{who} back since SendGrid's lists were read: it may drop their mail; first: newsletter sync"
        yield Finding(message, severity=Severity.WARNING)


def _places(evidence: Evidence) -> Iterator[str]:
    """Where braces stand that are no merge field."""
    for passage in evidence.prose.passages:
        if "{{" in passage.text or "}}" in passage.text:
            yield passage.place("{{")


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _registered(domain: str) -> str:
    """The part of a domain that somebody registered: its last two labels, or three below `org.uk` and its
    like.
    """
    labels = domain.lower().split(".")
    return ".".join(labels[-3:] if ".".join(labels[-2:]) in _SHARED_SUFFIXES else labels[-2:])


def _header_faults(message: bytes) -> Iterator[str]:
    head = message.partition(b"\r\n\r\n")[0]
    names = [
        line.partition(b":")[0].lower() for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))
    ]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name.decode('ascii', 'replace')} stands there twice"
    if not all(_HEADER_NAME.fullmatch(name) for name in names) or not head.isascii():
        yield "a line is no header line"
    if any(len(line) > LONGEST_LINE for line in message.split(b"\r\n")):
        yield f"a line has more than {LONGEST_LINE} bytes"
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    for required in ("From", "To", "Subject", "Date", "Message-ID"):
        if not parsed.get(required):
            yield f"{required} is missing"
    for part in parsed.walk():
        defects = [
            *part.defects,
            *(defect for value in part.values() for defect in getattr(value, "defects", ())),
        ]
        for defect in defects:
            yield f"it cannot be parsed: {type(defect).__name__}"
    if _shape(parsed) not in _SHAPES:
        yield "it is not a text part and an HTML part, with a print edition at most"


_BODY = ("multipart/alternative", "text/plain", "text/html")
_SHAPES = frozenset({_BODY, ("multipart/mixed", *_BODY, "application/pdf")})


def _shape(parsed: email.message.EmailMessage) -> tuple[str, ...]:
    """The kinds of a message and of its parts, as they stand."""
    return tuple(part.get_content_type() for part in parsed.walk())
