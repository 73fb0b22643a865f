"""What a mail that arrived proves: real signatures, real keys in a real name server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from newsletter.doctor import Diagnosis, Health, Kept, keep
from newsletter.doctor.kept import Proof
from newsletter.doctor.message import read
from newsletter.doctor.signatures import proof, signatures
from tests.doctor.mail import PASSED, SELECTOR, SHORT, SIGNED, Signer, received, written
from tests.doctor.name_server import NameServer
from tests.doctor.stage import DOMAIN, Stage, by_about, healths

OK, WARNING, FAULT, UNKNOWN = Health.OK, Health.WARNING, Health.FAULT, Health.UNKNOWN
SEEN_AT = datetime(2026, 11, 1, tzinfo=UTC)


def look(stage: Stage, mail: bytes | None = None, **asking: Any) -> dict[str, Diagnosis]:
    return dict(by_about(signatures(stage.case(delivered=mail, **asking))))


def test_a_mail_signed_as_it_must_be_proves_all(stage: Stage, names: NameServer, signer: Signer) -> None:
    """The signature holds, is ours, covers both headers, and the receiver agrees."""
    signer.publish(names)
    found = look(stage, received(signer.sign(written())))
    assert {name: each.health for name, each in found.items()} == {
        "dkim": OK,
        "alignment": OK,
        "unsubscribe headers": OK,
        "what the receiver saw": OK,
    }


def test_a_subdomain_of_the_same_owner_is_aligned(stage: Stage, names: NameServer, signer: Signer) -> None:
    """DMARC's relaxed alignment: the organisation's domain signs for the part that writes."""
    signer.publish(names, "hollins.test")
    found = look(stage, received(signer.sign(written(), domain="hollins.test")))
    assert (found["dkim"].health, found["alignment"].health) == (OK, OK)


def test_the_signature_of_the_mail_service_alone_is_not_aligned(
    stage: Stage, names: NameServer, signer: Signer
) -> None:
    """It holds, and proves nothing about the From domain."""
    signer.publish(names, "mailservice.test")
    mail = signer.sign(written(), domain="mailservice.test")
    found = look(
        stage, received(mail, results="mx.mailbox.test; dkim=pass; spf=pass", return_path="b@mailservice.test")
    )
    assert (found["dkim"].health, found["alignment"].health) == (OK, FAULT)
    assert "mailservice.test" in found["alignment"].found


def test_our_signature_counts_among_several(stage: Stage, names: NameServer, signer: Signer) -> None:
    """Mail services sign for themselves too, above or below."""
    signer.publish(names)
    signer.publish(names, "mailservice.test")
    both = signer.sign(signer.sign(written()), domain="mailservice.test")
    assert look(stage, received(both, results="", return_path=""))["alignment"].health is OK


def test_spf_for_our_own_domain_aligns_too(stage: Stage, names: NameServer, signer: Signer) -> None:
    """DMARC asks for one of the two."""
    signer.publish(names, "mailservice.test")
    mail = signer.sign(written(), domain="mailservice.test")
    found = look(stage, received(mail, return_path=f"bounces@em.{DOMAIN}"))
    assert found["alignment"].health is OK
    assert "SPF" in found["alignment"].found


def test_a_mail_without_a_signature_is_a_fault(stage: Stage) -> None:
    """Nothing shows who sent it, and its way out counts for nothing."""
    found = look(stage, received(written(), results="mx.mailbox.test; dkim=none; spf=none; dmarc=fail"))
    assert {name: each.health for name, each in found.items()} == dict.fromkeys(found, FAULT)
    assert found["dkim"].missing


def test_a_mail_that_was_changed_is_a_fault(stage: Stage, names: NameServer, signer: Signer) -> None:
    """The signature does not hold for what arrived."""
    signer.publish(names)
    changed = signer.sign(written()).replace(b"it was long", b"it was short")
    found = look(stage, received(changed, results=""))
    assert (found["dkim"].health, found["alignment"].health) == (FAULT, FAULT)
    assert "changed" in found["dkim"].found


def test_a_file_changed_by_whoever_saved_it_is_not_held_against_the_mail(
    stage: Stage, names: NameServer, signer: Signer
) -> None:
    """The receiving server saw the signature hold: the copy is what is wrong."""
    signer.publish(names)
    changed = signer.sign(written()).replace(b"it was long", b"it was  long!")
    found = look(stage, received(changed, return_path=""))
    assert (found["dkim"].health, found["alignment"].health) == (UNKNOWN, UNKNOWN)
    assert "Save the mail anew" in found["dkim"].advice


def test_a_key_that_is_not_published_is_a_fault(stage: Stage, signer: Signer) -> None:
    """Nobody can check such a signature."""
    found = look(stage, received(signer.sign(written()), results=""))
    assert found["dkim"].health is FAULT
    assert f"{SELECTOR}._domainkey.{DOMAIN}" in found["dkim"].found


def test_another_key_than_the_one_that_signed_is_a_fault(
    stage: Stage, names: NameServer, signer: Signer
) -> None:
    """As after a change of keys that was half done."""
    Signer.new(1024).publish(names)
    assert look(stage, received(signer.sign(written()), results=""))["dkim"].health is FAULT


def test_a_silent_name_server_leaves_it_open(stage: Stage, names: NameServer, signer: Signer) -> None:
    """Neither good nor bad; what the file itself says is still told."""
    names.silent.add(f"{SELECTOR}._domainkey.{DOMAIN}")
    found = look(stage, received(signer.sign(written()), return_path=""), step_s=0.2)
    assert (found["dkim"].health, found["alignment"].health) == (UNKNOWN, UNKNOWN)
    assert found["unsubscribe headers"].health is OK


def test_offline_a_signature_is_never_ok(stage: Stage, names: NameServer, signer: Signer) -> None:
    """Not even when the key could be had."""
    signer.publish(names)
    found = look(stage, received(signer.sign(written()), return_path=""), online=False)
    assert (found["dkim"].health, found["alignment"].health) == (UNKNOWN, UNKNOWN)
    assert names.asked == []


def test_a_signature_over_the_beginning_only_is_a_warning(
    stage: Stage, names: NameServer, signer: Signer
) -> None:
    """`l=` lets anybody add to the end."""
    signer.publish(names)
    assert look(stage, received(signer.sign(written(), length=True)))["dkim"].health is WARNING


@pytest.mark.parametrize("bare", ["list-unsubscribe", "list-unsubscribe-post"])
def test_both_unsubscribe_headers_must_be_signed(
    stage: Stage, names: NameServer, signer: Signer, bare: str
) -> None:
    """RFC 8058 section 4; OpenDKIM leaves the second out unless it is told."""
    signer.publish(names)
    mail = signer.sign(written(), covers=tuple(name for name in SIGNED if name != bare))
    found = look(stage, received(mail))["unsubscribe headers"]
    assert found.health is FAULT
    assert bare in found.found.lower()


def test_a_way_out_by_mail_alone_is_a_warning(stage: Stage, names: NameServer, signer: Signer) -> None:
    """It works, and is not the one click that large receivers want."""
    signer.publish(names)
    mail = signer.sign(written(without=("List-Unsubscribe-Post",)))
    assert look(stage, received(mail))["unsubscribe headers"].health is WARNING


def test_a_mail_without_a_way_out_is_a_fault(stage: Stage, names: NameServer, signer: Signer) -> None:
    """Something on its way took the header out."""
    signer.publish(names)
    mail = signer.sign(written(without=("List-Unsubscribe", "List-Unsubscribe-Post")))
    assert look(stage, received(mail))["unsubscribe headers"].health is FAULT


@pytest.mark.parametrize(
    ("results", "health"),
    [
        (PASSED, OK),
        (PASSED.replace("spf=pass", "spf=softfail"), WARNING),
        (PASSED.replace("dmarc=pass", "(dmarc=pass was hoped for) dmarc=fail (p=NONE)"), FAULT),
        ("", UNKNOWN),
    ],
)
def test_what_the_receiver_wrote_is_told(
    stage: Stage, names: NameServer, signer: Signer, results: str, health: Health
) -> None:
    """Its own word on SPF, DKIM and DMARC, comments aside."""
    signer.publish(names)
    found = look(stage, received(signer.sign(written()), results=results))
    assert found["what the receiver saw"].health is health


def test_somebody_elses_mail_proves_nothing(stage: Stage, names: NameServer, signer: Signer) -> None:
    """The wrong file is a fault of its own, and everything else stays open."""
    signer.publish(names)
    mail = signer.sign(written(sender="Jo <jo@elsewhere.test>"))
    assert healths(signatures(stage.case(delivered=received(mail)))) == {
        "delivered mail": FAULT,
        "dkim": UNKNOWN,
        "alignment": UNKNOWN,
    }


@pytest.mark.parametrize("junk", [b"", b"\0\xff\r\n", b"DKIM-Signature: ;;=;\r\nFrom: a@b@c\r\n\r\n"])
def test_a_file_that_is_no_mail_is_read_without_a_fall(stage: Stage, junk: bytes) -> None:
    """Somebody saved the wrong thing."""
    assert healths(signatures(stage.case(delivered=junk)))["delivered mail"] is FAULT


def test_a_broken_signature_header_is_a_fault(stage: Stage) -> None:
    """It is told as one that does not hold."""
    broken = b"DKIM-Signature: v=1; nonsense\r\n" + written()
    assert look(stage, received(broken, results=""))["dkim"].health is FAULT


def test_a_mail_is_repeated_without_its_text() -> None:
    """What is logged of it holds nobody's address."""
    assert "reader@" not in repr(read(received(written())))


