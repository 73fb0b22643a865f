"""The preflight: what a machine can see wrong with a mailing before it goes.

Rule: one rule, one code, one docstring, from which the reference page is made. A check never says that a
mailing is lawful or wise; READY means that nothing here was found.
"""

from newsletter.checks.page import web_addresses
from newsletter.checks.rules import Evidence, Problem, Rule, Severity, Verdict, rules, run, verdict
from newsletter.checks.world import (
    ASKED_NOTHING,
    Answer,
    DomainReport,
    Freshness,
    PageStanding,
    SpamScore,
    World,
)

__all__ = [
    "ASKED_NOTHING",
    "Answer",
    "DomainReport",
    "Evidence",
    "Freshness",
    "PageStanding",
    "Problem",
    "Rule",
    "Severity",
    "SpamScore",
    "Verdict",
    "World",
    "rules",
    "run",
    "verdict",
    "web_addresses",
]
