"""The three ways out as the crash tests see them: what arrived, how much may be in doubt, and when it began."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.cli.small import ISSUE
from tests.crash.http_relay import HttpRelay
from tests.crash.points import Trap
from tests.crash.smtp_receiver import SmtpReceiver
from tests.sendgrid_stand_in import KEY, StandIn

CONNECTIONS = 3
BATCH = 10
SENDGRID_LINES = 4
MESSAGE_S, REQUEST_S = 0.004, 0.05
"""How long the other side takes for one, so that there is a time in which to kill."""

_TO = re.compile(rb"(?m)^To: (?:.*<)?([^<>\r\n]+)>?\r$")
_END_OF_MESSAGE = re.compile(rb"--\r\n\Z")


class Way(Protocol):
    """One way out, with its other side running."""

    name: str
    bound: int
    """How many people one kill may leave unknown."""
    settings: str
    """What newsletter.yaml says of it."""

    @property
    def env(self) -> Mapping[str, str]: ...

    def begin(self, trap: Trap) -> None:
        """A command will be started, and this trap watches."""

    def has_begun(self) -> bool:
        """Whether the command has given a sign on the other side."""

    def settle(self) -> None:
        """Wait for what a dead command had already written."""

    def start_over(self, root: Path) -> None:
        """Begin another issue, in this workspace: nothing has arrived."""

    def arrived(self, since: float = 0.0) -> list[str]:
        """To whom messages arrived, whole, at this time or later. Raises `AssertionError` for a broken one."""

    def litter(self) -> list[str]:
        """What is left lying about that a finished send should have taken away."""


class BySmtp:
    """A mail server, in lock-step or with PIPELINING."""

    bound = 2 * CONNECTIONS

    def __init__(self, receiver: SmtpReceiver, *, pipelining: bool) -> None:
        self.name = "smtp" if pipelining else "smtp lock-step"
        self.receiver = receiver
        receiver.pipelining = pipelining
        where = f"host: 127.0.0.1, port: {receiver.connections.port}, security: none"
        self.settings = f"transport: smtp\nsmtp: {{{where}, connections: {CONNECTIONS}}}\n"

    @property
    def env(self) -> Mapping[str, str]:
        return {}

    def begin(self, trap: Trap) -> None:
        self.receiver.trap = trap

    def has_begun(self) -> bool:
        return self.receiver.trap.begun.is_set()

    def settle(self) -> None:
        self.receiver.connections.settle()

    def start_over(self, root: Path) -> None:
        del root
        self.settle()
        self.receiver.pause_s = MESSAGE_S
        self.receiver.taken.clear()

    def arrived(self, since: float = 0.0) -> list[str]:
        del since  # Nothing is older than the issue.
        for address, message in self.receiver.taken:
            assert to_of(message) == address, "somebody's message went to somebody else"
        return [address for address, _ in self.receiver.taken]

    def litter(self) -> list[str]:
        return []


class BySendGrid:
    """The stand-in SendGrid, behind the relay."""

    name = "sendgrid"
    bound = SENDGRID_LINES * BATCH
    settings = f"transport: sendgrid\nsendgrid: {{batch: {BATCH}}}\n"

    def __init__(self, stand_in: StandIn, relay: HttpRelay) -> None:
        self._stand_in = stand_in
        self._relay = relay
        self._from = 0

    @property
    def env(self) -> Mapping[str, str]:
        host = f"http://127.0.0.1:{self._relay.connections.port}"
        return {"SENDGRID_API_KEY": KEY, "SENDGRID_API_HOST": host}

    def begin(self, trap: Trap) -> None:
        self._relay.trap = trap

    def has_begun(self) -> bool:
        return self._relay.trap.begun.is_set()

    def settle(self) -> None:
        self._relay.connections.settle()

    def start_over(self, root: Path) -> None:
        del root
        self.settle()
        self._from = len(self._stand_in.addresses)

    def arrived(self, since: float = 0.0) -> list[str]:
        del since  # Nothing is older than the issue.
        return self._stand_in.addresses[self._from :]

    def litter(self) -> list[str]:
        return []


class ByOutbox:
    """A folder. What stands in it is the last rehearsal."""

    name = "outbox"
    bound = 0
    settings = "transport: outbox\n"
    env: Mapping[str, str] = {}

    def __init__(self) -> None:
        self._folder = Path()
        self._before: int | None = None

    def begin(self, trap: Trap) -> None:
        del trap
        self._before = self._identity()

    def has_begun(self) -> bool:
        return self._identity() not in {None, self._before}

    def _identity(self) -> int | None:
        """What tells a folder from the one that replaces it, and does so while this looks."""
        try:
            return (self._folder / "new").stat().st_ino
        except FileNotFoundError:
            return None

    def settle(self) -> None:
        """Nothing is under way in a folder."""

    def start_over(self, root: Path) -> None:
        self._folder = root / "outbox" / ISSUE
        self._before = None

    def arrived(self, since: float = 0.0) -> list[str]:
        found = [path for path in (self._folder / "new").glob("*") if path.stat().st_mtime >= since]
        return [to_of(path.read_bytes()) for path in found]

    def litter(self) -> list[str]:
        beside = [path.name for path in self._folder.parent.iterdir() if path != self._folder]
        return beside + [path.name for path in (self._folder / "tmp").iterdir()]


def to_of(message: bytes) -> str:
    """The recipient of a message that is whole."""
    found = _TO.search(message)
    assert found is not None
    assert _END_OF_MESSAGE.search(message), "half a message"
    return found[1].decode()


@contextmanager
def opened(name: str) -> Iterator[Way]:
    """A way out by its name, with its other side, for as long as the `with` block lasts."""
    match name:
        case "sendgrid":
            with StandIn() as stand_in:
                relay = HttpRelay(stand_in.url, pause_s=REQUEST_S)
                with relay.connections:
                    yield BySendGrid(stand_in, relay)
        case "outbox":
            yield ByOutbox()
        case _:
            receiver = SmtpReceiver()
            with receiver.connections:
                yield BySmtp(receiver, pipelining=name == "smtp")
