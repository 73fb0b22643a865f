"""What is known of the tools that people come from: how to recognise their exports, what their words mean.

Rule: a table, and nothing that decides. A header is compared in small letters, with `_` for all that is neither
letter nor digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

NAME = "name"
"""A whole name in one cell, which becomes a first and a last one."""
STATUS = "status"
"""Whether somebody still wants mail, in the tool's own words."""
GONE = "gone"
"""A value here says that somebody left, or never said yes."""
WANTED = "wanted"
"""A yes here says that somebody wants mail, and anything else that they never said so."""


class Standing(StrEnum):
    """What a tool knows of somebody's wish."""

    SUBSCRIBED = "subscribed"
    LEFT = "left"
    """They opted out, or complained."""
    BOUNCED = "bounced"
    """Their mailbox does not take mail."""
    UNCONFIRMED = "unconfirmed"
    """They never said yes."""


def _names(text: str) -> frozenset[str]:
    """Names with spaces or bars between."""
    return frozenset(name.strip() for name in (text.split("|") if "|" in text else text.split()))


COLUMNS: Mapping[str, frozenset[str]] = {
    "email": _names(
        "email e_mail email_address e_mail_address mail email1 email_1 primary_email email_primary "
        "emailaddress subscriber_email contact_email mail_address your_email"
    ),
    "first_name": _names("first_name firstname first forename forenames given_name fname known_as"),
    "last_name": _names("last_name lastname last surname family_name lname second_name"),
    NAME: _names("name full_name fullname contact contact_name member_name display_name"),
    "clp": _names("clp constituency constituency_party constituency_labour_party local_party"),
    "region": _names("region nation region_or_nation nation_or_region party_region"),
    "role": _names("role position office officer_role post responsibility"),
    "consent_source": _names(
        "consent_source how_consent_was_given how_they_signed_up sign_up_source signup_source"
    ),
    "consent_date": _names(
        "consent_date date_of_consent consent_given_on opt_in_date optin_date date_signed_up sign_up_date "
        "signup_date signed_up subscribed_at date_subscribed subscribe_date"
    ),
    STATUS: _names("status subscription_status email_status subscription subscriber_status"),
}
"""A column of a list → what other people call it."""

STATUSES: Mapping[str, Standing] = {
    word: standing
    for standing, words in {
        Standing.SUBSCRIBED: "subscribed | enabled | active | confirmed | opted in | opt in",
        Standing.LEFT: (
            "unsubscribed | opted out | opt out | blocklisted | blacklisted | blocked | do not contact "
            "| do not email | complained | spam | abuse | left | removed | suppressed | globally unsubscribed"
        ),
        Standing.BOUNCED: "cleaned | bounced | hard bounce | hard bounced | invalid | bad | undeliverable",
        Standing.UNCONFIRMED: (
            "pending | unconfirmed | nonsubscribed | non subscribed | non-subscribed | transactional "
            "| disabled | archived | inactive | not subscribed | never subscribed"
        ),
    }.items()
    for word in _names(words)
}
"""A status, in small letters → what it means."""

YES = frozenset({"true", "yes", "y", "1", "t"})
NO = frozenset({"", "false", "no", "n", "0", "f"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool whose exports are known."""

    name: str
    marks: frozenset[str]
    """Headers that no other tool writes; two of them make an export this tool's, or one where there is one."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Its header → the list's column, before what everybody's headers mean."""
    never: frozenset[str] = frozenset()
    """Its headers that look like a list's column and are something else."""
    left_where: Mapping[str, Standing] = field(default_factory=dict)
    """A header → what it means that somebody has a value there, or a yes."""
    wanted: str | None = None
    """The header of `WANTED`."""
    files: Mapping[str, Standing] = field(default_factory=dict)
    """How a file's name begins → what it says of everybody in it."""
    everybody: Standing | None = None
    """What such a file says of everybody in it, whatever its name."""


FILES: Mapping[str, Standing] = {
    "suppression_unsubscribes": Standing.LEFT,
    "suppression_group_unsubscribes": Standing.LEFT,
    "suppression_spam_reports": Standing.LEFT,
    "suppression_bounces": Standing.BOUNCED,
    "suppression_invalid_emails": Standing.BOUNCED,
    "suppression_blocks": Standing.UNCONFIRMED,
    "asm_groups": Standing.LEFT,
    "global_unsubscribe": Standing.LEFT,
    "unsubscribe": Standing.LEFT,
}
"""How a file's name begins → what it says of everybody in it, whoever wrote it. SendGrid's suppressions hold an
address and a time, and nothing else that tells them from a list of readers."""

_SUPPRESSIONS = Tool(name="SendGrid", marks=frozenset({"created", "reason"}), everybody=Standing.BOUNCED)
_OF_SUPPRESSIONS = frozenset({"email", "created", "reason", "status", "ip"})

TOOLS = (
    Tool(
        name="Mailchimp",
        marks=frozenset({"leid", "euid", "optin_time", "confirm_time", "member_rating", "last_changed"}),
        columns={"confirm_time": "consent_date", "optin_time": "consent_date"},
        never=frozenset({"region", "cc", "notes"}),
        left_where={
            "unsub_time": Standing.LEFT,
            "unsub_reason": Standing.LEFT,
            "clean_time": Standing.BOUNCED,
            "clean_campaign_title": Standing.BOUNCED,
        },
        files={
            "unsubscribed": Standing.LEFT,
            "cleaned": Standing.BOUNCED,
            "nonsubscribed": Standing.UNCONFIRMED,
            "archived": Standing.UNCONFIRMED,
        },
    ),
    Tool(
        name="NationBuilder",
        marks=frozenset(
            {"nationbuilder_id", "signup_type", "email_opt_in", "support_level", "is_volunteer", "tag_list"}
            | {"mobile_opt_in", "federal_donotcall", "point_person_id", "recruiter_id", "is_deceased"}
        ),
        columns={"email1": "email", "email_opt_in_at": "consent_date"},
        never=frozenset({"party", "party_member", "status"}),
        left_where={
            "unsubscribed_at": Standing.LEFT,
            "do_not_contact": Standing.LEFT,
            "is_deceased": Standing.UNCONFIRMED,
            "email1_is_bad": Standing.BOUNCED,
            "email_is_bad": Standing.BOUNCED,
        },
        wanted="email_opt_in",
    ),
    Tool(
        name="listmonk",
        marks=frozenset({"uuid", "attributes", "attribs", "updated_at"}),
        columns={"subscription_created_at": "consent_date"},
    ),
    Tool(
        name="SendGrid",
        marks=frozenset({"contact_id", "alternate_emails", "state_province_region", "unique_name", "whatsapp"}),
        never=frozenset({"state_province_region"}),
    ),
)


def tool_of(headers: frozenset[str]) -> Tool | None:
    """The tool that wrote these headers, if it is a known one."""
    if headers <= _OF_SUPPRESSIONS and headers >= _SUPPRESSIONS.marks:
        return _SUPPRESSIONS
    best = max(TOOLS, key=lambda tool: len(tool.marks & headers))
    return best if len(best.marks & headers) > 1 else None
