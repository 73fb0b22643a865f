"""What a mail is taken for: made by hand, one for each thing that can come to a mailbox."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.fate import Event, Fate
from newsletter.feedback.letter import Read, Reader, Sort
from newsletter.feedback.signs import Signs
from tests.feedback.letters import (
    AT,
    JANE,
    LEAVE_ADDRESS,
    READER,
    RUN,
    SECRET,
    WRITER,
    Known,
    complaint,
    letter,
    report,
)

GONE = "no such mailbox"


def read(raw: bytes) -> Read:
    return READER.read(raw, at=AT)


def event(raw: bytes) -> Event:
    """The event of a mail that must have one."""
    found = read(raw).event
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("status", "fate", "suppress"),
    [
        ("5.1.1", Fate.BOUNCED, GONE),
        ("5.1.2", Fate.BOUNCED, GONE),
        ("5.1.10", Fate.BOUNCED, GONE),
        ("5.2.1", Fate.BOUNCED, GONE),
        ("5.7.17", Fate.BOUNCED, GONE),
        ("5.2.2", Fate.BOUNCED, ""),
        ("4.2.2", Fate.BOUNCED, ""),
        ("4.4.7", Fate.BOUNCED, ""),
        ("5.4.1", Fate.BOUNCED, ""),
        ("5.0.0", Fate.BOUNCED, ""),
        ("5.2.3", Fate.BLOCKED, ""),
        ("5.6.0", Fate.BLOCKED, ""),
        ("5.7.1", Fate.BLOCKED, ""),
        ("5.7.515", Fate.BLOCKED, ""),
    ],
)
def test_a_bounce_means_what_its_status_says(status: str, fate: Fate, suppress: str) -> None:
    """Only a mailbox that is not there is suppressed: not a full one, and not for the sender's fault."""
    raw = report(status=status, said="smtp; it was refused")
    assert read(raw).sort is Sort.BOUNCE
    found = event(raw)
    assert (found.fate, found.suppress, found.status) == (fate, suppress, status)
    assert (found.run, found.code, found.attempt) == (RUN, JANE.code, "")


def test_a_status_that_says_nothing_gives_way_to_the_reply() -> None:
    """Some servers write 5.0.0 and leave the rest to the words of the one that refused."""
    found = event(report(status="5.0.0", said="smtp; 550 5.1.1 <jane.doe@members.example>: unknown"))
    assert (found.fate, found.suppress) == (Fate.BOUNCED, GONE)


def test_no_address_is_kept_of_what_a_server_said() -> None:
    """Replies love to repeat the address; the ledger's reasons hold none."""
    found = event(report(said="smtp; 550 5.1.1 <jane.doe@members.example>: jane.doe is unknown here"))
    assert "jane" not in found.detail
    assert "unknown here" in found.detail


@pytest.mark.parametrize(
    ("action", "status", "fate"),
    [
        ("delayed", "4.4.1", Fate.DEFERRED),
        ("delivered", "2.0.0", Fate.DELIVERED),
        ("relayed", "2.0.0", Fate.PROCESSED),
        ("expanded", "2.0.0", Fate.PROCESSED),
    ],
)
def test_a_report_on_the_way_is_no_bounce(action: str, status: str, fate: Fate) -> None:
    """A warning that a mail is late is the one most often mistaken for a bounce."""
    raw = report(action=action, status=status, said="smtp; still trying")
    assert read(raw).sort is Sort.PROGRESS
    assert (event(raw).fate, event(raw).suppress) == (fate, "")


def test_without_verp_the_message_that_came_back_says_whom_it_is_about() -> None:
    """Its own unsubscribe token is signed, and beside it the Message-ID names the issue."""
    found = event(report(to=WRITER))
    assert (found.fate, found.suppress, found.code) == (Fate.BOUNCED, GONE, JANE.code)
    assert (found.run, found.issue, found.attempt) == ("", "nec-2026-11-17", "")


