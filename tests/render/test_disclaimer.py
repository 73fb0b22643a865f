"""Promise 1: the disclaimer is in every copy, visibly, whatever a theme does."""

from __future__ import annotations

import re

import pytest

from newsletter.errors import SourceError
from newsletter.render import Look, fill, visible
from newsletter.render.disclaimer import DEFAULT_WORDING, html_piece, missing_words, text_piece
from newsletter.render.sight import NotSeen
from tests.render.samples import LOOK, PERSON, SOURCES, THEMES, edited, rendered

FOOTER, HEAD, THEME = "parts/footer.mjml", "parts/head.mjml", "report/theme.mjml"
PIECE = html_piece(DEFAULT_WORDING)


def wrapped(before: str, after: str) -> tuple[str, str, str]:
    """The disclaimer with something around it."""
    return FOOTER, "{{ disclaimer }}", f"{before}{{{{ disclaimer }}}}{after}"


def styled(style: str) -> tuple[str, str, str]:
    """The disclaimer in a box with a style."""
    return wrapped(f'<div style="{style}">', "</div>")


def ruled(css: str) -> tuple[str, str, str]:
    """A style sheet with one more rule, at its end."""
    return HEAD, "      @media print {", f"      {css}\n      @media print {{"


def unshown(tag: str) -> tuple[str, str, str]:
    """The disclaimer in a tag that browsers keep open around it, and some parsers close before it."""
    return wrapped(f'<{tag} style="display:none">', f"</{tag}>")


UNSHOWN = [
    "b",
    "s",
    "i",
    "u",
    "small",
    "big",
    "tt",
    "strike",
    "h2",
    "span",
    "font",
    "em",
    "a",
    "p",
    "li",
    "label",
]
STYLES = [
    "contain:size;overflow:hidden",
    "outline:100px solid white;outline-offset:-100px",
    "box-shadow:inset 0 0 0 999px #222",
    "block-size:0;overflow:hidden",
    "max-block-size:1px;overflow:clip",
    "inline-size:0",
    "height:21px;overflow:hidden",
    "max-height:30px;overflow:hidden",
    "height:21px",
    "width:5px",
    "width:121px",
    "width:1%",
    "width:5000px",
    "max-width:150px",
    "float:left;width:121px",
    "unicode-bidi:bidi-override;direction:rtl",
    "writing-mode:vertical-rl",
    "text-decoration:line-through",
    "text-shadow:0 0 9px #000",
    "font-variant:small-caps;content-visibility:hidden",
    "aspect-ratio:100/1;overflow:hidden",
    "overflow:hidden",
    "column-count:40",
    "display:flex",
    "display:grid",
    "display:table-column",
    "display:ruby-text",
    "margin:0 400px",
    "margin:0 45%",
    "padding-left:20em",
    "top:-500px;position:relative",
    "opacity:0.6",
    "zoom:0.1",
    "text-wrap:nowrap",
    "word-spacing:500px",
    "-webkit-text-size-adjust:1%",
    "mix-blend-mode:screen",
    "background-clip:text",
    "transition:all 1s",
    "user-select:none",
]
RULES = {
    ".disclaimer::first-line { color: #fff; font-size: 1px }": "first-line",
    "div::first-line { color: #fff }": "first-line",
    "td::first-letter { font-size: 0 }": "first-letter",
    ".disclaimer::before { content: 'It is not true that' }": "before",
    ".box::after { content: 'Approved as the official record.' }": "after",
    ".foot { contain: size; overflow: hidden }": "contain",
    ".foot { aspect-ratio: 100/1; overflow: hidden }": "aspect-ratio",
    ".foot &gt; table { max-block-size: 1px; overflow: clip }": "max-block-size",
    ".disclaimer { font-family: Wingdings !important }": "font-family:wingdings",
    ".disclaimer { font-family: Wingdings, Arial !important }": "font-family:wingdings",
    ".disclaimer { text-decoration: line-through }": "line-through",
    ".disclaimer { line-height: 40 !important }": "line-height:40",
    ".disclaimer { letter-spacing: 500px !important }": "letter-spacing",
    ".disclaimer { width: 50px }": "width:50px",
    ".disclaimer { padding: 0 100px !important }": "less than 160 px",
    ".foot { padding: 0 90px }": "less than 160 px",
    ".disclaimer:hover { color: #fff !important }": "contrast of 1.0",
    ".disclaimer { color: #fff !important; color: rgb(1 2, 3) !important }": "cannot be judged",
    ".disclaimer { font-size: 1px !important; font-size: 15 !important }": "font-size:15",
    ".disclaimer { background-color: transparent !important }": "cannot be judged",
    "@media (prefers-color-scheme: dark), (prefers-color-scheme: light) "
    "{ .disclaimer { color: #fff !important } }": "contrast of 1.0",
    ".disclaimer { color: #fff !important } .nowhere .disclaimer { color: #222 !important }": "contrast of 1.0",
    ".disclaimer { color: #fff !important } body .disclaimer { color: #222 !important }": "contrast of 1.0",
    ".ExternalClass p { display: none }": "display:none",
    "#MessageViewBody .disclaimer { display: none }": "display:none",
    "u + .body .disclaimer { display: none }": "display:none",
    "[owa] p { display: none }": "display:none",
    "tbody { display: none }": "display:none",
    "h1 ~ p, div + div { display: none }": "display:none",
    ".DISCLAIMER { display: none }": "display:none",
    ".a { content: '/*' } .disclaimer { display: none } .b { content: '*/' }": "display:none",
    ".a { content: 'x\n } .disclaimer { display: none } .b { content: 'x }": "does not end on its line",
    ".disclaimer { a: x( } .nowhere ); display: none }": "brackets",
    ".a { b: u\\72l(x'); } .disclaimer { display: none } .b { c: x(') }": "backslash",
    "@scope (.foot) { :scope { display: none } }": "@scope",
    "@container (width) { .foot { display: none } }": "@container",
    ".nowhere { transform: translateY(-200px) }": "transform",
    ".nowhere { position: relative; top: -200px }": "top:-200px",
    ".nowhere { box-shadow: 0 -100px 0 100px #fff }": "box-shadow",
    ".nowhere { outline: 200px solid #fff }": "outline",
    ".nowhere { margin-block-start: -200px }": "margin-block-start",
    ".nowhere { text-decoration: underline 200px #fff }": "text-decoration",
    ".nowhere { -webkit-text-stroke: 200px #fff }": "-webkit-text-stroke",
    ".nowhere { line-height: 0 }": "line-height:0",
    ".nowhere { height: 1px }": "height:1px",
    ".nowhere { float: left }": "float:left",
}

