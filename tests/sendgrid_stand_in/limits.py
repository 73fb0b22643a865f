"""What SendGrid refuses in a mail/send request, with the words it uses.

Rule: written from SendGrid's pages alone and never from our own checks, so that each judges the other.
Messages and fields: "Errors" (twilio.com/docs/sendgrid/api-reference/mail-send/errors); sizes and counts: the
same page, "Mail Send overview" and the OpenAPI description, the stricter where they differ.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PERSONALIZATIONS = 1000
RECIPIENTS = 1000
REQUEST_BYTES = 30_000_000
CUSTOM_ARGS_BYTES = 10_000
SUBSTITUTIONS_BYTES = 10_000
SUBSTITUTIONS = 150
CATEGORIES = 10
CATEGORY_CHARACTERS = 255
GROUPS_TO_DISPLAY = 25
REPLY_TO_LIST = 1000
ADDRESS_CHARACTERS = 320
AHEAD_S = 72 * 3600

RESERVED = frozenset(
    {
        "x-sg-id",
        "x-sg-eid",
        "received",
        "dkim-signature",
        "content-type",
        "content-transfer-encoding",
        "to",
        "from",
        "subject",
        "reply-to",
        "cc",
        "bcc",
    }
)
ADDRESS = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>.]+")
CONTENT_ORDER = {"text/plain": 0, "text/html": 1}
RECIPIENT_KINDS = ("to", "cc", "bcc")
SWITCHES = {
    "mail_settings": ("bypass_list_management", "footer", "sandbox_mode"),
    "tracking_settings": ("click_tracking", "ganalytics", "open_tracking", "subscription_tracking"),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One entry of an error body. `field` is None where SendGrid names none."""

    message: str
    field: str | None

    def as_json(self) -> dict[str, str | None]:
        anchor = (self.field or "").split(".")[0]
        page = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"
        return {"message": self.message, "field": self.field, "help": f"{page}#message.{anchor}"}


@dataclass(frozen=True, slots=True)
class Known:
    """What the account holds that a request may refer to, and the time."""

    now: float
    groups: frozenset[int] = frozenset()
    batches: frozenset[str] = frozenset()


def violations(body: Any, known: Known) -> list[Violation]:
    """Every rule the request breaks, as SendGrid reports several at once."""
    if not isinstance(body, dict):
        return [Violation("Bad Request", None)]
    found = [violation for rule in RULES for violation in rule(body)]
    return found + list(_schedule(body, known)) + list(_unsubscribe_group(body, known))


def _personalizations(body: Mapping[str, Any]) -> Iterator[Violation]:
    blocks = _blocks(body)
    if not blocks:
        yield Violation("You must have at least one personalization.", "personalizations")
    if len(blocks) > PERSONALIZATIONS:
        yield Violation(
            "The personalization block is limited to 1000 personalizations per API request. You have provided "
            f"{len(blocks)} personalizations. Please consider splitting this into multiple requests and "
            "resending your request.",
            "personalizations",
        )
    if sum(len(block.get(kind) or ()) for block in blocks for kind in RECIPIENT_KINDS) > RECIPIENTS:
        yield Violation(
            "There is a limit of 1000 total recipients (to + cc + bcc) per request.", "personalizations"
        )


def _recipients(body: Mapping[str, Any]) -> Iterator[Violation]:
    seen: set[str] = set()
    for number, block in enumerate(_blocks(body)):
        if not block.get("to"):
            yield Violation(
                "The to parameter is required for all personalization objects.", f"personalizations.{number}.to"
            )
        for kind in RECIPIENT_KINDS:
            for place, person in enumerate(block.get(kind) or ()):
                where = f"personalizations.{number}.{kind}.{place}.email"
                address = person.get("email") if isinstance(person, dict) else None
                if not _is_address(address):
                    yield Violation("Does not contain a valid address.", where)
                elif address.casefold() in seen:
                    yield Violation(
                        "Each unique email address in the personalizations array should only be included once. "
                        f"You have included [{address}] more than once.",
                        "personalizations",
                    )
                else:
                    seen.add(address.casefold())


def _sender(body: Mapping[str, Any]) -> Iterator[Violation]:
    sender = body.get("from")
    if not isinstance(sender, dict):
        yield Violation(
            "The from object must be provided for every email send. It is an object that requires the email "
            "parameter, but may also contain a name parameter.",
            "from.email",
        )
    elif not _is_address(sender.get("email")) or not sender["email"].isascii():
        yield Violation(
            "The from object must at least have an email parameter with a valid email address.", "from"
        )


