"""Numbers for a watchman, in the text format of Prometheus: what this process did, and how the ledger stands.

Rules:

1. The names are a contract. A number has, at most, an issue and a word of ours beside it; no person is a label.
2. The ledger is asked when somebody looks, and one that does not answer is a number too: whoever looks has
   that number long before they would give up, which Prometheus does after ten seconds.
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
from newsletter.delivery.watchdog import Question

if TYPE_CHECKING:
    from newsletter.delivery.engine import Summary
    from newsletter.delivery.ledger import Ledger

disable_created_metrics()  # type: ignore[no-untyped-call]  # half as many lines, and nobody misses them

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

ANSWER_S = 5.0
"""So long the ledger may take to say how it stands; then it counts as not answering."""

MEANINGS = {
    "newsletter_ledger_up": f"Whether the ledger answers within {ANSWER_S:g} seconds: 1 or 0.",
    "newsletter_people": "People of an issue that is not complete, by issue and state.",
    "newsletter_workers": "Workers that live, on all machines.",
    "newsletter_jobs_waiting": "Jobs that a worker may take now.",
    "newsletter_jobs_at_work": "Jobs in hand of this worker.",
    "newsletter_jobs_total": "Jobs done by this worker, by ending.",
    "newsletter_people_settled_total": "People settled by this worker.",
}


class Meters:
    """The numbers of one process, beside those of the ledger."""

    def __init__(self, ledger: Callable[[], Ledger], *, answer_s: float = ANSWER_S) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._registry.register(_Standing(ledger, answer_s))

    def text(self) -> bytes:
        """All numbers, as Prometheus reads them."""
        return generate_latest(self._registry)


class WorkerMeters(Meters):
    """A worker's own numbers too."""

    def __init__(self, ledger: Callable[[], Ledger], *, answer_s: float = ANSWER_S) -> None:
        super().__init__(ledger, answer_s=answer_s)
        self._people = Counter(*_named("newsletter_people_settled_total"), registry=self._registry)
        self._jobs = Counter(*_named("newsletter_jobs_total"), ["ending"], registry=self._registry)
        self._at_work = Gauge(*_named("newsletter_jobs_at_work"), registry=self._registry)

    def job(self, summary: Summary) -> None:
        """Count what came of a job."""
        self._people.inc(summary.settled)
        self._jobs.labels(summary.ending.value).inc()

    def at_work(self, change: int) -> None:
        """A job was taken in hand (1), or put down (-1)."""
        self._at_work.inc(change)


class _Standing(Collector):
    """How the ledger stands, asked anew each time."""

    def __init__(self, ledger: Callable[[], Ledger], answer_s: float) -> None:
        self._question = Question(lambda: list(_standing(ledger())))
        self._answer_s = answer_s

    def describe(self) -> Iterator[Metric]:
        """Nothing in advance: to register is not to ask the ledger."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        try:
            found = self._question.answer(self._answer_s)
        except (LedgerError, TimeoutError):
            yield _one("newsletter_ledger_up", 0)
            return
        yield _one("newsletter_ledger_up", 1)
        yield from found


def _standing(ledger: Ledger) -> Iterator[Metric]:
    people = GaugeMetricFamily(*_named("newsletter_people"), labels=["issue", "state"])
    for issue in ledger.sharing.open_issues():
        stands = ledger.accounts.status(issue)
        for state, number in stands.counts.as_dict().items() if stands else ():
            people.add_metric([issue, state], number)
    yield people
    if ledger.is_shared:
        yield _one("newsletter_workers", ledger.sharing.workers())
        yield _one("newsletter_jobs_waiting", ledger.sharing.waiting())


def _named(name: str) -> tuple[str, str]:
    return name, MEANINGS[name]


def _one(name: str, value: float) -> GaugeMetricFamily:
    found = GaugeMetricFamily(*_named(name))
    found.add_metric([], value)
    return found
