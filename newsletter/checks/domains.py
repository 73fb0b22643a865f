"""The rules about the sending domain's records, as `newsletter doctor` found them. A rehearsal needs none of
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from newsletter.checks.rules import Evidence, Finding, Severity, rule
from newsletter.checks.world import PROVED, DomainReport

FRESH = timedelta(days=14)
"""Records change seldom, and a report goes out once a month."""

_WORDS = {"spf": "SPF", "dkim": "DKIM", "dmarc": "DMARC", "alignment": "alignment"}
_DOCTOR = "run: newsletter doctor"


@rule("S08", Severity.UNKNOWN, guards_promise=True)
def domain_proves_who_sends(evidence: Evidence) -> Iterator[Finding]:
    """What it does: for a real transport, reads what `newsletter doctor` found of SPF, DKIM, DMARC and
    alignment. Where it was never run, or long ago, or offline, the verdict is COULD NOT CHECK.

    Why it matters: large providers refuse bulk mail whose domain does not prove its sender.
    Example: a domain without a DMARC record.
    Instead: run `newsletter doctor` online and do what it says; it cannot be silenced.
    """
    if evidence.rehearsal:
        return
    domain = evidence.settings.sender.from_.rpartition("@")[2].lower()
    unknown = _why_unknown(evidence, domain)
    if unknown:
        yield Finding(f"{unknown}; {_DOCTOR}")
    elif evidence.domain:
        yield from _findings(evidence.domain, evidence.today)


def _why_unknown(evidence: Evidence, domain: str) -> str:
    """Why nothing can be said of the domain; empty where something can."""
    found = evidence.domain
    if found is None:
        return f"nobody has looked at the records of {domain}"
    if found.domain.lower() != domain:
        return f"the records that were looked at are those of {found.domain}, not of {domain}"
    if evidence.today and evidence.today - found.checked_at.date() > FRESH:
        return f"the records of {domain} were looked at on {found.checked_at.date()}"
    return ""


def _findings(found: DomainReport, today: date | None) -> Iterator[Finding]:
    for name in PROVED:
        said = found.details.get(name, "")
        answered = found.answered_at(name).date()
        if today and today - answered > FRESH:
            yield Finding(f"{_WORDS[name]} of {found.domain} was last answered on {answered}; {_DOCTOR}")
            continue
        match getattr(found, name):
            case "missing" | "fail" as standing:
                # With one of SPF and DKIM aligned a mail passes DMARC; with neither it is refused.
                severity = Severity.ERROR if name == "alignment" else Severity.WARNING
                what = "is missing" if standing == "missing" else "does not pass"
                yield Finding(_sentence(f"{_WORDS[name]} of {found.domain} {what}", said), severity=severity)
            case "unknown":
                yield Finding(
                    _sentence(f"{_WORDS[name]} of {found.domain} could not be checked", said or _DOCTOR)
                )
            case _:
                pass


def _sentence(what: str, said: str) -> str:
    return f"{what}: {said}" if said else what
