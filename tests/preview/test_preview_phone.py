"""The page on a phone: what matters stands in sight, and is quoted as it was written."""

from __future__ import annotations

from playwright.sync_api import ViewportSize

from tests.cli.small import DRAFT
from tests.preview.conftest import Seen

PHONE: ViewportSize = {"width": 390, "height": 844}


def test_who_gets_it_is_in_sight_on_a_phone(seen: Seen) -> None:
    """Each number in a line with its word, none beyond the edge, and none for a reason that left out nobody."""
    seen.page.set_viewport_size(PHONE)
    seen.tab("people")
    words = seen.page.locator("#counts td:visible").evaluate_all(
        "cells => cells.map(cell => cell.dataset.word)"
    )
    numbers = seen.page.locator("#counts td:visible").all_inner_texts()
    assert numbers == ["2", "2", "6", "3", "3"]
    assert words == ["In the lists", "Get it", "In the lists", "Belongs to another segment", "Get it"]
    assert (
        seen.page.locator("#counts").evaluate("table => table.getBoundingClientRect().right") < PHONE["width"]
    )


def test_a_finding_begins_as_a_sentence_and_quotes_what_is_written(seen: Seen) -> None:
    """“the the” stands there, and not “The the”."""
    seen.small.change(
        f"drafts/{DRAFT}.md", "We met, and", "Ring 07700 900461 on the the day.\n\nOn the the next we met, and"
    )
    seen.tab("checks")
    seen.until(lambda: seen.page.locator(".problem h4").count() == 2)
    assert seen.page.locator(".problem h4").all_inner_texts() == [
        "“the the” has a word twice (in 2 places)",
        "A telephone number stands in the text",
    ]
