"""`newsletter doctor`: is everything set up to send?

Rule: it looks and changes nothing but its own notes (`.newsletter/doctor.json`). Each line says what was found
and what to do; what could not be asked is `could not check`, never ok; nothing waits long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from newsletter.doctor.case import Asking, Case, NameServer
from newsletter.doctor.diagnosis import Diagnosis, Health, unknown
from newsletter.doctor.kept import Kept, keep
from newsletter.doctor.together import together

__all__ = ["Asking", "Case", "Diagnosis", "Examination", "Health", "Kept", "NameServer", "examine", "keep"]

_MUST_MEND = 4

OUTBOX = "outbox"


@dataclass(frozen=True, slots=True)
class Check:
    """One look, at one thing or a few. `real`: a rehearsal does without."""

    abouts: tuple[str, ...]
    look: Callable[[Case], Iterable[Diagnosis]]
    real: bool = False


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found, in the order in which it is told, and what is to be remembered of the sending domain."""

    diagnoses: tuple[Diagnosis, ...]
    report: Kept

    @property
    def exit_code(self) -> int:
        """4 when something must be mended; a warning or an open question is no failure."""
        return _MUST_MEND if any(each.health is Health.FAULT for each in self.diagnoses) else 0


def examine(case: Case) -> Examination:
    """Look at everything, all at once. What only mail that leaves needs is at most a warning for the outbox."""
    from newsletter.doctor import records, signatures  # noqa: PLC0415 - half a second

    records.forget()
    checks = _checks()
    answers = together([_question(check, case) for check in checks], within_s=case.asking.whole_s)
    found = [(check, _told(check, answer)) for check, answer in zip(checks, answers, strict=True)]
    plain = tuple(each for _, told in found for each in told)
    report = Kept.of(case.domain, plain, at=case.moment(), proof=signatures.proof(case, plain))
    rehearsal = case.transport == OUTBOX
    return Examination(
        tuple(_milder(each) if rehearsal and check.real else each for check, told in found for each in told),
        report,
    )


def _checks() -> tuple[Check, ...]:
    from newsletter.doctor import hearing, machine, records, setup, signatures, ways, web  # noqa: PLC0415 - as above

    return (
        Check(("settings",), setup.settings),
        Check(("environment",), setup.environment),
        Check(("passwords",), setup.passwords),
        Check(("secret",), setup.secret),
        Check(("outbox",), machine.outbox),
        Check(("disk",), machine.disk),
        Check(("ledger", "claims"), machine.ledger),
        Check(("clock",), web.clock),
        Check(("transport",), ways.way_out),
        Check(("mailbox",), hearing.mailbox, real=True),
        Check(("webhook",), hearing.webhook, real=True),
        Check(("incoming mail",), records.mail_arrives, real=True),
        Check(("unsubscribe page",), web.unsubscribe_page, real=True),
        Check(("spf",), records.spf, real=True),
        Check(("dmarc",), records.dmarc, real=True),
        Check(("dkim", "alignment"), signatures.signatures, real=True),
    )


def _question(check: Check, case: Case) -> Callable[[], tuple[Diagnosis, ...]]:
    return lambda: tuple(check.look(case))


def _told(check: Check, answer: tuple[Diagnosis, ...] | None) -> tuple[Diagnosis, ...]:
    if answer is not None:
        return answer
    return tuple(unknown(about, "it took too long", "Try again.") for about in check.abouts)


def _milder(found: Diagnosis) -> Diagnosis:
    return replace(found, health=Health.WARNING) if found.health is Health.FAULT else found
