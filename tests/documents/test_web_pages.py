"""HTML as Word, Google Docs and LibreOffice write it, and pages of the web."""

from __future__ import annotations

import pytest

from tests.documents.reading import Imported, imported

PROSE = "<p>We met in person, and I write this on the train home while I still remember what was said.</p>"

GOOGLE = """<html><head><meta content="text/html; charset=UTF-8" http-equiv="content-type"><style type="text/css">\
@import url(https://themes.example/fonts/css?kit=x);.lst-kix_a-0>li:before{content:"\\0025cf  "}ol{margin:0}\
.c0{color:#000000;font-weight:700;text-decoration:none;vertical-align:baseline;font-size:11pt;font-style:normal}\
.c1{padding-top:0pt;margin:0}.c2{font-style:italic}.c3{vertical-align:super}.c4{font-weight:400}</style></head>\
<body class="c5 doc-content"><p class="c1 title" id="h.a"><span class="c4">Report of the NEC meeting, 16 March 2027</span></p>\
<p class="c1"><span class="c4">We met in person, and it was </span><span class="c2">long</span><span class="c4">, as I </span>\
<span class="c0">said</span><span class="c4"> it would be on the 16</span><span class="c3">th</span>.</p>\
<h1 class="c1" id="h.b"><span class="c0">Finance</span></h1><p class="c1"><span class="c4">See </span><span class="c6">\
<a class="c7" href="https://www.google.com/url?q=https://example.org/paper&amp;sa=D&amp;source=editors&amp;usg=A">the paper</a>\
</span><sup><a href="#cmnt1" id="cmnt_ref1">[a]</a></sup><span>.</span><sup><a href="#ftnt1" id="ftnt_ref1">[1]</a></sup></p>\
<ul class="c8 lst-kix_a-0 start"><li class="c1 li-bullet-0"><span class="c4">one</span></li></ul>\
<ul class="c8 lst-kix_a-1 start"><li class="c1 li-bullet-0"><span class="c4">two</span></li></ul>\
<ul class="c8 lst-kix_a-0"><li class="c1 li-bullet-0"><span class="c4">three</span></li></ul>\
<p class="c1 c9"><span class="c4"></span></p><table class="c12"><tr class="c13"><td class="c14" colspan="1" rowspan="1">\
<p class="c1"><span class="c0">Motion</span></p></td><td><p class="c1"><span class="c0">For</span></p></td></tr>\
<tr class="c13"><td><p class="c1"><span>One</span></p></td><td><p class="c1"><span>21</span></p></td></tr></table>\
<hr class="c20"><div><p class="c1"><a href="#ftnt_ref1" id="ftnt1">[1]</a><span class="c4">&nbsp;Provisional.</span></p></div>\
<div class="c9"><p class="c1"><a href="#cmnt_ref1" id="cmnt1">[a]</a><span class="c4">Is this right, Jo?</span></p></div></body></html>"""

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta http-equiv=Content-Type content="text/html; charset=windows-1252">\
<style><!-- p.MsoNormal, li.MsoNormal, div.MsoNormal {margin:0cm; font-size:11.0pt;} span.Heavy {font-weight:bold} --></style></head>\
<body lang=EN-GB><p class=MsoTitle>Report of the NEC meeting, 16 March 2027<o:p></o:p></p>
<p class=MsoNormal>We met in person, and I write this on the train home while I still remember\r
what was said.<o:p></o:p></p><p class=MsoNormal><span class=Heavy>Finance<o:p></o:p></span></p>
<p class=MsoNormal>It went well<span style='mso-spacerun:yes'>  </span>on the whole, and \x93better\x94 than in March, if I may say so.</p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]>\
<span style='font-family:Symbol;mso-list:Ignore'>\xb7<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;&nbsp; </span></span>\
<![endif]>one</p><p class=MsoListParagraphCxSpLast style='mso-list:l0 level2 lfo1'><![if !supportLists]>\
<span style='font-family:"Courier New";mso-list:Ignore'>o<span>&nbsp;&nbsp; </span></span><![endif]>two</p>
<p class=MsoNormal>It costs \xa34.<a style='mso-footnote-id:ftn1' href="#_ftn1" name="_ftnref1"><span class=MsoFootnoteReference>\
[1]</span></a></p><div style='mso-element:footnote-list'><hr align=left size=1 width="33%"><div style='mso-element:footnote' id=ftn1>\
<p class=MsoFootnoteText><a style='mso-footnote-id:ftn1' href="#_ftnref1" name="_ftn1"><span class=MsoFootnoteReference>[1]</span></a> \
Provisional.</p></div></div></body></html>"""

FILTERED = """<html><head><meta http-equiv=Content-Type content="text/html; charset=windows-1252"></head><body>\
<p class=MsoNormal><b>NEC report, 16 March 2027</b></p><p class=MsoNormal>We met in person, and I write this on the train home \
while I still remember what was said.</p><p class=MsoListParagraph style='margin-left:36.0pt;text-indent:-18.0pt'>\
<span style='font-family:Symbol'>\xb7<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;&nbsp;&nbsp; </span></span>one</p>\
<p class=MsoListParagraph style='margin-left:72.0pt'><span style='font-family:"Courier New"'>o<span>&nbsp;&nbsp; </span></span>two</p>\
</body></html>"""

PAGE = f"""<!doctype html><html><head><title>NEC report | Maya’s pages</title><script>alert("no")</script></head><body>
<header><a href="/">Maya’s pages</a></header><nav><ul><li><a href="/about">About me</a></li><li>Reports</li></ul></nav>
<main><article><h1>NEC report, 16 March 2027</h1>{PROSE}<h2>Finance</h2>{PROSE}{PROSE}{PROSE}
<p>Read <a href="/reports/january">the last report</a> or <a href="https://example.org/next">the next</a>.</p>
<form><label>Your mail<input name="m"></label><button>Sign up</button></form></article></main>
<footer>© Maya Hollins</footer><p style="display:none">unseen</p></body></html>"""


def page(text: str) -> Imported:
    return imported(
        f"<html><body><h1>NEC report, 16 March 2027</h1>{PROSE}{text}</body></html>".encode(), "report.html"
    )


def body(text: str) -> str:
    return page(text).body.split("\n\n", 1)[1]


def test_a_document_of_google_docs() -> None:
    """Weights and slants from classes, lists cut in pieces, links with a detour, notes and comments at the end."""
    found = imported(GOOGLE.encode(), "report.html")
    assert found.draft.front.title == "Report of the NEC meeting, 16 March 2027"
    assert found.body == (
        "We met in person, and it was *long*, as I **said** it would be on the 16th.\n\n"
        "## Finance\n\n"
        "See [the paper](https://example.org/paper).\\[1\\]\n\n"
        "- one\n  - two\n- three\n\n"
        "| Motion | For |\n|---|---:|\n| One | 21 |\n"
        "\n---\n\n## Notes\n\n1. Provisional."
    )
    assert found.left["comment"] == "Is this right, Jo?"


def test_a_document_that_word_saved_as_html() -> None:
    """Its own list paragraphs, its encoding, its styles in a comment, its footnotes."""
    found = imported(WORD.encode("latin-1"), "report.htm")
    assert found.draft.front.title == "Report of the NEC meeting, 16 March 2027"
    assert found.body == (
        "We met in person, and I write this on the train home while I still remember what was said.\n\n"
        "## Finance\n\n"
        "It went well on the whole, and “better” than in March, if I may say so.\n\n"
        "- one\n  - two\n\n"
        "It costs £4.\\[1\\]\n\n---\n\n## Notes\n\n1. Provisional."
    )


def test_a_document_that_word_saved_as_filtered_html() -> None:
    """The lists are signs and spaces then."""
    found = imported(FILTERED.encode("latin-1"), "report.htm")
    assert found.body.endswith("- one\n  - two")


def test_of_a_page_the_text_is_taken_and_the_rest_is_listed() -> None:
    """Menu, head, foot and forms are around it; what nobody sees is not there."""
    found = imported(PAGE.encode(), "page.html")
    assert found.draft.front.title == "NEC report, 16 March 2027"
    assert found.body.startswith("We met in person")
    assert "## Finance" in found.body
    assert "About me" not in found.draft.text
    assert "Sign up" not in found.draft.text
    assert "unseen" not in found.draft.text
    assert "alert" not in found.draft.text
    assert found.left["around the text"] == "Maya’s pages About me Reports © Maya Hollins"


def test_a_link_without_its_site_is_text() -> None:
    """A page's own links lead nowhere from an inbox."""
    found = imported(PAGE.encode(), "page.html")
    assert "Read the last report or [the next](https://example.org/next)." in found.body


