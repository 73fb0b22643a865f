"""A whole run by SendGrid: how soon it stops, and that it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.delivery.engine import Ending
from newsletter.delivery.run import Counts
from newsletter.delivery.transports.sendgrid import Access, SendGrid
from tests.delivery.parts import frozen, new_run, opened, send
from tests.sendgrid_stand_in import KEY, Acceptance, Fault, StandIn, Wire

LINES = 3


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_of_us_stops_within_one_request_a_line(tmp_path: Path, status: int) -> None:
    """Credits may end in the middle: who was accepted is, everybody else is pending, and nobody is lost."""
    with StandIn() as sendgrid, opened(tmp_path) as ledger:
        by = SendGrid(Access(KEY, sendgrid.url), lines=LINES, batch=10)
        accepted = Fault(wire=Wire.STATUS, status=202, acceptance=Acceptance.BEFORE)
        sendgrid.script(accepted, accepted, *[Fault(wire=Wire.STATUS, status=status)] * 50)
        run = ledger.freeze(new_run(), frozen(range(300)))
        stopped = send(ledger, run, by)
        assert (stopped.ending, stopped.exit_code) == (Ending.BLOCKED, 5)
        assert stopped.counts == Counts(accepted=20, pending=280)
        assert len(sendgrid.seen) <= 2 + LINES
        sendgrid._server.script.clear()
        assert send(ledger, run, by).counts == Counts(accepted=300)
        assert len(sendgrid.addresses) == len(set(sendgrid.addresses)) == 300
