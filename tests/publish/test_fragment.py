"""What a secretary pastes into a mail of their own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsletter.errors import SourceError
from newsletter.publish import fragment
from newsletter.render import disclaimer
from tests.cli import small as small_workspace
from tests.publish.cases import EXAMPLES, LOOK, copy, example
from tests.publish.readers import passages, squeezed, text_of


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_fragment_holds_every_passage(name: str) -> None:
    """Nothing of the report is lost, in HTML or in text."""
    public = example(name)
    html, text = text_of(fragment.html(public)), squeezed(re.sub(r" \[\d+\]", "", fragment.text(public)))
    lost = [passage for passage in passages(public) if squeezed(passage) not in html]
    assert not lost
    assert not [
        passage
        for passage in passages(public)
        if re.sub(r"[*_]", "", squeezed(passage)) not in re.sub(r"[*_>•]", "", text)
    ]


def test_a_fragment_has_the_disclaimer_whole() -> None:
    """Visible by its own style, wherever it is pasted."""
    public = copy()
    assert fragment.html(public).count(disclaimer.html_piece(LOOK.disclaimer)) == 1
    assert fragment.text(public).count(disclaimer.text_piece(LOOK.disclaimer)) == 1


def test_a_fragment_is_no_page() -> None:
    """No head, no style sheet, no script; and nothing that depends on an encoding."""
    made = fragment.html(copy())
    assert made.startswith("<div ")
    assert made.isascii()
    assert not re.search(r"<(?:!doctype|html|head|body|meta|link|style|script)\b", made, re.IGNORECASE)


def test_a_fragment_is_nobodys_and_everybodys() -> None:
    """Defaults stand for merge fields, in links too; no `only` block, and nobody's way out."""
    for made in (fragment.html(copy()), fragment.text(copy())):
        assert "Dear friend," in made
        assert "https://forms.example.org/?clp=all%20of%20us" in made
        assert "Please do this" not in made
        assert not re.search("unsubscribe|/u/|you asked for", made, re.IGNORECASE)


def test_numbers_are_those_of_the_mail() -> None:
    """Item 2 is item 2 in every copy."""
    assert ">2. Next meeting</h2>" in fragment.html(copy())
    assert "2. Next meeting" in fragment.text(copy())


def test_a_field_without_a_default_is_refused_where_it_stands() -> None:
    """A reader of a public copy would see the name of a column."""
    with pytest.raises(SourceError) as error:
        copy("Dear {{ first_name }},\n\nfor\n{{ clp }}.\n\n::: only members\n{{ clp }}\n:::\n")
    assert [str(mistake.where) for mistake in error.value.mistakes] == [
        "drafts/report.md:6",
        "drafts/report.md:9",
    ]


def test_a_default_is_text_and_never_markup() -> None:
    """What stands in the quotes is shown as it is."""
    made = fragment.html(copy('Dear {{ first_name | default("*dear* <b> & friend") }},\n'))
    assert "Dear *dear* &lt;b&gt; &amp; friend," in made


def test_corrections_are_shown_with_their_days() -> None:
    """Oldest first."""
    later, earlier = '{date: 2026-12-05, text: "It is **£640,000**."}', "{date: 2026-12-03, text: A name.}"
    more = f"corrections:\n  - {later}\n  - {earlier}\n"
    first, second = "Corrected on 3 December 2026:", "Corrected on 5 December 2026:"
    html, text = fragment.html(copy(more=more)), fragment.text(copy(more=more))
    assert html.index(first) < html.index(second) < html.index("<strong>&#163;640,000</strong>")
    assert text.index(f"{first} A name.") < text.index(f"{second} It is *£640,000*.")


def test_the_command_writes_it_and_takes_no_person(tmp_path: Path) -> None:
    """A copy for everybody cannot be somebody's."""
    small = small_workspace.make(tmp_path)
    assert b"This is my personal account" in small.good("render", "report", "--format", "fragment").out
    assert (
        small.good("render", "report", "--format", "fragment-text").text.count("This is my personal account")
        == 1
    )
    for option in (("--to", "jane@example.net"), ("--segment", "members")):
        refused = small.run("render", "report", "--format", "fragment", *option)
        assert (refused.code, refused.out) == (2, b"")
        assert "a copy for everybody" in refused.err
