"""Whole reports, as different people write them: words, headings, points, and the disclaimer that is not doubled."""

from __future__ import annotations

import re

import pytest

from newsletter.documents import compared
from newsletter.drafts import parse
from tests.documents import forms, mixed, rates, truth

LEAST = 0.95
"""One in twenty may be missed, or made of what is none."""


@pytest.mark.parametrize("form", forms.FORMS, ids=lambda form: form.__name__)
@pytest.mark.parametrize("name", ["march", "july"])
def test_a_report_is_recognised(name: str, form: forms.Form) -> None:
    """Every word in order, and nineteen of twenty headings and points."""
    meant = truth.report(name)
    draft = rates.imported(*form(meant))
    rate = rates.rate(meant, draft)
    words = compared(draft, lambda text: parse(text, name="draft.md", known=rates.KNOWN))
    assert rate.share >= LEAST, rate
    assert (words.lost, words.added) == ((), ())
    assert not re.search("official|personal", draft.text), "the disclaimer would stand there twice"


@pytest.mark.parametrize("name", ["hen", "joint", "layer", "mail", "minutes", "train"])
def test_a_text_as_somebody_typed_it_is_recognised(name: str) -> None:
    """Parts in capitals over plain headings, numbers below numbers, dashes, labels, ornaments, a pasted mail."""
    data, meant = truth.found(name)
    draft = rates.imported(f"{name}.txt", data)
    rate = rates.rate(meant, draft)
    words = compared(draft, lambda text: parse(text, name="draft.md", known=rates.KNOWN))
    assert rate.share >= LEAST, rate
    assert (words.lost, words.added) == ((), ())
    assert not re.search("official|personal (?:account|view)|approved by the NEC|mine alone", draft.text)


def test_a_word_document_of_many_manners_is_recognised() -> None:
    """Bold capitals over bold italics, lists by the button beside typed arrows, a table, a note, a disclaimer twice."""
    data, meant = mixed.report()
    draft = rates.imported("report.docx", data)
    rate = rates.rate(meant, draft)
    words = compared(draft, lambda text: parse(text, name="draft.md", known=rates.KNOWN))
    assert rate.share >= LEAST, rate
    assert (words.lost, words.added) == ((), ())
    assert not re.search("official|personal account|my own", draft.text)


def test_the_measure_notices_what_is_missed() -> None:
    """A heading less, a point too many, a word moved."""
    meant = truth.report("march")
    draft = rates.imported(*forms.pasted(meant))
    other = truth.Truth(
        (
            *meant.items[:5],
            truth.Item("H", "A heading that is nowhere"),
            truth.Item("P", "Words that are nowhere"),
            *meant.items[6:],
        )
    )
    rate = rates.rate(other, draft)
    assert rate.headings_missed == ("A heading that is nowhere",)
    assert rate.words_out_of_place >= 4
