"""What the world outside says of a mailing, as values: the domain's records, the links, SpamAssassin.

Rule: these are written by whoever asked, and only read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

Standing = Literal["ok", "missing", "fail", "unknown"]
"""`missing`: there is no such record; `fail`: there is one, and it does not do; `unknown`: nobody answered."""

_IN_HOURS_FROM_H = 2

PROVED = ("spf", "dkim", "dmarc", "alignment")
"""What a receiving server asks of a domain, as `DomainReport` names it."""


class DomainReport(BaseModel):
    """What `newsletter doctor` found of the sending domain, kept in `.newsletter/doctor.json`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    checked_at: AwareDatetime
    domain: str
    """The domain of the From address that was looked at."""
    spf: Standing = "unknown"
    dkim: Standing = "unknown"
    dmarc: Standing = "unknown"
    alignment: Standing = "unknown"
    """Whether SPF or DKIM passes for the From domain itself, which is what DMARC asks."""
    details: Mapping[str, str] = Field(default_factory=dict)
    """One of the four → what was found and what to do, in a sentence."""
    dates: Mapping[str, AwareDatetime] = Field(default_factory=dict)
    """One of the four → when it was answered, where that was before the last look."""

    def answered_at(self, name: str) -> datetime:
        """When one of the four was answered."""
        return self.dates.get(name, self.checked_at)

    @classmethod
    def from_json(cls, text: str) -> Self | None:
        """The report in a file; None where the file holds none."""
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            return None

    def to_json(self) -> str:
        return self.model_dump_json(indent=2)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back when a web address was fetched."""

    status: int | None
    """The HTTP status; None when nobody answered."""
    why: str = ""
    """Why nobody answered, in words."""
    size_bytes: int | None = None
    """How much it holds, where the server said so."""
    location: str = ""
    """Where a redirection led in the end, if it left the site."""


class PageStanding(StrEnum):
    """How the published page stands that the mail leads to."""

    NO_LINK = "no link"
    """The mail leads to none, as no address for pages is set."""
    THERE = "there"
    MISSING = "missing"
    OLDER = "older"
    """It says something else than the mail."""
    WITHOUT_PAPER = "without paper"
    """The mail also links to a print edition, and there is none."""


@dataclass(frozen=True, slots=True)
class SpamScore:
    """What SpamAssassin says of one message."""

    score: float | None
    """None when it is there and did not answer."""
    required: float = 0.0
    tests: tuple[str, ...] = ()
    """The names of the tests that counted."""
    why: str = ""
    """Why it did not answer, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old is what is known of those who left, before a real send."""

    ages_h: Mapping[str, float | None]
    """What can be read (`mailbox`, `sendgrid`) → hours since it was, to its end; None: never."""
    waived: bool = False
    """The person who sends said that it may be old."""
    came_back: int = 0
    """How many came back since, whom the provider may still keep out."""

    def stale(self, most_h: float) -> Iterator[str]:
        """What was read longer ago than that, or never."""
        for source, age_h in self.ages_h.items():
            if age_h is None or age_h > most_h:
                whose = {"mailbox": "the mailbox was", "sendgrid": "SendGrid's lists were"}[source]
                when = "never read" if age_h is None else f"last read {_ago(age_h)}"
                yield f"{whose} {when}; first: newsletter sync"


@dataclass(frozen=True, slots=True)
class World:
    """What was asked for one preflight. None: nobody asked."""

    answers: Mapping[str, Answer] | None = None
    """Web address → what came back."""
    spam: SpamScore | None = None
    last_time: Mapping[str, int] = field(default_factory=dict)
    """Segment → how many people the issue before this one went to."""
    vanished: Mapping[str, int] = field(default_factory=dict)
    """List that is no longer there → how many people had left it."""
    freshness: Freshness | None = None


ASKED_NOTHING = World()


def _ago(age_h: float) -> str:
    return f"{age_h * 60:,.0f} minutes ago" if age_h < _IN_HOURS_FROM_H else f"{age_h:,.0f} hours ago"
