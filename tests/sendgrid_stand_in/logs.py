"""The Email Logs API: its query language with exactly the fields and operators documented, and no paging.

Source: "Filter all messages" and the OpenAPI description of `/v3/logs`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.sendgrid_stand_in.account import Accepted

DEFAULT_LIMIT = 10
LARGEST_LIMIT = 1000
CREATED = "sg_message_id_created_at"

CONDITION = re.compile(
    r"""(?P<field>\w+)\s*
        (?: (?P<operator>=|>=|<=|>|<)\s*(?:TIMESTAMP\s+)?(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')
          | (?P<in>IN)\s*\((?P<several>[^()]*)\) )""",
    re.VERBOSE,
)
AND = re.compile(r"\s+AND\s+")
EQUALS = frozenset({"sg_message_id", "subject", "to_email", "reason"})
ONE_OF = frozenset({"status", "categories"})
COMPARE: dict[str, Callable[[datetime, datetime], bool]] = {
    ">": lambda at, bound: at > bound,
    "<": lambda at, bound: at < bound,
    ">=": lambda at, bound: at >= bound,
    "<=": lambda at, bound: at <= bound,
}


class BadQuery(ValueError):
    """The query is not of the documented form."""


def search(messages: Iterable[Accepted], body: dict[str, Any]) -> list[dict[str, Any]]:
    """The summaries that match, newest first, at most `limit` of them. Raises BadQuery."""
    limit = body.get("limit", DEFAULT_LIMIT)
    if not isinstance(limit, int) or not 1 <= limit <= LARGEST_LIMIT:
        raise BadQuery("limit must be between 1 and 1000")
    conditions = parse(body.get("query") or "")
    found = (summary(message) for message in sorted(messages, key=lambda message: -message.at))
    matching = (entry for entry in found if all(condition(entry) for condition in conditions))
    return [entry for entry, _ in zip(matching, range(limit), strict=False)]


def parse(query: str) -> list[Callable[[dict[str, Any]], bool]]:
    """A query as predicates over summaries. Raises BadQuery."""
    if not query.strip():
        return []
    return [_condition(part) for part in AND.split(query.strip())]


def _condition(text: str) -> Callable[[dict[str, Any]], bool]:
    match = CONDITION.fullmatch(text.strip())
    if match is None:
        raise BadQuery("The query could not be parsed.")
    name, operator = match["field"], match["operator"] or "IN"
    value = match["double"] if match["double"] is not None else match["single"]
    if operator == "IN" and name in ONE_OF:
        allowed = re.findall(r"'([^']*)'", match["several"])
        return lambda entry: entry.get(name) in allowed
    if operator == "=" and name in EQUALS:
        return lambda entry: bool(entry.get(name) == value)
    if operator in COMPARE and name == CREATED:
        return _created(operator, value)
    raise BadQuery(f"{name} does not allow the operator {operator}.")


def _created(operator: str, value: str) -> Callable[[dict[str, Any]], bool]:
    try:
        bound = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadQuery("A timestamp must be ISO 8601.") from error
    compare = COMPARE[operator]
    return lambda entry: compare(datetime.fromisoformat(entry[CREATED]), bound)


def summary(message: Accepted) -> dict[str, Any]:
    """One entry of the list: without custom_args, which only the detail has."""
    return {
        "from_email": message.body["from"]["email"],
        "sg_message_id": message.sg_message_id,
        "subject": message.subject,
        "to_email": message.address,
        "status": "delivered",
        CREATED: datetime.fromtimestamp(message.at, UTC).isoformat(timespec="milliseconds"),
    }


def detail(message: Accepted) -> dict[str, Any]:
    entry = summary(message)
    del entry[CREATED]
    return {
        **entry,
        "custom_args": message.custom_args,
        "events": [{"event": "processed", "on": datetime.fromtimestamp(message.at, UTC).isoformat()}],
        "api_key_id": "stand-in",
        "client_ip": "127.0.0.1",
    }
