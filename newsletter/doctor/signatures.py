"""Whether a mail that arrived was signed as it must be: by us, and with the way out in the signature.

Rule: a signature that nobody could check is neither good nor bad.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dkim
from checkdmarc.utils import get_base_domain

from newsletter.doctor import keys
from newsletter.doctor.diagnosis import Diagnosis, Health, fault, ok, unknown, warning
from newsletter.doctor.kept import Proof
from newsletter.doctor.keys import ASK_TO_SIGN, LEAST_BITS, SHOW_ONE
from newsletter.doctor.names import Resolver, Unanswered
from newsletter.doctor.records import AGAIN

if TYPE_CHECKING:
    from newsletter.doctor.case import Case
    from newsletter.doctor.message import Delivered, Signature


def signatures(case: Case) -> Iterator[Diagnosis]:
    """What a mail that arrived proves, or, without one, what can be known nevertheless."""
    yield from keys.published(case) if case.delivered is None else arrived(case, case.delivered)


@dataclass(frozen=True, slots=True)
class Checked:
    """A signature and what its check came to: True, False with the reason, or None where nobody can tell."""

    signature: Signature
    good: bool | None
    why: str = ""

    def aligned(self, domain: str) -> bool:
        """Whether it counts for this From domain (DMARC's relaxed alignment)."""
        return aligned(self.signature.domain, domain)


def arrived(case: Case, mail: Delivered) -> Iterator[Diagnosis]:
    """What a mail that arrived proves."""
    if mail.from_domain != case.domain:
        other = f"it is from {mail.from_domain or 'nobody'}, and sender.from is at {case.domain}"
        yield fault(
            "delivered mail", other, "Save a mail of this newsletter as it arrived, with all its headers."
        )
        yield unknown("dkim", "the mail given is not from here", SHOW_ONE)
        yield unknown("alignment", "the mail given is not from here", SHOW_ONE)
        return
    checked = _best(case, mail)
    yield _dkim(mail, checked)
    yield _alignment(case.domain, mail, checked)
    yield _unsubscribe(mail, checked)
    yield _receiver(mail)


def proof(case: Case, found: tuple[Diagnosis, ...]) -> Proof | None:
    """What to remember: the mail found good now, or that of an earlier look where none was given."""
    mail = case.delivered
    if mail is None:
        return case.proof
    good = {each.about for each in found if each.health in {Health.OK, Health.WARNING}}
    ours = [each for each in mail.signatures if aligned(each.domain, case.domain)]
    if not ours or not {"dkim", "alignment"} <= good:
        return None
    return Proof(
        seen_at=datetime.fromtimestamp(case.asking.now(), UTC),
        selector=ours[0].selector,
        domain=ours[0].domain,
        envelope=mail.envelope_domain,
    )


def aligned(one: str, other: str) -> bool:
    """Whether two domains belong to one owner, by the list of public suffixes."""
    return bool(one) and get_base_domain(one) == get_base_domain(other)


def _best(case: Case, mail: Delivered) -> Checked | None:
    """The signature that proves most: a good one before an unclear one, and ours before others."""
    checked = [_check(case, mail, signature) for signature in mail.signatures]
    order = {True: 0, None: 1, False: 2}
    return min(checked, key=lambda each: (not each.aligned(case.domain), order[each.good]), default=None)


def _check(case: Case, mail: Delivered, signature: Signature) -> Checked:
    def text(name: bytes, timeout: int = 0) -> bytes | None:  # noqa: ARG001 - dkimpy hands it over
        return next(iter(resolver.texts(name.decode("ascii", "replace"))), None)

    try:
        resolver = Resolver(case.asking)
        good = dkim.DKIM(mail.raw, minkey=LEAST_BITS).verify(signature.place, dnsfunc=text)
    except Unanswered as silence:
        return Checked(signature, None, silence.detail)
    except dkim.NaClNotFoundError:
        return Checked(signature, None, "its key is of a kind (Ed25519) that is not checked here")
    except dkim.DKIMException as error:
        return Checked(
            signature, good=False, why="the mail was changed" if "body hash" in str(error) else str(error)
        )
    key = f"the key {signature.selector}._domainkey.{signature.domain} does not open it"
    return Checked(signature, bool(good), "" if good else key)


def _dkim(mail: Delivered, checked: Checked | None) -> Diagnosis:
    if checked is None:
        return fault("dkim", "the mail that arrived has no DKIM signature", ASK_TO_SIGN, missing=True)
    shown = f"the signature for {checked.signature.domain}"
    if checked.good is None:
        return unknown("dkim", f"{shown}: {checked.why}", AGAIN)
    if not checked.good and mail.results.get("dkim") == "pass":
        return unknown(
            "dkim",
            f"{shown} does not hold for this file ({checked.why}), and held for {mail.receiver}",
            "Save the mail anew, unchanged: “show original” or “download message”, not “forward”.",
        )
    if not checked.good:
        return fault("dkim", f"{shown} does not hold: {checked.why}", ASK_TO_SIGN)
    if checked.signature.partial:
        return warning(
            "dkim",
            f"{shown} holds, and covers only the beginning of the body",
            "Ask the mail service to sign without l=: anybody could add to such a mail.",
        )
    return ok("dkim", f"{shown} holds")


def _alignment(domain: str, mail: Delivered, checked: Checked | None) -> Diagnosis:
    """DMARC passes when DKIM or SPF does for the From domain itself."""
    if checked and checked.good and checked.aligned(domain):
        return ok("alignment", f"signed for {checked.signature.domain}, From is at {domain}")
    if mail.results.get("spf") == "pass" and aligned(mail.envelope_domain, domain):
        return ok(
            "alignment", f"SPF passed for {mail.envelope_domain}, says {mail.receiver}; From is at {domain}"
        )
    hurt = mail.results.get("dkim") == "pass"
    if checked and checked.aligned(domain) and (checked.good is None or hurt):
        return unknown("alignment", "the signature of this file could not be checked", AGAIN)
    signed = f"signed for {checked.signature.domain}" if checked else "not signed"
    return fault("alignment", f"From is at {domain}, and the mail is {signed}", ASK_TO_SIGN)


def _unsubscribe(mail: Delivered, checked: Checked | None) -> Diagnosis:
    """RFC 8058 section 4: both headers must be covered by a valid signature."""
    about = "unsubscribe headers"
    if not mail.can_leave:
        return fault(
            about,
            "the mail has no List-Unsubscribe",
            "Something on its way takes it out: ask the mail service.",
        )
    if checked is None:
        return fault(about, "they are not signed", ASK_TO_SIGN)
    wanted = ["List-Unsubscribe", *(["List-Unsubscribe-Post"] if mail.one_click else [])]
    bare = [name for name in wanted if name.lower() not in checked.signature.covers]
    if bare:
        return fault(
            about,
            f"{' and '.join(bare)} not covered by the signature (its h=), so clients show no way out",
            f"Ask the mail service to sign {' and '.join(bare)} too.",
        )
    if not mail.one_click:
        return warning(
            about, "signed, and leaving takes a mail", "With `site_url`, one click will do (RFC 8058)."
        )
    return ok(about, "both are signed")


def _receiver(mail: Delivered) -> Diagnosis:
    about = "what the receiver saw"
    if not mail.results:
        return unknown(about, "the file has no Authentication-Results", "Save it from the mailbox it came to.")
    said = f"{mail.receiver} says: {', '.join(f'{name} {result}' for name, result in mail.results.items())}"
    if mail.results.get("dmarc") == "fail":
        return fault(about, said, "See to dkim and alignment above.")
    if any(result != "pass" for result in mail.results.values()):
        return warning(about, said, "What did not pass counts against the mail: see the lines above.")
    return ok(about, said)
