"""The static site: an issue's page, the archive, the feed, and what becomes of a report that changes."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from newsletter.errors import SourceError
from newsletter.publish import PublicCopy, feed, page, site
from newsletter.publish.archive import Archive
from newsletter.publish.site import Site
from newsletter.render import disclaimer
from tests.cli import small as small_workspace
from tests.cli.command import clean_environment
from tests.cli.small import Small
from tests.publish import atom
from tests.publish.cases import EXAMPLES, LOOK, TEMPLATES, copy, example
from tests.publish.readers import passages, squeezed, text_of

PAGE = "issues/nec-2026-11-17/index.html"
SITE = Site(look=LOOK, templates=TEMPLATES, fonts=None, list_id="nec.hollins.example", noindex=False)


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """A fresh workspace with pages of its own."""
    made = small_workspace.make(tmp_path)
    made.change("newsletter.yaml", "imprint:", "publish: {url: https://reports.example.org/nec}\nimprint:")
    return made


def published(small: Small) -> dict[str, bytes]:
    """Every file of the site, by its path."""
    folder = small.root / "site"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def page_of(copied: PublicCopy, **changed: str) -> str:
    around = page.Surroundings(templates={**TEMPLATES, **changed}, address="https://hollins.example/issues/x/")
    return page.issue_page(copied, around, paper=page.Beside("x.pdf", "12 KB"), card=None)


def feed_of(*copies: PublicCopy) -> bytes:
    kept = Archive()
    for each in copies:
        kept = kept.with_entry(site.issue_files(SITE, each)[1])
    return feed.feed(kept, LOOK, list_id=SITE.list_id)


# What is there


def test_publishing_makes_a_site(small: Small) -> None:
    """The page, its print edition and its picture; the archive, the feed and what programs read."""
    done = small.good("publish", "report")
    assert done.text == "https://reports.example.org/nec/issues/nec-2026-11-17/\n"
    beside = {f"issues/nec-2026-11-17/{name}" for name in ("index.html", "nec-2026-11-17.pdf", "card.png")}
    assert published(small).keys() == beside | {
        "index.html",
        "feed.xml",
        "sitemap.xml",
        "robots.txt",
        "archive.json",
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_page_holds_every_passage(name: str) -> None:
    """With the numbers of the mail, and the disclaimer and the imprint below."""
    public = example(name)
    html = page_of(public)
    read = text_of(html)
    assert [passage for passage in passages(public) if squeezed(passage) not in read] == []
    assert html.count(disclaimer.html_piece(LOOK.disclaimer)) == 1
    assert squeezed(LOOK.imprint) in read
    for section in public.content.contents:
        assert f'<h2 id="{section.anchor}"><span class="number">{section.number}.</span> ' in html
        assert f'<a href="#{section.anchor}">' in html


def test_a_page_is_nobodys(small: Small) -> None:
    """No person of the lists, no unsubscribe link, and nothing that is for some segments only."""
    small.good("publish", "report")
    everything = b"".join(
        held for name, held in published(small).items() if not name.endswith((".pdf", ".png"))
    )
    for private in (*small_workspace.EVERYBODY, "Anytown", "unsubscribe", "leave@", "on the agenda", "{{"):
        assert private.encode() not in everything


def test_the_same_report_makes_the_same_site(small: Small) -> None:
    """Byte for byte: again in its place, in another folder, and in another process with another clock."""
    small.good("publish", "report")
    first = published(small)
    again = small.good("publish", "nec-2026-11-17")
    assert "site is as it was" in again.err
    subprocess.run(
        [sys.executable, "-m", "newsletter", "publish", "report", "--to", "elsewhere"],
        cwd=small.root,
        env=clean_environment({"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}),
        capture_output=True,
        check=True,
    )
    assert published(small) == first
    (small.root / "site").rename(small.root / "old")
    (small.root / "elsewhere").rename(small.root / "site")
    assert published(small) == first


def test_what_shows_a_link_is_told_of_the_page(small: Small) -> None:
    """Open Graph: title, words, address, and a picture of the size that it says."""
    small.good("publish", "report")
    root: Any = etree.fromstring(published(small)[PAGE], etree.HTMLParser())
    told = {each.get("property"): each.get("content") for each in root.iter("meta") if each.get("property")}
    address = "https://reports.example.org/nec/issues/nec-2026-11-17/"
    assert told["og:title"] == "Report of the November meeting"
    assert told["og:type"] == "article"
    assert (told["og:url"], told["og:image"]) == (address, f"{address}card.png")
    assert "not the official record" in told["og:image:alt"]
    picture = published(small)["issues/nec-2026-11-17/card.png"]
    assert (
        struct.unpack(">II", picture[16:24])
        == (int(told["og:image:width"]), int(told["og:image:height"]))
        == (1200, 630)
    )


# The archive and the feed


def test_the_archive_lists_the_newest_first(small: Small) -> None:
    """Each with its day, and leading to its page."""
    text = small_workspace.TEXT.replace("2026-11-17", "2026-09-22").replace("November", "September")
    small.write("drafts/autumn.md", text)
    small.good("publish", "report")
    small.good("publish", "autumn")
    html = published(small)["index.html"].decode()
    links = re.findall(r'<a href="(issues/[^"]+)"', html)
    assert links == ["issues/nec-2026-11-17/index.html", "issues/nec-2026-09-22/index.html"]
    assert all(name in published(small) for name in links)
    assert disclaimer.html_piece(disclaimer.DEFAULT_WORDING) in html
    assert list(atom.faults(published(small)["feed.xml"])) == []


def test_the_feed_is_valid() -> None:
    """By the rules of RFC 4287, with signs that XML would trip over and a report in another language."""
    correction = 'corrections: [{date: 2026-12-05, text: "A & B <c> said “no”."}]\n'
    other = copy("Shwmae & <hei> “bawb” 🙂.\n", more="lang: cy\n")
    for made in (feed_of(copy(more=correction)), feed_of(other), feed_of(*map(example, EXAMPLES))):
        assert list(atom.faults(made)) == []


def test_the_check_of_feeds_can_fail() -> None:
    """Each rule, broken, is found."""
    sound = feed_of(copy()).decode()
    broken = {
        "no absolute IRI": sound.replace("urn:uuid:", "", 1),
        "not one <title>": re.sub("<title>.*</title>", "", sound, count=1),
        "no time of RFC 3339": sound.replace("T12:00:00Z", "", 1),
        "no author": re.sub("<author>.*</author>", "", sound, flags=re.DOTALL),
        "two things have one id": re.sub("<id>.*?</id>", "<id>urn:x:1</id>", sound),
        "no whole address": sound.replace('href="https://', 'href="'),
        "no place here": sound.replace("<summary>", "<dc>x</dc><summary>"),
    }
    for words, document in broken.items():
        assert any(words in fault for fault in atom.faults(document.encode())), words


def test_a_feed_knows_an_issue_again(small: Small) -> None:
    """Its identifiers stay when the pages move to another address."""
    small.good("publish", "report")
    before = re.findall("<id>(.*)</id>", published(small)["feed.xml"].decode())
    small.change("newsletter.yaml", "https://reports.example.org/nec", "https://elsewhere.example")
    small.good("publish", "--all")
    moved = published(small)["feed.xml"].decode()
    assert re.findall("<id>(.*)</id>", moved) == before
    assert "https://elsewhere.example/issues/nec-2026-11-17/" in moved
    assert b"reports.example.org/nec/" not in b"".join(published(small).values())


def test_search_engines_are_asked_to_stay_away_where_the_settings_say_so(small: Small) -> None:
    """On each page, where it is obeyed; a page that may not be read could not say it."""
    small.good("publish", "report")
    assert b"Sitemap: https://reports.example.org/nec/sitemap.xml" in published(small)["robots.txt"]
    assert b"noindex" not in published(small)[PAGE]
    small.change("newsletter.yaml", "/nec}", "/nec, noindex: true}")
    assert "removed site/sitemap.xml" in small.good("publish", "report").err
    files = published(small)
    assert "sitemap.xml" not in files
    for name in ("index.html", PAGE):
        assert b'<meta name="robots" content="noindex">' in files[name]
    assert files["robots.txt"] == b"User-agent: *\nDisallow:\n"


# Changes


def test_a_change_without_a_correction_is_refused(small: Small) -> None:
    """What readers may have quoted is not replaced in silence."""
    small.good("publish", "report")
    before = published(small)
    small.change("drafts/report.md", "it was long", "it was short")
    refused = small.run("publish", "report")
    assert refused.code == 1
    assert "no correction says so" in refused.err
    assert published(small) == before


def test_a_correction_is_shown_with_its_day_and_stays(small: Small) -> None:
    """On the page, in the archive and in the feed; the report keeps the day of its meeting."""
    small.good("publish", "report")
    small.change("drafts/report.md", "it was long", "it was short")
    line = 'corrections: [{date: 2026-11-20, text: "It was *not* long."}]\n'
    small.change("drafts/report.md", "segments:", f"{line}segments:")
    small.good("publish", "report")
    files = {name: held.decode() for name, held in published(small).items() if name.endswith(("html", "xml"))}
    words = (
        'Corrected on <time datetime="2026-11-20">20 November 2026</time>:</strong> It was <em>not</em> long.'
    )
    assert words in files[PAGE]
    assert '<time datetime="2026-11-17">17 November 2026</time>' in files[PAGE]
    assert "corrected on" in files["index.html"]
    assert "<published>2026-11-17T12:00:00Z</published>" in files["feed.xml"]
    assert "<updated>2026-11-20T12:00:00Z</updated>" in files["feed.xml"]
    assert "Corrected on 20 November 2026: It was not long." in files["feed.xml"]
    small.change("drafts/report.md", line, "")
    refused = small.run("publish", "report", "--unmarked")
    assert refused.code == 1
    assert 'Bring it back: {date: 2026-11-20, text: "It was not long."}' in refused.err


def test_a_slip_of_the_keyboard_may_pass(small: Small) -> None:
    """Where a person says that it alters no meaning."""
    small.good("publish", "report")
    small.change("drafts/report.md", "it was long", "it was lonng")
    small.good("publish", "report", "--unmarked")
    assert b"lonng" in published(small)[PAGE]


def test_what_only_some_segments_read_is_no_change(small: Small) -> None:
    """Nor is another subject or another list of segments: no public copy shows them."""
    small.good("publish", "report")
    small.change("drafts/report.md", "Please put this", "Kindly put this")
    small.change("drafts/report.md", "November, for", "News, for")
    assert "site is as it was" in small.good("publish", "report").err


def test_an_issue_can_be_taken_off_the_site(small: Small) -> None:
    """Its files, and its place in the archive and the feed; not its draft."""
    small.good("publish", "report")
    done = small.good("publish", "nec-2026-11-17", "--withdraw")
    assert f"removed site/{PAGE}" in done.err
    assert published(small).keys() == {"index.html", "robots.txt", "archive.json"}
    assert not (small.root / "site/issues/nec-2026-11-17").exists()
    refused = small.run("publish", "nec-2026-11-17", "--withdraw")
    assert (refused.code, "is not published" in refused.err) == (2, True)


# What is refused


UNFIT = {
    "the draft has no id": ("drafts/report.md", "id: nec-2026-11-17\n", "", 1),
    "not fit to be read": ("drafts/report.md", "it was long", "[TODO: how long?]", 1),
    "has no default": ("drafts/report.md", 'first_name | default("friend")', "first_name", 3),
    "where the pages will stand": ("newsletter.yaml", "publish: {url: https://reports.example.org/nec}", "", 4),
}


@pytest.mark.parametrize("words", UNFIT)
def test_what_should_not_be_published_is_not(small: Small, words: str) -> None:
    """With the place and what to do, and nothing written."""
    file, old, new, code = UNFIT[words]
    small.change(file, old, new)
    refused = small.run("publish", "report")
    assert (refused.code, refused.out) == (code, b"")
    assert words in refused.err
    assert not (small.root / "site").exists()


def test_a_site_that_was_half_written_is_made_whole(small: Small) -> None:
    """The list is written last: what a killed command left behind, the next one finishes."""
    small.good("publish", "report")
    whole = published(small)
    for name in ("archive.json", "feed.xml", PAGE):
        (small.root / "site" / name).unlink()
    small.write("site/index.html", "half of a pa")
    small.write("site/issues/nec-2026-11-17/.index.html.new", "half of a pa")
    small.good("publish", "report")
    assert published(small) == whole


def test_whoever_does_without_paper_needs_nothing_more(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page then has no picture for links, and the command says so."""
    monkeypatch.setitem(sys.modules, "typst", None)
    refused = small.run("publish", "report")
    assert (refused.code, "newsletter[print]" in refused.err) == (2, True)
    small.change("newsletter.yaml", "imprint:", "paper: none\nimprint:")
    done = small.good("publish", "report")
    assert "without a picture" in done.err
    assert [name for name in published(small) if name.startswith("issues/")] == [PAGE]
    assert b"og:image" not in published(small)[PAGE]


