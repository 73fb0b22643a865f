"""A person's yes to what a plan showed: who may give it, and to what.

Rule: a yes has a name, and is recorded only for what could go out as it stands.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from newsletter.dispatch.ways import is_rehearsal
from newsletter.errors import NotReady, UsageError

if TYPE_CHECKING:
    from newsletter.delivery.ledger import Ledger
    from newsletter.mailing import Mailing
    from newsletter.pipeline import Planned

LONGEST_NAME = 100
"""It stands in one line of the page; the longest names of people have some sixty letters."""

_NO_LETTERS = frozenset({"Cc", "Cs"})
"""Control characters and halves of letters, as Unicode's general categories name them."""


def refusal(ledger: Ledger, mailing: Mailing, made: Planned) -> NotReady | None:
    """Why a real send of this plan may not go, if it may not; approval apart."""
    refused = made.refusal()
    if refused is not None:
        return refused
    if not mailing.report.has_id:
        return NotReady("the draft has no id", f"Write `id: {mailing.report.issue}` at its top.")
    other = ledger.find_same_content(mailing.content, issue=mailing.report.issue)
    if other is not None:
        return NotReady(
            f"this very report was already sent under the id '{other}'",
            f"Give the draft back its id, `id: {other}`, so that nobody gets it twice.",
        )
    return None


def signature(name: str) -> str:
    """A name as it is recorded, in one line. Raises `UsageError` for what is none."""
    tidied = " ".join(name.split())
    if not tidied:
        raise UsageError("a yes needs the name of who says it", "Write your name beside your yes.")
    if len(tidied) > LONGEST_NAME:
        raise UsageError(
            f"a name has at most {LONGEST_NAME} letters, and this has {len(tidied):,}", "Write your name alone."
        )
    if any(unicodedata.category(letter) in _NO_LETTERS for letter in tidied):
        raise UsageError("this name holds what is no letter", "Write it anew, by hand.")
    return tidied


def insist_on_real(mailing: Mailing) -> None:
    """Raise `UsageError` for a rehearsal: its receipt is another than that of the real send."""
    if is_rehearsal(mailing.transport):
        raise UsageError(
            "a rehearsal needs nobody's yes",
            "Choose how it goes out (at a terminal: --transport), and look at it again.",
        )


def approve(ledger: Ledger, mailing: Mailing, made: Planned, name: str) -> str:
    """Record a yes to all of this plan; who is on record and for how many, in words.

    Raises `UsageError` for a name that is none and for a rehearsal, `NotReady` for what may not go.
    """
    name = signature(name)
    insist_on_real(mailing)
    refused = refusal(ledger, mailing, made)
    if refused is not None:
        raise refused
    total = made.plan.total
    if not total:
        raise NotReady("everybody in these segments has had it already; there is nothing to approve")
    recorded = ledger.approve(mailing.report.issue, made.plan.receipt.value, name)
    copies = "1 copy" if total == 1 else f"{total:,} copies"
    if recorded != name:
        return f"{recorded} had said yes to {copies} before. Any change to them voids it."
    return f"{name} said yes to {copies}. Any change to them voids it."
