"""The finished site as a browser, a validator and a screen reader meet it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from newsletter.publish import public_copy, site
from newsletter.publish.archive import Archive
from newsletter.publish.site import Site
from tests.cli import small as small_workspace
from tests.publish.cases import EXAMPLES, LOOK, TEMPLATES, example, report
from tests.publish.test_print import EVERY_KIND, QUICKLY
from tests.site.pages import online, served

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCREENS = {"phone": 360, "desk": 1200}
TRANSPARENT = "p.disclaimer, p.disclaimer::first-line { color: transparent !important }"
MORE = 'corrections: [{date: 2026-12-05, text: "It is £640,000, see [the accounts](https://example.org/a)."}]\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of two issues: an example, and one with everything that a draft can hold."""
    made = Site(look=LOOK, templates=TEMPLATES, fonts=None, list_id="nec.example", noindex=False)
    everything = public_copy(replace(report("## A heading\n\n" + EVERY_KIND, MORE), issue="every-kind"), LOOK)
    files: dict[str, bytes] = {}
    kept = Archive()
    for each in (example(EXAMPLES[1]), everything):
        new, entry = site.issue_files(made, each)
        files |= new
        kept = kept.with_entry(entry)
    root = tmp_path_factory.mktemp("site")
    for name, held in (files | site.whole_files(made, kept)).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(held)
    return root


@pytest.fixture(scope="module")
def pages(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html")))


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing is told."""


@pytest.fixture(scope="module")
def origin(folder: Path) -> Iterator[str]:
    """The site, served from its folder as any web server would."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def _lacking(words: str) -> None:
    pytest.fail(words) if os.environ.get("CI") == "true" else pytest.skip(words)


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Page:
    return browser.new_page()


@pytest.fixture(params=[("phone", "dark"), ("desk", "light")], ids=" in ".join)
def screen(tab: Page, request: pytest.FixtureRequest) -> tuple[Page, int]:
    """A browser's tab on a phone in dark, and at a desk in light; and how wide it is."""
    kind, scheme = request.param
    tab.set_viewport_size({"width": SCREENS[kind], "height": 900})
    tab.emulate_media(color_scheme=scheme)
    return tab, SCREENS[kind]


def test_axe_finds_nothing(screen: tuple[Page, int], origin: str, pages: tuple[str, ...]) -> None:
    """WCAG 2.2 A and AA, and good practice, on every page."""
    tab, _ = screen
    for name in pages:
        tab.goto(origin + name)
        found = Axe().run(tab, options={"runOnly": RULES})
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"


def test_a_page_asks_for_itself_alone(tab: Page, origin: str, pages: tuple[str, ...]) -> None:
    """One request, and no script: what the writer's pages know of a reader is that somebody came."""
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    for name in pages:
        tab.goto(origin + name)
        assert tab.evaluate("document.scripts.length + document.forms.length") == 0
    assert [url for url in asked if not url.endswith("/favicon.ico")] == [origin + name for name in pages]


def test_the_disclaimer_is_seen(screen: tuple[Page, int], origin: str, pages: tuple[str, ...]) -> None:
    """It takes room, and its letters leave a mark on the screen; and no page is wider than the screen."""
    tab, width = screen
    for name in pages:
        tab.goto(origin + name)
        piece = tab.locator("p.disclaimer")
        box = piece.bounding_box()
        assert box
        assert box["width"] > 200
        assert box["height"] > 40
        shown = piece.screenshot()
        tab.add_style_tag(content=TRANSPARENT)
        assert piece.screenshot() != shown
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_links_within_the_site_lead_somewhere(tab: Page, origin: str, pages: tuple[str, ...]) -> None:
    """From page to page, to the print edition and to each heading, as a person would click."""
    tab.goto(origin + "index.html")
    tab.click("main a >> nth=0")
    tab.wait_for_url("**/issues/**")
    assert tab.url.removeprefix(origin) in pages
    targets = tab.eval_on_selector_all("nav a", "links => links.map(link => link.hash.slice(1))")
    assert targets
    assert all(tab.evaluate("id => document.getElementById(id) !== null", target) for target in targets)
    paper = tab.get_attribute(".copies a", "href")
    there = tab.request.get(tab.url.replace("index.html", str(paper)))
    assert (there.status, there.body()[:5]) == (200, b"%PDF-")
    tab.click("text=All reports")
    tab.wait_for_url(origin + "index.html")


def test_the_validator_finds_nothing(folder: Path, pages: tuple[str, ...]) -> None:
    """The Nu Html Checker, which is the one of the W3C, has no error and no warning for HTML or CSS."""
    jar = Path(os.environ.get("NEWSLETTER_NODE_MODULES", "")) / "vnu-jar" / "build" / "dist" / "vnu.jar"
    if not jar.is_file() or shutil.which("java") is None:
        _lacking("needs Java, and NEWSLETTER_NODE_MODULES with vnu-jar in it: npm install vnu-jar")
    files = [str(folder / name) for name in pages]
    command = ["java", *QUICKLY, "-jar", str(jar), "--stdout", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_newsletter_serve_shows_what_was_published(tab: Page, tmp_path: Path) -> None:
    """With its styles and its pictures, under the policy that the server sends, and without a complaint."""
    small = small_workspace.make(tmp_path)
    online(small)
    small.good("publish", "report")
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    with served(small) as running:
        for path in ("/", f"/issues/{small_workspace.ISSUE}/"):
            answer = tab.goto(running.base + path)
            assert answer
            assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
            assert tab.evaluate("getComputedStyle(document.querySelector('.page')).maxWidth") == "720px"
        assert running.get(f"/issues/{small_workspace.ISSUE}/{small_workspace.ISSUE}.pdf").body[:5] == b"%PDF-"
        assert running.get("/archive.json").status == 404
    assert [words for words in complaints if "favicon" not in words] == []