@pytest.mark.parametrize(
    "other",
    [
        f"<nec-2026-11-17.{Known('ann@members.example').code}@reports.example.org>",
        f"<nec-2026-11-17.{JANE.code}.0a1b2c3d4e5f@reports.example.org>",
        f"<nec.2026.{JANE.code}x@reports.example.org>",
        "",
    ],
    ids=["another person's", "a test copy's", "no code", "none"],
)
def test_a_message_id_that_is_not_of_this_mail_names_no_issue(other: str) -> None:
    """Then it is about some mail to this person, and proves no attempt."""
    own = f"<nec-2026-11-17.{JANE.code}@reports.example.org>"
    found = event(report(to=WRITER, returned=JANE.header.replace(own, other)))
    assert (found.code, found.issue, found.attempt) == (JANE.code, "", None)


def test_a_report_that_proves_nothing_is_left_to_a_person() -> None:
    """Anybody can write that an address bounced: an address alone suppresses nobody."""
    raw = report(to=WRITER, returned="Subject: something\n")
    assert read(raw) == Read(Sort.UNPROVED)


@pytest.mark.parametrize("forged", ["mac", "code"])
def test_a_forged_envelope_proves_nothing(forged: str) -> None:
    """One letter of the signature, or another person's code."""
    parts = re.fullmatch(r"(bounces\+\w+\.)(\w+)\.(\w+)(@.*)", JANE.envelope)
    assert parts is not None
    other = Known("somebody.else@members.example")
    code = other.code if forged == "code" else parts[2]
    mac = parts[3] if forged == "code" else ("b" if parts[3][0] != "b" else "c") + parts[3][1:]
    raw = report(to=f"{parts[1]}{code}.{mac}{parts[4]}", returned="Subject: something\n")
    assert read(raw) == Read(Sort.UNPROVED)


def test_a_token_of_another_list_proves_nothing() -> None:
    """It is signed for its list alone."""
    elsewhere = Reader(signs=Signs(SECRET, "other.example.org"))
    assert elsewhere.read(report(to=WRITER), at=AT) == Read(Sort.UNPROVED)


def test_a_server_may_change_the_case_of_the_envelope() -> None:
    """Some do, though they should not."""
    assert event(report(to=JANE.envelope.upper())).code == JANE.code


def test_a_failed_forward_suppresses_nobody() -> None:
    """The mailbox that passed the mail on may well keep a copy."""
    found = event(report(recipient="jane@elsewhere.example"))
    assert (found.fate, found.suppress, found.code) == (Fate.BOUNCED, "", JANE.code)


def test_of_several_recipients_the_person_s_own_counts() -> None:
    """And where it is none of them, the mildest: one of them may have it."""
    own = "Final-Recipient: rfc822; JANE.DOE@Members.Example\nAction: failed\nStatus: 5.1.1\n"
    other = "\nFinal-Recipient: rfc822; x@elsewhere.example\nAction: delivered\nStatus: 2.0.0\n"
    worse = "\nFinal-Recipient: rfc822; y@elsewhere.example\nAction: failed\nStatus: 5.1.1\n"
    assert event(report(blocks=own + other)).suppress == GONE
    assert event(report(blocks=other.lstrip() + worse)).fate is Fate.DELIVERED


def test_a_report_in_utf_8_is_read_too() -> None:
    """RFC 6533: another name for the part, several addresses in it."""
    blocks = "Final-Recipient: utf-8; sian@elsewhere.example\nAction: delayed\nStatus: 4.4.1\n\n"
    blocks += "Final-Recipient: utf-8; jane.doe@members.example\nAction: failed\nStatus: 5.1.1\n"
    found = event(report(blocks=blocks, kind="message/global-delivery-status"))
    assert (found.fate, found.suppress) == (Fate.BOUNCED, GONE)


