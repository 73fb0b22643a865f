"""Neither the key nor an address reaches a log, an error or a repr, however badly a run goes."""

from __future__ import annotations

import logging
import traceback

import pytest

from newsletter.delivery.transports.sendgrid import Extras, SendGrid
from tests.sendgrid_mail import access, deliver, parcels
from tests.sendgrid_stand_in import KEY, Fault, StandIn, Wire

DUPLICATE = (
    b'{"errors":[{"message":"We found the first duplicate instance of [member0@example.org] in to.",'
    b'"field":"personalizations.0.to"}]}'
)
FAULTS = [
    Fault(wire=Wire.STATUS, status=400, body=DUPLICATE),
    Fault(wire=Wire.STATUS, status=401, body=DUPLICATE),
    Fault(wire=Wire.STATUS, status=403, body=DUPLICATE),
    Fault(wire=Wire.STATUS, status=503, body=DUPLICATE),
    Fault(wire=Wire.STATUS, status=302, headers=(("Location", "http://127.0.0.1:9/member0@example.org"),)),
    Fault(wire=Wire.CLOSE),
    Fault(wire=Wire.GARBAGE),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.wire.name}-{fault.status}")
def test_no_log_error_or_outcome_shows_a_key_or_an_address(
    fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    """With every logger at DEBUG, as a program embedding this might set them."""
    caplog.set_level(logging.DEBUG)
    for name in ("python_http_client", "python_http_client.client", "sendgrid", "urllib3"):
        caplog.set_level(logging.DEBUG, logger=name)
    with StandIn() as sendgrid:
        sendgrid.script(*[fault] * 3)
        reached = access(sendgrid)
        transport = SendGrid(reached)
        collected, ended = deliver(parcels(1), reached)
    shown = caplog.text + repr(collected.outcomes) + repr(transport) + repr(reached) + repr(parcels(1))
    shown += "".join(traceback.format_exception(ended)) if ended else ""
    assert KEY not in shown
    assert "member0@example.org" not in shown


def test_the_stand_in_did_get_the_key(caplog: pytest.LogCaptureFixture) -> None:
    """So that the silence above is not that of a request without one."""
    caplog.set_level(logging.DEBUG)
    with StandIn() as sendgrid:
        deliver(parcels(1), access(sendgrid), extras=Extras())
        assert sendgrid.seen[0].headers["Authorization"] == f"Bearer {KEY}"
