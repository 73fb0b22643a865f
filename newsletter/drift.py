"""Whether a list has become another since it was last used.

Rule: a list is compared with what the last real run used, and kept anew when the next is frozen: what the
ledger keeps is what was sent by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from newsletter.audience import Numbers, Roll, Snapshot
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.suppressions import Suppressed
from newsletter.delivery.used_lists import UsedList
from newsletter.workspace import Workspace

NOBODY = Suppressed(everywhere=frozenset(), by_list={})


@dataclass(frozen=True, slots=True)
class ToKeep:
    """The lists that a run uses and the ledger does not have so: watched while people are frozen, then kept."""

    rolls: Mapping[str, Roll]
    _hashes: Mapping[str, str]

    def kept(self) -> Iterator[UsedList]:
        """Each list as it was read. Only after the reading has come to its end."""
        for name, roll in self.rolls.items():
            people = roll.snapshot().to_bytes()
            yield UsedList(name=name, file_hash=self._hashes[name], people=people)


@dataclass(frozen=True)
class Drift:
    """Makes the rolls that watch a reading of the lists."""

    ledger: Ledger
    workspace: Workspace
    suppressed: Suppressed = field(default=NOBODY, repr=False)

    def changed(self, files: Iterable[str]) -> dict[str, Roll]:
        """A roll for each of these lists that was used and is another file now."""
        return {
            name: self.roll(name, used)
            for name in files
            if (used := self.ledger.lists.find(name)) is not None and used.file_hash != self._hash(name)
        }

    def to_keep(self, files: Iterable[str]) -> ToKeep:
        """Those of these lists that were never used, or are other files now."""
        hashes = {name: self._hash(name) for name in files}
        before = {name: self.ledger.lists.find(name) for name in hashes}
        rolls = {
            name: Roll(self._numbers)
            for name, used in before.items()
            if used is None or used.file_hash != hashes[name]
        }
        return ToKeep(rolls, hashes)

    def roll(self, name: str, used: UsedList | None) -> Roll:
        """What compares a list with itself as it was used."""
        stem = PurePath(name).stem
        return Roll(
            self._numbers,
            None if used is None else Snapshot.from_bytes(used.people),
            since="" if used is None else used.issue,
            suppressed=self.suppressed.everywhere,
            left=self.suppressed.by_list.get(stem, ()),
            known=self.ledger.lists.addresses(name, stem),
        )

    @property
    def _numbers(self) -> Numbers:
        return Numbers(self.workspace.secret())

    def _hash(self, name: str) -> str:
        with self.workspace.open_list(name) as stream:
            return self._numbers.file(stream)