def test_words_that_tags_part_inside_a_line_stay_one() -> None:
    """A letter in bold does not end its word."""
    assert body("<p>R<b>u</b>les and <i>reg</i>ulations</p>") == "R**u**les and *reg*ulations"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ul><li>one<ul><li>two</li></ul></li><li>three</li></ul>", "- one\n  - two\n- three"),
        ("<ol start=4><li>four</li><li>five</li></ol>", "4. four\n5. five"),
        ("<ul><li><p>one</p><p>more of one</p></li></ul>", "- one\n\n  more of one"),
        ("<blockquote><p>said</p><p>and more</p></blockquote>", "> said\n>\n> and more"),
        ("<dl><dt>Word</dt><dd>what it means</dd></dl>", "Word\n\nwhat it means"),
        ("<p>one<br>two</p>", "one\\\ntwo"),
        (
            "<p>a &lt;b&gt; &amp;amp; {{ name }} *x* _y_ [z](u)</p>",
            r"a \<b> \&amp; \{\{ name }} \*x\* \_y\_ \[z\] (u)",
        ),
        ("<p>1. no list</p>", r"1\. no list"),
        ("<p># no heading</p>", r"\# no heading"),
        ("<p>::: only members</p>", r"\::: only members"),
        ("<p><del>old</del><ins>new</ins></p>", "new"),
        ("<p>x<span hidden>y</span>z</p>", "xz"),
        ("<pre>one\n  two</pre>", "one\\\ntwo"),
    ],
)
def test_elements_and_what_becomes_of_them(html: str, text: str) -> None:
    """Lists, quotations, breaks, and text that looks like Markdown."""
    assert body(html) == text


def test_an_outlook_link_leads_where_it_did() -> None:
    """Without the detour that Outlook puts before it."""
    wrapped = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fa&amp;data=05"
    assert body(f'<p><a href="{wrapped}">here</a></p>') == "[here](https://example.org/a)"


@pytest.mark.parametrize(
    "page",
    [
        "<style>.aside { display: none }</style><p>It was close.</p><p class='aside'>Jo told me.</p>",
        "<p>It was close.</p><p style='display: none'>Jo told me.</p>",
        "<p>It was close.</p><p hidden>Jo told me.</p>",
    ],
    ids=["by a rule", "by its style", "by its attribute"],
)
def test_what_nobody_sees_is_told_and_left_out(page: str) -> None:
    """Whatever hides it; the signs that Word draws before its points itself are no text."""
    found = imported(page.encode(), "report.html")
    assert found.body == "It was close."
    assert found.left["hidden text"] == "Jo told me."
