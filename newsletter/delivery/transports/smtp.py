"""SMTP: one message per person, one round trip per message.

Rules:

1. The commands for the next message leave in the same write as the end of this one (PIPELINING, RFC 2920);
   without that extension, one at a time.
2. Before the final dot nothing is lost; once it may have left, only a whole reply says what became of it.
3. A reply to MAIL cannot be about the reader, since nobody has been named yet.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NoReturn

from newsletter.delivery.outcome import Outcome, State
from newsletter.delivery.transports import LineLost, Parcel, Report
from newsletter.delivery.transports.smtp_lines import Turn
from newsletter.delivery.transports.smtp_replies import Phase, Reply, Verdict, outcome, verdict
from newsletter.delivery.transports.smtp_wire import Server, Wire, WireLost, open_wire
from newsletter.errors import TransportStopped

_DOT = b".\r\n"
_RESET = b"RSET\r\n"
_DATA = b"DATA\r\n"
_START_INPUT = 354

_IDLE_S = 30.0
"""A line unused for longer is not trusted to be there still: servers hang up on the idle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The transport `smtp`."""

    server: Server
    lines: int = 4
    messages_per_line: int = 1_000
    """After so many a connection is replaced; servers set limits, and say so by hanging up."""
    batch: int = 50
    """What a power cut makes unknown is the open batches; a larger one would hardly be faster."""
    turn: Turn = field(default_factory=Turn, init=False, repr=False, compare=False)
    """One for all lines: a second at work would take a quarter more of the processor, and be no sooner done."""

    @property
    def name(self) -> str:
        return "smtp"

    def connect(self) -> SmtpLine:
        return SmtpLine(self, open_wire(self.server))


@dataclass(frozen=True, slots=True)
class _Letter:
    """One message ready to go: its commands, and its bytes with the final dot."""

    parcel: Parcel
    mail: bytes
    rcpt: bytes
    message: bytes = field(repr=False)

    @property
    def commands(self) -> bytes:
        return self.mail + self.rcpt + _DATA


class SmtpLine:
    """One connection, replaced in time."""

    def __init__(self, transport: Smtp, wire: Wire) -> None:
        self._transport = transport
        self._turn = transport.turn
        self._timeouts = transport.server.timeouts
        self._wire: Wire | None = wire
        self._sent = 0
        self._used_at = time.monotonic()

    def deliver(self, parcels: Sequence[Parcel], report: Report) -> None:
        waiting = iter(parcels)
        try:
            for parcel in waiting:  # A line that has served its share is replaced only for somebody.
                wire = self._fresh()
                letter = self._next(wire, chain((parcel,), waiting), report)
                if letter is None:
                    break
                with wire.in_turn(self._turn):
                    self._chain(wire, letter, waiting, report)
                self._used_at = time.monotonic()
        except BaseException as error:
            self._drop()
            if isinstance(error, WireLost):
                raise LineLost(error.detail) from None
            raise

    def close(self) -> None:
        if self._wire is not None:
            self._wire.quit()
            self._wire = None

    def _fresh(self) -> Wire:
        """The connection, or a new one when this has served enough or been idle too long."""
        idle = time.monotonic() - self._used_at > _IDLE_S
        if self._wire is not None and (idle or self._sent >= self._transport.messages_per_line):
            self.close()
        if self._wire is None:
            self._wire = open_wire(self._transport.server)
            self._sent = 0
        self._used_at = time.monotonic()
        return self._wire

    def _next(self, wire: Wire, waiting: Iterator[Parcel], report: Report) -> _Letter | None:
        """The next message this server can take; those it cannot are reported. None at the end, or to stop."""
        while not report.stopping():
            parcel = next(waiting, None)
            if parcel is None:
                return None
            letter = _written(parcel, wire)
            if isinstance(letter, _Letter):
                return letter
            report(letter)
        return None

    def _chain(self, wire: Wire, letter: _Letter, waiting: Iterator[Parcel], report: Report) -> None:
        """This message and those after it, each begun in the same write that ends the one before."""
        open_letter: _Letter | None = letter
        if wire.pipelining:
            wire.write(letter.commands, timeout_s=self._timeouts.command_s)
        while open_letter is not None:
            input_open = self._envelope(wire, open_letter, report)
            self._sent += 1
            full = self._sent >= self._transport.messages_per_line
            following = self._next(wire, waiting, report) if wire.pipelining and not full else None
            commands = following.commands if following else b""
            if input_open is None:
                self._end(wire, open_letter, commands, report)
            else:
                self._tidy(wire, (_DOT if input_open else _RESET) + commands)
            open_letter = following

    def _envelope(self, wire: Wire, letter: _Letter, report: Report) -> bool | None:
        """Settle the commands of a message: None when its bytes are wanted, otherwise it has been reported.

        Then the answer is whether the server waits for input nevertheless, for which a lone dot is due.
        """
        try:
            refusal, input_open = self._replies(wire, letter)
        except WireLost as lost:
            self._lose(letter, lost, report)
        if refusal is None:
            return None
        phase, reply = refusal
        self._report(letter, phase, reply, report)
        return input_open

    def _replies(self, wire: Wire, letter: _Letter) -> tuple[tuple[Phase, Reply] | None, bool]:
        """The first refusal among the replies to MAIL, RCPT and DATA, and whether DATA was granted."""
        refusal: tuple[Phase, Reply] | None = None
        reply = Reply(0)
        for phase, command in ((Phase.MAIL, letter.mail), (Phase.RCPT, letter.rcpt), (Phase.DATA, _DATA)):
            if not wire.pipelining:
                wire.write(command, timeout_s=self._timeouts.command_s)
            timeout_s = self._timeouts.data_s if phase is Phase.DATA else self._timeouts.command_s
            try:
                reply = wire.read(timeout_s)
            except WireLost:
                if refusal is None:
                    raise
                break  # Some servers hang up on whom they refuse: that is an answer all the same.
            granted = reply.code == _START_INPUT if phase is Phase.DATA else reply.ok
            if not granted and refusal is None:
                refusal = phase, reply
            if not granted and (not wire.pipelining or verdict(reply, phase) is Verdict.BACK_OFF):
                break
        return refusal, reply.code == _START_INPUT

    def _end(self, wire: Wire, letter: _Letter, commands: bytes, report: Report) -> None:
        """The message itself. From the final dot on, only a whole reply tells what became of it."""
        report.handing_over((letter.parcel,))
        broken: WireLost | None = None
        try:
            wire.write(letter.message, _DOT + commands, timeout_s=self._timeouts.block_s)
        except WireLost as lost:
            if lost.written <= len(letter.message):
                self._cut_off(wire, letter, lost, report)
            broken = lost
        try:
            reply = wire.read(self._timeouts.end_s)
        except WireLost as lost:
            report(Outcome(letter.parcel.person.id, State.UNKNOWN, detail=f"{Phase.END}: {lost.detail}"))
            raise
        self._report(letter, Phase.END, reply, report)
        if broken is not None:
            raise broken

    def _cut_off(self, wire: Wire, letter: _Letter, lost: WireLost, report: Report) -> NoReturn:
        """The server hung up in the middle of a message: what it said of it, if anything, can still be read."""
        wire.hurry()
        try:
            reply = wire.read(self._timeouts.quit_s)
        except WireLost:
            self._lose(letter, lost, report)
        if reply.ok:  # Of half a message: nobody knows what it has taken.
            detail = f"{Phase.END}: taken before its end"
            report(Outcome(letter.parcel.person.id, State.UNKNOWN, code=reply.named(), detail=detail))
        else:
            self._report(letter, Phase.END, reply, report)
        raise lost

    def _tidy(self, wire: Wire, data: bytes) -> None:
        """Leave a refused transaction. A 250 to the lone dot is no acceptance of anything."""
        wire.write(data, timeout_s=self._timeouts.command_s)
        if verdict(wire.read(self._timeouts.end_s), Phase.END) is Verdict.BACK_OFF:
            raise WireLost("the server asks for a pause")

    def _report(self, letter: _Letter, phase: Phase, reply: Reply, report: Report) -> None:
        """Report what a reply makes of a message, and end the line where it says so."""
        found = verdict(reply, phase)
        about_mail = phase is Phase.MAIL and found is not Verdict.STOP and not _is_about_size(reply)
        if about_mail and reply.code < 500:  # noqa: PLR2004 - RFC 5321 section 4.2.1
            found = Verdict.BACK_OFF
        elif about_mail:
            found = Verdict.STOP
        person = letter.parcel.person
        settled = outcome(person.id, person.address, reply, phase)
        if found is Verdict.ACCEPTED:
            report(settled)
            return
        said = f"{reply.named()} {reply.told(person.address)}"
        if found is Verdict.STOP:
            if phase is Phase.END:
                report(settled)
            server = self._transport.server.named
            raise TransportStopped(
                f"{server} refuses us at {phase}: {said}", "Nobody is lost: see to it, then resume."
            )
        pause = found is Verdict.BACK_OFF
        if not pause or phase is not Phase.MAIL:  # A pause asked for at MAIL was no try of anybody.
            report(replace(settled, state=State.PENDING) if pause else settled)
        if pause or found is Verdict.SENSELESS:
            raise LineLost(f"{phase}: {said}")

    def _lose(self, letter: _Letter, lost: WireLost, report: Report) -> NoReturn:
        """The connection broke before the end of this message: it is safe to send again."""
        report(Outcome(letter.parcel.person.id, State.PENDING, detail=lost.detail))
        raise lost

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.drop()
            self._wire = None


def _written(parcel: Parcel, wire: Wire) -> _Letter | Outcome:
    """A parcel ready to go, or why this server cannot take it."""
    person, skeleton = parcel.person, parcel.skeleton
    message = skeleton.message(person)
    sender = skeleton.envelope_sender(person)
    if not (person.address.isprintable() and sender.isprintable()):
        return Outcome(person.id, State.REJECTED, detail="the address cannot be written in SMTP")
    if wire.size_limit is not None and len(message) > wire.size_limit:
        return Outcome(
            person.id,
            State.REJECTED,
            code="552 5.3.4",
            detail=f"the message has {len(message):,} bytes, the server takes {wire.size_limit:,}",
            about_us=True,
        )
    options = f" SIZE={len(message)}" if wire.takes_size else ""
    if skeleton.needs_smtputf8(person):
        if not wire.smtputf8:
            said = "the address is not ASCII, and the server does not know SMTPUTF8"
            return Outcome(person.id, State.REJECTED, code="553 5.6.7", detail=said)
        options += " BODY=8BITMIME SMTPUTF8"
    mail = f"MAIL FROM:<{sender}>{options}\r\n".encode()
    return _Letter(parcel, mail, f"RCPT TO:<{person.address}>\r\n".encode(), message)


def _is_about_size(reply: Reply) -> bool:
    return reply.code == 552 or reply.status in {"5.2.3", "5.3.4"}  # noqa: PLR2004 - RFC 1870 section 6.1
