"""Documents of Word: everything that Word writes into a report comes out, or is said to be left out."""

from __future__ import annotations

import pytest

from newsletter.documents.readers import docx
from tests.documents.reading import imported
from tests.documents.word import (
    BULLETS,
    NUMBERS,
    STYLES,
    bold,
    box,
    comment_mark,
    comments,
    deleted,
    document,
    footnote_mark,
    footnotes,
    inserted,
    link,
    page_part,
    paragraph,
    picture,
    raised,
    run,
    table,
)

TITLE = paragraph(run("Report of the NEC meeting, 16 March 2027"), style="Title")
PROSE = paragraph(
    run("We met in person, and I write this on the train home while I still remember what was said.")
)


def body(*paragraphs: str, **parts: object) -> str:
    return imported(document(TITLE, PROSE, *paragraphs, **parts), "report.docx").body.split("\n\n", 1)[1]  # type: ignore[arg-type]


def test_headings_are_known_by_what_their_style_does() -> None:
    """A style of any name is a heading if it has an outline level, or is based on one that has."""
    found = body(
        paragraph(run("Finance"), style="Rubrik1"),
        PROSE,
        paragraph(run("Reserves"), style="Section"),
        PROSE,
    )
    assert found.startswith("## Finance\n")
    assert "\n### Reserves\n" in found


def test_a_style_that_is_bold_makes_a_heading_like_bold_letters() -> None:
    """The weight of a style counts as if each word had been made bold."""
    assert body(paragraph(run("Membership"), style="Emphatic"), PROSE).startswith("## Membership\n")


def test_lists_keep_their_depth_and_their_kind() -> None:
    """Three levels of bullets, and numbers with what stands below them."""
    found = body(
        paragraph(run("one"), numbering=(BULLETS, 0)),
        paragraph(run("two"), numbering=(BULLETS, 1)),
        paragraph(run("three"), numbering=(BULLETS, 2)),
        paragraph(run("four"), numbering=(BULLETS, 0)),
        PROSE,
        paragraph(run("first"), numbering=(NUMBERS, 0)),
        paragraph(run("second"), numbering=(NUMBERS, 0)),
    )
    assert "- one\n  - two\n    - three\n- four\n" in found
    assert found.endswith("1. first\n2. second")


def test_word_s_list_styles_have_their_depth_in_their_name() -> None:
    """“List Bullet 2” stands below “List Bullet”, though both are first levels of lists of their own."""
    found = body(paragraph(run("one"), style="ListBullet"), paragraph(run("two"), style="ListBullet2"))
    assert found == "- one\n  - two"


def test_tracked_changes_are_accepted_and_what_was_deleted_is_told() -> None:
    """The draft says what the document says once every change is accepted."""
    made = document(
        TITLE, PROSE, paragraph(run("We met "), deleted("on Monday "), inserted(run("on Tuesday")), run("."))
    )
    found = imported(made, "report.docx")
    assert found.body.endswith("We met on Tuesday.")
    assert found.left["deleted text"] == "on Monday "


def test_comments_stand_in_the_report_and_not_in_the_draft() -> None:
    """A colleague's remark is for the writer."""
    made = document(
        TITLE,
        PROSE,
        paragraph(run("It costs £4."), comment_mark(0)),
        parts={"word/comments.xml": comments(["Check this figure!"])},
    )
    found = imported(made, "report.docx")
    assert "Check" not in found.draft.text
    assert found.left["comment"] == "Jo Bell: Check this figure!"


def test_footnotes_become_a_section_of_notes() -> None:
    """Each is called by its number where it was, and all stand at the end."""
    made = document(
        TITLE,
        PROSE,
        paragraph(run("It costs £4."), footnote_mark(1), run(" It always did."), footnote_mark(2)),
        parts={"word/footnotes.xml": footnotes(["Provisional.", "Since 2019."])},
    )
    found = imported(made, "report.docx")
    assert r"It costs £4.\[1\] It always did.\[2\]" in found.body
    assert found.body.endswith("## Notes\n\n1. Provisional.\n2. Since 2019.")


def test_what_stands_on_every_page_is_told_and_left_out() -> None:
    """A header or footer belongs to the paper."""
    made = document(TITLE, PROSE, parts={"word/header1.xml": page_part("hdr", "NEC report – confidential")})
    assert imported(made, "report.docx").left["header or footer"] == "NEC report – confidential"


def test_tables_keep_their_cells_and_their_head() -> None:
    """Columns of figures stand at the right; a bar in a cell parts no cells."""
    found = body(
        table([["Motion", "For", "Against"], ["One | two", "21", "13"], ["Three", "33", "0"]], head=True)
    )
    assert found == "| Motion | For | Against |\n|---|---:|---:|\n| One \\| two | 21 | 13 |\n| Three | 33 | 0 |"


def test_a_table_without_a_head_is_shown_to_the_writer() -> None:
    """Markdown knows no table without one, so the first row is taken, and said to be."""
    made = document(TITLE, PROSE, table([["Motion", "For"], ["One", "21"]]))
    assert imported(made, "report.docx").looks("the first row of the table")


def test_a_table_of_one_column_is_a_box_around_text() -> None:
    """People frame a paragraph by a table with one cell."""
    assert body(table([["Please put this on the agenda."]])) == "Please put this on the agenda."


