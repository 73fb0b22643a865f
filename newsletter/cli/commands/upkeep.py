"""The commands that stay: a worker, the public pages; and whether everything is set up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.commands.options import Json, MetricsHost, MetricsPort, Way

app = typer.Typer()


@app.command()
def worker(
    concurrency: Annotated[
        int, typer.Option(metavar="N", min=1, max=64, help="Jobs at a time; they share the connections.")
    ] = 2,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = "127.0.0.1",
    grace: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Be gone so long after SIGTERM, whatever is open.")
    ] = 25,
    dead_after: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=2, help="Other machines take it for dead after this silence."),
    ] = 30,
    drain: Annotated[bool, typer.Option("--drain", help="End when the queue is empty.")] = False,
    bring: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Bring an SQLite ledger into the new shared one, and end."),
    ] = None,
) -> int:
    """Carry what `send` put into the queue of a shared ledger, on any number of machines, until told to stop.

    Example: newsletter worker --metrics-port 9100
    """
    from newsletter.cli import working

    if bring is not None:
        return working.bring(bring)
    return working.work(
        at_once=concurrency,
        dead_after_s=dead_after,
        grace_s=grace,
        metrics=None if metrics_port is None else (metrics_host, metrics_port),
        wait=not drain,
    )


@app.command()
def doctor(
    delivered: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A mail of this newsletter as it arrived (.eml): is it signed?"),
    ] = None,
    transport: Way = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nothing of the network.")] = False,
    name_server: Annotated[
        str | None, typer.Option(metavar="IP[:PORT]", help="Ask this DNS server instead of the system's.")
    ] = None,
    json: Json = False,
) -> int:
    """Say whether everything is set up to send, and what to do where it is not. Sends nothing.

    Example: newsletter doctor --transport smtp --delivered test-copy.eml
    """
    from newsletter.cli import doctoring

    return doctoring.doctor(
        delivered=delivered, transport=transport, online=not offline, name_server=name_server, as_json=json
    )


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The address to listen at, instead of serve.host.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=0, max=65535, help="The port, instead of serve.port; 0 for any free one."
        ),
    ] = None,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = "127.0.0.1",
) -> None:
    """Serve the public pages, where the links in the mail lead: readers leave here with one click.

    Example: newsletter serve --port 8080
    """
    from newsletter.cli import serving

    serving.serve(host=host, port=port, metrics=None if metrics_port is None else (metrics_host, metrics_port))
