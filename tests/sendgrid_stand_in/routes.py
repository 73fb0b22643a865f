"""The addresses of the v3 API that the stand-in serves, each as one function from request to reply.

Sources: the pages "Mail Send", "API Key Permissions", "Cancel Scheduled Sends", "Suppressions" and "Email Logs"
of SendGrid's API reference, and the OpenAPI descriptions of the same names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from tests.sendgrid_stand_in import logs, shape
from tests.sendgrid_stand_in.account import STATUSES_AT_MOST, Account, Suppressed
from tests.sendgrid_stand_in.faults import Acceptance
from tests.sendgrid_stand_in.limits import Violation, violations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.sendgrid_stand_in.faults import Fault

LARGEST_PAGE = 500

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    content_type: str


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class NotServed(Exception):
    """No such address, or not by this method."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Desk:
    """What decides about a request: the account, and what a test scripted."""

    account: Account
    senders: frozenset[str] | None
    """Addresses that may stand in From; None lets any."""
    checks: bool = True
    """Whether the limits are checked. The fast mode of the benchmark does without."""
    refused: frozenset[str] = frozenset()
    """Addresses that SendGrid calls invalid although they look right."""
    names_refused: bool = True
    """Whether such a refusal names the place; otherwise it is the bare `Bad Request` with no field."""
    refused_as: int = 400
    scopes: tuple[str, ...] = ("mail.send",)
    """What the key may do."""
    violations: list[Violation] = field(default_factory=list)


def errors(status: int, *found: Violation) -> Reply:
    return Reply(status, {"errors": [violation.as_json() for violation in found]})


def answer(desk: Desk, request: Request, fault: Fault | None) -> Reply | None:
    """The reply to a request; None where `fault` takes its place. Raises NotServed."""
    methods_here = set()
    for method, pattern, serve in ROUTES:
        match = re.fullmatch(pattern, request.path)
        if match and method == request.method:
            reply = serve(desk, request, *match.groups())
            if serve is _mail_send and fault is not None and reply.status == ACCEPTED:
                _settle(desk.account, request.body, fault)
                return None
            if serve is _mail_send and reply.status == ACCEPTED:
                return Reply(ACCEPTED, None, {"X-Message-Id": desk.account.accept(request.body)})
            return reply
        methods_here |= {method} if match else set()
    raise NotServed(405, "method not allowed") if methods_here else NotServed(404, "not found")


ACCEPTED = 202


def _settle(account: Account, body: Mapping[str, Any], fault: Fault) -> None:
    if fault.acceptance is Acceptance.BEFORE:
        account.accept(body)
    elif fault.acceptance is Acceptance.LATE:
        account.hold(body)


def _mail_send(desk: Desk, request: Request) -> Reply:
    """202 stands for "would be accepted": the caller accepts, or lets a fault do so."""
    if request.content_type.split(";")[0].strip() != "application/json":
        return errors(415, Violation("Content-Type must be application/json", None))
    found = violations(request.body, desk.account.known()) if desk.checks else []
    if found:
        desk.violations += found
        return errors(400, *found)
    sender = request.body["from"]["email"].casefold()
    if desk.senders is not None and sender not in desk.senders:
        message = "The from address does not match a verified Sender Identity."
        return errors(403, Violation(message, "from"))
    refusals = _refusals(desk, request.body) if desk.refused else []
    if refusals:
        return errors(desk.refused_as, *refusals)
    # SendGrid would pass over a key it does not know; for a test it is a slip of ours.
    desk.violations += [Violation(what, where) for where, what in shape.faults(request.body) if desk.checks]
    settings = request.body.get("mail_settings") or {}
    if (settings.get("sandbox_mode") or {}).get("enable"):
        return Reply(200)
    return Reply(ACCEPTED)


def _refusals(desk: Desk, body: Mapping[str, Any]) -> list[Violation]:
    places = [
        number
        for number, block in enumerate(body["personalizations"])
        if block["to"][0]["email"] in desk.refused
    ]
    if places and not desk.names_refused:
        return [Violation("Bad Request", None)]
    return [
        Violation("Does not contain a valid address.", f"personalizations.{number}.to.0.email")
        for number in places
    ]


def _scopes(desk: Desk, _: Request) -> Reply:
    return Reply(200, {"scopes": list(desk.scopes)})


def _new_batch(desk: Desk, _: Request) -> Reply:
    return Reply(201, {"batch_id": desk.account.new_batch()})


def _known_batch(desk: Desk, _: Request, batch: str) -> Reply:
    if batch in desk.account.batches:
        return Reply(200, {"batch_id": batch})
    return errors(400, Violation("invalid batch id", "batch_id"))


def _set_status(desk: Desk, request: Request) -> Reply:
    body = request.body or {}
    batch, status = body.get("batch_id"), body.get("status")
    account = desk.account
    if batch not in account.batches or status not in {"pause", "cancel"}:
        return errors(400, Violation("invalid batch id or status", "batch_id"))
    if batch in account.statuses:
        return errors(400, Violation("a status change is already in progress", "batch_id"))
    if len(account.statuses) >= STATUSES_AT_MOST:
        return errors(400, Violation("the maximum number of cancellations and pauses is reached", None))
    account.statuses[batch] = status
    return Reply(201, {"batch_id": batch, "status": status})


def _statuses(desk: Desk, _: Request) -> Reply:
    known = [{"batch_id": batch, "status": status} for batch, status in desk.account.statuses.items()]
    return Reply(200, known)


