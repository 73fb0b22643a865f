"""The public pages, served until they are told to stop."""

from __future__ import annotations

import logging

from newsletter import site
from newsletter.cli import show
from newsletter.cli.writing import opened
from newsletter.site.server import Address


def serve(*, host: str | None, port: int | None) -> None:
    """Serve the pages of the workspace around the current folder."""
    workspace = opened()
    settings = workspace.settings
    where = Address(host or settings.serve.host, settings.serve.port if port is None else port)
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.WARNING)

    def ready(url: str) -> None:
        print(url, flush=True)
        show.say(_told(settings.site_url))

    try:
        site.serve(workspace, where, ready=ready)
    except KeyboardInterrupt:
        show.say("\nthe pages are closed")


def _told(site_url: str | None) -> str:
    if site_url is None:
        return "the pages are open here, but newsletter.yaml has no site_url: no mail leads to them"
    return f"the pages are open here, for {site_url}; Ctrl-C ends them"
