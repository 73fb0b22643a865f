"""Settling the unknown of an issue by what can be known.

Rule: a record of the other side is proof at once. Its absence is none, unless a person says so, and even then
only after a while: a provider may take a message long after the line to it broke.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter.delivery import fate
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import State
from newsletter.delivery.run import Row, Run
from newsletter.delivery.settling import Evidence
from newsletter.dispatch.ways import sendgrid_access, skeletons
from newsletter.model import Person
from newsletter.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a person brings to settle the unknown: copies that arrived, and the provider's events."""

    delivered: Sequence[bytes] = ()
    events: Sequence[fate.Event] = ()
    trust_absence: bool = False
    """That SendGrid's logs lack somebody counts as not sent, `settle_s` after the attempt."""
    settle_s: float = 1800


def reconcile(workspace: Workspace, ledger: Ledger, issue: str, proof: Proof) -> int:
    """Settle the unknown of an issue; the number settled."""
    settled = ledger.events.take(proof.events).settled + ledger.events.settle()
    for run in ledger.runs(issue):
        unknown = [row for row in ledger.accounts.rows(issue, {State.UNKNOWN}) if row.run == run.name]
        if not unknown:
            continue
        found = list(_arrived(workspace, ledger, run, unknown, proof.delivered))
        proved = {each.code for each in found}
        # Whoever was forgotten has no address to ask for.
        asked = [row for row in unknown if row.code not in proved and row.address]
        found += _logged(workspace, run, asked, trust_absence=proof.trust_absence)
        settled += ledger.settle_unknown(run, found, settle_s=proof.settle_s)
    return settled


def _arrived(
    workspace: Workspace, ledger: Ledger, run: Run, unknown: Sequence[Row], delivered: Sequence[bytes]
) -> Iterator[Evidence]:
    """Whose very message, by its Message-ID, is among the copies."""
    parsed = (email.message_from_bytes(copy, policy=email.policy.default) for copy in delivered)
    names = {str(copy["Message-ID"]).strip() for copy in parsed}
    made = skeletons(workspace, ledger.editions(run), ledger.headers(run), run=run.name) if names else {}
    for row in unknown if names else ():
        if made[row.segment].message_id(Person(row.id, row.address, row.code, ())) in names:
            yield Evidence(row.code, State.ACCEPTED, "a copy arrived")


def _logged(
    workspace: Workspace, run: Run, unknown: Sequence[Row], *, trust_absence: bool
) -> Iterator[Evidence]:
    """What SendGrid's logs say of these people of a run."""
    if run.transport != "sendgrid" or not unknown:
        return
    from newsletter.delivery.transports.sendgrid import open_account  # noqa: PLC0415 - a fifth of a second
    from newsletter.delivery.transports.sendgrid.account import Sought  # noqa: PLC0415

    sought = [Sought(person=row.id, address=row.address, code=row.code, attempt=row.attempt) for row in unknown]
    began = min(row.claimed_at or run.created_at for row in unknown)
    ended = max(row.settled_at or row.claimed_at or began for row in unknown)
    ended = max(ended, run.timing.start_at or 0.0)  # What was for later is on record when it leaves.
    found = open_account(sendgrid_access(workspace)).find_accepted(
        sought,
        since=datetime.fromtimestamp(began - _LOG_MARGIN_S, UTC),
        until=datetime.fromtimestamp(ended + _LOG_MARGIN_S, UTC),
    )
    for row in unknown:
        if row.id in found:
            yield Evidence(row.code, State.ACCEPTED, "SendGrid has it on record")
        elif trust_absence:
            yield Evidence(row.code, State.PENDING, "SendGrid has no record of it")


_LOG_MARGIN_S = 600
"""How far SendGrid's clock and ours, or its queue, may be apart."""
