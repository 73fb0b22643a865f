"""Looking after what others left: workers that died, batches that nobody is at."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread

from newsletter.delivery.database import LedgerLost
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import Patience

_LOOK_S = 3.0
_THOROUGH_S = 30.0
"""How often everything is looked at: somebody may have become ready whom no worker knows of."""


class Watch(Thread):
    """Looks around every few seconds, and knows when the ledger last answered.

    What it cannot go on with ends the worker: unseen, nobody would look after the dead any more.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        stop: Event,
        lost: Callable[[], None],
        broken: Callable[[BaseException], None],
    ) -> None:
        super().__init__(name="watch", daemon=True)
        self._ledger = ledger.beside()
        self._stop = stop
        self._lost = lost
        self._broken = broken
        self._looked_at = 0.0
        self._answered_at = self._began_at = time.monotonic()

    def run(self) -> None:
        try:
            while not self._stop.is_set():
                self._began_at = time.monotonic()
                try:
                    self._look()
                    self._answered_at = time.monotonic()
                except LedgerLost:
                    self._lost()
                self._stop.wait(_LOOK_S)
        except BaseException as error:  # noqa: BLE001 - carried to the worker's thread, and raised there
            self._broken(error)

    @property
    def silence_s(self) -> float:
        """How long the ledger has not answered."""
        return time.monotonic() - self._answered_at

    @property
    def hangs_s(self) -> float:
        """How long ago it began to look; it should be seconds."""
        return time.monotonic() - self._began_at

    def _look(self) -> None:
        died = self._ledger.claims.tidy(Patience())
        abandoned = self._ledger.sharing.clear_abandoned()
        if died or abandoned or time.monotonic() > self._looked_at + _THOROUGH_S:
            self._ledger.sharing.look_around(idle_only=not died)
            self._looked_at = time.monotonic()
