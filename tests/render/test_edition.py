"""A report becomes an edition: fields, segments, numbers, and nothing that should not be there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from newsletter import markdown, render
from newsletter.drafts import FIELD, Known, parse
from newsletter.errors import SettingsError, SourceError
from newsletter.model import SIGN_UP, UNSUBSCRIBE, Context, Slot, Theme
from newsletter.render import Look, fill
from tests.render.samples import LOOK, PERSON, SOURCES, THEMES, document, edited, rendered, report

EXAMPLES = sorted(Path(__file__).parents[2].glob("drafts/*.*"))
FIELDS = frozenset({"first_name", "last_name", "clp", "region", "role", "consent_source", "consent_date"})
SEGMENTS = ("clp-secretaries", "members")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.suffix)
def test_the_example_drafts_render_in_every_theme(path: Path, theme: str) -> None:
    """Both formats, for every segment and for nobody, below the size at which Gmail cuts."""
    draft = parse(path.read_bytes(), name=path.name, known=Known(FIELDS, SEGMENTS, THEMES))
    for segment in (*SEGMENTS, None):
        edition = render.edition(draft, Theme(theme, SOURCES), LOOK, segment=segment)
        html = fill(edition.html, PERSON)
        assert len(html.encode()) < 62_000
        assert edition.disclaimer_html in html
        assert edition.disclaimer_text in fill(edition.text, PERSON)


def squeezed(text: str) -> str:
    """The text without blanks and without the signs that the text part adds."""
    return re.sub(r"\s|[*_>]|\[[0-9]+\]", "", text)


def missing(parts: Iterable[str], text: str) -> str | None:
    """The first that is not there after the one before it; None when all are."""
    at = 0
    for part in parts:
        found = text.find(part, at)
        if found < 0:
            return part
        at = found + len(part)
    return None


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.suffix)
def test_every_block_and_link_of_a_draft_is_in_both_parts_in_order(path: Path, theme: str) -> None:
    """As the parser reads them, with the defaults filled in."""
    draft = parse(path.read_bytes(), name=path.name, known=Known(FIELDS, SEGMENTS, THEMES))
    edition = render.edition(draft, Theme(theme, SOURCES), LOOK, segment="members")
    body = FIELD.sub(lambda match: match["default"] or "", draft.body)
    inlines = [
        token for token in markdown.for_segment(markdown.parse(body), "members") if token.type == "inline"
    ]
    blocks = [squeezed(markdown.plain(token)) for token in inlines]
    assert len(blocks) > 60
    html, text = (fill(part, {UNSUBSCRIBE: "x"}) for part in (edition.html, edition.text))
    assert not missing(blocks, squeezed("".join(document(html).find("body").itertext())))
    assert not missing(blocks, squeezed(text))

    children = (child for token in inlines for child in token.children or ())
    links = [str(child.attrs["href"]) for child in children if child.type == "link_open"]
    assert len(links) > 3
    assert not missing(links, "\n".join(link.get("href", "") for link in document(html).iter("a")))
    assert not missing(dict.fromkeys(links), text[text.index("\nLinks\n") :])


def test_fields_start_with_the_name_and_leave_out_the_unsubscribe_link() -> None:
    """What must be known of a person, each once, in a fixed order."""
    assert rendered().fields == ("first_name", "last_name", "clp", SIGN_UP)


def test_a_slot_knows_where_it_stands(theme: str) -> None:
    """Text, link and whole link are told apart in both parts."""
    edition = rendered(theme=theme)
    assert Slot("first_name", "friend", Context.HTML) in edition.html.slots
    assert Slot("clp", None, Context.URL) in edition.html.slots
    assert Slot(UNSUBSCRIBE, None, Context.ATTRIBUTE) in edition.html.slots
    assert Slot("first_name", "friend", Context.TEXT) in edition.text.slots
    assert Slot("clp", None, Context.TEXT_URL) in edition.text.slots
    assert Slot(UNSUBSCRIBE, None, Context.TEXT) in edition.text.slots
    assert edition.subject.slots == (Slot("first_name", None, Context.HEADER),)


@pytest.mark.parametrize(
    "name",
    ["O'Brien", "A&B <script>alert(1)</script>", "Siân 🌹", '"Doe, Jane"', "a\r\nb", "-->", "<![endif]-->"],
)
def test_a_persons_name_stays_a_name(name: str, theme: str) -> None:
    """Whatever a person is called, the document is the same and the name is read as it was written."""
    edition = rendered(theme=theme)
    plain = document(fill(edition.html, PERSON))
    html = fill(edition.html, PERSON | {"first_name": name, "clp": name})
    page = document(html)
    assert [element.tag for element in page.iter()] == [element.tag for element in plain.iter()]
    assert " ".join(f"Dear {name},".split()) in " ".join("".join(page.itertext()).split())
    assert f"Dear {' '.join(name.split())}," in fill(edition.text, PERSON | {"first_name": name})


def test_a_person_may_be_called_what_a_token_is_called() -> None:
    """That no token is left is known of the pieces, so a value cannot be taken for one."""
    edition = rendered()
    (nonce,) = set(re.findall(r"z[b-t]{11}(?=[0-9]{4})", edition.mjml))
    assert f"Dear {nonce}0000," in fill(edition.text, PERSON | {"first_name": f"{nonce}0000"})


def test_items_keep_their_number_in_every_copy(theme: str) -> None:
    """A heading that only some read is not counted, so "item 2" is one thing."""
    for segment in ("secretaries", "members", None):
        html = fill(rendered(theme=theme, segment=segment).html, PERSON)
        text = fill(rendered(theme=theme, segment=segment).text, PERSON)
        assert ("Please do this" in html, "Please do this" in text) == (segment == "secretaries",) * 2
        assert "\n2. Next meeting\n---" in text
        assert 'id="item-2"' in html
        assert "\n3. Keeping in touch\n---" in text


def test_the_contents_list_leads_to_each_heading() -> None:
    """Every entry has its anchor, by id and by name, and reads as a numbered outline where links are dead."""
    page = document(fill(rendered(segment="secretaries").html, PERSON))
    (listed,) = page.xpath("//table[@class='contents']")
    entries = [" ".join("".join(row.itertext()).split()) for row in listed.iter("tr")]
    assert entries == ["1. Finance & “money”", "• Please do this", "2. Next meeting", "3. Keeping in touch"]
    for link in listed.iter("a"):
        anchor = link.get("href").removeprefix("#")
        (heading,) = page.xpath("//h2[@id=$anchor]", anchor=anchor)
        assert heading.find("a").get("name") == anchor


def test_the_copy_that_is_nobodys_has_no_link_to_leave_by(theme: str) -> None:
    """Web, print and forwarding copies use the defaults and say nothing of a person."""
    edition = rendered(BODY_WITHOUT_NEEDS, theme=theme, segment=None)
    assert {slot.field for slot in (*edition.html.slots, *edition.text.slots)} == {"first_name"}
    assert "Dear friend," in fill(edition.text, {})
    assert "Unsubscribe" not in fill(edition.html, {}) + fill(edition.text, {})


BODY_WITHOUT_NEEDS = 'Dear {{ first_name | default("friend") }},\n\nHello.'


def test_both_parts_go_beyond_latin_1_even_where_nothing_in_them_does(theme: str) -> None:
    """A provider that picks ISO-8859-1 makes Gmail show a mail as clipped."""
    look = Look(sender_name="Ann", disclaimer="This is my personal account, not the official record.")
    edition = rendered("Hello.", theme=theme, look=look, segment=None, summary=(), title="A", subject="A")
    for part in (edition.html, edition.text):
        assert any(sign > "\xff" for static in part.statics for sign in static)


def test_the_preheader_is_hidden_by_style_alone_and_padded() -> None:
    """Neither white on white nor a single pixel, which spam filters count; the text below does not leak in."""
    html = fill(rendered(preheader="Read {{ first_name }}'s news").html, PERSON)
    found = re.search(r'<div style="([^"]*)">Read Siân’s news((?:\u200c\xa0)+)</div>', html)
    assert found
    assert found[1] == "display:none;max-height:0;overflow:hidden;mso-hide:all"
    assert len(found[2]) > 200


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"summary": ("First *point*.",)}, "First point."),
        ({"summary": (), "body": "## A\n\nIt was long. It was cold."}, "It was long."),
        ({"summary": (), "body": "Dear {{ first_name }},\n\n- a"}, "Dear Siân,"),
        ({"summary": (), "body": "word " * 60}, "word " * 27 + "word…"),
    ],
)
def test_the_preheader_has_a_default(changes: dict[str, object], shown: str) -> None:
    """The first of the summary, else the first sentence, else what there is, cut between words."""
    html = fill(rendered(**changes).html, PERSON)  # type: ignore[arg-type]
    assert re.search(r"mso-hide:all\">([^<]*?)(?:\u200c\xa0)+</div>", html)[1] == shown  # type: ignore[index]


@pytest.mark.parametrize(("words", "said"), [(3, "About 1 minute to read"), (2742, "About 12 minutes to read")])
def test_reading_time_is_said_in_whole_minutes(words: int, said: str) -> None:
    """238 words a minute."""
    edition = rendered(" ".join(["word"] * words))
    assert said in fill(edition.html, PERSON)
    assert said in " ".join(fill(edition.text, PERSON).split())


def test_raw_html_is_shown_as_text(theme: str) -> None:
    """A draft brings no markup of its own, and control characters do not reach the compiler."""
    edition = rendered("A <script>x</script>\x0b & <b>bold</b> \x00 end", theme=theme)
    html = fill(edition.html, PERSON)
    assert "<script" not in html
    assert "A &lt;script&gt;x&lt;/script&gt; &amp; &lt;b&gt;bold&lt;/b&gt;" in html


def test_a_title_with_quotes_breaks_no_label(theme: str) -> None:
    """The compiler copies the title into an attribute without escaping it."""
    page = document(fill(rendered(theme=theme, title='The "big" one & 5" more').html, PERSON))
    assert page.findtext(".//title") == "The “big” one & 5” more"
    assert page.xpath("string(//div[@role='article']/@aria-label)") == "The “big” one & 5” more"


def test_hosts_beyond_ascii_are_encoded() -> None:
    """Mail readers do not agree on anything else."""
    edition = rendered("[a](https://caf\u00e9.example/menu?q=1)")
    assert 'href="https://xn--caf-dma.example/menu?q=1"' in fill(edition.html, PERSON)


def test_the_authors_own_pictures_may_be_fetched_and_no_others() -> None:
    """Whoever opens the mail is told on by every request it makes."""
    body = "![A chart](https://pictures.example.org/chart.png)"
    assert 'alt="A chart"' in fill(rendered(body).html, PERSON)
    with pytest.raises(
        SourceError, match=r"fetches https://spy\.example/x\.png, which is not the author's own picture"
    ):
        rendered(sources=edited("report/theme.mjml", "{{ look.logo }}", "https://spy.example/x.png"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<h1", "<h2 ", "mismatched tag"),
        ('<h1 class="title">{{ title }}</h1>', "<p>{{ title }}</p>", "0 main headings"),
        ("{{ words.meeting }}<br />", "<h1>x</h1>", "2 main headings"),
        (' lang="{{ lang }}"', "", "does not say its language"),
        (' alt="{{ look.sender_name }}"', "", "has no alt text"),
        ("{{ words.meeting }}", '<a href="javascript:x">x</a>', "scheme that does not belong"),
        ("{{ words.meeting }}", '<b onclick="x">x</b>', "is a script"),
        ("{{ words.meeting }}", "<form>x</form>", "has no place in a mail"),
        ("{{ words.meeting }}", '<b style="background:url(https://x.example)">x</b>', "fetches something"),
        (
            "{{ words.meeting }}",
            "<!--[if mso]><img src='https://x.example/a.png'/><![endif]-->",
            "Outlook fetches",
        ),
        ("{{ words.meeting }}", "</p><mj-divider /><p>", "cannot be used|uncompiled|well-formed|stands where"),
        ('{% include "parts/footer.mjml" %}', "{% include 'parts/bare.mjml' %}", "unsubscribe link"),
    ],
)
def test_a_theme_that_would_make_a_bad_mail_is_refused(old: str, new: str, said: str) -> None:
    """What a reader would meet is said to the theme's author first."""
    bare = "<mj-section><mj-column><mj-text>{{ disclaimer }}</mj-text></mj-column></mj-section>"
    sources = {**edited("report/theme.mjml", old, new), "parts/bare.mjml": bare}
    with pytest.raises(SourceError, match=said):
        rendered(sources=sources)