HOSTILE = {
    "forgotten": ((FOOTER, "{{ disclaimer }}", "nothing"), "no place"),
    "the footer forgotten": ((THEME, '{% include "parts/footer.mjml" %}', ""), "no place"),
    "twice": ((FOOTER, "{{ disclaimer }}", "{{ disclaimer }}<br />{{ disclaimer }}"), "more than one place"),
    "in a comment": (wrapped("<!-- ", " -->"), "inside a comment"),
    "for Outlook only": (wrapped("<!--[if mso]>", "<![endif]-->"), "inside a comment"),
    "not for Outlook": (wrapped("<!--[if !mso]><!-->", "<!--<![endif]-->"), "only some mail readers"),
    "hidden from Outlook by its own box": (
        wrapped('<!--[if mso]><div style="display:none"><![endif]-->', "<!--[if mso]></div><![endif]-->"),
        "display:none",
    ),
    "in the title": ((HEAD, "{{ title }}", "{{ title }} {{ disclaimer }}"), "more than one place"),
    "in an attribute": ((FOOTER, "{{ disclaimer }}", '<b title="{{ disclaimer }}">x</b>'), "do not nest"),
    "not displayed": (styled("display:none"), "display:none"),
    "not displayed, shouting": (styled("DISPLAY : NONE !important"), "display:none"),
    "invisible": (styled("visibility:hidden"), "visibility:hidden"),
    "faint": (styled("opacity:0.3"), "opacity:0.3"),
    "no height": (styled("max-height:0"), "max-height:0"),
    "a sliver": (styled("height:4px;overflow:hidden"), "height:4px"),
    "no width": (styled("width:1px;overflow:hidden"), "width:1px"),
    "clipped": (styled("clip:rect(0,0,0,0)"), "clip:"),
    "clipped to a shape": (styled("clip-path:circle(0)"), "clip-path"),
    "off the page": (styled("position:absolute;left:-9999px"), "position:absolute"),
    "indented off the page": (styled("text-indent:-9999px"), "text-indent"),
    "pushed away": (styled("margin-left:-2000px"), "margin-left"),
    "shrunk": (styled("transform:scale(0)"), "transform"),
    "hidden from Outlook": (styled("mso-hide:all"), "mso-hide"),
    "painted over": (styled("-webkit-text-fill-color:#ffffff"), "text-fill-color"),
    "marked hidden": (wrapped("<div hidden='hidden'>", "</div>"), "marked as hidden"),
    "hidden from screen readers": (wrapped('<div aria-hidden="true">', "</div>"), "marked as hidden"),
    "in a narrow cell": (
        wrapped('<table><tr><td width="1">', "</td></tr></table>"),
        "leaves it no room",
    ),
    "folded away": (wrapped("<details>", "</details>"), "inside <details>"),
    "hidden by a rule": (ruled(".disclaimer { display: none; }"), "display:none"),
    "hidden on phones": (
        ruled("@media (max-width: 479px) { .foot { display: none !important; } }"),
        "max-width: 479",
    ),
    "hidden where supported": (ruled("@supports (display: grid) { .foot { display: none; } }"), "@supports"),
    "hidden by nesting": (ruled(".foot { .box { display: none; } }"), "display:none"),
    "hidden by a sly selector": (ruled("p:not(.other)[class] { visibility: hidden; }"), "visibility:hidden"),
    "hidden by what cannot be judged": (
        ruled("p:nth-last-child(1 of .disclaimer) { display: none; }"),
        "judged",
    ),
    "hidden in an Outlook style": (
        (FOOTER, "{{ words.writer }}", "<!--[if mso]><style>.disclaimer { display:none }</style><![endif]-->x"),
        "display:none",
    ),
    "hidden by prose.css": (
        ("parts/prose.css", ".quiet p {", ".quiet { display: none; } .quiet p {"),
        "display:none",
    ),
    "white on white": (ruled(".disclaimer { color: #ffffff !important; }"), "contrast of 1.0"),
    "white on white by weight": (
        ruled("div .disclaimer { color: #fff !important; } .disclaimer { color: #222 !important; }"),
        "contrast of 1.0",
    ),
    "grey on white": (ruled(".disclaimer { color: rgb(160, 160, 160) !important; }"), "contrast of 2.6"),
    "see-through": (ruled(".disclaimer { color: rgba(0,0,0,0.1) !important; }"), "cannot be judged"),
    "transparent": (ruled(".disclaimer { color: transparent !important; }"), "cannot be judged"),
    "dark on dark": (
        ruled("@media (prefers-color-scheme: dark) { div .disclaimer { color: #222222 !important; } }"),
        "prefers-color-scheme: dark",
    ),
    "dark on dark in Outlook": (ruled("[data-ogsc] div .disclaimer { color: #222222 !important; }"), "Outlook"),
    "tiny": (ruled(".disclaimer { font-size: 6px !important; }"), "smaller than 11 px"),
    "tiny by shorthand": (ruled(".disclaimer { font: 1px/1 Arial !important; }"), "font:1px/1 arial"),
    "lines on each other": (ruled(".disclaimer { line-height: 0 !important; }"), "lines lie on each other"),
    "letters on each other": (ruled(".disclaimer { letter-spacing: -1em !important; }"), "letter-spacing"),
    "something laid over it": (
        (FOOTER, "{{ words.writer }}", '<span style="position:relative;margin-top:-200px">x</span>'),
        "lay something over it",
    ),
    "faded out": (ruled(".foot { animation: away 1s forwards; }"), "animation"),
    **{f"inside <{tag}>": (unshown(tag), f"inside <{tag}>") for tag in UNSHOWN},
    **{f"in a box with {style}": (styled(style), style.split(":")[0]) for style in STYLES},
    **{f"by the rule {css}": (ruled(css), said) for css, said in RULES.items()},
}


