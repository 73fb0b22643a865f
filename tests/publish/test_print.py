"""The print edition: set, read back, and looked at as a screen reader does."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from newsletter.errors import SourceError, UsageError
from newsletter.publish import PublicCopy, sheet
from newsletter.render.look import Look
from tests.cli import small as small_workspace
from tests.cli.command import clean_environment
from tests.publish.cases import EXAMPLES, LOOK, TEMPLATES, copy, example
from tests.publish.readers import (
    catalogue,
    elements_of,
    facts,
    opened,
    pages_of,
    passages,
    squeezed,
    stands,
    tag_faults,
)

TEMPLATE = TEMPLATES[sheet.TEMPLATE]
EVERY_KIND = """\
Dear friend, `code` and **bold *both***.  \\
A second line.

### Begins at the third level

1. One

   With a second paragraph.
2. Two
   - Three
     > A quotation

> ## A heading inside
>
> | a | b |
> |:-:|--:|
> | *1* | 2 |

![The hall, seen from above](https://example.org/hall.jpg)

***

```
let x = #1;
```

## Links

[One](https://example.org/a), [the same](https://example.org/a), [below](#item-3), [nowhere](#item-9),
[write](mailto:a@example.org?subject=Yes%20please), https://example.org/shown/on/and/on/and/on/and/on/until/the/line/is/full
and [ring](tel:+441234567890).

##

See [what has no name](#item-2).

## Next

#### Fourth

####

שלום לכולם. Then سلام, नमस्ते, łódź, Nguyễn, Ẁelsh and ŵy.
"""
QUICKLY = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss4m"]
"""For a Java that runs once: it costs less to interpret than to compile."""
HOSTILE = '#let x = 1; $ \\sum $ *b* _i_ `r` = h \\ / <l> @r // c /* d */ ~ -- \' " ] [ ) ( } { #"x" #panic()'


@cache
def finished(name: str) -> bytes:
    """The print edition of an example report."""
    return made(example(name))


def made(copied: PublicCopy, template: str = TEMPLATE) -> bytes:
    return sheet.print_edition(copied, {**TEMPLATES, sheet.TEMPLATE: template})


def text_without_feet(pdf: bytes, look: Look) -> list[str]:
    """Each page's text without the foot, so that a passage goes on where the next page begins."""
    pages = pages_of(pdf)
    feet = (squeezed(f"{look.disclaimer}{number} of {len(pages)}") for number in range(1, len(pages) + 1))
    return [page.replace(foot, "") for page, foot in zip(pages, feet, strict=True)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_passage_can_be_read_back(name: str) -> None:
    """Each paragraph, point, cell and heading stands in the finished PDF."""
    public = example(name)
    pages = text_without_feet(finished(name), LOOK)
    assert [passage for passage in passages(public) if not stands(passage, pages)] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_disclaimer_is_on_every_page(name: str) -> None:
    """In the foot of each; on the last also in full before the imprint."""
    pages = pages_of(finished(name))
    disclaimer = squeezed(LOOK.disclaimer)
    assert len(pages) > 3
    assert [page.count(disclaimer) for page in pages] == [1] * (len(pages) - 1) + [2]
    assert [number for number, page in enumerate(pages, 1) if f"{number}of{len(pages)}" not in page] == []
    assert all(squeezed(words) in pages[-1] for words in (LOOK.imprint, LOOK.postal_address, LOOK.reply_to))


def test_whatever_a_draft_can_hold_is_set() -> None:
    """Lists in lists, quotations, tables, code, pictures and other alphabets, with every word there."""
    public = copy(EVERY_KIND)
    pdf = made(public)
    pages = text_without_feet(pdf, LOOK)
    read = "".join(pages)
    said = [passage for passage in passages(public) if passage.isascii()]
    assert [passage for passage in said if not stands(passage, pages)] == []
    assert squeezed("[Picture: The hall, seen from above]") in read
    assert list(tag_faults(pdf)) == []


def test_a_link_is_a_note_and_the_same_link_the_same_note() -> None:
    """What is written out in the text needs none, nor what leads to a heading here."""
    read = squeezed("".join(page.extract_text() for page in opened(made(copy(EVERY_KIND))).pages))
    notes = ["https://example.org/hall.jpg", "https://example.org/a", "a@example.org", "+441234567890"]
    assert all(squeezed(f"{number}{address}") in read for number, address in enumerate(notes, 1))
    assert read.count("https://example.org/a") == 1
    assert "thesame2" in read
    assert read.count("https://example.org/shown") == 1


def test_no_sign_of_a_text_means_anything_to_the_typesetter() -> None:
    """Whatever would be markup, code or a comment is set as it was typed."""
    public = copy(f"## {HOSTILE}\n\n- {HOSTILE}\n", look=Look(sender_name=HOSTILE, imprint=HOSTILE))
    pdf = made(public)
    pages = text_without_feet(pdf, public.look)
    assert [passage for passage in passages(public) if not stands(passage, pages)] == []
    assert squeezed(HOSTILE) in pages[0]


def test_a_sign_that_no_font_has_is_spelled_out() -> None:
    """A face, a flag, a key cap, a person made of three signs; nothing is an empty box."""
    read = pages_of(made(copy("Hello 🙂 to 👩🏽‍🎓 from 🇬🇧, item 1️⃣ of 12.\n")))[0]
    wanted = "Hello [slightly smiling face] to [woman graduation cap] from [G B], item 1 of 12."
    assert squeezed(wanted) in read


def test_a_letter_beside_such_a_sign_is_no_fault() -> None:
    """It only looked for a font together with the sign."""
    assert squeezed("and [slightly smiling face]ﬁne") in pages_of(made(copy("and 🙂ﬁne\n")))[0]


def test_a_letter_that_no_font_has_is_an_error() -> None:
    """Letters are never words: whoever writes them needs a font, and is told where to put it."""
    with pytest.raises(SourceError, match="no font here has 日, 本") as error:
        made(copy("Written in 日本.\n"))
    assert "fonts/" in str(error.value)


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_is_tagged(name: str) -> None:
    """Title, language, every mark tagged or an artifact, pictures described, headings in order."""
    pdf = finished(name)
    assert list(tag_faults(pdf)) == []
    kinds = [kind for kind, _ in elements_of(pdf)]
    assert {"/H1", "/P", "/L", "/LI", "/Table", "/TH", "/Link", "/Note", "/Figure"} <= set(kinds)
    assert kinds.count("/H1") == len(example(name).content.contents)


def test_the_tag_check_can_fail() -> None:
    """An untagged PDF has no structure to be read."""
    import typst  # noqa: PLC0415 - as the program does

    plain = typst.compile(b"Words", format="pdf", pdf_tags=False, ignore_system_fonts=True)
    wanted = {"it is not marked", "it has no structure", "it does not say that it is PDF/UA"}
    assert wanted <= set(tag_faults(plain))
    assert "page 1 paints something that is neither tagged nor an artifact" in set(tag_faults(plain))


def test_the_same_report_makes_the_same_bytes(tmp_path: Path) -> None:
    """Also in another process, in another folder, at another time."""
    small = small_workspace.make(tmp_path)
    here = small.good("render", "report", "--format", "pdf").out
    there = subprocess.run(
        [sys.executable, "-m", "newsletter", "render", "report", "--format", "pdf"],
        cwd=small.root / "drafts",
        env=clean_environment({"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}),
        capture_output=True,
        check=True,
    ).stdout
    assert here == there
    assert facts(here)["/CreationDate"].startswith("D:20261117120000")


def test_a_correction_dates_the_edition() -> None:
    """What was put right stands on the first page, and the file is of that day."""
    pdf = made(copy(more='corrections: [{date: 2026-12-05, text: "It is £640,000."}]\n'))
    assert squeezed("Corrected on 5 December 2026: It is £640,000.") in pages_of(pdf)[0]
    assert facts(pdf)["/CreationDate"].startswith("D:20261205")


def test_an_arabic_report_is_set_from_right_to_left() -> None:
    """Its language and its direction are the document's."""
    pdf = made(copy("سلام لكم جميعا\n", more="lang: ar\n"))
    root = catalogue(pdf)
    assert (root["/Lang"], root["/ViewerPreferences"]["/Direction"]) == ("ar", "/R2L")
    assert list(tag_faults(pdf)) == []


HIDING = {
    "another foot": "#set page(footer: [Page])",
    "a foot too small": "#set page(footer: text(3pt, data.disclaimer))",
    "a foot in white": "#set page(footer: text(white, data.disclaimer))",
    "a foot off the page": "#set page(footer: move(dy: 90mm, data.disclaimer))",
}


@pytest.mark.parametrize("way", HIDING)
def test_a_template_cannot_take_the_disclaimer_away(way: str) -> None:
    """The finished pages are read back: small, pale or missing words are none."""
    with pytest.raises(SourceError, match="does not legibly say: This is my personal account"):
        made(copy(), HIDING[way] + "\n" + TEMPLATE)


@pytest.mark.parametrize(
    "said",
    [
        "🌹 This is my personal account 🌹🌹 of the meeting. It is not the official record. 👩🏽‍🚒",
        "This is my personal account of the meeting (עברית שלום). It is not the official record.",
        "This is my personal account, العربية هنا. It is not the official record.",
    ],
    ids=["signs", "Hebrew", "Arabic"],
)
def test_a_disclaimer_in_other_signs_is_read_back(said: str) -> None:
    """Signs are spelled out in brackets, and what runs to the left stands in another order on the line."""
    look = replace(LOOK, disclaimer=said)
    assert made(copy(look=look))
    with pytest.raises(SourceError, match="does not legibly say"):
        made(copy(look=look), HIDING["another foot"] + "\n" + TEMPLATE)
    with pytest.raises(SourceError, match="does not legibly say"):
        made(copy(look=look), f'#set page(footer: data.disclaimer.replace(" not ", " "))\n{TEMPLATE}')


def test_a_mistake_in_a_template_has_its_place() -> None:
    """As a theme's has."""
    with pytest.raises(SourceError) as error:
        made(copy(), TEMPLATE.replace("#set list(", "#set lost(", 1))
    (mistake,) = error.value.mistakes
    assert str(mistake.where).startswith("templates/print/report.typ:6:")
    assert "unknown variable: lost" in mistake.what
    assert mistake.line_text.startswith("#set lost(")


@pytest.mark.parametrize("library", ["typst", "segno", "pypdf"])
def test_without_what_sets_it_there_is_a_clear_word(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install, or how to do without."""
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UsageError) as error:
        made(copy())
    assert "newsletter[print]" in error.value.hint


@pytest.fixture(scope="module")
def vera() -> str:
    """The jar of veraPDF. Missing, it is a skip on a laptop and a failure in CI."""
    jar = os.environ.get("NEWSLETTER_VERAPDF", "")
    if not Path(jar).is_file():
        words = "set NEWSLETTER_VERAPDF to the jar of org.verapdf.apps:greenfield-apps, and install Java"
        pytest.fail(words) if os.environ.get("CI") == "true" else pytest.skip(words)
    return jar


def test_verapdf_finds_nothing(vera: str, tmp_path: Path) -> None:
    """The reference validator of PDF/UA-1 passes reports of every kind."""
    copies = {name: example(name) for name in EXAMPLES}
    copies |= {"every kind": copy(EVERY_KIND), "short": copy(look=Look(sender_name="Maya"))}
    for name, public in copies.items():
        (tmp_path / f"{name}.pdf").write_bytes(made(public))
    command = ["java", *QUICKLY, "-cp", vera, "org.verapdf.apps.GreenfieldCliWrapper"]
    command += ["--flavour", "ua1", "--format", "text"]
    done = subprocess.run([*command, *sorted(tmp_path.iterdir())], capture_output=True, text=True, check=False)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["PASS"] * len(copies), done.stdout
