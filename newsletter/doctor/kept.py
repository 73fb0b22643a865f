"""What the doctor remembers of the sending domain, in `.newsletter/doctor.json`, which the preflight reads.

Rule: what nobody answered now does not wipe out what was answered before; the file says when that was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from newsletter.checks.world import PROVED, DomainReport, Standing
from newsletter.doctor.diagnosis import Diagnosis, Health
from newsletter.workspace import DOMAIN_REPORT, Workspace


class Proof(BaseModel):
    """A mail that arrived with a good signature of our own domain."""

    model_config = ConfigDict(frozen=True)

    seen_at: AwareDatetime
    selector: str
    domain: str
    """The domain that signed."""
    envelope: str = ""
    """The domain of its return path."""

    @property
    def key_name(self) -> str:
        """Where the public key stands in DNS (RFC 6376 section 3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"


class Kept(DomainReport):
    """The domain's report, and by which mail it was proved."""

    proof: Proof | None = None

    @classmethod
    def from_json(cls, text: str) -> Self | None:
        """The report in a file; None where the file holds none."""
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            return None

    @classmethod
    def of(cls, domain: str, found: Iterable[Diagnosis], *, at: datetime, proof: Proof | None) -> Self:
        """What the diagnoses say of the four things that a domain proves."""
        told = {each.about: each for each in found if each.about in PROVED}
        return cls(
            checked_at=at,
            domain=domain,
            details={name: ". ".join(filter(None, (each.found, each.advice))) for name, each in told.items()},
            proof=proof,
            **{name: _standing(each) for name, each in told.items()},
        )

    @property
    def says_something(self) -> bool:
        return any(getattr(self, name) != "unknown" for name in PROVED)


def keep(workspace: Workspace, report: Kept) -> bool:
    """Write the report for the preflight, unless nobody answered. Whether it was written."""
    if report.says_something:
        (workspace.state_dir / DOMAIN_REPORT).write_text(report.to_json(), encoding="utf-8")
    return report.says_something


def _standing(found: Diagnosis) -> Standing:
    match found.health:
        case Health.OK | Health.WARNING:
            return "ok"
        case Health.FAULT:
            return "missing" if found.missing else "fail"
        case Health.UNKNOWN:
            return "unknown"
