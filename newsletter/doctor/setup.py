"""What the person set up: odd settings, passwords, and the secret that signs the links."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.checks.sending import FREEMAIL
from newsletter.doctor.diagnosis import Diagnosis, fault, ok, warning
from newsletter.errors import did_you_mean
from newsletter.workspace import SETTINGS, STATE

if TYPE_CHECKING:
    from newsletter.doctor.case import Case
    from newsletter.settings import Settings

VARIABLES = (
    "NEWSLETTER_DATABASE",
    "NEWSLETTER_IMAP_PASSWORD",
    "NEWSLETTER_SECRET",
    "NEWSLETTER_SMTP_PASSWORD",
)
"""What the program reads of the environment under its own name."""

_HERE = ("localhost", "127.0.0.1", "::1")

_SECRET_LEAST = 16
"""Characters. A secret that can be guessed lets others sign links."""


def settings(case: Case) -> Iterator[Diagnosis]:
    """What the file may say and hardly means."""
    found = list(_odd(case.settings, case.domain, case.transport))
    yield from found or [ok("settings", f"nothing odd in {SETTINGS}")]


def _odd(settings: Settings, domain: str, transport: str) -> Iterator[Diagnosis]:
    if domain in FREEMAIL:
        yield fault(
            "settings",
            f"sender.from is at {domain}, for which no relay may sign",
            "Send from an address on a domain of your own.",
        )
    if settings.site_url and not settings.site_url.startswith("https://"):
        yield fault(
            "settings", "site_url is http, so no mail offers one click (RFC 8058)", "Serve it by https."
        )
    if settings.imap and not settings.bounce_domain and transport == "smtp":
        yield warning(
            "settings",
            "bounces go to sender.from, whose mail the mailbox of imap may not get",
            "Set bounce_domain, or let the mail of sender.from arrive there.",
        )
    if settings.bounce_domain and not settings.imap and transport == "smtp":
        yield warning(
            "settings", "nobody reads the bounces to bounce_domain", "Describe its mailbox under imap."
        )
    if transport == "smtp":
        yield from _odd_smtp(settings)
    if transport == "sendgrid" and settings.sendgrid.host:
        yield warning("settings", "sendgrid.host is for tests", "Take it out; sendgrid.region says which host.")


def _odd_smtp(settings: Settings) -> Iterator[Diagnosis]:
    """RFC 8314 section 3.3: 465 is TLS from the first byte, 587 begins in clear and becomes TLS by STARTTLS."""
    port, security = settings.smtp.port, settings.smtp.security
    usual = {465: "tls", 587: "starttls"}.get(port, security)
    if security != usual:
        yield warning("settings", f"smtp.security is {security} on port {port}", f"There, {usual} is the rule.")
    if security == "none" and settings.smtp.host not in _HERE:
        yield warning(
            "settings",
            f"what goes to {settings.smtp.host} can be read on the way",
            "Set smtp.security to starttls or tls.",
        )


def environment(case: Case) -> Iterator[Diagnosis]:
    """Variables that look like ours and are not read by anybody."""
    strange = sorted(
        name for name in case.workspace.environment if name.startswith("NEWSLETTER_") and name not in VARIABLES
    )
    for name in strange:
        yield warning("environment", f"nobody reads {name}", did_you_mean(name, VARIABLES))
    if not strange:
        yield ok("environment", "nothing set in vain")


def passwords(case: Case) -> Iterator[Diagnosis]:
    """What the transport and the bounce mailbox are opened with."""
    found = list(_passwords(case))
    yield from found or [ok("passwords", f"{case.transport} needs none")]


def _passwords(case: Case) -> Iterator[Diagnosis]:
    given = case.workspace.environment
    if case.transport == "sendgrid":
        yield _sendgrid_key(given.get("SENDGRID_API_KEY", ""))
    if case.transport == "smtp" and case.settings.smtp.username:
        yield _password(
            "NEWSLETTER_SMTP_PASSWORD", "smtp.username", given=bool(given.get("NEWSLETTER_SMTP_PASSWORD"))
        )
    if case.settings.imap:
        yield _password("NEWSLETTER_IMAP_PASSWORD", "imap", given=bool(given.get("NEWSLETTER_IMAP_PASSWORD")))


def _sendgrid_key(key: str) -> Diagnosis:
    if not key:
        return fault(
            "passwords", "SENDGRID_API_KEY is not set", "Make a key that may send mail, and export it."
        )
    if not key.startswith("SG."):
        return warning(
            "passwords", "SENDGRID_API_KEY does not begin with SG.", "Copy the key itself, whole, not its name."
        )
    return ok("passwords", "SENDGRID_API_KEY is set")


def _password(variable: str, setting: str, *, given: bool) -> Diagnosis:
    if given:
        return ok("passwords", f"{variable} is set")
    return fault("passwords", f"{variable} is not set, and {setting} needs it", f"Type: export {variable}='…'")


def secret(case: Case) -> Iterator[Diagnosis]:
    """What signs the unsubscribe links: there, private, and kept safe by somebody."""
    given = case.workspace.environment.get("NEWSLETTER_SECRET", "")
    path = case.workspace.root / STATE / "secret"
    shown = case.workspace.shown(path)
    if given:
        yield _given_secret(given, path, shown)
    elif not path.exists():
        yield warning(
            "secret",
            f"{shown} is not there; the first send makes a new one",
            "If mail has gone out before, restore it first: without it the links in that mail are dead.",
        )
    else:
        yield _kept_secret(path, shown)


def _given_secret(given: str, path: Path, shown: str) -> Diagnosis:
    if len(given) < _SECRET_LEAST:
        return fault(
            "secret",
            f"NEWSLETTER_SECRET has fewer than {_SECRET_LEAST} characters",
            "Take a long random one; links in mail already sent stop working.",
        )
    if path.exists() and path.read_bytes().strip() != given.encode():
        return warning(
            "secret",
            f"NEWSLETTER_SECRET is another than {shown}, and the environment wins",
            "Keep the one that signed the mail already sent; links signed by the other are dead.",
        )
    return ok("secret", f"from the environment; {_PRECIOUS}")


def _kept_secret(path: Path, shown: str) -> Diagnosis:
    if len(path.read_bytes().strip()) < _SECRET_LEAST:
        return fault("secret", f"{shown} is empty or short", "Restore it, or remove it and a new one is made.")
    readable = [each for each in (path, path.parent) if stat.S_IMODE(each.stat().st_mode) & 0o077]
    if readable:
        names = " ".join(f"'{each}'" for each in readable)
        return fault("secret", f"others on this machine can read {shown}", f"Type: chmod go= {names}")
    return ok("secret", f"{shown} is there and private; {_PRECIOUS}")


_PRECIOUS = "keep a copy in a safe place, since losing it kills the links in every old mail"
