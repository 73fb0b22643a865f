"""What the desk holds, as the page is told it: plain values, ready for JSON.

Rule: an address is masked unless it was asked for, and what the page shows is decided here, not in the page.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from newsletter import address, checks, dispatch
from newsletter.audience import Change, ListReport
from newsletter.errors import Mistake, NewsletterError, SourceError
from newsletter.mailing import Mailing
from newsletter.preview.copies import GMAIL_CLIP_BYTES, Copy
from newsletter.preview.counting import Counted
from newsletter.preview.desk import Desk
from newsletter.preview.inbox import Line
from newsletter.preview.people import Crowd, Row, Wanted
from newsletter.workspace import Workspace

WHY_NOT = {
    "suppressed": "opted out",
    "duplicate": "listed twice",
    "other_segment": "belongs to another segment",
    "no_consent": "no record of consent",
    "already_sent": "has had it already",
}
WAYS = {
    "outbox": "A rehearsal on this computer",
    "smtp": "By your mail server (SMTP)",
    "sendgrid": "By SendGrid",
}
VERDICTS = {
    "READY": "No rule found anything.",
    "WARN": "It can go out; look at the warnings first.",
    "NOT READY": "It cannot go out until the errors are mended.",
    "COULD NOT CHECK": "Something could not be checked from here.",
}
_IN_MAIL = re.compile(r"the mail for (?P<segment>[^:]+): [^“]*(?:“(?P<text>[^”…]*))?")
_FILE = re.compile(
    r"(?P<head>\r\nContent-Disposition: attachment;\r\n[^\r]*\r\n\r\n)(?P<lines>[A-Za-z0-9+/=\r\n]+)(?=\r\n--)"
)
PAGE_ROWS = 50
_LINES_AROUND = 3

Told = dict[str, Any]


def state(desk: Desk) -> Told:
    """Everything but the mail itself and the rows of people."""
    opened, counted = desk.opened, desk.counted
    told: Told = {
        "number": 0,
        "trouble": _trouble(desk, desk.trouble),
        "uncounted": _trouble(desk, desk.uncounted),
    }
    if opened is None:
        return told
    mailing = opened.mailing
    drafts, shown = desk.drafts(mailing.workspace), opened.choice.draft.resolve()
    told |= {
        "number": opened.number,
        "title": mailing.report.title,
        "issue": mailing.report.issue,
        "file": mailing.report.source,
        "name": next((name for name, path in drafts.items() if path == shown), shown.name),
        "drafts": list(drafts),
        "sender": {"name": mailing.headers.sender_name, "address": mailing.headers.sender_address},
        "editions": _editions(mailing),
        "segments": _segments(mailing),
        "ways": [
            {"name": name, "title": title, "chosen": name == mailing.transport} for name, title in WAYS.items()
        ],
        "plan": None,
    }
    return told | (_counted(counted, mailing) if counted is not None else {})


def copy(copy: Copy, *, masked: bool = True) -> Told:
    """One copy, without its HTML."""
    phone, desktop = copy.inbox
    recipient = copy.recipient
    hidden = recipient.address if recipient and masked else ""
    return {
        "segment": copy.segment,
        "subject": copy.subject,
        "size": copy.html_bytes,
        "whole": len(copy.message),
        "attached": copy.edition.attachment.name if copy.edition.attachment else None,
        "limit": GMAIL_CLIP_BYTES,
        "inbox": [_line(phone), _line(desktop)],
        "text": [[line, differs] for line, differs in copy.lines],
        "headers": [
            {"name": each.name, "value": _masked(each.value, hidden), "words": each.words}
            for each in copy.headers
        ],
        "differences": copy.differences,
        "dark": copy.has_dark_styles,
        "pictures": list(copy.remote_pictures),
        "merged": [
            {"name": each.name, "value": each.value, "default": each.is_default} for each in copy.merged
        ],
    }


def source(copy: Copy, *, masked: bool = True) -> str:
    """The message as it is written, to be read; of a file in it, only how long it is."""
    hidden = copy.recipient.address if copy.recipient and masked else ""
    written = _masked(copy.message.decode(), hidden)
    return _FILE.sub(lambda found: f"{found['head']}[{len(found['lines']):,} letters of base64]", written)


def person(desk: Desk, crowd: Crowd, number: int, *, masked: bool = True) -> Told:
    """One row, and which of its segment's readers it is."""
    row = crowd.row(number)
    segment = row.recipient.segment
    place = {"place": crowd.place(segment, number), "of": crowd.readers(segment)} if row.reason is None else {}
    return _row(row, masked=masked) | {"id": desk.code(row)} | place


