"""PDF as a browser prints it: bullets are drawn and not written, every line fills the page, a table is only places."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from tests.documents import paper, rates, truth
from tests.documents.reading import imported

PROSE = (
    "The Leader spoke for twenty minutes and took questions for forty, which is the right way round. The main "
    "message was that the autumn has been steadier than the summer, and that the first test is in the spring."
)
PAGE = f"""<html lang="en"><head><style>body {{ font: 12pt Georgia; text-align: justify }} h1 {{ font-size: 20pt }}
h2 {{ font-size: 15pt }} td, th {{ padding: 0 1em }}</style></head><body>
<h1>Report of the NEC meeting, 16 March 2027</h1><p>{PROSE}</p>
<h2>Leader’s report</h2><p>{PROSE}</p><p>What was agreed:</p>
<ul><li>{PROSE}<ul><li>a second level</li></ul></li><li>the last of them</li></ul>
<h2>Votes</h2><p>{PROSE}</p>
<table><tr><th>Motion</th><th>For</th><th>Against</th></tr><tr><td>To meet in the north</td><td>21</td><td>13</td></tr>
<tr><td>To meet at noon</td><td>33</td><td>0</td></tr></table>
<p>See <a href="https://example.org/paper">the paper</a> for more, and write to me if you disagree with it.</p>
</body></html>"""


def test_a_page_printed_by_a_browser(browser: Browser) -> None:
    """Headings by their size, points by the dots beside them, cells by their distance, links by what lies over them."""
    page = browser.new_page()
    page.set_content(PAGE)
    made = page.pdf(format="A4")
    page.close()
    found = imported(made, "report.pdf")
    assert found.draft.front.title == "Report of the NEC meeting, 16 March 2027"
    assert found.body == (
        f"{PROSE}\n\n## Leader’s report\n\n{PROSE}\n\nWhat was agreed:\n\n"
        f"- {PROSE}\n  - a second level\n- the last of them\n\n## Votes\n\n{PROSE}\n\n"
        "| Motion | For | Against |\n|---|---:|---:|\n| To meet in the north | 21 | 13 |\n| To meet at noon | 33 | 0 |\n\n"
        "See [the paper](https://example.org/paper) for more, and write to me if you disagree with it."
    )


@pytest.mark.parametrize("printed", [True, False], ids=["printed", "as a page"])
def test_a_report_with_numbers_and_italics(browser: Browser, printed: bool) -> None:
    """Its numbers are those that the mail gives anyway; what is only italic stands below."""
    data, meant = truth.found("numbered", ".html")
    if printed:
        page = browser.new_page()
        page.set_content(data.decode())
        data = page.pdf(format="A4", display_header_footer=True)
        page.close()
    rate = rates.rate(meant, imported(data, "report.pdf" if printed else "report.html").draft)
    assert rate.share >= 0.95, rate


def _column(first: int, x: float, y: float, lines: int) -> list[paper.Piece]:
    """Lines of four words each, set to both edges: the words stand as far apart as two columns do."""
    places = [x, x + 62, x + 126, x + 190]
    return [
        paper.Piece(f"word{first + 4 * line + at}", place, y + 14 * line)
        for line in range(lines)
        for at, place in enumerate(places)
    ]


def test_two_columns_are_read_one_after_the_other() -> None:
    """Even where the words of a line stand farther apart than the columns; a title goes across, a foot comes last."""
    page = paper.Paper()
    page.pages[-1] += [
        paper.Piece("NEC report, 4 May 2027, with all that was said of finance", 70, 90, 16),
        *_column(1, 60, 130, 12),
        *_column(49, 318, 130, 12),
        paper.Piece("An odd remark at the foot of this page", 200, 780, 8),
    ]
    body = imported(page.pdf(), "report.pdf").body
    found = [int(number) for number in re.findall(r"word(\d+)", body)]
    assert found == list(range(1, 97))
    assert body.rstrip().endswith("An odd remark at the foot of this page")


def test_what_stands_in_two_columns_of_a_table_is_read_row_by_row() -> None:
    """Its cells do not fill their columns."""
    page = paper.Paper()
    page.write("NEC report, 4 May 2027", size=16)
    for row in range(8):
        y = 160.0 + 20 * row
        page.pages[-1] += [
            paper.Piece(f"Motion number {row}", 70, y),
            paper.Piece(f"Carried by {row} votes", 330, y),
        ]
    body = imported(page.pdf(), "report.pdf").body
    assert "| Motion number 3 | Carried by 3 votes |" in body
