"""The preview of 100,000 people in a real browser: how soon the mail is seen, and how soon a saved edit.

    python -m benchmarks.preview

Chromium opens the link that the real command prints. An edit is one save of a report of 2,800 words, timed
until its new words stand in the frame.
"""

from __future__ import annotations

import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness import Figure, environment, main, scratch
from benchmarks.people import rows, write_list
from newsletter.workspace import initialise

if TYPE_CHECKING:
    from playwright.sync_api import Page

_DRAFT = "2026-11-17-nec"
_BEFORE, _AFTER = "We met on Tuesday", "We met, as edit {number} says, on Tuesday"
_SETTLED_S = 0.8
"""Between two edits, so that one is not measured with the other's counting."""
_PATIENCE_S = 60

_SEEN = """(words) => document.querySelector(".screen iframe:not(.incoming)")
  ?.contentDocument?.body?.innerText.includes(words)"""
_COUNTED = """() => document.getElementById("fact-people")?.textContent.includes("people")"""


def measure(quick: bool) -> Sequence[Figure]:
    """Seconds to the mail and to the count, and the median edit; nothing where there is no browser."""
    people, edits = (10_000, 4) if quick else (100_000, 15)
    chromium = shutil.which("chromium")
    found = _measured(people, edits, chromium) if chromium else (None, None, None)
    to_mail_s, to_count_s, edit_s = found
    what = f"preview of {people:,} people"
    return [
        Figure(what=f"{what}, to the mail seen", against="–", measured=to_mail_s, unit="s", at_most=2),
        Figure(what=f"{what}, to everybody counted", against="–", measured=to_count_s, unit="s"),
        Figure(
            what="an edit, from the save to its words seen",
            against="–",
            measured=None if edit_s is None else edit_s * 1_000,
            unit="ms",
            at_most=500,
        ),
    ]


def _measured(people: int, edits: int, chromium: str) -> tuple[float, float, float]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - an extra of the tests

    with scratch() as folder, sync_playwright() as driver:
        workspace = folder / "reports"
        initialise(workspace)
        write_list(workspace / "lists/members.csv", rows(people))
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        begun = time.perf_counter()
        with _served(workspace) as link:
            page.goto(link)
            to_mail_s = _until(lambda: page.evaluate(_SEEN, _BEFORE)) - begun
            to_count_s = _until(lambda: page.evaluate(_COUNTED)) - begun
            draft = workspace / f"drafts/{_DRAFT}.md"
            taken_s = [_edit(page, draft, number) for number in range(edits)]
        browser.close()
    return to_mail_s, to_count_s, statistics.median(taken_s)


@contextmanager
def _served(workspace: Path) -> Iterator[str]:
    """The link of a preview that runs."""
    command = [sys.executable, "-m", "newsletter", "preview", _DRAFT, "--no-browser"]
    preview = subprocess.Popen(
        command, cwd=workspace, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert preview.stdout is not None
    try:
        yield preview.stdout.readline().strip()
    finally:
        preview.send_signal(signal.SIGINT)
        preview.wait(timeout=_PATIENCE_S)


def _edit(page: Page, draft: Path, number: int) -> float:
    """Save one edit; how long until it is seen."""
    time.sleep(_SETTLED_S)
    text = draft.read_text(encoding="utf-8")
    new = _AFTER.format(number=number)
    old = _AFTER.format(number=number - 1) if number else _BEFORE
    begun = time.perf_counter()
    draft.write_text(text.replace(old, new), encoding="utf-8")
    return _until(lambda: page.evaluate(_SEEN, new)) - begun


def _until(is_so: Callable[[], object]) -> float:
    """When it became so. A page that is just being opened cannot be asked, and is asked again."""
    from playwright.sync_api import Error  # noqa: PLC0415

    end = time.perf_counter() + _PATIENCE_S
    while True:
        try:
            if is_so():
                return time.perf_counter()
        except Error:
            pass
        assert time.perf_counter() < end, "the page does not come to it"
        time.sleep(0.01)


if __name__ == "__main__":
    main(measure, __doc__)
