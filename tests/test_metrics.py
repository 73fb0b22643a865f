"""The numbers are there in time for whoever asks, also while the ledger's server hangs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from newsletter.delivery.database import LedgerError, LedgerLost
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.watchdog import Question
from newsletter.metrics import Meters
from tests.delivery.parts import ISSUE, frozen, new_run, use_postgres
from tests.delivery.postgres import name_of, socket_of
from tests.delivery.wire import Wire

UP, DOWN = b"newsletter_ledger_up 1.0", b"newsletter_ledger_up 0.0"


@contextmanager
def at_the_end_of_a_wire(folder: Path, *, answer_s: float) -> Iterator[tuple[Ledger, Wire]]:
    """A shared ledger, and the wire to its server; what is asked is given up after `answer_s`."""
    url = use_postgres(folder)
    with Wire(socket_of(url)) as way:
        through = f"postgresql://postgres@127.0.0.1:{way.port}/{name_of(url)}"
        ledger = Ledger.open(through, processes=folder / "processes")
        ledger._database.answer_s = answer_s
        yield ledger, way
        ledger.close()


def waited(for_: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not for_():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_server_that_hangs_is_a_number_and_so_is_its_return(tmp_path: Path) -> None:
    """Whoever looks is not kept as long as the ledger may take to answer a send."""
    with at_the_end_of_a_wire(tmp_path, answer_s=600) as (ledger, way):
        ledger.freeze(new_run(), frozen(range(3)))
        patient, hasty = Meters(ledger.beside, answer_s=60), Meters(ledger.beside, answer_s=0.1)
        assert UP in patient.text()
        assert f'newsletter_people{{issue="{ISSUE}",state="pending"}} 3.0'.encode() in patient.text()
        way.fall_silent()
        numbers = hasty.text()
        assert DOWN in numbers
        assert b"newsletter_people{" not in numbers
        assert b"process_cpu_seconds_total" in numbers
        way.cut()
        way.mend()
        waited(lambda: UP in patient.text())


def test_a_prompt_ledger_gives_up_a_server_that_hangs_and_finds_it_again(tmp_path: Path) -> None:
    """The public pages ask one thing after another: without an end to the first nobody could leave any more."""
    with at_the_end_of_a_wire(tmp_path, answer_s=0.1) as (ledger, way):
        assert not ledger.suppressions.keys()
        ledger.be_prompt()
        way.fall_silent()
        with pytest.raises(LedgerLost):
            ledger.suppressions.keys()
        way.cut()
        way.mend()
        ledger._database.answer_s = 60
        waited(lambda: _answers(ledger))


def _answers(ledger: Ledger) -> bool:
    try:
        return not ledger.suppressions.keys()
    except LedgerLost:
        return False


def test_a_question_waits_once_however_often_it_is_asked() -> None:
    """A ledger that hangs does not gather threads, and what was asked is asked anew when it was answered."""
    asked: list[int] = []
    open_ = Event()

    def ask() -> int:
        asked.append(len(asked))
        assert open_.wait(30)
        return len(asked)

    question = Question(ask)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            question.answer(0.01)
    assert asked == [0]
    open_.set()
    assert question.answer(30) == 1
    waited(lambda: question.answer(30) == 2)


def test_what_a_question_meets_is_told_to_whoever_asked() -> None:
    """It happened in another thread."""

    def ask() -> None:
        raise LedgerError("away")

    with pytest.raises(LedgerError, match="away"):
        Question(ask).answer(30)
