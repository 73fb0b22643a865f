"""What an SMTP server's words mean for a person and for the run: a table, enhanced status first.

Rule: a reply is judged by its enhanced status (RFC 3463, RFC 5248) when it has one of the same class, else
by its basic code and the phase it came in. A refusal of sender, content or policy is about us: it never
speaks against the reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from newsletter.delivery.outcome import Outcome, State


class Phase(StrEnum):
    """Where in the transaction a reply was given."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END = "end of data"


class Verdict(Enum):
    """What to do about a reply."""

    ACCEPTED = "the server has taken the message"
    LATER = "this person is tried again on a schedule"
    REFUSED = "this person is refused, for now and for good"
    GONE = "there is no such mailbox: refused, and suppressed"
    OURS = "refused for our sender, content or policy: it counts for the breaker, never against the reader"
    BACK_OFF = "the server wants a pause: another line, later"
    STOP = "nothing will get through before somebody sees to it"
    SENSELESS = "no reply to this command: after the end of data, nobody knows"


ENHANCED: Final[dict[str, Verdict]] = {
    # Addresses
    "5.1": Verdict.REFUSED,
    "5.1.1": Verdict.GONE,  # no such mailbox
    "5.1.2": Verdict.GONE,  # no such domain
    "5.1.3": Verdict.GONE,  # not an address
    "5.1.6": Verdict.GONE,  # moved, nobody says where
    "5.1.7": Verdict.OURS,  # the sender's address is not one
    "5.1.8": Verdict.OURS,  # the sender's domain is not one
    "5.1.10": Verdict.GONE,  # the domain takes no mail (null MX)
    # Mailboxes
    "5.2": Verdict.REFUSED,
    "5.2.1": Verdict.GONE,  # disabled
    "5.2.2": Verdict.REFUSED,  # full
    "5.2.3": Verdict.OURS,  # too long for this mailbox
    # Systems
    "5.3": Verdict.REFUSED,
    "5.3.4": Verdict.OURS,  # too long for this system
    "5.4": Verdict.REFUSED,  # routing
    "5.5": Verdict.OURS,  # protocol
    "5.6": Verdict.OURS,  # content
    "5.6.7": Verdict.REFUSED,  # this address needs SMTPUTF8 further on (RFC 6531)
    # Security and policy
    "5.7": Verdict.OURS,
    "5.7.17": Verdict.GONE,  # the mailbox has a new owner (RFC 7293)
    "5.7.18": Verdict.GONE,  # the domain has a new owner (RFC 7293)
    "4": Verdict.LATER,
}
"""Enhanced status, or its class and subject alone, or its class alone → verdict; the longest match holds."""

BASIC: Final[dict[tuple[Phase | None, int], Verdict]] = {
    (None, 421): Verdict.BACK_OFF,
    (None, 500): Verdict.OURS,
    (None, 501): Verdict.OURS,
    (None, 502): Verdict.OURS,
    (None, 503): Verdict.OURS,
    (None, 504): Verdict.OURS,
    (None, 530): Verdict.STOP,  # authenticate first
    (None, 534): Verdict.STOP,
    (None, 535): Verdict.STOP,
    (None, 538): Verdict.STOP,
    (Phase.RCPT, 501): Verdict.REFUSED,  # the address, not our syntax
    (Phase.RCPT, 550): Verdict.REFUSED,  # no mailbox, or policy: it does not say
    (Phase.RCPT, 551): Verdict.REFUSED,
    (Phase.RCPT, 552): Verdict.LATER,  # RFC 5321 section 4.5.3.1.10: to be treated as 452
    (Phase.RCPT, 553): Verdict.REFUSED,
    (Phase.RCPT, 554): Verdict.REFUSED,
    (Phase.RCPT, 556): Verdict.GONE,  # the domain takes no mail (RFC 7504)
    (Phase.MAIL, 552): Verdict.OURS,  # too long, said before it was sent
}
"""(Phase, or None for every phase) and basic code → verdict; the phase's own entry holds."""

