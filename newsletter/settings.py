"""`newsletter.yaml` as a model: every key, its type, its default and what it is for.

Rule: the file is checked as a whole and every mistake is reported at its place; an unknown key is a mistake.
The descriptions are what the reference page shows.
"""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from newsletter import yaml_source
from newsletter.address import AddressError
from newsletter.address import parse as parse_address
from newsletter.errors import Mistake, SettingsError, SourceError
from newsletter.render.disclaimer import missing_words
from newsletter.render.look import font_named, unknown_font


def _address(value: str) -> str:
    try:
        return parse_address(value)
    except AddressError as error:
        raise ValueError(f"an e-mail address: {error}") from None


def _web_address(value: str) -> str:
    if not value.startswith(("https://", "http://")) or " " in value or not _host(value):
        raise ValueError("a web address that starts with https://")
    return value.rstrip("/")


def _public_address(value: str) -> str:
    address = _web_address(value)
    if not address.startswith("https://") and not is_loopback(_host(address)):
        raise ValueError(
            "a web address that starts with https://; with http, readers' links could be read on the way, and "
            "mail programs would offer no one-click unsubscribing"
        )
    return address


def _host(address: str) -> str:
    """The host of a web address; empty where it has none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, so that nothing passes over a network."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _colour(value: str) -> str:
    if not re.fullmatch("#[0-9a-fA-F]{6}", value):
        raise ValueError("a colour as #rrggbb, in quotes, such as '#8a1538'")
    return value


def _font(value: str) -> str:
    if font_named(value) is None:
        raise yaml_source.mistake(*unknown_font(value))
    return value


def _language(value: str) -> str:
    if not re.fullmatch("[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
        raise ValueError("a language such as en-GB")
    return value


_OTHERS_FOLDERS = frozenset({"drafts", "fonts", "lists", "outbox", "templates"})


def _pages_folder(value: str) -> str:
    """What is in it is shown to everybody."""
    parts = [part for part in value.split("/") if part not in {"", "."}]
    if not parts or parts[0] in _OTHERS_FOLDERS or any(part.startswith(".") for part in parts):
        raise ValueError("a folder for the pages alone, such as site")
    return value


def _domain(value: str) -> str:
    if (
        not all(part.replace("-", "").isalnum() and part.isascii() for part in value.split("."))
        or "." not in value
    ):
        raise ValueError("a domain such as reports.example.org")
    return value.lower()


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("a time zone such as Europe/London") from None
    return value


def _list_file(value: str) -> str:
    if not re.fullmatch(r"[^/\\.][^/\\]*\.csv", value):
        raise ValueError("the name of a file in lists/ that ends in .csv")
    return value


def _network(value: str) -> str:
    try:
        return str(ip_network(value.strip()))
    except ValueError:
        raise ValueError("an IP address or a network such as 10.0.0.0/8") from None


def _one_line(value: str) -> str:
    if any(character < " " or character == "\x7f" for character in value):
        raise ValueError("one line of text")
    return value.strip()


def _folder(value: str) -> str:
    if not value.isprintable() or not value.strip():
        raise ValueError("the name of a folder as it is read, such as INBOX or INBOX.Newsletter")
    return value.strip()


def _disclaimer(value: str) -> str:
    text = _one_line(value)
    missing = missing_words(text)
    if missing:
        lacking = " and ".join(f"“{words}”" for words in missing)
        raise ValueError(
            f"a disclaimer that says it is a personal account and not the official record; it lacks {lacking}"
        )
    return text


Address = Annotated[str, AfterValidator(_address)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
PublicAddress = Annotated[str, AfterValidator(_public_address)]
Colour = Annotated[str, AfterValidator(_colour)]
Font = Annotated[str, AfterValidator(_font)]
Language = Annotated[str, AfterValidator(_language)]
Domain = Annotated[str, AfterValidator(_domain)]
Line = Annotated[str, AfterValidator(_one_line)]
ListFile = Annotated[str, AfterValidator(_list_file)]
Network = Annotated[str, AfterValidator(_network)]
PagesFolder = Annotated[Line, AfterValidator(_pages_folder)]
Folder = Annotated[str, AfterValidator(_folder)]
Disclaimer = Annotated[str, AfterValidator(_disclaimer)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Sender(_Section):
    """Who writes."""

    name: Line = Field(min_length=1, description="The writer's name, as readers see it.")
    role: Line = Field(default="", description="The office held; stands under the name.")
    strapline: Line = Field(default="", description="One line for the masthead.")
    from_: Address = Field(alias="from", description="The From address, on a domain of your own.")
    reply_to: Address | None = Field(default=None, description="Where replies go; by default the From address.")
    own_copy: bool = Field(default=True, description="You get a copy of each edition with every real send.")


class ThemeSettings(_Section):
    """What a theme lets you choose."""

    accent: Colour = Field(default="#8a1538", description="A colour, `#rrggbb`.")
    logo: WebAddress | None = Field(default=None, description="The web address of a picture for the masthead.")
    font: Font = Field(default="Georgia", description="The reading font; a system font.")


class Smtp(_Section):
    """The SMTP relay. The password comes from `NEWSLETTER_SMTP_PASSWORD`."""

    host: Line = Field(default="localhost", description="The relay's host name.")
    port: int = Field(default=587, ge=1, le=65535, description="The relay's port.")
    security: Literal["tls", "starttls", "none"] = Field(
        default="starttls", description="How the session is protected."
    )
    username: Line | None = Field(default=None, description="The user to log in as; none means no login.")
    connections: int = Field(default=4, ge=1, le=100, description="Sessions open at once.")


class SendGrid(_Section):
    """SendGrid. The key comes from `SENDGRID_API_KEY`."""

    region: Literal["global", "eu"] = Field(default="global", description="Where the account lives.")
    host: WebAddress | None = Field(default=None, description="Another host, for tests.")
    batch: int = Field(default=500, ge=1, le=1000, description="Recipients a request.")
    unsubscribe_group: int | None = Field(
        default=None, description="SendGrid's unsubscribe group for this list."
    )
    webhook_key: Line | None = Field(
        default=None,
        description="The public key that signs SendGrid's events; two with a space between while one replaces "
        "the other.",
    )


class Imap(_Section):
    """The mailbox bounces come to. The password comes from `NEWSLETTER_IMAP_PASSWORD`."""

    host: Line = Field(description="The server's host name.")
    port: int = Field(default=993, ge=1, le=65535, description="The server's port.")
    username: Line = Field(description="The user to log in as.")
    folder: Folder = Field(default="INBOX", description="The folder to read.")
    security: Literal["tls", "starttls", "none"] = Field(
        default="tls", description="How the session is protected; `none` only for a server on this machine."
    )
    filed_in: Folder = Field(
        default="Newsletter", description="The folder that what was recognised is moved to; made where needed."
    )
    vouched_by: Line | None = Field(
        default=None,
        description="The name under which your mail server writes Authentication-Results; with it, its word "
        "for a sender counts when somebody asks to leave without the link.",
    )


class Serve(_Section):
    """The public pages of `newsletter serve`."""

    host: Line = Field(default="127.0.0.1", description="The address to listen at; `0.0.0.0` is every one.")
    port: int = Field(default=8080, ge=0, le=65535, description="The port to listen at.")
    trusted_proxies: tuple[Network, ...] = Field(
        default=("127.0.0.0/8", "::1"),
        description="Addresses or networks of proxies that are believed when they say who asks; by default "
        "this machine.",
    )
    certificate: Line | None = Field(
        default=None,
        description="A PEM file with the certificate and its chain, to serve https without a proxy.",
    )
    private_key: Line | None = Field(default=None, description="The PEM file with the key of that certificate.")


class Subscribe(_Section):
    """The form on the public pages by which people join, after they have confirmed it by mail."""

    list: ListFile = Field(default="web.csv", description="The list they are added to, a file of `lists/`.")
    wording: Line = Field(
        min_length=1, description="What they agree to; shown to them, and kept with their row."
    )


class Limits(_Section):
    """What stops a surprise."""

    max_recipients: int = Field(default=5000, ge=1, description="A send to more people is refused.")
    drift_percent: float = Field(
        default=20,
        ge=0,
        description="A list, or a segment's number, that changed by more since the last issue is held up.",
    )
    per_second: float = Field(default=50, gt=0, description="Messages a second at most.")


class Publish(_Section):
    """The pages that `newsletter publish` makes."""

    url: WebAddress | None = Field(
        default=None, description="Where the pages stand, if elsewhere than `site_url`."
    )
    folder: PagesFolder = Field(default="site", description="The folder they are written to.")
    noindex: bool = Field(default=False, description="Search engines are asked to leave them out.")


class Settings(_Section):
    """Everything `newsletter.yaml` may say."""

    sender: Sender = Field(description="Who writes.")
    list_id: Domain = Field(description="The list's identifier, below your domain (RFC 2919).")
    unsubscribe_to: Address = Field(description="The address that takes unsubscribe mail.")
    disclaimer: Disclaimer | None = Field(default=None, description="Your own wording; it has a default.")
    imprint: Line | None = Field(default=None, description="Who promotes this, with a postal address.")
    postal_address: Line | None = Field(default=None, description="A postal address for the footer.")
    privacy_url: WebAddress | None = Field(default=None, description="Your privacy notice.")
    site_url: PublicAddress | None = Field(default=None, description="The base of your public pages; https.")
    bounce_domain: Domain | None = Field(
        default=None, description="The domain whose mail is bounces to this program."
    )
    lang: Language = Field(default="en-GB", description="The language of the mail.")
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        default="Europe/London", description="The zone of dates."
    )
    theme: str = Field(default="report", description="The theme, a folder of `templates/`.")
    theme_settings: ThemeSettings = Field(
        default_factory=ThemeSettings, description="What the theme lets you choose."
    )
    consent: Literal["required", "recorded"] = Field(
        default="required", description="`required` leaves out people without a consent record."
    )
    approval: Literal["required", "optional"] = Field(
        default="optional", description="Whether the member must approve."
    )
    sync_max_age_h: float = Field(
        default=24, gt=0, description="Hours after which the provider's opt-outs are stale."
    )
    retention_days: int | None = Field(
        default=None,
        ge=1,
        description="Days after which a sending's addresses are forgotten; for ever if unset.",
    )
    transport: Literal["outbox", "smtp", "sendgrid"] = Field(
        default="outbox", description="How mail goes out by default."
    )
    smtp: Smtp = Field(default_factory=Smtp, description="The SMTP relay.")
    sendgrid: SendGrid = Field(default_factory=SendGrid, description="SendGrid.")
    imap: Imap | None = Field(default=None, description="The mailbox bounces come to.")
    serve: Serve = Field(default_factory=Serve, description="The public pages.")
    subscribe: Subscribe | None = Field(
        default=None, description="The form by which people join; without it there is none."
    )
    limits: Limits = Field(default_factory=Limits, description="What stops a surprise.")

    paper: Literal["none", "link", "attach"] = Field(
        default="link", description="The print edition: none, a link to it in the mail, or attached to it."
    )
    publish: Publish = Field(default_factory=Publish, description="The pages that `newsletter publish` makes.")

    @property
    def pages_url(self) -> str | None:
        """The base of the published pages."""
        return self.publish.url or self.site_url

    @property
    def joining_url(self) -> str | None:
        """Where people ask for a copy of their own: the form, where there is one."""
        return f"{self.site_url}/subscribe" if self.site_url and self.subscribe else self.site_url

    @property
    def reply_to(self) -> str:
        return self.sender.reply_to or self.sender.from_


def parse_settings(text: str, *, name: str) -> Settings:
    """Read `newsletter.yaml`. Raises `SettingsError` with every mistake at its place, and no secret in it."""
    try:
        return yaml_source.validated(yaml_source.load(text, name=name), Settings)
    except SourceError as error:
        raise SettingsError(map(_without_secret, error.mistakes), error.hint) from None


_SECRET = re.compile(r"""^(?P<key>.*?(?:password|secret|token|key)[^:]*:)\s*\S.*$""", re.IGNORECASE)


def _without_secret(mistake: Mistake) -> Mistake:
    """A line that holds a secret is not repeated on a screen, in a log or in a terminal that is shared."""
    found = _SECRET.match(mistake.line_text)
    if found is None:
        return mistake
    hint = (
        "Secrets never stand in this file: see NEWSLETTER_SMTP_PASSWORD and SENDGRID_API_KEY in the reference."
    )
    return replace(mistake, line_text=f"{found['key']} …", hint=hint)
