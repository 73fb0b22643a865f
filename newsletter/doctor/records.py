"""The domain's records that say who may send for it, and whether mail to it arrives.

Rule: SPF and DMARC are judged by checkdmarc; a verdict that rests on a lookup nobody answered is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from checkdmarc.dmarc import DMARCError, DMARCRecordNotFound, parse_dmarc_record, query_dmarc_record
from checkdmarc.spf import SPFError, SPFRecordNotFound, get_spf_record
from checkdmarc.utils import DNS_CACHE

from newsletter.doctor.diagnosis import Diagnosis, fault, ok, unknown, warning
from newsletter.doctor.message import domain_of
from newsletter.doctor.names import Resolver, Unanswered

if TYPE_CHECKING:
    from newsletter.doctor.case import Case

AGAIN = "Try again online."

_SHOWN = 160
"""Characters of a record that are shown."""


def spf(case: Case) -> Iterator[Diagnosis]:
    """Whether the domain of the envelope sender says who may send for it (RFC 7208)."""
    domain = _envelope_domain(case)
    if not domain:
        yield unknown(
            "spf",
            "SendGrid sends with a return path of its own, and only a mail that arrived shows it",
            "Send yourself a test, save it, and give it: newsletter doctor --delivered FILE.eml",
        )
        return
    try:
        resolver = Resolver(case.asking)
        record: Any = get_spf_record(domain, resolver=resolver)
    except Unanswered as silence:
        yield unknown("spf", silence.detail, AGAIN)
    except SPFError as error:
        yield _spf_error(domain, error, resolver)
    else:
        yield _unless_silent("spf", resolver, _spf_found(domain, record))


def _envelope_domain(case: Case) -> str:
    """Where a receiver looks SPF up; empty where only a delivered mail can tell."""
    if case.delivered and case.delivered.envelope_domain:
        return case.delivered.envelope_domain
    if case.transport == "sendgrid":
        return case.proof.envelope if case.proof else ""
    return case.settings.bounce_domain or case.domain


def _spf_error(domain: str, error: SPFError, resolver: Resolver) -> Diagnosis:
    if isinstance(error, SPFRecordNotFound):
        found = fault(
            "spf",
            f"{domain}: {error}",
            f"Add a TXT record to {domain} that names your mail service: v=spf1 include:… ~all",
            missing=True,
        )
    else:
        found = fault("spf", f"{domain}: {error}", "Mend the TXT record that begins with v=spf1.")
    return _unless_silent("spf", resolver, found)


def _spf_found(domain: str, record: Any) -> Diagnosis:
    shown = f"{domain}: {_cut(record['record'])}"
    match record["parsed"]["all"]:
        case "pass":
            return fault("spf", f"{shown}: everybody may send for it", "End the record in ~all or -all.")
        case "neutral":
            return warning("spf", f"{shown}: nobody is kept from it", "End the record in ~all or -all.")
    if record["warnings"]:
        return warning("spf", f"{shown}; {record['warnings'][0]}", "See to it where the domain is managed.")
    return ok("spf", shown)


def dmarc(case: Case) -> Iterator[Diagnosis]:
    """Whether the From domain says what shall become of mail that is not its own (RFC 9989)."""
    try:
        resolver = Resolver(case.asking)
        asked = query_dmarc_record(case.domain, resolver=resolver, ignore_unrelated_records=True)
        parsed: Any = parse_dmarc_record(asked["record"], asked["location"], resolver=resolver)
    except Unanswered as silence:
        yield unknown("dmarc", silence.detail, AGAIN)
    except DMARCRecordNotFound as error:
        found = fault(
            "dmarc",
            f"{case.domain}: {error}",
            f"Add a TXT record to _dmarc.{case.domain}: v=DMARC1; p=none",
            missing=True,
        )
        yield _unless_silent("dmarc", resolver, found, prefix="_dmarc.")
    except DMARCError as error:
        found = fault("dmarc", f"{case.domain}: {error}", f"Mend the TXT record of _dmarc.{case.domain}.")
        yield _unless_silent("dmarc", resolver, found, prefix="_dmarc.")
    else:
        # Where reports go is looked up too, and is no concern of whoever receives the mail.
        found = _dmarc_found(case.domain, asked["location"], asked["record"], parsed["tags"])
        yield _unless_silent("dmarc", resolver, found, prefix="_dmarc.")


def _dmarc_found(domain: str, location: str, record: str, tags: Any) -> Diagnosis:
    shown = f"{location}: {_cut(record)}"
    if tags["p" if location == domain else "sp"]["value"] == "none":
        return warning(
            "dmarc",
            f"{shown}: that will do, and anybody can still write in your name",
            "Once all your mail passes, make it p=quarantine.",
        )
    return ok("dmarc", shown)


def mail_arrives(case: Case) -> Iterator[Diagnosis]:
    """Whether the domains that people and servers will write to take mail."""
    for domain, uses in _written_to(case).items():
        about = f"mail to {domain}"
        told = f"{', '.join(uses)} {'is' if len(uses) == 1 else 'are'} there"
        try:
            yield _takes_mail(about, domain, told, Resolver(case.asking))
        except Unanswered as silence:
            yield unknown(about, silence.detail, AGAIN)


def _written_to(case: Case) -> dict[str, list[str]]:
    settings = case.settings
    uses = {
        "sender.from": case.domain,
        "sender.reply_to": domain_of(settings.reply_to),
        "unsubscribe_to": domain_of(settings.unsubscribe_to),
        "bounce_domain": settings.bounce_domain or "",
    }
    domains: dict[str, list[str]] = {}
    for use, domain in uses.items():
        if domain:
            domains.setdefault(domain, []).append(use)
    return domains


def _takes_mail(about: str, domain: str, told: str, resolver: Resolver) -> Diagnosis:
    """RFC 5321 section 5.1: the MX records, or the domain's own address; RFC 7505: one that says nobody."""
    servers = sorted(str(record.exchange) for record in resolver.look_up(domain, "MX"))
    if servers == ["."]:
        return fault(about, f"{told}, and the domain says it takes no mail", "Choose another domain.")
    if servers:
        return ok(about, f"{told}; it goes to {servers[0].rstrip('.')}")
    if resolver.look_up(domain, "A") or resolver.look_up(domain, "AAAA"):
        return warning(
            about, f"{told}, and the domain has no MX record", "Add one, if a mail server is to take its mail."
        )
    return fault(
        about,
        f"{told}, and the domain takes no mail: it has neither MX nor address",
        "Put up a mailbox there, or change the setting.",
        missing=True,
    )


def forget() -> None:
    """Throw away the answers that checkdmarc keeps for half an hour: whoever mends a record looks again."""
    DNS_CACHE.clear()


def _unless_silent(about: str, resolver: Resolver, found: Diagnosis, *, prefix: str = "") -> Diagnosis:
    silent = [why for name, why in resolver.unanswered.items() if name.startswith(prefix)]
    return unknown(about, silent[0], AGAIN) if silent else found


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
