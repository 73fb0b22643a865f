"""How to reach SendGrid, and what a request asks for beside its mail.

Rule: an empty key, a host that would get the key in clear, and a time without a way back are refused here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from newsletter.errors import Mistake, SettingsError, Where

HOSTS: Final = {"global": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}
"""`eu` is for accounts that are EU regional subusers."""

_LOCAL: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Access:
    """Where SendGrid is and what opens it.

    `step_s` is the longest silence within an exchange and `whole_s` the longest exchange. Both are generous:
    a request given up too early is a request of which nobody knows whether it was taken.
    """

    api_key: str = field(repr=False)
    host: str = HOSTS["global"]
    step_s: float = field(default=60.0, kw_only=True)
    whole_s: float = field(default=180.0, kw_only=True)

    @property
    def is_local(self) -> bool:
        """Whether the host is this machine, which no proxy of the environment can reach."""
        return urlsplit(self.host).hostname in _LOCAL

    def check(self) -> None:
        """Raise `SettingsError` for what could never work, or would give the key away."""
        if not self.api_key.strip() or not self.api_key.isascii() or not self.api_key.isprintable():
            raise _wrong(
                "SENDGRID_API_KEY", "the key is empty or not plain text", "Set it to a key that may send mail."
            )
        scheme = urlsplit(self.host).scheme
        if scheme != "https" and not (scheme == "http" and self.is_local):
            raise _wrong(
                "sendgrid.host", "the key would travel in clear", "Use an address that starts with https://."
            )


def host_for(region: Literal["global", "eu"], host: str | None = None) -> str:
    """The API's address: `host` where one is given (for tests), else the region's."""
    return (host or HOSTS[region]).rstrip("/")


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A send at a later time, always with the batch id by which it can be called back."""

    send_at: datetime
    batch_id: str

    def __post_init__(self) -> None:
        if self.send_at.tzinfo is None:
            raise ValueError("a time to send at needs a time zone")
        if not self.batch_id:
            raise ValueError("a scheduled send needs a batch id, or nobody can call it back")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What every request of a run asks for beside its mail."""

    sandbox: bool = False
    unsubscribe_group: int | None = None
    scheduled: Scheduled | None = None

    def as_request(self) -> dict[str, Any]:
        """These keys of a mail/send body. Everything SendGrid would add to a mail is switched off by name."""
        extras: dict[str, Any] = {
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": {"enable": False},
                "subscription_tracking": {"enable": False},
                "ganalytics": {"enable": False},
            },
            "mail_settings": {"footer": {"enable": False}, "sandbox_mode": {"enable": self.sandbox}},
        }
        if self.unsubscribe_group is not None:
            extras["asm"] = {"group_id": self.unsubscribe_group}
        if self.scheduled is not None:
            extras["send_at"] = int(self.scheduled.send_at.timestamp())
            extras["batch_id"] = self.scheduled.batch_id
        return extras


def _wrong(where: str, what: str, hint: str) -> SettingsError:
    return SettingsError([Mistake(Where(where), what, hint)])
