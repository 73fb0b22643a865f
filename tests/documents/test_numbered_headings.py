"""Headings that are typed with a number, a letter or nothing, and where they part from points of a list."""

from __future__ import annotations

import re

import pytest

from tests.documents import word
from tests.documents.reading import imported

_PROSE = "The Treasurer reported that income was above budget, and members asked when the regions would see any of it."


def _headings(text: str) -> list[str]:
    return re.findall(r"^## (.+)$", imported(text.encode(), "report.txt").body, re.MULTILINE)


@pytest.mark.parametrize(
    "signs",
    [
        ["1.", "2.", "3.", "4."],
        ["1)", "2)", "3)", "4)"],
        ["Item 1:", "Item 2:", "Item 3:", "Item 4:"],
        ["A.", "B.", "C.", "D."],
        ["I.", "II.", "III.", "IV."],
    ],
    ids=lambda signs: signs[0],
)
def test_what_counts_on_before_headings_is_taken_out(signs: list[str]) -> None:
    """A mail numbers its sections itself; “I. Marchetti” in a sentence stays."""
    names = ["Opening", "Finance", "Elections", "Conference"]
    parts = [
        f"{sign} {name}\n\nI. Marchetti thanked them. {_PROSE}" for sign, name in zip(signs, names, strict=True)
    ]
    text = "\n\n".join(["NEC report, 4 May 2027", *parts])
    assert _headings(text) == names
    assert imported(text.encode(), "report.txt").body.count("I. Marchetti") == len(names)


def test_a_heading_without_a_number_among_numbered_ones_keeps_no_number_from_going() -> None:
    """It is said where a mail counts otherwise than the writer did, since the text may speak of “item 2”."""
    text = (
        f"NEC report, 4 May 2027\n\nSummary\n\n{_PROSE}\n\n1. Finance\n\n{_PROSE}\n\n2. Elections\n\n{_PROSE}\n\n"
        f"3. Conference\n\n{_PROSE}\n\nAny other business\n\nThere was none."
    )
    assert _headings(text) == ["Summary", "Finance", "Elections", "Conference", "Any other business"]
    assert imported(text.encode(), "report.txt").looks("it was number 2, and a mail counts it as 3")


def test_an_initial_is_no_letter_of_a_list() -> None:
    """One name, and a number that does not begin at 1, stay as they are."""
    text = (
        f"NEC report, 4 May 2027\n\nA. Whitlock\n\n{_PROSE}\n\nFinance\n\n{_PROSE}\n\n7. Elections\n\n{_PROSE}"
    )
    assert "A. Whitlock" in imported(text.encode(), "report.txt").body
    assert "7. Elections" in _headings(text)


def test_a_numbered_heading_above_a_list_is_no_point() -> None:
    """Numbers that count on through the text, over paragraphs and lists, are those of its sections."""
    text = (
        f"Branch meeting minutes\n\n1. Opening:\n{_PROSE}\n2. Matters arising:\n"
        "• The street lamps in Elm Road are on order.\n• The school has agreed to the bins.\n"
        f"3. Treasurer’s report:\n{_PROSE}\n4. A new committee was elected:\n\n"
        "·         Peter Hale is Treasurer.\n\n·         Moira Adeyemi is Secretary.\n\n5. Close:\n"
        "The meeting closed at nine."
    )
    assert _headings(text) == [
        "Opening",
        "Matters arising",
        "Treasurer’s report",
        "A new committee was elected",
        "Close",
    ]


def test_numbered_points_with_points_below_stay_points() -> None:
    """No paragraph stands below any of them."""
    text = (
        f"NEC report, 4 May 2027\n\nFinance\n\n{_PROSE}\n\nWe agreed three things:\n\n1. Fees\n- stay as they are\n"
        f"- for a year\n2. Offices\n- will be let\n- or sold\n3. Staff\n- will be told\n- in June\n\nElections\n\n{_PROSE}"
    )
    body = imported(text.encode(), "report.txt").body
    assert _headings(text) == ["Finance", "Elections"]
    assert "1. Fees" in body
    assert "3. Staff" in body


