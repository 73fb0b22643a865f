"""What joining does: a mail to whoever asks, and, for whoever confirms, a row in the list.

Rules:

1. Nothing is looked up when somebody asks, so that neither the answer nor its time tells who is known here.
2. Whoever left comes back by confirming alone, and the record says so. What was asked before they left is void.
3. Nobody can be showered with mails: an address gets few, whoever asks, and from wherever.
"""

from __future__ import annotations

import logging
import math
import secrets
from datetime import datetime
from pathlib import PurePath
from zoneinfo import ZoneInfo

from newsletter import address
from newsletter.audience import consent, parse_segments
from newsletter.audience.lists import EMAIL
from newsletter.delivery.clock import Clock
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.suppressions import EVERYWHERE
from newsletter.errors import Mistake, SettingsError, SourceError, Where
from newsletter.mailing import headers_of, look_of
from newsletter.message import code_for
from newsletter.message.confirmation import Confirmation
from newsletter.model import Person
from newsletter.settings import Subscribe
from newsletter.site.allowance import Allowance
from newsletter.site.invitation import IN_WORDS, Invited, Seal
from newsletter.site.post import Post
from newsletter.site.waiting import Kept, Waiting
from newsletter.workspace import SETTINGS, Workspace

_log = logging.getLogger(__name__)

SOURCE = "website form"
_A_WHILE_S = 600.0
_LIFTED = "asked on the web page to come back, and confirmed it by mail"


class TooMany(Exception):
    """Too many ask, or one asks too often. `wait_s` is in whole seconds."""

    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self.wait_s = math.ceil(wait_s)


class Admission:
    """How people join one list. Raises `SettingsError` for settings by which nobody could."""

    def __init__(self, workspace: Workspace, subscribe: Subscribe, clock: Clock) -> None:
        if workspace.settings.site_url is None:
            what = "subscribe needs site_url, for the link in the mail that people confirm by"
            raise SettingsError([Mistake(Where(SETTINGS), what)], "Add: site_url: https://…")
        self.wording = subscribe.wording
        self._workspace = workspace
        self._list = subscribe.list
        self._clock = clock
        self._secret = workspace.secret()
        self._seal = Seal(
            self._secret,
            list_id=workspace.settings.list_id,
            list_name=subscribe.list,
            wording=subscribe.wording,
        )
        self._by_client = Allowance(burst=30, every_s=120)
        self._by_address = Allowance(burst=2, every_s=12 * 3600)
        self._by_anybody = Allowance(burst=100, every_s=15)
        self._waiting = Waiting(workspace.confirmations)
        self._post = Post(workspace)
        self._take_up()
        _say_what_is_amiss(workspace, subscribe)

    def close(self) -> None:
        self._post.close()

    def ask(self, to: str, first_name: str, *, client: str) -> None:
        """Send the mail that asks whether it was they: written down when this returns.

        Raises `TooMany`, and `NotKept`, whoever `to` is.
        """
        wait_s = (
            self._by_client.take(client)
            or self._by_anybody.take("")
            or (_A_WHILE_S if self._post.is_full else 0)
        )
        if wait_s:
            raise TooMany(wait_s)
        code = code_for(address.key(to), self._secret)
        if self._by_address.take(code_for(_mailbox(to), self._secret)):
            return
        token = self._seal.token(Invited(to, first_name, self._clock.now()))
        self._send(to, self._waiting.keep(code, token))

    def read(self, token: str) -> Invited | None:
        """Who a token invites; None where it invites nobody, or no longer."""
        return self._seal.read(token, now=self._clock.now())

    def admit(self, ledger: Ledger, invited: Invited) -> bool:
        """Write somebody into the list, and lift what kept the mail from them; False if they left since.

        Doing it twice is doing it once. Raises `SourceError` or `LedgerError` where it could not be.
        """
        key = address.key(invited.address)
        if any(each.at > invited.at for each in ledger.suppressions.history(key)):
            return False
        with ledger.audit.act("subscribe", {"list": self._list}, [code_for(key, self._secret)]):
            self._workspace.join_list(self._list, self._row(invited))
            for scope in (EVERYWHERE, PurePath(self._list).stem):
                ledger.suppressions.lift(key, why=_LIFTED, scope=scope)
        return True

    def _take_up(self) -> None:
        """Send what an earlier process had not sent, as far as its links still hold."""
        for kept in self._waiting.left_over():
            invited = self.read(kept.token)
            if invited is None:
                kept.drop()
            else:
                self._send(invited.address, kept)

    def _send(self, to: str, kept: Kept) -> None:
        self._post.send(Person(0, to, kept.code, ()), self._confirmation(kept.token), kept)

    def _row(self, invited: Invited) -> dict[str, str]:
        return {
            EMAIL: invited.address,
            "first_name": invited.first_name,
            consent.SOURCE: SOURCE,
            consent.DATE: self._now().date().isoformat(),
            consent.WORDING: self.wording,
        }

    def _confirmation(self, token: str) -> Confirmation:
        settings = self._workspace.settings
        look = look_of(settings)
        return Confirmation(
            headers=headers_of(settings, self._now()),
            link=f"{settings.site_url}/subscribe/{token}/confirm",
            good_for=IN_WORDS,
            wording=self.wording,
            below=(look.disclaimer, look.imprint or look.postal_address),
            name=f"confirm.{secrets.token_hex(12)}",
            secret=self._secret,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), ZoneInfo(self._workspace.settings.timezone))


def _mailbox(to: str) -> str:
    """What all spellings share by which one mailbox can be reached at large providers: no tag, no dots."""
    local, _, domain = address.key(to).rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def _say_what_is_amiss(workspace: Workspace, subscribe: Subscribe) -> None:
    """What only joining suffers from: people must be able to leave all the same."""
    try:
        workspace.check_joining(subscribe.list)
        shown = workspace.shown(workspace.segments_path)
        segments = parse_segments(workspace.segments_text(), name=shown)
        if not any(subscribe.list in segment.lists for segment in segments.all):
            _log.warning("no segment of %s names %s: whoever joins gets no mail", shown, subscribe.list)
    except SourceError as error:
        _log.error("nobody can join: %s", error.message)
    if workspace.settings.transport == "outbox":
        _log.warning("transport is outbox: the mails to confirm by are files in outbox/, and reach nobody")
