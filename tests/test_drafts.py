"""Drafts: both forms of a text give one report; a bad draft says all that is wrong, as a person reads it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from textwrap import indent
from typing import NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from newsletter import markdown
from newsletter.drafts import FIELD, Known, fields_of, parse
from newsletter.errors import SourceError
from newsletter.model import Meeting, Report

KNOWN = Known(
    fields=frozenset({"first_name", "last_name", "clp", "region"}),
    segments=("clp-secretaries", "members"),
    themes=("report", "letter"),
)
FRONT = "title: A report\nmeeting: {body: NEC, date: 2026-11-17}\n"
NO_TEXT = ": the draft has no text\n    Write it below the front matter, or under intro: and sections:."
EXAMPLES = Path(__file__).parents[1] / "drafts"

MARKDOWN = """\
---
id: nec-2026-11-17
title: "Report: November"
meeting: {body: National Executive Committee, date: 2026-11-17, kind: ordinary}
subject: News for {{ first_name | default("you") }}
preheader: In short
summary: [One, Two]
segments: [clp-secretaries, members]
theme: letter
lang: en-GB
---
Dear {{ first_name | default("friend") }},

Welcome.
## Leader's report
It was *short*.

- One
- Two
  and more
::: only clp-secretaries, members
## For secretaries

Please.
:::
---

Bye.
"""

YAML = """\
id: nec-2026-11-17
title: "Report: November"
meeting:
  body: National Executive Committee
  date: 2026-11-17
  kind: ordinary
subject: 'News for {{ first_name | default("you") }}'
preheader: In short
summary:
  - One
  - Two
segments:
  - clp-secretaries
  - members
theme: letter
lang: en-GB
intro: |
  Dear {{ first_name | default("friend") }},

  Welcome.
sections:
  - heading: Leader's report
    body: It was *short*.
    points:
      - One
      - |
        Two
        and more
  - heading: For secretaries
    only: [clp-secretaries, members]
    body: >
      Please.
closing: |
  ---

  Bye.
"""


def read(body: str = "Text.\n", *, front: str = FRONT) -> Report:
    return parse(f"---\n{front}---\n{body}".encode(), name="x.md", known=KNOWN)


def read_yaml(body: str = "intro: Text.\n", *, front: str = FRONT) -> Report:
    return parse((front + body).encode(), name="x.yaml", known=KNOWN)


def refusal(data: str | bytes, name: str = "x.md") -> str:
    with pytest.raises(SourceError) as caught:
        parse(data.encode() if isinstance(data, str) else data, name=name, known=KNOWN)
    assert caught.value.exit_code == 3
    return caught.value.message


def in_body(body: str) -> str:
    """What is said of a body, whose first line is the fifth of the file."""
    return refusal(f"---\n{FRONT}---\n{body}")


def in_front(line: str) -> str:
    """What is said of a line of front matter, the fourth of the file."""
    return refusal(f"---\n{FRONT}{line}---\nText.\n")


# Both forms


def test_both_forms_give_the_same_report() -> None:
    """Whichever form a report is written in, the value is the same, down to the body's characters."""
    report = parse(MARKDOWN.encode(), name="x.md", known=KNOWN)
    assert report == parse(YAML.encode(), name="y.yaml", known=KNOWN)
    assert replace(report, body="") == Report(
        issue="nec-2026-11-17",
        has_id=True,
        title="Report: November",
        meeting=Meeting("National Executive Committee", date(2026, 11, 17), "ordinary"),
        subject='News for {{ first_name | default("you") }}',
        preheader="In short",
        summary=("One", "Two"),
        segments=("clp-secretaries", "members"),
        theme="letter",
        lang="en-GB",
    )
    assert report.body == (
        'Dear {{ first_name | default("friend") }},\n\nWelcome.\n\n'
        "## Leader's report\n\nIt was *short*.\n\n- One\n- Two\n  and more\n\n"
        "::: only clp-secretaries members\n\n## For secretaries\n\nPlease.\n\n:::\n\n---\n\nBye."
    )


@pytest.mark.parametrize(("text", "name"), [(MARKDOWN, "x.md"), (YAML, "x.yml")])
def test_every_line_of_the_body_knows_its_line_in_the_file(text: str, name: str) -> None:
    """A later check points into the author's file, whatever was put between the lines."""
    report = parse(text.encode(), name=name, known=KNOWN)
    lines = text.split("\n")
    for line, number in zip(report.body.split("\n"), report.lines, strict=True):
        words = line.removeprefix("## ").removeprefix("- ").strip()
        if not words.startswith(":::"):
            assert words in lines[number - 1] or "body: >" in lines[number - 1]


