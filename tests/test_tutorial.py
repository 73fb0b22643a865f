"""The tutorial, walked through as it is written: the real commands, a real mail server, in an empty folder.

The commands run in this process, as `docs/make_tutorial.py` has it; the mail server is one of its own.
"""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.fixture(scope="module")
def pages() -> tuple[str, str]:
    """The page as it stands and as this walk would write it, both without what differs from walk to walk."""
    script = runpy.run_path(str(DOCS / "make_tutorial.py"))
    written = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    return script["settled"](written), script["settled"](script["walked"](written))


def test_every_answer_in_the_tutorial_is_what_the_program_says(pages: tuple[str, str]) -> None:
    """Run: python docs/make_tutorial.py."""
    written, walked = pages
    assert walked.splitlines() == written.splitlines(), "out of date; run: python docs/make_tutorial.py"


def test_the_tutorial_ends_with_everybody_sent_to_once(pages: tuple[str, str]) -> None:
    """The walk is a real one: the server took each mail, and the second send found nobody left."""
    _, walked = pages
    assert "$ ls inbox/new | wc -l\n7\n" in walked
    assert "to send: 0 " in walked
    assert walked.count(": complete\n") == len(["sent", "sent again"])
