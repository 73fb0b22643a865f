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

    def numbered(self, key: str) -> Iterator[str]:
        """The lists that hold a person's number, as they were last used."""
        person = self._numbers.person(key)
        for name in self.ledger.lists.names():
            used = self.ledger.lists.find(name)
            if used is not None and person in Snapshot.from_bytes(used.people):
                yield name

    def unchanged(self, name: str) -> bool:
        """Whether a list is the very file that was last used."""
        used = self.ledger.lists.find(name)
        return used is not None and name in self.workspace.list_names() and used.file_hash == self._hash(name)

    def forget(self, key: str, name: str, *, unchanged: bool) -> None:
        """Take a person out of what is kept of a list, which was `unchanged` before its file lost them too."""
        used = self.ledger.lists.find(name)
        if used is not None:
            without = Snapshot.from_bytes(used.people).without(self._numbers.person(key))
            file_hash = self._hash(name) if unchanged else used.file_hash
            self.ledger.lists.replace(UsedList(name=name, file_hash=file_hash, people=without.to_bytes()))

    @property
    def _numbers(self) -> Numbers:
        return Numbers(self.workspace.secret())

    def _hash(self, name: str) -> str:
        with self.workspace.open_list(name) as stream:
            return self._numbers.file(stream)