word = st.sampled_from(
    [
        "the",
        "Siân’s",
        "café",
        "🌹",
        "*not*",
        "**so**",
        "`x|y`",
        '"quoted"',
        "שלום",
        "--",
        "…",
        "3%",
        "&",
        "<b>",
        "{{ first_name }}",
        '{{ clp | default("your \\"CLP\\"") }}',
        "[a](https://example.org/?n={{ clp }})",
        "#4",
    ]
)
sentence = st.lists(word, min_size=1, max_size=6).map(lambda words: f"It said {' '.join(words)}.")
paragraphs = st.lists(sentence, max_size=3).map("\n\n".join)


def quoted(value: object) -> str:
    """As JSON, which is YAML in double quotes."""
    return json.dumps(value, ensure_ascii=False)


class Section(NamedTuple):
    heading: str
    body: str
    points: list[str]
    only: list[str]

    def as_markdown(self) -> str:
        points = "\n".join(f"- {point}" for point in self.points)
        text = "\n\n".join(filter(None, [f"## {self.heading}", self.body, points]))
        return f"::: only {', '.join(self.only)}\n{text}\n:::" if self.only else text

    def as_yaml(self) -> str:
        lines = [f"- heading: {quoted(self.heading)}"]
        lines += [f"  body: |\n{indent(self.body, '    ')}"] if self.body else []
        lines += [f"  points: {quoted(self.points)}"] if self.points else []
        lines += [f"  only: {quoted(self.only)}"] if self.only else []
        return "\n".join(lines) + "\n"


sections = st.lists(
    st.builds(
        Section,
        heading=sentence,
        body=paragraphs,
        points=st.lists(sentence, max_size=3),
        only=st.lists(st.sampled_from(KNOWN.segments), max_size=2, unique=True),
    ),
    max_size=3,
)


@given(intro=sentence, sections=sections, closing=paragraphs)
def test_any_text_is_the_same_in_both_forms(intro: str, sections: list[Section], closing: str) -> None:
    """Headings, paragraphs, points and blocks for some segments come out alike."""
    parts = [intro, *(section.as_markdown() for section in sections), closing]
    written = f"intro: {quoted(intro)}\n"
    if sections:
        written += "sections:\n" + indent("".join(section.as_yaml() for section in sections), "  ")
    if closing:
        written += f"closing: |\n{indent(closing, '  ')}\n"
    assert read("\n\n".join(parts)) == read_yaml(written)


snippets = st.sampled_from(
    [
        "text",
        "more *text*",
        "- point",
        "  - inner",
        "1. one",
        "> quoted",
        "---",
        "===",
        "## Heading",
        "    code",
        "```",
        "| a | b |",
        "|---|---|",
        "[r]: https://example.org/",
        "[r]",
        "::: only members",
        ":::",
        "",
        "",
        "  x",
    ]
)


@given(st.lists(snippets, max_size=12).map("\n".join))
def test_tidying_a_body_changes_nothing_a_reader_sees(body: str) -> None:
    """Lines between blocks are made equal, and the blocks stay what they are."""
    try:
        report = read(body)
    except SourceError:
        assume(False)  # noqa: FBT003  # hypothesis' own way to pass over an example

    def seen(text: str) -> list[tuple[str, str, str]]:
        return [(token.type, token.tag, token.content.rstrip()) for token in markdown.parse(text)]

    assert seen(report.body) == seen(body)
    assert read(report.body).body == report.body
    assert len(report.lines) == len(report.body.split("\n"))


@pytest.mark.parametrize("path", sorted(EXAMPLES.iterdir()), ids=lambda path: path.name)
def test_the_example_drafts_are_valid(path: Path) -> None:
    """What a new user starts from has no mistake, and every word of it arrives."""
    report = parse(path.read_bytes(), name=path.name, known=KNOWN)
    assert markdown.words(markdown.parse(report.body)) > 2000
    assert report.has_id


# What is put in where a draft is silent


