"""Numbers for a watchman, in the text format of Prometheus: what this process did, and how the ledger stands.

Rule: a number has a name of ours and, at most, an issue and a state beside it; no person is ever a label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from newsletter.delivery.database import LedgerError

if TYPE_CHECKING:
    from newsletter.delivery.engine import Summary
    from newsletter.delivery.ledger import Ledger

disable_created_metrics()  # type: ignore[no-untyped-call]  # half as many lines, and nobody misses them

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Meters:
    """The numbers of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._people = Counter(
            "newsletter_people_settled", "People settled by this process.", registry=self._registry
        )
        self._batches = Counter(
            "newsletter_batches",
            "Batches done by this process, by ending.",
            ["ending"],
            registry=self._registry,
        )
        self._busy = Gauge("newsletter_batches_at_work", "Batches in hand now.", registry=self._registry)

    def batch(self, summary: Summary) -> None:
        """Count what came of a batch."""
        self._people.inc(summary.settled)
        self._batches.labels(summary.ending.value).inc()

    def at_work(self, change: int) -> None:
        """A batch was taken in hand (1), or put down (-1)."""
        self._busy.inc(change)

    def follow(self, open_ledger: Callable[[], Ledger]) -> None:
        """From now on also tell how the ledger stands when asked."""
        self._registry.register(_Standing(open_ledger))

    def text(self) -> bytes:
        """All numbers, as Prometheus reads them."""
        return generate_latest(self._registry)


class _Standing(Collector):
    """How the ledger stands, asked anew each time."""

    def __init__(self, open_ledger: Callable[[], Ledger]) -> None:
        self._open = open_ledger

    def describe(self) -> Iterator[Metric]:
        """Nothing in advance: to register is not to ask the ledger."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("newsletter_ledger_up", "Whether the ledger answers.")
        try:
            found = list(self._standing(self._open()))
        except LedgerError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from found

    def _standing(self, ledger: Ledger) -> Iterator[Metric]:
        people = GaugeMetricFamily(
            "newsletter_people", "People of an issue that is not complete, by state.", labels=["issue", "state"]
        )
        for issue in ledger.sharing.open_issues():
            stands = ledger.accounts.status(issue)
            for state, number in stands.counts.as_dict().items() if stands else ():
                people.add_metric([issue, state], number)
        yield people
        if ledger.is_shared:
            workers = GaugeMetricFamily("newsletter_workers", "Workers that live, on all machines.")
            workers.add_metric([], ledger.sharing.workers())
            waiting = GaugeMetricFamily("newsletter_batches_waiting", "Batches that wait for a worker.")
            waiting.add_metric([], ledger.sharing.waiting())
            yield from (workers, waiting)
