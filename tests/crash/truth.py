"""What the ledger says, held against what arrived: pure, and the heart of the crash tests.

Rule: ledger-accepted ⊆ arrived ⊆ ledger-accepted ∪ unknown, nobody twice, and everybody accounted for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from newsletter.delivery.outcome import State

SIX = ("accepted", "rejected", "suppressed", "deferred", "unknown", "pending")

_IN_DOUBT = frozenset({State.UNKNOWN, State.CLAIMED})
"""Of a dead process, a claim is as good as unknown until its journal is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Both sides of an issue at one moment in which no process is at work on it."""

    planned: frozenset[str] = field(repr=False)
    states: Mapping[str, State] = field(repr=False)
    """The ledger's rows by address; empty before the run is frozen."""
    arrived: Counter[str] = field(repr=False)
    """The writer's own copies aside."""
    status: Mapping[str, object] | None
    """`status --json`; None where it says that nothing was ever sent."""
    again: frozenset[str] = field(default=frozenset(), repr=False)
    """Those to whom a person asked to send a second time."""

    def having(self, *states: State) -> frozenset[str]:
        return frozenset(address for address, state in self.states.items() if state in states)

    @property
    def unknown(self) -> int:
        """How many people a settled crash left unknown."""
        return len(self.having(State.UNKNOWN))

    def faults(self) -> Iterator[str]:
        """What is not as promised at any moment after a crash. Numbers only, no addresses."""
        yield from self._books()
        arrived = frozenset(self.arrived)
        accepted = self.having(State.ACCEPTED)
        yield from _some("accepted in the ledger, and never arrived", accepted - arrived)
        yield from _some("arrived, and not sent by the ledger", arrived - accepted - self.having(*_IN_DOUBT))
        most = {address: 1 + (address in self.again) for address in arrived}
        yield from _some("twice", [address for address in arrived if self.arrived[address] > most[address]])

    def _books(self) -> Iterator[str]:
        """The sum, and everybody of the plan in it once the run is frozen."""
        if self.states and frozenset(self.states) != self.planned:
            yield "the ledger's people are not those of the plan"
        if self.status is None:
            if self.states:
                yield "a run stands in the ledger, and status knows nothing of it"
            return
        if self.status["planned"] != sum(int(str(self.status[name])) for name in SIX):
            yield "the sum is not closed"
        if self.status["planned"] != len(self.planned):
            yield f"{self.status['planned']} planned in status, and {len(self.planned)} in truth"
        if self.status["accepted"] != len(self.having(State.ACCEPTED)):
            yield "status and rows differ on those accepted"

    def faults_at_the_end(self) -> Iterator[str]:
        """What is not as promised once `resume` has ended by itself."""
        yield from self.faults()
        settled = self.having(State.ACCEPTED, State.UNKNOWN)
        yield from _some("neither accepted nor unknown at the end", self.planned - settled)
        if self.status is not None and self.status["state"] != "complete":
            yield f"{self.status['state']} at the end"


def _some(what: str, people: Collection[str]) -> Iterator[str]:
    if people:
        yield f"{len(people)} {what}"
