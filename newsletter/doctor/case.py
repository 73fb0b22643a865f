"""The workspace that is looked at, and how the world may be asked about it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from newsletter.delivery.clock import SystemClock
from newsletter.doctor.kept import Kept, Proof
from newsletter.doctor.message import Delivered, domain_of, read
from newsletter.settings import Settings
from newsletter.workspace import Workspace


@dataclass(frozen=True, slots=True)
class NameServer:
    """A DNS server to ask instead of the system's."""

    address: str
    port: int = 53


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How the world is asked: nothing waits longer than `step_s` for one answer, or `whole_s` for all."""

    online: bool = True
    name_server: NameServer | None = None
    trust: ssl.SSLContext | None = field(default=None, repr=False)
    """What certificates are checked against; by default what the system trusts."""
    step_s: float = 4.0
    whole_s: float = 20.0
    now: Callable[[], float] = SystemClock().now
    """Epoch seconds."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """All that the checks look at."""

    workspace: Workspace
    transport: str
    asking: Asking = field(default_factory=Asking)
    delivered: Delivered | None = None
    """A mail of this newsletter as it arrived."""
    kept: Kept | None = None
    """What an earlier look found of the sending domain."""

    @classmethod
    def of(
        cls,
        workspace: Workspace,
        *,
        transport: str | None = None,
        asking: Asking | None = None,
        delivered: bytes | None = None,
    ) -> Case:
        """A workspace as it is, with the bytes of a mail that arrived if there is one."""
        return cls(
            workspace=workspace,
            transport=transport or workspace.settings.transport,
            asking=asking or Asking(),
            delivered=None if delivered is None else read(delivered),
            kept=Kept.from_json(workspace.domain_report()),
        )

    @property
    def settings(self) -> Settings:
        return self.workspace.settings

    @cached_property
    def domain(self) -> str:
        """The domain of the From address."""
        return domain_of(self.settings.sender.from_)

    @property
    def proof(self) -> Proof | None:
        """The mail that arrived and was found good, in an earlier look at the same domain."""
        return self.kept.proof if self.kept and self.kept.domain == self.domain else None

    def moment(self) -> datetime:
        """Now, in UTC."""
        return datetime.fromtimestamp(self.asking.now(), UTC)
