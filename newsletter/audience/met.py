"""Whose row has been met already: the keys of an audience, each with one number, in half of a dict's memory.

Rule: exact, as a dict is. Keys are compared whole and never by a hash alone: of two people who fell together
one would get no mail.
"""

from __future__ import annotations

_SHELVES = 1 << 18
"""Of a million keys four stand on a shelf, which is looked through in a fraction of a microsecond."""


class Met:
    """Keys, which hold no control characters, each with a number from 0 on.

    In a dict each key is an object with its header, the number another, and both have their place in the
    table: 160 bytes. Here keys and numbers stand end to end, on the shelf that the key's hash says.
    """

    def __init__(self) -> None:
        self._shelves = [""] * _SHELVES

    def note(self, key: str, number: int) -> int | None:
        """The number that the key has had so far; where it had none, it has this one from now on."""
        at = hash(key) % _SHELVES
        shelf, marked = self._shelves[at], f"\n{key}\t"
        if marked in shelf:
            return _number(shelf, marked)
        self._shelves[at] = f"{shelf}{marked}{number}"
        return None

    def get(self, key: str) -> int | None:
        """The number of a key, or None."""
        shelf, marked = self._shelves[hash(key) % _SHELVES], f"\n{key}\t"
        return _number(shelf, marked) if marked in shelf else None


def _number(shelf: str, marked: str) -> int:
    """The number behind a key."""
    return int(shelf.partition(marked)[2].partition("\n")[0])