def test_a_theme_cannot_use_a_field_of_a_recipient() -> None:
    """Themes are given no recipient, and a merge field in one is a name that nothing has."""
    with pytest.raises(SourceError, match="nothing here is called 'first_name'"):
        rendered(sources=edited("report/theme.mjml", "{{ title }}", "{{ first_name }}"))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("[x](https://{{ clp }}.example.org/)", "'clp' stands in the scheme or the host of a link"),
        ("[x](mailto:{{ first_name }}@example.org)", "'first_name' stands in the scheme or the host"),
    ],
)
def test_no_field_stands_in_a_links_host(body: str, said: str) -> None:
    """A value must not decide where a link leads."""
    with pytest.raises(SourceError, match=said):
        rendered(body)


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ('<a href="https://x.example/{{ words.unsubscribe_url }}">x</a>', "it is the whole of one"),
        ('<b class="{{ words.unsubscribe_url }}">x</b>', "it is the whole of one"),
        ('<b style="{{ words.unsubscribe_url }}">x</b>', "the attribute style"),
    ],
)
def test_our_own_slots_stand_only_where_they_make_sense(new: str, said: str) -> None:
    """The unsubscribe link is the whole of a link."""
    with pytest.raises(SourceError, match=said):
        rendered(sources=edited("report/theme.mjml", "{{ words.meeting }}", new))


