"""The text part reads as text: wrapped, bulleted, quoted, with its links numbered."""

from __future__ import annotations

import pytest

from newsletter.render import columns, fill
from tests.render.samples import LOOK, PERSON, rendered


def text(body: str, **changes: object) -> str:
    """The text part for one person."""
    return fill(rendered(body, **changes).text, PERSON)  # type: ignore[arg-type]


def block(body: str) -> str:
    """What a body without headings becomes, without what stands around it."""
    written = text(body, summary=(), preheader="x")
    after = written.split("minute to read.\n\n\n", 1)[1]
    return after.split("\n\n\n", 1)[0]


BLOCKS = {
    "nested bullets": ("- one\n  - two\n    - three\n- four", "• one\n  • two\n    • three\n• four"),
    "numbers": ("9. one\n10. two\n\n    more", " 9. one\n\n10. two\n\n    more"),
    "a list with paragraphs": ("- one\n\n- two", "• one\n\n• two"),
    "a quotation": ("> one\n>\n> - two", "> one\n>\n> • two"),
    "a quotation in a list": ("- one\n\n  > two", "• one\n\n  > two"),
    "emphasis": ("*one* and **two**", "_one_ and *two*"),
    "code": ("    a  b\n    c", "    a  b\n    c"),
    "code in a line": ("say `a *b*` now", "say a *b* now"),
    "a rule": ("one\n\n---\n\ntwo", "one\n\n* * *\n\ntwo"),
    "a hard break": ("one\\\ntwo", "one\ntwo"),
    "a lower heading": ("### Staff\n\none", "Staff\n~~~~~\n\none"),
    "a bare address": ("see https://example.org/a now", "see https://example.org/a now"),
    "an address of mail": ("<ann@example.org>", "ann@example.org"),
    "a table": (
        "|A|B|\n|-|-:|\n|long one|1|\n|two|22|",
        "A          B\n--------  --\nlong one   1\ntwo       22",
    ),
    "wide signs": ("|A|B|\n|-|-|\n|日本|x|\n|abcd|y|", "A     B\n----  -\n日本  x\nabcd  y"),
}


@pytest.mark.parametrize(("body", "shown"), BLOCKS.values(), ids=BLOCKS.keys())
def test_a_block_reads_as_text(body: str, shown: str) -> None:
    """The signs a person would type."""
    assert block(body) == shown


def test_headings_are_numbered_and_underlined() -> None:
    """As in the HTML part, and in the contents list above them."""
    written = text("## One\n\na\n\n## Two\n\nb\n\n::: only members\n## For you\n\nc\n:::\n\n## Three")
    assert (
        "\n1. One\n------\n\na\n\n\n2. Two\n------\n\nb\n\n\nFor you\n-------\n\nc\n\n\n3. Three\n--------\n"
        in written
    )
    assert "In this report\n--------------\n\n 1. One\n 2. Two\n  • For you\n 3. Three\n" in written


def test_links_are_numbered_and_listed_once() -> None:
    """The same address has one number, and the list comes before the footer."""
    written = text("[a](https://example.org/1) [b](https://example.org/2) [c](https://example.org/1)")
    assert "a [1] b [2] c [1]" in written
    assert "Links\n-----\n\n[1] https://example.org/1\n[2] https://example.org/2\n\n\n---" in written


def test_a_picture_is_its_description_and_its_address() -> None:
    """Whoever reads text can still look."""
    written = text("![A chart](https://example.org/a.png)")
    assert "[Picture: A chart] [1]" in written
    assert "[1] https://example.org/a.png" in written


def test_lines_hold_76_columns_measured_with_the_defaults() -> None:
    """A merge field counts as its default, and only a line with a slot may come out longer."""
    body = "Word " * 14 + '{{ clp | default("your") }} ' + "next " * 30 + "https://example.org/" + "x" * 100
    written = fill(rendered(body, segment=None).text, {})
    long = [line for line in written.splitlines() if len(line) > 76]
    assert all("https://" in line and " " not in line for line in long)
    assert "Word " * 14 + "your\n" in written


def test_the_footer_has_the_order_of_the_html_part() -> None:
    """Disclaimer, who and why, the way out, imprint, privacy, web."""
    for part in (rendered().text, rendered().html):
        shown = " ".join(fill(part, PERSON).split())
        said = (
            "This is my personal account",
            "by website form on 3 March 2025",
            "Unsubscribe",
            "maya@hollins.example",
            LOOK.imprint,
            LOOK.privacy_url,
            "https://hollins.example/nec/issues/nec-2026-11-17/",
        )
        places = [shown.rindex(words) for words in said]
        assert places == sorted(places)


def test_a_table_too_wide_for_a_page_wraps_or_becomes_a_list() -> None:
    """No column narrower than a person can read."""
    wide = (
        "|"
        + "|".join(f"Header {n}" for n in range(9))
        + "|\n|"
        + "-|" * 9
        + "\n|"
        + "|".join("cell" for _ in range(9))
        + "|"
    )
    assert block(wide).splitlines()[:2] == ["Header 0: cell", "Header 1: cell"]
    tall = "|A|B|\n|-|-|\n|" + "word " * 40 + "|1|"
    *head, first, second, third = block(tall).splitlines()
    assert len(head) == 2
    assert max(map(len, (first, second, third))) <= 76
    assert (first[-1], second[-1], third[-1]) == ("d", "d", "1")
    both = "|A|B|\n|-|-|\n|" + "word " * 40 + "|" + "next " * 40 + "|"
    assert block(both).startswith("A: word word")


def test_signs_without_spaces_may_break_anywhere() -> None:
    """Chinese and Japanese have no spaces to break at, and take two columns a sign."""
    lines = columns.wrap("日本語。" * 20, 20, columns.columns)
    assert all(columns.columns(line) <= 22 for line in lines)
    assert "".join(lines) == "日本語。" * 20
    assert not any(line.startswith("。") for line in lines)


def test_nothing_but_the_defaults_stands_where_a_person_is_not_known() -> None:
    """The copy for nobody in particular."""
    assert "Dear friend," in fill(rendered('Dear {{ first_name | default("friend") }},', segment=None).text, {})
