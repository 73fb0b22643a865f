"""What a rule is, and how rules become a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib import import_module
from inspect import getdoc

from newsletter.checks.evidence import Evidence
from newsletter.checks.marks import CODE
from newsletter.checks.places import in_any_mail, in_words

__all__ = [
    "Evidence",
    "Finding",
    "Problem",
    "Rule",
    "Severity",
    "Verdict",
    "rule",
    "rules",
    "run",
    "verdict",
]

ROOMS = (
    "promises",
    "leftovers",
    "links",
    "structure",
    "wording",
    "dates",
    "people",
    "clients",
    "contrast",
    "layout",
    "sending",
    "domains",
    "answers",
    "public",
)
"""The modules of this folder that hold rules."""


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
    """`drafts/x.md:14:3`, another file, or a place in the mail."""
    also: tuple[str, ...] = ()
    """The other places where the very same is wrong."""

    @property
    def places(self) -> str:
        """All of them, in words."""
        return in_words(self.where, self.also)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found and where. `severity` is given where this one matters more or less than the rule."""

    message: str
    where: str = ""
    severity: Severity | None = None


Look = Callable[[Evidence], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A code, how much it matters, and the function that looks."""

    code: str
    severity: Severity
    look: Look
    guards_promise: bool = False
    """It cannot be silenced: no draft may do without it."""

    @property
    def name(self) -> str:
        return self.look.__name__.replace("_", " ")

    @property
    def explanation(self) -> str:
        """The docstring: what it does, why it matters, an example, what to do instead."""
        return getdoc(self.look) or ""

    def problems(self, evidence: Evidence, silenced: Mapping[str, str]) -> Iterator[Problem]:
        """What this rule finds; a note with the reason where the draft silences it."""
        reason = "" if self.guards_promise else silenced.get(self.code, "")
        for found in self.look(evidence):
            message = found.message.replace(CODE, "…")
            severity = found.severity or self.severity
            if reason:
                yield Problem(self.code, Severity.NOTE, f"{message} (silenced: {reason})", found.where)
            else:
                yield Problem(self.code, severity, message, found.where)


_RULES: dict[str, Rule] = {}


def rule(code: str, severity: Severity, *, guards_promise: bool = False) -> Callable[[Look], Look]:
    """Register a function as the rule `code`."""

    def register(look: Look) -> Look:
        if code in _RULES:
            raise ValueError(f"two rules are called {code}")
        _RULES[code] = Rule(code, severity, look, guards_promise)
        return look

    return register


def rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    for room in ROOMS:
        import_module(f"newsletter.checks.{room}")
    return tuple(_RULES[code] for code in sorted(_RULES))


def run(evidence: Evidence) -> tuple[Problem, ...]:
    """Every problem that any rule finds, worst first."""
    order = [Severity.ERROR, Severity.UNKNOWN, Severity.WARNING, Severity.NOTE]
    silenced = dict(evidence.report.silenced)
    found = _once([problem for each in rules() for problem in each.problems(evidence, silenced)])
    return tuple(sorted(found, key=lambda problem: (order.index(problem.severity), problem.code)))


def _once(problems: Iterable[Problem]) -> Iterator[Problem]:
    """What is said several times in the same words, once, with all its places."""
    alike: dict[tuple[str, Severity, str], dict[str, Problem]] = {}
    for each in problems:
        places = alike.setdefault((each.code, each.severity, each.message), {})
        places.setdefault(in_any_mail(each.where), each)
    for places in alike.values():
        first, *others = places.values()
        yield replace(first, also=tuple(each.where for each in others))


def verdict(problems: Iterable[Problem]) -> Verdict:
    """The worst severity decides; a note never does."""
    severities = {problem.severity for problem in problems}
    if Severity.ERROR in severities:
        return Verdict.NOT_READY
    if Severity.UNKNOWN in severities:
        return Verdict.COULD_NOT_CHECK
    return Verdict.WARN if Severity.WARNING in severities else Verdict.READY