# Without a mail


def test_a_key_under_a_usual_name_is_found(stage: Stage, names: NameServer, signer: Signer) -> None:
    """It shows that signing is possible, and alignment stays open."""
    names.put(DOMAIN, "MX", "10 mx.hollins.test.")
    signer.publish(names, selector="selector1")
    found = look(stage)
    assert (found["dkim"].health, found["alignment"].health) == (OK, UNKNOWN)
    assert f"selector1._domainkey.{DOMAIN}" in found["dkim"].found


def test_no_key_under_a_usual_name_says_nothing(stage: Stage, names: NameServer) -> None:
    """A selector can be anything; a mail would show it. A key taken back (`p=`) is none."""
    names.put(f"s1._domainkey.{DOMAIN}", "TXT", "v=DKIM1; p=")
    found = look(stage)
    assert (found["dkim"].health, found["alignment"].health) == (UNKNOWN, UNKNOWN)
    assert "--delivered" in found["dkim"].advice


@pytest.mark.parametrize(("bits", "health"), [(1024, WARNING), (768, FAULT)])
def test_a_short_key_is_told(stage: Stage, names: NameServer, bits: int, health: Health) -> None:
    """RFC 8301: below 1024 bits nobody believes it, and 2048 is what it should have."""
    names.put(f"s1._domainkey.{DOMAIN}", "TXT", f"v=DKIM1; p={SHORT[bits]}")
    assert look(stage)["dkim"].health is health


