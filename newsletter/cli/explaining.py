"""One person: what is held of them, and why they would or would not get each draft's mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.audience import Audience, Candidate, consent
from newsletter.cli import show
from newsletter.cli.listing import everybody
from newsletter.cli.suppressing import of_scope, opt_out
from newsletter.cli.writing import mailbox, opened
from newsletter.delivery.fate import Event
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import State
from newsletter.delivery.run import Kind, Row
from newsletter.delivery.suppressions import Suppressed, Suppression
from newsletter.dispatch import open_ledger
from newsletter.mailing import drafts_segments, open_lists

REASONS_IN_WORDS = {
    "duplicate": "listed once more, which changes nothing",
    "other_segment": "also matches here, but belongs to an earlier segment",
    "left": "left this list",
    "suppressed": "left this list, and there is no consent record either",
    "no_consent": "cannot be sent to: there is no consent record (a source, and a date up to today)",
}
STANDINGS = {
    State.ACCEPTED: "has had it",
    State.UNKNOWN: "may have had it; nobody can know",
    State.PENDING: "will get it when the sending goes on",
    State.CLAIMED: "is being sent it, or was when a process died",
    State.DEFERRED: "was refused for now, and will be tried again",
}


def explain(wanted: str, *, as_json: bool) -> None:
    """All that is known of one person."""
    workspace = opened()
    key = mailbox(wanted)
    lists = open_lists(workspace)
    audience = everybody(workspace, lists)
    with open_ledger(workspace) as ledger:
        suppressed = ledger.suppressions.suppressed(workspace.list_stems())
        rows = [each for each in audience.read(suppressed.by_list) if each.recipient.key == key]
        found = _Found(key, rows, suppressed, audience)
        person = _Person(
            rows=rows,
            opted_out=key in suppressed.everywhere,
            opt_outs=ledger.suppressions.history(key),
            drafts={
                issue: _standing(ledger, issue, key) or found.verdict(segments)
                for issue, segments in drafts_segments(workspace, lists).items()
            },
            history=[(row, ledger.events.told(row)) for row in ledger.accounts.history(key)],
        )
    if as_json:
        show.json(person.as_json(show.days(workspace)))
    else:
        person.tell(show.days(workspace))


def _standing(ledger: Ledger, issue: str, key: str) -> str | None:
    """What became of this issue for this person, where a run of it holds them."""
    states = {row.state for row in ledger.accounts.history(key) if row.issue == issue and row.kind is Kind.REAL}
    return next((STANDINGS[state] for state in states if state in STANDINGS), None)


@dataclass(frozen=True, slots=True)
class _Found:
    """Somebody's rows, and what keeps mail from them."""

    key: str = field(repr=False)
    rows: Sequence[Candidate] = field(repr=False)
    """In every segment of the workspace."""
    suppressed: Suppressed
    audience: Audience

    def verdict(self, segments: Sequence[str]) -> str:
        """Whether they would get what goes to these segments, in order of precedence, and why."""
        mine = [row.recipient for row in self.rows if row.recipient.segment in segments]
        if not mine:
            return "would not get it: in none of its segments"
        if self.key in self.suppressed.everywhere:
            return "would not get it: opted out"
        # Precedence is among the draft's own segments, and a list that they left is as if it did not hold them.
        staying = [each for each in mine if self.key not in self.suppressed.by_list.get(each.list_name, ())]
        if not staying:
            left = ", ".join(sorted({each.list_name for each in mine}))
            return f"would not get it: opted out of the list {left}"
        first = min(staying, key=lambda each: segments.index(each.segment))
        (segment,) = (each for each in self.audience.segments if each.name == first.segment)
        if self.audience.requires_consent(segment) and not consent.recorded(first.fields, self.audience.today):
            return "would not get it: no consent record"
        others = sorted({each.segment for each in mine} - {first.segment})
        also = f" (also matches {', '.join(others)}, but the first segment wins)" if others else ""
        return f"would get the edition for {first.segment}{also}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Person:
    """What the lists, the opt-outs, the drafts and the ledger say of somebody."""

    rows: Sequence[Candidate]
    opted_out: bool
    opt_outs: Sequence[Suppression]
    drafts: Mapping[str, str]
    """Issue → whether they would get it, and why."""
    history: Sequence[tuple[Row, Sequence[Event]]]
    """Each row of the ledger, and what was told of it later."""

    def as_json(self, day: show.Day) -> dict[str, object]:
        return {
            "rows": [
                {
                    "segment": row.recipient.segment,
                    "list": row.recipient.list_name,
                    "reason": row.reason,
                    "fields": dict(row.recipient.fields),
                }
                for row in self.rows
            ],
            "suppressions": [opt_out(each, day) for each in self.opt_outs],
            "drafts": self.drafts,
            "history": [
                {"issue": row.issue, "kind": row.kind.value, "segment": row.segment, "state": row.state.value}
                | {"told": [_told(each, day) for each in told]}
                for row, told in self.history
            ],
        }

    def tell(self, day: show.Day) -> None:
        if not self.rows:
            print("in no segment of this workspace")
        for row in self.rows:
            self._tell_row(row)
        for each in self.opt_outs:
            ended = f", lifted {day(each.lifted_at)} ({each.lifted_why})" if each.lifted_at else ""
            of = f" of {of_scope(each.scope)}" if each.scope else ""
            print(f"opted out{of} {day(each.at)}: {each.reason} ({each.source}){ended}")
        for issue, said in self.drafts.items():
            print(f"{issue}: {said}")
        for sent, told in self.history:
            said = f"{sent.issue} ({sent.kind.value}, for {sent.segment}): {sent.state.value} {sent.detail}"
            print(said.rstrip())
            for event in told:
                why = " ".join(filter(None, (event.status, event.detail)))
                print(f"  {event.fate.value} {day(event.at)}{f': {why}' if why else ''}")

    def _tell_row(self, row: Candidate) -> None:
        recipient = row.recipient
        standing = "opted out" if self.opted_out else "can be sent to"
        said = REASONS_IN_WORDS[row.reason] if row.reason else standing
        fields = (f"{name}: {value}" for name, value in recipient.fields.items() if name != consent.WORDING)
        print(f"{recipient.segment}: {said}. {', '.join(fields)}")
        wording = recipient.fields.get(consent.WORDING)
        if wording:
            print(f"  agreed {consent.sign_up(recipient.fields) or '(nobody noted how)'} to: “{wording}”")


def _told(event: Event, day: show.Day) -> dict[str, str]:
    return {
        "fate": event.fate.value,
        "at": day(event.at),
        "status": event.status,
        "detail": event.detail,
        "source": event.source,
    }