def test_the_subject_is_the_title_and_the_issue_the_file_unless_said() -> None:
    """A draft needs a title, a meeting and text; the file's stem becomes a safe identity."""
    report = parse(f"---\n{FRONT}---\nText.\n".encode(), name="drafts/2026 Où? Déjà.md", known=KNOWN)
    assert (report.issue, report.has_id, report.subject) == ("2026-ou-deja", False, "A report")
    assert (report.segments, report.theme, report.lang, report.preheader) == ((), None, None, None)
    assert report.source == "drafts/2026 Où? Déjà.md"
    assert parse(f"---\n{FRONT}---\nText.\n".encode(), name="🌹.md", known=KNOWN).issue == "draft"


def test_what_yaml_takes_for_something_else_is_text() -> None:
    """An id like a date, a title like a number and a `no` are taken as written."""
    front = "id: 2026-11-17\ntitle: 2026\nmeeting: {body: no, date: 2026-11-17, kind: yes}\nsubject: 1e3\n"
    report = read(front=front)
    assert (report.issue, report.title, report.subject) == ("2026-11-17", "2026", "1e3")
    assert (report.meeting.body, report.meeting.kind) == ("no", "yes")


def test_a_rule_in_the_body_is_no_end() -> None:
    """Three dashes after the front matter are a rule, or below a line of text a heading."""
    kinds = [token.type for token in markdown.parse(read("a\n\n---\n\nb\n---\n").body) if token.level == 0]
    assert kinds == ["paragraph_open", "paragraph_close", "hr", "heading_open", "heading_close"]


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_other_line_ends_and_a_byte_order_mark_change_nothing(ends: str) -> None:
    """A draft from Windows is the same draft."""
    for text, name in ((MARKDOWN, "x.md"), (YAML, "x.yaml")):
        other = b"\xef\xbb\xbf" + text.replace("\n", ends).encode()
        report = parse(text.encode(), name=name, known=KNOWN)
        again = parse(other, name=name, known=KNOWN)
        assert (again, again.lines) == (report, report.lines)


def test_what_no_mail_can_hold_is_dropped() -> None:
    """Control characters vanish, odd separators become spaces, and everything a person typed stays."""
    body = "a\x00b\x07c\ufeff d\x0be\x0cf\u2028g\x85h\ufffe 🌹\tمرحبا \u200fx"
    assert read(body).body == "abc d e f g h 🌹\tمرحبا \u200fx"
    assert read_yaml(f"intro: '{body}'\n").body == read(body).body
    escaped = read_yaml('intro: "a\\0b\\L"\nsubject: "a\\0b\\vc"\nsummary: ["\\a1"]\n')
    assert (escaped.body, escaped.subject, escaped.summary) == ("ab", "ab c", ("1",))


def test_fifty_thousand_words_are_read() -> None:
    """Length is no mistake, in one paragraph or in many."""
    words = 'It\'s a "word" -- {{ clp | default("x") }}, [link](https://example.org/) and more. ' * 7000
    assert markdown.words(markdown.parse(read(words).body)) > 50_000


# Merge fields


@pytest.mark.parametrize(
    ("text", "name", "default"),
    [
        ("{{ first_name }}", "first_name", None),
        ("{{first_name}}", "first_name", None),
        ('{{ first_name | default("friend") }}', "first_name", "friend"),
        ("{{first_name|default('friend')}}", "first_name", "friend"),
        ("{{ first_name | default(“friend”) }}", "first_name", "friend"),
        ("{{ first_name | default(‘friend’) }}", "first_name", "friend"),
        ('{{ first_name | default("friend”) }}', "first_name", "friend"),
        ("{{ first_name | default('it's (not) \"x\"') }}", "first_name", 'it\'s (not) "x"'),
        ('{{ first_name | default("") }}', "first_name", ""),
        ('{{ prénom | default("a | b") }}', "prénom", "a | b"),
    ],
)
def test_a_merge_field_is_a_name_with_or_without_a_default(text: str, name: str, default: str | None) -> None:
    """Any pair of quotes will do, for word processors curl them."""
    found = FIELD.fullmatch(text)
    assert found
    assert (found["name"], found["default"]) == (name, default)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 7 * 7 }}",
        "{{ a.b }}",
        "{{ a() }}",
        "{{ a | upper }}",
        "{{ a b }}",
        "{{ a | default(b) }}",
        "{{ a }",
        "{% if a %}",
        "{# a #}",
        "{{ a | default('x') | upper }}",
        "{{{ }}}",
        "{{\na }}",
        "{a}",
        "${a}",
    ],
)
def test_all_other_braces_are_plain_text(text: str) -> None:
    """A draft is no program: what is not a merge field is shown as it is."""
    assert fields_of(text) == ()
    assert read(f"x {text}\n").body == f"x {text}"