def test_a_slot_in_a_comment_for_outlook_is_escaped_as_in_an_attribute() -> None:
    """A value must not end the comment."""
    sources = edited(
        "report/theme.mjml", "{{ words.meeting }}", "<!--[if mso]><i>{{ words.why }}</i><![endif]-->"
    )
    edition = rendered(sources=sources)
    assert Slot(SIGN_UP, "how and when is not on record", Context.ATTRIBUTE) in edition.html.slots
    html = fill(edition.html, PERSON | {SIGN_UP: "--><b>gotcha</b>"})
    assert "<b>gotcha" not in html


RIGHT_TO_LEFT = """\
مرحبا بالعالم 2026.

Hello – שלום.

- واحد
- two

> שלום.

### عنوان

| A | ب |
|---|---|
| x | שלום |

Plain.

## كلمة
"""


def test_what_is_written_from_right_to_left_is_laid_out_so(theme: str) -> None:
    """Each such block finds its direction by itself, and what holds it is told; all else is as it was."""
    page = document(fill(rendered(RIGHT_TO_LEFT, theme=theme, summary=("مرحبا", "One")).html, PERSON))
    found = [
        (item.tag, item.get("dir"), "".join(item.itertext()).strip())
        for item in page.iterfind(".//body//*[@dir]")
    ]
    inside = [(tag, said, text) for tag, said, text in found if tag not in {"div", "ul", "blockquote", "a"}]
    assert inside == [
        ("span", "auto", "مرحبا"),
        ("p", "auto", "مرحبا بالعالم 2026."),
        ("p", "auto", "Hello – שלום."),
        ("li", "auto", "واحد"),
        ("p", "auto", "שלום."),
        ("h3", "auto", "عنوان"),
        ("th", "auto", "ب"),
        ("td", "auto", "שלום"),
        ("span", "auto", "كلمة"),
    ]
    assert [(tag, said) for tag, said, _ in found if tag in {"ul", "blockquote"}] == [
        ("ul", "rtl"),
        ("blockquote", "rtl"),
    ]
    starting = [item.get("style") for item in page.iterfind(".//p[@dir='auto']")]
    assert all("text-align:start" in style for style in starting)


