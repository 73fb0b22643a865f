"""What changes is told to every page that listens."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from newsletter.delivery.clock import SystemClock
from newsletter.preview.desk import Choice, Desk
from newsletter.preview.live import Live


def test_a_change_while_the_last_is_on_its_way_is_told(tmp_path: Path) -> None:
    """A page that is slow to take one change does not wait a quarter of a minute, or for ever, for the next."""

    async def listen() -> list[str]:
        noon = datetime(2026, 11, 17, 12, tzinfo=UTC)
        live = Live(Desk(tmp_path, {}, Choice(tmp_path), now=lambda _: noon, clock=SystemClock()))
        told = live.told()
        heard = [await anext(told)]
        for _ in range(2):  # Nobody waits at this moment: what was told last is still being sent.
            live._announce()
        heard.append(await asyncio.wait_for(anext(told), 5))
        asyncio.get_running_loop().call_later(0.05, live._announce)
        heard.append(await asyncio.wait_for(anext(told), 5))
        live.close()
        return heard

    assert asyncio.run(listen()) == ["data: 0\n\n", "data: 2\n\n", "data: 3\n\n"]