def test_fields_are_named_once_in_order() -> None:
    """A field that stands twice is one thing to know of a person."""
    assert fields_of('{{ b }} {{ a | default("{") }}{{ b }}') == ("b", "a")


def test_merge_fields_stand_in_text_subject_preheader_and_summary() -> None:
    """They are kept as written, also in a table, a link's path or query, and code."""
    front = f"{FRONT}subject: '{{{{ clp }}}}'\npreheader: a {{{{ clp }}}}\nsummary: ['{{{{ region }}}} x']\n"
    body = '| {{ clp | default("a|b") }} | `{{ clp }}` |\n|---|---|\n\n'
    body += "[x](https://example.org/{{ clp }}?a={{ region }}#b)"
    report = read(body, front=front)
    assert (report.subject, report.preheader, report.summary) == (
        "{{ clp }}",
        "a {{ clp }}",
        ("{{ region }} x",),
    )
    assert report.body == body


# What a person reads when something is wrong


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("titel: x\n", "x.md:4:1: unknown key 'titel'\n    4 | titel: x\n    Did you mean 'title'?"),
        (
            "id: a b/c\n",
            (
                "x.md:4:5: 'id' is a short name for the issue\n    4 | id: a b/c\n"
                "    Letters, digits, and . _ - between them, at most 64: nec-2026-11-17."
            ),
        ),
        (
            "theme: reprot\n",
            "x.md:4:8: unknown theme 'reprot'\n    4 | theme: reprot\n    Did you mean 'report'?",
        ),
        (
            "segments: [members, secretaries]\n",
            (
                "x.md:4:21: unknown segment 'secretaries'\n    4 | segments: [members, secretaries]\n"
                "    Did you mean 'clp-secretaries'?"
            ),
        ),
        ("lang: en_GB\n", "x.md:4:7: 'en_GB' is not a language\n    4 | lang: en_GB\n    Write en-GB."),
        (
            "lang: English\n",
            (
                "x.md:4:7: 'English' is not a language\n    4 | lang: English\n"
                "    Write a language tag, like en-GB or cy."
            ),
        ),
        (
            "subject: Dear {{ frist_name }}\n",
            (
                "x.md:4:10: unknown merge field 'frist_name'\n    4 | subject: Dear {{ frist_name }}\n"
                "    Did you mean 'first_name'?"
            ),
        ),
        (
            "preheader: ''\n",
            "x.md:4:12: 'preheader' is empty\n    4 | preheader: ''\n    Write it, or leave out the key.",
        ),
        (
            "summary:\n- Finance: worse\n",
            (
                "x.md:5:3: 'summary': expected text\n    5 | - Finance: worse\n"
                '    Text that holds a colon must be quoted: title: "Report: November".'
            ),
        ),
        (
            "corrections: [{date: 2020-01-01, text: A name.}]\n",
            (
                "x.md:4:14: a correction of 2020-01-01 is older than the meeting\n"
                "    4 | corrections: [{date: 2020-01-01, text: A name.}]\n"
                "    The day of a correction is the day on which it was put right."
            ),
        ),
        (
            "corrections: [{date: 2099-01-01}]\n",
            (
                "x.md:4:15: 'text' is missing\n"
                "    4 | corrections: [{date: 2099-01-01}]\n"
                '    For example: text: "It is £640,000, and not £460,000."'
            ),
        ),
        (
            "paper: post\n",
            "x.md:4:8: 'paper': expected 'none', 'link' or 'attach'\n    4 | paper: post",
        ),
        (
            "summary: one\n",
            "x.md:4:10: 'summary': expected a list, one `- item` a line\n    4 | summary: one",
        ),
        (
            "summary: ['[x](javascript:alert)']\n",
            (
                "x.md:4:11: a link cannot start with 'javascript:'\n"
                "    4 | summary: ['[x](javascript:alert)']\n"
                "    A link starts with https://, http://, mailto:, tel: or #."
            ),
        ),
        (
            "intro: x\n",
            (
                "x.md:4:1: unknown key 'intro'\n    4 | intro: x\n"
                "    Known here: corrections, id, lang, meeting, paper, preheader, segments, silence, subject, "
                "summary, theme, title."
            ),
        ),
    ],
)
def test_a_bad_key_is_explained(line: str, message: str) -> None:
    """Each key says what it takes, and names the nearest thing known."""
    assert in_front(line) == message


