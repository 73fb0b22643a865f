"""What a helper asks of people: who is in which segment, why somebody gets what, who has left."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter import address
from newsletter.audience import Audience, Candidate, Lists
from newsletter.cli import show
from newsletter.cli.choices import Suppress
from newsletter.cli.writing import now, opened, parsed_address
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import State
from newsletter.delivery.run import Kind, Row
from newsletter.delivery.suppressions import Suppression
from newsletter.dispatch import open_ledger
from newsletter.errors import UsageError
from newsletter.pipeline import drafts_segments, open_lists
from newsletter.workspace import Workspace

REASONS_IN_WORDS = {
    "duplicate": "listed once more, which changes nothing",
    "other_segment": "also matches here, but belongs to an earlier segment",
    "no_consent": "cannot be sent to: there is no consent record (a source, and a date up to today)",
}
STANDINGS = {
    State.ACCEPTED: "has had it",
    State.UNKNOWN: "may have had it; nobody can know",
    State.PENDING: "will get it when the sending goes on",
    State.CLAIMED: "is being sent it, or was when a process died",
    State.DEFERRED: "was refused for now, and will be tried again",
}
REASONS = {
    "duplicate": "twice",
    "other_segment": "elsewhere",
    "no_consent": "no consent",
}


def lists(*, as_json: bool) -> None:
    """Each segment's rows, who belongs to it, and the rows nobody can be sent to by."""
    workspace = opened()
    held = open_lists(workspace)
    audience = _everybody(workspace, held)
    counts = {name: dict.fromkeys(("matched", "can_be_sent_to", *REASONS), 0) for name in held.segments.names}
    for candidate in audience:
        counted = counts[candidate.recipient.segment]
        counted["matched"] += 1
        counted[candidate.reason or "can_be_sent_to"] += 1
    if as_json:
        files = [{"file": each.file, "rows": each.rows, "invalid": each.invalid} for each in audience.lists]
        show.json({"segments": [{"name": name, **counts[name]} for name in counts], "lists": files})
        return
    columns = ["segment", "matched", *REASONS.values(), "can be sent to"]
    keys = ["matched", *REASONS, "can_be_sent_to"]
    show.table("", columns, [[name, *(counted[key] for key in keys)] for name, counted in counts.items()])
    show.list_reports(audience.lists)


def _everybody(workspace: Workspace, held: Lists) -> Audience:
    return held.audience(
        held.segments.names,
        consent_required=workspace.settings.consent == "required",
        today=now(workspace).date(),
    )


def explain(wanted: str, *, as_json: bool) -> None:
    """All that is known of one person."""
    workspace = opened()
    key = _key(wanted)
    held = open_lists(workspace)
    audience = _everybody(workspace, held)
    rows = [candidate for candidate in audience if candidate.recipient.key == key]
    with open_ledger(workspace) as ledger:
        person = _Person(
            rows=rows,
            opt_outs=ledger.suppressions.history(key),
            drafts={
                issue: _verdict(rows, segments, ledger, issue, key)
                for issue, segments in drafts_segments(workspace, held).items()
            },
            history=ledger.accounts.history(key),
        )
    if as_json:
        show.json(person.as_json(_days(workspace)))
    else:
        person.tell(_days(workspace))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Person:
    """What the lists, the opt-outs, the drafts and the ledger say of somebody."""

    rows: Sequence[Candidate]
    opt_outs: Sequence[Suppression]
    drafts: Mapping[str, str]
    """Issue → whether they would get it, and why."""
    history: Sequence[Row]

    def as_json(self, day: Day) -> dict[str, object]:
        return {
            "rows": [
                {"segment": row.recipient.segment, "reason": row.reason, "fields": dict(row.recipient.fields)}
                for row in self.rows
            ],
            "suppressions": [_opt_out(each, day) for each in self.opt_outs],
            "drafts": self.drafts,
            "history": [
                {"issue": row.issue, "kind": row.kind.value, "segment": row.segment, "state": row.state.value}
                for row in self.history
            ],
        }

    def tell(self, day: Day) -> None:
        left = any(each.lifted_at is None for each in self.opt_outs)
        _show_rows(self.rows, left=left)
        for each in self.opt_outs:
            ended = f", lifted {day(each.lifted_at)} ({each.lifted_why})" if each.lifted_at else ""
            print(f"opted out {day(each.at)}: {each.reason} ({each.source}){ended}")
        for issue, said in self.drafts.items():
            print(f"{issue}: {said}")
        for row in self.history:
            print(f"{row.issue} ({row.kind.value}, for {row.segment}): {row.state.value} {row.detail}".rstrip())


