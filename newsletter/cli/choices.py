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
    FRAGMENT = "fragment"
    FRAGMENT_TEXT = "fragment-text"
    PDF = "pdf"

    @property
    def is_public(self) -> bool:
        """Whether it is a copy that belongs to nobody, so that no person or segment can be named."""
        return self in {Format.FRAGMENT, Format.FRAGMENT_TEXT, Format.PDF}


class ExportFormat(StrEnum):
    """What `export-person` writes."""

    JSON = "json"
    HTML = "html"


class Unreached(StrEnum):
    """Whom `status --list` names."""

    REJECTED = "rejected"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    PENDING = "pending"


class ListsAction(StrEnum):
    """What `lists` does beside showing the segments."""

    CHECK = "check"
    IMPORT = "import"


class Suppress(StrEnum):
    """What `suppress` does."""

    ADD = "add"
    REMOVE = "remove"
    LIST = "list"
    IMPORT = "import"
    GIVE_UP_CODES = "give-up-codes"


class Document(StrEnum):
    """What `import` reads."""

    DOCX = "docx"
    ODT = "odt"
    HTML = "html"
    TXT = "txt"
    PDF = "pdf"