def rows(desk: Desk, counted: Counted, wanted: Wanted, *, page: int, masked: bool) -> Told:
    """A page of the people, from 0."""
    crowd = counted.crowd
    total, numbers = crowd.select(wanted, page * PAGE_ROWS, PAGE_ROWS)
    found = [crowd.row(number) for number in numbers]
    shown = [_row(row, masked=masked) | ({"id": desk.code(row)} if row.reason is None else {}) for row in found]
    return {"total": total, "page": page, "pages": -(-total // PAGE_ROWS), "rows": shown}


def gone(counted: Counted, text: str, *, page: int, masked: bool) -> Told:
    """A page of those who had the last issue and will not have this one."""
    crowd = counted.crowd
    found = [key for key in counted.gone if text.casefold() in key]
    shown = []
    for key in found[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]:
        number = crowd.find(key)
        reason = None if number is None else crowd.row(number).reason
        shown.append(
            {
                "address": address.mask(key) if masked else key,
                "name": "",
                "place_name": "",
                "segment": "",
                "why": WHY_NOT[reason] if reason else "no longer in these lists",
                "new": False,
            }
        )
    return {"total": len(found), "page": page, "pages": -(-len(found) // PAGE_ROWS), "rows": shown}


def file_lines(workspace: Workspace, name: str, draft: str) -> list[str]:
    """The lines of a file that a check speaks of; nothing for a list, which holds people's details."""
    shown = {draft, "newsletter.yaml", "lists/segments.yaml"}
    path = workspace.root / name
    inside = (workspace.root / "templates").resolve() in path.resolve().parents
    if name == draft and not path.is_file():
        path = workspace.draft_path(draft)
    if (name not in shown and not inside) or not path.is_file():
        return []
    return path.read_text(encoding="utf-8-sig", errors="replace").splitlines()


def _editions(mailing: Mailing) -> list[Told]:
    titles = {segment.name: segment.title or segment.name for segment in mailing.lists.segments.all}
    own = [{"segment": name, "title": titles[name]} for name in mailing.segments]
    return [*own, {"segment": "", "title": "Everybody else: web, print and forwarding"}]


def _segments(mailing: Mailing) -> list[Told]:
    own = mailing.report.segments or mailing.lists.segments.names
    asked = dict.fromkeys([*own, *mailing.segments])
    titles = {segment.name: segment.title or segment.name for segment in mailing.lists.segments.all}
    return [{"name": name, "title": titles[name], "chosen": name in mailing.segments} for name in asked]


def _counted(counted: Counted, mailing: Mailing) -> Told:
    """What the plan says, and whether it is the plan of the mailing that is shown."""
    made, crowd, refusal = counted.plan, counted.crowd, counted.refusal
    settings = mailing.workspace.settings
    changes = {change.file: change for change in made.changes}
    drifted = {change.file for change in counted.planned.drifted}
    return {
        "fresh": counted.mailing is mailing,
        "plan": {
            "total": made.total,
            "receipt": made.receipt.value,
            "way": made.transport,
            "rehearsal": dispatch.is_rehearsal(made.transport),
            "max": made.max_recipients,
            "shared": made.shared,
            "segments": [
                {
                    "name": each.name,
                    "title": each.title or each.name,
                    "matched": each.matched,
                    "to_send": each.to_send,
                    "excluded": [
                        {"reason": reason, "words": WHY_NOT[reason], "people": number}
                        for reason, number in each.excluded.items()
                        if number
                    ],
                    "nameless": crowd.nameless(each.name),
                }
                for each in made.segments
            ],
            "lists": [_list(held, changes.get(held.file), drifted) for held in made.lists],
        },
        "since": None
        if counted.last_issue is None
        else {"issue": counted.last_issue, "new": crowd.new, "gone": len(counted.gone)},
        "checks": _checks(counted),
        "approval": {"required": settings.approval == "required", "by": counted.approved_by},
        "refusal": None if refusal is None else f"{refusal.message}. {refusal.hint}",
        "command": _command(counted),
    }


def _list(held: ListReport, change: Change | None, drifted: Container[str]) -> Told:
    return {
        "file": held.file,
        "rows": held.rows,
        "invalid": held.invalid,
        "bad": [{"line": line, "why": why} for line, why in held.bad_rows],
        "notes": list(held.notes),
        "change": "" if change is None else str(change),
        "drifted": held.file in drifted,
    }


def _checks(counted: Counted) -> Told:
    found = counted.planned.preflight
    rules = {rule.code: rule for rule in checks.rules()}
    told = []
    for problem in found.problems:
        rule = rules.get(problem.code)
        told.append(
            {
                "code": problem.code,
                "severity": problem.severity.value,
                "message": _begun(problem.message),
                "parts": list(_parts(rule.explanation)) if rule else [],
                "places": [_place(where) for where in (problem.where, *problem.also)],
            }
        )
    verdict = found.verdict.value
    looked = [[each.code, _sentence(each.name), next(_parts(each.explanation))[1]] for each in rules.values()]
    return {"verdict": verdict, "words": VERDICTS[verdict], "problems": told, "rules": looked}


def _parts(explanation: str) -> Iterator[Sequence[str]]:
    """“What it does”, “Why it matters”, “Example”, “Instead”, each with its text."""
    held: list[str] = []
    for line in explanation.splitlines():
        head, colon, rest = line.partition(": ")
        if colon and head in {"What it does", "Why it matters", "Example", "Instead"}:
            if held:
                yield held
            held = [head, _sentence(rest)]
        elif held:
            held[1] += f" {line.strip()}"
    if held:
        yield held


def _begun(message: str) -> str:
    """As a sentence begins, but for what is quoted and for names of files."""
    return _sentence(message) if message.split(maxsplit=1)[0].isalpha() else message


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _place(where: str) -> Told:
    """What a place such as `drafts/x.md:14:3` or `the mail for members: <p> “Dear …”` leads to."""
    told: Told = {"where": where, "file": "", "line": 0, "segment": None, "text": ""}
    in_mail = _IN_MAIL.match(where)
    if in_mail:
        return told | {"segment": in_mail["segment"], "text": in_mail["text"] or ""}
    file, *numbers = where.split(":")
    line = numbers[0] if numbers and numbers[0].isdecimal() else "0"
    return told | {"file": file if "/" in file or "." in file else "", "line": int(line)}


def _command(counted: Counted) -> str:
    """What sends exactly this, from the workspace's folder."""
    mailing = counted.mailing
    words = dispatch.words("send", mailing)
    if not dispatch.is_rehearsal(mailing.transport):
        words += ["--receipt", counted.plan.receipt.value]
        # The page says beside it to which lists that agrees.
        words += ["--accept-drift"] if counted.planned.drift_refusal() else []
    return shlex.join(words)


def _row(row: Row, *, masked: bool) -> Told:
    fields = row.recipient.fields
    return {
        "address": address.mask(row.recipient.address) if masked else row.recipient.address,
        "name": " ".join(filter(None, (fields.get("first_name"), fields.get("last_name")))),
        "place_name": fields.get("clp", ""),
        "segment": row.recipient.segment,
        "why": WHY_NOT[row.reason] if row.reason else "",
        "new": row.is_new,
    }


def _line(line: Line) -> Told:
    parts = {"sender": line.sender, "subject": line.subject, "preheader": line.preheader}
    return {"client": line.client, **{name: [part.shown, part.lost] for name, part in parts.items()}}


def _masked(text: str, hidden: str) -> str:
    return text.replace(hidden, address.mask(hidden)) if hidden else text


def _trouble(desk: Desk, error: NewsletterError | None) -> Told | None:
    """An error, with the lines around each mistake."""
    if error is None:
        return None
    mistakes = error.mistakes if isinstance(error, SourceError) else ()
    return {
        "message": "" if mistakes else error.message,
        "hint": error.hint,
        "mistakes": [_mistake(desk, mistake) for mistake in mistakes],
    }


def _mistake(desk: Desk, mistake: Mistake) -> Told:
    where = mistake.where
    return {
        "file": where.file,
        "line": where.line,
        "column": where.column,
        "what": mistake.what,
        "hint": mistake.hint,
        "around": list(_around(desk, mistake)),
    }


def _around(desk: Desk, mistake: Mistake) -> Iterable[Mapping[str, object]]:
    """The lines around the mistake; of a list only what the error itself quotes."""
    where = mistake.where
    path = desk.root / where.file
    if where.file.endswith(".csv") or not where.line or not path.is_file():
        if mistake.line_text:
            yield {"line": where.line, "text": mistake.line_text}
        return
    first = max(1, where.line - _LINES_AROUND)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, text in enumerate(islice(lines, first - 1, where.line + _LINES_AROUND), first):
        yield {"line": number, "text": text}
