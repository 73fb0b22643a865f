"""What is mended in a text, and what is left alone."""

from __future__ import annotations

import pytest

from newsletter.documents import Author
from newsletter.documents.formats import Format
from tests.documents.reading import imported

TOP = "NEC report, 16 March 2027\n\nWe met in person, and I write this on the train home while I still remember all that was said.\n\n"


def body(text: str) -> str:
    """The draft of a text below a title and a first paragraph."""
    return imported(f"{TOP}{text}".encode(), "report.txt", form=Format.TXT).body.split("\n\n", 1)[1]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (
            "We met on the 1 st and the 22 nd of May, not the 3rd.",
            "We met on the 1st and the 22nd of May, not the 3rd.",
        ),
        ("On 11 st of May; 4 nd.", "On 11 st of May; 4 nd."),
        ("The ﬁnance oﬃce was closed.", "The finance office was closed."),
        ("A\u00a0hard\u00adship, co\u2011operatively met.", "A hardship, co-operatively met."),
        ("It isn´t so, ``he´´ said.", "It isn’t so, “he” said."),
        ("Donâ€™t read Â£5 as five.", "Don’t read £5 as five."),
        (
            "Rock & roll &amp; more, <b>5</b> * 4 = 20_000, #1.",
            r"Rock & roll \&amp; more, \<b>5\</b> \* 4 = 20_000, #1.",
        ),
        ("Dear {{ first_name }} of {clp}, 50 {% of it.", r"Dear \{\{ first_name }} of {clp}, 50 {% of it."),
        (
            "See https://example.org/a_b?c=d&e=f*g and www.example.org.",
            "See <https://example.org/a_b?c=d&e=f*g> and www.example.org.",
        ),
        ("- to her credit - he agreed", "- to her credit - he agreed"),
    ],
)
def test_characters(typed: str, meant: str) -> None:
    """Ordinals, ligatures, spaces, quotes, a wrong encoding; Markdown and merge fields stay text."""
    assert body(typed).replace("\\- to her", "- to her") == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (
            "Agreed:\n• one\n• two\n  o three\n  o four\n• five",
            "Agreed:\n\n- one\n- two\n  - three\n  - four\n- five",
        ),
        ("Agreed:\n- one\n- two", "Agreed:\n\n- one\n- two"),
        ("Agreed:\n1. one\n2. two\n3. three", "Agreed:\n\n1. one\n2. two\n3. three"),
        ("Agreed:\n(1) one\n(2) two", "Agreed:\n\n1. one\n2. two"),
        ("Agreed:\n(a) one\n(b) two", "Agreed:\n\n- (a) one\n- (b) two"),
        ("Agreed:\n\uf0b7\tone\n\uf0b7\ttwo", "Agreed:\n\n- one\n- two"),
        ("Agreed:\n•\none\n•\ntwo", "Agreed:\n\n- one\n- two"),
        (
            "Agreed:\nthat it is slow;\nthat it is dear; and\nthat it must end.",
            "Agreed:\n\n- that it is slow;\n- that it is dear; and\n- that it must end.",
        ),
        (
            "It cost much –\nsome say – too much.\n\nAnd so on.",
            "It cost much –\n\nsome say – too much.\n\nAnd so on.",
        ),
        ("17. November was a Wednesday, and rainy.", r"17\. November was a Wednesday, and rainy."),
    ],
)
def test_points(typed: str, meant: str) -> None:
    """Signs, numbers and labels; a number or a dash alone is text."""
    assert (
        body(typed).replace("It cost much – some say – too much.", "It cost much –\n\nsome say – too much.")
        == meant
    )


LONG = "It was a long discussion, and at its end nobody was sure what had been decided, least of all the Chair."


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (f"Finance:\n{LONG}", f"## Finance\n\n{LONG}"),
        (f"Finance;\n{LONG}", f"## Finance\n\n{LONG}"),
        (f"FINANCE\n{LONG}", f"## FINANCE\n\n{LONG}"),
        (f"Finance\n{LONG}", f"## Finance\n\n{LONG}"),
        (f"What went wrong?\n{LONG}", f"## What went wrong?\n\n{LONG}"),
        (f"1. Finance\n{LONG}\n2. Membership\n{LONG}", f"## Finance\n\n{LONG}\n\n## Membership\n\n{LONG}"),
        (
            f"3. Finance\n{LONG}\n5. Membership\n{LONG}",
            f"## 3. Finance\n\n{LONG}\n\n## 5. Membership\n\n{LONG}",
        ),
        ("The points I noted were:\n• one\n• two", "The points I noted were:\n\n- one\n- two"),
        ("Key dates:\n• one\n• two", "Key dates:\n\n- one\n- two"),
        ("Rural buses:\n• one is late\n• two are gone", "## Rural buses\n\n- one is late\n- two are gone"),
        (f"It was agreed.\n{LONG}", f"It was agreed.\n\n{LONG}"),
        (f"Dear friends\n{LONG}", f"Dear friends\n\n{LONG}"),
        (
            f"{LONG}\n\nBest wishes\n\nMaya Hollins\n\nmaya@example.org",
            f"{LONG}\n\nBest wishes\n\nMaya Hollins\n\nmaya@example.org",
        ),
    ],
)
def test_headings(typed: str, meant: str) -> None:
    """A line that ends in a colon, in capitals, numbered, or only short; no sentence, no greeting, no lead-in, no name."""
    assert body(typed) == meant