def test_a_folder_that_cannot_be_written_is_named(small: Small) -> None:
    """With the reason, and no traceback."""
    small.write("taken", "a file")
    refused = small.run("publish", "report", "--to", "taken")
    assert (refused.code, refused.out) == (2, b"")
    assert "cannot write to taken: " in refused.err


def test_a_list_that_nobody_can_read_is_left_alone(small: Small) -> None:
    """It says what stays published; a guess would drop the rest."""
    small.good("publish", "report")
    small.write("site/archive.json", '{"version": 1, "issues": [{"id": 3}]}')
    refused = small.run("publish", "report")
    assert refused.code == 3
    assert "this is no list of published issues: issues.0" in refused.err
    assert json.loads(published(small)["archive.json"])["issues"] == [{"id": 3}]


HIDING = {
    "a style sheet from elsewhere": (
        "site/head.html",
        "<style>",
        '<link rel="stylesheet" href="https://fonts.example/a.css"><style>',
        "<link> has no place",
    ),
    "a script": ("site/page.html", "</body>", "<script>1</script></body>", "<script> has no place"),
    "a picture from elsewhere": (
        "site/page.html",
        "</main>",
        '<img src="https://x.example/a.png" alt=""></main>',
        "fetches https://x.example/a.png",
    ),
    "a font from elsewhere": (
        "site/style.css",
        "html {",
        "@font-face { font-family: x; src: url(https://x.example/a.woff2) } html {",
        "a style fetches something",
    ),
    "no disclaimer": ("site/foot.html", "{{ disclaimer }}", "", "could miss the disclaimer"),
    "a hidden disclaimer": (
        "site/style.css",
        ".frame {",
        ".frame { display: none;",
        "could miss the disclaimer",
    ),
    "a pale disclaimer": (
        "site/style.css",
        "html {",
        ".disclaimer { color: #eeeeee !important } html {",
        "could miss the disclaimer",
    ),
    "no imprint": ("site/foot.html", "{{ words.imprint }}", "", "the imprint"),
    "two titles": ("site/page.html", "<main", "<h1>Another</h1><main", "2 main headings"),
}


