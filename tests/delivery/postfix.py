"""A Postfix of the tests' own: a relay on loopback that hands everything on to a server here.

Rule: it has its own configuration, queue, data and log in a folder of its own, and ends with the `with` block;
the machine's own Postfix and `/etc/postfix` are left alone.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from textwrap import dedent
from typing import Final

import pytest

from tests.delivery.greylist import Greylist
from tests.delivery.smtp_servers import Taken, aiosmtpd, free_port

QUEUES = ("maildrop", "incoming", "active", "deferred", "hold")


class Door(StrEnum):
    """A port of the relay, and what is special about it. The value is its options in `master.cf`."""

    PLAIN = ""
    LOCKSTEP = "-o smtpd_discard_ehlo_keywords=pipelining"
    STARTTLS = "-o smtpd_tls_security_level=encrypt"
    SMALL = "-o message_size_limit=2000"
    IMPATIENT = "-o smtpd_hard_error_limit=5"
    NARROW = "-o smtpd_client_connection_count_limit=1 -o smtpd_client_event_limit_exceptions="
    SORTING = "-o cleanup_service_name=sorting"
    """Refuses every message for its content, at the end of data."""
    NO_SENDERS = "-o smtpd_sender_restrictions=reject -o smtpd_delay_reject=no"
    NO_RELAYING = "-o smtpd_relay_restrictions=reject_unauth_destination"


_RECIPIENTS: Final = """\
/^gone/ 550 5.1.1 User unknown in virtual mailbox table
/^full/ 452 4.2.2 Mailbox full
"""
"""What RCPT is answered, by the address; everybody else is let through, `grey…` at the second time."""

_HEADERS: Final = "/^Subject:/ REJECT 5.7.1 This looks like spam\n"


@dataclass
class Postfix:
    """The relay while it is up. `taken` is what came out at its far end."""

    folder: Path
    taken: Taken
    certificate: Path
    ports: Mapping[Door, int] = field(default_factory=lambda: {door: free_port() for door in Door})
    _master: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and come back once it answers."""
        self._master = subprocess.Popen(
            [_setting(self.folder, "daemon_directory") + "/master", "-c", str(self.folder / "etc"), "-d"],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )
        self.wait_until("the relay greets", self._greets)

    def stop(self) -> None:
        """End it with all its processes, whatever they are doing."""
        if self._master is not None:
            self._master.terminate()
            self._master.wait(10)
            with suppress(ProcessLookupError):  # Its children, should it have left any.
                os.killpg(self._master.pid, signal.SIGKILL)
            self._master = None

    def arrived(self) -> list[tuple[str, bytes]]:
        """Recipient and message, each as often as it arrived, once the relay has handed on all it has."""
        self.wait_until("the queue is empty", lambda: not self._queued())
        return [(to, content) for _, to, content in self.taken.messages]

    def arrived_to(self) -> list[str]:
        """To whom, in order; somebody sent to twice stands twice."""
        return sorted(to for to, _ in self.arrived())

    def forget(self) -> None:
        """Let what is under way arrive, and leave nothing for the next test."""
        self.arrived()
        self.taken.messages.clear()

    @property
    def log(self) -> str:
        """What the relay itself has to say."""
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def wait_until(self, what: str, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not holds():
            if time.monotonic() > deadline or (self._master and self._master.poll() is not None):
                pytest.fail(f"not in time: {what}\n{self.log}")
            time.sleep(0.02)

    def _queued(self) -> list[Path]:
        return [path for name in QUEUES for path in (self.folder / "queue" / name).rglob("*") if path.is_file()]

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.ports[Door.PLAIN]), timeout=5) as session:
                return session.recv(100).startswith(b"220 relay.test")
        except OSError:
            return False


