"""The preflight: what a machine can see wrong with a mailing before it goes.

Rule: one rule, one code, one docstring, from which the reference page is made. A check never says that a
mailing is lawful or wise; READY means that nothing here was found.
"""

from newsletter.checks.rules import Evidence, Problem, Rule, Severity, Verdict, rules, run, verdict

__all__ = ["Evidence", "Problem", "Rule", "Severity", "Verdict", "rules", "run", "verdict"]
