"""The codes that stand for a person, and the proofs that we made them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import Signer

from newsletter.message import code_for, person_of, verify_envelope
from newsletter.message.codes import BounceKey, Key, UnsubscribeKey
from tests.message.examples import SECRET

ALPHABET = string.ascii_letters + string.digits + "-_"
LIST = "nec-reports.example.org"
CODE = code_for("ann@example.test", SECRET)


def test_a_code_is_stable_and_opaque() -> None:
    """One mailbox and one secret give one code, which says nothing of either."""
    assert code_for("ann@example.test", SECRET) == CODE
    assert re.fullmatch("[a-z2-7]{16}", CODE)
    assert code_for("ann@example.test", b"another secret") != CODE
    assert code_for("bob@example.test", SECRET) != CODE


@given(st.binary(min_size=1, max_size=80), st.text(max_size=90), st.integers(1, 52))
def test_a_word_is_the_standard_librarys_hmac(secret: bytes, text: str, length: int) -> None:
    """Our quick way gives what `hmac` gives, in base32."""
    derived = hmac.digest(secret, b"person", "sha256")
    whole = base64.b32encode(hmac.digest(derived, text.encode(errors="replace"), "sha256")).decode().lower()
    assert Key(secret, "person").word(text.encode(errors="replace").decode(), length=length) == whole[:length]


def test_codes_do_not_collide() -> None:
    """80 bits tell 20,000 mailboxes apart."""
    assert len({code_for(f"member{number}@example.test", SECRET) for number in range(20_000)}) == 20_000


def test_an_empty_secret_is_refused() -> None:
    """What anybody could sign is not signed."""
    with pytest.raises(ValueError, match="secret"):
        code_for("ann@example.test", b"")


@given(st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=16, max_size=16))
def test_a_token_is_what_itsdangerous_would_sign(code: str) -> None:
    """Our short cut gives the format of the library that verifies it, and nothing that a link would lose."""
    token = UnsubscribeKey(SECRET, LIST).token(code)
    signer = Signer(SECRET, salt=f"unsubscribe {LIST}", key_derivation="hmac", digest_method=hashlib.sha256)
    assert token == signer.sign(code).decode()
    assert person_of(token, SECRET, list_id=LIST) == code
    assert re.fullmatch(r"[A-Za-z0-9_.-]{59}[A-Za-z0-9]", token)


def test_a_token_serves_one_list_and_one_secret() -> None:
    """A token of another list, another secret, another person or none is nobody's."""
    token = UnsubscribeKey(SECRET, LIST).token(CODE)
    assert person_of(token, SECRET, list_id="another.example.org") is None
    assert person_of(token, b"another secret", list_id=LIST) is None
    assert person_of(f"aaaaaaaaaaaaaaaa.{token.partition('.')[2]}", SECRET, list_id=LIST) is None


@given(st.integers(0, 59), st.sampled_from("abcXYZ234567_-.~=+/ \n"), st.integers(0, 1))
def test_an_altered_token_is_nobodys(at: int, put: str, cut: int) -> None:
    """Nor is another spelling of the same signature, of which base64 has several."""
    token = UnsubscribeKey(SECRET, LIST).token(CODE)
    altered = f"{token[:at]}{put}{token[at + cut :]}"
    assert (person_of(altered, SECRET, list_id=LIST) == CODE) == (altered == token)


def test_a_signature_has_one_spelling() -> None:
    """The last of 43 characters carries four bits: three others would decode to the same bytes."""
    token = UnsubscribeKey(SECRET, LIST).token(CODE)
    taken = [last for last in ALPHABET if person_of(token[:-1] + last, SECRET, list_id=LIST)]
    assert taken == [token[-1]]


@given(st.text())
def test_no_text_passes_for_a_token(text: str) -> None:
    """Whatever is sent to the page, it is no error, and nobody leaves by it."""
    assert person_of(text, SECRET, list_id=LIST) is None


def test_a_bounce_names_its_run_and_person() -> None:
    """The envelope sender is verified, also where a server has changed its case."""
    address = BounceKey(SECRET, "run-1", "bounces.example.org").address(CODE)
    assert re.fullmatch(rf"bounces\+run-1\.{CODE}\.[a-z2-7]{{10}}@bounces\.example\.org", address)
    assert verify_envelope(address, SECRET) == ("run-1", CODE)
    assert verify_envelope(address.upper(), SECRET) == ("run-1", CODE)


def test_a_forged_bounce_is_nobodys() -> None:
    """The code of the person, the run and the proof belong together."""
    address = BounceKey(SECRET, "run-1", "bounces.example.org").address(CODE)
    other = code_for("bob@example.test", SECRET)
    assert verify_envelope(address.replace(CODE, other), SECRET) is None
    assert verify_envelope(address.replace("run-1", "run-2"), SECRET) is None
    assert verify_envelope(address, b"another secret") is None


@given(st.text() | st.builds("bounces+{}.{}.{}@x".format, st.text(), st.text(), st.text()))
def test_no_text_passes_for_an_envelope(text: str) -> None:
    """Any address a bounce may come to is met without an error."""
    assert verify_envelope(text, SECRET) is None


def test_the_local_part_of_a_bounce_address_fits() -> None:
    """RFC 5321 section 4.5.3.1.1: 64 octets, which the longest run fills."""
    address = BounceKey(SECRET, "r" * 28, "bounces.example.org").address(CODE)
    assert len(address.partition("@")[0]) == 64


@pytest.mark.parametrize("run", ["", "r" * 29, "with.dot", "UPPER", "é", "a@b"])
def test_a_run_that_would_not_survive_an_address_is_refused(run: str) -> None:
    """What could not be read back is never written."""
    with pytest.raises(ValueError, match="a run is named"):
        BounceKey(SECRET, run, "bounces.example.org")
