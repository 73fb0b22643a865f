"""Everybody of a plan, held so that 100,000 can be searched, paged and stepped through at once.

Rule: one pass fills it, while the plan is made. A row is a stretch of bytes, not an object: about 150 bytes a
person, and a search is one walk over memory.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from newsletter import address
from newsletter.model import Recipient
from newsletter.plan import REASONS

_CELL = "\x1f"
_ROW = "\n"
_EXCLUDED = {reason: number for number, reason in enumerate(REASONS, 1)}
_NEW = 0x80
"""The bit of somebody who did not have the last issue."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list, as it was planned."""

    recipient: Recipient = field(repr=False)
    reason: str | None
    """Why they get nothing by this row; None for those who get the mail."""
    is_new: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are asked for. Empty means every."""

    segments: frozenset[str] = frozenset()
    reasons: frozenset[str | None] = frozenset()
    text: str = ""
    only_new: bool = False


class Crowd:
    """The rows of the chosen segments, in the order in which they were read."""

    def __init__(
        self, segments: Collection[str], columns: Collection[str], before: frozenset[str] | None
    ) -> None:
        """`before` are the keys of those who had the last issue, if there was one."""
        self.segments = tuple(segments)
        self._columns = tuple(sorted(columns))
        self._before = before
        self._rows = bytearray()
        self._starts = array("Q")
        self._searched = bytearray()
        self._searched_starts = array("Q")
        self._kinds = bytearray()
        self._segments = array("H")
        self._staying: set[str] = set()
        self.new = 0
        self._longest: dict[str, tuple[int, int]] = {}
        self._nameless: dict[str, array[int]] = {name: array("L") for name in self.segments}
        self._sent: dict[str, array[int]] = {name: array("L") for name in self.segments}

    def __len__(self) -> int:
        return len(self._kinds)

    def add(self, recipient: Recipient, reason: str | None) -> None:
        """Note a row. This is what 100,000 rows go through."""
        number, segment = len(self._kinds), recipient.segment
        cells = [recipient.fields.get(column, "") for column in self._columns]
        self._starts.append(len(self._rows))
        self._rows += f"{recipient.address}{_CELL}{_CELL.join(cells)}".encode()
        self._searched_starts.append(len(self._searched))
        searched = f"{_ROW}{recipient.key}{_CELL}{recipient.address}{_CELL}{_CELL.join(cells)}{_CELL}"
        self._searched += searched.casefold().encode()
        self._segments.append(self.segments.index(segment))
        kind = 0 if reason is None else _EXCLUDED[reason]
        if reason is None:
            self._note_reader(number, recipient)
        if self._before is not None and reason in {None, "already_sent"}:
            if recipient.key in self._before:
                self._staying.add(recipient.key)
            else:
                kind |= _NEW
                self.new += 1
        self._kinds.append(kind)

    def _note_reader(self, number: int, recipient: Recipient) -> None:
        segment = recipient.segment
        self._sent[segment].append(number)
        first = recipient.fields.get("first_name", "")
        if not first:
            self._nameless[segment].append(number)
        length = len(f"{first} {recipient.fields.get('last_name', '')}")
        if length > self._longest.get(segment, (0, 0))[0]:
            self._longest[segment] = (length, number)

    def gone(self) -> list[str]:
        """The keys of those who had the last issue and will not have this one, by the alphabet."""
        return sorted(self._before - self._staying) if self._before is not None else []

    def row(self, number: int) -> Row:
        """One row by its number."""
        start, end = _stretch(self._starts, number, len(self._rows))
        written, *cells = self._rows[start:end].decode().split(_CELL)
        kind = self._kinds[number]
        reason = kind & ~_NEW
        recipient = Recipient(
            written,
            address.key(written),
            self.segments[self._segments[number]],
            {column: cell for column, cell in zip(self._columns, cells, strict=True) if cell},
        )
        return Row(recipient, REASONS[reason - 1] if reason else None, bool(kind & _NEW))

    def find(self, key: str) -> int | None:
        """The row by which this mailbox gets the mail, or its first row; None where it has none."""
        found = list(self._hits(f"{_ROW}{key}{_CELL}".casefold().encode()))
        return next(
            (number for number in found if self._kinds[number] & ~_NEW == 0), found[0] if found else None
        )

    def select(self, wanted: Wanted, start: int, count: int) -> tuple[int, list[int]]:
        """How many rows are wanted, and the numbers of `count` of them from `start` on."""
        if wanted == Wanted():
            return len(self), list(range(start, min(start + count, len(self))))
        found = list(self._matching(wanted))
        return len(found), found[start : start + count]

    def readers(self, segment: str) -> int:
        """How many get the mail in this segment."""
        return len(self._sent[segment])

    def nameless(self, segment: str) -> int:
        """How many of them have no first name."""
        return len(self._nameless[segment])

    def first(self, segment: str) -> int | None:
        return next(iter(self._sent[segment]), None)

    def longest(self, segment: str) -> int | None:
        """The reader with the longest name."""
        return self._longest[segment][1] if segment in self._longest else None

    def beside(self, segment: str, number: int | None, step: int, *, nameless: bool = False) -> int | None:
        """The next reader (`step` 1) or the one before (-1), round and round; of all, or of the nameless."""
        ordered = (self._nameless if nameless else self._sent)[segment]
        if not ordered:
            return None
        if number is None:
            return ordered[0 if step > 0 else -1]
        at = bisect_right(ordered, number)
        if step < 0:
            at -= 1 + (at > 0 and ordered[at - 1] == number)
        return ordered[at % len(ordered)]

    def place(self, segment: str, number: int) -> int:
        """Which of the segment's readers this is, from 1."""
        return bisect_right(self._sent[segment], number)

    def _matching(self, wanted: Wanted) -> Iterator[int]:
        kinds = {0 if reason is None else _EXCLUDED[reason] for reason in wanted.reasons}
        segments = {self.segments.index(name) for name in wanted.segments}
        words = [word.encode() for word in wanted.text.casefold().split()]
        numbers: Iterator[int] = self._holding(words) if words else iter(range(len(self)))
        for number in numbers:
            kind = self._kinds[number]
            if (
                (not kinds or kind & ~_NEW in kinds)
                and (not segments or self._segments[number] in segments)
                and (not wanted.only_new or kind & _NEW)
            ):
                yield number

    def _holding(self, words: list[bytes]) -> Iterator[int]:
        """The rows that hold every one of these words; the longest is the rarest."""
        first, *others = sorted(words, key=len, reverse=True)
        for number in self._hits(first):
            if others:
                start, end = _stretch(self._searched_starts, number, len(self._searched))
                if not all(self._searched.find(word, start, end) >= 0 for word in others):
                    continue
            yield number

    def _hits(self, text: bytes) -> Iterator[int]:
        """The rows that hold this text, each once."""
        at = self._searched.find(text)
        while at >= 0:
            number = bisect_right(self._searched_starts, at) - 1
            yield number
            if number + 1 == len(self._searched_starts):
                return
            at = self._searched.find(text, self._searched_starts[number + 1])


def _stretch(starts: array[int], number: int, end: int) -> tuple[int, int]:
    """Where a row starts and ends."""
    return starts[number], starts[number + 1] if number + 1 < len(starts) else end
