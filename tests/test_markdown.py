"""The one Markdown parser, as the rooms that use it rely on it."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import markdown

QUOTES = "'\"‘’“”"


def inline(text: str) -> list[tuple[str, str]]:
    children = markdown.parse(text)[1].children or []
    return [(token.type, str(token.attrs.get("href", token.content))) for token in children]


def kinds(body: str) -> list[str]:
    return [token.type for token in markdown.parse(dedent(body)) if token.level == 0 and token.nesting >= 0]


def shown(text: str) -> str:
    return markdown.plain(markdown.parse(text)[1])


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ('"Hello," she said', "“Hello,” she said"),
        ("\"'Yes,' he said\"", "“‘Yes,’ he said”"),
        ('("quoted") and non-"core"', "(“quoted”) and non-“core”"),
        ("members' and don't", "members’ and don’t"),
        ("'tis the '90s, rock 'n' roll", "’tis the ’90s, rock ’n’ roll"),
        ('"an opening without an end', "“an opening without an end"),
        ("1990--95, and so -- on", "1990–95, and so – on"),
        ("wait---what --- no", "wait—what — no"),
        ('"I was--" she began', "“I was–” she began"),
        ("and so on... but not .... this", "and so on… but not .... this"),
        ("--dry-run and ----", "--dry-run and ----"),
        ("clause 4(c) and (r), +- ????", "clause 4(c) and (r), +- ????"),
    ],
)
def test_typed_characters_become_typography(typed: str, set_: str) -> None:
    """Quotes, dashes and ellipses are set; a clause's letter never becomes a copyright sign."""
    assert shown(typed) == set_
    assert markdown.typographic(typed) == set_


def test_quotes_are_set_across_emphasis_links_and_code() -> None:
    """What stands before a quotation mark decides, wherever it stands."""
    typed = '"**Bold** words" and *"so"* and `x`\'s "[link](https://example.org/)" and "`c`"'
    assert shown(typed) == "“Bold words” and “so” and x’s “link” and “c”"


def test_code_addresses_and_escapes_are_left_as_typed() -> None:
    """Nothing is set in code, in a bare address, or after a backslash."""
    assert shown("""`"a"--b...` https://example.org/'a'--b <https://example.org/"c"> \\"d\\" """) == (
        """"a"--b... https://example.org/'a'--b https://example.org/"c" "d\""""
    )
    assert markdown.parse("```\n'a' -- \"b\"\n```")[0].content == "'a' -- \"b\"\n"


@given(st.text(alphabet=st.sampled_from("ab1 ()[]-–—.…\n" + QUOTES)))
def test_typography_changes_only_quotes_dashes_and_dots(text: str) -> None:
    """Every other character is there, in its order, and no straight quote is left."""

    def others(text: str) -> str:
        return "".join(character for character in text if character not in QUOTES + "-–—.…")

    result = markdown.typographic(text)
    assert others(result) == others(text)
    assert not set(result) & set("'\"")
    assert sum(map(result.count, QUOTES)) == sum(map(text.count, QUOTES))


def test_raw_html_is_text() -> None:
    """A tag is shown as it was typed, as a block and within a line."""
    assert inline("a <b>x</b> <!-- y --> &amp; &lt;") == [("text", "a <b>x</b> <!-- y --> & <")]
    assert inline("<script>alert(1)</script>") == [("text", "<script>alert(1)</script>")]
    assert kinds("<div>\n\ntext\n\n</div>") == ["paragraph_open"] * 3


def test_a_web_address_becomes_a_link_and_nothing_else_does() -> None:
    """Only http:// and https:// start a link by themselves, and a sentence's full stop is not part of it."""
    assert inline("See https://example.org/a_b_c?d=e.") == [
        ("text", "See "),
        ("link_open", "https://example.org/a_b_c?d=e"),
        ("text", "https://example.org/a_b_c?d=e"),
        ("link_close", ""),
        ("text", "."),
    ]
    for text in (
        "jane@example.org",
        "www.example.org",
        "example.org",
        "//example.org",
        "ftp://example.org",
        "a:b",
    ):
        assert inline(text) == [("text", text)]