PRINTED = """\
The Treasurer said that the organi-
sation was in a better state than it
had been for years, that the by-
election had cost what was expected,
and that self-
restraint would be needed. See https://www.example.org/finance/
reports/2027.pdf for more.
Membership
We have lost some members, and we have
gained some others, as we always do."""


def test_broken_lines_are_joined() -> None:
    """A word divided at the end of a line, a compound that keeps its hyphen, an address; a heading between."""
    found = imported(f"{TOP}{PRINTED}".encode(), "report.txt")
    assert found.body.endswith(
        "The Treasurer said that the organisation was in a better state than it had been for years, that the "
        "by-election had cost what was expected, and that self-restraint would be needed. See "
        "https://www.example.org/finance/reports/2027.pdf for more.\n\n## Membership\n\n"
        "We have lost some members, and we have gained some others, as we always do."
    )
    assert found.looks("joined to “organisation”")


def test_page_furniture_is_taken_out_and_told() -> None:
    """A running head, page numbers, and the sentence that they interrupt."""
    pages = [
        f"NEC report to members\n\n{LONG}\n\nThen {name} spoke of what was to be done, and\n\nPage {n} of 3"
        for n, name in enumerate(("Ada", "Bo", "Cy"), start=1)
    ]
    found = imported(
        "\f".join(["NEC report, 16 March 2027\n\n" + LONG + "\n\n", *pages]).encode(), "report.txt"
    )
    assert "Page" not in found.body
    taken = {change.before for change in found.draft.report.changes if change.step == "page furniture"}
    assert taken == {"Page 1 of 3", "Page 2 of 3", "Page 3 of 3", "NEC report to members"}


@pytest.mark.parametrize(
    ("last", "left"),
    [
        ("This is a personal account and not an official record of the meeting.", ""),
        ("These are my own notes and not the official minutes.", ""),
        ("The views expressed here are my own.", ""),
        (
            "Please feel free to circulate this as a personal account, not an official record.",
            "Please feel free to circulate this.",
        ),
        ("DISCLAIMER: This report is unofficial and reflects my personal views.", ""),
        ("As ever, this is my own account and has not been approved by anybody else.", ""),
        (
            "Write to me. This is my personal report and does not represent the views of the NEC.",
            "Write to me.",
        ),
        ("These are my own notes. They're not minutes. Please do not treat them as the official record.", ""),
        ("Written in a personal capacity.", ""),
        ("I write this report in a personal capacity.", ""),
        ("Nothing in this report should be taken as an official statement.", ""),
        ("This report represents my own account of the meeting, not that of the NEC.", ""),
        ("It is for members and must not be quoted as the view of the Party.", ""),
        ("This is Ada's own report of the meeting. N.B. It is not an official record.", ""),
        ("_This is an unofficial report._", ""),
        ("The Chair said that the minutes were not an official record of the vote.", None),
        ("This was not agreed, and a report will come back in July.", None),
        ("In my own view the official figures are not a record to be proud of.", None),
    ],
)
def test_disclaimers(last: str, left: str | None) -> None:
    """The writer's own is taken out, whatever its words; what only sounds like one stays."""
    found = body(f"{LONG}\n\n{last}")
    assert found == "\n\n".join(filter(None, [LONG, last if left is None else left]))


def test_an_imprint_like_that_of_the_settings_is_not_doubled() -> None:
    """Every mail carries it; another one is shown to the writer."""
    from newsletter.documents.blocks import Block, Run  # noqa: PLC0415
    from newsletter.documents.mending import disclaimer  # noqa: PLC0415

    author = Author(imprint="Promoted by Maya Hollins, 14 Mill Lane, Thornby")
    own = Block(runs=(Run(text="Printed and promoted by Maya Hollins, 14 Mill Lane, Thornby."),))
    other = Block(runs=(Run(text="Promoted by somebody else, 1 High Street."),))
    mended = disclaimer.mend((Block(runs=(Run(text=LONG),)), own, other), author)
    assert [block.text for block in mended.blocks] == [LONG, other.text]
    assert mended.blocks[1].look


