"""Everything that is held of one person, wherever it stands, as plain data.

Rule: complete before tidy. What only names the person, in a draft or in somebody else's row, is told with its
place; what could not be looked into is told too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from newsletter import address
from newsletter.audience import consent
from newsletter.delivery.audit import Act
from newsletter.delivery.holdings import Holding
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.mailboxes import spellings
from newsletter.delivery.suppressions import Suppression
from newsletter.drift import Drift
from newsletter.message import coder
from newsletter.rights.rows import FoundRow, search
from newsletter.workspace import Workspace

OUTBOX = "outbox"
_LOOKED_THROUGH = ("lists", "drafts")

Time = Callable[[float | None], str | None]
"""A moment (epoch seconds) as text."""


def everything(workspace: Workspace, ledger: Ledger, written: str, *, at: datetime) -> dict[str, Any]:
    """All that is held of the person with this address, as JSON would have it."""
    key = address.key(written)
    code = coder(workspace.secret())(key)
    found = search(workspace, key)
    holdings = ledger.holdings.of(key)
    time = _times(workspace)
    return {
        "address": written,
        "made_at": at.isoformat(timespec="seconds"),
        "code": code,
        "lists": [_row(each) for each in found.rows],
        "consent": [_consent(each) for each in found.rows if consent_of(each)],
        "suppressions": [_suppression(each, time) for each in ledger.suppressions.history(key)],
        "messages": [_message(each, time) for each in holdings],
        "audit": [_act(each, time) for each in ledger.audit.of(code)],
        "outbox": [workspace.shown(path) for path in outbox_copies(workspace, key, holdings)],
        "asked_to_confirm": sum(1 for _ in unconfirmed(workspace, key)),
        "numbered_in": list(Drift(ledger, workspace).numbered(key)),
        "named_in": list(mentions(workspace, key, found.rows)),
        "not_searched": [f"lists/{name}" for name in found.unreadable],
    }


def consent_of(row: FoundRow) -> dict[str, str]:
    """What a row says of consent: source, date, wording, as far as they are filled in."""
    columns = {"source": consent.SOURCE, "date": consent.DATE, "wording": consent.WORDING}
    return {name: row.fields[column] for name, column in columns.items() if column in row.fields}


def outbox_copies(workspace: Workspace, key: str, holdings: Iterable[Holding]) -> Iterator[Path]:
    """The messages to this person that lie in the outbox, tests and copies among them."""
    code_of = coder(workspace.secret())
    codes = {code_of(key), *(each.row.code for each in holdings)}
    for code in sorted(codes):
        # A mail program may have put its flags behind the name.
        yield from sorted((workspace.root / OUTBOX).rglob(f"{code}.eml*"))


def unconfirmed(workspace: Workspace, key: str) -> Iterator[Path]:
    """The mails that ask this person whether it was they who wanted to join, and have not left yet."""
    yield from sorted(workspace.confirmations.glob(f"*{coder(workspace.secret())(key)}.*"))


def mentions(workspace: Workspace, key: str, rows: Iterable[FoundRow]) -> Iterator[str]:
    """`file:line` of each place that names the address and is not a row of this person."""
    own = {(f"lists/{row.file}", line) for row in rows for line in range(row.first_line, row.last_line + 1)}
    for folder in _LOOKED_THROUGH:
        for path in sorted((workspace.root / folder).glob("*")):
            shown = workspace.shown(path)
            yield from (f"{shown}:{line}" for line in _lines_with(path, key) if (shown, line) not in own)


def _lines_with(path: Path, key: str) -> Iterator[int]:
    if not path.is_file():
        return
    wanted = spellings(key)
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for number, line in enumerate(file, 1):
            lower = line.lower()
            if any(spelling in lower for spelling in wanted):
                yield number


def _times(workspace: Workspace) -> Time:
    zone = ZoneInfo(workspace.settings.timezone)

    def time(moment: float | None) -> str | None:
        return None if moment is None else datetime.fromtimestamp(moment, zone).isoformat(timespec="seconds")

    return time


def _row(row: FoundRow) -> dict[str, Any]:
    return {"file": f"lists/{row.file}", "line": row.first_line, "fields": dict(row.fields)}


def _consent(row: FoundRow) -> dict[str, Any]:
    return {"file": f"lists/{row.file}", **consent_of(row)}


def _suppression(each: Suppression, time: Time) -> dict[str, Any]:
    said = asdict(each) | {"at": time(each.at), "lifted_at": time(each.lifted_at), "list": each.scope or None}
    return {name: value for name, value in said.items() if name not in {"key", "scope"}}


def _message(holding: Holding, time: Time) -> dict[str, Any]:
    row = holding.row
    return {
        "issue": row.issue,
        "kind": row.kind.value,
        "run": row.run,
        "segment": row.segment,
        "list": holding.list_name or None,
        "address": row.address or None,
        "merged": dict(holding.merged),
        "state": row.state.value,
        "attempts": row.attempts,
        "reply_code": row.reply_code,
        "detail": row.detail,
        "provider_id": row.provider_id,
        "claimed_at": time(row.claimed_at),
        "settled_at": time(row.settled_at),
        "events": [_event(each, time) for each in holding.events],
    }


def _event(told: Mapping[str, Any], time: Time) -> dict[str, Any]:
    return dict(told) | {"at": time(told["at"]), "told_at": time(told["told_at"])}


def _act(act: Act, time: Time) -> dict[str, Any]:
    return {
        "at": time(act.at),
        "by": act.by,
        "command": act.command,
        "given": dict(act.given),
        "exit_code": act.exit_code,
    }
