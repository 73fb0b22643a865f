"""What the page may do, beside showing: record a yes, and send one test copy to the member.

Rule: each act reads the files again, goes no further if they are not what was seen, and stands in the audit
log.
"""

from __future__ import annotations

from dataclasses import replace

from newsletter import dispatch
from newsletter.address import mask
from newsletter.errors import NotReady
from newsletter.plan import Receipt, in_words
from newsletter.preview.desk import Desk, insist_on_choice


def approve(desk: Desk, *, receipt: str, name: str) -> str:
    """Note the member's yes to what this receipt stands for; what was done, in words.

    Raises `NotReady` if it has changed since it was shown, or may not be sent at all.
    """
    name = dispatch.signature(name)
    mailing = desk.fresh()
    insist_on_choice(mailing, desk.choice)
    dispatch.insist_on_real(mailing)
    said = {"draft": mailing.report.issue, "receipt": receipt, "name": name}
    with dispatch.open_ledger(mailing.workspace, desk.clock) as ledger, ledger.audit.act("approve", said):
        planned = dispatch.planned(ledger, mailing)
        if not planned.plan.receipt.matches(receipt):
            raise NotReady(_changed(desk, planned.plan.receipt), "Look at it again.")
        return dispatch.approve(ledger, mailing, planned, name)


def send_test(desk: Desk, segment: str | None) -> str:
    """Send a marked copy of an edition to the member's own address; what was done, in words.

    Raises `TransportStopped` and `NotReady` where it could not go.
    """
    mailing = desk.fresh()
    if segment == "":
        raise NotReady(
            "no segment gets the edition you look at", "Choose a segment's edition above; its copy can be sent."
        )
    chosen = segment if segment in mailing.segments else mailing.segments[0]
    own = mailing.workspace.settings.sender.from_
    said = {"draft": mailing.report.issue, "test": "the writer's own address"}
    with dispatch.open_ledger(mailing.workspace, desk.clock) as ledger, ledger.audit.act("send", said):
        run = dispatch.freeze_test(ledger, replace(mailing, segments=(chosen,)), [own])
        summary = dispatch.Carriage(workspace=mailing.workspace, clock=desk.clock).carry(ledger, run)
    if not summary.counts.accepted:
        raise NotReady(summary.reason or "the test copy was not taken", summary.hint)
    if mailing.transport == dispatch.OUTBOX:
        return f"A test copy stands in outbox/{run.issue}-test on this computer; nothing left it."
    return f"A test copy went to {mask(own)} by {mailing.transport}."


def _changed(desk: Desk, now: Receipt) -> str:
    """What is not as it was when the page was last drawn."""
    seen = desk.counted
    changed = seen.plan.receipt.changed(now) if seen else ()
    what = ", ".join(map(in_words, changed)) or "it is not the receipt of what is shown"
    return f"This has changed since you saw it: {what}."
