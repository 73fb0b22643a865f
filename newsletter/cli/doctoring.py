"""The doctor's report, as a person or a script reads it."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from newsletter import doctor as room
from newsletter.cli import show
from newsletter.cli.choices import Transport
from newsletter.cli.writing import bytes_of, opened
from newsletter.doctor import Asking, Case, Diagnosis, Health, NameServer
from newsletter.errors import UsageError

STYLES = {Health.OK: "green", Health.WARNING: "yellow", Health.FAULT: "bold red", Health.UNKNOWN: "cyan"}
PORTS = range(1, 65_536)
_MARGIN = " " * 17
"""As wide as the longest word for how something stands, and two spaces."""


def doctor(
    *, delivered: Path | None, transport: Transport | None, online: bool, name_server: str | None, as_json: bool
) -> int:
    """Look at everything, tell it, and keep for the preflight what was found of the domain."""
    workspace = opened()
    found = room.examine(
        Case.of(
            workspace,
            transport=None if transport is None else transport.value,
            asking=Asking(online=online, name_server=_server(name_server)),
            delivered=None if delivered is None else bytes_of(delivered),
        )
    )
    room.keep(workspace, found.report)
    if as_json:
        show.json({"ok": not found.exit_code, "diagnoses": [asdict(each) for each in found.diagnoses]})
    else:
        _tell(found.diagnoses)
    return found.exit_code


def _tell(found: Iterable[Diagnosis]) -> None:
    """A line each, and under it what to do."""
    console = Console(highlight=False, emoji=False, soft_wrap=True, file=sys.stdout)
    for each in found:
        standing = f"[{STYLES[each.health]}]{each.health.value:<15}[/]"
        console.print(f"{standing}  [bold]{escape(each.about)}[/]: {escape(each.found)}")
        if each.advice:
            console.print(f"{_MARGIN}{escape(each.advice)}")


def _server(wanted: str | None) -> NameServer | None:
    """`192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`."""
    if wanted is None:
        return None
    address, port = wanted, "53"
    if wanted.startswith("[") or wanted.count(":") == 1:
        address, _, port = wanted.rpartition(":")
    try:
        server = NameServer(str(ipaddress.ip_address(address.strip("[]"))), int(port))
    except ValueError:
        raise UsageError(f"'{wanted}' is not the address of a DNS server", "Write it as 192.0.2.1.") from None
    if server.port not in PORTS:
        raise UsageError(f"'{wanted}' has no port of a DNS server", f"A port is from 1 to {PORTS[-1]:,}.")
    return server