def test_links_of_any_scheme_are_tokens() -> None:
    """A link that must not go out is not turned into text, where nobody would notice."""
    assert inline("[x](javascript:alert)")[0] == ("link_open", "javascript:alert")


def test_the_blocks_are_those_of_commonmark_with_tables() -> None:
    """Dashes are a rule after an empty line and a heading below a line of text."""
    body = """\
        ## Heading

        ---

        Title
        ---
        - a
          - b
        1. c
        > d

        | a | b |
        |---|--:|
        | 1 | 2 |

            code
        """
    assert kinds(body) == [
        "heading_open",
        "hr",
        "heading_open",
        "bullet_list_open",
        "ordered_list_open",
        "blockquote_open",
        "table_open",
        "code_block",
    ]


def test_a_line_of_colons_ends_whatever_stands_before_it() -> None:
    """Paragraphs, lists, quotations and tables need no empty line before `::: only` and `:::`."""
    body = "a\n::: only x\n- b\n:::\n::: only y, z\n> c\n:::\n| d |\n|---|\n| e |\n::: only x\n:::\n"
    tokens = [token for token in markdown.parse(body) if token.type.startswith("only")]
    assert [(token.type, token.map, token.meta.get("segments")) for token in tokens] == [
        ("only_open", [1, 2], ("x",)),
        ("only_close", [3, 4], None),
        ("only_open", [4, 5], ("y", "z")),
        ("only_close", [6, 7], None),
        ("only_open", [10, 11], ("x",)),
        ("only_close", [11, 12], None),
    ]


def test_colons_in_code_are_code() -> None:
    """A fenced or indented example of a block is not a block."""
    assert kinds("```\n::: only x\n:::\n```\n\n    :::\n") == ["fence", "code_block"]


@pytest.mark.parametrize("body", ["::: note\n", "- a\n  ::: only x\n", "> :::\n", " ::: only x\n"])
def test_other_lines_of_colons_are_marked(body: str) -> None:
    """Another word, or a place inside a list or quotation, makes a token that drafts refuse."""
    assert [token.type for token in markdown.parse(body) if "only" in token.type or token.type == "colons"] == [
        "colons"
    ]


def test_each_segment_reads_its_own_blocks_and_what_is_for_all() -> None:
    """Without a segment every `only` block is left out, links defined there still work."""
    body = (
        "all [l]\n\n::: only x y\nfor both\n\n[l]: https://example.org/\n:::\n\n::: only y\nfor y\n:::\n\nend\n"
    )
    tokens = markdown.parse(body)

    def read(segment: str | None) -> list[str]:
        return [markdown.plain(t) for t in markdown.for_segment(tokens, segment) if t.type == "inline"]

    assert read("x") == ["all l", "for both", "end"]
    assert read("y") == ["all l", "for both", "for y", "end"]
    assert read("z") == read(None) == ["all l", "end"]
    assert [token.type for token in markdown.for_segment(tokens, "x")].count("only_open") == 1
    assert not any(token.type.startswith("only") for token in markdown.for_segment(tokens, None))


def test_plain_text_is_what_a_reader_sees() -> None:
    """Marks are gone, line ends are spaces, a picture is its description."""
    assert shown("*a* `b`\nc\\\n[d](https://example.org/) ![e *f*](https://example.org/g.png)") == "a b c d e f"
    assert markdown.plain(markdown.parse_inline("**Buses**: it's *not* done")) == "Buses: it’s not done"


def test_words_are_counted_without_dashes_and_marks() -> None:
    """Headings, lists, tables and code count; a dash, a rule or a table's line does not."""
    body = "## One two\n\n- three -- *four*\n\n---\n\n| five |\n|---|\n| six |\n\n    seven\n"
    assert markdown.words(markdown.parse(body)) == 7