@pytest.mark.parametrize(("change", "said"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_theme_that_hides_the_disclaimer_makes_no_edition(change: tuple[str, str, str], said: str) -> None:
    """It is refused, with the reason, whichever way it hides it."""
    with pytest.raises(SourceError, match="disclaimer") as caught:
        rendered(sources=edited(*change))
    assert said in str(caught.value)
    assert str(caught.value).startswith("templates/report/theme.mjml: this theme cannot make a mail: ")


HARMLESS = {
    "a dark mode of its own": ruled(
        "@media (prefers-color-scheme: dark) {"
        " .disclaimer { color: #eeeeee !important; background: #111 !important; } }"
    ),
    "hiding something else": ruled("@media print { .nowhere { display: none; } }"),
    "hover": ruled(".disclaimer:hover { color: #ffffff; }"),
    "a reset of every box": ruled("*, *::before, *::after { box-sizing: border-box; }"),
    "a clearfix elsewhere": ruled(".nowhere::after { content: ''; display: table; clear: both; }"),
    "a hack for a reader that has it not around": ruled(".ExternalClass td { line-height: 100%; }"),
    "a column hidden elsewhere": ruled("@media (max-width: 400px) { .prose td { display: none; } }"),
    "a comment and a quotation": ruled("/* ' */ .nowhere { content: '/* } */'; }"),
    "a rule that style outweighs": ruled(".disclaimer { color: #ffffff; }"),
    "larger": ruled(".disclaimer { font-size: 18px !important; line-height: 1.6 !important; }"),
    "a box": styled("padding:20px;max-width:400px;border:1px solid #000000"),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS.keys())
def test_a_theme_may_do_what_hides_nothing(change: tuple[str, str, str]) -> None:
    """The check refuses what hides, not what is unusual."""
    assert rendered(sources=edited(*change)).disclaimer_html == PIECE


@pytest.mark.parametrize("segment", ["members", None])
def test_both_parts_hold_it_whole_and_without_a_slot(theme: str, segment: str | None) -> None:
    """One static of each part has the very bytes, so no person's values can touch them."""
    edition = rendered(theme=theme, segment=segment)
    assert sum(edition.disclaimer_html in static for static in edition.html.statics) == 1
    assert sum(edition.disclaimer_text in static for static in edition.text.statics) == 1
    assert DEFAULT_WORDING in edition.disclaimer_html
    assert " ".join(edition.disclaimer_text.split()) == DEFAULT_WORDING
    lines = fill(edition.text, PERSON).splitlines()
    assert lines[lines.index(edition.disclaimer_text.splitlines()[0]) - 2] == "-" * 24


def test_the_authors_own_wording_stands_in_both_parts() -> None:
    """With whatever signs it holds, and in one line however it was typed."""
    wording = "Ann’s <own> & personal account;\n  it is not an official record."
    edition = rendered(look=Look(sender_name="Ann", disclaimer=wording))
    assert "Ann’s &lt;own&gt; &amp; personal account; it is not an official record." in edition.disclaimer_html
    assert "Ann’s <own> & personal account; it is not an official record." in fill(edition.text, PERSON)


def test_a_report_too_long_for_gmail_makes_no_edition() -> None:
    """The disclaimer would be in the part that is cut off; the draft is named, and what would fit does."""
    with pytest.raises(SourceError, match="too long for a mail: 20,000 words") as caught:
        rendered("\n\n".join([SENTENCE] * 2500), source="drafts/long.md")
    assert str(caught.value).startswith("drafts/long.md: ")
    found = re.search(r"Shorten the report to about ([\d,]+) words", str(caught.value))
    assert found
    fitting = int(found[1].replace(",", ""))
    assert rendered("\n\n".join([SENTENCE] * (fitting // 8))).disclaimer_html == PIECE
    with pytest.raises(SourceError, match="too long"):
        rendered("\n\n".join([SENTENCE] * (fitting // 6)))


SENTENCE = "A sentence of eight words stands here alone."


@pytest.mark.parametrize(
    "wording",
    [
        DEFAULT_WORDING,
        "A personal account. It is NOT the Official Record.",
        "This is a personal account, not an official record of anything.",
        "Neither minutes nor the official record: this is my personal account, and not more.",
        "My personal account, not minutes, and not the official record.",
        "A personal account that must not be taken as the official record.",
        "My personal account, not the minutes or the official record; the official record comes later.",
    ],
)
def test_a_wording_that_says_it_is_accepted(wording: str) -> None:
    """The words count, not their case or order."""
    assert missing_words(wording) == ()


@pytest.mark.parametrize(
    ("wording", "missing"),
    [
        ("", ("personal account", "not", "official record")),
        ("Views are my own.", ("personal account", "not", "official record")),
        ("My personal account and the official record.", ("not",)),
        ("My personal account. Not minutes.", ("official record",)),
        ("This is not a personal account. It is the official record.", ("not the official record",)),
        *(
            (wording, ("not the official record",))
            for wording in (
                "Not minutes! A personal account, and the official record.",
                "This is my personal account of the meeting and, do not doubt it, the official record.",
                "It would not be right to call this personal account anything other than the official record.",
                "This, my personal account, is not only that but the official record.",
                "It is not true that my personal account is not the official record.",
                "Nobody can say that this personal account is not the official record.",
                "A personal account. Not the official record of lunch; it is the official record.",
            )
        ),
    ],
)
def test_a_wording_that_does_not_say_it_is_refused(wording: str, missing: tuple[str, ...]) -> None:
    """What is lacking is named."""
    assert missing_words(wording) == missing


def test_the_text_piece_is_whole_lines_of_76_columns() -> None:
    """So that it stands in the text part as it is."""
    assert all(len(line) <= 76 for line in text_piece(DEFAULT_WORDING * 3).splitlines())


def page(style: str = "", body: str = PIECE) -> str:
    """A small finished document."""
    return f"<!DOCTYPE html><html><head><style>{style}</style></head><body>{body}</body></html>"


def test_the_check_reads_finished_html_by_itself() -> None:
    """Whatever made the HTML."""
    visible.check(page(), PIECE)


@pytest.mark.parametrize(
    "body",
    [
        "x",
        PIECE + PIECE,
        f"<!-- {PIECE} -->",
        f"<!--[if mso]>{PIECE}<![endif]-->",
        f"<![if !mso]>{PIECE}<![endif]>",
        f"<textarea>{PIECE}</textarea>",
        f"<template>{PIECE}</template>",
        f"<style>{PIECE}</style>",
        f'<div style="disp\\6c ay:none">{PIECE}</div>',
        f'<div style="color:red;/*;*/display:none">{PIECE}</div>',
    ],
)
def test_the_check_sees_through_what_holds_the_piece(body: str) -> None:
    """A comment, a branch for some readers, a tag that shows nothing, a style in disguise."""
    with pytest.raises(NotSeen):
        visible.check(page(body=body), PIECE)


@pytest.mark.parametrize(
    "css",
    [
        "/* } */ .disclaimer { display: none }",
        '.a::before { content: "}" } .disclaimer { display: none }',
        "@media all { @media screen { .disclaimer { display: none",
        "@layer x { .disclaimer { color: #fff !important } }",
        "body { visibility: hidden }",
        "* { display: none !important }",
        "body { & > p { display: none } }",
        ":root p { opacity: 0 }",
        "p::first-line { color: #fff !important }",
        ".DISCLAIMER, p.disclaimer:is(p) { max-height: 0 }",
        "@media (color) { p { color: #000 !important } } @media all { p { background: #000 !important } }",
    ],
)
def test_no_trick_of_css_gets_past(css: str) -> None:
    """Comments, strings, unclosed blocks, layers, pseudo-elements, and conditions that may hold together."""
    with pytest.raises(NotSeen):
        visible.check(page(css), PIECE)


def test_every_theme_is_checked_with_the_same_rules() -> None:
    """A copy of the packaged theme is refused as the packaged one is."""
    change = styled("display:none")
    sources = edited(*change)
    for name in THEMES:
        with pytest.raises(SourceError, match="display:none"):
            rendered(theme=name, sources=sources)
    assert set(SOURCES) == set(sources)
    assert LOOK.disclaimer == DEFAULT_WORDING
