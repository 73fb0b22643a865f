"""What every test starts from, and what tests of several rooms share: one real browser."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Should a page ask for anything elsewhere, the name leads nowhere.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


# How long an example takes says more about the machine than about the code. In CI they are the same each
# time, so that a red run speaks of the change; elsewhere each run looks for new ones.
settings.register_profile(
    "newsletter",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("newsletter")

SATISFIED = Path(__file__).parent / "satisfied"
"""Programs that find nothing wrong, in the place of those that would take a second in every `check`."""

# Begun in the background, as by `pytest &` in a script, a process and its children are deaf to Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ["PATH"] = f"{SATISFIED}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium. Without it a laptop skips, and the continuous build fails."""
    if not CHROMIUM.exists():
        words = "the browser tests need Chromium: apt-get install chromium"
        pytest.fail(words) if os.environ.get("CI") == "true" else pytest.skip(words)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - most tests need no browser

    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield launched
        launched.close()


@pytest.fixture(autouse=True)
def _no_loop_of_the_browsers(request: pytest.FixtureRequest) -> Iterator[None]:
    """While a browser is open Playwright's loop counts as running in this thread, also between its tests."""
    if "browser" in request.fixturenames:
        yield
        return
    loop = asyncio._get_running_loop()  # Both are in the list of names asyncio.events exports.
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)
