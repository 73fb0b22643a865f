"""The way out: is it there, and does it let us in? Nothing is sent.

Rule: refused is a fault; silence is not known to be anything.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter import dispatch
from newsletter.delivery.transports import LineLost
from newsletter.doctor.diagnosis import NOT_ASKED, Diagnosis, fault, ok, unknown
from newsletter.errors import SettingsError, TransportStopped

if TYPE_CHECKING:
    from newsletter.delivery.transports.sendgrid.api import Reply
    from newsletter.delivery.transports.smtp_wire import Server
    from newsletter.doctor.case import Case

_PATIENCE = 3
"""A server makes whoever may be guessing passwords wait, and some make everybody wait for the greeting."""


def way_out(case: Case) -> Iterator[Diagnosis]:
    """The transport that mail would leave by."""
    match case.transport:
        case "smtp" | "sendgrid" if not case.asking.online:
            yield unknown("transport", NOT_ASKED, "Run it again online.")
        case "smtp":
            yield _smtp(case)
        case "sendgrid":
            yield _sendgrid(case)
        case _:
            yield ok("transport", "the outbox: nothing leaves this machine")


def _smtp(case: Case) -> Diagnosis:
    from newsletter.delivery.transports.smtp_wire import Timeouts, open_wire  # noqa: PLC0415 - only when used

    step_s = case.asking.step_s
    server = replace(
        dispatch.smtp_server(case.workspace),
        timeouts=Timeouts(connect_s=step_s, greeting_s=_PATIENCE * step_s, command_s=step_s, quit_s=1),
        tls=case.asking.trust,
    )
    try:
        open_wire(server).quit()
    except TransportStopped as stopped:
        return fault("transport", stopped.message, stopped.hint)
    except LineLost as lost:
        return _unreached(server, lost.detail, step_s)
    login = "takes our login" if server.username else "takes mail without a login"
    return ok("transport", f"{server.named} {login} ({server.security})")


def _unreached(server: Server, detail: str, step_s: float) -> Diagnosis:
    """Offline, nothing is known; a machine that answers and has no mail service there says something."""
    try:
        socket.create_connection((server.host, server.port), step_s).close()
    except ConnectionRefusedError:
        pass
    except OSError:
        return unknown("transport", detail, "Are you online? If so, check smtp.host and smtp.port.")
    return fault("transport", detail, "Check host, port and security under smtp in newsletter.yaml.")


def _sendgrid(case: Case) -> Diagnosis:
    from newsletter.delivery.transports.sendgrid.api import Api, Reply  # noqa: PLC0415 - a fifth of a second

    access = replace(
        dispatch.sendgrid_access(case.workspace), step_s=case.asking.step_s, whole_s=2 * case.asking.step_s
    )
    try:
        exchange = Api(access).call("get", "scopes")
    except SettingsError as wrong:
        return fault("transport", wrong.message, "Set SENDGRID_API_KEY to a key that may send mail.")
    if isinstance(exchange, Reply):
        return _told_by_sendgrid(exchange)
    return unknown("transport", "SendGrid did not answer", "Are you online? If so, try again.")


def _told_by_sendgrid(reply: Reply) -> Diagnosis:
    """`GET /v3/scopes` names what the key may do; every key may ask it."""
    match reply.status:
        case 200:
            may_send = "mail.send" in json.loads(reply.body).get("scopes", ())
            if may_send:
                return ok("transport", "SendGrid takes the key, and it may send mail")
            return fault(
                "transport", "SendGrid takes the key, and it may not send mail", "Give it “Mail Send”."
            )
        case 401 | 403:
            return fault("transport", "SendGrid refuses the key", "Make a new one, and set SENDGRID_API_KEY.")
        case status:
            return unknown("transport", f"SendGrid says {status}", "Try again in a minute.")
