"""What became of a list since it was last used: who is new, who is gone, whose row has changed.

Rule: what is kept of a list is no list. Each person is eight bytes and their row four, made with the
workspace's secret, so that they can be compared and not read.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import IO

from newsletter import address
from newsletter.audience.lists import EMAIL, CsvList

EXAMPLES_SHOWN = 3

Note = Callable[[str, list[str]], None]
"""Told the address and the cells of each good row."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The people of a list, in the order of their numbers, and of each the number of their row."""

    people: array[int] = field(default_factory=lambda: array("Q"), repr=False)
    rows: array[int] = field(default_factory=lambda: array("I"), repr=False)

    @classmethod
    def from_bytes(cls, kept: bytes) -> Snapshot:
        """As `to_bytes` made them."""
        snapshot = cls()
        end = len(kept) * snapshot.people.itemsize // (snapshot.people.itemsize + snapshot.rows.itemsize)
        snapshot.people.frombytes(kept[:end])
        snapshot.rows.frombytes(kept[end:])
        return snapshot

    def to_bytes(self) -> bytes:
        return self.people.tobytes() + self.rows.tobytes()

    def __contains__(self, person: int) -> bool:
        at = bisect_left(self.people, person)
        return at < len(self.people) and self.people[at] == person

    def without(self, person: int) -> Snapshot:
        """As if the list had never held this person."""
        if person not in self:
            return self
        at = bisect_left(self.people, person)
        return Snapshot(self.people[:at] + self.people[at + 1 :], self.rows[:at] + self.rows[at + 1 :])


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of one list; people are counted once, rows that cannot be used one by one."""

    file: str
    since: str
    """What it was last used for; empty where it never was, and everybody is new."""
    people: int
    before: int
    """How many people it held then."""
    new: int
    gone: int
    changed: int
    """Those of whom any other cell is not what it was."""
    refused: int
    """Rows that cannot be used."""
    opted_out: int
    """People on it who are suppressed."""
    new_examples: tuple[str, ...] = ()
    """A few of them, masked."""
    changed_examples: tuple[str, ...] = ()
    gone_examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        """In words, for people."""
        if not self.since:
            return f"never used before: {self.people:,} people"
        parts = (
            (self.new, "new", self.new_examples),
            (self.gone, "gone", self.gone_examples),
            (self.changed, "changed", self.changed_examples),
        )
        said = [_counted(*part) for part in parts if part[0]]
        opted_out = f"; {self.opted_out:,} of its people opted out" if self.opted_out else ""
        return f"since {self.since}: {', '.join(said) or 'nobody new, gone or changed'}{opted_out}"

    @property
    def moved(self) -> int:
        """How many people are new, gone or changed."""
        return self.new + self.gone + self.changed

    @property
    def percent(self) -> float:
        """How many that is of those whom it held; nothing, where it never was used."""
        return self.moved * 100 / max(self.before, 1) if self.since else 0.0


class Numbers:
    """People and rows as numbers that only the secret can make."""

    def __init__(self, secret: bytes) -> None:
        key = blake2b(secret, digest_size=32, person=b"newsletter roll").digest()
        self._people = blake2b(key=key, digest_size=8)
        self._rows = blake2b(key=key, digest_size=4)
        self._files = blake2b(key=key, digest_size=16)

    def person(self, key: str) -> int:
        """The number of a mailbox, by its key."""
        hashed = self._people.copy()
        hashed.update(key.encode())
        return int.from_bytes(hashed.digest(), "little")

    def file(self, stream: IO[bytes]) -> str:
        """The number of a whole file, as text."""
        hashed = self._files.copy()
        while chunk := stream.read(1 << 20):
            hashed.update(chunk)
        return hashed.hexdigest()

    def row(self, text: str) -> int:
        """The number of what a row says."""
        hashed = self._rows.copy()
        hashed.update(text.encode())
        return int.from_bytes(hashed.digest(), "little")


class Roll:
    """Watches one reading of one list."""

    def __init__(
        self,
        numbers: Numbers,
        before: Snapshot | None = None,
        *,
        since: str = "",
        suppressed: Container[str] = (),
        left: Container[str] = (),
        known: Iterable[str] = (),
    ) -> None:
        """`before` is the list as it was last used, for the issue `since`; without it nothing is compared.

        `suppressed` are the keys of those who left everything, `left` of those who left this list. Among the
        addresses `known` from elsewhere, which are asked for last, those who are gone are looked for.
        """
        self._numbers = numbers
        self._since = since
        self._compares = before is not None
        self._before = before or Snapshot()
        self._known = known
        self._suppressed, self._left = suppressed, left
        self._met = bytearray(len(self._before.people))
        self._now = Snapshot()
        self._new = array("Q")
        self._changed = 0
        self._opted_out: set[int] = set()
        self._new_examples: list[str] = []
        self._changed_examples: list[str] = []

    def watch(self, held: CsvList) -> Note:
        """The function to be told of every row of this list."""
        named = sorted((name, at) for at, name in enumerate(held.columns) if name != EMAIL)
        key_of, person_of, row_of = address.key, self._numbers.person, self._numbers.row
        compares = self._compares
        note_person, note_row = self._now.people.append, self._now.rows.append

        def note(written: str, cells: list[str]) -> None:
            key = key_of(written)
            person = person_of(key)
            # A blank cell says as little as a column that is not there.
            row = row_of("\x1f".join([f"{name}={cells[at]}" for name, at in named if cells[at]]))
            note_person(person)
            note_row(row)
            if compares:
                self._compare(person, row, written)
            if key in self._suppressed or key in self._left:
                self._opted_out.add(person)

        return note

    def _compare(self, person: int, row: int, written: str) -> None:
        people = self._before.people
        at = bisect_left(people, person)
        if at == len(people) or people[at] != person:
            self._new.append(person)
            _example(self._new_examples, written)
        elif not self._met[at]:
            # Of several rows of one person the first counts, here as in the plan.
            self._met[at] = 1
            if self._before.rows[at] != row:
                self._changed += 1
                _example(self._changed_examples, written)

    def snapshot(self) -> Snapshot:
        """The list as it was read; of several rows of one person the first."""
        people, rows = self._now.people, self._now.rows
        now = Snapshot()
        for some in _in_parts(people):
            for at in sorted(some, key=people.__getitem__):
                if not now.people or now.people[-1] != people[at]:
                    now.people.append(people[at])
                    now.rows.append(rows[at])
        return now

    def change(self, file: str, *, refused: int) -> Change:
        """What the reading found, at its end."""
        new = len(set(self._new if self._compares else self._now.people))
        return Change(
            file=file,
            since=self._since,
            people=new + self._met.count(1),
            before=len(self._before.people),
            new=new,
            gone=self._met.count(0),
            changed=self._changed,
            refused=refused,
            opted_out=len(self._opted_out),
            new_examples=tuple(self._new_examples),
            changed_examples=tuple(self._changed_examples),
            gone_examples=self._gone_examples() if 0 in self._met else (),
        )

    def _gone_examples(self) -> tuple[str, ...]:
        people, found = self._before.people, list[str]()
        for written in self._known:
            person = self._numbers.person(address.key(written))
            at = bisect_left(people, person)
            if at < len(people) and people[at] == person and not self._met[at]:
                _example(found, written)
                if len(found) == EXAMPLES_SHOWN:
                    break
        return tuple(found)


def _in_parts(people: array[int]) -> list[array[int]]:
    """The places of people by the first byte of their numbers: a million sorted at once take 90 bytes each."""
    parts = [array("I") for _ in range(256)]
    for at, person in enumerate(people):
        parts[person >> 56].append(at)
    return parts


def _counted(number: int, what: str, examples: Iterable[str]) -> str:
    shown = ", ".join(examples)
    return f"{number:,} {what}" + (f" ({shown})" if shown else "")


def _example(kept: list[str], written: str) -> None:
    if len(kept) < EXAMPLES_SHOWN:
        kept.append(address.mask(written))
