"""PDF as a browser prints it: bullets are drawn and not written, every line fills the page, a table is only places."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.documents import rates, truth
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
