"""The disclaimer as a real browser shows it: it takes room, and its letters leave a mark on the screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from newsletter.errors import SourceError
from newsletter.render import fill
from tests.render import test_disclaimer
from tests.render.samples import PERSON, edited, rendered

SIZES = {"a phone": 360, "a desk": 1000}
BOX = """() => {
  const box = document.querySelector("p.disclaimer").getBoundingClientRect();
  return [box.width, box.height];
}"""
TRANSPARENT = """() => {
  const style = document.createElement("style");
  style.textContent = "p.disclaimer, p.disclaimer::first-line { color: transparent !important }";
  document.head.append(style);
}"""


def opened(browser: Browser, html: str, width: int, scheme: str) -> Page:
    """The mail on a screen, with its scripts off but for ours, and nothing fetched."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.route("**/*", lambda route: route.abort())
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_content(html)
    return page


def is_seen(page: Page) -> bool:
    """Whether the box is as large as a sentence, and without its letters the screen would look otherwise."""
    width, height = page.evaluate(BOX)
    if width < 200 or height < 40:
        return False
    piece = page.locator("p.disclaimer")
    shown = piece.screenshot()
    page.evaluate(TRANSPARENT)
    return piece.screenshot() != shown


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", SIZES.values(), ids=SIZES.keys())
def test_the_disclaimer_is_seen_in_a_browser(browser: Browser, theme: str, width: int, scheme: str) -> None:
    """At least 200 by 40 px, on a phone and at a desk, in light and in dark."""
    page = opened(browser, fill(rendered(theme=theme).html, PERSON), width, scheme)
    assert is_seen(page)
    page.close()


@pytest.mark.parametrize("name", test_disclaimer.HARMLESS)
def test_what_the_check_lets_pass_is_seen_in_a_browser(browser: Browser, name: str) -> None:
    """The check's judgement holds where it matters."""
    sources = edited(*test_disclaimer.HARMLESS[name])
    page = opened(browser, fill(rendered(sources=sources).html, PERSON), SIZES["a phone"], "light")
    assert is_seen(page)
    page.close()


HIDING = ["<b style='display:none'>", "<h2 style='display:none'>", "<div style='contain:size;overflow:hidden'>"]


@pytest.mark.parametrize("opening", HIDING)
def test_what_the_check_refuses_is_hidden_in_a_browser(browser: Browser, opening: str) -> None:
    """So the test above can fail: here the browser shows nothing, and there is no edition either."""
    edition = rendered()
    tag = opening[1:].split(maxsplit=1)[0]
    hidden = edition.disclaimer_html
    html = fill(edition.html, PERSON).replace(hidden, f"{opening}{hidden}</{tag}>")
    page = opened(browser, html, SIZES["a desk"], "light")
    assert not is_seen(page)
    page.close()
    with pytest.raises(SourceError):
        rendered(sources=edited(*test_disclaimer.wrapped(opening, f"</{tag}>")))
