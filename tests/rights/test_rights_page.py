"""The page of everything held, as the person it is about meets it."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from newsletter.rights import as_page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NASTY = "<script>alert(1)</script>&amp;\u202e" + "w" * 90
AT = "2026-11-24T15:23:43+00:00"
HELD: dict[str, Any] = {
    "address": "jo@example.org",
    "made_at": AT,
    "code": "fr6cj753kqt235pp",
    "lists": [
        {"file": "lists/members.csv", "line": 3, "fields": {"email": "jo@example.org", "first_name": NASTY}}
    ],
    "consent": [{"file": "lists/members.csv", "source": "form", "date": "2026-04-13", "wording": NASTY}],
    "suppressions": [
        {
            "reason": NASTY,
            "source": "link",
            "at": AT,
            "event_id": "e1",
            "lifted_at": AT,
            "lifted_why": "came back",
            "list": "members",
        }
    ],
    "messages": [
        {
            "issue": "nec-2026-11-17",
            "kind": "real",
            "run": "r1",
            "segment": "members",
            "list": "members",
            "address": "jo@example.org",
            "merged": {"first_name": NASTY, "@sign_up": "by form on 13 April 2026", "clp": None},
            "state": "accepted",
            "attempts": 1,
            "reply_code": "250",
            "detail": "",
            "provider_id": "p1",
            "claimed_at": AT,
            "settled_at": None,
            "events": [
                {
                    "source": "mail",
                    "event_id": "m1",
                    "attempt": None,
                    "fate": "bounced",
                    "name": "failed",
                    "at": AT,
                    "told_at": AT,
                    "status": "5.1.1",
                    "detail": NASTY,
                }
            ],
        }
    ],
    "audit": [
        {"at": AT, "by": "maya on laptop", "command": "suppress", "given": {"reason": NASTY}, "exit_code": 0}
    ],
    "outbox": ["outbox/nec-2026-11-17/new/fr6cj753kqt235pp.eml"],
    "asked_to_confirm": 1,
    "numbered_in": ["members.csv"],
    "named_in": ["drafts/report.md:14"],
    "not_searched": ["lists/wide.csv"],
}
NOTHING = {name: [] if isinstance(value, list) else value for name, value in HELD.items()}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 360)])
@pytest.mark.parametrize("held", [HELD, NOTHING], ids=["everything", "nothing"])
def test_the_page_is_plain_to_everybody(
    browser: Browser, held: dict[str, Any], scheme: str, width: int
) -> None:
    """WCAG 2.2 A and AA, nothing wider than the screen, and no value that does anything."""
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    try:
        tab.set_content(as_page(held, sender="Maya Hollins", reply_to="maya@reports.example.org"))
        assert tab.locator("script").count() == 0
        found = Axe().run(tab, options={"runOnly": RULES})
        assert found.violations_count == 0, found.generate_report()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.locator("text=<script>alert(1)</script>&amp;").count() == (6 if held is HELD else 0)
    finally:
        tab.close()


def test_the_page_speaks_to_a_person() -> None:
    """Days in words, and no braces, booleans or names of ours."""
    page = as_page(HELD, sender="Maya Hollins", reply_to="maya@reports.example.org")
    assert "24 November 2026, 15:23" in page
    assert "how you joined" in page
    for raw in ("@sign", "None", "{", "T15:23"):
        assert raw not in page.split("</style>")[1], raw
