"""Each way of looking at a mail, on small pieces of HTML that a person can judge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.preview.clients import GMAIL_CLIP_BYTES, gmail, outlook
from newsletter.preview.conditions import as_word_reads, holds
from newsletter.preview.differences import marked, marked_lines
from newsletter.preview.inbox import cut, lines, preheader
from newsletter.preview.stylesheet import parsed, written
from newsletter.preview.views import Client, Look, has_dark_styles, view, without_requests


def page(body: str = "", *, css: str = "") -> str:
    """A small mail."""
    return f'<!DOCTYPE html><html><head><style type="text/css">{css}</style></head><body>{body}</body></html>'


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("mso", True),
        ("!mso", False),
        ("mso | IE", True),
        ("IE", False),
        ("mso 16", True),
        ("mso 12", False),
        ("gte mso 9", True),
        ("lte mso 11", False),
        ("(gte mso 9)&(lt mso 16)", False),
        ("(gte mso 9)&(lte mso 16)", True),
        ("!(mso 12)|(IE)", True),
        ("gt mso 16", False),
        ("true", True),
        ("mso gibberish", False),
        ("", False),
        ("(mso", True),
    ],
)
def test_a_condition_is_read_as_word_reads_it(expression: str, expected: bool) -> None:
    """What cannot be read does not hold."""
    assert holds(expression) is expected


@given(st.text(alphabet="()!&| mso16IEgtlte.9"))
def test_no_condition_ends_in_another_error(expression: str) -> None:
    """Garbage is false, or at least an answer."""
    assert holds(expression) in {True, False}


def test_word_reads_its_own_branch_and_not_the_others() -> None:
    """Both spellings of a comment for everybody else, and what is for Word alone."""
    html = (
        "<!--[if mso]>word<![endif]--><!--[if !mso]><!-->others<!--<![endif]-->"
        "<!--[if !mso]>-->them too<!--<![endif]--><!--[if lte mso 11]>old<![endif]--><!-- a remark -->end"
    )
    assert as_word_reads(html) == "word<!-- a remark -->end"


def test_outlook_keeps_only_the_css_that_word_knows() -> None:
    """No media query, no child selector, no radius; what is hidden from Word is hidden."""
    html = outlook(
        page(
            '<p style="color:red;border-radius:4px;max-width:9px">x</p><p style="mso-hide:all">y</p>',
            css="p { color: blue; opacity: .5 } @media screen { p { color: red } } div > p { color: green }",
        )
    )
    assert 'style="color:red"' in html
    assert "color: blue" in html
    assert "display: none !important" in html
    assert not any(word in html for word in ("radius", "max-width", "opacity", "@media", "green"))


def test_outlook_shows_none_of_words_settings() -> None:
    """`<xml>` sets its dots per inch, and a browser would show the number."""
    html = "<!--[if mso]><xml><o:OfficeDocumentSettings><o:PixelsPerInch>96</o:PixelsPerInch></xml><![endif]-->"
    assert "96" not in outlook(page(f"{html}<p>x</p>"))


def test_gmail_drops_comments_ids_and_what_it_does_not_know() -> None:
    """Classes and widths stay; dark styles, attribute selectors, ids and comments go."""
    css = (
        ".a { color: red } [data-ogsc] .a { color: blue } "
        "@media (prefers-color-scheme: dark) { .a { color: white } }"
        "@media only screen and (max-width: 479px) { .a { color: green } } @font-face { src: x }"
    )
    html = gmail(
        page('<!--[if mso]>x<![endif]--><p id="top" class="a" style="margin:-4px;color:red">y</p>', css=css)
    )
    assert all(word in html for word in ("color: red", "color: green", 'class="a"', 'style="color:red"'))
    assert not any(word in html for word in ("blue", "white", "font-face", "top", "<!--", "-4px"))


@pytest.mark.parametrize(
    "css",
    ["@media screen { @media (max-width: 9px) { p { color: red } } }", "p { color: red }" + " " * 17_000],
    ids=["an at-rule in an at-rule", "too long"],
)
def test_gmail_drops_a_whole_style_sheet(css: str) -> None:
    """One that nests at-rules, or one beyond its limit."""
    assert "color: red" not in gmail(page("x", css=css))


def test_gmail_clips_what_is_too_long() -> None:
    """The end is gone, and a line says so; a mail that fits is whole."""
    long = page("<p>word</p>" * (GMAIL_CLIP_BYTES // 10) + "<p>the end</p>")
    assert "the end" not in gmail(long)
    assert "Message clipped" in gmail(long)
    assert "Message clipped" not in gmail(page("<p>the end</p>"))


DARK = (
    "@media (prefers-color-scheme: dark) { p { color: white } } "
    "@media (prefers-color-scheme:light) { p { color: black } }"
)


def test_dark_and_light_are_settled_whatever_the_machine() -> None:
    """The condition on the reader's screen becomes one that always holds, or never does."""
    html = page("<p>x</p>", css=f":root {{ color-scheme: light dark; }} {DARK}")
    dark, light = view(html, Client.ANY, Look.DARK), view(html, Client.ANY, Look.LIGHT)
    assert "@media (min-width: 0) { p { color: white } }" in dark
    assert "@media (max-width: 0) { p { color: black } }" in dark
    assert "color-scheme: dark;" in dark
    assert "@media (max-width: 0) { p { color: white } }" in light
    assert "color-scheme: light;" in light
    assert "prefers-color-scheme" not in dark + light