def test_a_footer_around_a_report_does_not_hide_it() -> None:
    """Gateways wrap what passes through them."""
    inner = report()
    head, _, body = inner.partition(b"MIME-Version")
    wrapped = head + b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="outer"\n\n--outer\n'
    wrapped += b"Content-Type: multipart" + body.partition(b"Content-Type: multipart")[2]
    wrapped += b"\n--outer\nContent-Type: text/plain\n\nScanned.\n--outer--\n"
    assert event(wrapped).suppress == GONE


def test_a_report_cut_off_in_the_returned_message_is_read() -> None:
    """Of a mail of 50 MB only the beginning is fetched."""
    raw = report()
    cut = raw[: raw.index(b"Dear friend")]
    assert event(cut).suppress == GONE


def test_who_leaves_by_the_link_leaves() -> None:
    """The subject that the mailto link writes carries the token."""
    raw = letter("", to=LEAVE_ADDRESS, subject=f"unsubscribe {JANE.token}")
    assert read(raw).sort is Sort.LEAVING
    found = event(raw)
    assert (found.fate, found.code, found.suppress) == (Fate.UNSUBSCRIBED, JANE.code, "unsubscribed")


def test_a_token_counts_wherever_the_mail_comes_from() -> None:
    """People leave from another of their addresses, and by their provider's own button."""
    raw = letter(
        "", sender="robot@provider.example", subject=f"Re: Unsubscribe {JANE.token}", Auto_Submitted="yes"
    )
    assert event(raw).code == JANE.code


def test_a_token_survives_a_long_subject() -> None:
    """Folded, and encoded word by word."""
    raw = letter("", subject="x").replace(
        b"Subject: x", f"Subject: =?utf-8?q?unsubscribe?=\n {JANE.token}".encode()
    )
    assert event(raw).code == JANE.code


@pytest.mark.parametrize("token", ["test", "a" * 16 + "." + "b" * 43, JANE.token[:-1]])
def test_a_token_that_we_did_not_sign_lets_nobody_leave(token: str) -> None:
    """Not the inert one of a test copy, either."""
    assert read(letter("", subject=f"unsubscribe {token}")) == Read(Sort.LETTER)
    assert read(letter("", subject=f"unsubscribe {token}", to=LEAVE_ADDRESS)) == Read(Sort.ASKS)


@pytest.mark.parametrize(
    ("subject", "to"),
    [
        ("unsubscribe", WRITER),
        ("Re: Please unsubscribe me.", WRITER),
        ("REMOVE", WRITER),
        ("hello", LEAVE_ADDRESS),
    ],
)
def test_a_request_that_anybody_could_have_written_is_a_persons_to_decide(subject: str, to: str) -> None:
    """From is what its sender writes: by it, an opponent could empty the list."""
    assert read(letter(subject=subject, to=to)) == Read(Sort.ASKS)


PASSED = (
    "mx.reports.example.org; spf=pass smtp.mailfrom=members.example; dmarc=pass header.from=members.example"
)


def test_a_request_that_the_mail_server_vouches_for_counts() -> None:
    """DMARC passed, by the word of the server that keeps the mailbox."""
    found = event(letter(subject="unsubscribe", Authentication_Results=PASSED))
    assert (found.fate, found.key, found.code) == (Fate.UNSUBSCRIBED, "jane.doe@members.example", "")


@pytest.mark.parametrize(
    "results",
    [
        PASSED.replace("mx.reports", "mx.evil"),
        PASSED.replace("dmarc=pass", "dmarc=fail"),
        PASSED.replace("dmarc=pass", "dmarc=fail (dmarc=pass)"),
        PASSED.replace("dmarc=pass", 'dmarc=fail reason="; dmarc=pass"'),
        PASSED.replace("dmarc=pass", "dmarc=passable"),
        "mx.reports.example.org; none",
        "",
    ],
)
def test_nobody_else_can_vouch(results: str) -> None:
    """Not another server, not a comment, not a quoted string."""
    raw = letter(subject="unsubscribe", **({"Authentication_Results": results} if results else {}))
    assert read(raw) == Read(Sort.ASKS)