def test_pictures_leave_a_sign_that_stops_the_preflight() -> None:
    """No picture is fetched or kept; its description stands in square brackets."""
    made = document(TITLE, PROSE, paragraph(picture("A chart of membership")))
    found = imported(made, "report.docx")
    assert found.body.endswith(r"\[picture to put here: A chart of membership\]")
    assert found.looks("a picture stood here")


@pytest.mark.parametrize("old", [True, False], ids=["with a form for old programs", "for new programs alone"])
def test_text_in_boxes_follows_the_paragraph_they_hang_on(old: bool) -> None:
    """It is there once, whether Word wrote it for old programs too or not."""
    found = body(
        paragraph(run("Before the box"), box(paragraph(run("Text in a box")), old=old), run(" and after it."))
    )
    assert found == "Before the box and after it.\n\nText in a box"


def test_soft_breaks_stay_breaks() -> None:
    """An address on three lines is one paragraph of three lines."""
    assert (
        body(paragraph(run("Maya Hollins\n14 Mill Lane\nThornby"))) == "Maya Hollins\\\n14 Mill Lane\\\nThornby"
    )


def test_emphasis_and_links_are_kept_and_an_underline_is_emphasis() -> None:
    """Bold, italic, both, a link with brackets in it; underlined words would look like links."""
    made = body(
        paragraph(
            bold("Bold"),
            run(", "),
            run("italic", "<w:i/>"),
            run(", "),
            run("both", "<w:b/><w:i/>"),
            run(", "),
            run("underlined", '<w:u w:val="single"/>'),
            run(" and "),
            link("a link", "rIdL"),
            run("."),
        ),
        links={"rIdL": "https://example.org/a_b(c)?x=1&y=2"},
    )
    assert (
        made
        == "**Bold**, *italic*, ***both***, *underlined* and [a link](https://example.org/a_b%28c%29?x=1&y=2)."
    )


def test_a_link_into_the_document_or_to_a_disk_is_text() -> None:
    """From an inbox it leads nowhere."""
    made = paragraph(link("See below", "rIdA"), run(" and "), link("the file", "rIdB"), run("."))
    assert (
        body(made, links={"rIdA": "#_Toc123", "rIdB": "file:///C:/Users/maya/paper.docx"})
        == "See below and the file."
    )


def test_raised_letters_come_down_and_raised_digits_stay_up() -> None:
    """17 and a raised th are 17th; square metres stay square."""
    found = body(paragraph(run("On the 17"), raised("th"), run(" we had 30 m"), raised("2"), run(".")))
    assert found == "On the 17th we had 30 m²."


def test_what_was_struck_through_or_highlighted_is_shown_to_the_writer() -> None:
    """Struck text read without its line says the opposite; a check finds the marks that are left around it."""
    made = document(
        TITLE,
        PROSE,
        paragraph(
            run("It was "),
            run("not", "<w:strike/>"),
            run(" agreed "),
            run("by 4 May", '<w:highlight w:val="yellow"/>'),
        ),
    )
    found = imported(made, "report.docx")
    assert "It was ~~not~~ agreed by 4 May" in found.body
    assert found.looks("struck through")
    assert found.looks("highlighted in the document: “by 4 May”")


def test_letters_of_word_s_own_fonts_become_bullets() -> None:
    """Where the font Symbol is gone, a bullet is a letter of a private area."""
    found = body(paragraph(run("\uf0b7\tone")), paragraph(run("\uf0a7\ttwo")))
    assert found == "- one\n  - two"


def test_a_quotation_is_one() -> None:
    """By its style."""
    assert body(paragraph(run("We are asked, and thanked."), style="Quote")) == "> We are asked, and thanked."


def test_numbers_of_a_lettered_list_are_shown_to_the_writer() -> None:
    """Markdown counts with numbers alone, and the text may speak of (b)."""
    made = document(
        TITLE,
        PROSE,
        paragraph(run("first"), numbering=(NUMBERS, 0)),
        paragraph(run("sub"), numbering=(NUMBERS, 1)),
    )
    notes = docx.read(made).notes
    assert any("letters" in note for note in notes)


def test_a_document_of_the_strict_dialect_is_read_alike() -> None:
    """ISO/IEC 29500 strict has names of its own for the same elements."""
    made = document(TITLE, PROSE, paragraph(bold("Finance")), PROSE)
    strict = made_strict(made)
    assert imported(strict, "report.docx").body == imported(made, "report.docx").body


def made_strict(data: bytes) -> bytes:
    """A document with the strict dialect's namespaces."""
    import zipfile  # noqa: PLC0415
    from io import BytesIO  # noqa: PLC0415

    from tests.documents.word import packed  # noqa: PLC0415

    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    for old, new in (
        (
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            "http://purl.oclc.org/ooxml/wordprocessingml/main",
        ),
        (
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            "http://purl.oclc.org/ooxml/officeDocument/relationships",
        ),
    ):
        parts = {name: text.replace(old, new) for name, text in parts.items()}
    return packed(parts)


def test_a_table_of_contents_is_left_out_and_told() -> None:
    """Every mail has one of its own."""
    styles = word_styles_with('<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>')
    made = document(
        TITLE,
        paragraph(run("Finance\t2"), style="TOC1"),
        paragraph(run("Membership\t3"), style="TOC1"),
        PROSE,
        parts={"word/styles.xml": styles},
    )
    found = imported(made, "report.docx")
    assert "Membership" not in found.draft.text
    assert found.left["table of contents"] == "Finance 2; Membership 3"


def word_styles_with(style: str) -> str:
    return STYLES.replace("</w:styles>", f"{style}</w:styles>")
