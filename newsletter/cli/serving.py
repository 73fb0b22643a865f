"""The public pages, served until they are told to stop."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from newsletter import dispatch, site
from newsletter.cli import show
from newsletter.cli.writing import opened
from newsletter.delivery.database import LedgerError
from newsletter.delivery.watchdog import Question
from newsletter.site.server import Address
from newsletter.workspace import Workspace


def serve(*, host: str | None, port: int | None, metrics: tuple[str, int] | None) -> None:
    """Serve the pages of the workspace around the current folder."""
    workspace = opened()
    settings = workspace.settings
    where = Address(host or settings.serve.host, settings.serve.port if port is None else port)
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.WARNING)

    def ready(url: str) -> None:
        print(url, flush=True)
        show.say(_told(settings.site_url))

    with ExitStack() as stack:
        if metrics is not None:
            health = stack.enter_context(_health(workspace, *metrics))
            show.say(f"/live, /ready and /metrics: http://{metrics[0]}:{health}")
        try:
            site.serve(workspace, where, ready=ready)
        except KeyboardInterrupt:
            show.say("\nthe pages are closed")


@contextmanager
def _health(workspace: Workspace, host: str, port: int) -> Iterator[int]:
    """Answer how this process is, at a port of its own, which is yielded."""
    from newsletter.health import Health, plain
    from newsletter.metrics import CONTENT_TYPE, Meters

    with dispatch.open_ledger(workspace) as ledger:
        meters = Meters(ledger.beside)
        looked = Question(ledger.beside().sharing.open_issues)
        answers = {
            "/live": lambda: plain(200, "live"),
            "/ready": lambda: (
                plain(200, "ready") if _answers(looked) else plain(503, "the ledger does not answer")
            ),
            "/metrics": lambda: (200, CONTENT_TYPE, meters.text()),
        }
        with Health(host, port, answers) as health:
            yield health.port


def _answers(looked: Question[list[str]]) -> bool:
    from newsletter.metrics import ANSWER_S

    try:
        looked.answer(ANSWER_S)
    except (LedgerError, TimeoutError):
        return False
    return True


def _told(site_url: str | None) -> str:
    if site_url is None:
        return "the pages are open here, but newsletter.yaml has no site_url: no mail leads to them"
    return f"the pages are open here, for {site_url}; Ctrl-C ends them"
