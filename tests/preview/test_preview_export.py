"""The preview as one file: the same views, nothing live, and nobody's details."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.cli.small import DRAFT, EVERYBODY, Small
from tests.preview.conftest import watched


@pytest.fixture
def exported(small: Small) -> Path:
    """The file that the command writes."""
    small.change(f"drafts/{DRAFT}.md", "it was long.", 'it was TODO. </script><!-- "quoted" & more')
    result = small.good("preview", DRAFT, "--export", "preview.html")
    assert "wrote preview.html" in result.err
    assert "addresses are masked" in result.err
    assert result.out == b""
    return small.root / "preview.html"


def test_the_file_holds_no_address_and_no_name_of_a_reader(exported: Path) -> None:
    """Only masked ones; and no link by which anybody could be unsubscribed."""
    text = exported.read_text(encoding="utf-8")
    assert [address for address in EVERYBODY if address in text] == []
    assert not any(name in text for name in ("Siân", "O'Brien", "Upper Thornby", "tabcdefghijkl"))
    assert "s…@example.org" in text
    assert "subject=unsubscribe%20test" in text


def test_the_file_shows_every_view_and_asks_for_nothing(browser: Browser, small: Small, exported: Path) -> None:
    """Opened from the disk: each tab, each edition, each client and screen, no request, no complaint."""
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    seen = watched(context, small, "file:")
    seen.page.goto(exported.as_uri())
    seen.settle()
    assert "it was TODO." in seen.mail()
    assert "Please put this on the agenda" in seen.mail()
    seen.page.select_option("#edition", "members")
    seen.until(lambda: "Please put this on the agenda" not in seen.mail())
    seen.page.click("label:has([name=look][value=dark])")
    ground = "getComputedStyle(there.querySelector('.page')).backgroundColor"
    seen.until(lambda: seen.frame(ground) == "rgb(31, 32, 35)")
    seen.page.click("label:has([name=client][value=outlook])")
    seen.until(lambda: seen.frame("there.querySelectorAll('table[width=\"640\"]').length") > 0)
    seen.tab("people")
    assert seen.text("#people-title") == "5 people would get it"
    assert seen.page.is_hidden("#people-text")
    assert "Name" not in seen.text("#people thead")
    seen.tab("checks")
    seen.page.get_by_role("button", name=f"drafts/{DRAFT}.md, line 11").first.click()
    assert "TODO" in seen.text("#lines .here")
    seen.tab("send")
    assert seen.page.is_hidden("#approval")
    assert seen.text("#receipt")
    assert {url for url in seen.asked if not url.startswith(("file:", "data:", "about:"))} == set()
    assert seen.complaints == []
    context.close()


def test_a_draft_without_segments_gives_no_file(small: Small) -> None:
    """It is refused in the words of `plan`, with its exit code."""
    small.change(f"drafts/{DRAFT}.md", "segments: [clp-secretaries, members]\n", "")
    result = small.run("preview", DRAFT, "--export", "preview.html")
    assert result.code == 3
    assert "the draft names no segments, so nobody would get it" in result.err
    assert "Add: segments: [clp-secretaries, members]" in result.err
    assert not (small.root / "preview.html").exists()


def test_a_draft_that_cannot_be_read_gives_no_file(small: Small) -> None:
    """The mistake is told as everywhere, with its exit code."""
    small.change(f"drafts/{DRAFT}.md", "title:", "titel:")
    result = small.run("preview", DRAFT, "--export", "preview.html")
    assert result.code == 3
    assert f"drafts/{DRAFT}.md:3" in result.err
    assert not (small.root / "preview.html").exists()
