"""What one person's values are in the slots of an edition, escaped once for both ways out.

Rule: SMTP and SendGrid fill from the same strings, so that no reader can tell which way a message came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial

from newsletter.model import UNSUBSCRIBE, Edition, Person, Pieces, Slot
from newsletter.render.pieces import escape_slot


class Slots:
    """The distinct slots of an edition; `values` and `indices` speak of them in one order.

    Raises `ValueError` if a slot's field is not among `edition.fields`, or these lack the name.
    """

    def __init__(self, edition: Edition) -> None:
        if edition.fields[:2] != ("first_name", "last_name"):
            raise ValueError("an edition's fields start with first_name and last_name")
        places = {name: place for place, name in enumerate((*edition.fields, UNSUBSCRIBE))}
        distinct = dict.fromkeys((*edition.subject.slots, *edition.html.slots, *edition.text.slots))
        unknown = sorted({slot.field for slot in distinct} - places.keys())
        if unknown:
            raise ValueError(f"slots without a field in the edition: {', '.join(unknown)}")
        self._fields = len(edition.fields)
        # The same few names stand in thousands of messages, and every link in one.
        self._plan = tuple(
            (partial(escape_slot, slot) if slot.field == UNSUBSCRIBE else _kept(slot), places[slot.field])
            for slot in distinct
        )
        self._index = {slot: index for index, slot in enumerate(distinct)}

    def __len__(self) -> int:
        return len(self._plan)

    def indices(self, slots: Iterable[Slot]) -> tuple[int, ...]:
        """Where in `values` each of `slots` is found."""
        return tuple(self._index[slot] for slot in slots)

    def values(self, person: Person, unsubscribe: str) -> list[str]:
        """What stands in each distinct slot. Raises `ValueError` for a value neither known nor defaulted."""
        if len(person.values) != self._fields:
            raise ValueError("a person's values are those of another edition")
        known = (*person.values, unsubscribe)
        return [escaped(known[place]) for escaped, place in self._plan]


def _kept(slot: Slot) -> Callable[[str | None], str]:
    """`escape_slot` for one slot, which keeps what it made."""
    return lru_cache(maxsize=4_096)(partial(escape_slot, slot))


def joined(pieces: Pieces, filling: Sequence[str]) -> str:
    """`pieces` with `filling` in its slots, which are as many."""
    parts = [""] * (len(pieces.statics) + len(filling))
    parts[::2] = pieces.statics
    parts[1::2] = filling
    return "".join(parts)


def ending_in_a_line(pieces: Pieces) -> Pieces:
    """Text ends with a line end in mail, as it does in a file."""
    if not pieces.statics[-1].endswith("\n"):
        return Pieces((*pieces.statics[:-1], pieces.statics[-1] + "\n"), pieces.slots)
    return pieces
