"""The words that an option may take."""

from __future__ import annotations

from enum import StrEnum


class Transport(StrEnum):
    """How mail goes out."""

    OUTBOX = "outbox"
    SMTP = "smtp"
    SENDGRID = "sendgrid"


class Format(StrEnum):
    """What `render` writes."""

    HTML = "html"
    TEXT = "text"
    MJML = "mjml"
    EML = "eml"


class Unreached(StrEnum):
    """Whom `status --list` names."""

    REJECTED = "rejected"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    PENDING = "pending"


class Suppress(StrEnum):
    """What `suppress` does."""

    ADD = "add"
    REMOVE = "remove"
    LIST = "list"
    IMPORT = "import"
