"""`/sendgrid/events`, where SendGrid posts what became of the mail.

Rules:

1. A post is answered with 2xx when what it says is on the disk, and not before: whatever SendGrid does not know
   to be heard it tells again, for a day.
2. A post that is not SendGrid's learns nothing but a status.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter.delivery.clock import SystemClock
from newsletter.feedback.sendgrid import ACCOUNT_CHANGED
from newsletter.feedback.webhook import MOST_BYTES, SIGNATURE, TIMESTAMP, Post, Refused, opened
from newsletter.log import Happening
from newsletter.site.office import office_of
from newsletter.site.requests import body_of

PATH: Final = "/sendgrid/events"

_log = logging.getLogger(__name__)


async def _events(request: Request) -> Response:
    office = office_of(request)
    post = Post(
        await body_of(request, at_most=MOST_BYTES),
        request.headers.get(SIGNATURE, ""),
        request.headers.get(TIMESTAMP, ""),
    )
    group = office.settings.sendgrid.unsubscribe_group
    try:
        # A full post takes a while to verify and to read; pages must not wait for it.
        posted = await asyncio.to_thread(
            opened, post, office.sendgrid_keys, group=group, now=SystemClock().now()
        )
    except Refused as refused:
        _log.warning("a post to %s was refused: %s", PATH, refused.why)
        return Response(status_code=refused.status)
    await office.records.write(lambda ledger: ledger.events.take(posted.events))
    for event in posted.events:
        if event.name == ACCOUNT_CHANGED:
            _log.error("%s: SendGrid says of the account: %s", Happening.ACCOUNT_CHANGED.value, event.detail)
    return Response(status_code=204)


ROUTES = [Route(PATH, _events, methods=["POST"])]
