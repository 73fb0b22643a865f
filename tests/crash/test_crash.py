"""`kill -9` of the real command, by every way out: nobody is lost, and nobody has it twice.

A small part of what `python benchmarks/crash.py` does.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence

import pytest

from newsletter.delivery.outcome import State
from tests.cli.small import ISSUE
from tests.crash.points import AtInside, AtStep, AtTime, Http, Inside, Point, Smtp
from tests.crash.smtp_receiver import SmtpReceiver
from tests.crash.stage import PLANNED, Stage, Stages
from tests.crash.sweep import Case, play
from tests.crash.ways import CONNECTIONS, BySmtp

BEFORE_FREEZING, FROZEN = AtInside(Inside.COMMIT, 1), AtInside(Inside.COMMIT, 1, after=True)
REHEARSED = AtInside(Inside.RENAME, 30, after=True)
"""In the middle; the next rehearsal's first rename then takes this one away."""


@pytest.mark.parametrize(
    ("way", "points"),
    [
        ("smtp", (BEFORE_FREEZING, FROZEN, AtStep(Smtp.TAKEN, 2), AtInside(Inside.FREE, 5), AtTime(0.05))),
        ("smtp lock-step", (AtStep(Smtp.BODY, 4), AtStep(Smtp.DOT, 3), AtInside(Inside.SEND, 20))),
        ("sendgrid", (AtStep(Http.LATE, 2), AtInside(Inside.COMMIT, 3, after=True), AtTime(0.06))),
        ("outbox", (BEFORE_FREEZING, REHEARSED, AtInside(Inside.RENAME, 1), AtTime(0.01))),
    ],
)
def test_nobody_is_lost_and_nobody_has_it_twice(
    stages_of: Callable[[str], Stages], way: str, points: Sequence[Point]
) -> None:
    """Killed several times in a row, then finished by one command; a person's word reaches the unknown."""
    result = play(stages_of(way), Case(tuple(points), from_send=way == "smtp", then_retry=True))
    assert result.faults == []
    assert len(result.kills) >= len(points) - isinstance(points[-1], AtTime)


@pytest.fixture
def slow(stages_of: Callable[[str], Stages]) -> Stage:
    """An issue that is frozen, to a mail server that takes its time: 100 people in a second or so."""
    stage = stages_of("smtp").next(frozen=True)
    receiver(stage).pause_s = 0.02
    return stage


def receiver(stage: Stage) -> SmtpReceiver:
    assert isinstance(stage.way, BySmtp)
    return stage.way.receiver


def wait_for_mail(stage: Stage, number: int = 5) -> None:
    """Wait until so many messages have been taken."""
    deadline = time.monotonic() + 30
    while len(receiver(stage).taken) < number:
        assert time.monotonic() < deadline, stage.said()
        time.sleep(0.005)


def test_two_processes_that_resume_one_issue_share_it(slow: Stage) -> None:
    """Nobody is sent to by both; both end well."""
    both = [slow.start(["resume", ISSUE]) for _ in range(2)]
    assert [slow.finish(each) for each in both] == [0, 0]
    assert list(slow.truth().faults_at_the_end()) == []


def test_of_two_that_resume_one_is_killed_and_nobody_is_lost(slow: Stage) -> None:
    """The other, or the next, finishes; only what was open in the dead one's hands is unknown."""
    survivor, victim = (slow.start(["resume", ISSUE]) for _ in range(2))
    wait_for_mail(slow)
    victim.kill()
    assert slow.finish(victim) == -signal.SIGKILL
    slow.finish(survivor)
    assert list(slow.truth().faults()) == []
    slow.run(["resume", ISSUE])
    truth = slow.truth()
    assert list(truth.faults_at_the_end()) == []
    assert truth.unknown <= slow.way.bound


def test_ctrl_c_finishes_what_is_in_flight(slow: Stage) -> None:
    """Exit 130, nobody unknown, and the rest is pending until `resume`."""
    process = slow.start(["resume", ISSUE])
    wait_for_mail(slow)
    process.send_signal(signal.SIGINT)
    assert slow.finish(process) == 130
    interrupted = slow.truth()
    assert list(interrupted.faults()) == []
    assert interrupted.having(State.ACCEPTED) == frozenset(interrupted.arrived) < PLANNED
    assert interrupted.having(State.PENDING) == PLANNED - interrupted.having(State.ACCEPTED)
    assert slow.run(["resume", ISSUE]) == 0
    assert list(slow.truth().faults_at_the_end()) == []


def test_ctrl_c_twice_leaves_at_once(slow: Stage) -> None:
    """A server that answers nothing does not hold it; what was open is unknown, and nothing else."""
    receiver(slow).pause_s = 60.0
    process = slow.start(["resume", ISSUE])
    wait_for_mail(slow, CONNECTIONS)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None, "the first Ctrl-C waits for what is in flight"
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    receiver(slow).pause_s = 0.0
    slow.finish(process)
    assert list(slow.truth().faults()) == []
    assert slow.run(["resume", ISSUE]) == 7
    truth = slow.truth()
    assert list(truth.faults_at_the_end()) == []
    assert truth.unknown == CONNECTIONS
    assert slow.run(["resume", ISSUE]) == 7, "the unknown stay unknown, and are told of each time"
    assert slow.truth().arrived == truth.arrived


def test_stop_from_another_process_acts_within_one_message(slow: Stage) -> None:
    """A line finishes the message it is in, and begins no other; `resume` goes on."""
    process = slow.start(["resume", ISSUE])
    wait_for_mail(slow)
    assert slow.command("stop", ISSUE).code == 0
    at_once = len(receiver(slow).taken)
    assert slow.finish(process) == 130
    # Each line may be in a message, and have sent the commands of the next in the same write (PIPELINING).
    assert len(receiver(slow).taken) <= at_once + 2 * CONNECTIONS
    stopped = slow.truth()
    assert list(stopped.faults()) == []
    assert stopped.status is not None
    assert stopped.status["state"] == "stopped"
    assert stopped.having(State.PENDING) == PLANNED - stopped.having(State.ACCEPTED) != frozenset()
    assert slow.run(["resume", ISSUE]) == 0
    assert list(slow.truth().faults_at_the_end()) == []
