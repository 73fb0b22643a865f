"""A report in Word of somebody who knows some of its buttons: real lists, typed arrows, bold capitals, italics."""

from __future__ import annotations

from tests.documents.truth import Item, Truth
from tests.documents.word import bold, document, footnote_mark, footnotes, paragraph, run, table

_SHOUTED = '<w:b/><w:u w:val="single"/>'
_EMPTY = paragraph()


def _h(text: str) -> str:
    return paragraph(run(text.upper(), _SHOUTED))


def _s(text: str) -> str:
    return paragraph(run(text, "<w:i/><w:b/>"))


def _p(*runs: str) -> str:
    return paragraph(*(each if each.startswith("<") else run(each) for each in runs))


def _b(text: str, level: int = 0) -> str:
    return paragraph(run(text), numbering=(1, level))


def _n(text: str) -> str:
    return paragraph(run(text), numbering=(2, 0))


PARAGRAPHS = (
    paragraph(run("NATIONAL EXECUTIVE COMMITTEE", '<w:b/><w:sz w:val="28"/>')),
    paragraph(run("Report of meeting held on 24 July 2029", '<w:b/><w:sz w:val="24"/>')),
    paragraph(run("Marguerite Sowerby-Khan, CLP representative", "<w:i/>")),
    _EMPTY,
    _p("Colleagues"),
    _EMPTY,
    _p(
        "This is my eleventh report. They get longer and the meetings do not. As ever it is ",
        bold("my own account"),
        run(" and nobody else’s; the official record will be along in due course."),
    ),
    _p("If you only read one section, make it ", run("Selections", "<w:i/>"), "."),
    _EMPTY,
    _h("Leader of the party"),
    _p(
        "She had come from the dispatch box and was hoarse. She spoke about the strikes, the drought and the by-election in Nether Tolland, in that order."
    ),
    _p(
        "I thought her strongest on the second. We have a plan for water; few people know it; more would if we said it."
    ),
    _p(
        bold("Questions."),
        run(
            " There were fourteen. Mine was on carers. The answer was yes, in the first year, if the sums allow."
        ),
    ),
    _EMPTY,
    _h("General Secretary"),
    _s("Staff and offices"),
    _p("All regional posts are filled for the first time since 2024. The Scottish office moves in September."),
    _s("Membership"),
    _p(
        "Up by 1,204 over the quarter, the first rise in three years. There was applause, and then somebody asked how many of them had paid."
    ),
    _s("Systems"),
    _p("Three problems were admitted:"),
    _b("the mailing tool sends some letters twice"),
    _b("the event tool forgets who has registered"),
    _b("the two tools do not speak to each other"),
    _b("this will be mended in the autumn", 1),
    _b("or by Christmas", 1),
    _EMPTY,
    _h("Treasurer"),
    table([["", "Budget", "Actual"], ["Subscriptions", "£7.1m", "£7.0m"], ["Donations", "£1.9m", "£2.6m"]]),
    _p(
        "The gap is closing. We are at last in a position to think about the next five years rather than the next five weeks."
    ),
    _EMPTY,
    _h("Selections"),
    _p("The committee considered the following proposals from the officers:"),
    _n("Open the last 40 seats before conference."),
    _n("Hold the members’ stage over five weeks."),
    _n("Publish the number of applicants for each seat."),
    _p(
        "All were agreed. My amendment, to publish the reasons for leaving someone off a longlist, was lost by 13 to 18."
    ),
    _p("→ Action for CLPs: send your preferred dates by 1 September."),
    _p("→ Action for me: bring the amendment back."),
    _EMPTY,
    _h("Conference: what to expect"),
    _p("There will be fewer speeches and more votes."),
    _p("Three debates will be chosen by delegates on the Saturday night."),
    _p("I will be at the back, on the left."),
    _EMPTY,
    _h("Disputes panel"),
    _p("A difficult morning, about which I can say nothing", footnote_mark(1), run(".")),
    _EMPTY,
    _h("And finally"),
    _p("The air conditioning was mended at 4.15, as we left."),
    _EMPTY,
    _p("Yours in solidarity"),
    _p("Marguerite"),
    _EMPTY,
    _p(
        run(
            "Please share this with members. If you quote it, make clear that it is a personal account and not an official record. To get it by email write to marguerite@sowerby-khan.example.",
            "<w:i/>",
        )
    ),
)

EXPECTED = """\
H|LEADER OF THE PARTY
H|GENERAL SECRETARY
H|Staff and offices
H|Membership
H|Systems
*|the mailing tool sends some letters twice
*|the event tool forgets who has registered
*|the two tools do not speak to each other
*|this will be mended in the autumn
*|or by Christmas
H|TREASURER
H|SELECTIONS
*|Open the last 40 seats before conference.
*|Hold the members’ stage over five weeks.
*|Publish the number of applicants for each seat.
*|Action for CLPs: send your preferred dates by 1 September.
*|Action for me: bring the amendment back.
H|CONFERENCE: WHAT TO EXPECT
H|DISPUTES PANEL
H|AND FINALLY
H|Notes
*|Except that it was fair.
"""


def report() -> tuple[bytes, Truth]:
    """The document, and its headings and points."""
    made = document(*PARAGRAPHS, parts={"word/footnotes.xml": footnotes(["Except that it was fair."])})
    return made, Truth(tuple(Item(*line.split("|", 1)) for line in EXPECTED.splitlines()))