@pytest.mark.parametrize("way", HIDING)
def test_a_template_cannot_break_a_promise(way: str) -> None:
    """The finished page is judged, as a mail is: nothing is fetched, and nobody can miss the disclaimer."""
    name, old, new, words = HIDING[way]
    assert old in TEMPLATES[name]
    with pytest.raises(SourceError, match=re.escape(words)):
        page_of(copy(), **{name: TEMPLATES[name].replace(old, new, 1)})


def test_a_long_report_is_no_fault_of_a_page() -> None:
    """Nobody cuts a page, as Gmail cuts a mail."""
    body = "\n\n".join(
        f"## Heading {number}\n\n{'Some words of a long report. ' * 60}" for number in range(120)
    )
    assert len(page_of(copy(body))) > 200_000


def test_a_picture_of_the_site_is_shown_and_any_other_is_a_link() -> None:
    """So that a page asks nobody else for anything."""
    html = page_of(
        copy(
            "![Our hall](https://hollins.example/pictures/hall.jpg) ![Theirs](https://x.example/a.jpg)\n\n"
            "[![Linked](https://x.example/b.jpg)](https://x.example/)\n"
        )
    )
    assert '<img src="../../pictures/hall.jpg" alt="Our hall"' in html
    assert '<a href="https://x.example/a.jpg">Picture: Theirs</a>' in html
    assert '<a href="https://x.example/">Picture: Linked</a>' in html
