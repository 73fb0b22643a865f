"""The ways out, as the settings and the environment describe them.

Rule: a transport, and what it alone needs, is imported when it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from newsletter.delivery.transports import Transport
from newsletter.mailing import Mailing
from newsletter.message import Skeleton
from newsletter.model import Edition, Headers
from newsletter.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.delivery.transports.sendgrid import Access, Scheduled
    from newsletter.delivery.transports.smtp_wire import Server

OUTBOX = "outbox"
SANDBOX = "sendgrid-sandbox"
"""SendGrid looks at every request and sends nothing: a rehearsal that shows it the addresses."""


def is_rehearsal(transport: str) -> bool:
    """Whether this way out leaves everybody without the mail."""
    return transport in {OUTBOX, SANDBOX}


def pace(workspace: Workspace, transport: str) -> float | None:
    """How many messages a second this way out may carry; a rehearsal may take all it can."""
    return None if is_rehearsal(transport) else workspace.settings.limits.per_second


def skeletons(
    workspace: Workspace, editions: Mapping[str, Edition], headers: Headers, *, run: str
) -> dict[str, Skeleton]:
    """The editions of a run, encoded once each."""
    secret = workspace.secret()
    return {name: Skeleton(each, headers, run=run, secret=secret) for name, each in editions.items()}


def way_out(mailing: Mailing) -> Transport:
    """How a real mailing would leave. Raises `SettingsError` for settings by which nothing could."""
    return transport_for(mailing.workspace, mailing.transport, outbox=mailing.workspace.root / OUTBOX)


def check_way_out(workspace: Workspace) -> None:
    """Raise `SettingsError` where the workspace's own way out could carry nothing."""
    if workspace.settings.transport != OUTBOX:
        transport_for(workspace, workspace.settings.transport, outbox=workspace.root / OUTBOX)


def transport_for(
    workspace: Workspace, name: str, *, outbox: Path, scheduled: Scheduled | None = None
) -> Transport:
    """The way out of this name, as the settings and the environment describe it.

    `scheduled`: SendGrid is to let what it gets leave at that time.
    """
    match name:
        case "smtp":
            return _smtp(workspace)
        case "sendgrid":
            return _sendgrid(workspace, scheduled=scheduled)
        case "sendgrid-sandbox":
            return _sendgrid(workspace, sandbox=True)
        case _:
            from newsletter.delivery.transports.outbox import Outbox  # noqa: PLC0415 - only when used

            folder = Outbox(outbox)
            folder.clear()
            return folder


def _smtp(workspace: Workspace) -> Transport:
    from newsletter.delivery.transports.smtp import Smtp  # noqa: PLC0415 - only when used

    return Smtp(server=smtp_server(workspace), lines=workspace.settings.smtp.connections)


def smtp_server(workspace: Workspace) -> Server:
    """The relay, as the settings and the environment describe it."""
    from newsletter.delivery.transports.smtp_wire import Server  # noqa: PLC0415 - only when used

    settings = workspace.settings.smtp
    return Server(
        host=settings.host,
        port=settings.port,
        security=settings.security,
        username=settings.username,
        password=workspace.environment.get("NEWSLETTER_SMTP_PASSWORD"),
    )


def _sendgrid(workspace: Workspace, *, sandbox: bool = False, scheduled: Scheduled | None = None) -> Transport:
    from newsletter.delivery.transports.sendgrid import (  # noqa: PLC0415 - a fifth of a second
        Extras,
        SendGrid,
    )

    settings = workspace.settings.sendgrid
    return SendGrid(
        sendgrid_access(workspace),
        batch=settings.batch,
        extras=Extras(unsubscribe_group=settings.unsubscribe_group, sandbox=sandbox, scheduled=scheduled),
    )


def sendgrid_access(workspace: Workspace) -> Access:
    """SendGrid's address and the key, as the settings and the environment say."""
    from newsletter.delivery.transports.sendgrid import Access, host_for  # noqa: PLC0415 - as above

    settings, environment = workspace.settings.sendgrid, workspace.environment
    host = host_for(settings.region, environment.get("SENDGRID_API_HOST") or settings.host)
    return Access(environment.get("SENDGRID_API_KEY", ""), host)
