"""One hand-over to SendGrid: people of one edition, in as many requests as it takes to know of each.

Rule: whoever was handed over is reported, or withdrawn where SendGrid cannot have it. A refused request is
taken apart until each culprit stands alone and everybody else is accepted; a refusal that is about us refuses
nobody and stops the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from newsletter.delivery.outcome import Outcome, State
from newsletter.delivery.transports import LineLost
from newsletter.delivery.transports.sendgrid import limits
from newsletter.delivery.transports.sendgrid.api import Exchange, Lost, Reply, TooLarge, Unsent
from newsletter.delivery.transports.sendgrid.verdicts import HINTS, Complaint, Verdict, complaint, verdict
from newsletter.errors import TransportStopped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from newsletter.delivery.transports import Parcel, Report
    from newsletter.delivery.transports.sendgrid.api import Api
    from newsletter.delivery.transports.sendgrid.pace import Pace
    from newsletter.delivery.transports.sendgrid.settings import Extras
    from newsletter.delivery.transports.sendgrid.silence import Silence

_TOO_LARGE = Complaint(text="the request is too large", people=frozenset(), about_us=False)


@dataclass(frozen=True, slots=True)
class _Refused:
    parcel: Parcel
    status: int
    complaint: Complaint


class Handover:
    """Sends parcels that share a skeleton; used once."""

    def __init__(self, api: Api, pace: Pace, silence: Silence, extras: Extras, report: Report) -> None:
        self._api = api
        self._pace = pace
        self._silence = silence
        self._extras = extras
        self._report = report
        self._waiting: list[Sequence[Parcel]] = []
        self._refused: list[_Refused] = []
        self._anybody_accepted = False
        self._first_body: dict[str, Any] | None = None
        self._whole = 0

    def run(self, parcels: Sequence[Parcel]) -> None:
        """Report every parcel that SendGrid may have. Raises `LineLost` or `TransportStopped`."""
        body = self._body(parcels)
        sendable = self._sendable(parcels, body)
        if not sendable:
            return
        self._first_body = body if len(sendable) == len(parcels) else None
        self._whole = len(sendable)
        self._waiting = [sendable]
        try:
            while self._waiting and self._send(self._waiting.pop()):
                pass
        finally:
            about_us = self._settle_refusals()
        if about_us and not self._report.stopping():
            raise TransportStopped(
                f"SendGrid refused every message of a request: {about_us.text or 'it says no more'}.",
                "Nobody of it was mailed. Ask SendGrid to validate it in sandbox mode, then resume.",
            )

    def _body(self, parcels: Sequence[Parcel]) -> dict[str, Any]:
        body = parcels[0].skeleton.request([parcel.person for parcel in parcels])
        for block, parcel in zip(body["personalizations"], parcels, strict=True):
            block["custom_args"] = {**block.get("custom_args", {}), "attempt": parcel.attempt}
        return {**body, **self._extras.as_request()}

    def _sendable(self, parcels: Sequence[Parcel], body: dict[str, Any]) -> list[Parcel]:
        """Those within SendGrid's limits; the others are refused here, and nothing of theirs is sent."""
        self._check_shared(body)
        shared = body.get("custom_args") or {}
        sendable = []
        for parcel, block in zip(parcels, body["personalizations"], strict=True):
            fault = limits.personal_fault(block, shared)
            if fault:
                self._report(Outcome(parcel.person.id, State.REJECTED, code="limit", detail=fault))
            else:
                sendable.append(parcel)
        return sendable

    def _check_shared(self, body: dict[str, Any]) -> None:
        found = "; ".join(limits.faults(body))
        if found:
            raise TransportStopped(f"The mail {found}.", "Correct it and start a new run: a run is frozen.")
        scheduled = self._extras.scheduled
        if scheduled is None:
            return
        ahead_s = scheduled.send_at.timestamp() - self._pace.clock()
        if ahead_s <= 0:
            raise TransportStopped(
                "The time this was scheduled for has passed, and SendGrid would send at once.",
                "Choose a new time, or send without one.",
            )
        if ahead_s > limits.MOST_AHEAD_S:
            raise TransportStopped(
                "The time is more than 72 hours ahead, and SendGrid refuses that.", "Choose a nearer time."
            )

    def _send(self, parcels: Sequence[Parcel]) -> bool:
        """One request, and what follows from its answer; false when asked to stop."""
        exchange = self._exchange(parcels)
        if exchange is None:
            return False
        match exchange:
            case Reply():
                self._answered(parcels, exchange)
            case Lost(detail):
                self._unknown(parcels, detail=f"no reply ({detail})")
            case TooLarge():
                self._report.withdrawn(parcels)
                self._take_apart(parcels, 413, _TOO_LARGE)
            case Unsent(detail, begun=False):
                self._report.withdrawn(parcels)
                raise LineLost(f"SendGrid could not be reached ({detail})")
            case Unsent(detail):
                self._report_all(parcels, State.PENDING, detail=f"not sent whole ({detail})")
                raise LineLost(f"SendGrid could not be reached ({detail})")
        return True

    def _exchange(self, parcels: Sequence[Parcel]) -> Exchange | None:
        """The answer to a request, after as many waits as SendGrid asks for; None when asked to stop."""
        body, self._first_body = self._first_body or self._body(parcels), None
        while self._pace.wait(self._report.stopping):
            self._report.handing_over(parcels)
            exchange = self._api.send(body)
            if not isinstance(exchange, Reply):
                return exchange
            if verdict(exchange.status) is not Verdict.WAIT:
                self._pace.answered(exchange.headers)
                return exchange
            self._pace.refused(exchange.headers)
            self._report.withdrawn(parcels)
        return None

    def _answered(self, parcels: Sequence[Parcel], reply: Reply) -> None:
        match verdict(reply.status, sandbox=self._extras.sandbox):
            case Verdict.ACCEPTED | Verdict.VALID:
                self._accepted(parcels, reply)
            case Verdict.REFUSED:
                self._report.withdrawn(parcels)
                self._take_apart(parcels, reply.status, complaint(reply.body))
            case Verdict.UNKNOWN:
                self._unknown(parcels, code=str(reply.status), detail="SendGrid failed while taking it")
            case Verdict.STRANGE:
                self._report_all(
                    parcels, State.UNKNOWN, code=str(reply.status), detail="not an answer of mail/send"
                )
                raise TransportStopped(
                    f"The host answered {reply.status}, which SendGrid's mail/send never does.",
                    "Check the host; `status` lists those of whom it is unknown whether they were mailed.",
                )
            case Verdict.STOP | Verdict.WAIT:
                self._stop(parcels, reply.status, complaint(reply.body))

    def _accepted(self, parcels: Sequence[Parcel], reply: Reply) -> None:
        self._anybody_accepted = True
        self._silence.broken()
        provider_id = reply.headers.get("X-Message-Id") or ""
        code, detail = str(reply.status), "valid; sandbox mode sends nothing" if self._extras.sandbox else ""
        for parcel in parcels:
            self._report(
                Outcome(parcel.person.id, State.ACCEPTED, code=code, detail=detail, provider_id=provider_id)
            )

    def _unknown(self, parcels: Sequence[Parcel], *, detail: str, code: str = "") -> None:
        self._report_all(parcels, State.UNKNOWN, code=code, detail=detail)
        self._silence.heard_nothing()

    def _take_apart(self, parcels: Sequence[Parcel], status: int, found: Complaint) -> None:
        """Split a refused request; those it names, where it names some but not all, come apart first."""
        if found.about_us:
            self._stop(parcels, status, found)
        if len(parcels) == 1:
            self._refused.append(_Refused(parcels[0], status, found))
            return
        named = [parcel for number, parcel in enumerate(parcels) if number in found.people]
        # Only once: a server that named one person at a time would cost a request for each.
        if len(parcels) == self._whole and 0 < len(named) < len(parcels):
            others = [parcel for number, parcel in enumerate(parcels) if number not in found.people]
            self._waiting += [named, others]
            return
        middle = len(parcels) // 2
        self._waiting += [parcels[middle:], parcels[:middle]]

    def _settle_refusals(self) -> Complaint | None:
        """Report who was refused alone; what was said where everybody was and nobody was named: about us."""
        named = any(refused.complaint.people for refused in self._refused)
        about_us = len(self._refused) > 1 and not named and not self._anybody_accepted
        if about_us:
            return self._refused[0].complaint
        for refused in self._refused:
            code, detail = str(refused.status), refused.complaint.text
            self._report(Outcome(refused.parcel.person.id, State.REJECTED, code=code, detail=detail))
        return None

    def _stop(self, parcels: Sequence[Parcel], status: int, found: Complaint) -> NoReturn:
        self._report.withdrawn(parcels)
        raise TransportStopped(
            f"SendGrid refused the request with {status}: {found.text or 'it says no more'}.",
            HINTS.get(status, "Correct what it names, then resume; nobody of it was mailed."),
        )

    def _report_all(self, parcels: Iterable[Parcel], state: State, *, code: str = "", detail: str = "") -> None:
        for parcel in parcels:
            self._report(Outcome(parcel.person.id, state, code=code, detail=detail))
