"""What a server's words mean: the table, its order, and what may be kept of them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.outcome import State
from newsletter.delivery.transports.smtp_replies import Phase, Reply, Verdict, outcome, redacted, verdict

RCPT, DATA, END, MAIL = Phase.RCPT, Phase.DATA, Phase.END, Phase.MAIL


@pytest.mark.parametrize(
    ("phase", "code", "text", "expected"),
    [
        (RCPT, 250, "2.1.5 Ok", Verdict.ACCEPTED),
        (RCPT, 251, "will forward", Verdict.ACCEPTED),
        (RCPT, 252, "cannot verify", Verdict.ACCEPTED),
        (END, 250, "Ok", Verdict.ACCEPTED),
        (DATA, 250, "Ok", Verdict.SENSELESS),
        (END, 354, "More", Verdict.SENSELESS),
        (END, 0, "", Verdict.SENSELESS),
        (END, 25, "", Verdict.SENSELESS),
        (END, 999, "", Verdict.SENSELESS),
        (RCPT, 550, "5.1.1 No such user", Verdict.GONE),
        (RCPT, 550, "5.1.2 No such domain", Verdict.GONE),
        (RCPT, 556, "5.1.10 Null MX", Verdict.GONE),
        (RCPT, 550, "5.2.1 Disabled", Verdict.GONE),
        (RCPT, 556, "takes no mail", Verdict.GONE),
        (RCPT, 550, "5.7.17 New owner", Verdict.GONE),
        (RCPT, 550, "No such user", Verdict.REFUSED),
        (RCPT, 553, "Not allowed", Verdict.REFUSED),
        (RCPT, 552, "5.2.2 Mailbox full", Verdict.REFUSED),
        (RCPT, 452, "4.2.2 Mailbox full", Verdict.LATER),
        (RCPT, 552, "Too many recipients", Verdict.LATER),
        (RCPT, 452, "4.5.3 Too many recipients", Verdict.LATER),
        (RCPT, 450, "4.2.0 Greylisted", Verdict.LATER),
        (RCPT, 451, "4.7.1 Greylisted", Verdict.LATER),
        (RCPT, 459, "What is this", Verdict.LATER),
        (RCPT, 550, "5.7.1 Relaying denied", Verdict.OURS),
        (RCPT, 550, "5.1.8 Bad sender domain", Verdict.OURS),
        (RCPT, 554, "5.6.7 Needs SMTPUTF8", Verdict.REFUSED),
        (END, 554, "5.7.1 Spam", Verdict.OURS),
        (END, 552, "5.3.4 Too big", Verdict.OURS),
        (END, 550, "5.2.3 Too long for this mailbox", Verdict.OURS),
        (END, 554, "Content refused", Verdict.OURS),
        (END, 550, "5.1.1 No such user after all", Verdict.GONE),
        (END, 503, "Bad sequence", Verdict.OURS),
        (RCPT, 421, "4.7.0 Too many connections", Verdict.BACK_OFF),
        (END, 421, "4.3.2 Shutting down", Verdict.BACK_OFF),
        (RCPT, 530, "5.7.0 Authenticate first", Verdict.STOP),
        (MAIL, 535, "5.7.8 Bad credentials", Verdict.STOP),
        (RCPT, 550, "4.2.0 A status of another class", Verdict.REFUSED),
        (RCPT, 550, "5.1.1gibberish", Verdict.REFUSED),
    ],
)
def test_a_reply_is_judged_by_its_status_first(phase: Phase, code: int, text: str, expected: Verdict) -> None:
    """Enhanced status of the same class, then the code in its phase, then the code's class."""
    assert verdict(Reply(code, text), phase) is expected


@given(code=st.integers(-1, 1200), text=st.text(max_size=60), phase=st.sampled_from(Phase))
def test_no_reply_but_a_2xx_at_the_end_is_an_acceptance(code: int, text: str, phase: Phase) -> None:
    """Whatever a server says, and in whatever words."""
    found = outcome(1, "jo@example.org", Reply(code, text), phase)
    if found.state is State.ACCEPTED:
        assert 200 <= code < 300
    if found.state is State.UNKNOWN:
        assert phase is END
    assert not (found.gone and found.about_us)


@given(
    code=st.sampled_from([450, 550, 554]),
    before=st.text(max_size=30),
    after=st.text(max_size=30),
    phase=st.sampled_from(Phase),
)
def test_no_address_is_kept_of_what_a_server_said(code: int, before: str, after: str, phase: Phase) -> None:
    """Servers repeat the address; the ledger's detail, and so every report, does not."""
    text = f"5.1.1 {before} <jane.doe@example.org>: user jane.doe unknown {after}"
    found = outcome(1, "jane.doe@example.org", Reply(code, text), phase)
    assert "jane.doe" not in found.detail.lower()
    assert "@example.org" not in found.detail
    assert found.detail.isprintable()
    assert len(found.detail) < 230


def test_a_word_without_an_end_takes_no_time() -> None:
    """Whoever has had a mail can write a report of theirs: one of 100 KB took half a minute."""
    began = time.process_time()
    assert (
        redacted("x" * 100_000 + " to jo@example.org, or @jo and jo@")
        == "x" * 100_000 + " to …, or @jo and jo@"
    )
    assert time.process_time() - began < 5


def test_the_name_the_server_gave_the_message_is_kept() -> None:
    """A queue id, so that the server's log can be asked."""
    found = outcome(1, "jo@example.org", Reply(250, "2.0.0 Ok: queued as 4F3A2B1C"), END)
    assert (found.state, found.code, found.provider_id) == (State.ACCEPTED, "250 2.0.0", "4F3A2B1C")