def _status(desk: Desk, _: Request, batch: str) -> Reply:
    status = desk.account.statuses.get(batch)
    return Reply(200, [] if status is None else [{"batch_id": batch, "status": status}])


def _change_status(desk: Desk, request: Request, batch: str) -> Reply:
    status = (request.body or {}).get("status")
    if batch not in desk.account.statuses or status not in {"pause", "cancel"}:
        return errors(404, Violation("scheduled send not found", None))
    desk.account.statuses[batch] = status
    return Reply(204)


def _remove_status(desk: Desk, _: Request, batch: str) -> Reply:
    if not desk.account.remove_status(batch):
        return errors(404, Violation("scheduled send not found", None))
    return Reply(204)


def _suppressions(desk: Desk, request: Request, name: str) -> Reply:
    """A page of a list; `start_time` and `end_time` are inclusive."""
    entries = desk.account.suppressions[name]
    start, end = int(request.query.get("start_time", 0)), int(request.query.get("end_time", 2**40))
    dated = [entry for entry in entries if start <= entry.created <= end]
    return Reply(200, [_entry(name, entry) for entry in _page(dated, request)])


def _entry(name: str, entry: Suppressed) -> dict[str, Any]:
    """Spam reports and unsubscribes carry no reason; only bounces and blocks have a status."""
    shown: dict[str, Any] = {"created": entry.created, "email": entry.email}
    if name == "spam_reports":
        shown["ip"] = "192.0.2.1"
    elif name != "unsubscribes":
        shown["reason"] = entry.reason
    if name in {"bounces", "blocks"}:
        shown["status"] = entry.status
    return shown


def _group_suppressions(desk: Desk, _: Request, group: str) -> Reply:
    """The whole list: the page names no parameter for this question, and any is ignored."""
    emails = desk.account.group_suppressions.get(int(group))
    if emails is None:
        return errors(404, Violation("group not found", None))
    return Reply(200, list(emails))


def _group(desk: Desk, _: Request, group: str) -> Reply:
    emails = desk.account.group_suppressions.get(int(group))
    if emails is None:
        return errors(404, Violation("group not found", None))
    return Reply(200, {"id": int(group), "name": f"Group {group}", "unsubscribes": len(emails)})


def _add_to_group(desk: Desk, request: Request, group: str) -> Reply:
    """Of a group that is not there the page says: the addresses go to the account's global list."""
    emails = (request.body or {}).get("recipient_emails")
    if not isinstance(emails, list) or not emails:
        return errors(400, Violation("no recipient emails", "recipient_emails"))
    desk.account.add_to_group(int(group), emails)
    return Reply(201, {"recipient_emails": emails})


def _all_groups(desk: Desk, _: Request) -> Reply:
    """Who is in which group, and since when: of all groups together."""
    account = desk.account
    return Reply(
        200,
        [
            {"email": email, "group_id": group, "group_name": f"Group {group}"}
            | {"created_at": account.group_times.get((group, email), 0)}
            for group, emails in account.group_suppressions.items()
            for email in emails
        ],
    )


def _take_from_group(desk: Desk, _: Request, group: str, email: str) -> Reply:
    there = desk.account.group_suppressions.get(int(group), [])
    if unquote(email) not in there:
        return errors(404, Violation("suppression not found", None))
    there.remove(unquote(email))
    return Reply(204)


def _page(entries: list[T], request: Request) -> list[T]:
    limit = min(int(request.query.get("limit", LARGEST_PAGE)), LARGEST_PAGE)
    offset = int(request.query.get("offset", 0))
    return entries[offset : offset + limit]


def _search_logs(desk: Desk, request: Request) -> Reply:
    try:
        return Reply(200, {"messages": logs.search(desk.account.accepted, request.body or {})})
    except logs.BadQuery as error:
        return errors(400, Violation(str(error), "query"))


def _log(desk: Desk, _: Request, sg_message_id: str) -> Reply:
    for message in desk.account.accepted:
        if message.sg_message_id == sg_message_id:
            return Reply(200, logs.detail(message))
    return errors(404, Violation("message not found", None))


ROUTES: tuple[tuple[str, str, Callable[..., Reply]], ...] = (
    ("POST", "/v3/mail/send", _mail_send),
    ("GET", "/v3/scopes", _scopes),
    ("POST", "/v3/mail/batch", _new_batch),
    ("GET", "/v3/mail/batch/([^/]+)", _known_batch),
    ("POST", "/v3/user/scheduled_sends", _set_status),
    ("GET", "/v3/user/scheduled_sends", _statuses),
    ("GET", "/v3/user/scheduled_sends/([^/]+)", _status),
    ("PATCH", "/v3/user/scheduled_sends/([^/]+)", _change_status),
    ("DELETE", "/v3/user/scheduled_sends/([^/]+)", _remove_status),
    ("GET", "/v3/suppression/(bounces|blocks|invalid_emails|spam_reports|unsubscribes)", _suppressions),
    ("GET", r"/v3/asm/groups/(\d+)", _group),
    ("GET", r"/v3/asm/groups/(\d+)/suppressions", _group_suppressions),
    ("POST", r"/v3/asm/groups/(\d+)/suppressions", _add_to_group),
    ("DELETE", r"/v3/asm/groups/(\d+)/suppressions/([^/]+)", _take_from_group),
    ("GET", "/v3/asm/suppressions", _all_groups),
    ("POST", "/v3/logs", _search_logs),
    ("GET", "/v3/logs/([^/]+)", _log),
)
