"""A real preview, served by the real command, and a real browser that looks at it."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from tests.cli import small as small_workspace
from tests.cli.command import clean_environment
from tests.cli.small import Small


@dataclass
class Served:
    """A preview that runs: its workspace, its link, and where it listens."""

    small: Small
    link: str
    process: subprocess.Popen[bytes]

    @property
    def origin(self) -> str:
        return "/".join(self.link.split("/")[:3])

    @property
    def authority(self) -> str:
        return self.origin.removeprefix("http://")

    @property
    def room(self) -> str:
        """The path that nobody can guess, with its slashes."""
        return f"/{self.link.split('/')[3]}/"


def start(small: Small, *arguments: str, draft: str = "report") -> Served:
    """Start the preview of a workspace, and read its link."""
    process = subprocess.Popen(
        [sys.executable, "-m", "newsletter", "preview", draft, "--no-browser", *arguments],
        cwd=small.root,
        env=clean_environment(small.env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    return Served(small, process.stdout.readline().decode().strip(), process)


def stop(served: Served) -> int:
    """End it as Ctrl-C does; its exit code."""
    served.process.send_signal(signal.SIGINT)
    served.process.communicate(timeout=20)
    return served.process.returncode


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """A fresh workspace of five people."""
    return small_workspace.make(tmp_path)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One preview for all tests; each finds its files as they were at first."""
    running = start(small_workspace.make(tmp_path_factory.mktemp("preview")))
    yield running
    stop(running)


@pytest.fixture
def own(small: Small) -> Iterator[Served]:
    """A preview for one test alone, which may end it."""
    running = start(small)
    yield running
    if running.process.poll() is None:
        stop(running)
    elif running.process.stderr and not running.process.stderr.closed:
        pytest.fail(f"it ended by itself: {running.process.communicate()}")


@dataclass
class Seen:
    """A page that shows a preview, and all that it asked for and complained of."""

    page: Page
    small: Small
    origin: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def until(self, condition: Callable[[], Any], *, within_s: float = 15) -> Any:
        """Wait for something to be so, and give it."""
        end = time.monotonic() + within_s
        while not (found := condition()):
            assert time.monotonic() < end, f"it did not come about; {self.account()}"
            self.page.wait_for_timeout(40)
        return found

    def account(self) -> str:
        """What the page and the preview say of themselves, for when something does not come about."""
        words = {
            name: self.text(f"#{name}") for name in ("live", "notice", "trouble", "fact-checks", "lines-title")
        }
        page = self.page.evaluate("({number: state.number, fresh: state.fresh, linesShown})")
        state = self.page.evaluate("fetch('state').then((answer) => answer.json())")
        told = {name: state.get(name) for name in ("number", "fresh", "trouble", "uncounted")}
        return f"the page: {words}, {page}; the preview: {told}; asked: {self.asked[-8:]}; {self.complaints}"

    def text(self, selector: str) -> str:
        return self.page.locator(selector).text_content() or ""

    def frame(self, expression: str, device: str = "") -> Any:
        """What an expression of `there`, the document in a frame, comes to."""
        where = f'.device[data-kind="{device}"]' if device else ".device:not([hidden])"
        return self.page.evaluate(
            f"""() => {{
              const frame = document.querySelector('{where} iframe:not(.incoming)');
              const there = frame?.contentDocument;
              return there?.body ? ({expression}) : null;
            }}"""
        )

    def mail(self, device: str = "") -> str:
        """The words of the mail that is seen."""
        return str(self.frame("there.body.innerText", device) or "")

    def until_in_mail(self, words: str, device: str = "") -> None:
        """Wait for words to stand in the mail that is seen."""
        self.until(lambda: words in self.mail(device))

    def settle(self) -> None:
        """Until the mail is there and everybody is counted."""
        self.until(lambda: self.mail() and self.text("#fact-inside") and self.text("#receipt"))

    def tab(self, name: str) -> None:
        self.page.click(f"#tab-{name}")


def watched(context: BrowserContext, small: Small, origin: str) -> Seen:
    """A new page that writes down what it asks for."""
    seen = Seen(context.new_page(), small, origin)

    def asked(request: Request) -> None:
        seen.asked.append(request.url)

    seen.page.on("request", asked)
    seen.page.on("console", lambda message: seen.complaints.append(message.text))
    seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    return seen


@dataclass(frozen=True, slots=True)
class Opened:
    """A browser profile that has opened the preview's link, and the receipt of the workspace as it was made."""

    context: BrowserContext
    room: str
    receipt: str

    def state(self) -> dict[str, Any]:
        """What the preview tells the page."""
        told: dict[str, Any] = self.context.request.get(f"{self.room}state").json()
        return told

    def settled(self, *, after: int = 0, receipt: str = "") -> dict[str, Any]:
        """Wait until a reading later than `after` is shown and counted, of this receipt if one is given."""
        end = time.monotonic() + 30
        while True:
            state = self.state()
            good = state["number"] > after and not state["trouble"] and state.get("fresh")
            if good and receipt in ("", state["plan"]["receipt"]):
                return state
            assert time.monotonic() < end, f"it does not come to that: {state}"
            time.sleep(0.02)


@pytest.fixture(scope="session")
def opened(browser: Browser, served: Served) -> Iterator[Opened]:
    """A browser profile for all tests, and what the preview showed at first."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.goto(served.link)
    page.wait_for_url(f"{served.origin}{served.room}")
    page.close()
    room = f"{served.origin}{served.room}"
    first = Opened(context, room, "").settled()
    yield Opened(context, room, first["plan"]["receipt"])
    context.close()


@pytest.fixture
def seen(opened: Opened, served: Served) -> Iterator[Seen]:
    """The page as a person finds it who has just opened it."""
    as_at_first(opened, served)
    seen = watched(opened.context, served.small, served.origin)
    seen.page.goto(opened.room)
    seen.settle()
    seen.asked.clear()
    seen.complaints.clear()
    yield seen
    seen.page.close()


def as_at_first(opened: Opened, served: Served) -> None:
    """Have the preview show what it showed at first, whatever the last test did.

    Where a file was put back, that is a later reading than the one which still shows what the last test wrote.
    """
    before = opened.state()
    restored = restore(served.small)
    choice = {"draft": "report.md", "segments": [], "way": "outbox"}
    opened.context.request.post(f"{opened.room}choose", data=choice, headers={"Origin": served.origin})
    opened.settled(after=before["number"] if restored else 0, receipt=opened.receipt)


def restore(small: Small) -> bool:
    """Have the workspace's files as they were made, and no others; whether they were not."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = held(small_workspace.make(Path(folder)).root)
    found = held(small.root)
    for name in found.keys() - wanted.keys():
        (small.root / name).unlink()
    for name in (name for name, content in wanted.items() if found.get(name) != content):
        small.write(name, wanted[name])
    return found != wanted


def held(root: Path) -> dict[str, bytes]:
    """What a person wrote in a workspace."""
    folders = ("drafts", "lists", "templates")
    paths = [root / "newsletter.yaml", *(path for name in folders for path in (root / name).rglob("*"))]
    return {str(path.relative_to(root)): path.read_bytes() for path in paths if path.is_file()}
