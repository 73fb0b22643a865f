"""One personalization of an accepted request, as the RFC 5322 message its reader opens.

Rule: what SendGrid would add unless told otherwise is added here too (open pixel, rewritten links, its own
unsubscribe footer and header), since accounts have tracking on by default: a forgotten switch shows in the
mail.
"""

from __future__ import annotations

import base64
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

POLICY = SMTP.clone(max_line_length=998)
"""Long header values stay in one piece: the default would fold a link into encoded words."""


def render(body: Mapping[str, Any], number: int, *, message_id: str, at: datetime) -> bytes:
    """The message of personalization `number`: substitutions applied, headers merged, switches obeyed."""
    block = body["personalizations"][number]
    substitutions = block.get("substitutions") or {}
    mail = EmailMessage(policy=POLICY)
    mail["From"] = _mailboxes([block.get("from") or body["from"]])
    mail["To"] = _mailboxes(block["to"])
    if block.get("cc"):
        mail["Cc"] = _mailboxes(block["cc"])
    if body.get("reply_to"):
        filled = {key: substitute(value, substitutions) for key, value in body["reply_to"].items()}
        mail["Reply-To"] = _mailboxes([filled])
    mail["Subject"] = substitute(block.get("subject") or body.get("subject") or "", substitutions)
    mail["Date"] = format_datetime(at)
    _add_content(mail, body, substitutions)
    _add_attachments(mail, body)
    # After the content, which takes with it into its part every Content-* header that it finds.
    _add_headers(mail, body, block, message_id)
    return mail.as_bytes()


def substitute(text: str, substitutions: Mapping[str, str]) -> str:
    """Literal find and replace, tag after tag: a value that holds a later tag is expanded again."""
    for tag, value in substitutions.items():
        text = text.replace(tag, value)
    return text


def _mailboxes(people: Iterable[Mapping[str, Any]]) -> tuple[Address, ...]:
    return tuple(Address(person.get("name") or "", addr_spec=person["email"]) for person in people)


def _add_headers(
    mail: EmailMessage, body: Mapping[str, Any], block: Mapping[str, Any], message_id: str
) -> None:
    headers = {**(body.get("headers") or {}), **(block.get("headers") or {})}
    if _is_on(body, "subscription_tracking"):
        headers = {name: value for name, value in headers.items() if not name.startswith("List-Unsubscribe")}
        headers["List-Unsubscribe"] = "<https://u1.ct.sendgrid.example/wf/unsubscribe>"
    if "message-id" not in {name.casefold() for name in headers}:
        headers["Message-ID"] = f"<{message_id}@sendgrid.example>"
    for name, value in headers.items():
        mail[name] = value


def _add_content(mail: EmailMessage, body: Mapping[str, Any], substitutions: Mapping[str, str]) -> None:
    for number, part in enumerate(body["content"]):
        _, _, subtype = part["type"].partition("/")
        value = _decorated(substitute(part["value"], substitutions), subtype, body)
        add = mail.set_content if number == 0 else mail.add_alternative
        add(value, subtype=subtype, charset="utf-8", cte="quoted-printable")


def _add_attachments(mail: EmailMessage, body: Mapping[str, Any]) -> None:
    for file in body.get("attachments") or ():
        main, _, sub = (file.get("type") or "application/octet-stream").partition("/")
        mail.add_attachment(
            base64.b64decode(file["content"]),
            maintype=main,
            subtype=sub,
            filename=file["filename"],
            disposition=file.get("disposition") or "attachment",
        )


def _decorated(value: str, subtype: str, body: Mapping[str, Any]) -> str:
    """What tracking and footers do to a part."""
    footer = (body.get("mail_settings") or {}).get("footer") or {}
    if footer.get("enable"):
        value += footer.get("html" if subtype == "html" else "text") or ""
    if subtype != "html":
        return value
    if _is_on(body, "click_tracking"):
        value = re.sub(r'href="https?://[^"]*"', 'href="https://u1.ct.sendgrid.example/ls/click"', value)
    if _is_on(body, "open_tracking"):
        value += '<img src="https://u1.ct.sendgrid.example/wf/open" width="1" height="1" alt="">'
    if _is_on(body, "subscription_tracking"):
        value += '<a href="https://u1.ct.sendgrid.example/wf/unsubscribe">Unsubscribe</a>'
    return value


def _is_on(body: Mapping[str, Any], tracking: str) -> bool:
    """Whether a kind of tracking happens: the account's default is on, a request can only switch it off."""
    setting = (body.get("tracking_settings") or {}).get(tracking) or {}
    return bool(setting.get("enable", True))