def test_only_the_topmost_word_counts() -> None:
    """What stands below was in the mail when it came."""
    forged = letter(subject="unsubscribe", Authentication_Results=PASSED)
    raw = b"Authentication-Results: mx.reports.example.org; dmarc=fail\n" + forged
    assert read(raw) == Read(Sort.ASKS)


def test_two_senders_are_not_vouched_for() -> None:
    """Which of them was looked at, nobody can tell."""
    raw = b"From: victim@members.example\n" + letter(subject="unsubscribe", Authentication_Results=PASSED)
    assert read(raw) == Read(Sort.ASKS)


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; reason=vacation"},
        {"X_Autoreply": "yes"},
        {"X_Auto_Response_Suppress": "All"},
        {"Precedence": "auto_reply"},
        {"subject": "Automatic reply: Report of the November meeting"},
        {"subject": "Out of office: back on Monday"},
    ],
)
def test_an_answer_of_a_machine_is_not_a_bounce(fields: dict[str, str]) -> None:
    """RFC 3834, and what was usual before it; of nobody is anything known after it."""
    assert read(letter("I am away until Monday.", **fields)) == Read(Sort.AUTOMATIC)


def test_an_answer_to_the_envelope_sender_shows_that_the_mail_arrived() -> None:
    """It settles somebody unknown; it is no delivery that the results would count."""
    found = event(letter("Away.", to=JANE.envelope, Auto_Submitted="auto-replied"))
    assert (found.fate, found.run, found.attempt, found.suppress) == (Fate.PROCESSED, RUN, "", "")


@pytest.mark.parametrize(
    "raw",
    [
        letter(),
        letter("Please stop sending these to my old address.\n\n> unsubscribe here"),
        letter("Your mail came back to me:\n\n550 5.1.1 User unknown\n\nWhat does it mean?"),
        letter("no", Auto_Submitted="no"),
        letter("Please confirm that you are human.", subject="Confirm your message to Jane"),
        letter(f"> {JANE.header}", subject="Re: unsubscribe me from the committee, not from this list"),
        letter("Fwd", subject="Fwd: unsubscribe button does not work"),
    ],
)
def test_what_a_person_wrote_is_a_letter(raw: bytes) -> None:
    """Also where it speaks of bounces and of leaving, or quotes the message with its links."""
    assert read(raw) == Read(Sort.LETTER)


def test_a_bounce_that_somebody_forwards_is_a_letter() -> None:
    """The report hangs below their words."""
    forwarded = (
        b"From: jane@members.example\nTo: maya@reports.example.org\nSubject: Fwd: bounce\nMIME-Version: 1.0\n"
    )
    forwarded += b'Content-Type: multipart/mixed; boundary="o"\n\n--o\nContent-Type: text/plain\n\nLook.\n--o\n'
    forwarded += b"Content-Type: message/rfc822\n\n" + report() + b"\n--o--\n"
    assert read(forwarded) == Read(Sort.LETTER)


def test_a_receipt_for_reading_is_put_aside() -> None:
    """Nobody here wants to know who read what."""
    raw = report().replace(b"report-type=delivery-status", b"report-type=disposition-notification")
    raw = raw.replace(b"message/delivery-status", b"message/disposition-notification")
    assert read(raw) == Read(Sort.AUTOMATIC)


def test_a_complaint_is_an_opt_out() -> None:
    """By the token in the message that the provider sends back."""
    assert read(complaint()).sort is Sort.COMPLAINT
    found = event(complaint())
    assert (found.fate, found.code, found.suppress) == (Fate.COMPLAINED, JANE.code, "complained")
    assert read(complaint(kind="not-spam")) == Read(Sort.AUTOMATIC)


QMAIL = f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.members.example
To: TO
Subject: failure notice

