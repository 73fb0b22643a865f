"""The dry run: who gets which edition, how many, who does not and why, and the receipt that binds a send to it.

Rule: pure, and one pass. The receipt covers whatever changes what somebody receives, before suppressions are
taken off: a new opt-out shrinks the send and changes nothing else.
"""

from __future__ import annotations

import json
from base64 import b32encode
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from typing import Any

from newsletter.address import mask
from newsletter.audience import Audience, Change, ListReport, Roll, sign_up
from newsletter.errors import NotReady
from newsletter.model import SIGN_UP, UNSUBSCRIBE, Edition, Headers, Pieces, Recipient

REASONS = ("suppressed", "duplicate", "other_segment", "no_consent", "already_sent")
"""Why a matching row is not sent to. Of several reasons that hold, a row counts under the first of:
duplicate, other_segment, suppressed, no_consent, already_sent."""

_MAY_HAVE_LEFT = (None, "no_consent")

EXAMPLES_SHOWN = 3

_LINES_AT_ONCE = 1000
"""People hashed by one call, which takes as long as hashing a person does."""

Values = tuple[str | None, ...]
"""What is merged for one person, aligned with `Edition.fields`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits that the sender agreed to."""

    max_recipients: int
    drift_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """All that a plan is made of."""

    issue: str
    audience: Audience
    """Of every segment of the draft, so that precedence holds even for those not sent to now."""
    editions: Mapping[str, Edition]
    """Of each segment to send to now."""
    headers: Headers
    transport: str
    transport_settings: Mapping[str, object] = field(default_factory=dict)
    """Those that change what is sent or by whom; no secrets."""
    limits: Limits
    suppressed: Container[str] = frozenset()
    """Keys of those who left; asked once for each person."""
    left: Mapping[str, Container[str]] = field(default_factory=dict)
    """A list's name → keys of those who left that list alone: a row of another list may count for them."""
    already: Container[str] = frozenset()
    """Keys of those who have had, or may have had, this issue."""
    lifted: str | None = None
    """Which suppression was lifted last: somebody could get mail again since then."""

    def __post_init__(self) -> None:
        unknown = set(self.editions) - {segment.name for segment in self.audience.segments}
        if unknown:
            raise ValueError(f"editions for segments that are not in the audience: {sorted(unknown)}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a plan was made of, as one hash for each component."""

    components: Mapping[str, str]

    @property
    def value(self) -> str:
        """The receipt for people to copy: 20 letters and digits (100 bits) in groups of four."""
        text = b32encode(bytes.fromhex(_digest(dict(self.components)))).decode("ascii").lower()[:20]
        return "-".join(text[start : start + 4] for start in range(0, len(text), 4))

    def matches(self, text: str) -> bool:
        """Whether a person typed this receipt, whatever the case, spaces and hyphens."""
        return "".join(filter(str.isalnum, text)).lower() == self.value.replace("-", "")

    def changed(self, other: Receipt) -> tuple[str, ...]:
        """The components that differ, in the order in which `in_words` is best read out."""
        named = dict.fromkeys([*self.components, *other.components])
        return tuple(name for name in named if self.components.get(name) != other.components.get(name))


def in_words(component: str) -> str:
    """A component of a receipt for people: `edition:members` is “the text of the edition for members”."""
    kind, _, segment = component.partition(":")
    return {
        "edition": f"the text of the edition for {segment}",
        "attachment": "the print edition that is attached",
        "headers": "the sender or another header",
        "transport": "the way it is sent",
        "limits": "the limits",
        "audience": "the list of people or their details",
        "lifted": "an opt-out that was lifted",
    }.get(kind, component)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentPlan:
    """What a send would do in one segment: `matched` = `to_send` + the sum of `excluded`."""

    name: str
    title: str
    matched: int
    to_send: int
    excluded: Mapping[str, int]
    """Each of `REASONS` → number of rows."""
    examples: tuple[str, ...] = ()
    """A few of those to send to, masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a send would do."""

    issue: str
    transport: str
    receipt: Receipt
    segments: tuple[SegmentPlan, ...]
    lists: tuple[ListReport, ...]
    missing: Mapping[str, int]
    """Merge field without a default → number of people to send to who lack it."""
    changes: tuple[Change, ...]
    """The lists that are not what they were when they were last used, or never were."""
    shared: int
    """Addresses that people of different names share; each is one recipient."""
    max_recipients: int

    @property
    def total(self) -> int:
        """How many would get it."""
        return sum(segment.to_send for segment in self.segments)

    @property
    def over_cap(self) -> int:
        """How many more than `max_recipients` that is."""
        return max(0, self.total - self.max_recipients)

    @property
    def nobody(self) -> tuple[str, ...]:
        """The segments that would reach nobody."""
        return tuple(segment.name for segment in self.segments if not segment.to_send)


def why_not(reason: str | None, key: str, suppressed: Container[str]) -> str | None:
    """Why a row is not sent to, once it is known who left; `reason` is the audience's."""
    if reason == "left" or (reason in _MAY_HAVE_LEFT and key in suppressed):
        return "suppressed"
    return reason


Seen = Callable[[Recipient, str | None], None]
"""Told of each row of the chosen segments, and why it is left out, if it is."""


def make(proposal: Proposal, seen: Seen | None = None, rolls: Mapping[str, Roll] | None = None) -> Plan:
    """Plan a send. Reads the audience once, to its end; `seen` may look on, and `rolls` at the lists."""
    reading = _Reading(proposal, rolls)
    counts = {name: Counter[str | None]() for name in proposal.editions}
    examples: dict[str, list[str]] = {name: [] for name in proposal.editions}
    missing: Counter[str] = Counter()
    required = {name: _required(edition) for name, edition in proposal.editions.items()}
    for recipient, values, reason in reading:
        segment = recipient.segment
        counts[segment][reason] += 1
        if seen is not None:
            seen(recipient, reason)
        if reason is None:
            if not all(values):
                for place, name in required[segment]:
                    missing[name] += values[place] is None
            if len(examples[segment]) < EXAMPLES_SHOWN:
                examples[segment].append(mask(recipient.address))
    return Plan(
        issue=proposal.issue,
        transport=proposal.transport,
        receipt=reading.receipt(),
        segments=tuple(
            SegmentPlan(
                name=segment.name,
                title=segment.title,
                matched=counts[segment.name].total(),
                to_send=counts[segment.name][None],
                excluded={reason: counts[segment.name][reason] for reason in REASONS},
                examples=tuple(examples[segment.name]),
            )
            for segment in proposal.audience.segments
            if segment.name in proposal.editions
        ),
        lists=proposal.audience.lists,
        changes=changes(proposal.audience, rolls or {}),
        missing=dict(+missing),
        shared=proposal.audience.shared,
        max_recipients=proposal.limits.max_recipients,
    )


def reworded(made: Plan, proposal: Proposal) -> Plan:
    """The plan again, without reading the lists: for a proposal that differs from `made`'s in words alone.

    The caller answers for that: the same lists, segments, opt-outs and fields to merge, with and without a
    default.
    """
    return replace(
        made,
        issue=proposal.issue,
        transport=proposal.transport,
        receipt=_receipt(proposal, made.receipt.components["audience"]),
        max_recipients=proposal.limits.max_recipients,
    )


def changes(audience: Audience, rolls: Mapping[str, Roll]) -> tuple[Change, ...]:
    """What the rolls have found, in the order of the lists. Only after the reading has come to its end."""
    return tuple(
        rolls[held.file].change(held.file, refused=held.invalid)
        for held in audience.lists
        if held.file in rolls
    )


def recipients(
    proposal: Proposal, receipt: Receipt, rolls: Mapping[str, Roll] | None = None
) -> Iterator[tuple[Recipient, Values]]:
    """Everybody to send to, with what is merged for them: the second pass, for freezing a run.

    Consume it inside one transaction: only at its end can it raise `NotReady`, if what was read is not what
    the receipt was given for.
    """
    reading = _Reading(proposal, rolls)
    for recipient, values, reason in reading:
        if reason is None:
            yield recipient, values
    changed = receipt.changed(reading.receipt())
    if changed:
        what = ", ".join(map(in_words, changed))
        raise NotReady(f"This changed while it was being planned: {what}.", "Nothing was sent. Plan again.")


def values_of(edition: Edition, recipient: Recipient) -> Values:
    """What an edition merges for one person."""
    return _merger(edition)(recipient.fields)


def to_json(plan: Plan, *, verdict: str, problems: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """The plan as `plan --json` prints it; `problems` have code, severity, message and where."""
    return {
        "issue": plan.issue,
        "receipt": plan.receipt.value,
        "transport": plan.transport,
        "total": plan.total,
        "segments": [
            {
                "name": segment.name,
                "title": segment.title,
                "matched": segment.matched,
                "to_send": segment.to_send,
                "excluded": dict(segment.excluded),
            }
            for segment in plan.segments
        ],
        "lists": lists_as_json(plan.lists, plan.changes),
        "checks": {"verdict": verdict, "problems": [dict(problem) for problem in problems]},
    }


def lists_as_json(lists: Iterable[ListReport], found: Iterable[Change]) -> list[dict[str, Any]]:
    """The lists, and what became of them since they were last used."""
    by_file = {each.file: each for each in found}
    return [
        {
            "file": held.file,
            "rows": held.rows,
            "invalid": held.invalid,
            "changes": _change(by_file.get(held.file)),
        }
        for held in lists
    ]


def _change(found: Change | None) -> dict[str, Any] | None:
    if found is None:
        return None
    names = ("people", "before", "new", "gone", "changed", "refused", "opted_out")
    return {"since": found.since or None} | {name: getattr(found, name) for name in names}


class _Reading:
    """One pass over the audience: everybody of the chosen segments, and the digest of whom it was made."""

    def __init__(self, proposal: Proposal, rolls: Mapping[str, Roll] | None) -> None:
        self._proposal = proposal
        self._rolls = rolls
        self._people = sha256()

    def __iter__(self) -> Iterator[tuple[Recipient, Values, str | None]]:
        """Each row of the chosen segments: what is merged (nothing for most excluded rows), and why not."""
        mergers = {name: _merger(edition) for name, edition in self._proposal.editions.items()}
        suppressed, already = self._proposal.suppressed, self._proposal.already
        lines: list[str] = []
        for recipient, reason in self._proposal.audience.read(self._proposal.left, self._rolls):
            written, key, segment, known, _ = recipient  # At once, as this runs half a million times.
            merged = mergers.get(segment)
            if merged is None:
                continue
            values: Values = ()
            if reason is None or reason == "left":
                # Whoever left one list counts as if they had not: leaving alone changes no receipt.
                values = merged(known)
                lines.append(_line(segment, written, values))
                if len(lines) == _LINES_AT_ONCE:
                    self._people.update("".join(lines).encode())
                    lines.clear()
            why = why_not(reason, key, suppressed)
            yield recipient, values, "already_sent" if why is None and key in already else why
        self._people.update("".join(lines).encode())

    def receipt(self) -> Receipt:
        """The receipt of what has been read. Only after the pass has come to its end."""
        return _receipt(self._proposal, self._people.hexdigest())


def _receipt(made: Proposal, people: str) -> Receipt:
    """The receipt of a proposal; `people` is the digest of everybody in it."""
    headers = {item.name: getattr(made.headers, item.name) for item in fields(Headers)}
    # A plan is made before the hour of sending is known.
    del headers["sent_at"]
    limits = {item.name: getattr(made.limits, item.name) for item in fields(Limits)}
    editions = sorted(made.editions.items())
    files = {
        name: (edition.attachment.name, edition.attachment.encoded)
        for name, edition in editions
        if edition.attachment
    }
    return Receipt(
        {f"edition:{name}": _digest(_said(made.issue, edition)) for name, edition in editions}
        | ({"attachment": _digest(files)} if files else {})
        | {
            "headers": _digest(headers),
            "transport": _digest({"name": made.transport, "settings": dict(made.transport_settings)}),
            "limits": _digest(limits),
            "audience": people,
            "lifted": _digest(made.lifted),
        }
    )


def _merger(edition: Edition) -> Callable[[Mapping[str, str]], Values]:
    """A function from a person's fields to what the edition merges, made once for 500,000 people."""
    names = edition.fields
    if SIGN_UP not in names:
        return lambda known: tuple(map(known.get, names))
    place = names.index(SIGN_UP)
    before, after = names[:place], names[place + 1 :]
    return lambda known: (*map(known.get, before), sign_up(known), *map(known.get, after))


def _required(edition: Edition) -> list[tuple[int, str]]:
    """The fields that some slot has no default for: their place in the values, and their name."""
    slots = (slot for part in (edition.subject, edition.html, edition.text) for slot in part.slots)
    lacking = {slot.field for slot in slots if slot.default is None} - {UNSUBSCRIBE}
    return [(place, name) for place, name in enumerate(edition.fields) if name in lacking]


def _said(issue: str, edition: Edition) -> list[object]:
    """All of an edition that reaches a reader, or decides what does."""
    parts = [_listed(part) for part in (edition.subject, edition.html, edition.text)]
    return [issue, edition.issue, edition.segment, edition.lang, edition.fields, *parts]


def _listed(pieces: Pieces) -> list[object]:
    return [pieces.statics, [(slot.field, slot.default, slot.context) for slot in pieces.slots]]


def _line(segment: str, address: str, values: Values) -> str:
    """One person, unmistakably: cells hold no control character, so these three can mark and part them."""
    said = values if all(values) else ["\x00" if value is None else value for value in values]
    return "\x1f".join((segment, address, *said)) + "\x1e"


def _digest(value: object) -> str:
    """SHA-256 over a value's JSON. A value that JSON does not know counts by its text."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(text.encode()).hexdigest()
