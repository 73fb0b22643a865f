"""A mailbox over IMAP (RFC 9051), by the standard library.

Rules:

1. Looking changes nothing: bodies are peeked at, and of a large mail only the beginning is fetched.
2. A session is encrypted and the server's certificate verified, unless the server is this machine.
3. Whatever goes wrong is `MailboxError`, without anything that the server or a mail said of people.
"""

from __future__ import annotations

import imaplib
import re
import ssl
import time
from binascii import b2a_base64
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Literal, Self

from newsletter.delivery.readings import Folder
from newsletter.errors import Mistake, NewsletterError, SettingsError, Where
from newsletter.settings import is_loopback

MOST_BYTES: Final = 256 * 1024
"""So much of each mail is read: a report stands before the message that it returns, and that has 100 KB."""

STEP_S: Final = 60.0
"""How long one answer may take."""

_RANGE = 20_000
"""Numbers asked for in one search: the answer is one line, and imaplib takes a million characters of it."""

_UID = re.compile(rb"\bUID (\d+)")


class MailboxError(NewsletterError):
    """The mailbox cannot be read now. What was read before is kept."""

    exit_code = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the mailbox is, and what opens it."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    username: str
    password: str = field(repr=False)
    folder: str
    step_s: float = STEP_S

    def check(self) -> None:
        """Raise `SettingsError` for what would give the password away, or could never work."""
        if not self.password:
            raise SettingsError(
                [Mistake(Where("NEWSLETTER_IMAP_PASSWORD"), "the mailbox's password is not set")],
                "Set it in the environment; it never stands in newsletter.yaml.",
            )
        if self.security == "none" and not is_loopback(self.host):
            raise SettingsError(
                [Mistake(Where("newsletter.yaml"), "imap.security: none would send the password in clear")],
                "Use tls or starttls; none is for a server on this machine.",
            )


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail, or the beginning of one."""

    uid: int
    at: float
    """When the server took it, in epoch seconds."""
    content: bytes = field(repr=False)


class Mailbox:
    """An open folder. `with` closes it."""

    def __init__(self, server: Server) -> None:
        """Log in and open the folder. Raises `SettingsError` where that is refused, and `MailboxError`."""
        server.check()
        self._server = server
        with _told("be opened"):
            self._session = _connect(server)
        try:
            self._log_in()
            self.folder = self._open()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the session; what was asked for is done."""
        try:
            self._session.logout()
        except (OSError, imaplib.IMAP4.error):
            # The line was lost before: there is nothing to take leave of.
            with suppress(OSError):
                self._session.shutdown()

    def after(self, uid: int) -> Iterator[list[int]]:
        """The numbers of the mails behind this one, rising, a few thousand at a time; deleted ones left out."""
        for first in range(uid + 1, self._next, _RANGE):
            last = min(first + _RANGE, self._next) - 1
            with _told("be searched"):
                answer = self._ok(self._session.uid("SEARCH", f"UID {first}:{last}", "UNDELETED"))
            found = sorted(int(each) for each in b" ".join(filter(None, answer)).split())
            yield [each for each in found if first <= each <= last]

    def fetch(self, uids: Collection[int]) -> list[Fetched]:
        """The beginnings of these mails, without marking them as read; one deleted meanwhile is left out."""
        wanted = f"(UID INTERNALDATE BODY.PEEK[]<0.{MOST_BYTES}>)"
        with _told("be read"):
            answer = self._ok(self._session.uid("FETCH", _set(uids), wanted))
        return [found for head, content, tail in _items(answer) if (found := _fetched(head, content, tail))]

    def move(self, uids: Collection[int], folder: str) -> None:
        """Move mails to a folder, which is made where it is not there. Mails that are gone are no matter."""
        if b"MOVE" not in self._capabilities:
            self._store(uids, "(\\Seen)")
            return
        if not self._moved(uids, folder):
            with _told("be changed"):
                self._session.create(_quoted(folder))
            if not self._moved(uids, folder):
                raise SettingsError(
                    [Mistake(Where("newsletter.yaml"), f"the mail server has no room for the folder {folder}")],
                    "Name another in imap.filed_in; some servers want it below INBOX, as INBOX.Newsletter.",
                )

    def flag(self, uids: Collection[int]) -> None:
        """Mark mails for a person to look at."""
        self._store(uids, "(\\Flagged)")

    def _moved(self, uids: Collection[int], folder: str) -> bool:
        with _told("be changed"):
            word, _ = self._session.uid("MOVE", _set(uids), _quoted(folder))
        return word == "OK"

    def _store(self, uids: Collection[int], flags: str) -> None:
        with _told("be changed"):
            self._ok(self._session.uid("STORE", _set(uids), "+FLAGS.SILENT", flags))

    def _log_in(self) -> None:
        who, password = self._server.username, self._server.password
        try:
            # Unlike the command LOGIN, it takes any password (RFC 4616).
            self._session.authenticate("PLAIN", lambda _: f"\0{who}\0{password}".encode())
        except imaplib.IMAP4.abort as error:
            raise _lost("be opened", error) from None
        except imaplib.IMAP4.error:
            raise SettingsError(
                [Mistake(Where("newsletter.yaml"), "the mail server refused imap.username and its password")],
                "Look at imap.username and NEWSLETTER_IMAP_PASSWORD; some providers want an app password.",
            ) from None
        except OSError as error:
            raise _lost("be opened", error) from None
        with _told("be opened"):
            # Many servers can do more once somebody has logged in.
            self._capabilities = b" ".join(self._ok(self._session.capability())).upper().split()

    def _open(self) -> Folder:
        with _told("be opened"):
            word, _ = self._session.select(_quoted(self._server.folder))
        if word != "OK":
            raise SettingsError(
                [Mistake(Where("newsletter.yaml"), f"the mailbox has no folder {self._server.folder}")],
                "Look at imap.folder; one that is inside another is often written as INBOX.Name.",
            )
        self._next = self._number("UIDNEXT")
        name = f"{self._server.username}@{self._server.host}/{self._server.folder}"
        return Folder(name, self._number("UIDVALIDITY"))

    def _number(self, name: str) -> int:
        with _told("be opened"):
            _, found = self._session.response(name)
        if not found or found[0] is None:
            raise MailboxError(f"the mail server does not say {name}", "It has to be an IMAP4rev1 server.")
        return int(found[0])

    def _ok(self, answer: tuple[str, list[Any]]) -> list[Any]:
        word, data = answer
        if word != "OK":
            raise imaplib.IMAP4.error("refused")
        return data