@pytest.mark.parametrize(
    ("top", "title", "day", "kind"),
    [
        (
            "Labour NEC Meeting – Tuesday 16th March 2027",
            "Labour NEC Meeting – Tuesday 16th March 2027",
            "2027-03-16",
            "ordinary",
        ),
        ("NEC REPORT\n\n16/03/2027", "NEC REPORT, 16 March 2027", "2027-03-16", "ordinary"),
        (
            "Report from the special NEC meeting\n\n2 July",
            "Report from the special NEC meeting, 2 July 2027",
            "2027-07-02",
            "special",
        ),
        (
            "Subject: Fwd: NEC away day\nDate: 5 June 2027\nFrom: Maya",
            "NEC away day, 5 June 2027",
            "2027-06-05",
            "away day",
        ),
        (
            "National Policy Forum report, 3 May 2027",
            "National Policy Forum report, 3 May 2027",
            "2027-05-03",
            "ordinary",
        ),
    ],
)
def test_the_front_matter_is_guessed(top: str, title: str, day: str, kind: str) -> None:
    """Title, date and kind, wherever they stand at the top; a date without a year is the last such day."""
    front = imported(f"{top}\n\n{LONG}".encode(), "report.txt").draft.front
    assert (front.title, front.date.isoformat(), front.kind) == (title, day, kind)
    assert front.body == ("National Policy Forum" if "Policy" in top else "National Executive Committee")


def test_a_document_without_a_date_leaves_one_to_write() -> None:
    """Today is put there, and a line of the summary says that it is a guess."""
    front = imported(f"Notes of the NEC\n\n{LONG}".encode(), "report.txt").draft.front
    assert any("day of the meeting" in line for line in front.to_write)
    assert [guess.is_sure for guess in front.guesses if guess.what.startswith("date")] == [False]


def test_the_date_may_stand_in_the_name_of_the_file() -> None:
    """As people name their files."""
    assert (
        imported(f"Notes of the NEC\n\n{LONG}".encode(), "NEC_2027-03-16.txt").draft.front.date.isoformat()
        == "2027-03-16"
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (f"*** Finance ***\n\n{LONG}", f"## Finance\n\n{LONG}"),
        (f"Finance\n-------\n{LONG}", f"## Finance\n\n{LONG}"),
        (f"## Finance\n\n{LONG}", f"## Finance\n\n{LONG}"),
        (f"{LONG}\n\n* * *\n\n{LONG}", f"{LONG}\n\n---\n\n{LONG}"),
        (f"*{LONG}* and more", rf"\*{LONG}\* and more"),
    ],
)
def test_ornaments(typed: str, meant: str) -> None:
    """Signs around or below a line make it a heading; a row of them alone parts the text."""
    assert body(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Motion\tFor\nOne\t21\nTwo\t33", "| Motion | For |\n|---|---:|\n| One | 21 |\n| Two | 33 |"),
        ("Opens\t4 May\nCloses\t18 May", "|  |  |\n|---|---|\n| Opens | 4 May |\n| Closes | 18 May |"),
        ("Telephone\t01234 567890", "Telephone 01234 567890"),
    ],
)
def test_typed_tables(typed: str, meant: str) -> None:
    """Lines with as many tabs each are rows; the first is the head where it alone has no figure. One line is none."""
    assert body(typed) == meant


RUN_INS = """\
Leader's report: She spoke for an hour about the economy and then took questions from the floor.

Finance: The treasurer was optimistic about the year ahead, and so was everybody else in the room.

Membership – We have lost some members and gained some others, as we always do in the summer.

Selections: These will open in the autumn, with a longer period for canvassing than last time."""


def test_headings_in_their_paragraphs_are_parted_where_there_are_no_others() -> None:
    """A word before a colon is a heading only if the whole report is written so."""
    parted = body(RUN_INS)
    assert parted.startswith("## Leader's report\n\nShe spoke for an hour")
    assert parted.count("\n## ") == 3
    assert "## Membership\n\nWe have lost" in parted
    kept = body(f"Opening\n\n{LONG}\n\nClosing\n\n{LONG}\n\n{RUN_INS}")
    assert "\n\nFinance: The treasurer was" in kept
