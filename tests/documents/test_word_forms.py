"""Forms in which Word keeps words that mammoth does not know: none is lost, and none comes in that nobody saw."""

from __future__ import annotations

import pytest

from newsletter.documents.readers import docx
from newsletter.errors import Refused
from tests.documents.reading import imported
from tests.documents.test_word_documents import PROSE, TITLE, body
from tests.documents.word import STYLES, deleted, document, footnote_mark, footnotes, paragraph, run, table

HIDDEN = "<w:vanish/>"
DRAWING = (
    '<d:root xmlns:d="http://example.org/d" xmlns:a="http://example.org/a"><a:t>Members</a:t>'
    "<d:strCache><d:pt><d:v>North West</d:v></d:pt></d:strCache><d:numCache><d:pt><d:v>4711</d:v></d:pt></d:numCache>"
    "</d:root>"
)


def field(instruction: str, words: str) -> str:
    return f"<w:fldSimple w:instr='{instruction}'>{run(words)}</w:fldSimple>"


def ending_deleted(*runs: str) -> str:
    """A paragraph whose end somebody deleted."""
    return f'<w:p><w:pPr><w:rPr><w:del w:id="7" w:author="Jo"/></w:rPr></w:pPr>{"".join(runs)}</w:p>'


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        (run("On page ") + field(" PAGE ", "3") + run(" of it."), "On page 3 of it."),
        (
            run("See ") + field(' HYPERLINK "https://example.org/a" ', "the paper") + run("."),
            "See [the paper](https://example.org/a).",
        ),
        (f'{run("We met in ")}<w:bdo w:val="ltr">{run("Leeds")}</w:bdo>{run(".")}', "We met in Leeds."),
        ("<w:r><w:t>One line</w:t><w:cr/><w:t>and another.</w:t></w:r>", "One line\\\nand another."),
        ('<w:r><w:t>Left</w:t><w:ptab w:alignment="right"/><w:t>and right.</w:t></w:r>', "Left and right."),
        (
            f'{run("An angle ")}<w:r><w:sym w:font="Symbol" w:char="F061"/></w:r>{run(" of ten.")}',
            "An angle α of ten.",
        ),
        (
            f'{run("A sign ")}<w:r><w:sym w:font="Nobody" w:char="0041"/></w:r>{run(" unknown.")}',
            "A sign \uf041 unknown.",
        ),
    ],
    ids=["field", "link", "direction", "return", "tab", "sign", "unknown sign"],
)
def test_words_in_other_forms_come_in(runs: str, words: str) -> None:
    """Fields as LibreOffice and older Words write them, directions, signs of other fonts."""
    assert body(paragraph(runs)) == words


def test_a_field_in_a_footnote_comes_in() -> None:
    """Notes are read as the text is."""
    notes = footnotes(["see "]).replace(
        "</w:p></w:footnote></w:footnotes>", f"{field(' REF a ', 'item 4')}</w:p></w:footnote></w:footnotes>"
    )
    found = body(paragraph(run("It costs £4."), footnote_mark(1)), parts={"word/footnotes.xml": notes})
    assert "see item 4" in found


def test_a_paragraph_whose_end_was_deleted_goes_on_in_the_next() -> None:
    """As it reads with the change accepted; the last of a text has nowhere to go on."""
    found = body(
        ending_deleted(run("We agreed to meet ag")), paragraph(run("ain in May.")), ending_deleted(run("Soon."))
    )
    assert found == "We agreed to meet again in May.\n\nSoon."


def test_a_paragraph_that_was_deleted_whole_leaves_nothing() -> None:
    """Not even its bullet."""
    found = body(ending_deleted(deleted("Never mind.")), paragraph(run("We agreed to meet again.")))
    assert found == "We agreed to meet again."


def test_what_the_writer_has_hidden_is_told_and_left_out() -> None:
    """In Word nobody sees it; in a mail everybody would."""
    hidden = run("(who told me this: ", HIDDEN) + run("Jo)", HIDDEN)
    made = imported(document(TITLE, PROSE, paragraph(run("It was close."), hidden)), "report.docx")
    assert made.left["hidden text"] == "(who told me this: Jo)"
    assert "Jo" not in made.draft.text
    seen = run("It was close.", '<w:vanish w:val="0"/>')
    assert body(paragraph(seen)) == "It was close."


@pytest.mark.parametrize(
    ("part", "what"), [("word/diagrams/data1.xml", "diagram"), ("word/charts/chart1.xml", "chart")]
)
def test_the_words_of_a_drawing_are_told(part: str, what: str) -> None:
    """They stand in no paragraph, and their numbers are for the eye."""
    made = imported(document(TITLE, PROSE, parts={part: DRAWING}), "report.docx")
    assert made.left[what] == "Members; North West"


def test_a_document_within_a_document_is_refused() -> None:
    """Some programs put a whole page inside, which only Word makes text of."""
    with pytest.raises(Refused, match="another document is inserted") as error:
        docx.read(document(TITLE, PROSE, '<w:altChunk r:id="rId7"/>'))
    assert "save it again" in error.value.hint


@pytest.mark.parametrize("kind", ["paragraph", "character"])
def test_what_a_style_hides_is_told_and_left_out(kind: str) -> None:
    """A style based on the one that hides hides too; what shows its letters again is seen."""
    styles = STYLES.replace(
        "</w:styles>",
        f'<w:style w:type="{kind}" w:styleId="H"><w:name w:val="Aside"/><w:rPr>{HIDDEN}</w:rPr></w:style>'
        f'<w:style w:type="{kind}" w:styleId="I"><w:name w:val="Remark"/><w:basedOn w:val="H"/></w:style></w:styles>',
    )
    seen = '<w:vanish w:val="0"/>'
    if kind == "paragraph":
        made = [paragraph(run("Jo said so."), run(" It was close.", seen), style="I")]
    else:
        made = [paragraph(run("Jo said so.", '<w:rStyle w:val="I"/>'), run(" It was close."))]
    found = imported(document(TITLE, PROSE, *made, parts={"word/styles.xml": styles}), "report.docx")
    assert found.left["hidden text"] == "Jo said so."
    assert found.body.endswith("It was close.")
    assert "Jo said" not in found.body


def test_a_table_in_a_cell_is_one_line_of_it() -> None:
    """The table around it stays a table, and a person is told."""
    inner = table([["For", "21"], ["Against", "13"]])
    cells = [paragraph(run("To meet in the north")), inner + paragraph(run("counted twice"))]
    row = "".join(f"<w:tc><w:tcPr/>{cell}</w:tc>" for cell in cells)
    outer = table([["Motion", "Votes"]]).replace("</w:tbl>", f"<w:tr>{row}</w:tr></w:tbl>")
    found = imported(document(TITLE, PROSE, outer, PROSE), "report.docx")
    assert "| Motion | Votes |" in found.body
    assert "| To meet in the north | For 21 Against 13 counted twice |" in found.body
    assert found.looks("a table in a table")
