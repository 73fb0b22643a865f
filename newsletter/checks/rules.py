"""What a rule is, and how rules become a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from inspect import getdoc

from newsletter.model import Edition, Report
from newsletter.settings import Settings

ROOMS = ("newsletter.checks.promises", "newsletter.checks.sending")
"""The modules whose rules are run, in the order of the reference page."""


class Severity(StrEnum):
    """How much a problem matters."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"
    UNKNOWN = "could not check"


class Verdict(StrEnum):
    """What the preflight says as a whole. Only NOT READY stops a real send."""

    READY = "READY"
    WARN = "WARN"
    NOT_READY = "NOT READY"
    COULD_NOT_CHECK = "COULD NOT CHECK"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing found by one rule."""

    code: str
    severity: Severity
    message: str
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
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

    @property
    def rehearsal(self) -> bool:
        """The outbox is a rehearsal; every other transport is real."""
        return self.transport == "outbox"


Finding = str | tuple[str, str]
"""A message, or a message and where it stands."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A code, how much it matters, and the function that looks."""

    code: str
    severity: Severity
    look: Callable[[Evidence], Iterable[Finding]]

    @property
    def name(self) -> str:
        return self.look.__name__.replace("_", " ")

    @property
    def explanation(self) -> str:
        """The docstring: what it does, why it matters, an example, what to do instead."""
        return getdoc(self.look) or ""

    def problems(self, evidence: Evidence) -> Iterator[Problem]:
        """What this rule finds."""
        for found in self.look(evidence):
            message, where = (found, "") if isinstance(found, str) else found
            yield Problem(self.code, self.severity, message, where)


_RULES: dict[str, Rule] = {}


def rule(
    code: str, severity: Severity
) -> Callable[[Callable[[Evidence], Iterable[Finding]]], Callable[[Evidence], Iterable[Finding]]]:
    """Register a function as the rule `code`."""

    def register(look: Callable[[Evidence], Iterable[Finding]]) -> Callable[[Evidence], Iterable[Finding]]:
        if code in _RULES:
            raise ValueError(f"two rules are called {code}")
        _RULES[code] = Rule(code, severity, look)
        return look

    return register


def rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    for room in ROOMS:
        import_module(room)
    return tuple(_RULES[code] for code in sorted(_RULES))


def run(evidence: Evidence) -> tuple[Problem, ...]:
    """Every problem that any rule finds, worst first."""
    order = [Severity.ERROR, Severity.UNKNOWN, Severity.WARNING, Severity.NOTE]
    found = [problem for each in rules() for problem in each.problems(evidence)]
    return tuple(sorted(found, key=lambda problem: (order.index(problem.severity), problem.code)))


def verdict(problems: Iterable[Problem]) -> Verdict:
    """The worst severity decides; a note never does."""
    severities = {problem.severity for problem in problems}
    if Severity.ERROR in severities:
        return Verdict.NOT_READY
    if Severity.UNKNOWN in severities:
        return Verdict.COULD_NOT_CHECK
    return Verdict.WARN if Severity.WARNING in severities else Verdict.READY