@contextmanager
def _told(done: str) -> Iterator[None]:
    """What befalls a session as `MailboxError`."""
    try:
        yield
    except (OSError, imaplib.IMAP4.error) as error:
        raise _lost(done, error) from None


def _lost(done: str, error: Exception) -> MailboxError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return MailboxError(
            f"the mailbox cannot {done}: the server's certificate is not good ({error.verify_message})",
            "Is imap.host the name that stands in the certificate?",
        )
    if isinstance(error, imaplib.IMAP4.abort | OSError):
        return MailboxError(
            f"the mailbox cannot {done}: the connection was lost",
            "What was read before is kept. Run it again: newsletter sync",
        )
    return MailboxError(
        f"the mailbox cannot {done}: the server refused", "Run it again, or look at what the server says."
    )


def _connect(server: Server) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    if server.security == "tls":
        return imaplib.IMAP4_SSL(server.host, server.port, ssl_context=context, timeout=server.step_s)
    session = imaplib.IMAP4(server.host, server.port, timeout=server.step_s)
    if server.security == "starttls":
        try:
            _secure(session, context)
        except BaseException:
            with suppress(OSError):
                session.shutdown()
            raise
    return session


def _secure(session: imaplib.IMAP4, context: ssl.SSLContext) -> None:
    if "STARTTLS" not in session.capabilities:
        raise SettingsError(
            [Mistake(Where("newsletter.yaml"), "the mail server offers no STARTTLS")],
            "Use imap.security: tls, mostly on port 993; the password is not sent in clear.",
        )
    session.starttls(context)


def _items(answer: list[Any]) -> Iterator[tuple[bytes, bytes, bytes]]:
    """What stands before each literal of an answer, the literal, and what stands behind it."""
    for place, item in enumerate(answer):
        if isinstance(item, tuple):
            behind = answer[place + 1] if place + 1 < len(answer) else b""
            yield item[0], item[1], behind if isinstance(behind, bytes) else b""


def _fetched(head: bytes, content: bytes, tail: bytes) -> Fetched | None:
    said = head + b" " + tail
    uid, taken = _UID.search(said), imaplib.Internaldate2tuple(said)
    return Fetched(int(uid.group(1)), time.mktime(taken) if taken else 0.0, content) if uid else None


def _set(uids: Collection[int]) -> str:
    return ",".join(str(uid) for uid in uids)


_BEYOND_ASCII = re.compile(r"[^ -~]+")


def _quoted(folder: str) -> str:
    """A folder's name as IMAP4rev1 writes it: what is not ASCII in its own UTF-7 (RFC 3501 section 5.1.3)."""
    written = _BEYOND_ASCII.sub(_in_utf7, folder.replace("&", "&-"))
    escaped = written.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _in_utf7(found: re.Match[str]) -> str:
    base64 = b2a_base64(found[0].encode("utf-16-be"), newline=False).decode()
    return f"&{base64.rstrip('=').replace('/', ',')}-"