def test_a_third_theme_is_made_by_copying_a_folder() -> None:
    """Nothing but its folder names a theme."""
    copied = {
        f"mine/{name.removeprefix('letter/')}": text
        for name, text in SOURCES.items()
        if name.startswith("letter/")
    }
    sources = SOURCES | copied
    assert render.theme_names(sources) == ("letter", "mine", "report")
    mine, letter = rendered(theme="mine", sources=sources), rendered(theme="letter")
    assert fill(mine.html, PERSON) == fill(letter.html, PERSON)


def test_an_unknown_theme_gets_the_nearest_name() -> None:
    """Misspelt in a draft, say."""
    with pytest.raises(SourceError, match="Did you mean 'letter'"):
        rendered(theme="leter")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"accent": "reddish"}, "the accent 'reddish' is not a colour"),
        ({"font": "Gorgia"}, "Did you mean 'Georgia'"),
        (
            {"disclaimer": "All views are mine."},
            "the disclaimer lacks “personal account” and “not” and “official record”",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_an_error_of_the_settings(changes: dict[str, str], said: str) -> None:
    """It names the file and says what to write."""
    with pytest.raises(SettingsError, match=said) as caught:
        rendered(look=Look(sender_name="Ann", **changes))
    assert str(caught.value).startswith("newsletter.yaml: ")


def test_rendering_depends_on_nothing_but_its_input() -> None:
    """The same report, theme and look give the same bytes."""
    assert rendered() == rendered()
    assert report() == report()


def test_the_room_is_light_until_it_renders() -> None:
    """Those who only fill in slots do not pay for a compiler."""
    heavy = {"jinja2", "lxml", "markdown_it", "mjml", "premailer", "pydantic"}
    code = f"import sys, newsletter.render; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