@pytest.mark.parametrize(
    ("day", "what", "hint"),
    [
        ("17/11/2026", "'17/11/2026' is not a date", "Write 2026-11-17."),
        ("1.2.2026", "'1.2.2026' is not a date", "Write 2026-02-01."),
        ("17 November 2026", "'17 November 2026' is not a date", "Write 2026-11-17."),
        ("Tuesday 1st Sept 2026", "'Tuesday 1st Sept 2026' is not a date", "Write 2026-09-01."),
        ("soon", "'soon' is not a date", "Write it as year-month-day, like 2026-11-17."),
        ("17 Foo 2026", "'17 Foo 2026' is not a date", "Write it as year-month-day, like 2026-11-17."),
        ("[a]", "'date': expected a date", "Write it as year-month-day, like 2026-11-17."),
        (
            "2026-13-01",
            "there is no day 2026-13-01: month must be in 1..12",
            "The order is year-month-day, like 2026-11-17.",
        ),
    ],
)
def test_a_bad_date_says_how_to_write_it(day: str, what: str, hint: str) -> None:
    """A date in another order is read as Britain writes it, and given back in the right one."""
    message = refusal(f"title: a\nmeeting:\n  body: NEC\n  date: {day}\nintro: x\n", "x.yaml")
    assert message == f"x.yaml:4:9: {what}\n    4 | date: {day}\n    {hint}"


def test_title_and_meeting_are_required_and_fixed() -> None:
    """What is missing comes with an example; what everybody reads holds no person's field."""
    assert refusal("---\nid: a\n---\nText.\n") == (
        "x.md:2:1: 'meeting' is missing\n    2 | id: a\n"
        "    For example: meeting: {body: National Executive Committee, date: 2026-11-17}\n"
        "x.md:2:1: 'title' is missing\n    2 | id: a\n"
        "    For example: title: Report of the NEC meeting, 17 November 2026"
    )
    assert refusal("---\ntitle: For {{ clp }}\nmeeting: {body: NEC}\n---\nText.\n") == (
        "x.md:2:8: 'title' cannot hold the merge field {{ clp }}\n    2 | title: For {{ clp }}\n"
        "    Merge fields may stand in the text, subject, preheader and summary.\n"
        "x.md:3:10: 'date' is missing\n    3 | meeting: {body: NEC}\n    For example: date: 2026-11-17"
    )


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"", "x.md", "x.md: the file is empty\n    `newsletter new` writes a draft to fill in."),
        (
            b"\xef\xbb\xbf \r\n",
            "x.yaml",
            "x.yaml: the file is empty\n    `newsletter new` writes a draft to fill in.",
        ),
        (
            f"---\n{FRONT}---\n\n---\n".encode(),
            "x.md",
            "x.md" + NO_TEXT,
        ),
        (
            FRONT.encode(),
            "x.yaml",
            "x.yaml" + NO_TEXT,
        ),
        (
            b"# Report\n",
            "x.md",
            (
                "x.md:1:1: the front matter is missing\n    1 | # Report\n"
                "    Start the file with ---, then title: and meeting:, then --- again, then the text."
            ),
        ),
        (
            f"---\n{FRONT}\n# Report\n".encode(),
            "x.md",
            (
                "x.md:1:1: the front matter is never closed\n    1 | ---\n"
                "    Put --- on a line of its own after the last key."
            ),
        ),
        (
            "Report".encode("utf-16"),
            "x.md",
            (
                "x.md: the file is UTF-16 text, not UTF-8\n"
                "    In your editor, choose “Save as” or “Save with encoding”, and UTF-8."
            ),
        ),
        (
            "Report".encode("utf-16-be"),
            "x.yaml",
            (
                "x.yaml: the file is UTF-16 text, not UTF-8\n"
                "    In your editor, choose “Save as” or “Save with encoding”, and UTF-8."
            ),
        ),
        (
            "---\r\ntitle: Siân’s report\r\n".encode("cp1252"),
            "x.md",
            (
                "x.md:2:10: byte E2 is not UTF-8; Windows writes “â” so\n    2 | title: Siân’s report\n"
                "    In your editor, choose “Save as” or “Save with encoding”, and UTF-8."
            ),
        ),
        (
            b"title: \x81\n",
            "x.md",
            (
                "x.md:1:8: byte 81 is not UTF-8\n    1 | title: �\n"
                "    In your editor, choose “Save as” or “Save with encoding”, and UTF-8."
            ),
        ),
        (
            b"x",
            "x.docx",
            "x.docx: a draft cannot be a .docx file\n    Save it as Markdown (.md) or YAML (.yaml).",
        ),
        (b"x", "x", "x: a draft needs a suffix\n    Save it as Markdown (.md) or YAML (.yaml)."),
        (
            b"x" * 2_000_001,
            "x.md",
            (
                "x.md: the file has 2.0 MB: too large for a draft\n"
                "    A draft is text; link to pictures on the web."
            ),
        ),
        (
            b"title: Report: November\nintro: x\n",
            "x.yaml",
            (
                "x.yaml:1:14: YAML: a colon stands where none is expected\n    1 | title: Report: November\n"
                '    Text that holds a colon must be quoted: title: "Report: November".'
            ),
        ),
    ],
    ids=range(14),
)
def test_a_file_that_is_no_draft_says_what_it_is(data: bytes, name: str, message: str) -> None:
    """Empty, unclosed, in another encoding, of another kind: the message says what to do."""
    assert refusal(data, name) == message


