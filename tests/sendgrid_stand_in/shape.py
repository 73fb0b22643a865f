"""The shape of a mail/send request: which keys there are, and of what type each value is.

Rule: written from the request schema of SendGrid's OpenAPI description (`tsg_mail_v3`, 1.0.0) alone, and held
to nothing else: neither our requests nor the limits beside this module. A key that it lacks is a slip of ours
that SendGrid would pass over in silence. In one place it is wrong: `custom_args` of the whole request is an
object of texts, as SendGrid's pages show it, and not a text.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Text = Annotated[str, Field(min_length=1)]
Texts = dict[str, str]


class _Object(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Person(_Object):
    email: str
    name: str | None = None


class Personalization(_Object):
    to: Annotated[list[Person], Field(min_length=1, max_length=1000)]
    from_: Annotated[Person | None, Field(alias="from")] = None
    cc: Annotated[list[Person], Field(max_length=1000)] = []
    bcc: Annotated[list[Person], Field(max_length=1000)] = []
    subject: Text | None = None
    headers: Texts | None = None
    substitutions: Annotated[Texts, Field(max_length=10_000)] = {}
    dynamic_template_data: dict[str, Any] | None = None
    custom_args: Annotated[Texts, Field(max_length=10_000)] = {}
    send_at: int | None = None


class Content(_Object):
    type: Text
    value: Text


class Attachment(_Object):
    content: Text
    filename: str
    type: Text | None = None
    disposition: Literal["inline", "attachment"] = "attachment"
    content_id: str | None = None


class UnsubscribeGroup(_Object):
    group_id: int
    groups_to_display: Annotated[list[int], Field(max_length=25)] = []


class Switch(_Object):
    enable: bool | None = None


class Footer(Switch):
    text: str | None = None
    html: str | None = None


class Clicks(Switch):
    enable_text: bool | None = None


class Opens(Switch):
    substitution_tag: str | None = None


class Subscription(Footer):
    substitution_tag: str | None = None


class Analytics(Switch):
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    utm_campaign: str | None = None


class MailSettings(_Object):
    bypass_list_management: Switch | None = None
    bypass_spam_management: Switch | None = None
    bypass_bounce_management: Switch | None = None
    bypass_unsubscribe_management: Switch | None = None
    footer: Footer | None = None
    sandbox_mode: Switch | None = None


class TrackingSettings(_Object):
    click_tracking: Clicks | None = None
    open_tracking: Opens | None = None
    subscription_tracking: Subscription | None = None
    ganalytics: Analytics | None = None


class MailSend(_Object):
    personalizations: Annotated[list[Personalization], Field(min_length=1, max_length=1000)]
    from_: Annotated[Person, Field(alias="from")]
    reply_to: Person | None = None
    reply_to_list: Annotated[list[Person], Field(max_length=1000)] = []
    subject: Text | None = None
    content: list[Content] | None = None
    attachments: list[Attachment] | None = None
    template_id: str | None = None
    headers: Texts | None = None
    categories: Annotated[list[Annotated[str, Field(max_length=255)]], Field(max_length=10)] = []
    custom_args: Texts | None = None
    send_at: int | None = None
    batch_id: str | None = None
    asm: UnsubscribeGroup | None = None
    ip_pool_name: Annotated[str, Field(min_length=2, max_length=64)] | None = None
    mail_settings: MailSettings | None = None
    tracking_settings: TrackingSettings | None = None


def faults(body: Any) -> list[tuple[str, str]]:
    """What is not of this shape: the place, and what is wrong there."""
    try:
        MailSend.model_validate(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return [(".".join(map(str, each["loc"])), each["msg"]) for each in found]
    return []
