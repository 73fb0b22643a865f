"""The token to confirm by: sealed for one list and one wording, and only for a while."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.site.invitation import GOOD_FOR_S, Invited, Seal

NOW = 1_800_000_000.0
WHERE = {"list_id": "nec.example.org", "list_name": "web.csv", "wording": "Yes, please"}
SEAL = Seal(b"a secret", **WHERE)
JO = Invited("jo@example.org", "Siân", NOW)
TOKEN = SEAL.token(JO)


@given(st.emails(), st.text(max_size=60), st.integers(0, 2**33))
def test_it_comes_back_as_it_was(address: str, first_name: str, at: int) -> None:
    """In a form that stands in a link."""
    token = SEAL.token(Invited(address, first_name, float(at)))
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
    assert SEAL.read(token, now=at + 60.0) == Invited(address, first_name, at)


def test_nobody_can_read_it() -> None:
    """The address would stand in every proxy's log."""
    decoded = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))
    assert b"jo@example.org" not in decoded
    assert "jo@example.org" not in repr(JO)


@given(st.integers(0, len(TOKEN)), st.sampled_from("abcXYZ019-_=.~ \n\x00é"), st.integers(0, 1))
def test_an_altered_one_invites_nobody(at: int, put: str, cut: int) -> None:
    """Nor does another spelling of the same bytes."""
    altered = f"{TOKEN[:at]}{put}{TOKEN[at + cut :]}"
    assert (SEAL.read(altered, now=NOW) is not None) == (altered == TOKEN)


@pytest.mark.parametrize("padding", ["=", "==", "\n"])
def test_it_is_written_without_padding(padding: str) -> None:
    """And is not taken with any, however long it is."""
    for name in ("", "a", "ab", "abc" * 6):
        token = SEAL.token(Invited("jo@example.org", name, NOW))
        assert SEAL.read(token, now=NOW) is not None
        assert SEAL.read(token + padding, now=NOW) is None


@given(st.text())
def test_no_text_passes_for_one(text: str) -> None:
    """Whatever is sent to the page is no error."""
    assert SEAL.read(text, now=NOW) is None


@pytest.mark.parametrize("changed", WHERE)
def test_it_is_bound_to_its_list_and_its_words(changed: str) -> None:
    """Whoever agreed to other words has not agreed to these."""
    assert Seal(b"a secret", **WHERE | {changed: "another"}).read(TOKEN, now=NOW) is None
    assert Seal(b"another secret", **WHERE).read(TOKEN, now=NOW) is None


def test_it_holds_for_a_while() -> None:
    """To the second."""
    assert SEAL.read(TOKEN, now=NOW + GOOD_FOR_S) is not None
    assert SEAL.read(TOKEN, now=NOW + GOOD_FOR_S + 1) is None