_SAID_FIRST: Final = frozenset({421, 530, 534, 535, 538})
"""Basic codes that mean what they mean, whatever enhanced status comes with them."""

_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)")
_ADDRESS = re.compile(r"(?<![^\s<>\"'(),:;])[^\s<>\"'(),:;]+@[^\s<>\"'(),:;]+")
"""It is looked for where a word begins, and there alone: a word of 100 KB would else take a minute."""
_QUEUED_AS = re.compile(r"queued as ([A-Za-z0-9._-]{4,64})", re.IGNORECASE)
_DETAIL_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply: its code and its text, lines joined. Code 0 is none that makes sense."""

    code: int
    text: str = ""

    @property
    def status(self) -> str:
        """The enhanced status, when there is one of the code's own class."""
        found = _STATUS.match(self.text)
        return found.group() if found and found.group(1) == str(self.code)[0] else ""

    @property
    def ok(self) -> bool:
        return 200 <= self.code < 300  # noqa: PLR2004 - RFC 5321 section 4.2.1

    def named(self) -> str:
        """Code and enhanced status, as the ledger keeps them."""
        return f"{self.code} {self.status}".rstrip() if self.code else ""

    def told(self, address: str = "") -> str:
        """The text without its status and without any address, `address` and its local part included."""
        text = self.text.removeprefix(self.status).strip()
        return redacted(text, address)[:_DETAIL_CHARACTERS]


def redacted(text: str, address: str = "") -> str:
    """The text, printable, with everything that is or might be an address as `…`."""
    text = "".join(character if character.isprintable() else " " for character in text)
    text = _ADDRESS.sub("…", text)
    local = address.rpartition("@")[0].strip('"')
    if local:
        text = re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", "…", text, flags=re.IGNORECASE)
    return text


def verdict(reply: Reply, phase: Phase) -> Verdict:
    """What a reply means in a phase."""
    if reply.ok:
        return Verdict.SENSELESS if phase is Phase.DATA else Verdict.ACCEPTED
    if not 400 <= reply.code < 600:  # noqa: PLR2004 - RFC 5321 section 4.2.1
        return Verdict.SENSELESS
    if reply.code not in _SAID_FIRST and (found := verdict_by_status(reply.status)):
        return found
    exact = BASIC.get((phase, reply.code)) or BASIC.get((None, reply.code))
    if exact:
        return exact
    if reply.code < 500:  # noqa: PLR2004
        return Verdict.LATER
    return Verdict.REFUSED if phase is Phase.RCPT else Verdict.OURS


def verdict_by_status(status: str) -> Verdict | None:
    """What an enhanced status means by itself; None where it, its subject and its class stand in no table."""
    while status:
        if status in ENHANCED:
            return ENHANCED[status]
        status = status.rpartition(".")[0]
    return None


_STATES: Final[dict[Verdict, State]] = {
    Verdict.LATER: State.DEFERRED,
    Verdict.REFUSED: State.REJECTED,
    Verdict.GONE: State.REJECTED,
    Verdict.OURS: State.REJECTED,
    Verdict.BACK_OFF: State.PENDING,
    Verdict.STOP: State.PENDING,
    Verdict.SENSELESS: State.UNKNOWN,
}


def outcome(person: int, address: str, reply: Reply, phase: Phase) -> Outcome:
    """What a reply makes of a person. A senseless one is unknown only after the end of data."""
    found = verdict(reply, phase)
    if found is Verdict.ACCEPTED:
        queued = _QUEUED_AS.search(reply.text)
        provider_id = queued.group(1) if queued else ""
        return Outcome(person, State.ACCEPTED, code=reply.named(), provider_id=provider_id)
    state = _STATES[found]
    if state is State.UNKNOWN and phase is not Phase.END:
        state = State.PENDING
    return Outcome(
        person,
        state,
        code=reply.named(),
        detail=f"{phase}: {reply.told(address)}",
        about_us=found is Verdict.OURS,
        gone=found is Verdict.GONE,
    )
