"""A report as its writer meant it: one line a block, with a letter before it that says what it is.

`T` title, `D` date, `B` who writes, `X` disclaimer, `P` paragraph, `H` heading, `*` point, `o` point below a
point, `1` numbered point, `S` the lines of the signature.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

FOUND = Path(__file__).with_name("found")
REPORTS = Path(__file__).with_name("reports")


class Item(NamedTuple):
    """A block, and what it is."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Truth:
    """A report as it was meant."""

    items: tuple[Item, ...]

    @property
    def headings(self) -> list[str]:
        return [item.text for item in self.items if item.kind == "H"]

    @property
    def points(self) -> list[str]:
        return [item.text for item in self.items if item.kind in "*o1"]

    @property
    def body(self) -> list[str]:
        """What must stand in the draft, in order: everything but title, date, writer and disclaimer."""
        return [item.text for item in self.items if item.kind not in "TDBX"]


def found(name: str, suffix: str = ".txt") -> tuple[bytes, Truth]:
    """A text as somebody typed it, with the headings and points that a reader finds in it."""
    lines = (FOUND / f"{name}.expected").read_text(encoding="utf-8").splitlines()
    return (FOUND / f"{name}{suffix}").read_bytes(), Truth(
        tuple(Item(*line.split("|", 1)) for line in lines if line)
    )


def report(name: str) -> Truth:
    """One of the reports beside this file."""
    lines = (REPORTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return Truth(tuple(Item(*line.split("|", 1)) for line in lines if line))