ONLY = "    Write ::: only SEGMENT before the text and ::: after it, each on a line of its own."
SCHEMES = "    A link starts with https://, http://, mailto:, tel: or #."
PLACE = "    A merge field may stand in a link's path or query: https://example.org/?name={{ first_name }}."


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "x\n\n# Head\n",
            (
                "x.md:7:1: a heading of the first level in the text\n    7 | # Head\n"
                "    The title is the one heading above all others: start this one with ##."
            ),
        ),
        (
            "Head\n===\n",
            (
                "x.md:5:1: a heading of the first level in the text\n    5 | Head\n"
                "    The title is the one heading above all others: start this one with ##."
            ),
        ),
        (
            "Dear {{ frist_name | default('x') }}\n",
            (
                "x.md:5:6: unknown merge field 'frist_name'\n    5 | Dear {{ frist_name | default('x') }}\n"
                "    Did you mean 'first_name'?"
            ),
        ),
        (
            "::: only member\nx\n:::\n",
            "x.md:5:10: unknown segment 'member'\n    5 | ::: only member\n    Did you mean 'members'?",
        ),
        ("::: only\nx\n:::\n", f"x.md:5:1: a ::: only block for no segment\n    5 | ::: only\n{ONLY}"),
        (
            "::: only members\nx\n",
            (
                "x.md:5:1: the ::: only block that starts here is never closed\n    5 | ::: only members\n"
                "    Put ::: on a line of its own after its text."
            ),
        ),
        (
            "::: only members\n::: only members\nx\n:::\n:::\n",
            (
                "x.md:6:1: a ::: only block inside another\n    6 | ::: only members\n"
                "    Close the block of line 5 with ::: first."
            ),
        ),
        ("x\n:::\n", f"x.md:6:1: there is no block to close here\n    6 | :::\n{ONLY}"),
        (
            "::: note\nx\n",
            (
                "x.md:5:1: a ::: line can be `::: only SEGMENT` or ::: alone, and starts in the first column\n"
                f"    5 | ::: note\n{ONLY}"
            ),
        ),
        (
            "- x\n  ::: only members\n",
            (
                "x.md:6:3: a ::: line can be `::: only SEGMENT` or ::: alone, and starts in the first column\n"
                f"    6 | ::: only members\n{ONLY}"
            ),
        ),
        (
            "x\n\n```\ncode\n",
            (
                "x.md:7:1: the code block that starts here is never closed\n    7 | ```\n"
                "    Put ``` on a line of its own after the code."
            ),
        ),
        (
            ">" * 45 + " x\n",
            (
                "x.md:5:1: lists or quotations are nested too deep\n"
                f"    5 | {'>' * 45} x\n    Nobody can follow this."
            ),
        ),
        (
            "a [x](javascript:alert(1)) b\n",
            (
                "x.md:5:7: a link cannot start with 'javascript:'\n"
                f"    5 | a [x](javascript:alert(1)) b\n{SCHEMES}"
            ),
        ),
        (
            "<ftp://example.org>\n",
            f"x.md:5:2: a link cannot start with 'ftp:'\n    5 | <ftp://example.org>\n{SCHEMES}",
        ),
        (
            "x [r]\n\n[r]: file:///etc/x\n",
            f"x.md:7:6: a link cannot start with 'file:'\n    7 | [r]: file:///etc/x\n{SCHEMES}",
        ),
        (
            "[x](#x) see [x](foo) \\<foo>\n\n[r]\n\n[r]: <foo>\n",
            (
                "x.md:5:17: the link is not a whole address\n    5 | [x](#x) see [x](foo) \\<foo>\n"
                f"    A mail has no folder to look in. {SCHEMES.strip()}\n"
                "x.md:9:7: the link is not a whole address\n    9 | [r]: <foo>\n"
                f"    A mail has no folder to look in. {SCHEMES.strip()}"
            ),
        ),
        (
            "[x](www.example.org/é) [x](www.example.org/é)\n",
            (
                "x.md:5:5: the link has no scheme\n    5 | [x](www.example.org/é) [x](www.example.org/é)\n"
                "    Write https://www.example.org/%C3%A9.\n"
                "x.md:5:28: the link has no scheme\n    5 | [x](www.example.org/é) [x](www.example.org/é)\n"
                "    Write https://www.example.org/%C3%A9."
            ),
        ),
        (
            "[x](minutes.html)\n",
            (
                "x.md:5:5: the link is not a whole address\n    5 | [x](minutes.html)\n"
                f"    A mail has no folder to look in. {SCHEMES.strip()}"
            ),
        ),
        (
            "[x](jane@example.org)\n",
            (
                "x.md:5:5: the link has no scheme\n    5 | [x](jane@example.org)\n"
                "    Write mailto: before an e-mail address."
            ),
        ),
        (
            "[x]()\n",
            (
                "x.md:5:5: the link leads nowhere\n    5 | [x]()\n"
                "    Write the address in the brackets: [text](https://…)."
            ),
        ),
        (
            "[x](https:///y)\n",
            (
                "x.md:5:5: the link names no web site\n    5 | [x](https:///y)\n"
                "    Write the site's name after https://."
            ),
        ),
        (
            "[x](mailto:jane)\n",
            (
                "x.md:5:5: the link names no e-mail address\n    5 | [x](mailto:jane)\n"
                "    Write mailto:name@example.org."
            ),
        ),
        (
            "[x](tel:none)\n",
            (
                "x.md:5:5: the link names no telephone number\n    5 | [x](tel:none)\n"
                "    Write tel:+44…, without spaces."
            ),
        ),
        (
            "[x](https://example.org/a b)\n",
            (
                "x.md:5:3: this looks like a link, but is none\n    5 | [x](https://example.org/a b)\n"
                "    An address holds no spaces: write %20 for each."
            ),
        ),
        (
            "x [](https://example.org/)\n",
            (
                "x.md:5:6: the link has no text to click\n    5 | x [](https://example.org/)\n"
                "    Write what it leads to in the square brackets."
            ),
        ),
        (
            "![](https://example.org/a.png) x\n",
            (
                "x.md:5:5: the picture has no description\n    5 | ![](https://example.org/a.png) x\n"
                "    Say in the square brackets what it shows; many readers see only that."
            ),
        ),
        (
            "![x](tel:123)\n",
            (
                "x.md:5:6: a picture must be on the web\n    5 | ![x](tel:123)\n"
                "    Put it on a web site and write its address, https://…."
            ),
        ),
        (
            "![x](data:image/png;base64,AA)\n",
            f"x.md:5:6: a link cannot start with 'data:'\n    5 | ![x](data:image/png;base64,AA)\n{SCHEMES}",
        ),
        (
            "[x](https://{{ clp }}.example.org/)\n",
            (
                "x.md:5:5: a merge field cannot stand in a link's scheme or host\n"
                f"    5 | [x](https://{{{{ clp }}}}.example.org/)\n{PLACE}"
            ),
        ),
        (
            "![x](https://{{ clp }}/a.png)\n",
            (
                "x.md:5:6: a merge field cannot stand in a link's scheme or host\n"
                f"    5 | ![x](https://{{{{ clp }}}}/a.png)\n{PLACE}"
            ),
        ),
        (
            "[x](mailto:{{ clp }}@example.org)\n",
            (
                "x.md:5:5: a merge field cannot stand in a link's scheme or host\n"
                f"    5 | [x](mailto:{{{{ clp }}}}@example.org)\n{PLACE}"
            ),
        ),
        (
            "https://{{ clp }}.example.org/\n",
            (
                "x.md:5:1: a merge field cannot stand in a link's scheme or host\n"
                f"    5 | https://{{{{ clp }}}}.example.org/\n{PLACE}"
            ),
        ),
        (
            "[x]({{ clp }})\n",
            (
                "x.md:5:5: a merge field cannot be where a link's address begins\n"
                f"    5 | [x]({{{{ clp }}}})\n{PLACE}"
            ),
        ),
        (
            "[x]({{ clp }}:y)\n",
            (
                "x.md:5:5: a merge field cannot stand in a link's scheme or host\n"
                f"    5 | [x]({{{{ clp }}}}:y)\n{PLACE}"
            ),
        ),
    ],
)
def test_a_mistake_in_the_text_is_explained(body: str, message: str) -> None:
    """Each is shown at its line and column, with what to write instead."""
    assert in_body(body) == message


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org",
        "HTTP://example.org:8080/a_(b)?c=d&e#f",
        "https://bücher.example/ü",
        "mailto:jane@example.org?subject={{ clp }}",
        "tel:+441632960961",
        "#leaders-report",
        "https://example.org/{{ clp }}/{{ region | default('x') }}",
    ],
)
def test_good_links_are_left_alone(address: str) -> None:
    """Web, mail, telephone, and a place in the same report."""
    assert read(f"[x](<{address}>)").body == f"[x](<{address}>)"


