"""SendGrid's account beside mail: scheduled sends, suppression lists, and its logs as evidence.

Rule: what SendGrid has a record of is proof; the absence of a record is not.
Sources: SendGrid's pages "Cancel Scheduled Sends", "Suppressions" and "Email Logs".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

from newsletter.delivery.transports.sendgrid.api import Reply
from newsletter.delivery.transports.sendgrid.verdicts import complaint
from newsletter.errors import TransportStopped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from newsletter.delivery.transports.sendgrid.api import Api
    from newsletter.delivery.transports.sendgrid.pace import Pace

OPT_OUT_LISTS: Final = ("unsubscribes", "spam_reports", "bounces", "invalid_emails")
"""The lists whose people get no mail. `blocks` is not among them: SendGrid itself goes on mailing those."""

_PAGE = 500
_LOG_LIMIT = 1000
_TRIES = 4
_OK = frozenset({200, 201, 204})
_GONE = 404


@dataclass(frozen=True, slots=True)
class Suppression:
    """Somebody SendGrid will not mail."""

    address: str = field(repr=False)
    list: str
    """One of `OPT_OUT_LISTS`, `blocks`, or `group`."""
    since: datetime | None = None
    reason: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Somebody of whom it is unknown whether SendGrid has the mail."""

    person: int
    address: str = field(repr=False)
    code: str
    attempt: str


