"""The jobs that the command line and the preview share: check a mailing, and plan it.

Rule: a preview, a dry run, a test, a rehearsal and a real send all come through here, so that they differ in
the transport alone. Nothing here prints, asks or reads the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from newsletter import checks, plan
from newsletter.audience import Change, Roll
from newsletter.checks import ASKED_NOTHING, DomainReport, Evidence, Problem, Verdict, World, web_addresses
from newsletter.companions import Paper, page_of
from newsletter.errors import NotReady
from newsletter.mailing import Mailing, look_of, one_message, stranger
from newsletter.model import Edition
from newsletter.plan import Proposal
from newsletter.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """The verdict of the checks, and what they found."""

    source: str
    problems: tuple[Problem, ...]

    @property
    def verdict(self) -> Verdict:
        return checks.verdict(self.problems)

    @property
    def exit_code(self) -> int:
        """1 when not ready: nothing else stops a send."""
        return int(self.verdict is Verdict.NOT_READY)

    def as_json(self) -> dict[str, Any]:
        """`check --json`."""
        return {"verdict": self.verdict.value, "problems": list(_places(self.problems))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan with its preflight."""

    title: str
    plan: plan.Plan
    preflight: Preflight
    proposal: Proposal = field(repr=False)
    paper: Paper | None = None

    def refusal(self) -> NotReady | None:
        """Why a real send may not go, if it may not."""
        made = self.plan
        if self.preflight.verdict is Verdict.NOT_READY:
            return NotReady("the preflight says NOT READY", "Mend what it names, then plan again.")
        if made.over_cap:
            return NotReady(
                f"{made.total:,} recipients are more than max_recipients allows ({made.max_recipients:,})",
                "If that many are meant, raise limits.max_recipients in newsletter.yaml.",
            )
        return None

    @property
    def drifted(self) -> tuple[Change, ...]:
        """The lists that changed by more than the limit since they were last used."""
        limit = self.proposal.limits.drift_percent
        return tuple(change for change in self.plan.changes if change.percent > limit)

    def drift_refusal(self) -> NotReady | None:
        """Why these lists may not be used before a person has agreed to them, if they may not."""
        if not self.drifted or not self.plan.total:
            return None
        named = ", ".join(f"lists/{each.file}" for each in self.drifted)
        return NotReady(
            f"{named} changed by more than {self.proposal.limits.drift_percent:g} % since the last send",
            "Look at what changed; if it is right, send with --accept-drift.",
        )

    def as_json(self) -> dict[str, Any]:
        """`plan --json`."""
        shown = plan.to_json(
            self.plan,
            verdict=self.preflight.verdict.value,
            problems=list(_places(self.preflight.problems)),
        )
        return shown | ({"paper": self.paper.as_json()} if self.paper else {})


def preflight(mailing: Mailing, made: plan.Plan | None = None, world: World = ASKED_NOTHING) -> Preflight:
    """Run the checks. Without a plan the people are counted here, as if nobody had left or been sent to."""
    made = made or plan.make(mailing.proposal())
    limit = mailing.workspace.settings.limits.drift_percent
    # Of a list that has become another the plan says more than the number of a segment could.
    moved = mailing.using(change.file for change in made.changes if change.percent > limit)
    evidence = Evidence(
        report=mailing.report,
        editions=mailing.editions,
        settings=mailing.workspace.settings,
        transport=mailing.transport,
        missing=made.missing,
        nobody=tuple(segment.name for segment in made.segments if not segment.matched),
        columns={each.shown: each.columns for each in mailing.lists.by_name.values()},
        messages={name: sample(mailing, chosen) for name, chosen in mailing.editions.items()},
        today=mailing.headers.sent_at.date(),
        domain=_domain_report(mailing.workspace),
        page=page_of(mailing.workspace, mailing.report, look_of(mailing.workspace.settings)),
        answers=world.answers,
        spam=world.spam,
        vanished=world.vanished,
        freshness=world.freshness,
        drift={
            each.name: (world.last_time[each.name], each.to_send + each.excluded["already_sent"])
            for each in made.segments
            if each.name in world.last_time and each.name not in moved
        },
    )
    return Preflight(source=mailing.report.source, problems=checks.run(evidence))


def make_plan(
    mailing: Mailing,
    proposal: Proposal,
    world: World = ASKED_NOTHING,
    rolls: Mapping[str, Roll] | None = None,
) -> Planned:
    """The dry run of a mailing, with what the ledger knows of opt-outs, of who has had it, and of the lists."""
    made = plan.make(proposal, rolls=rolls)
    found = preflight(mailing, made, world)
    return Planned(
        title=mailing.report.title, plan=made, preflight=found, proposal=proposal, paper=mailing.paper
    )


def sample(mailing: Mailing, chosen: Edition) -> bytes:
    """A whole message of an edition, with the defaults, to nobody."""
    headers = mailing.headers
    return one_message(mailing.workspace, chosen, headers, stranger(chosen, headers.sender_address))


def first_sample(mailing: Mailing) -> bytes:
    """A whole message of the first edition: one is enough for a judge that takes a second over each."""
    return sample(mailing, next(iter(mailing.editions.values()), mailing.default_edition))


def addresses_on_the_web(mailing: Mailing) -> tuple[str, ...]:
    """The links and pictures of every edition that can be fetched, each once, but for what is one person's."""
    found = (address for chosen in mailing.editions.values() for address in web_addresses(chosen))
    return tuple(dict.fromkeys(found))


def _domain_report(workspace: Workspace) -> DomainReport | None:
    text = workspace.domain_report()
    return DomainReport.from_json(text) if text else None


def _places(problems: Iterable[Problem]) -> Iterator[dict[str, str]]:
    """Each place of each problem by itself."""
    for problem in problems:
        for where in (problem.where, *problem.also):
            yield {
                "code": problem.code,
                "severity": problem.severity.value,
                "message": problem.message,
                "where": where,
            }