def test_a_mistake_in_yaml_is_shown_where_it_stands() -> None:
    """In blocks, folded and quoted text alike; mistakes of keys and of text come together, in order."""
    text = """\
title: A report
meeting: {body: NEC, date: 2026-11-17}
intro: |

  Dear {{ nobody }},
sections:
  - heading: See [a](foo)
    body: >
      Folded text goes on
      and says [b](www.example.org).
    points:
      - Finance: worse
      - "quoted [c](javascript:x)"
      - |
        text

        - [d](mailto:jane)
    only: [members, clp]
  - body: x
    only: members
  - heading: y
    bdoy: z
    only: []
"""
    assert [line for line in refusal(text, "x.yaml").split("\n") if line.startswith("x.yaml")] == [
        "x.yaml:5:8: unknown merge field 'nobody'",
        "x.yaml:7:22: the link is not a whole address",
        "x.yaml:10:20: the link has no scheme",
        "x.yaml:12:9: 'sections.points': expected text",
        "x.yaml:13:21: a link cannot start with 'javascript:'",
        "x.yaml:17:15: the link names no e-mail address",
        "x.yaml:18:21: unknown segment 'clp'",
        "x.yaml:19:5: 'heading' is missing",
        "x.yaml:20:11: 'sections.only': expected a list, one `- item` a line",
        "x.yaml:22:5: unknown key 'bdoy'",
        "x.yaml:23:11: 'sections.only': expected at least one item",
    ]


