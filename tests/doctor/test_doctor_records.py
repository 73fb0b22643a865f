"""What the domain's records say, asked of a real name server."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from newsletter.doctor import Asking, Health, records
from newsletter.doctor import NameServer as Address
from newsletter.doctor.names import Resolver, Unanswered
from tests.doctor.mail import Signer, received, written
from tests.doctor.name_server import NameServer
from tests.doctor.stage import DOMAIN, GOOD_DMARC, GOOD_SPF, Look, Stage, by_about, make, one, put_good_records


def test_a_good_spf_record_is_ok(stage: Stage, names: NameServer) -> None:
    """It is shown, so that a person can compare."""
    names.put(DOMAIN, "TXT", "another-service=1", GOOD_SPF)
    found = one(records.spf, stage.case())
    assert found.health is Health.OK
    assert GOOD_SPF in found.found


def test_no_spf_record_is_missing(stage: Stage, names: NameServer) -> None:
    """The advice says what record to add."""
    names.put(DOMAIN, "TXT", "another-service=1")
    found = one(records.spf, stage.case())
    assert (found.health, found.missing) == (Health.FAULT, True)
    assert "v=spf1" in found.advice


@pytest.mark.parametrize(
    "wrong",
    [
        ("v=spf1 +all",),
        ("v=spf1 ip4:192.0.2.0/24-all",),
        ("v=spf1 -all", "v=spf1 ~all"),
        ("v=spf1 " + " ".join(f"include:a{number}.test" for number in range(11)) + " -all",),
    ],
    ids=["anybody", "syntax", "two", "too many lookups"],
)
def test_an_spf_record_that_does_not_do_is_a_fault(
    stage: Stage, names: NameServer, wrong: tuple[str, ...]
) -> None:
    """A record that lets anybody send, cannot be read, stands twice or asks too much."""
    names.put(DOMAIN, "TXT", *wrong)
    for number in range(11):
        names.put(f"a{number}.test", "TXT", "v=spf1 ip4:192.0.2.1 -all")
    found = one(records.spf, stage.case())
    assert (found.health, found.missing) == (Health.FAULT, False)


@pytest.mark.parametrize("lax", ["v=spf1 ip4:192.0.2.1 ?all", "v=spf1 ip4:192.0.2.1 a:nowhere.test -all"])
def test_an_spf_record_that_could_be_better_is_a_warning(stage: Stage, names: NameServer, lax: str) -> None:
    """It forbids nobody, or names what is not there."""
    names.put(DOMAIN, "TXT", lax)
    assert one(records.spf, stage.case()).health is Health.WARNING


def test_spf_is_that_of_the_envelope_sender(stage: Stage, names: NameServer) -> None:
    """With a domain for bounces, receivers look there."""
    stage.set("bounce_domain: bounces.hollins.test\n")
    names.put(DOMAIN, "TXT", GOOD_SPF)
    found = one(records.spf, stage.case())
    assert (found.health, found.missing) == (Health.FAULT, True)
    names.put("bounces.hollins.test", "TXT", GOOD_SPF)
    assert one(records.spf, stage.case()).health is Health.OK


def test_spf_of_sendgrid_is_seen_in_a_mail_alone(stage: Stage, names: NameServer, signer: Signer) -> None:
    """SendGrid's return path is its own; a delivered mail names it."""
    names.put(DOMAIN, "TXT", "v=spf1 -all")
    assert one(records.spf, stage.case(transport="sendgrid")).health is Health.UNKNOWN
    names.put(f"em12.{DOMAIN}", "TXT", GOOD_SPF)
    mail = received(signer.sign(written()), return_path=f"bounces+1@em12.{DOMAIN}")
    found = one(records.spf, stage.case(transport="sendgrid", delivered=mail))
    assert found.health is Health.OK
    assert f"em12.{DOMAIN}" in found.found


@pytest.mark.parametrize("look", [records.spf, records.dmarc])
def test_a_record_is_not_judged_by_half_an_answer(stage: Stage, names: NameServer, look: Look) -> None:
    """Where a name that the verdict rests on fails, there is no verdict."""
    names.put(DOMAIN, "TXT", "v=spf1 include:relay.test -all")
    names.put("relay.test", "TXT", "v=spf1 ip4:192.0.2.1 -all")
    names.failing |= {"relay.test", f"_dmarc.{DOMAIN}"}
    assert one(look, stage.case()).health is Health.UNKNOWN


def test_a_dmarc_record_of_the_organisation_counts(stage: Stage, names: NameServer) -> None:
    """A subdomain without one of its own has that of the domain above."""
    names.put(DOMAIN, "MX", "10 mx.hollins.test.")
    names.put("_dmarc.hollins.test", "TXT", GOOD_DMARC)
    found = one(records.dmarc, stage.case())
    assert found.health is Health.OK
    assert found.found.startswith("hollins.test: v=DMARC1; p=quarantine")


