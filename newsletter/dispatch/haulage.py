"""What a worker does its jobs with: lines, encoded editions and breakers that outlast a job.

Rule: everything a reader could tell apart comes from what was frozen with the run; of the worker's own settings
only the way to the relay, the key and the password count.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from threading import Event, Lock

from newsletter.delivery.books import Policy
from newsletter.delivery.breaker import Breaker
from newsletter.delivery.clock import Clock
from newsletter.delivery.engine import Summary, deliver
from newsletter.delivery.kept import Kept
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.run import Run
from newsletter.dispatch.ways import OUTBOX, skeletons, transport_for
from newsletter.message import Skeleton
from newsletter.workspace import Workspace

_RUNS_KEPT = 8


@dataclass
class _Freight:
    """What is made once for all jobs of a run."""

    skeletons: dict[str, Skeleton]
    transport: Kept
    breaker: Breaker = field(default_factory=Breaker)


class Haulage:
    """Carries parts of runs, several at once."""

    def __init__(self, workspace: Workspace, *, clock: Clock, stop: Event, at_once: int) -> None:
        self._workspace = workspace
        self._clock = clock
        self._stop = stop
        self._at_once = at_once
        self._lock = Lock()
        self._freights: OrderedDict[int, _Freight] = OrderedDict()

    def carry(self, ledger: Ledger, part: Run) -> Summary:
        """Deliver what a part of a run still owes. Raises `SettingsError` for a way out that cannot be."""
        freight = self._freight(ledger, part)
        summary = deliver(
            ledger,
            part,
            freight.transport,
            freight.skeletons,
            clock=self._clock,
            stop=self._stop,
            policy=Policy(per_second=part.per_second),
            breaker=freight.breaker,
        )
        if freight.breaker.reason is not None:
            with self._lock:  # Resumed by a person, it is judged anew.
                self._freights.pop(part.id, None)
        return summary

    def hang_up(self) -> None:
        """Close the lines that are kept."""
        with self._lock:
            for freight in self._freights.values():
                freight.transport.hang_up()

    def _freight(self, ledger: Ledger, run: Run) -> _Freight:
        with self._lock:
            if run.id not in self._freights:
                self._freights[run.id] = self._loaded(ledger, run)
            self._freights.move_to_end(run.id)
            while len(self._freights) > _RUNS_KEPT:
                self._freights.popitem(last=False)[1].transport.hang_up()
            return self._freights[run.id]

    def _loaded(self, ledger: Ledger, run: Run) -> _Freight:
        workspace = _as_frozen(self._workspace, run)
        transport = transport_for(workspace, run.transport, outbox=workspace.root / OUTBOX)
        made = skeletons(workspace, ledger.editions(run), ledger.headers(run), run=run.name)
        return _Freight(made, Kept(transport, max(1, transport.lines // self._at_once)))


def _as_frozen(workspace: Workspace, run: Run) -> Workspace:
    """The workspace, with what its requests ask for as the run has it."""
    settings = workspace.settings
    sendgrid = settings.sendgrid.model_copy(update={"unsubscribe_group": run.unsubscribe_group})
    return replace(workspace, settings=settings.model_copy(update={"sendgrid": sendgrid}))