def test_keys_are_not_guessed_offline(stage: Stage, names: NameServer) -> None:
    """Both stay open, and nobody is asked."""
    found = look(stage, online=False)
    assert (found["dkim"].health, found["alignment"].health) == (UNKNOWN, UNKNOWN)
    assert names.asked == []


# From one look to the next


def kept(selector: str = "odd-name") -> Kept:
    return Kept(
        checked_at=SEEN_AT,
        domain=DOMAIN,
        dkim="ok",
        alignment="ok",
        proof=Proof(seen_at=SEEN_AT, selector=selector, domain="hollins.test", envelope=f"em.{DOMAIN}"),
    )


def test_what_a_mail_proved_holds_while_its_key_stands(stage: Stage, names: NameServer, signer: Signer) -> None:
    """The next look needs no mail: it knows the selector now."""
    keep(stage.workspace(), kept())
    signer.publish(names, "hollins.test", "odd-name")
    found = look(stage)
    assert (found["dkim"].health, found["alignment"].health) == (OK, OK)
    assert "2026-11-01" in found["alignment"].found


def test_a_key_that_is_gone_takes_the_proof_with_it(stage: Stage) -> None:
    """The mail service changed its keys, or was left."""
    keep(stage.workspace(), kept())
    found = look(stage)
    assert (found["dkim"].health, found["alignment"].health) == (FAULT, UNKNOWN)


def test_a_good_mail_is_remembered_and_a_bad_one_forgets_it(
    stage: Stage, names: NameServer, signer: Signer
) -> None:
    """By selector and domain, without anything of its text."""
    signer.publish(names)
    keep(stage.workspace(), kept())
    good = stage.case(delivered=received(signer.sign(written())))
    remembered = proof(good, tuple(signatures(good)))
    assert remembered is not None
    assert (remembered.selector, remembered.domain, remembered.envelope) == (SELECTOR, DOMAIN, DOMAIN)
    for bad_mail in (written(), signer.sign(written()).replace(b"long", b"short")):
        bad = stage.case(delivered=received(bad_mail, results="", return_path=""))
        assert proof(bad, tuple(signatures(bad))) is None
    none_given = stage.case()
    assert proof(none_given, ()) == kept().proof


def test_the_proof_of_another_domain_is_not_ours(stage: Stage, names: NameServer, signer: Signer) -> None:
    """After a change of the From address all begins anew."""
    keep(stage.workspace(), kept().model_copy(update={"domain": "elsewhere.test"}))
    signer.publish(names, "hollins.test", "odd-name")
    assert look(stage)["alignment"].health is UNKNOWN
