"""A stand-in for SendGrid: a real HTTP server that behaves as SendGrid's documentation says.

Rule: it knows nothing of our code, and it lets no mistake pass: a request that breaks a limit fails the test,
unless the test expects it. What it accepted can be read as the messages that members would open.

Try it by hand: `python -m tests.sendgrid_stand_in --port 8025`.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

from tests.sendgrid_stand_in.account import Accepted, Account, Suppressed
from tests.sendgrid_stand_in.events import EventFeed, Post, deliver
from tests.sendgrid_stand_in.faults import Acceptance, Fault, Wire
from tests.sendgrid_stand_in.limits import Violation
from tests.sendgrid_stand_in.routes import Desk
from tests.sendgrid_stand_in.server import RateLimit, Seen, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from email.message import EmailMessage
    from types import TracebackType

__all__ = [
    "KEY",
    "Acceptance",
    "Accepted",
    "EventFeed",
    "Fault",
    "Post",
    "RateLimit",
    "Seen",
    "StandIn",
    "Suppressed",
    "Violation",
    "Wire",
    "deliver",
]

KEY = "SG.stand-in.not-a-real-key"


class StandIn:
    """SendGrid on this machine, for as long as the `with` block lasts.

    `senders` None lets any address stand in From. `keep_messages` off counts people and forgets the messages.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        keys: Iterable[str] = (KEY,),
        senders: Iterable[str] | None = None,
        groups: Iterable[int] = (),
        clock: Callable[[], float] = time.time,
        expect_violations: bool = False,
        keep_messages: bool = True,
        checks: bool = True,
    ) -> None:
        self.account = Account(clock=clock, groups=frozenset(groups), keep_messages=keep_messages)
        allowed = None if senders is None else frozenset(sender.casefold() for sender in senders)
        self.desk = Desk(self.account, allowed, checks=checks)
        self.rate = RateLimit(clock)
        self.events = EventFeed(self.account)
        self._expect_violations = expect_violations
        self._server = Server(self.desk, self.rate, frozenset(keys), port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def seen(self) -> list[Seen]:
        """Every request so far, in the order it was answered."""
        return list(self._server.seen)

    @property
    def violations(self) -> list[Violation]:
        return list(self.desk.violations)

    @property
    def addresses(self) -> list[str]:
        """Everybody whose message was accepted, in order; somebody mailed twice stands twice."""
        return [message.address for message in self.account.accepted]

    def script(self, *faults: Fault) -> None:
        """These faults meet the next mail/send requests, one each."""
        with self._server.lock:
            self._server.script += faults

    def refuse(self, *addresses: str, named: bool = True, status: int = 400) -> None:
        """Call these addresses invalid from now on, naming the place of each or not."""
        self.desk.refused, self.desk.names_refused = frozenset(addresses), named
        self.desk.refused_as = status

    def accept_late(self) -> int:
        """Accept the requests of LATE faults; how many there were."""
        return self.account.accept_held()

    def mail_to(self, address: str) -> EmailMessage:
        """The one message this person has; raises AssertionError when there are none or several."""
        found = [message for message in self.account.accepted if message.address == address]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} messages for one person")
        return found[0].mail()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if kind is None and self.violations and not self._expect_violations:
            raise AssertionError(f"SendGrid's limits were broken: {self.violations[:5]}")

    def close(self) -> None:
        self._server.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
