"""`newsletter import`: a document becomes a draft, and a report says how."""

from __future__ import annotations

import subprocess
import sys

from tests.cli.command import clean_environment
from tests.cli.small import Small
from tests.documents import forms, truth, word

PROSE = "We met in person, and I write this on the train home while I still remember what was said."
MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
EQUATION = f'<m:oMath xmlns:m="{MATH}"><m:r><m:t>x squared</m:t></m:r></m:oMath>'
"""Text that mammoth does not read."""


def written(small: Small, data: bytes, name: str = "report.docx") -> str:
    small.write(name, data)
    return name


def test_a_document_becomes_a_draft_that_nobody_can_send_yet(small: Small) -> None:
    """The draft is named on stdout, stderr tells what was done, and the preflight waits for a person."""
    name, data = forms.word_with_bold_lines(truth.report("march"))
    result = small.good("import", written(small, data, name))
    assert result.text == "drafts/2027-03-16-nec-report.md\n"
    assert "headings: 13 places" in result.err
    assert (
        "drafts/2027-03-16-nec-report.md:16: taken for a heading: “Minutes and matters arising”" in result.err
    )
    assert "every one is in its place or accounted for" in result.err
    assert "newsletter preview 2027-03-16-nec-report" in result.err
    checked = small.run("check", "2027-03-16-nec-report", "--json")
    assert checked.json["verdict"] == "NOT READY"
    assert {each["code"] for each in checked.json["problems"] if each["severity"] == "error"} == {"C01"}


def test_a_picture_s_place_stops_the_preflight(small: Small) -> None:
    """Also when the summary has been written."""
    data = word.document(word.paragraph(word.run(PROSE)), word.paragraph(word.picture("A chart")))
    small.good("import", written(small, data), "-o", "pictures")
    text = (small.root / "drafts/pictures.md").read_text(encoding="utf-8")
    summary = [line for line in text.splitlines() if "TODO" in line]
    for line in summary:
        small.change("drafts/pictures.md", line, "  - Written.")
    messages = [each["message"] for each in small.run("check", "pictures", "--json").json["problems"]]
    assert any("picture to put here" in message for message in messages)


def test_no_file_is_ever_written_over(small: Small) -> None:
    """Neither the draft that was made before, nor one that is named."""
    name = written(small, word.document(word.paragraph(word.run(PROSE))))
    small.good("import", name, "-o", "mine")
    small.write("drafts/mine.md", "my own words")
    result = small.run("import", name, "-o", "drafts/mine.md")
    assert (result.code, result.out) == (2, b"")
    assert "there already" in result.err
    assert (small.root / "drafts/mine.md").read_text(encoding="utf-8") == "my own words"


def test_the_report_as_json(small: Small) -> None:
    """All that is told, for a script."""
    _, data = forms.printed(truth.report("july"))
    found = small.good("import", written(small, data, "report.pdf"), "--json").json
    assert found["draft"] == "drafts/2027-07-20-report-from-the-national-executive-committee.md"
    assert found["format"] == "pdf"
    assert found["words"]["lost"] == found["words"]["added"] == []
    assert {each["step"] for each in found["taken_out"]} >= {"masthead", "disclaimer"}
    assert all(each["line"] > 0 for each in found["look"])
    assert {"headings", "typed points", "broken lines"} <= {each["step"] for each in found["changed"]}


def test_a_word_that_is_lost_ends_with_1_and_its_place(small: Small) -> None:
    """The draft is written all the same, to be mended by hand."""
    data = word.document(
        word.paragraph(word.run(PROSE)), word.paragraph(word.run("It grows as "), EQUATION, word.run(" does."))
    )
    result = small.run("import", written(small, data), "-o", "lost")
    assert result.code == 1
    assert "LOST" in result.err
    assert "paragraph 2: “x squared” after “said It grows as”" in result.err
    assert (small.root / "drafts/lost.md").exists()


def test_text_may_be_pasted(small: Small) -> None:
    """From stdin, with an address that is nobody's file."""
    ran = subprocess.run(
        [sys.executable, "-m", "newsletter", "import", "-", "-o", "pasted"],
        input=f"NEC report, 16 March 2027\n\n{PROSE}\n".encode(),
        cwd=small.root,
        env=clean_environment({}),
        capture_output=True,
        check=True,
    )
    assert ran.stdout == b"drafts/pasted.md\n"
    assert PROSE in (small.root / "drafts/pasted.md").read_text(encoding="utf-8")


def test_what_cannot_be_imported_leaves_nothing_behind(small: Small) -> None:
    """A file that is not there, one that is no document, a format that it is not."""
    before = sorted((small.root / "drafts").iterdir())
    assert small.run("import", "nowhere.docx").code == 2
    assert small.run("import", written(small, b"PK\x03\x04 no archive")).code == 3
    assert small.run("import", written(small, b"plain words", "words.txt"), "--format", "docx").code == 3
    assert sorted((small.root / "drafts").iterdir()) == before


def test_the_writer_s_name_at_the_top_is_not_doubled(small: Small) -> None:
    """The mail says who writes, from the settings."""
    made = word.document(
        word.paragraph(word.run("NEC report, 16 March 2027")),
        word.paragraph(word.run("by Maya Hollins, Member")),
        word.paragraph(word.run(PROSE)),
    )
    result = small.good("import", written(small, made), "-o", "mine")
    assert "Maya" not in (small.root / "drafts/mine.md").read_text(encoding="utf-8")
    assert "masthead: “by Maya Hollins, Member”" in result.err
