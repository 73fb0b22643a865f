"""What the rules may look at: the draft, the mail made of it, the settings, and what the world was asked.

Rule: nothing here asks the world. What only it knows (today, DNS, the web, SpamAssassin) is given, and is None
where nobody asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from newsletter.checks.world import Answer, DomainReport, Freshness, PageStanding, SpamScore
from newsletter.model import Edition, Report
from newsletter.settings import Settings

if TYPE_CHECKING:
    from newsletter.checks.page import Page
    from newsletter.checks.paint import Painted, Scene
    from newsletter.checks.prose import Prose


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that the rules may look at. What is not known yet (people, before a plan) is empty."""

    report: Report
    editions: Mapping[str, Edition]
    settings: Settings
    transport: str = "outbox"
    missing: Mapping[str, int] = field(default_factory=dict)
    """Merge field without a default → number of people to be sent to who lack it."""
    nobody: tuple[str, ...] = ()
    """Segments that would reach nobody."""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """List, as the user names it → its columns."""
    messages: Mapping[str, bytes] = field(default_factory=dict)
    """Edition → a whole message of it, as it would leave."""
    today: date | None = None
    domain: DomainReport | None = None
    """What `newsletter doctor` found of the sending domain, if it has been run."""
    answers: Mapping[str, Answer] | None = None
    """Web address → what came back, if links were fetched."""
    spam: SpamScore | None = None
    """What SpamAssassin on this machine says, if it was asked."""
    drift: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Segment → how many people the last issue went to, and how many this one would."""
    vanished: Mapping[str, int] = field(default_factory=dict)
    """List that is no longer there → how many people had left it."""
    freshness: Freshness | None = None
    """How old is what is known of those who left; None where nobody asked, or it is no matter."""

    page: PageStanding = PageStanding.NO_LINK
    """How the published page stands that the mail leads to."""

    @property
    def rehearsal(self) -> bool:
        """The outbox is a rehearsal; every other transport is real."""
        return self.transport == "outbox"

    @cached_property
    def prose(self) -> Prose:
        """The draft as a reader reads it, in passages that know their place."""
        from newsletter.checks import prose  # noqa: PLC0415 - it parses Markdown, and many rules never ask

        return prose.read(self.report)

    @cached_property
    def pages(self) -> Mapping[str, Page]:
        """Each edition's HTML as one person gets it, parsed."""
        from newsletter.checks import page  # noqa: PLC0415 - lxml

        return {name: page.read(edition) for name, edition in self.editions.items()}

    @cached_property
    def in_light(self) -> Mapping[str, tuple[Painted, ...]]:
        """Each edition → how its text is painted on a light screen."""
        return self._painted("light")

    @cached_property
    def in_dark(self) -> Mapping[str, tuple[Painted, ...]]:
        """Each edition that brings dark colours → how its text is painted with them."""
        return self._painted("dark")

    def _painted(self, scene: Scene) -> Mapping[str, tuple[Painted, ...]]:
        from newsletter.checks import paint  # noqa: PLC0415 - lxml

        return {
            name: paint.painted(page, scene)
            for name, page in self.pages.items()
            if scene == "light" or paint.has_dark_colours(page)
        }
