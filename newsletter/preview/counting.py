"""Who gets it, counted once and kept: an edit of the draft's words does not read the lists again.

Rule: what is kept is used only while everything that decides who gets the mail is unchanged; the receipt is
always that of the mailing at hand.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date

from newsletter import dispatch, plan
from newsletter.checks import SpamScore
from newsletter.delivery.ledger import Ledger
from newsletter.errors import NotReady
from newsletter.mailing import Mailing
from newsletter.model import Edition
from newsletter.pipeline import Planned, preflight
from newsletter.plan import Plan, Proposal
from newsletter.preview.people import Crowd

Stamp = tuple[tuple[str, int, int], ...]
"""Of each file its name, when it was last written (ns), and its size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """All that decides who gets the mail and what is merged for them."""

    lists: Stamp
    matched: tuple[str, ...]
    """The segments that rows are sorted into, in order of precedence."""
    sent_to: tuple[str, ...]
    consent_required: bool
    today: date | None
    """Until which day consent counts."""
    merged: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    """Of each edition its fields, and those without a default."""
    suppressed: Container[str] = field(repr=False)
    left: Mapping[str, Container[str]] = field(repr=False)
    already: Container[str] = field(repr=False)
    before: frozenset[str] | None = field(repr=False)
    """Who had the last issue, if there was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A plan with everybody in it."""

    mailing: Mailing
    basis: Basis
    planned: Planned
    refusal: NotReady | None
    """Why it may not go, if it may not."""
    crowd: Crowd = field(repr=False)
    last_issue: str | None
    gone: tuple[str, ...] = field(repr=False)
    """The keys of those who had the last issue and will not have this one."""
    approved_by: str | None

    @property
    def plan(self) -> Plan:
        return self.planned.plan


def count(
    ledger: Ledger, mailing: Mailing, lists: Stamp, kept: Counted | None, *, spam: SpamScore | None = None
) -> Counted:
    """Count a mailing, or take over what was `kept` where nothing about the people has changed.

    `spam` is what SpamAssassin said of it, if it was asked.
    Raises `SourceError` where a segment matches nobody.
    """
    proposal = dispatch.proposal(ledger, mailing)
    last = _last_issue(ledger, mailing.report.issue)
    basis = _basis(mailing, proposal, lists, None if last is None else ledger.accounts.had(last))
    if kept is not None and kept.basis == basis:
        made, crowd, gone = plan.reworded(kept.plan, proposal), kept.crowd, kept.gone
    else:
        crowd = Crowd(mailing.segments, mailing.audience.columns, basis.before)
        made = plan.make(proposal, crowd.add, dispatch.rolls(ledger, mailing, proposal))
        dispatch.insist_on_people(mailing)
        gone = tuple(crowd.gone())
    mailing.workspace.remember_receipt(made.receipt.value, made.receipt.components)
    found = preflight(mailing, made, dispatch.world(ledger, mailing, spam))
    planned = Planned(
        title=mailing.report.title, plan=made, preflight=found, proposal=proposal, paper=mailing.paper
    )
    return Counted(
        mailing=mailing,
        basis=basis,
        planned=planned,
        refusal=refusal(ledger, mailing, planned),
        crowd=crowd,
        last_issue=last,
        gone=gone,
        approved_by=ledger.approved(mailing.report.issue, made.receipt.value),
    )


def refusal(ledger: Ledger, mailing: Mailing, planned: Planned) -> NotReady | None:
    """Why this may not go, if it may not; a rehearsal has less to fulfil."""
    if dispatch.is_rehearsal(mailing.transport):
        return planned.refusal()
    return dispatch.refusal(ledger, mailing, planned)


def _basis(mailing: Mailing, proposal: Proposal, lists: Stamp, before: frozenset[str] | None) -> Basis:
    return Basis(
        lists=lists,
        matched=tuple(segment.name for segment in mailing.audience.segments),
        sent_to=mailing.segments,
        consent_required=mailing.audience.consent_required,
        today=mailing.audience.today,
        merged=tuple((name, each.fields, _required(each)) for name, each in mailing.editions.items()),
        suppressed=proposal.suppressed,
        left=proposal.left,
        already=proposal.already,
        before=before,
    )


def _required(edition: Edition) -> tuple[str, ...]:
    slots = (slot for part in (edition.subject, edition.html, edition.text) for slot in part.slots)
    return tuple(sorted({slot.field for slot in slots if slot.default is None}))


def _last_issue(ledger: Ledger, issue: str) -> str | None:
    """The newest other issue that was really sent."""
    return next((name for name in ledger.issues() if name != issue), None)