def suppress(action: Suppress, what: str | None, *, reason: str, as_json: bool) -> None:
    """Change or show the opt-outs."""
    workspace = opened()
    if action is not Suppress.LIST and what is None:
        wanted = "a file" if action is Suppress.IMPORT else "an address"
        raise UsageError(f"suppress {action.value} needs {wanted}")
    with open_ledger(workspace) as ledger:
        match action:
            case Suppress.ADD:
                added = ledger.suppressions.add([_key(what or "")], reason=reason or "asked", source="by hand")
                show.say("opted out" if added else "had opted out already")
            case Suppress.REMOVE:
                if not reason:
                    raise UsageError(
                        "lifting an opt-out needs a reason", 'Add: --reason "asked to come back by e-mail"'
                    )
                lifted = ledger.suppressions.lift(_key(what or ""), why=reason)
                show.say("lifted; they can be sent to again" if lifted else "there was no opt-out to lift")
            case Suppress.LIST:
                _show_opt_outs(list(ledger.suppressions), _days(workspace), as_json=as_json)
            case Suppress.IMPORT:
                _import(workspace, ledger, Path(what or ""), reason or "imported")


def _import(workspace: Workspace, ledger: Ledger, path: Path, reason: str) -> None:
    """Every address of a file: one a line, or the first cell with an @ of each row."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read: {error.__class__.__name__}", "Save it as UTF-8 text or CSV."
        ) from None
    keys: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [cell.strip().strip('"') for cell in line.replace(";", ",").split(",")]
        cell = next((cell for cell in cells if "@" in cell), "")
        try:
            keys.append(address.key(address.parse(cell)))
        except address.AddressError as error:
            if line.strip() and not (number == 1 and not cell):
                show.say(f"{workspace.shown(path)}:{number}: left out: {error}")
    added = ledger.suppressions.add(keys, reason=reason, source=f"imported from {path.name}")
    show.say(f"{added:,} opted out now, {len(set(keys)) - added:,} had already")


def _verdict(rows: list[Candidate], segments: tuple[str, ...], ledger: Ledger, issue: str, key: str) -> str:
    """Whether this person would get an issue, and why."""
    candidates = [row for row in rows if row.recipient.segment in segments]
    if not candidates:
        return "would not get it: in none of its segments"
    # Precedence is among the draft's own segments: the first that they match is theirs.
    first = min(candidates, key=lambda row: segments.index(row.recipient.segment))
    segment = first.recipient.segment
    states = {row.state for row in ledger.accounts.history(key) if row.issue == issue and row.kind is Kind.REAL}
    said = next((STANDINGS[state] for state in states if state in STANDINGS), None)
    if said is not None:
        return said
    if any(each.lifted_at is None for each in ledger.suppressions.history(key)):
        return "would not get it: opted out"
    if first.reason == "no_consent":
        return "would not get it: no consent record"
    others = sorted({row.recipient.segment for row in candidates} - {segment})
    also = f" (also matches {', '.join(others)}, but the first segment wins)" if others else ""
    return f"would get the edition for {segment}{also}"


def _show_rows(rows: Sequence[Candidate], *, left: bool) -> None:
    if not rows:
        print("in no segment of this workspace")
    for row in rows:
        said = REASONS_IN_WORDS[row.reason] if row.reason else "opted out" if left else "can be sent to"
        fields = ", ".join(f"{name}: {value}" for name, value in row.recipient.fields.items())
        print(f"{row.recipient.segment}: {said}. {fields}")


def _show_opt_outs(found: list[Suppression], day: Day, *, as_json: bool) -> None:
    if as_json:
        show.json([{"address": each.key, **_opt_out(each, day)} for each in found])
        return
    for each in found:
        print(f"{each.key}\t{day(each.at)}\t{each.reason}\t{each.source}")


def _opt_out(each: Suppression, day: Day) -> dict[str, str | None]:
    return {
        "since": day(each.at),
        "reason": each.reason,
        "source": each.source,
        "lifted": day(each.lifted_at) if each.lifted_at else None,
        "lifted_why": each.lifted_why,
    }


Day = Callable[[float], str]
"""A moment (epoch seconds) as a date."""


def _days(workspace: Workspace) -> Day:
    zone = ZoneInfo(workspace.settings.timezone)
    return lambda moment: datetime.fromtimestamp(moment, zone).date().isoformat()


def _key(wanted: str) -> str:
    return address.key(parsed_address(wanted))
