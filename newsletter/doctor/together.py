"""Several questions at once, and an end to waiting for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from typing import TypeVar

T = TypeVar("T")


def together(questions: Sequence[Callable[[], T]], *, within_s: float) -> list[T | None]:
    """The answers in the order of the questions; None for one that took too long and is waited for no more.

    What a question raises is raised here. The threads are daemons: a server that drips cannot keep the command
    from ending.
    """
    until = time.monotonic() + within_s
    return [_answer(future, until) for future in [_ask(question) for question in questions]]


def _ask(question: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(question())
        except BaseException as error:  # noqa: BLE001 - it is raised again by whoever takes the answer
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def _answer(future: Future[T], until: float) -> T | None:
    try:
        return future.result(timeout=max(0.0, until - time.monotonic()))
    except TooLate:
        if future.done():  # The question itself ran into a time-out, and that is an error like any other.
            raise
        return None