def _reply_to(body: Mapping[str, Any]) -> Iterator[Violation]:
    reply_to, several = body.get("reply_to"), body.get("reply_to_list")
    if reply_to is not None and several is not None:
        yield Violation("reply_to and reply_to_list are mutually exclusive.", "reply_to")
    if reply_to is not None and not (isinstance(reply_to, dict) and _is_address(reply_to.get("email"))):
        yield Violation(
            "The reply_to object, when used, must at least have an email parameter with a valid email address.",
            "reply_to.email",
        )
    if several is not None and len(several) > REPLY_TO_LIST:
        yield Violation("There is a limit of 1000 reply_to_list addresses.", "reply_to_list")


def _subject(body: Mapping[str, Any]) -> Iterator[Violation]:
    given = [body.get("subject"), *(block.get("subject") for block in _blocks(body))]
    if any(subject is not None and not _is_text(subject) for subject in given):
        yield Violation(
            "The subject of your email must be a string at least one character in length.", "subject"
        )
    if given[0] is None and not (len(given) > 1 and all(given[1:])):
        yield Violation(
            "The subject is required. You can get around this requirement if you use a template with a subject "
            "defined or if every personalization has a subject defined.",
            "subject",
        )


def _content(body: Mapping[str, Any]) -> Iterator[Violation]:
    parts = body.get("content")
    if parts is None:
        yield Violation(
            "The content param is required unless you are using a transactional template and have defined a "
            "template_ID.",
            "content",
        )
        return
    if not isinstance(parts, list) or not parts:
        yield Violation("There must be at least one defined content block.", "content")
        return
    for number, part in enumerate(parts):
        yield from _content_part(part, number)
    order = [CONTENT_ORDER.get(str(part.get("type")), 2) for part in parts if isinstance(part, dict)]
    if order != sorted(order):
        yield Violation(
            "Following RFC 1341, section 7.2, if either text/html or text/plain are to be sent in your email: "
            "text/plain needs to be first, followed by text/html, followed by any other content.",
            "content",
        )


def _content_part(part: Any, number: int) -> Iterator[Violation]:
    kind, value = (part.get("type"), part.get("value")) if isinstance(part, dict) else (None, None)
    if not _is_text(kind):
        yield Violation(
            "Your content type must be a string with length of at least one character.",
            f"content.{number}.type",
        )
    elif re.search(r"[;\r\n]", kind):
        yield Violation("Cannot contain ';', or CRLF characters.", f"content.{number}.type")
    if not _is_text(value):
        yield Violation(
            "The content value must be a string at least one character in length.", f"content.{number}.value"
        )


def _attachments(body: Mapping[str, Any]) -> Iterator[Violation]:
    for number, file in enumerate(body.get("attachments") or ()):
        where = f"attachments.{number}"
        given = file if isinstance(file, dict) else {}
        if not _is_base64(given.get("content")):
            yield Violation("The attachment content must be base64 encoded.", f"{where}.content")
        for key in ("filename", "type", "disposition"):
            value = given.get(key)
            if key == "filename" and not _is_text(value):
                yield Violation("The filename of your attachment must be a string.", f"{where}.filename")
            elif value is not None and re.search(r"[;\r\n]", str(value)):
                yield Violation("Cannot contain ';', or CRLF characters.", f"{where}.{key}")
        if given.get("disposition") not in {None, "inline", "attachment"}:
            yield Violation("The disposition must be either inline or attachment.", f"{where}.disposition")


def _is_base64(value: Any) -> bool:
    if not _is_text(value):
        return False
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error:
        return False
    return True


def _headers(body: Mapping[str, Any]) -> Iterator[Violation]:
    yield from _header_block(body.get("headers"), "headers")
    for number, block in enumerate(_blocks(body)):
        yield from _header_block(block.get("headers"), f"personalizations.{number}.headers")


def _header_block(headers: Any, where: str) -> Iterator[Violation]:
    if headers is None:
        return
    if not isinstance(headers, dict):
        yield Violation("The header values must be strings.", where)
        return
    names = [str(name).casefold() for name in headers]
    if len(set(names)) < len(names):
        yield Violation("The headers can't contain duplicate keys.", where)
    for name, value in headers.items():
        if not isinstance(value, str):
            yield Violation("The header values must be strings.", f"{where}.{name}")
        if not name.isascii() or " " in name:
            yield Violation("Header keys can't contain non-ASCII characters and empty spaces.", where)
        if name.casefold() in RESERVED:
            yield Violation("Header can not be one of the reserved keys.", f"{where}.{name}")


def _custom_args(body: Mapping[str, Any]) -> Iterator[Violation]:
    shared = body.get("custom_args")
    for where, arguments in [("custom_args", shared), *_of_each_block(body, "custom_args")]:
        if arguments is not None and not _is_text_map(arguments):
            yield Violation("All values of custom arguments object must be strings", where)
    for where, own in _of_each_block(body, "custom_args"):
        merged = {**(shared if _is_text_map(shared) else {}), **(own if _is_text_map(own) else {})}
        if _bytes_of(merged) > CUSTOM_ARGS_BYTES:
            yield Violation(
                "The combined size of both global and personalization custom arguments may not exceed 10,000 "
                "bytes per personalization.",
                where,
            )