def test_every_mistake_of_a_file_is_reported_at_once_in_order() -> None:
    """Front matter that is no YAML does not hide what is wrong with the text."""
    message = refusal("---\ntitle: a: b\n---\n# x\n\n[y](z)\n")
    assert [line.split(": ")[0] for line in message.split("\n") if line.startswith("x.md")] == [
        "x.md:2:9",
        "x.md:4:1",
        "x.md:6:5",
    ]


fragments = st.sampled_from(
    [
        b"---\n",
        FRONT.encode(),
        b"intro: |\n",
        b"  x\n",
        b"sections:\n",
        b"- heading: x\n",
        b"  points: [",
        b"]\n",
        b"::: only members\n",
        b":::\n",
        b"{{ clp }}",
        b"{{ x | default('",
        b"') }}",
        b"[a](",
        b"![](<",
        b")",
        b"\r",
        b"\x00",
        b"\xff",
        "\u2028🌹".encode(),
        b"```\n",
        b"|---|\n",
        b"| a |\n",
        b"> ",
        b"\t",
        b"# ",
        b"&a *b !c",
        b"'",
    ]
)


@given(
    st.binary() | st.lists(fragments, max_size=12).map(b"".join), st.sampled_from(["x.md", "x.yaml", "x.txt"])
)
def test_any_bytes_are_a_report_or_a_source_error(data: bytes, name: str) -> None:
    """No file, however broken, ends in another exception, and each mistake lies in the file."""
    for draft in (data, f"---\n{FRONT}---\n".encode() + data, FRONT.encode() + data):
        assert outcome(draft, name) <= draft.count(b"\n") + draft.count(b"\r") + 1


def outcome(data: bytes, name: str) -> int:
    """The last line that a report or a refusal speaks of."""
    try:
        return max(parse(data, name=name, known=KNOWN).lines)
    except SourceError as error:
        return max(mistake.where.line for mistake in error.mistakes)
