"""What every page stands on: the settings, the records, the pages, and who may ask how often."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from newsletter.feedback.webhook import Keys
from newsletter.settings import Settings
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
    forgeries: Allowance = field(default_factory=_forgeries)

    @property
    def settings(self) -> Settings:
        return self.workspace.settings


@contextmanager
def open_office(workspace: Workspace) -> Iterator[Office]:
    """The office of a workspace. Raises `LedgerError`, and `SettingsError` for a key that is none."""
    keys = Keys((workspace.settings.sendgrid.webhook_key or "").split())
    records = Records(workspace)
    try:
        yield Office(
            workspace=workspace,
            secret=workspace.secret(),
            records=records,
            pages=Pages(workspace.settings, joining=False),
            sendgrid_keys=keys,
        )
    finally:
        records.close()


def office_of(connection: HTTPConnection) -> Office:
    """The office that a request came to."""
    office: Office = connection.app.state.office
    return office
