"""What every page stands on: the settings, the records, the pages, and who may ask how often."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from newsletter.delivery.clock import Clock, SystemClock
from newsletter.feedback.webhook import Keys
from newsletter.settings import Settings
from newsletter.site.admission import Admission
from newsletter.site.allowance import Allowance
from newsletter.site.pages import Pages
from newsletter.site.records import Records
from newsletter.workspace import Workspace


def _forgeries() -> Allowance:
    """A link that was cut off is opened a few times; guessing takes more."""
    return Allowance(burst=30, every_s=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """One workspace's public pages at work."""

    workspace: Workspace
    secret: bytes = field(repr=False)
    records: Records
    pages: Pages
    sendgrid_keys: Keys
    """The keys that sign SendGrid's events."""
    admission: Admission | None
    """None where the settings let nobody join."""
    forgeries: Allowance = field(default_factory=_forgeries)

    @property
    def settings(self) -> Settings:
        return self.workspace.settings

    def close(self) -> None:
        """Finish what was begun. A second time does nothing."""
        if self.admission is not None:
            self.admission.close()
        self.records.close()


@contextmanager
def open_office(workspace: Workspace, clock: Clock | None = None) -> Iterator[Office]:
    """The office of a workspace. Raises `LedgerError`, and `SettingsError` for what is missing or wrong."""
    settings = workspace.settings
    keys = Keys((settings.sendgrid.webhook_key or "").split())
    with ExitStack() as stack:
        records = stack.enter_context(closing(Records(workspace)))
        admission = (
            stack.enter_context(closing(Admission(workspace, settings.subscribe, clock or SystemClock())))
            if settings.subscribe
            else None
        )
        yield Office(
            workspace=workspace,
            secret=workspace.secret(),
            records=records,
            pages=Pages(settings, joining=admission is not None),
            sendgrid_keys=keys,
            admission=admission,
        )


def office_of(connection: HTTPConnection) -> Office:
    """The office that a request came to."""
    office: Office = connection.app.state.office
    return office
