"""Record what real servers report: `python -m tests.feedback.record_reports postfix|exim`, as root.

Rule: what is recorded is the server's own, but for the two lines that a mailbox's server puts on top.

Postfix is the one of the tests. Exim is looked for in the folder `EXIM`, unpacked from Debian's package, since
installing it would take Postfix away; its user `Debian-exim` and the package libidn12 must be there:

    apt-get download exim4-daemon-light; dpkg -x exim4-daemon-light_*.deb "$EXIM"
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from textwrap import dedent

from tests.delivery.postfix import Door, postfix
from tests.delivery.smtp_servers import aiosmtpd, certificate, free_port
from tests.feedback.letters import WRITER, Known
from tests.feedback.refusing import AT_DATA, AT_RCPT, Refusing, as_delivered, hand_in

REPORTS = Path(__file__).with_name("reports")
CASES = (*AT_RCPT, *AT_DATA)


def main() -> None:
    """Record the reports of one server, in the place of those it had."""
    name = sys.argv[1]
    REPORTS.mkdir(exist_ok=True)
    recorded = {"postfix": _postfix, "exim": _exim}[name]()
    for path in REPORTS.glob(f"{name}-*.eml"):
        path.unlink()
    for case, report in recorded.items():
        (REPORTS / f"{name}-{case}.eml").write_bytes(report.replace(b"\r\n", b"\n"))
    print(f"recorded {len(recorded)} of {name}: {', '.join(sorted(recorded))}")  # noqa: T201 - a script


def _postfix() -> dict[str, bytes]:
    """One that gives up after seconds, and reports on request of a message that went through."""
    settings = dedent("""\
        delay_warning_time = 1s
        queue_run_delay = 1s
        minimal_backoff_time = 1s
        maximal_backoff_time = 1s
        maximal_queue_lifetime = 4s
        """)
    next_hop = Refusing()
    with tempfile.TemporaryDirectory() as folder:
        certificate(Path(folder))
        with postfix(Path(folder) / "relay.pem", next_hop=next_hop, settings=settings) as relay:
            port = relay.ports[Door.PLAIN]
            return _collected(next_hop, partial(hand_in, port), relayed=True)


def _exim() -> dict[str, bytes]:
    next_hop = Refusing()
    with aiosmtpd(taken=next_hop) as (_, next_port), _exim_running(next_port) as port:
        return _collected(next_hop, partial(hand_in, port), relayed=False)


def _collected(next_hop: Refusing, give: Callable[..., None], *, relayed: bool) -> dict[str, bytes]:
    recorded: dict[str, bytes] = {}
    for case in CASES:
        give(Known(f"{case}@members.example"))
        if case == "late":
            recorded[case] = _waited_for(next_hop, case, b"delayed")
            recorded["late-at-last"] = _waited_for(next_hop, case, b"failed")
        else:
            recorded[case] = _waited_for(next_hop, case, b"failed")
    give(Known("absent@members.example"), sender=WRITER)
    recorded["absent-to-the-writer"] = _waited_for(next_hop, "absent", b"failed")
    if relayed:
        give(Known("there@members.example"), options=("NOTIFY=SUCCESS",))
        recorded["relayed"] = _waited_for(next_hop, "there", b"relayed")
    return recorded


def _waited_for(next_hop: Refusing, case: str, action: bytes) -> bytes:
    """The next report of this kind about this address, as a mailbox holds it."""
    wanted = (b"Action: " + action, f"{case}@members.example".encode())
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for to, report in next_hop.reports:
            if all(each in report for each in wanted):
                next_hop.messages.clear()
                return as_delivered(to, report)
        time.sleep(0.1)
    raise AssertionError("no report came")


@contextmanager
def _exim_running(next_port: int) -> Iterator[int]:
    """A queue runner that tries again every second, warns at once, and gives up after seconds."""
    root, port = Path(os.environ["EXIM"]), free_port()
    program = next(root.glob("usr/sbin/exim4"))
    with tempfile.TemporaryDirectory(prefix="exim-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "spool").mkdir()
        shutil.chown(folder / "spool", user="Debian-exim", group="Debian-exim")
        (folder / "exim.conf").write_text(_exim_settings(program, folder, port, next_port))
        command = [str(program), "-C", str(folder / "exim.conf"), "-bdf", "-q1s"]
        process = subprocess.Popen(command)
        try:
            time.sleep(2)
            yield port
        finally:
            process.terminate()
            process.wait()


def _exim_settings(program: Path, folder: Path, port: int, next_port: int) -> str:
    return dedent(f"""\
        primary_hostname = exim.test
        exim_path = {program}
        spool_directory = {folder}/spool
        log_file_path = {folder}/spool/%slog
        daemon_smtp_ports = {port}
        local_interfaces = 127.0.0.1
        tls_advertise_hosts =
        acl_smtp_rcpt = accept
        acl_smtp_data = accept
        never_users =
        delay_warning = 1s
        retry_interval_max = 2s
        ignore_bounce_errors_after = 0s
        timeout_frozen_after = 0s
        host_lookup =
        rfc1413_query_timeout = 0s

        begin acl
        accept:
          accept

        begin routers
        onwards:
          driver = manualroute
          route_list = * 127.0.0.1::{next_port}
          self = send
          transport = onwards

        begin transports
        onwards:
          driver = smtp
          hosts_try_prdr =

        begin retry
        *  *  F,5s,1s
        """)


if __name__ == "__main__":
    main()
