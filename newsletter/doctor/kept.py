"""What the doctor remembers of the sending domain, in `.newsletter/doctor.json`, which the preflight reads.

Rule: what nobody answered now does not wipe out what was answered before, record by record; the file says
when that was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

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
    def of(cls, domain: str, found: Iterable[Diagnosis], *, at: datetime, proof: Proof | None) -> Self:
        """What the diagnoses say of the four things that a domain proves."""
        told = {each.about: each for each in found if each.about in PROVED}
        return cls(
            checked_at=at,
            domain=domain,
            details={name: ". ".join(filter(None, (each.found, each.advice))) for name, each in told.items()},
            dates={},
            proof=proof,
            **{name: _standing(each) for name, each in told.items()},
        )

    def after(self, before: Self | None) -> Self:
        """This report, with what nobody answered now as it was answered before, each with its own date.

        A key that is known to be bad leaves nothing of the alignment that its mail proved.
        """
        if before is None or before.domain != self.domain:
            return self
        silent = [name for name in PROVED if getattr(self, name) == "unknown"]
        if self.dkim in {"missing", "fail"}:
            silent = [name for name in silent if name != "alignment"]
        old = [name for name in silent if getattr(before, name) != "unknown"]
        return self.model_copy(
            update={name: getattr(before, name) for name in old}
            | {
                "details": {**self.details, **{name: before.details.get(name, "") for name in old}},
                "dates": {name: before.answered_at(name) for name in old},
                "proof": self.proof or (before.proof if "dkim" in old else None),
            }
        )

    @property
    def says_something(self) -> bool:
        return any(getattr(self, name) != "unknown" for name in PROVED)


def keep(workspace: Workspace, report: Kept) -> bool:
    """Write for the preflight what was answered, unless nobody answered. Whether it was written."""
    if report.says_something:
        whole = report.after(Kept.from_json(workspace.domain_report()))
        (workspace.state_dir / DOMAIN_REPORT).write_text(whole.to_json(), encoding="utf-8")
    return report.says_something


def _standing(found: Diagnosis) -> Standing:
    match found.health:
        case Health.OK | Health.WARNING:
            return "ok"
        case Health.FAULT:
            return "missing" if found.missing else "fail"
        case Health.UNKNOWN:
            return "unknown"
