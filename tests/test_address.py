"""Addresses: what is taken, what is refused and in which words, and when two are one mailbox."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.provisional import domains

from newsletter.address import AddressError, key, mask, parse

LOCALS = st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\.[A-Za-z0-9é-]{1,10}){0,3}", fullmatch=True)


@pytest.mark.parametrize(
    ("written", "parsed"),
    [
        ("jo@example.org", "jo@example.org"),
        ("  Jo.Bloggs+news@Example.ORG ", "Jo.Bloggs+news@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("jo@bücher.example", "jo@xn--bcher-kva.example"),
        ("jo@BÜCHER.example", "jo@xn--bcher-kva.example"),
        ("jo@ＥＸＡＭＰＬＥ．org", "jo@example.org"),
        ("siân@example.org", "siân@example.org"),
        ("jo@clp.test", "jo@clp.test"),
    ],
)
def test_an_address_is_kept_as_written_but_for_its_domain(written: str, parsed: str) -> None:
    """The domain becomes lower case and IDNA; the local part stays; reserved test domains are allowed."""
    assert parse(written) == parsed


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "there is no address"),
        ("   ", "there is no address"),
        ("jo.example.org", "it has no @"),
        (
            "jo@example.org, sam@example.org",
            "it is more than one address, or has a stray comma, semicolon or @",
        ),
        ("jo@example.org;sam@example.org", "it is more than one address, or has a stray comma, semicolon or @"),
        ("jo@@example.org", "it is more than one address, or has a stray comma, semicolon or @"),
        ("jo,@example.org", "it is more than one address, or has a stray comma, semicolon or @"),
        ("Jo Bloggs <jo@example.org>", "it has angle brackets: only the address itself may stand here"),
        ("<jo@example.org>", "it has angle brackets: only the address itself may stand here"),
        ("jo bloggs@example.org", "it has a space in it"),
        ("jo@example .org", "it has a space in it"),
        ("jo\u00a0b@example.org", "it has a space in it"),
        ("jo\x00@example.org", "it holds a line break or another control character"),
        ("jo@example.org\r\nBcc: sam@example.org", "it holds a line break or another control character"),
        ("@example.org", "there must be something before the @-sign"),
        ("jo..b@example.org", "an email address cannot have two periods in a row"),
        ("jo@example", "the part after the @-sign is not valid. It should have a period"),
        ("jo@example.org.", "an email address cannot end with a period"),
        ("jo@-example.org", "an email address cannot have a hyphen immediately after the @-sign"),
        ("jo@[192.0.2.1]", "a bracketed IP address after the @-sign is not allowed here"),
        ("jo\u200b@example.org", "the email address contains unsafe characters: ZERO WIDTH SPACE"),
        ("j" * 65 + "@example.org", "the email address is too long before the @-sign (1 character too many)"),
    ],
)
def test_what_is_not_one_bare_address_is_refused_with_a_reason(written: str, why: str) -> None:
    """Each slip that people make has words of its own."""
    with pytest.raises(AddressError) as refused:
        parse(written)
    assert str(refused.value) == why


def test_an_address_longer_than_mail_can_carry_is_refused() -> None:
    """254 octets are the most (RFC 5321 section 4.5.3.1.3), counted in UTF-8."""
    host = ".".join(["a" * 60] * 4)
    assert parse(f"jojojo@{host}.io")
    with pytest.raises(AddressError, match="it is 255 bytes long, and 254 is the most that mail can carry"):
        parse(f"jojojojo@{host}.io")
    with pytest.raises(AddressError, match="is the most that mail can carry"):
        parse(f"jojojoé@{host}.io")


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    """No text makes the parser fail in another way, and what it gives is its own result."""
    try:
        parsed = parse(text)
    except AddressError as refused:
        assert len(text.strip()) < 12 or text.strip() not in str(refused)  # noqa: PT017 - both ends are tested
    else:
        assert parse(parsed) == parsed
        assert not any(character.isspace() or character in "<>,;" for character in parsed)


@given(LOCALS, domains())
def test_case_never_makes_another_mailbox(local: str, domain: str) -> None:
    """However an address is capitalised, its key is the same, and a key is its own key."""
    try:
        parsed = parse(f"{local}@{domain}")
    except AddressError:
        return
    assert key(parsed) == key(parsed.swapcase()) == key(key(parsed))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jo@Example.org", "jO@example.ORG"),
        ("jo@bücher.example", "JO@xn--bcher-kva.example"),
        ("sia\u0302n@example.org", "SIÂN@example.org"),
        ("straße@example.org", "STRASSE@example.org"),
    ],
)
def test_spellings_of_one_mailbox_share_a_key(one: str, other: str) -> None:
    """Case, Unicode form and IDNA do not tell people apart."""
    assert key(parse(one)) == key(parse(other)) == key(one) == key(other)


def test_different_mailboxes_have_different_keys() -> None:
    """Tags and dots mean different mailboxes at some providers, so they are kept."""
    assert (
        len({key(a) for a in ("jo@example.org", "j.o@example.org", "jo+a@example.org", "jo@example.com")}) == 4
    )


def test_a_masked_address_can_be_recognised_but_not_used() -> None:
    """One letter and the domain are shown."""
    assert mask("marion@example.org") == "m…@example.org"
    assert mask("no address") == "…"
