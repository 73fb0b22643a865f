"""What a theme's author reads when a template is wrong: what, where, and what to do."""

from __future__ import annotations

import pytest

from newsletter.errors import SourceError
from tests.render.samples import SOURCES, edited, rendered


def line_of(name: str, text: str) -> int:
    """The line of a file that holds a text."""
    return SOURCES[name][: SOURCES[name].index(text)].count("\n") + 1


CASES = {
    "an unknown tag": (
        ("parts/footer.mjml", "<mj-column>", "<mj-colum>"),
        ["<mj-colum> cannot be used", "Did you mean 'mj-column'?"],
    ),
    "an include of MJML's own": (
        ("report/theme.mjml", "<h1", "<mj-include path='x' /><h1"),
        ["<mj-include> cannot be used", "{% include"],
    ),
    "an unclosed paragraph": (
        ("parts/footer.mjml", "<p>{{ words.imprint }}</p>", "<p>{{ words.imprint }}"),
        ["mismatched tag; <p> of templates/parts/footer.mjml:", "is still open"],
    ),
    "a bare sign": (
        ("parts/footer.mjml", "{{ words.imprint }}", "1 < 2"),
        ["not well-formed", "&lt;", "> "],
    ),
    "a sign in a style": (
        ("parts/head.mjml", "@media only screen", "@media (width < 400px) { } @media only screen"),
        ["not well-formed", "also in mj-style"],
    ),
    "an attribute without quotes": (
        ("parts/head.mjml", 'font-size="17px"', "font-size=17px"),
        ["not well-formed", "quote every attribute"],
    ),
    "an unknown value": (
        ("report/theme.mjml", "{{ title }}", "{{ titel }}"),
        ["'titel'", "Did you mean 'title'?"],
    ),
    "an unknown part of a value": (
        ("parts/footer.mjml", "<p>{{ words.imprint }}</p>", "<p>{{ words.imprnt }}</p>"),
        ["'imprnt'", "Did you mean 'imprint'?", "<p>{{ words.imprnt }}</p>"],
    ),
    "a tag of Jinja2 misspelt": (
        ("parts/sections.mjml", "{% endfor %}", "{% endfr %}"),
        ["'endfr'", "'endfor'"],
    ),
    "a missing part": (
        ("report/theme.mjml", "parts/footer.mjml", "parts/foter.mjml"),
        ["there is no 'parts/foter.mjml' to include", "Did you mean 'parts/footer.mjml'?"],
    ),
    "a sum that cannot be done": (
        ("parts/footer.mjml", "{{ words.imprint }}", "{{ 1 / 0 }}"),
        ["division by zero"],
    ),
    "a reach for Python": (
        ("parts/footer.mjml", "{{ words.imprint }}", "{{ words.__class__.__mro__ }}"),
        ["unsafe"],
    ),
    "a part that includes itself": (
        ("parts/contents.mjml", "{% if contents %}", "{% if contents %}{% include 'parts/contents.mjml' %}"),
        ["includes itself without end"],
    ),
    "sides that Outlook would not get": (
        ("report/theme.mjml", 'padding-right="40px"', 'padding="0 40px"'),
        ["<mj-section padding> has sides", "padding-left="],
    ),
}


@pytest.mark.parametrize(("change", "said"), CASES.values(), ids=CASES.keys())
def test_a_wrong_template_is_shown_with_its_place(change: tuple[str, str, str], said: list[str]) -> None:
    """The file, a line of it, what is wrong, and what to write instead."""
    with pytest.raises(SourceError) as caught:
        rendered(sources=edited(*change))
    shown = str(caught.value)
    assert shown.startswith("templates/")
    for part in said:
        assert part in shown


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("parts/footer.mjml", "{{ words.privacy_url }}", "{{ words.nothing }}"),
        ("parts/sections.mjml", "{{ section.body }}", "{{ section.nothing }}"),
        ("report/theme.mjml", "{{ point }}", "{{ nothing }}"),
        ("parts/footer.mjml", "<p>{{ words.imprint }}</p>", "<p>{{ words.imprint }} & </p>"),
        ("parts/footer.mjml", "{{ disclaimer }}", "{{ disclaimer }} & "),
        ("parts/contents.mjml", '<p class="label">', "<p class=label>"),
        ("report/theme.mjml", "<h1 ", "<mj-h1></mj-h1><h1 "),
    ],
)
def test_the_place_is_exact(name: str, old: str, new: str) -> None:
    """A fault is found in the part that holds it, on its line, and not where that part is included."""
    with pytest.raises(SourceError) as caught:
        rendered(sources=edited(name, old, new))
    where = caught.value.mistakes[0].where
    assert (where.file, where.line) == (f"templates/{name}", line_of(name, old))


def test_the_generated_mjml_is_shown_around_the_fault() -> None:
    """The line itself, marked, and two on either side."""
    with pytest.raises(SourceError) as caught:
        rendered(sources=edited("parts/footer.mjml", "<p>{{ words.imprint }}</p>", "<p>a < b</p>"))
    shown = str(caught.value).splitlines()
    (marked,) = [index for index, line in enumerate(shown) if line.lstrip().startswith("> ")]
    assert shown[marked].endswith("|           <p>a < b</p>")
    assert [line.split("|")[0].strip(" >").isdigit() for line in shown[marked - 2 : marked + 3]] == [True] * 5
    assert "the fault may be just before this" in shown[marked - 3]


def test_what_only_the_compiler_refuses_is_an_error_of_the_theme() -> None:
    """A declaration before the MJML is fine for XML and not for the compiler, which counts in bytes."""
    sources = edited("report/theme.mjml", "<mjml lang", '<?xml version="1.0"?>\n<!-- é -->\n<mjml lang')
    with pytest.raises(SourceError, match="this is not MJML: unexpected token") as caught:
        rendered(sources=sources)
    assert caught.value.mistakes[0].where.file == "templates/report/theme.mjml"


def test_every_wrong_tag_is_reported_at_once() -> None:
    """An author mends them in one go."""
    sources = edited("report/theme.mjml", "<h1 ", "<mj-a /><mj-b /><h1 ")
    with pytest.raises(SourceError) as caught:
        rendered(sources=sources)
    assert len(caught.value.mistakes) == 2
