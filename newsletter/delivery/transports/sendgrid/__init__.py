"""SendGrid's v3 mail/send as a way out: one request at a time on each line, and a word on everybody in it.

Rule: it promises what `transports` asks of every way out. The heavy part, SendGrid's client, is imported when
the first line is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.delivery.transports.sendgrid.limits import MOST_PEOPLE
from newsletter.delivery.transports.sendgrid.pace import Pace
from newsletter.delivery.transports.sendgrid.settings import HOSTS, Access, Extras, Scheduled, host_for
from newsletter.delivery.transports.sendgrid.silence import Silence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from newsletter.delivery.transports import Parcel, Report
    from newsletter.delivery.transports.sendgrid.account import Account
    from newsletter.delivery.transports.sendgrid.api import Api

__all__ = ["HOSTS", "Access", "Extras", "Pace", "Scheduled", "SendGrid", "host_for", "open_account"]

DEFAULT_BATCH = 500
"""People in a request: so many may be unknown after a lost reply. Larger ones gain a few percent of speed."""

DEFAULT_LINES = 4


class SendGrid:
    """The transport. Raises `SettingsError` when made with a key or host that could never work.

    In sandbox mode SendGrid validates and sends nothing: the transport then calls itself `sendgrid-sandbox`,
    and its ACCEPTED means valid, so its outcomes belong to a rehearsal and never to a real run.
    """

    def __init__(
        self,
        access: Access,
        *,
        lines: int = DEFAULT_LINES,
        batch: int = DEFAULT_BATCH,
        extras: Extras | None = None,
        pace: Pace | None = None,
    ) -> None:
        access.check()
        if not 1 <= batch <= MOST_PEOPLE:
            raise ValueError(f"a request to SendGrid holds 1 to {MOST_PEOPLE} people, not {batch}")
        self.lines = lines
        self.batch = batch
        self._access = access
        self._extras = extras or Extras()
        self._pace = pace or Pace()
        self._silence = Silence()

    @property
    def name(self) -> str:
        return "sendgrid-sandbox" if self._extras.sandbox else "sendgrid"

    def connect(self) -> SendGridLine:
        from newsletter.delivery.transports.sendgrid.api import Api  # noqa: PLC0415 - takes 0.2 s

        return SendGridLine(Api(self._access), self._pace, self._silence, self._extras, self.batch)


class SendGridLine:
    """One request in flight at a time; SendGrid's client opens a connection for each."""

    def __init__(self, api: Api, pace: Pace, silence: Silence, extras: Extras, batch: int) -> None:
        self._api = api
        self._pace = pace
        self._silence = silence
        self._extras = extras
        self._batch = batch

    def deliver(self, parcels: Sequence[Parcel], report: Report) -> None:
        """See `transports.Line`. Parcels of several editions go out in a request for each."""
        from newsletter.delivery.transports.sendgrid.handover import Handover  # noqa: PLC0415 - as above

        for people in _by_request(parcels, self._batch):
            if report.stopping():
                return
            Handover(self._api, self._pace, self._silence, self._extras, report).run(people)

    def close(self) -> None:
        """Nothing is held between requests."""


def _by_request(parcels: Sequence[Parcel], batch: int) -> Iterator[list[Parcel]]:
    """Parcels that share a skeleton, at most `batch` each, and no address twice in one.

    SendGrid refuses a whole request for an address that stands in it twice.
    """
    open_requests: dict[int, tuple[list[Parcel], set[str]]] = {}
    for parcel in parcels:
        people, addresses = open_requests.setdefault(id(parcel.skeleton), ([], set()))
        address = parcel.person.address.casefold()
        if len(people) == batch or address in addresses:
            yield people
            people, addresses = open_requests[id(parcel.skeleton)] = ([], set())
        people.append(parcel)
        addresses.add(address)
    for people, _ in open_requests.values():
        yield people


def open_account(access: Access, *, pace: Pace | None = None) -> Account:
    """What can be asked of the account beside mail: scheduled sends, suppressions, logs."""
    from newsletter.delivery.transports.sendgrid.account import Account  # noqa: PLC0415 - as above
    from newsletter.delivery.transports.sendgrid.api import Api  # noqa: PLC0415

    return Account(Api(access), pace or Pace())