@contextmanager
def postfix(certificate: Path, *, next_hop: Taken | None = None, settings: str = "") -> Iterator[Postfix]:
    """A relay, started. Skips the test where it cannot be, which in CI is a failure.

    `certificate` is a PEM file with the key first, `next_hop` the server that it hands on to where that is to
    refuse some, `settings` more lines of `main.cf`.
    """
    _require()
    with (
        tempfile.TemporaryDirectory(prefix="relay-") as name,
        aiosmtpd(taken=next_hop) as (taken, next_port),
        Greylist() as greylist,
    ):
        relay = Postfix(Path(name), taken, certificate)
        _configure(relay, next_port=next_port, greylist_port=greylist.port, settings=settings)
        try:
            relay.start()
            yield relay
        finally:
            relay.stop()


def _require() -> None:
    missing = ""
    if shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None:
        missing = "Postfix is not installed: apt install postfix"
    elif os.getuid() != 0:
        missing = "Postfix takes on other users, which only root can let it do"
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)


def _configure(relay: Postfix, *, next_port: int, greylist_port: int, settings: str) -> None:
    folder = relay.folder
    folder.chmod(0o755)  # Postfix's own user works in it.
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir(mode=0o755)
    shutil.chown(folder / "data", user="postfix")
    shutil.copy(relay.certificate, folder / "etc" / "relay.pem")
    (folder / "etc" / "recipients").write_text(_RECIPIENTS)
    (folder / "etc" / "headers").write_text(_HEADERS)
    (folder / "etc" / "main.cf").write_text(_main(folder, next_port, greylist_port) + settings)
    (folder / "etc" / "master.cf").write_text(_services(relay.ports))
    command = ["/usr/sbin/postfix", "-c", str(folder / "etc"), "check"]  # Makes the queue's folders.
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def _main(folder: Path, next_port: int, greylist_port: int) -> str:
    return dedent(f"""\
        compatibility_level = 3.6
        queue_directory = {folder}/queue
        data_directory = {folder}/data
        maillog_file = {folder}/log
        maillog_file_prefixes = {folder}
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        myhostname = relay.test
        mydestination =
        local_recipient_maps =
        alias_maps =
        alias_database =
        mynetworks = 127.0.0.0/8
        default_transport = smtp:[127.0.0.1]:{next_port}
        smtpd_error_sleep_time = 0
        smtpd_tls_chain_files = {folder}/etc/relay.pem
        smtpd_relay_restrictions = permit_mynetworks, reject
        smtpd_recipient_restrictions =
            check_recipient_access regexp:{folder}/etc/recipients
            check_policy_service inet:127.0.0.1:{greylist_port}
        """)


def _services(ports: Mapping[Door, int]) -> str:
    doors = "".join(f"127.0.0.1:{ports[door]} inet n - n - - smtpd {door.value}\n" for door in Door)
    # Name, kind, private, unprivileged, chroot, wake up, at most, command.
    return doors + dedent("""\
        cleanup unix n - n - 0 cleanup
        sorting unix n - n - 0 cleanup -o header_checks=regexp:$config_directory/headers
        qmgr unix n - n 300 1 qmgr
        tlsmgr unix - - n 1000? 1 tlsmgr
        rewrite unix - - n - - trivial-rewrite
        bounce unix - - n - 0 bounce
        defer unix - - n - 0 bounce
        trace unix - - n - 0 bounce
        proxymap unix - - n - - proxymap
        smtp unix - - n - - smtp
        error unix - - n - - error
        retry unix - - n - - error
        anvil unix - - n - 1 anvil
        scache unix - - n - 1 scache
        postlog unix-dgram n - n - 1 postlogd
        """)


def _setting(folder: Path, name: str) -> str:
    command = ["/usr/sbin/postconf", "-c", str(folder / "etc"), "-h", name]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def without_trace(message: bytes) -> bytes:
    """A message as it was handed in: without the Received lines that relays put at its top."""
    return re.sub(rb"\A(?:Received:[^\n]*\n(?:[ \t][^\n]*\n)*)+", b"", message)