@pytest.mark.parametrize(
    ("name", "record"),
    [(f"_dmarc.{DOMAIN}", "v=DMARC1; p=none"), ("_dmarc.hollins.test", "v=DMARC1; p=reject; sp=none")],
)
def test_a_dmarc_policy_of_none_is_a_warning(stage: Stage, names: NameServer, name: str, record: str) -> None:
    """Receivers are content, and anybody may write in the member's name; above, `sp` is what counts."""
    names.put(DOMAIN, "MX", "10 mx.hollins.test.")
    names.put(name, "TXT", record)
    assert one(records.dmarc, stage.case()).health is Health.WARNING


def test_no_dmarc_record_is_missing(stage: Stage, names: NameServer) -> None:
    """The advice says which record to add where."""
    names.put(DOMAIN, "TXT", GOOD_SPF)
    found = one(records.dmarc, stage.case())
    assert (found.health, found.missing) == (Health.FAULT, True)
    assert f"_dmarc.{DOMAIN}" in found.advice


@pytest.mark.parametrize("wrong", [("v=DMARC1; p=perhaps",), ("v=DMARC1; p=none", "v=DMARC1; p=reject")])
def test_a_dmarc_record_that_does_not_do_is_a_fault(
    stage: Stage, names: NameServer, wrong: tuple[str, ...]
) -> None:
    """A policy that is none, or two records."""
    names.put(f"_dmarc.{DOMAIN}", "TXT", *wrong)
    found = one(records.dmarc, stage.case())
    assert (found.health, found.missing) == (Health.FAULT, False)


def test_reports_that_go_to_a_silent_domain_do_not_hide_the_policy(stage: Stage, names: NameServer) -> None:
    """Who gets DMARC's reports is no concern of whoever receives the mail."""
    names.put(f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=reject; rua=mailto:r@elsewhere.test")
    names.failing |= {"elsewhere.test", f"{DOMAIN}._report._dmarc.elsewhere.test"}
    assert one(records.dmarc, stage.case()).health is Health.OK


def test_mail_to_the_domains_that_are_written_to(stage: Stage, names: NameServer) -> None:
    """Each domain is one line, with the settings that name it."""
    stage.set("bounce_domain: bounces.hollins.test\n")
    put_good_records(names)
    names.put("bounces.hollins.test", "A", "192.0.2.9")
    found = by_about(records.mail_arrives(stage.case()))
    good = found[f"mail to {DOMAIN}"]
    assert (good.health, "mx.hollins.test" in good.found) == (Health.OK, True)
    assert all(setting in good.found for setting in ("sender.from", "sender.reply_to", "unsubscribe_to"))
    assert found["mail to bounces.hollins.test"].health is Health.WARNING


def test_a_domain_that_takes_no_mail_is_a_fault(stage: Stage, names: NameServer) -> None:
    """Neither MX nor address, or the null MX of RFC 7505."""
    assert one(records.mail_arrives, stage.case()).health is Health.FAULT
    names.put(DOMAIN, "MX", "0 .")
    found = one(records.mail_arrives, stage.case())
    assert (found.health, "takes no mail" in found.found) == (Health.FAULT, True)


@pytest.mark.parametrize("look", [records.spf, records.dmarc, records.mail_arrives])
def test_a_silent_name_server_is_could_not_check(stage: Stage, names: NameServer, look: Look) -> None:
    """And it is waited for once, not for each name."""
    names.silent |= {DOMAIN, f"_dmarc.{DOMAIN}"}
    began = time.monotonic()
    assert one(look, stage.case(step_s=1.0)).health is Health.UNKNOWN
    assert time.monotonic() - began < 1.9


@pytest.mark.parametrize("look", [records.spf, records.dmarc, records.mail_arrives])
def test_nobody_is_asked_offline(stage: Stage, names: NameServer, look: Look) -> None:
    """It is said, and never ok."""
    assert one(look, stage.case(online=False)).health is Health.UNKNOWN
    assert names.asked == []


@pytest.mark.parametrize("look", [records.spf, records.dmarc, records.mail_arrives])
def test_a_name_server_behind_a_wall_is_not_believed(tmp_path: Path, look: Look) -> None:
    """One that denies even the top-level domain knows nothing of what is missing."""
    records.forget()
    with NameServer(walled=True) as names:
        assert one(look, make(tmp_path, names).case()).health is Health.UNKNOWN


def test_a_record_that_was_mended_is_seen_at_once(stage: Stage, names: NameServer) -> None:
    """Nothing is remembered from one look to the next."""
    assert one(records.dmarc, stage.case()).missing
    names.put(f"_dmarc.{DOMAIN}", "TXT", GOOD_DMARC)
    records.forget()
    assert one(records.dmarc, stage.case()).health is Health.OK


def test_a_name_server_that_is_not_there_is_no_answer() -> None:
    """As when the cable is out."""
    resolver = Resolver(Asking(name_server=Address("127.0.0.1", 9), step_s=0.2))
    with pytest.raises(Unanswered, match=r"hollins\.test"):
        resolver.look_up("hollins.test", "MX")
