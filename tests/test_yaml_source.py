"""YAML as a person writes it: nothing guessed, nothing lost, every mistake at its place."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, field_validator

from newsletter import yaml_source
from newsletter.errors import SourceError, Where


class Keys(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Filter(Keys):
    where: dict[str, str] = Field(default_factory=dict)
    lists: list[str] = Field(default_factory=list, min_length=1)


class File(Keys):
    segments: dict[str, Filter] = Field(default_factory=dict)
    steps: list[Filter] = Field(default_factory=list)
    default: Filter | None = None
    from_: str | None = Field(None, alias="from")
    title: str = Field(examples=["A title"])

    @field_validator("from_")
    @classmethod
    def _short(cls, value: str) -> str:
        if len(value) > 3:
            raise yaml_source.mistake(f"{value} is long", "Write less.")
        return value


def read(text: str) -> object:
    return yaml_source.load(text, name="f.yaml").data


def refusal(text: str) -> str:
    with pytest.raises(SourceError) as caught:
        yaml_source.validated(yaml_source.load(text, name="f.yaml"), File)
    return caught.value.message


def test_nothing_is_guessed() -> None:
    """Dates, numbers, booleans and octal numbers are the text that was written; a bare key has no value."""
    assert read("a: 2026-11-17\nb: no\nc: 010\nd: 1e3\ne:\nf: ''\ng: {h: [~, null]}") == {
        "a": "2026-11-17",
        "b": "no",
        "c": "010",
        "d": "1e3",
        "e": None,
        "f": "",
        "g": {"h": ["~", "null"]},
    }


def test_everything_has_a_place() -> None:
    """Values, keys and `|` blocks are found again, also below front matter's first line."""
    document = yaml_source.load("a:\n  - b: |\n      text\n", name="f.md", line_offset=1)
    assert document.where(("a", 0, "b")) == Where("f.md", 3, 8)
    assert document.keys["a", 0, "b"] == Where("f.md", 3, 5)
    assert document.blocks == {("a", 0, "b")}
    assert document.where(("a", 0, "missing")) == Where("f.md", 3, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "title: Report: November\n",
            (
                "f.yaml:1:14: YAML: a colon stands where none is expected\n"
                "    1 | title: Report: November\n"
                '    Text that holds a colon must be quoted: title: "Report: November".'
            ),
        ),
        (
            "title: a\n from: b\n",
            (
                "f.yaml:2:6: YAML: a colon stands where none is expected\n"
                "    2 | from: b\n"
                "    One `key: value` a line; what belongs together starts in the same column, with spaces."
            ),
        ),
        (
            "title: *Important* news\n",
            (
                "f.yaml:1:18: YAML: text cannot start with this character\n"
                "    1 | title: *Important* news\n"
                "    Text that starts with one of & * ! % @ ` { [ must be quoted."
            ),
        ),
        (
            "title: &co\nfrom: *co\n",
            (
                "f.yaml:1:8: YAML anchors and aliases (&co, *co) are not used here\n"
                "    1 | title: &co\n"
                "    Text that starts with one of & * ! % @ ` { [ must be quoted.\n"
                "f.yaml:2:7: YAML anchors and aliases (&co, *co) are not used here\n"
                "    2 | from: *co\n"
                "    Text that starts with one of & * ! % @ ` { [ must be quoted."
            ),
        ),
        (
            "title: !Important news\n",
            (
                "f.yaml:1:8: YAML tags (a word that starts with !) are not used here\n"
                "    1 | title: !Important news\n"
                "    Text that starts with one of & * ! % @ ` { [ must be quoted."
            ),
        ),
        (
            "title: Motion #4 fell\n",
            (
                "f.yaml:1:14: to YAML, all from # to the end of the line is a comment\n"
                "    1 | title: Motion #4 fell\n"
                "    Put text that holds # in quotes, or a space after the # of a comment."
            ),
        ),
        (
            "title: 'Don't'\n",
            (
                "f.yaml:1:13: YAML: this text goes on after its end\n"
                "    1 | title: 'Don't'\n"
                '    Put all of it in double quotes; a double quote inside is written \\".'
            ),
        ),
        (
            'title: "no end\nfrom: x\n',
            (
                "f.yaml:1:8: YAML: a quotation mark is opened here and never closed\n"
                '    1 | title: "no end\n'
                "    Add the same mark at its end."
            ),
        ),
        (
            "title: {{ first_name }}, hello\n",
            (
                "f.yaml:1:24: YAML: this text goes on after its end\n"
                "    1 | title: {{ first_name }}, hello\n"
                '    Text that starts with a brace must be quoted: subject: "{{ first_name }}, …".'
            ),
        ),
        (
            "title: {{ first_name }}\n",
            (
                "f.yaml:1:9: a key must be a plain word\n"
                "    1 | title: {{ first_name }}\n"
                "    Put text that starts with { or [ in quotes."
            ),
        ),
        (
            "steps:\n\t- title\n",
            (
                "f.yaml:2:1: YAML: text cannot start with this character\n"
                "    2 | - title\n"
                "    Indent with spaces, not tabs."
            ),
        ),
        (
            "title: a\ntitle: b\n",
            "f.yaml:2:1: 'title' is given twice\n    2 | title: b\n    It already stands on line 1.",
        ),
        ("- title\n", "f.yaml:1:1: expected `key: value` lines\n    1 | - title"),
        (
            "title: a\n---\nfrom: b\n",
            (
                "f.yaml:2:1: YAML: three dashes start another document\n"
                "    2 | ---\n"
                "    Remove the line, or indent it as text."
            ),
        ),
        (
            "title: a\x0bb\n",
            (
                "f.yaml:1:9: the control character U+000B\n"
                "    1 | title: a�b\n"
                "    Delete it; it may not show in your editor."
            ),
        ),
    ],
)
def test_bad_yaml_is_explained_in_words(text: str, message: str) -> None:
    """What is wrong, the line, and what to write instead."""
    assert refusal(text) == message


