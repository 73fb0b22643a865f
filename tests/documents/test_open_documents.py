"""OpenDocument texts: everything that LibreOffice writes into a report comes out, or is said to be left out."""

from __future__ import annotations

from tests.documents.office import (
    a,
    box,
    changes,
    comment,
    document,
    h,
    items,
    note,
    p,
    picture,
    span,
    table,
)
from tests.documents.reading import Imported, imported

TITLE = p("Report of the NEC meeting, 16 March 2027", style="Title")
PROSE = p("We met in person, and I write this on the train home while I still remember what was said.")


def made(*inner: str) -> Imported:
    return imported(document(TITLE, PROSE, *inner), "report.odt")


def body(*inner: str) -> str:
    return made(*inner).body.split("\n\n", 1)[1]


def test_headings_lists_and_quotations() -> None:
    """By outline level, by list and depth, by a style that is based on the one for quotations."""
    found = body(
        h("Finance"),
        PROSE,
        h("Reserves", 2),
        items(p("one") + items(p("two")), p("three") + p("more of three")),
        items(p("first"), p("second"), style="L2"),
        p("Said by somebody.", style="P2"),
    )
    assert found == (
        "## Finance\n\nWe met in person, and I write this on the train home while I still remember what was said.\n\n"
        "### Reserves\n\n- one\n  - two\n- three\n\n  more of three\n\n1. first\n2. second\n\n> Said by somebody."
    )


def test_a_bold_style_makes_a_heading() -> None:
    """As a bold line does."""
    assert body(p("Membership", style="P1"), PROSE).startswith("## Membership\n")


def test_emphasis_links_spaces_and_breaks() -> None:
    """Styles of letters, runs of spaces, tabs and line breaks are elements here."""
    found = body(
        p(
            span("Bold", "T1"),
            " and ",
            span("italic", "T2"),
            '<text:s text:c="2"/>and on the 16',
            span("th", "T3"),
            " ",
            span("underlined", "T4"),
            "<text:line-break/>",
            a("a link", "https://example.org/a"),
            "<text:bookmark text:name='x'/>.",
        )
    )
    assert found == "**Bold** and *italic*  and on the 16th *underlined*\\\n[a link](https://example.org/a)."


def test_changes_are_accepted_and_comments_told() -> None:
    """Neither what was deleted nor what a colleague asked is in the draft."""
    found = imported(
        document(changes("on Monday"), TITLE, PROSE, p("It costs £4.", comment("Sure?"))), "report.odt"
    )
    assert found.body.endswith("It costs £4.")
    assert found.left == {"deleted text": "on Monday", "comment": "Jo Bell: Sure?"}


def test_footnotes_come_at_the_end() -> None:
    """In the order in which they are called."""
    found = body(p("It costs £4.", note("Provisional.", 1), " It did.", note("Since 2019.", 2)))
    assert found == "It costs £4.\\[1\\] It did.\\[2\\]\n\n## Notes\n\n1. Provisional.\n2. Since 2019."


def test_tables_pictures_and_boxes() -> None:
    """A table with its head, a picture's place, a box after the paragraph it hangs on."""
    found = body(
        table(("Motion", "For"), ("One", "21"), head=True),
        p(picture("A chart")),
        p("Before", box(p("in the box")), " and after"),
    )
    assert found == (
        "| Motion | For |\n|---|---:|\n| One | 21 |\n\n\\[picture to put here: A chart\\]\n\nBefore and after\n\nin the box"
    )


def test_struck_text_is_shown() -> None:
    """It would read as if it still held."""
    found = made(p("It was ", span("not", "T5"), " agreed."))
    assert "It was ~~not~~ agreed." in found.body
    assert found.looks("struck through")


def test_a_table_of_contents_is_left_out_and_told() -> None:
    """Every mail has one of its own."""
    contents = (
        f"<text:table-of-content><text:index-body>{p('Finance 2')}</text:index-body></text:table-of-content>"
    )
    found = made(contents, p("And so on."))
    assert "Finance" not in found.draft.text
    assert found.left["table of contents"] == "Finance 2"


def test_what_a_style_hides_is_told_and_left_out() -> None:
    """A paragraph, and words in one."""
    made = document(
        h("Finance"),
        p("It was close", span(" (Jo told me)", "T6"), "."),
        p("Only for me.", style="P7"),
    )
    found = imported(made, "report.odt")
    assert found.body.endswith("It was close.")
    assert [text for what, text in found.draft.left if what == "hidden text"] == [
        " (Jo told me)",
        "Only for me.",
    ]


def test_a_table_in_a_cell_is_one_line_of_it() -> None:
    """Its rows are not those of the table around it."""
    inner = table(("For", "21"), ("Against", "13"))
    outer = table(("Motion", "Votes"), ("To meet in the north", "HERE")).replace(p("HERE"), inner)
    found = imported(document(h("Finance"), p("The votes were these."), outer), "report.odt")
    assert "| To meet in the north | For 21 Against 13 |" in found.body