class Account:
    """Questions to one account. Every method raises `TransportStopped` when SendGrid will not answer."""

    def __init__(self, api: Api, pace: Pace) -> None:
        self._api = api
        self._pace = pace

    # Scheduled sends

    def new_batch(self) -> str:
        """A batch id, valid for 10 days; give it to `Scheduled`."""
        return str(self._ask("post", "mail/batch")["batch_id"])

    def cancel(self, batch_id: str) -> None:
        """Have SendGrid discard, at its time, what was scheduled under this batch id."""
        self._set_status(batch_id, "cancel")

    def pause(self, batch_id: str) -> None:
        """Have SendGrid keep the mail back; 72 hours after its time it is discarded."""
        self._set_status(batch_id, "pause")

    def unpause(self, batch_id: str) -> None:
        """Take back a pause or a cancellation; mail whose time has come leaves at once."""
        if self.status(batch_id) is not None:
            self._ask("delete", f"user/scheduled_sends/{batch_id}")

    def status(self, batch_id: str) -> str | None:
        """`pause` or `cancel`; None while the batch will leave at its time."""
        found = self._ask("get", f"user/scheduled_sends/{batch_id}") or []
        return next((str(entry["status"]) for entry in found if entry["batch_id"] == batch_id), None)

    def _set_status(self, batch_id: str, status: Literal["cancel", "pause"]) -> None:
        """A first status is posted, another replaces it: a second post would be refused."""
        try:
            if self.status(batch_id) is None:
                self._ask("post", "user/scheduled_sends", body={"batch_id": batch_id, "status": status})
            else:
                self._ask("patch", f"user/scheduled_sends/{batch_id}", body={"status": status})
        except TransportStopped:
            # The answer to a post may be lost, and the next one refused because the first was heard.
            if self.status(batch_id) != status:
                raise

    # Suppressions

    def suppressions(
        self, *, since: datetime | None = None, group: int | None = None, lists: Iterable[str] = OPT_OUT_LISTS
    ) -> Iterator[Suppression]:
        """Everybody on these lists, and in the unsubscribe group if one is given, page after page."""
        start = {} if since is None else {"start_time": int(since.timestamp())}
        for name in lists:
            for entry in self._pages(f"suppression/{name}", start):
                created = datetime.fromtimestamp(entry["created"], UTC)
                yield Suppression(entry["email"], name, created, str(entry.get("reason") or ""))
        if group is not None:
            # The whole list: this question knows no pages, and would answer the same to the next one.
            for address in self._ask("get", _group(group)):
                yield Suppression(str(address), "group")

    def has_group(self, group: int) -> bool:
        """Whether there is such an unsubscribe group."""
        return self._ask("get", f"asm/groups/{group}", missing_is_none=True) is not None

    def add_to_group(self, group: int, addresses: Sequence[str]) -> None:
        """Have SendGrid keep these from the mail of an unsubscribe group.

        That there is such a group must be known: without it, SendGrid keeps them from all mail of the account.
        """
        self._ask("post", _group(group), body={"recipient_emails": list(addresses)})

    def group_since(self, group: int) -> dict[str, datetime]:
        """Whoever is in an unsubscribe group, as SendGrid writes them → since when.

        The list of the group itself says no times; this one is of all groups of the account together.
        """
        return {
            str(entry["email"]): datetime.fromtimestamp(entry["created_at"], UTC)
            for entry in self._ask("get", "asm/suppressions")
            if entry["group_id"] == group
        }

    def take_from_group(self, group: int, address: str) -> None:
        """Let the mail of an unsubscribe group reach this address again. One who is not in it is no matter."""
        self._ask("delete", f"{_group(group)}/{quote(address, safe='@')}", missing_is_none=True)

    def _pages(self, path: str, query: Mapping[str, Any]) -> Iterator[Any]:
        """All entries of a list. A page is full until the last; an address seen twice does no harm."""
        offset = 0
        while page := self._ask("get", path, query={**query, "limit": _PAGE, "offset": offset}):
            yield from page
            offset += len(page)
            if len(page) < _PAGE:
                return

    # Logs

    def find_accepted(self, sought: Sequence[Sought], *, since: datetime, until: datetime) -> dict[int, str]:
        """Of whom SendGrid has this very attempt on record: `Sought.person` → its message id.

        The logs cannot be searched by custom argument and have no pages: they are asked for the window, or,
        where that holds more than one answer shows, for each address; the detail of a message then says
        whose attempt it is. Whoever is not found stays unknown.
        """
        window = f"{_CREATED} >= {_timestamp(since)} AND {_CREATED} <= {_timestamp(until)}"
        entries = self._logs(window)
        if len(entries) >= _LOG_LIMIT:
            addresses = sorted({one.address for one in sought if _quotable(one.address)})
            entries = [entry for one in addresses for entry in self._logs(f'{window} AND to_email = "{one}"')]
        wanted = {(one.code, one.attempt): one.person for one in sought}
        known = {one.address.casefold() for one in sought}
        found: dict[int, str] = {}
        for sg_message_id in (str(entry["sg_message_id"]) for entry in entries if _to(entry) in known):
            person = wanted.get(self._recipient_and_attempt(sg_message_id))
            if person is not None:
                found[person] = sg_message_id
        return found

    def _logs(self, query: str) -> list[Mapping[str, Any]]:
        answer = self._ask("post", "logs", body={"query": query, "limit": _LOG_LIMIT})
        return list(answer["messages"])

    def _recipient_and_attempt(self, sg_message_id: str) -> tuple[str, str]:
        detail = self._ask("get", f"logs/{sg_message_id}", missing_is_none=True)
        arguments = (detail or {}).get("custom_args") or {}
        return str(arguments.get("recipient")), str(arguments.get("attempt"))

    def _ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        missing_is_none: bool = False,
    ) -> Any:
        """The parsed answer. What may be asked twice is: 429 waits as told, no answer is tried again."""
        last = "no answer"
        for _ in range(_TRIES):
            self._pace.wait(_never)
            exchange = self._api.call(method, path, body=body, query=query)
            if not isinstance(exchange, Reply):
                last = "no answer"
            elif exchange.status in _OK:
                self._pace.answered(exchange.headers)
                return json.loads(exchange.body) if exchange.body else None
            elif exchange.status == _GONE and missing_is_none:
                return None
            else:
                last = f"{exchange.status} {complaint(exchange.body).text}".strip()
                if exchange.status != _TOO_MANY and exchange.status < _FAILED:
                    break
            self._pace.refused(exchange.headers if isinstance(exchange, Reply) else {})
        raise TransportStopped(
            f"SendGrid did not answer {method.upper()} /v3/{path.partition('/')[0]}: {last}.",
            "Check that the key may do this, and try again.",
        )


_TOO_MANY = 429
_FAILED = 500
_CREATED = "sg_message_id_created_at"


def _group(group: int) -> str:
    return f"asm/groups/{group}/suppressions"


def _never() -> bool:
    return False


def _to(entry: Mapping[str, Any]) -> str:
    return str(entry["to_email"]).casefold()


def _timestamp(moment: datetime) -> str:
    return f'TIMESTAMP "{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"'


def _quotable(address: str) -> bool:
    """Whether an address can stand in a query, which has no documented way to escape a quote."""
    return '"' not in address and "\\" not in address
