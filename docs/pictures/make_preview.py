#!/usr/bin/env python3
"""Take the pictures of the preview with the system's Chromium: `python docs/pictures/make_preview.py`.

The program makes an example workspace and serves its preview; a browser opens the link, as the writer would,
clicks through the page on a laptop and on a phone, in light and in dark, and photographs what is seen.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
DRAFT = "2026-11-17-nec"
SLIPS = {
    "We met on Tuesday 17 November": "We met on Monday 17 November",
    "The summary accounts are on the [members’ finance page]": "For the summary accounts [click here]",
}
"""Two slips for the picture of the checks."""

LAPTOP, PHONE = (1440, 940), (390, 844)
TALL = 1180


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """An example workspace and the link to its preview."""
    environment = os.environ | {"NEWSLETTER_SECRET": "a picture holds no secret"}
    command = [sys.executable, "-m", "newsletter"]
    subprocess.run([*command, "init", str(folder)], check=True, capture_output=True)  # noqa: S603  # our own
    preview = subprocess.Popen(  # noqa: S603  # our own
        [*command, "preview", DRAFT, "--no-browser"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert preview.stdout is not None
    try:
        yield preview.stdout.readline().strip()
    finally:
        preview.send_signal(signal.SIGINT)
        preview.wait(timeout=20)


def opened(browser: Browser, link: str, size: tuple[int, int]) -> Page:
    """The page, when the mail is there and everybody is counted."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(link)
    settle(page)
    return page


def settle(page: Page) -> None:
    """Until the mail is there and everybody is counted."""
    page.locator(".screen iframe:not(.incoming)").first.wait_for()
    page.locator("#fact-people", has_text="people").wait_for()
    page.wait_for_timeout(600)


def take(page: Page, name: str, scheme: Literal["light", "dark"] = "light") -> None:
    """Photograph what is seen."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_timeout(400)
    page.screenshot(path=HERE / f"preview-{name}.png")


def photograph(page: Page, draft: Path) -> None:
    """The main views, each as a person would come to it."""
    page.click("[data-step=next]")
    page.click("label:has([name=width][value=all])")
    settle(page)
    take(page, "mail-light")
    page.click("label:has([name=look][value=dark])")
    settle(page)
    take(page, "mail-dark", "dark")
    page.click("#tab-people")
    take(page, "people-dark", "dark")
    page.click("#tab-send")
    page.select_option("#way", "smtp")
    page.locator("#command", has_text="--receipt").wait_for()
    page.set_viewport_size({"width": LAPTOP[0], "height": TALL})
    take(page, "send-light")
    page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
    page.select_option("#way", "outbox")
    page.click("#tab-checks")
    slip(draft)
    page.locator(".problem", has_text="click here").wait_for()
    page.locator(".problem .link").first.click()
    take(page, "checks-light")


def photograph_phone(page: Page) -> None:
    """The same page on a phone."""
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.click("#tab-mail")
    page.evaluate("sessionStorage.clear()")
    page.reload()
    settle(page)
    take(page, "phone-light")
    page.click("#tab-inbox")
    take(page, "phone-dark", "dark")


def slip(draft: Path) -> None:
    """Write the slips into the draft, as somebody in a hurry would."""
    text = draft.read_text(encoding="utf-8")
    for right, wrong in SLIPS.items():
        text = text.replace(right, wrong)
    draft.write_text(text, encoding="utf-8")


def main() -> None:
    """Take every picture."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise SystemExit(f"none of these browsers is installed: {', '.join(BROWSERS)}")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        folder = Path(scratch) / "reports"
        with served(folder) as link:
            browser = driver.chromium.launch(executable_path=found, args=SWITCHES)
            page = opened(browser, link, LAPTOP)
            photograph(page, folder / "drafts" / f"{DRAFT}.md")
            photograph_phone(page)
            browser.close()
    for picture in sorted(HERE.glob("preview-*.png")):
        sys.stdout.write(f"wrote {picture.name} ({picture.stat().st_size / 1000:.0f} KB)\n")


if __name__ == "__main__":
    main()
