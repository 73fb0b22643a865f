"""What is said of runs that the workers of several machines carry."""

from __future__ import annotations

from collections.abc import Iterable

from newsletter import dispatch
from newsletter.cli import show
from newsletter.delivery.books import Ending
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.run import Run
from newsletter.errors import UsageError
from newsletter.workspace import Workspace


def insist_on_sharing(ledger: Ledger) -> None:
    """Raise `UsageError` where no worker could take over."""
    if not ledger.is_shared:
        raise UsageError(
            "--no-wait leaves the sending to workers, and a ledger in SQLite has none",
            "Leave it out, or set NEWSLETTER_DATABASE to a PostgreSQL that the workers share.",
        )


def leave_to_workers(
    workspace: Workspace, ledger: Ledger, issue: str, runs: Iterable[Run], *, as_json: bool
) -> int:
    """Put these runs of an issue into the queue of the workers, and wait for nobody."""
    for run in runs:
        dispatch.hand_on(workspace, ledger, run)
    show.say(f"the workers have it; how it stands: newsletter status {issue}")
    tell(ledger, issue)
    stands = ledger.accounts.status(issue)
    if as_json and stands is not None:
        show.json(show.status_json(stands))
    return 0


def tell(ledger: Ledger, issue: str) -> None:
    """Who is at it, and why nobody is, where the workers all stopped."""
    if not ledger.is_shared:
        return
    number = ledger.sharing.workers()
    lives = show.counted(number, "worker lives", "workers live")
    show.say(f"{lives} on all machines" if number else "no worker lives; start one: newsletter worker")
    for run in ledger.runs(issue):
        if run.halted:
            show.say(f"halted: {run.halted}")


_WORDS = {
    Ending.CANARY: ("the first have it, and the others wait for a word", " --go-on"),
    Ending.LATE: ("the time after which nothing may leave has come", " --not-after TIME"),
}
"""What an ending means for those who are left, and what `resume` wants to be told to go on."""


def tell_next(ledger: Ledger, issue: str, due: str, endings: Iterable[Ending]) -> None:
    """What happens to those who are still to be mailed."""
    said, option = next((_WORDS[ending] for ending in endings if ending in _WORDS), ("", ""))
    if said:
        show.say(said)
    carried = ledger.is_shared and not any(run.halted or run.stop_at is not None for run in ledger.runs(issue))
    if carried and not said and ledger.sharing.workers():
        show.say(f"the workers go on with the others{due}; to stop them: newsletter stop {issue}")
    else:
        show.say(f"to go on: newsletter resume {issue}{option}{due}")
