"""What the doctor says of one thing: how it stands, what was found, and what to do.

Rule: what is not ok says what to do. What nobody answered is `could not check`, and never ok.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

NOT_ASKED = "nobody was asked, as you wished"
"""What is found when the person wants nothing of the network."""


class Health(StrEnum):
    """How something stands."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    UNKNOWN = "could not check"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line of the doctor's report. `missing` tells a record that is not there from one that is wrong."""

    about: str
    health: Health
    found: str
    advice: str = field(default="", kw_only=True)
    missing: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        if self.health is not Health.OK and not self.advice:
            raise ValueError(f"what to do about '{self.about}' is not said")


def ok(about: str, found: str) -> Diagnosis:
    """It is as it should be."""
    return Diagnosis(about, Health.OK, found)


def warning(about: str, found: str, advice: str) -> Diagnosis:
    """It works, and could be better or soon be worse."""
    return Diagnosis(about, Health.WARNING, found, advice=advice)


def fault(about: str, found: str, advice: str, *, missing: bool = False) -> Diagnosis:
    """It must be mended before mail goes out."""
    return Diagnosis(about, Health.FAULT, found, advice=advice, missing=missing)


def unknown(about: str, found: str, advice: str) -> Diagnosis:
    """Nobody answered, or nobody can know yet."""
    return Diagnosis(about, Health.UNKNOWN, found, advice=advice)
