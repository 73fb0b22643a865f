"""A workspace to examine, a domain with everything right, and short patience."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from newsletter.doctor import Asking, Case, Diagnosis, Health
from newsletter.workspace import Workspace, make_secret
from tests.doctor.name_server import NameServer

DOMAIN = "reports.hollins.test"
"""The From address stands here; the organisation is hollins.test."""

SETTINGS = """\
sender: {name: Maya Hollins, from: maya@reports.hollins.test}
list_id: nec.reports.hollins.test
unsubscribe_to: leave@reports.hollins.test
"""

GOOD_SPF = "v=spf1 ip4:192.0.2.0/24 -all"
GOOD_DMARC = "v=DMARC1; p=quarantine; rua=mailto:dmarc@hollins.test"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a test changes before it looks."""

    root: Path
    names: NameServer
    asking: Asking
    environment: dict[str, str] = field(default_factory=dict)

    def set(self, more: str) -> None:
        """Add to `newsletter.yaml`."""
        (self.root / "newsletter.yaml").write_text(SETTINGS + more, encoding="utf-8")

    def workspace(self) -> Workspace:
        return Workspace.open(self.root, self.environment)

    def case(self, *, transport: str = "smtp", delivered: bytes | None = None, **asking: Any) -> Case:
        return Case.of(
            self.workspace(),
            transport=transport,
            asking=replace(self.asking, **asking),
            delivered=delivered,
        )


def make(root: Path, names: NameServer) -> Stage:
    stage = Stage(root=root, names=names, asking=Asking(name_server=names.address, step_s=1.0, whole_s=8.0))
    stage.set("")
    (root / ".newsletter").mkdir(mode=0o700)
    make_secret(root / ".newsletter" / "secret")
    return stage


def put_good_records(names: NameServer) -> None:
    """All but the DKIM key, which belongs to a mail."""
    names.put(DOMAIN, "MX", "10 mx.hollins.test.")
    names.put(DOMAIN, "TXT", GOOD_SPF)
    names.put("hollins.test", "MX", "10 mx.hollins.test.")
    names.put("mx.hollins.test", "A", "192.0.2.7")
    names.put("_dmarc.hollins.test", "TXT", GOOD_DMARC)


Look = Callable[[Case], Iterable[Diagnosis]]


def one(look: Look, case: Case) -> Diagnosis:
    """The one line of a check that says one thing."""
    (found,) = look(case)
    return found


def by_about(found: Iterable[Diagnosis]) -> Mapping[str, Diagnosis]:
    """The lines of a check by what they are about; two about the same fail."""
    lines = list(found)
    named = {each.about: each for each in lines}
    assert len(named) == len(lines)
    return named


def healths(found: Iterable[Diagnosis]) -> dict[str, Health]:
    return {name: each.health for name, each in by_about(found).items()}
