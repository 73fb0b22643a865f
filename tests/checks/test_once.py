"""What is wrong in many places in the same way is said once."""

from __future__ import annotations

from dataclasses import replace

from newsletter.checks import Problem, run
from newsletter.pipeline import Preflight
from tests.checks.cases import SOUND, evidence, html, saying, text

WIDE = "".join(f"<td>{'word' * 4}</td>" for _ in range(8))


def found(code: str, problems: tuple[Problem, ...]) -> list[Problem]:
    return [problem for problem in problems if problem.code == code]


def test_the_same_words_in_many_lines_are_one_finding() -> None:
    """With the first place, and the lines that come next."""
    (problem,) = found("C06", run(saying("We saw the the end.\n\n" * 30)))
    assert problem.message == "“the the” has a word twice"
    assert problem.places == "drafts/nec.md:6:8, also lines 8, 10, 12, 14, 16, 18 and 23 more"
    assert len(problem.also) == 29


def test_twice_is_told_with_the_other_line() -> None:
    """In the singular."""
    (problem,) = found("C06", run(saying("We saw the the end.\n\nAnd the the beginning.")))
    assert problem.places == "drafts/nec.md:6:8, also line 8"


def test_three_lines_are_told_in_words() -> None:
    """“… and 10”."""
    (problem,) = found("C06", run(saying("We saw the the end.\n\n" * 3)))
    assert problem.places == "drafts/nec.md:6:8, also lines 8 and 10"


def test_what_is_said_in_other_words_is_another_finding() -> None:
    """Nothing is hidden."""
    assert len(found("C06", run(saying("We saw the the end.\n\nWe we saw it.")))) == 2


def test_a_fault_of_several_editions_is_one_finding() -> None:
    """It is the same table, and the same link, in each of them."""
    body = f"<table><tr>{WIDE}</tr></table><a href='#item-9'>the vote</a>"
    edition = replace(SOUND, html=html(body), text=text("the vote"))
    editions = {name: replace(edition, segment=name) for name in ("members", "secretaries")}
    problems = run(evidence(editions=editions))
    assert len(found("M05", problems)) == 1
    assert [each.message for each in found("C10", problems)] == ["the link to #item-9 finds nothing"]


def test_a_fault_of_one_edition_alone_names_it() -> None:
    """So that whoever looks at the other need not wonder."""
    faulty = replace(SOUND, html=html("<a href='#item-9'>the vote</a>"))
    problems = run(evidence(editions={"members": faulty, "secretaries": SOUND}))
    assert [each.message for each in found("C10", problems)] == [
        "the link to #item-9 finds nothing in the edition for members"
    ]


def test_a_program_gets_each_place_by_itself() -> None:
    """`--json` is for scripts, which need not read a list out of a sentence."""
    held = Preflight(source="drafts/nec.md", problems=run(saying("We saw the the end.\n\nAnd the the start.")))
    places = [each["where"] for each in held.as_json()["problems"]]
    assert places == ["drafts/nec.md:6:8", "drafts/nec.md:8:5"]