Hi. This is the qmail-send program at mx.members.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<jane.doe@members.example>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 unknown user
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.

{JANE.header}
Dear friend,
"""


@pytest.mark.parametrize("to", [JANE.envelope, WRITER])
def test_a_bounce_in_words_is_read_too(to: str) -> None:
    """By flufl.bounce; whose it is says VERP, or the message that it quotes."""
    found = event(QMAIL.replace("TO\n", f"{to}\n").encode())
    assert (found.fate, found.suppress, found.code) == (Fate.BOUNCED, GONE, JANE.code)


def test_a_bounce_in_words_about_us_suppresses_nobody() -> None:
    """The status in the words counts."""
    raw = QMAIL.replace("5.1.1 unknown user", "5.7.1 policy").replace("TO\n", f"{JANE.envelope}\n").encode()
    assert (event(raw).fate, event(raw).suppress) == (Fate.BLOCKED, "")


def test_a_bounce_in_words_without_a_status_suppresses_nobody() -> None:
    """It failed, and nobody says why."""
    raw = QMAIL.replace("550 5.1.1 unknown user", "no").replace("TO\n", f"{JANE.envelope}\n").encode()
    assert (event(raw).fate, event(raw).suppress) == (Fate.BOUNCED, "")


def test_a_person_who_quotes_such_a_bounce_wrote_a_letter() -> None:
    """The words are the same; no machine's name stands over them."""
    raw = QMAIL.replace("Return-Path: <>\n", "").replace("MAILER-DAEMON", "jane").replace("TO\n", f"{WRITER}\n")
    assert read(raw.encode()) == Read(Sort.LETTER)


def test_the_same_mail_is_the_same_event_in_another_folder() -> None:
    """Read again, with another trace on top, it counts once."""
    again = b"Received: from elsewhere by mx; Tue, 17 Nov 2026 10:00:00 +0000\n" + report()
    assert event(again).id == event(report()).id


def test_a_mail_without_an_id_is_known_by_its_content() -> None:
    """Old servers write none."""
    bare = report().replace(b"Message-ID: <20261118.1@mx.members.example>\n", b"", 1)
    other = bare.replace(b"I am sorry", b"I am very sorry")
    assert len({event(bare).id, event(other).id, event(report()).id}) == 3


PIECES = st.sampled_from(
    [
        *(b"Content-Type: multipart/report; boundary=parts\n", b"Content-Type: message/delivery-status\n"),
        *(
            b"\n\n",
            b"--parts\n",
            b"--parts--\n",
            b"Action: failed\n",
            b"Status: 5.1.1\n",
            b"Subject: =?utf-8?b?//?=\n",
        ),
        *(
            b"From: =?x?q?y\n",
            b"Return-Path: <>\n",
            b"\xff\xfe",
            b"\x00",
            b"Content-Transfer-Encoding: base64\n",
        ),
        *(
            JANE.header.encode(),
            f"To: {JANE.envelope}\n".encode(),
            QMAIL.encode(),
            b"Content-Type: text/plain; charset=x\n",
        ),
    ]
)


@given(st.lists(st.one_of(PIECES, st.binary(max_size=40)), max_size=14))
def test_no_mail_is_an_error(pieces: list[bytes]) -> None:
    """Whatever is in it, it is something; and only what proves itself says anything of anybody."""
    found = read(b"".join(pieces))
    if found.event is not None:
        assert found.event.code == JANE.code


def test_a_word_without_an_end_takes_no_time() -> None:
    """A mail of 100 KB that names nobody, from anybody, keeps the reading for no half minute."""
    began = time.process_time()
    raw = f"From: jo@example.org\r\nTo: {'x' * 100_000}\r\nSubject: Hello\r\n\r\nHello\r\n"
    assert READER.read(raw.encode(), at=AT).sort is Sort.LETTER
    assert time.process_time() - began < 5
