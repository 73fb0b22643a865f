"""DNS through dnspython: what a name has, that it has nothing, or that nobody answered.

Rule: the third is never taken for the second. A checker that swallows a lookup's failure, as checkdmarc does in
places, is given a resolver that remembers which names were left unanswered. And "there is no such name" counts
only from a server that knows of its top-level domain: behind a wall there are servers that deny everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dns.exception
import dns.resolver

from newsletter.doctor.diagnosis import NOT_ASKED

if TYPE_CHECKING:
    from newsletter.doctor.case import Asking

_SILENT = (dns.resolver.LifetimeTimeout, dns.resolver.NoNameservers, OSError)
"""Too late, a server that failed (SERVFAIL, or none to be reached), a broken socket."""


class Unanswered(Exception):
    """Nobody answered for a name."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Resolver(dns.resolver.Resolver):
    """dnspython's, for one check, in one thread. After one silence it asks no more: each would cost as much."""

    def __init__(self, asking: Asking) -> None:
        """Raise `Unanswered` where there is nobody to ask."""
        if not asking.online:
            raise Unanswered(NOT_ASKED)
        try:
            super().__init__(configure=asking.name_server is None)
        except dns.resolver.NoResolverConfiguration:
            raise Unanswered("this machine knows no name server") from None
        if asking.name_server is not None:
            self.nameservers = [asking.name_server.address]
            self.port = asking.name_server.port
        self.lifetime = asking.step_s
        self.unanswered: dict[str, str] = {}
        """Name → why nothing is known of it."""
        self._silence: dns.resolver.LifetimeTimeout | None = None
        self._tops: dict[str, bool] = {}

    def resolve(self, qname: Any, *args: Any, **kwargs: Any) -> dns.resolver.Answer:
        if self._silence is not None:
            self._note_silence(qname)
            raise self._silence
        try:
            return super().resolve(qname, *args, **{**kwargs, "lifetime": self.lifetime})
        except dns.resolver.NXDOMAIN:
            if not self._knows_top(str(qname)):
                self.unanswered[str(qname)] = f"the name server denies {qname}, and what stands above it too"
            raise
        except _SILENT as error:
            self._note_silence(qname)
            if isinstance(error, dns.resolver.LifetimeTimeout):
                self._silence = error
            raise

    def _note_silence(self, qname: object) -> None:
        self.unanswered[str(qname)] = f"DNS did not answer for {qname}"

    def _knows_top(self, name: str) -> bool:
        """Whether this server has heard of the name's top-level domain."""
        top = name.rstrip(".").rpartition(".")[2]
        if top not in self._tops:
            try:
                self._tops[top] = bool(super().resolve(f"{top}.", "NS", lifetime=self.lifetime))
            except dns.exception.DNSException:
                self._tops[top] = False
        return self._tops[top]

    def look_up(self, name: str, kind: str) -> tuple[Any, ...]:
        """The records of a name; none where there are none. Raises `Unanswered`."""
        try:
            return tuple(self.resolve(name, kind))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            if name in self.unanswered:
                raise Unanswered(self.unanswered[name]) from None
            return ()
        except _SILENT:
            raise Unanswered(self.unanswered[name]) from None
        except dns.exception.DNSException as error:
            raise Unanswered(f"DNS cannot be asked for {name}: {type(error).__name__}") from None

    def texts(self, name: str) -> tuple[bytes, ...]:
        """The TXT records of a name, each put together from its strings. Raises `Unanswered`."""
        return tuple(b"".join(record.strings) for record in self.look_up(name, "TXT"))
