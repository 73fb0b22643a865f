"""What type and places show where the words do not: a list set farther in, a sentence in bold, a line drawn below."""

from __future__ import annotations

import re

import pytest

from tests.documents import office, paper
from tests.documents.reading import imported
from tests.documents.word import STYLES, bold, document, paragraph, run

TITLE = "NEC report, 4 May 2027"
PROSE = (
    "The Treasurer reported that income was above budget, and members asked when the regions would see any of it. "
    "I asked about the offices in the north, which have been without heating, and was told that a plumber would come."
)
ITEMS = ("Two more case workers", "A first answer within a week", "A panel that meets every month")
LIST = "\n".join(f"- {item}" for item in ITEMS)
SENTENCES = (
    "We are keeping the office in the north open.",
    "Nobody knows what the review will mean.",
    "The money is better than it was.",
)


def _headings(body: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", body, re.MULTILINE)


def _typed(text: str) -> str:
    return imported(text.encode(), "report.txt").body


# Lists


def _in_word(*, style: str = "", indent: int = 0) -> str:
    made = document(
        paragraph(run(TITLE), style="Title"),
        paragraph(run(PROSE)),
        paragraph(run("Three steps will be taken:")),
        *(paragraph(run(item), style=style, indent=indent) for item in ITEMS),
        paragraph(run(PROSE)),
        parts={
            "word/styles.xml": STYLES.replace(
                "</w:styles>",
                '<w:style w:type="paragraph" w:styleId="In"><w:name w:val="List Paragraph"/>'
                '<w:pPr><w:ind w:left="720"/></w:pPr></w:style></w:styles>',
            )
        },
    )
    return imported(made, "report.docx").body


@pytest.mark.parametrize("way", [{"indent": 567}, {"style": "In"}], ids=["by hand", "by its style"])
def test_what_word_sets_farther_in_below_its_announcement_is_a_list(way: dict[str, object]) -> None:
    """No sign stands before the points; the last is no heading, though a paragraph follows."""
    assert f"Three steps will be taken:\n\n{LIST}\n\n{PROSE}" in _in_word(**way)  # type: ignore[arg-type]


def test_what_writer_or_a_browser_sets_farther_in_is_a_list() -> None:
    """The same in an OpenDocument text and in HTML."""
    inner = "".join(f'<p style="margin-left: 1cm">{item}</p>' for item in ITEMS)
    page = f"<h1>{TITLE}</h1><p>{PROSE}</p><p>Three steps will be taken:</p>{inner}<p>{PROSE}</p>"
    assert LIST in imported(page.encode(), "report.html").body
    made = office.document(
        office.h(TITLE),
        office.p(PROSE),
        office.p("Three steps will be taken:"),
        *(office.p(item, style="P6") for item in ITEMS),
        office.p(PROSE),
    )
    assert LIST in imported(made, "report.odt").body


def test_what_a_page_sets_farther_in_is_a_list() -> None:
    """By where its lines begin; a short line ends its point, though the next begins with a small letter."""
    page = paper.Paper()
    page.write(TITLE, size=18, font="F2")
    page.write(PROSE)
    page.write("Three steps will be taken:")
    for item in ITEMS:
        page.write(item.lower(), indent=24, before=0)
    page.write(PROSE)
    assert LIST.lower() in imported(page.pdf(), "report.pdf").body.lower()


def test_what_stands_farther_in_without_announcement_is_no_list() -> None:
    """It may be a quotation, or an address."""
    made = document(
        paragraph(run(TITLE), style="Title"),
        paragraph(run(PROSE)),
        *(paragraph(run(item), indent=567) for item in ITEMS),
        paragraph(run(PROSE)),
    )
    assert "- " not in imported(made, "report.docx").body


def test_a_speech_that_stands_farther_in_is_no_list() -> None:
    """Several sentences in each of its paragraphs."""
    made = document(
        paragraph(run(TITLE), style="Title"),
        paragraph(run("She said:")),
        *(paragraph(run(PROSE), indent=567) for _ in range(2)),
        paragraph(run(PROSE)),
    )
    assert "- " not in imported(made, "report.docx").body


def test_where_headings_are_numbered_the_last_short_line_is_a_point() -> None:
    """Without numbers it would be the heading of the paragraph below it."""
    short = "\n\n".join(ITEMS)
    text = f"{TITLE}\n\n1) Finance\n\n{PROSE}\n\n2) Complaints\n\nThere will be:\n\n{short}\n\n{PROSE}\n\n3) Votes\n\n{PROSE}\n"
    body = _typed(text)
    assert LIST in body
    assert _headings(body) == ["Finance", "Complaints", "Votes"]


# Headings


def test_sentences_in_bold_are_headings_where_most_headings_are_sentences() -> None:
    """Three of them, each above a paragraph."""
    pairs = [each for text in SENTENCES for each in (paragraph(bold(text)), paragraph(run(PROSE)))]
    made = document(paragraph(run(TITLE), style="Title"), *pairs)
    assert _headings(imported(made, "report.docx").body) == [*SENTENCES]


def test_a_sentence_in_bold_among_bold_headings_is_a_cry() -> None:
    """It stays a paragraph."""
    parts = [
        each
        for name in ("Finance", "Selections", "Votes")
        for each in (paragraph(bold(name)), paragraph(run(PROSE)))
    ]
    cry = paragraph(bold("Please register before the end of May."))
    made = document(paragraph(run(TITLE), style="Title"), *parts, cry, paragraph(run(PROSE)))
    assert _headings(imported(made, "report.docx").body) == ["Finance", "Selections", "Votes"]


def test_sentences_nearer_to_what_is_below_them_are_headings() -> None:
    """In a text of wrapped lines only the empty lines show it."""
    wrapped = PROSE.replace("when the ", "when the\n").replace("which have ", "which have\n")
    text = "\n\n".join(f"{sentence}\n{wrapped}" for sentence in SENTENCES)
    assert _headings(_typed(f"{TITLE}\n\n{wrapped}\n\n{text}\n")) == [*SENTENCES]


def test_short_lines_are_no_headings_where_type_shows_them() -> None:
    """Three bold headings; a plain line above a paragraph is then only a line."""
    parts = [
        each
        for name in ("Finance", "Selections", "Votes")
        for each in (paragraph(bold(name)), paragraph(run(PROSE)))
    ]
    made = document(
        paragraph(run(TITLE), style="Title"), *parts, paragraph(run("An aside")), paragraph(run(PROSE))
    )
    assert _headings(imported(made, "report.docx").body) == ["Finance", "Selections", "Votes"]


def test_a_bold_line_may_fill_two_lines() -> None:
    """Twenty words are a heading still."""
    long = (
        "Report of the Leader on the state of the country and on the work of the party since the last meeting"
    )
    made = document(
        paragraph(run(TITLE), style="Title"),
        *(paragraph(bold("Finance")), paragraph(run(PROSE))),
        *(paragraph(bold(long)), paragraph(run(PROSE))),
    )
    assert _headings(imported(made, "report.docx").body) == ["Finance", long]


def test_days_are_headings_where_a_report_goes_from_day_to_day() -> None:
    """One date alone is a date."""
    two = f"Saturday 8 May\n\n{PROSE}\n\nSunday 9 May\n\n{PROSE}\n"
    assert _headings(_typed(f"{TITLE}\n\n{PROSE}\n\n{two}")) == ["Saturday 8 May", "Sunday 9 May"]
    assert _headings(_typed(f"{TITLE}\n\n{PROSE}\n\nSaturday 8 May\n\n{PROSE}\n")) == []


@pytest.mark.parametrize(
    "line",
    [
        "Ada Finch-Marlowe, Marsh and Fen",
        "Cllr Ada Finch, Marsh ward",
        "Notes taken by Ada Finch",
        "Compiled by Ada Finch",
        "Ada Finch – your regional representative",
        "Ada Finch-Marlowe, delegate for the West",
    ],
)
def test_who_writes_is_no_heading(line: str) -> None:
    """Though it stands above the first paragraph as a heading would."""
    text = f"{TITLE}\n\n{line}\n\n{PROSE}\n\nRule changes\n\n{PROSE}\n\nAny other business of note\n\n{PROSE}\n"
    assert _headings(_typed(text)) == ["Rule changes", "Any other business of note"]


def test_the_first_section_may_be_called_like_a_person() -> None:
    """Where other headings are written with capitals too."""
    text = f"{TITLE}\n\nWessex Labour\n\n{PROSE}\n\nRule Changes\n\n{PROSE}\n"
    assert _headings(_typed(text)) == ["Wessex Labour", "Rule Changes"]


def test_words_before_a_full_stop_head_their_paragraphs_where_nothing_else_does() -> None:
    """A third of the paragraphs begin so, without a verb; with other headings in the text they are sentences."""
    names = ("Leader’s report", "Apologies and obituaries", "Finance", "International")
    text = "\n\n".join(f"{name}. {PROSE}" for name in names)
    assert _headings(_typed(f"{TITLE}\n\n{PROSE}\n\n{text}\n")) == [*names]
    assert _headings(_typed(f"{TITLE}\n\n1. Votes\n\n{text}\n\n2. Dates\n\n{PROSE}\n")) == [
        "Votes",
        "Dates",
    ]


def test_a_number_and_a_word_are_no_date() -> None:
    """“1 Introduction” heads a section, as “2 Finance” does."""
    text = f"{TITLE}\n\n{PROSE}\n\n1 Introduction\n\n{PROSE}\n\n2 Finance\n\n{PROSE}\n"
    assert _headings(_typed(text)) == ["1 Introduction", "2 Finance"]


def test_cells_one_below_the_other_are_no_points() -> None:
    """A program took them off a table; those without a letter show it."""
    text = f"{TITLE}\n\nFinance\n\nThe rates from January:\n\nGrade\n\nMonthly\n\nYearly\n\nFull\n\n£14\n\n£170\n\n{PROSE}\n"
    assert "- " not in _typed(text)


# Minutes


@pytest.mark.parametrize("gap", ["\t", "\n\n"], ids=["beside it", "on a line of its own"])
def test_the_number_of_a_minute_stays_with_its_text(gap: str) -> None:
    """Neither its tab nor its line makes a table of it; a label on a line of its own is a point's."""
    text = f"{TITLE}\n\n2.1{gap}Premises\n\n2.1.1{gap}{PROSE}\n\n2.2{gap}Website\n\n2.2.1{gap}Agreed:\n\n(a){gap}the cost\n\n(b){gap}the day\n"
    body = _typed(text)
    assert _headings(body) == ["2.1 Premises", "2.2 Website"]
    assert f"2.1.1 {PROSE}" in body
    assert "- (a) the cost\n- (b) the day" in body


# Pages


def test_a_line_drawn_below_words_underlines_them() -> None:
    """As wide as the words are, and no wider: the edge of a table is none."""
    page = paper.Paper()
    page.write(TITLE, size=18, font="F2")
    for sentence in SENTENCES:
        page.write(sentence)
        last = page.pages[-1].pop()
        page.pages[-1].append(paper.Piece(last.text, last.x, last.y, underlined=True))
        page.write(PROSE)
    assert _headings(imported(page.pdf(), "report.pdf").body) == [*SENTENCES]


def test_a_title_in_large_letters_over_two_lines_is_one() -> None:
    """Though the second word would have fitted on the first line."""
    page = paper.Paper()
    page.write("Executive briefing", size=22)
    page.write("November 2027", size=22, before=0)
    page.write(PROSE)
    assert imported(page.pdf(), "report.pdf").draft.front.title == "Executive briefing November 2027"


def test_a_title_that_is_the_running_head_too_stays() -> None:
    """In small letters it is page furniture, in large ones the title."""
    page = paper.Paper(header="Executive Committee Report, May 2027", footer="{number}")
    page.write("Executive Committee Report, May 2027", size=22)
    for _ in range(14):
        page.write(PROSE)
    assert imported(page.pdf(), "report.pdf").draft.front.title == "Executive Committee Report, May 2027"


def test_three_columns_are_read_one_after_the_other() -> None:
    """Below a title that goes across."""
    page = paper.Paper()
    page.pages[-1].append(paper.Piece("NEC report, 4 May 2027, with all that was said", 60, 90, 18))
    words = iter(range(1, 1000))
    for x in (60, 225, 390):
        for line in range(14):
            text = " ".join(f"word{next(words)}" for _ in range(4))
            page.pages[-1].append(paper.Piece(text, x, 130 + 14 * line, 9))
    found = [int(number) for number in re.findall(r"word(\d+)", imported(page.pdf(), "report.pdf").body)]
    assert found == list(range(1, 3 * 14 * 4 + 1))


def test_the_last_column_of_a_report_may_be_short() -> None:
    """Six lines without a gap beside a column of fourteen."""
    page = paper.Paper()
    page.pages[-1].append(paper.Piece("NEC report, 4 May 2027, with all that was said", 60, 90, 18))
    words = iter(range(1, 1000))
    for x, lines in ((60, 14), (300, 6)):
        for line in range(lines):
            text = " ".join(f"word{next(words)}" for _ in range(6 if line % 3 else 3))
            page.pages[-1].append(paper.Piece(text, x, 130 + 14 * line, 9))
    found = [int(number) for number in re.findall(r"word(\d+)", imported(page.pdf(), "report.pdf").body)]
    assert found == list(range(1, len(found) + 1))


def _table(*rows: tuple[tuple[str, ...], ...]) -> str:
    """A table of which each cell is a few lines."""
    page = paper.Paper()
    page.write(TITLE, size=18, font="F2")
    page.write(PROSE)
    y = page.y + 20
    for row in rows:
        for x, lines in zip((72, 222, 322), row, strict=True):
            page.pages[-1] += [paper.Piece(line, x, y + 14 * at) for at, line in enumerate(lines)]
        y += 14 * max(map(len, row))
    page.y = y + 10
    page.write(PROSE)
    return imported(page.pdf(), "report.pdf").body


def test_a_cell_of_more_than_one_line_is_one_cell() -> None:
    """Its lines begin at its edge, and the one above had no room; the next row had."""
    body = _table(
        (("Grade",), ("Monthly",), ("Note",)),
        (("Part-time, up to and", "including twenty hours"), ("£8.10",), ("from the first", "of the month")),
        (("Retired",), ("£1.50",), ("as before",)),
    )
    assert "| Part-time, up to and including twenty hours | £8.10 | from the first of the month |" in body
    assert "| Retired | £1.50 | as before |" in body


def test_a_row_with_an_empty_cell_is_a_row_of_its_own() -> None:
    """The cell above it had room."""
    body = _table((("Grade",), ("Monthly",), ("Note",)), (("Full",), ("£14",), ("A",)), (("Half",), (), ()))
    assert "Full Half" not in body
    assert "| Full | £14 | A |" in body


@pytest.mark.parametrize("number", ["1", "Page 1", "- 1 -"])
def test_the_number_of_the_only_page_is_no_text(number: str) -> None:
    """It stands alone on the last line."""
    assert imported(f"{TITLE}\n\n{PROSE}\n\n{number}\n".encode(), "report.txt").body == PROSE


def test_signs_that_stand_farther_apart_are_one_column_still() -> None:
    """A program leaves a line between them where a point has two lines."""
    text = (
        f"{TITLE}\n\nThe main points for our ward are these, and there are only three of them this time:\n•\n\n•\n•\n\n"
        "The library stays open for five days a week, and the hours will be looked at in\nthe autumn.\n"
        "Parking in the village stays free.\nNothing for the swimming pool.\n"
    )
    assert "- Parking in the village stays free.\n- Nothing for the swimming pool." in _typed(text)


# Disclaimers


@pytest.mark.parametrize(
    "said",
    [
        "Nothing here should be taken as an official statement of the NEC; it is what I saw and heard.",
        "I circulate this on the understanding that it is a personal report and that nobody will treat it as official.",
        "These notes are one member’s recollection. They are not the approved minutes.",
        "This is written in a personal capacity. For the official record please see the minutes published by Head Office.",
    ],
)
def test_a_disclaimer_in_other_words_is_not_doubled(said: str) -> None:
    """With the sentence beside it that says where the official record is."""
    found = imported(f"{TITLE}\n\nFinance\n\n{PROSE}\n\n{said}\n".encode(), "report.txt")
    assert found.body == f"## Finance\n\n{PROSE}"


# A letter above


def test_below_a_letter_the_line_of_the_meeting_and_its_day_is_the_title() -> None:
    """A mail is passed on as it was written; a day that the letter speaks of is not the meeting's."""
    letter = "Dear all\n\nAll that is left for the vote of 4 July is to wish you luck.\n\nMaya Hollins\n\nConstituency representative"
    report = f"National Executive Committee, 4 June 2026\n\n{PROSE}\n\nReasonable adjustments\n\n{PROSE}\n"
    found = imported(f"{letter}\n\n{report}".encode(), "report.txt")
    front = found.draft.front
    assert (front.title, front.date.isoformat()) == ("National Executive Committee, 4 June 2026", "2026-06-04")
    assert _headings(found.body) == ["Reasonable adjustments"]


def test_of_two_dated_meetings_below_a_letter_neither_is_the_title() -> None:
    """Each heads its own section."""
    text = f"Dear all\n\nNEC, 4 June 2026\n\n{PROSE}\n\nPolicy forum, 9 June 2026\n\n{PROSE}\n"
    assert (
        imported(text.encode(), "report.txt").draft.front.title
        == "Report of the National Executive Committee, 4 June 2026"
    )


def test_a_part_of_the_meeting_with_a_semicolon_heads_what_ends_in_one_too() -> None:
    """Lines of a list that do are no headings."""
    text = f"{TITLE}\n\n{PROSE}\n\nCampaign Co-ordinator’s report;\n\n{PROSE} Key points were;\n\n– Seats;\n\n– Votes;\n"
    assert _headings(_typed(text)) == ["Campaign Co-ordinator’s report"]
    items = f"{TITLE}\n\n{PROSE}\n\nthe first half of it;\n\nthe second half of it;\n\n{PROSE}\n"
    assert _headings(_typed(items)) == []


@pytest.mark.parametrize(
    "who", ["By NEC members of the left", "Report to Wessex members from Ada Finch (Wessex)"]
)
def test_who_writes_for_whom_is_no_heading(who: str) -> None:
    """It stands below the title."""
    assert _headings(_typed(f"{TITLE}\n\n{who}\n\n{PROSE}\n\nFinance\n\n{PROSE}\n")) == ["Finance"]
