"""So many requests at once and so many a while, each client its own.

Rule: what is remembered is bounded. Who was forgotten for lack of room begins anew, the longest silent first.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

_MOST_KNOWN = 20_000
"""Each is a key and a float: about 3 MB in all."""

_LONGEST_NAME = 64


class Allowance:
    """`burst` at once, and after that one more every `every_s` seconds."""

    def __init__(
        self,
        *,
        burst: int,
        every_s: float,
        clock: Callable[[], float] = time.monotonic,
        most_known: int = _MOST_KNOWN,
    ) -> None:
        self._slack_s = (burst - 1) * every_s
        self._every_s = every_s
        self._clock = clock
        self._most_known = most_known
        self._full_again_at: OrderedDict[str, float] = OrderedDict()

    def take(self, who: str) -> float:
        """Zero, and one is taken; or the seconds to wait for the next, and none is."""
        now = self._clock()
        full_again_at = max(self._full_again_at.get(who, now), now)
        wait_s = full_again_at - now - self._slack_s
        if wait_s > 0:
            return wait_s
        self._full_again_at[who] = full_again_at + self._every_s
        self._full_again_at.move_to_end(who)
        if len(self._full_again_at) > self._most_known:
            self._full_again_at.popitem(last=False)
        return 0.0


def client_name(host: str) -> str:
    """What one client cannot easily change: its IPv4 address, or the /64 that its IPv6 address is in."""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:_LONGEST_NAME]
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return address.packed[:8].hex(":", 2)