def test_deep_nesting_is_refused_before_it_meets_a_limit() -> None:
    """A file of brackets is a mistake, not a crash."""
    said = "lists and mappings are nested more than 50 deep\n"
    assert refusal("title: " + "[" * 60).startswith(f"f.yaml:1:57: {said}")
    # So deep, libyaml may meet a limit of its own before ours is seen.
    assert said in refusal("title: " + "[" * 5000)


def test_every_mistake_of_a_file_is_reported_with_the_keys_known_there() -> None:
    """Unknown keys are looked up in models below mappings, lists and options alike."""
    text = """\
titel: a
segments:
  members: {wher: {a: b}, lists: []}
steps:
  - {list: [a]}
default: {wheer: {}}
form: x
"""
    assert refusal(text) == (
        "f.yaml:1:1: 'title' is missing\n    1 | titel: a\n    For example: title: A title\n"
        "f.yaml:1:1: unknown key 'titel'\n    1 | titel: a\n    Did you mean 'title'?\n"
        "f.yaml:3:13: unknown key 'wher'\n    3 | members: {wher: {a: b}, lists: []}\n"
        "    Did you mean 'where'?\n"
        "f.yaml:3:34: 'segments.members.lists': expected at least one item\n"
        "    3 | members: {wher: {a: b}, lists: []}\n"
        "f.yaml:5:6: unknown key 'list'\n    5 | - {list: [a]}\n    Did you mean 'lists'?\n"
        "f.yaml:6:11: unknown key 'wheer'\n    6 | default: {wheer: {}}\n    Did you mean 'where'?\n"
        "f.yaml:7:1: unknown key 'form'\n    7 | form: x\n    Did you mean 'from'?"
    )


def test_wrong_types_are_named_as_a_person_would() -> None:
    """Text, a list, keys with values; and a colon that made text a mapping is pointed at."""
    text = "title:\n  Report: November\nsteps: a\nsegments: b\ndefault: c\nfrom: long\n"
    assert refusal(text) == (
        "f.yaml:2:3: 'title': expected text\n    2 | Report: November\n"
        '    Text that holds a colon must be quoted: title: "Report: November".\n'
        "f.yaml:3:8: 'steps': expected a list, one `- item` a line\n    3 | steps: a\n"
        "f.yaml:4:11: 'segments': expected `key: value` lines below it\n    4 | segments: b\n"
        "f.yaml:5:10: 'default': expected `key: value` lines below it\n    5 | default: c\n"
        "f.yaml:6:7: long is long\n    6 | from: long\n    Write less."
    )


class Amounts(Keys):
    flag: bool = False
    number: int = Field(0, gt=-10, lt=1000000)
    share: float = Field(0.5, ge=0.25, le=0.75, allow_inf_nan=False)
    word: str = Field("ab", min_length=2, max_length=3, pattern="^[a-z]+$")
    way: Literal["up", "down"] = "up"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("flag: maybe", "true or false"),
        ("flag: [a]", "true or false"),
        ("number: three", "a whole number"),
        ("number: '1.5'", "a whole number"),
        (f"number: {'9' * 5000}", "a smaller number"),
        ("number: -10", "more than -10"),
        ("number: 1000000", "less than 1000000"),
        ("share: half", "a number"),
        ("share: nan", "a number"),
        ("share: {a: b}", "a number"),
        ("share: 0", "0.25 or more"),
        ("share: 1", "0.75 or less"),
        ("word: ''", "some text"),
        ("word: abcd", "3 characters at most"),
        ("word: AB", "text of another form"),
        ("way: left", "'up' or 'down'"),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(line: str, said: str) -> None:
    """Numbers, bounds, lengths, forms and choices, as one person would say it to another."""
    with pytest.raises(SourceError) as caught:
        yaml_source.validated(yaml_source.load(line, name="f.yaml"), Amounts)
    (mistake,) = caught.value.mistakes
    assert mistake.what == f"'{line.partition(':')[0]}': expected {said}"


def test_a_long_line_is_shown_around_the_place() -> None:
    """An error shows the words concerned, not a paragraph."""
    line = "title: " + "before " * 50 + "here " + "after " * 50
    column = line.index("here") + 1
    shown = yaml_source.excerpt(line, column)
    assert "here" in shown
    assert shown.startswith("…before")
    assert shown.endswith("after…")
    assert len(shown) <= 102
    assert yaml_source.excerpt("  short  ", 3) == "short"


@given(
    st.text() | st.text(alphabet=st.sampled_from("a:- \n\t[]{}#|>&*!%@`\"'?,~=\u2028\x85\ufeff\x00\U0001f339"))
)
def test_any_text_is_a_mapping_or_a_source_error(text: str) -> None:
    """Whatever stands in a file, no other exception comes out."""
    assert set(map(type, outcome(text))) <= {str, Where}


def outcome(text: str) -> list[object]:
    """The keys read, or the places of what is wrong."""
    try:
        return list(yaml_source.load(text, name="f.yaml").data)
    except SourceError as error:
        return [mistake.where for mistake in error.mistakes]
