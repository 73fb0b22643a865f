"""Kills an issue's commands again and again, and collects what was not as promised after each."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count

from newsletter.delivery.outcome import State
from tests.cli.small import ISSUE
from tests.crash.points import Point
from tests.crash.stage import Stage, Stages
from tests.crash.truth import Truth

KILLED = -9
EDITIONS = 2


@dataclass(frozen=True, slots=True)
class Case:
    """One issue, killed at each of these points in turn, a command each, and then finished."""

    points: tuple[Point, ...]
    from_send: bool = False
    """Begin with planning and freezing, which costs a second."""
    then_retry: bool = False
    """At the end a person says to send to the unknown again."""


@dataclass(slots=True)
class Result:
    """What came of a case."""

    kills: list[Point] = field(default_factory=list)
    """The points that were reached."""
    left: tuple[Point, ...] = ()
    """Those that were not: the command ended by itself before the first of them."""
    arrived: int = 0
    unknown: int = 0
    """The most that one kill left."""
    faults: list[str] = field(default_factory=list)


def play(stages: Stages, case: Case) -> Result:
    """Play a case to its end."""
    stage = stages.next(frozen=not (case.from_send or stages.way.name == "outbox"))
    result = Result()
    account = _Unknown(stage.way.bound)
    for number, point in enumerate(case.points):
        killed = stage.run(stage.go_on(), point) == KILLED
        truth = stage.truth()
        result.faults += [f"{point}: {fault}" for fault in (*truth.faults(), *account.see(truth, kills=killed))]
        if not killed:
            result.left = case.points[number:]
            break
        result.kills.append(point)
    result.faults += _ending(stage, account)
    if case.then_retry:
        result.faults += _retry(stage)
    result.arrived = len(stage.way.arrived())
    result.unknown = account.most
    return result


def play_all(stages: Stages, points: Iterable[Point], *, in_a_row: int = 3) -> Iterator[Result]:
    """Play many points, some in a row on one issue; a point that a fresh issue does not reach is dropped."""
    waiting = deque(points)
    for number in count():
        if not waiting:
            return
        some = tuple(waiting.popleft() for _ in range(min(in_a_row, len(waiting))))
        result = play(stages, Case(some, from_send=number % 4 == 0, then_retry=number % 4 == 1))
        waiting.extendleft(reversed(result.left if result.kills else result.left[1:]))
        yield result


class _Unknown:
    """How many each kill left unknown. A kill's are settled by the next command, or the one after."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._before = 0
        self._kills = 0
        self.most = 0

    def see(self, truth: Truth, *, kills: int = 0) -> Iterator[str]:
        more = truth.unknown - self._before
        if more > self._bound * self._kills:
            yield f"{more} unknown by {self._kills} kills, and {self._bound} each is the bound"
        self.most = max(self.most, -(-more // max(self._kills, 1)))  # Several kills share what they left.
        self._kills = (0 if more else self._kills) + kills
        self._before = truth.unknown


def _ending(stage: Stage, account: _Unknown) -> Iterator[str]:
    """Resume once: that must be enough."""
    code = stage.run(stage.go_on())
    truth = stage.truth()
    expected = 7 if truth.unknown else 0
    if code != expected:
        yield f"exit code {code} instead of {expected} at the end: {stage.said()[-500:]}"
    yield from (f"at the end: {fault}" for fault in (*truth.faults_at_the_end(), *account.see(truth)))
    copies, unknown = stage.own_copies()
    if copies > EDITIONS:
        yield "the writer has a copy twice"
    if copies + unknown < EDITIONS and not stage.is_rehearsal:
        yield f"{copies} of the writer's {EDITIONS} own copies arrived, and {unknown} are unknown"
    if litter := [*stage.way.litter(), *stage.journals()]:
        yield f"left lying about: {', '.join(litter)}"


def _retry(stage: Stage) -> Iterator[str]:
    """Only the right number of people is a person's word, and it reaches exactly those."""
    before = stage.truth()
    unknown = before.unknown
    if not unknown:
        return
    if stage.command("retry", ISSUE, "--unknown", "--count", str(unknown + 1)).code != 2:
        yield "a wrong number was taken for a word"
    if stage.command("retry", ISSUE, "--unknown").code != 2:
        yield "no number was taken for a word"
    if stage.truth().arrived != before.arrived:
        yield "a refused retry sent something"
    stage.again = before.having(State.UNKNOWN)
    if stage.run(["retry", ISSUE, "--unknown", "--count", str(unknown)]) != 0:
        yield "the retry did not get through"
    after = stage.truth()
    yield from after.faults_at_the_end()
    if after.arrived - before.arrived != dict.fromkeys(stage.again, 1):
        yield "the retry reached others than the unknown"
