"""What the text of a Word document or a PDF looks like once its places and styles are gone."""

from __future__ import annotations

import re

import pytest

from tests.documents.reading import imported

_TITLE = "NEC report, 4 May 2027"
_PROSE = "The Treasurer reported that income was above budget, and members asked when the regions would see any of it."
_WRAPPED = (
    "The Treasurer reported that income was above budget, and members asked when the\n"
    "regions would see any of it. I asked about the offices in the north, which have\n"
    "been without heating since the autumn, and was told that a plumber would come."
)


def _body(text: str) -> str:
    return imported(text.encode(), "report.txt").body


def _headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", _body(text), re.MULTILINE)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (
            "•\nwe pay\no\nby June\no\nin full\n•\nwe move",
            "- we pay\n  - by June\n  - in full\n- we move",
        ),
        ("-\nwe pay\n-\nwe move", "- we pay\n- we move"),
        (
            "o\nwe let the upper floor of the office to whoever asks for it in writing by May\no\nwe move",
            "- we let the upper floor of the office to whoever asks for it in writing by May\n- we move",
        ),
    ],
)
def test_a_sign_may_stand_on_a_line_of_its_own(typed: str, meant: str) -> None:
    """As some programs take text off a page; a letter or a dash alone is no word of the line above."""
    assert _body(f"{_TITLE}\n\n{_WRAPPED}\n\nWe agreed:\n{typed}").endswith(meant)


def test_a_dash_is_a_point_beyond_the_points_below_its_neighbour() -> None:
    """The last of three stands beside none of its kind."""
    found = _body(f"{_TITLE}\n\n{_PROSE}\n\nWe agreed:\n*\twe pay\n\to\tby June\n\to\tin full\n*\twe move")
    assert found.endswith("- we pay\n  - by June\n  - in full\n- we move")


def test_a_heading_may_follow_a_point_without_a_full_stop_that_fills_its_line() -> None:
    """Points stand farther in, so their lines hold fewer letters than the page's; a short one heads what is below."""
    text = (
        f"{_TITLE}\n\n{_WRAPPED}\n• we let the upper floor of the office to whoever asks for it by May\n"
        f"• we move to a smaller office that is nearer to the station and the sea\nPay\n{_WRAPPED}"
    )
    assert _headings(text) == ["Pay"]


def test_a_part_of_a_meeting_may_end_in_a_full_stop() -> None:
    """“No report.” is a sentence all the same."""
    text = (
        f"{_TITLE}\n\n{_PROSE}\nTreasurer’s report.\n{_PROSE}\nOther business.\n{_PROSE}\nNo report.\n{_PROSE}"
    )
    assert _headings(text) == ["Treasurer’s report.", "Other business."]


def test_who_writes_is_no_part_of_the_title_above() -> None:
    """Though the title nearly fills its line."""
    title = "A report to all the members from the National Executive Committee, 4 May 2027"
    front = imported(
        f"{title}\nAda Finch, branch representative\n{_WRAPPED}\nPay\n{_WRAPPED}".encode(), "report.txt"
    ).draft.front
    assert front.title == title


def test_the_last_page_may_be_short() -> None:
    """Its number goes with the others."""
    pages = [f"{_WRAPPED}\n" * 6 + f"{number}\n" for number in (1, 2)]
    assert not re.search(
        r"\b3\b", _body(f"{_TITLE}\n\n{''.join(pages)}Thank you for reading as far as this.\n3\n")
    )


@pytest.mark.parametrize(
    "line",
    [
        "Report from General Secretary",
        "Report by Leader of the Council group",
    ],
)
def test_an_office_that_reports_heads_a_section(line: str) -> None:
    """It looks like a byline and is none."""
    assert _headings(f"{_TITLE}\n\n{_PROSE}\n{line}\n{_PROSE}\nPay\n{_PROSE}") == [line, "Pay"]


@pytest.mark.parametrize("line", ["The committee considered:", "Among the reasons against:"])
def test_the_beginning_of_a_sentence_heads_nothing(line: str) -> None:
    """A list completes it."""
    text = f"{_TITLE}\n\n{_PROSE}\nPay\n{_PROSE}\n{line}\n•\twhat it costs\n•\thow long it takes"
    assert _headings(text) == ["Pay"]


@pytest.mark.parametrize(
    ("lines", "meant"),
    [
        ("Ada Finch\nNEC member (Union Section)\n(Please note that this is my personal report.)", []),
        ("Wednesday 12 May, 7pm, on Zoom", []),
        ("Conference 2027", ["Conference 2027"]),
        ("Students\nTheir ballot closes on 2 July. (It was put off.)", ["Students"]),
    ],
)
def test_a_name_over_a_role_an_hour_a_year_and_a_sentence_in_brackets(lines: str, meant: list[str]) -> None:
    """A person is no heading, nor is an appointment; a word and a year are one, and no date; what ends in a full stop is a sentence."""
    assert _headings(f"{_TITLE}\n{_PROSE}\n\n{lines}\n\nPay\n\n{_PROSE}") == [*meant, "Pay"]


def test_a_part_may_begin_below_text_with_two_headings() -> None:
    """The upper one heads both of those that follow."""
    text = f"{_TITLE}\n{_PROSE}\nConference\nBusiness\n{_PROSE}\nRule changes\n{_PROSE}"
    assert _headings(text) == ["Conference", "Business", "Rule changes"]


def test_a_paragraph_on_one_line_is_over_without_a_full_stop() -> None:
    """What was never broken goes on nowhere, so that a heading may follow."""
    long = f"{_PROSE[:-1]}, and I said that I should like to see it too"
    assert _headings(f"{_TITLE}\n{long}\nPay\n{_PROSE}\nPensions\n{_PROSE}") == ["Pay", "Pensions"]


def test_points_without_a_sign_may_be_long() -> None:
    """Below a line that announces them, without a full stop; the next heading is none of them."""
    points = [
        "Income from small donations was higher than in any year since the old accounts began",
        "Rents",
        "The two offices in the north are to be let to whoever asks first",
    ]
    text = "\n".join([_TITLE, _PROSE, "The Treasurer said:", *points, "Next meeting;", _PROSE])
    assert _body(text).count("\n- ") == len(points)
    assert _headings(text) == ["Next meeting"]


def test_the_year_may_stand_in_the_title() -> None:
    """A day without a year is a day of that one."""
    found = imported(f"NEC report, January 2025\n\nThe NEC met on 28 January. {_PROSE}".encode(), "report.txt")
    assert found.draft.front.date.isoformat() == "2025-01-28"


def test_signs_may_stand_in_a_column_of_their_own() -> None:
    """Two lists, the lower one first taken for its signs; its points begin where the line above had room."""
    text = (
        f"{_TITLE}\n\n{_WRAPPED}\nWe agreed:\n•\n•\n\nto let the upper floor of the old office in the north to whoever asks for it first\n"
        "and in writing\nto look for a smaller one:\n▪\n▪\n▪\n\n•\n\nnear the station\nnot above a shop\nwith a lift\n\n"
        f"to write to the landlord\n\n{_WRAPPED}"
    )
    assert (
        "- to let the upper floor of the old office in the north to whoever asks for it first and in writing\n"
        "- to look for a smaller one:\n  - near the station\n  - not above a shop\n  - with a lift\n"
        "- to write to the landlord\n\nThe Treasurer"
    ) in _body(text)