def test_the_first_section_may_be_named_in_the_title() -> None:
    """“Leader’s report” is a heading, though the title speaks of the Leader’s report among other things."""
    text = (
        f"Leader’s report and rule changes – NEC report\n\nLeader’s report\n\n{_PROSE}\n\nRule changes\n\n{_PROSE}"
        f"\n\nInternational\n\n{_PROSE}"
    )
    assert _headings(text) == ["Leader’s report", "Rule changes", "International"]


@pytest.mark.parametrize(
    "title",
    [
        "Branch News and Updates (February 25th 2027):",
        "Wakeham branch AGM 5th July 2027",
        "Drop-in, college strikes, a working group and more",
    ],
)
def test_a_title_need_not_speak_of_a_report(title: str) -> None:
    """A day makes one, and so does a short line above another at the very top."""
    text = f"{title}\nSent to all members in the summer\n\nPay\n\n{_PROSE}\n\nPensions\n\n{_PROSE}"
    assert title.rstrip(":").split(",")[0] in imported(text.encode(), "report.txt").draft.front.title


def test_a_line_with_a_day_below_the_title_is_no_heading() -> None:
    """It says more of the report, as a subtitle does."""
    text = (
        f"What the NEC decided\n\nReport on the two days in Leeds, 17 July 2027\n\n{_PROSE}\n\nPay\n\n{_PROSE}"
    )
    assert _headings(text) == ["Pay"]


def test_details_of_a_meeting_are_no_headings() -> None:
    """“Venue: Village Hall” says where, and heads nothing."""
    text = f"Meeting of the branch, 4 May 2027\n\nVenue: Village Hall\n\nClerk: Ms Adeyemi\n\n{_PROSE}\n\nPay\n\n{_PROSE}"
    assert _headings(text) == ["Pay"]


def test_a_part_may_begin_with_a_heading() -> None:
    """“Joint Secretaries’ report” stands above “Pay campaign”, and both are headings."""
    text = (
        "Executive bulletin, July 2027\n\nJoint Secretaries’ report\n\nPay campaign\n\n• the ballot opens in May\n"
        "• the pledge cards are out\n\nSupply members\n\n• a form is being made\n• a survey follows\n"
    )
    assert re.findall(r"^#+ (.+)$", imported(text.encode(), "report.txt").body, re.MULTILINE) == [
        "Joint Secretaries’ report",
        "Pay campaign",
        "Supply members",
    ]


def test_a_point_that_goes_on_at_the_margin_with_a_name_is_one_point() -> None:
    """Its second line begins left of the bullet and with a capital, as programs without hanging indents set it."""
    first = "  • the new rule says that county parties make way for the bodies known as Local"
    text = (
        "NEC report, 4 May 2027\n\nThese changes were agreed by the committee after a discussion of two whole hours and\n"
        f"go to conference now:\n\n{first}\nCampaign Forums from the first of May onwards and that the old ones shall meet for the last time on\n25 April\n"
        "  • the women’s officer is a member of the executive of every branch from now on and\nvotes as the others do\n\n"
        "The committee then rose."
    )
    body = imported(text.encode(), "report.txt").body
    assert "make way for the bodies known as Local Campaign Forums" in body
    assert "for the last time on 25 April\n" in body


def test_bold_numbered_lines_of_word_lose_their_numbers() -> None:
    """The look is that of a heading already; only the number goes."""
    made = [word.paragraph(word.run("NEC report, 4 May 2027"))]
    for number, name in enumerate(["Opening", "Finance", "Elections"], start=1):
        made += [word.paragraph(word.bold(f"{number}. {name}")), word.paragraph(word.run(_PROSE))]
    made += [
        word.paragraph(word.bold("Any other business")),
        word.paragraph(word.run("None was raised at all.")),
    ]
    body = imported(word.document(*made), "report.docx").body
    assert re.findall(r"^## (.+)$", body, re.MULTILINE) == [
        "Opening",
        "Finance",
        "Elections",
        "Any other business",
    ]
