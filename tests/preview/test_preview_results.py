"""The results page in a real browser: reached from the preview, and usable by everybody."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.cli.small import ISSUE
from tests.delivery.parts import HandClock
from tests.feedback.told import BEGAN, tell
from tests.preview.conftest import Served, watched


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_the_results_can_be_read_by_everybody(
    own: Served, browser: Browser, scheme: Literal["light", "dark"], width: int
) -> None:
    """axe-core finds nothing, the page is no wider than the screen, and asks nobody else for anything."""
    tell(own.small, HandClock(BEGAN))
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    seen = watched(context, own.small, own.origin)
    seen.page.goto(own.link)
    seen.page.wait_for_url(f"{own.origin}{own.room}")
    seen.page.click("text=Results")
    seen.page.wait_for_selector(f"h1:has-text('{ISSUE}')")
    assert seen.page.locator("svg").count() == 6
    found = Axe().run(seen.page)
    assert found.violations_count == 0, found.generate_report()
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.complaints == []
    assert all(url.startswith((own.origin, "data:")) for url in seen.asked)
    context.close()
