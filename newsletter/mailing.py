"""A draft opened for its segments: its editions, lists and headers, and one message of it; nobody is counted.

Rule: nothing here prints, asks or reads the clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from newsletter import plan
from newsletter.audience import Audience, Lists, parse_segments
from newsletter.companions import Paper, paper_of
from newsletter.drafts import Known
from newsletter.errors import SourceError
from newsletter.message import Skeleton
from newsletter.model import Edition, Headers, Person, Report
from newsletter.plan import Proposal
from newsletter.render import Look, edition
from newsletter.settings import Settings
from newsletter.workspace import Workspace


@dataclass(frozen=True)
class Mailing:
    """A draft opened for its segments: all that is known before people are counted."""

    workspace: Workspace
    report: Report
    lists: Lists
    audience: Audience
    """Of every segment of the draft and of this mailing, in order of precedence."""
    segments: tuple[str, ...]
    """Those to be sent to now, in order of precedence."""
    headers: Headers
    transport: str
    _made: dict[str | None, Edition] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def editions(self) -> Mapping[str, Edition]:
        """One for each segment to be sent to now."""
        return {name: self.edition(name) for name in self.segments}

    @property
    def default_edition(self) -> Edition:
        """The one without any `only` block: for the web, print, and a look at the draft."""
        return self.edition(None)

    def edition(self, segment: str | None) -> Edition:
        """The one for a segment, or the default; rendered when first asked for."""
        if segment not in self._made:
            settings = self.workspace.settings
            theme = self.workspace.theme(self.report.theme or settings.theme)
            titles = {each.name: each.title for each in self.lists.segments.all}
            made = edition(
                self.report,
                theme,
                look_of(settings),
                segment=segment,
                segment_title=titles.get(segment or "", ""),
            )
            self._made[segment] = replace(made, attachment=self.paper.attachment if self.paper else None)
        return self._made[segment]

    @cached_property
    def paper(self) -> Paper | None:
        """What the mail does with the print edition."""
        return paper_of(self.workspace, self.report, look_of(self.workspace.settings))

    def proposal(
        self,
        *,
        suppressed: Container[str] = (),
        left: Mapping[str, Container[str]] | None = None,
        already: Container[str] = (),
        lifted: str = "",
    ) -> Proposal:
        """What a plan is made of, with what the ledger knows."""
        settings = self.workspace.settings
        return Proposal(
            issue=self.report.issue,
            audience=self.audience,
            editions=self.editions,
            headers=self.headers,
            transport=self.transport,
            transport_settings=_transport_settings(settings, self.transport),
            limits=plan.Limits(
                max_recipients=settings.limits.max_recipients, drift_percent=settings.limits.drift_percent
            ),
            suppressed=suppressed,
            left=left or {},
            already=already,
            lifted=lifted or None,
        )

    @property
    def files(self) -> tuple[str, ...]:
        """The lists of the segments to be sent to now."""
        named = (name for each in self.audience.segments if each.name in self.segments for name in each.lists)
        return tuple(dict.fromkeys(named))

    def using(self, files: Iterable[str]) -> frozenset[str]:
        """The segments that use one of these lists."""
        wanted = set(files)
        return frozenset(each.name for each in self.audience.segments if wanted & set(each.lists))

    @property
    def content(self) -> str:
        """A hash of what the report says, by which the same report under another id is recognised."""
        said = [self.report.title, self.report.meeting.date.isoformat(), self.report.body]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def open_lists(workspace: Workspace) -> Lists:
    """The segments and lists of a workspace. Raises `SourceError` with every mistake in them."""
    segments = parse_segments(workspace.segments_text(), name=workspace.shown(workspace.segments_path))
    return Lists(segments, available=workspace.list_names(), open_list=workspace.open_list)


def open_mailing(
    workspace: Workspace,
    draft: str,
    *,
    at: datetime,
    segments: Sequence[str] | None = None,
    transport: str | None = None,
    lists: Lists | None = None,
) -> Mailing:
    """Open a draft for the segments asked for, or its own, or all where it names none.

    Raises `SourceError` with every mistake.
    `lists` are those of the workspace, where the caller has them open.
    """
    lists = lists or open_lists(workspace)
    report = workspace.read_draft(workspace.draft_path(draft), known(workspace, lists))
    chosen = lists.segments.select(segments or report.segments or lists.segments.names)
    return Mailing(
        workspace=workspace,
        report=report,
        lists=lists,
        audience=lists.audience(
            dict.fromkeys([*report.segments, *(segment.name for segment in chosen)]),
            consent_required=workspace.settings.consent == "required",
            today=at.date(),
        ),
        segments=tuple(segment.name for segment in chosen),
        headers=headers_of(workspace.settings, at),
        transport=transport or workspace.settings.transport,
    )


def drafts_segments(workspace: Workspace, lists: Lists) -> dict[str, tuple[str, ...]]:
    """Each issue that has a draft → its segments, in order of precedence. A draft with mistakes is left out."""
    return {
        report.issue: tuple(name for name in lists.segments.names if name in report.segments)
        for _, report in _readable_drafts(workspace, lists)
    }


def draft_of(workspace: Workspace, lists: Lists, issue: str) -> Path | None:
    """The draft of an issue, by its id; None where no draft that can be read has it."""
    return next((path for path, report in _readable_drafts(workspace, lists) if report.issue == issue), None)


def _readable_drafts(workspace: Workspace, lists: Lists) -> Iterator[tuple[Path, Report]]:
    for path in workspace.drafts():
        with suppress(SourceError):
            yield path, workspace.read_draft(path, known(workspace, lists))


def known(workspace: Workspace, lists: Lists) -> Known:
    """What a draft of this workspace may refer to."""
    return Known(
        fields=lists.columns,
        segments=lists.segments.names,
        themes=workspace.theme_names,
        codes=_Codes(guards_promise=False),
        kept_codes=_Codes(guards_promise=True),
    )


class _Codes(AbstractSet[str]):
    """The codes of checks, of which some guard a promise. They are gathered when a draft names one: few do."""

    def __init__(self, *, guards_promise: bool) -> None:
        self._guards_promise = guards_promise

    @cached_property
    def _all(self) -> frozenset[str]:
        from newsletter import checks  # noqa: PLC0415 - as companions.page_of

        return frozenset(rule.code for rule in checks.rules() if rule.guards_promise is self._guards_promise)

    def __contains__(self, code: object) -> bool:
        return code in self._all

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


def look_of(settings: Settings) -> Look:
    """What the settings give a theme."""
    sender, theme = settings.sender, settings.theme_settings
    given = {
        "disclaimer": settings.disclaimer,
        "imprint": settings.imprint,
        "postal_address": settings.postal_address,
        "privacy_url": settings.privacy_url,
        "site_url": settings.joining_url,
        "pages_url": settings.pages_url,
        "logo": theme.logo,
    }
    return Look(
        sender_name=sender.name,
        role=sender.role,
        strapline=sender.strapline,
        reply_to=settings.reply_to,
        accent=theme.accent,
        font=theme.font,
        paper=settings.paper,
        lang=settings.lang,
        **{key: value for key, value in given.items() if value is not None},
    )


def headers_of(settings: Settings, at: datetime) -> Headers:
    """What every message says of its sender, at this time."""
    return Headers(
        sender_name=settings.sender.name,
        sender_address=settings.sender.from_,
        reply_to=settings.reply_to,
        list_id=settings.list_id,
        list_name=f"Reports from {settings.sender.name}",
        unsubscribe_to=settings.unsubscribe_to,
        sent_at=at,
        site_url=settings.site_url,
        bounce_domain=settings.bounce_domain,
    )


def one_message(workspace: Workspace, chosen: Edition, headers: Headers, person: Person) -> bytes:
    """One message, as every transport would send it."""
    return Skeleton(chosen, headers, run="copy", secret=workspace.secret()).message(person)


def stranger(chosen: Edition, to: str) -> Person:
    """Nobody's fields: the defaults show, and a field without one shows its name in brackets."""
    lacking = {
        slot.field
        for part in (chosen.subject, chosen.html, chosen.text)
        for slot in part.slots
        if slot.default is None
    }
    values = tuple(f"[{name}]" if name in lacking else None for name in chosen.fields)
    return Person(0, to, "a" * 16, values)


def _transport_settings(settings: Settings, transport: str) -> dict[str, object]:
    """What decides where mail goes, without what only decides how fast."""
    match transport:
        case "smtp":
            return settings.smtp.model_dump(include={"host", "port", "security", "username"})
        case "sendgrid":
            return settings.sendgrid.model_dump(include={"region", "host", "unsubscribe_group"})
        case _:
            return {}