def test_whether_a_mail_has_dark_styles_is_known() -> None:
    """By its style sheets, not by its words."""
    assert has_dark_styles(page(css=DARK))
    assert not has_dark_styles(page("prefers-color-scheme: dark", css="p { color: red }"))


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://example.org/a.png" alt="x" width="9">',
        "<img alt='x' src='http://example.org/a.png' srcset='https://example.org/b.png 2x'>",
        '<td background="https://example.org/a.png">',
        '<img src="a&amp;b.png">',
    ],
)
def test_nothing_is_fetched(html: str) -> None:
    """A picture becomes a box, and keeps its words and its size."""
    shown = without_requests(html)
    assert ".png" not in shown
    assert ("alt" in shown) is ("alt" in html)


def test_a_picture_that_the_mail_brings_along_stays() -> None:
    """It asks nothing of anybody."""
    html = '<img alt="x" src="data:image/png;base64,AAAA">'
    assert without_requests(html) == html


def test_only_what_differs_is_marked() -> None:
    """The changed paragraph and the added one; the mark is an attribute, and no other byte changes."""
    common = page("<p>Dear friend,</p><p>The same.</p><ul><li>one</li></ul>")
    mine = page("<p>Dear <b>Siân</b>,</p><p>The same.</p><p>For you.</p><ul><li>one</li></ul>")
    shown, number = marked(mine, common)
    assert number == 2
    assert "<p data-differs>Dear <b>Siân</b>,</p><p>The same.</p><p data-differs>For you.</p>" in shown
    assert shown.replace(" data-differs", "") == mine
    assert marked(common, common) == (common, 0)


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcd")))
def test_marks_change_nothing_else(mine: list[str], common: list[str]) -> None:
    """Whatever the two copies are; and there is a mark if some paragraph is new."""
    html = page("".join(f"<p>{word}</p>" for word in mine))
    shown, number = marked(html, page("".join(f"<p>{word}</p>" for word in common)))
    assert shown.replace(" data-differs", "") == html
    assert shown.count(" data-differs") == number
    assert number >= len([word for word in set(mine) if mine.count(word) > common.count(word)])


def test_lines_of_the_text_part_are_marked_too() -> None:
    """Empty lines never."""
    assert marked_lines("Dear Siân,\n\nSame.", "Dear friend,\nSame.") == (
        ("Dear Siân,", True),
        ("", False),
        ("Same.", False),
    )


def test_the_preheader_is_what_stands_first_seen_or_not() -> None:
    """Hidden words as far as they are padded; style and comments are not words."""
    body = "<h1>Title</h1><p>Dear <b>you</b>,</p>"
    html = page(f'<!-- x --><div style="display:none">A first line.\u200c\u00a0\u200c\u00a0</div>{body}')
    assert preheader(html) == "A first line. Title Dear you,"
    padding = "&#847;\u200c\u00a0" + "\u200c\u00a0" * 10
    assert preheader(page(f'<div style="display:none">A first line.{padding}</div>{body}')) == "A first line."


def test_a_line_is_cut_where_the_client_cuts_it() -> None:
    """The desktop gives the preheader what the subject leaves."""
    phone, desktop = lines(sender="Maya", subject="s" * 60, html=page("p" * 200))
    assert (len(phone.subject.shown), len(phone.preheader.shown)) == (38, 84)
    assert desktop.subject.lost == ""
    assert len(desktop.preheader.shown) == 118 - 60


@given(st.text(), st.integers(min_value=1, max_value=90))
def test_a_cut_loses_no_letter(text: str, width: int) -> None:
    """What is shown and what is lost are the text, and what is shown fits."""
    found = cut(text, width)
    assert len(found.shown) <= width
    whole = found.shown.removesuffix("…") + found.lost if found.lost else found.shown
    assert "".join(whole.split()) == "".join(text.split())


@pytest.mark.parametrize(
    "css",
    [
        "p { color: red }",
        '@import "x.css";\np { color: red }',
        "@media (max-width: 9px) { p { color: red }\na { color: blue } }",
        'p { content: "}" }',
        "@font-face { src: local(x) }",
    ],
)
def test_a_style_sheet_is_written_as_it_was_read(css: str) -> None:
    """Rules, strings, statements and groups."""
    assert written(parsed(css)) == css
    assert written(parsed(written(parsed(css)))) == css


@given(st.text(alphabet="p{};@media \"'/*x:"))
def test_no_style_sheet_ends_in_an_error(css: str) -> None:
    """Whatever is open at its end is closed there."""
    assert isinstance(written(parsed(css)), str)
