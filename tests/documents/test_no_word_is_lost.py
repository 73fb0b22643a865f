"""Whatever a document holds, its words stand in the draft, in order, and the draft is a draft."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.documents import comparison, markdown_text
from newsletter.documents.blocks import Run
from newsletter.documents.comparison import plain
from newsletter.markdown import parse_inline
from newsletter.markdown import plain as shown
from tests.documents import office, word
from tests.documents.reading import imported

NASTY = [
    "*", "**", "_", "__", "`", "~~~", "[", "](", "[x](y)", "<b>", "<!--", "&amp;", "&#65;", "{{ first_name }}", "{%", "{#",
    ":::", "::: only members", "#", "## x", ">", "-", "--", "---", "+", "1.", "2)", "(a)", "|", "a|b", "\\", "\\*", "!", "![x](y)",
    "https://example.org/a_b*c", "www.example.org", "o", "§", "•", "“", "’", "…", "...", "=", "===", "~", "^", "$", "£5", "50%",
    "17", "th", "st", "Page", "3", "co-", "operation", "TODO", "\u00a0", "\u00ad", "\u200b", "ﬁ", "é", "e\u0301", "日本", "🌹", "—",
]  # fmt: skip
"""What means something to Markdown, to merging, to a step of mending, or to nobody."""

pieces = st.one_of(
    st.sampled_from(NASTY), st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8)
)
texts = st.lists(pieces, min_size=1, max_size=8).map(" ".join)
runs = st.lists(
    st.builds(Run, text=texts, bold=st.booleans(), italic=st.booleans(), underlined=st.booleans()),
    min_size=1,
    max_size=4,
)
bodies = st.lists(
    st.tuples(st.sampled_from(["p", "h", "li", "li2", "ol", "quote"]), texts), min_size=1, max_size=6
)

START = "We met in person, and I write this on the train home while I still remember what was said."


@given(runs)
@settings(max_examples=100, deadline=None)
def test_runs_read_back_as_their_own_text(given_runs: list[Run]) -> None:
    """What is written as Markdown is read by the program as the same characters."""
    written = markdown_text.inline(tuple(given_runs))
    wanted = plain("".join(run.text for run in given_runs).replace("](", "] ("))
    assert plain(shown(parse_inline(written))).replace("-", "") == wanted.replace("-", "")


@given(bodies)
@settings(max_examples=40, deadline=None)
def test_a_word_document_keeps_its_words(body: list[tuple[str, str]]) -> None:
    """Through mammoth, the chain and the parser; the comparison in the middle finds nothing."""
    made = {
        "p": lambda text: word.paragraph(word.run(text)),
        "h": lambda text: word.paragraph(word.run(text), style="Rubrik1"),
        "li": lambda text: word.paragraph(word.run(text), numbering=(word.BULLETS, 0)),
        "li2": lambda text: word.paragraph(word.bold(text), numbering=(word.BULLETS, 1)),
        "ol": lambda text: word.paragraph(word.run(text), numbering=(word.NUMBERS, 0)),
        "quote": lambda text: word.paragraph(word.run(text), style="Quote"),
    }
    imported(
        word.document(word.paragraph(word.run(START)), *(made[kind](text) for kind, text in body)),
        "report.docx",
    )


@given(bodies)
@settings(max_examples=40, deadline=None)
def test_a_page_keeps_its_words(body: list[tuple[str, str]]) -> None:
    """Through HTML, whose text a second parser has read."""
    made = {
        "p": "<p>{}</p>",
        "h": "<h2>{}</h2>",
        "li": "<ul><li>{}</li></ul>",
        "li2": "<ul><li>x<ul><li><b>{}</b></li></ul></li></ul>",
        "ol": "<ol start=7><li>{}</li></ol>",
        "quote": "<blockquote>{}</blockquote>",
    }
    inner = "".join(made[kind].format(escape(text)) for kind, text in body)
    imported(f"<html><body><p>{START}</p>{inner}</body></html>".encode(), "report.html")


@given(bodies)
@settings(max_examples=40, deadline=None)
def test_an_open_document_keeps_its_words(body: list[tuple[str, str]]) -> None:
    """Through LibreOffice's XML."""
    made: dict[str, Callable[[str], str]] = {
        "p": lambda text: office.p(escape(text)),
        "h": lambda text: office.h(text, 2),
        "li": lambda text: office.items(office.p(escape(text))),
        "li2": lambda text: office.items(office.p("x") + office.items(office.p(office.span(text, "T1")))),
        "ol": lambda text: office.items(office.p(escape(text)), style="L2"),
        "quote": lambda text: office.p(escape(text), style="P2"),
    }
    imported(office.document(office.p(START), *(made[kind](text) for kind, text in body)), "report.odt")


@given(st.lists(st.one_of(texts, st.just(""), st.just("\f")), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_text_keeps_its_words(lines: list[str]) -> None:
    """Joined, split, furnished with page breaks: what the chain takes out, it says."""
    imported("\n".join([START, *lines]).encode(), "report.txt")


def test_a_lost_word_is_found_with_its_place() -> None:
    """The comparison names the words, where they stood, and what stood before them."""
    document = comparison.placed(
        [("paragraph 1", "one two three four five six"), ("paragraph 2", "seven eight nine ten")]
    )
    draft = comparison.placed([("line 1", "one two three four five six nine ten new")])
    found = comparison.compare(document, draft, [("", "nothing")])
    assert [str(each) for each in found.lost] == ["paragraph 2: “seven eight” after “three four five six”"]
    assert [each.words for each in found.added] == ["new"]


def test_a_word_that_a_step_took_out_is_explained_as_often_as_it_did() -> None:
    """Five running heads explain five, and not a sixth."""
    document = comparison.placed([("line", "head a head b head c")])
    draft = comparison.placed([("line", "a b c")])
    assert not comparison.compare(document, draft, [("head", "")] * 3).lost
    assert len(comparison.compare(document, draft, [("head", "")] * 2).lost) == 1


def test_words_in_another_order_are_not_the_same_words() -> None:
    """A paragraph that moved is lost in one place and added in another."""
    document = comparison.placed([("line", "the first paragraph then the second one")])
    draft = comparison.placed([("line", "then the second one the first paragraph")])
    found = comparison.compare(document, draft, [])
    assert found.lost
    assert found.added