def _substitutions(body: Mapping[str, Any]) -> Iterator[Violation]:
    for where, substitutions in _of_each_block(body, "substitutions"):
        if substitutions is None:
            continue
        if not _is_text_map(substitutions):
            yield Violation("Bad Request", None)
            continue
        if _bytes_of(substitutions) > SUBSTITUTIONS_BYTES:
            yield Violation("You are limited to 10,000 bytes of substitutions.", where)
        if len(substitutions) > SUBSTITUTIONS:
            yield Violation("Substitutions are limited to 150 items per personalization block.", where)


def _categories(body: Mapping[str, Any]) -> Iterator[Violation]:
    categories = body.get("categories")
    if categories is None:
        return
    if not isinstance(categories, list) or not all(isinstance(category, str) for category in categories):
        yield Violation("Categories must be an array of strings.", "categories")
        return
    if len(categories) > CATEGORIES:
        yield Violation(
            f"There is a limit of 10 categories for each email that is sent. You provided {len(categories)} "
            "categories.",
            "categories",
        )
    if len(set(categories)) < len(categories):
        yield Violation("The categories must be a unique list.", "categories")
    for number, category in enumerate(categories):
        if len(category) > CATEGORY_CHARACTERS:
            yield Violation("Each category must not be longer than 255 characters.", f"categories.{number}")
        if not category.isascii():
            yield Violation("Categories can not contain non-ASCII characters.", f"categories.{number}")


def _switches(body: Mapping[str, Any]) -> Iterator[Violation]:
    for family, names in SWITCHES.items():
        for name in names:
            enable = ((body.get(family) or {}).get(name) or {}).get("enable", False)
            if not isinstance(enable, bool):
                words = name.replace("_", " ")
                yield Violation(
                    f"The {words} enable param should be a boolean value.", f"{family}.{name}.enable"
                )


def _ip_pool(body: Mapping[str, Any]) -> Iterator[Violation]:
    name = body.get("ip_pool_name")
    if name is not None and not (isinstance(name, str) and 2 <= len(name) <= 64):
        yield Violation("The name of your IP pool must be a string.", "ip_pool_name")


RULES: tuple[Callable[[Mapping[str, Any]], Iterator[Violation]], ...] = (
    _personalizations,
    _recipients,
    _sender,
    _reply_to,
    _subject,
    _content,
    _attachments,
    _headers,
    _custom_args,
    _substitutions,
    _categories,
    _switches,
    _ip_pool,
)


def _schedule(body: Mapping[str, Any], known: Known) -> Iterator[Violation]:
    batch = body.get("batch_id")
    if batch is not None and not isinstance(batch, str):
        yield Violation("The batch_id must be a string.", "batch_id")
    elif batch is not None and batch not in known.batches:
        yield Violation("The batch_id must be a valid batch id on your account.", "batch_id")
    for where, moment in [("send_at", body.get("send_at")), *_of_each_block(body, "send_at")]:
        if moment is None:
            continue
        if not isinstance(moment, int) or isinstance(moment, bool):
            yield Violation(
                "The send_at parameter is expecting a UNIX timestamp as an integer. We will send immediately "
                "if you include a send_at timestamp that is in the past.",
                where,
            )
        elif moment > known.now + AHEAD_S:
            yield Violation("Scheduling more than 72 hours in advance is forbidden.", where)


def _unsubscribe_group(body: Mapping[str, Any], known: Known) -> Iterator[Violation]:
    asm = body.get("asm")
    if asm is None:
        return
    group = asm.get("group_id")
    if not isinstance(group, int) or isinstance(group, bool):
        yield Violation("The ASM group ID must be an integer.", "asm.group_id")
    elif group not in known.groups:
        yield Violation(
            f"The ASM group ID must be a valid Group ID on your account. You provided {group}.", "asm.group_id"
        )
    if len(asm.get("groups_to_display") or ()) > GROUPS_TO_DISPLAY:
        yield Violation(
            "There is a limit of 25 unsubscribe groups that can be displayed to a user at a time.",
            "asm.groups_to_display",
        )


def _blocks(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    blocks = body.get("personalizations")
    return [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []


def _of_each_block(body: Mapping[str, Any], key: str) -> list[tuple[str, Any]]:
    return [(f"personalizations.{number}.{key}", block.get(key)) for number, block in enumerate(_blocks(body))]


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value)


def _is_address(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= ADDRESS_CHARACTERS and bool(ADDRESS.fullmatch(value))


def _is_text_map(value: Any) -> TypeGuard[dict[str, str]]:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _bytes_of(values: Mapping[str, str]) -> int:
    """The size of keys and values together; SendGrid does not say whether its JSON marks count."""
    return sum(len(key.encode()) + len(value.encode()) for key, value in values.items())
