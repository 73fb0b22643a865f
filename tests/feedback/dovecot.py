"""A Dovecot of the tests' own: a mailbox on loopback, in a folder of its own, for as long as the `with` lasts.

Rule: it has its own configuration, sockets, log and mail, and ends with the block; the machine's own Dovecot
and `/etc/dovecot` are left alone.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

from tests.delivery.smtp_servers import free_port

USER, PASSWORD = "maya@reports.example.org", "a-password-for-tests-alone"


@dataclass
class Dovecot:
    """The server while it is up. One mailbox, as a Maildir."""

    folder: Path
    port: int = field(default_factory=free_port)
    """In clear, and by STARTTLS."""
    tls_port: int = field(default_factory=free_port)
    _count: int = 0

    def put(self, mails: Iterable[bytes], into: str = "INBOX") -> None:
        """Deliver mails, unread, as the local delivery would."""
        where = self._maildir(into) / "new"
        for mail in mails:
            self._count += 1
            path = where / f"1790000000.M{self._count:06}.test"
            path.write_bytes(mail)
            _give(path, self.user)

    def mails(self, folder: str = "INBOX") -> dict[str, bytes]:
        """The mails of a folder, by file name; the flags stand behind the last comma of it."""
        where = self._maildir(folder)
        found = [*where.glob("new/*"), *where.glob("cur/*")]
        return {path.name: path.read_bytes() for path in found}

    def flags(self, folder: str = "INBOX") -> list[str]:
        """The flags of each mail: S for seen, F for flagged."""
        return sorted(name.partition(":2,")[2] for name in self.mails(folder))

    def renumber(self) -> None:
        """Forget all numbers, as a server does that was restored: the folder gets another validity."""
        for path in self._maildir("INBOX").glob("dovecot*"):
            path.unlink()
        time.sleep(1.1)  # The validity is the second in which it begins.

    @property
    def user(self) -> str:
        """Whose the mail is: Dovecot gives none to root."""
        return "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name

    def _maildir(self, name: str) -> Path:
        inner = self.folder / "mail"
        return inner if name == "INBOX" else inner / f".{name}"


@contextmanager
def dovecot(certificate: Path, *, secured: bool = True) -> Iterator[Dovecot]:
    """A mailbox, ready. Skips the test where it cannot be, which in CI is a failure.

    `certificate` is a PEM file with the key in it. Not `secured`, it knows no TLS.
    """
    if shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None:
        missing = "Dovecot is not installed: apt install dovecot-imapd"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with tempfile.TemporaryDirectory(prefix="mailbox-") as name:
        server = Dovecot(Path(name))
        _lay_out(server, certificate, secured=secured)
        command = ["/usr/sbin/dovecot", "-F", "-c", str(server.folder / "dovecot.conf")]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            _wait(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(10)


def _lay_out(server: Dovecot, certificate: Path, *, secured: bool) -> None:
    folder = server.folder
    folder.chmod(0o755)
    for name in ("new", "cur", "tmp"):
        (folder / "mail" / name).mkdir(parents=True)
    (folder / "run").mkdir()
    (folder / "state").mkdir()
    for path in (folder / "mail", *(folder / "mail").iterdir()):
        _give(path, server.user)
    shutil.copy(certificate, folder / "server.pem")
    (folder / "dovecot.conf").write_text(_settings(server, secured=secured))


def _settings(server: Dovecot, *, secured: bool) -> str:
    folder, root = server.folder, os.getuid() == 0
    login = "dovenull" if root else server.user
    internal = "dovecot" if root else server.user
    return dedent(f"""\
        base_dir = {folder}/run
        state_dir = {folder}/state
        log_path = {folder}/log
        protocols = imap
        listen = 127.0.0.1
        default_login_user = {login}
        default_internal_user = {internal}
        default_internal_group = {_group(internal)}
        first_valid_uid = 1
        first_valid_gid = 1
        mail_location = maildir:{folder}/mail
        mail_fsync = never
        disable_plaintext_auth = no
        ssl = {"yes" if secured else "no"}
        ssl_cert = <{folder}/server.pem
        ssl_key = <{folder}/server.pem
        passdb {{
          driver = static
          args = password={PASSWORD}
        }}
        userdb {{
          driver = static
          args = uid={server.user} gid={_group(server.user)} home={folder}/mail
        }}
        service imap-login {{
          chroot =
          inet_listener imap {{
            port = {server.port}
          }}
          inet_listener imaps {{
            port = {server.tls_port}
            ssl = {"yes" if secured else "no"}
          }}
        }}
        service anvil {{
          chroot =
        }}
        service stats {{
          chroot =
        }}
        """)


def _group(user: str) -> str:
    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


def _give(path: Path, user: str) -> None:
    if os.getuid() == 0:
        shutil.chown(path, user=user, group=_group(user))


def _wait(server: Dovecot, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=5) as session:
                if session.recv(100).startswith(b"* OK"):
                    return
        except OSError:
            time.sleep(0.02)
    log = server.folder / "log"
    pytest.fail(f"Dovecot did not start\n{log.read_text() if log.exists() else ''}")
