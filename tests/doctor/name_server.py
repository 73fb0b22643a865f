"""A real DNS server on loopback, with the records a test gives it and with the ways in which servers fail."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from newsletter.doctor import NameServer as Address

STRING_BYTES = 255
"""RFC 1035 section 3.3: a character-string holds no more, and a TXT record several."""


class NameServer:
    """Answers for what was put into it, for as long as the `with` block lasts.

    It knows the top-level domain `test`, unless `walled`: then it denies that too, as the server of a closed
    network does. Names in `silent` get no answer, names in `failing` get SERVFAIL.
    """

    def __init__(self, *, walled: bool = False) -> None:
        self.records: dict[tuple[str, str], list[str]] = {} if walled else {("test", "NS"): ["ns.test."]}
        self.silent: set[str] = set()
        self.failing: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self._server = _Udp(("127.0.0.1", 0), _Handler)
        self._server.zone = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)

    @property
    def address(self) -> Address:
        return Address("127.0.0.1", self._server.server_address[1])

    def put(self, name: str, kind: str, *values: str) -> None:
        """Records in the form of a zone file; TXT as plain text."""
        shown = map(_quoted, values) if kind == "TXT" else values
        self.records.setdefault((name.lower(), kind), []).extend(shown)

    def take_away(self, name: str, kind: str) -> None:
        del self.records[name.lower(), kind]

    def answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if name in self.silent:
            return None
        reply = dns.message.make_response(query, recursion_available=True)
        values = self.records.get((name, kind))
        if name in self.failing:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif values:
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *values))
        elif not self._exists(name):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()

    def _exists(self, name: str) -> bool:
        """A name with other records, or with names below it (RFC 8020)."""
        return any(known == name or known.endswith(f".{name}") for known, _ in self.records)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Udp(socketserver.UDPServer):
    zone: NameServer


class _Handler(socketserver.BaseRequestHandler):
    server: _Udp
    request: Any

    def handle(self) -> None:
        wire, socket = self.request
        answer = self.server.zone.answer(wire)
        if answer is not None:
            socket.sendto(answer, self.client_address)


def _quoted(text: str) -> str:
    return " ".join(f'"{piece}"' for piece in _pieces(text))


def _pieces(text: str) -> Iterable[str]:
    return (text[start : start + STRING_BYTES] for start in range(0, max(1, len(text)), STRING_BYTES))
