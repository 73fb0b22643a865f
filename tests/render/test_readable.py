"""Every text of every theme can be read, in light and in dark, whatever the accent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from newsletter.render import Look, colour, css, fill, hiding
from newsletter.render.colour import BLACK, WHITE, Colour
from newsletter.render.look import NIGHT, PAPER, palette
from tests.render import cascade
from tests.render.samples import LOOK, PERSON, document, rendered

BODY = (Path(__file__).parent / "every_kind.md").read_text(encoding="utf-8")
COLOURS = st.builds(Colour, *[st.integers(0, 255)] * 3)


def texts(root: Any) -> Iterator[Any]:
    """One element of each kind that holds text of its own, but for the preheader."""
    seen = set()
    for element in root.find("body").iter(etree.Element):
        kind = tuple((holder.tag, holder.get("class")) for holder in (element, *element.iterancestors()))
        own = [element.text, *(child.tail for child in element)]
        if kind not in seen and any((text or "").strip(" \n\u200c\xa0") for text in own):
            seen.add(kind)
            if "mso-hide:all" not in element.get("style", ""):
                yield element


@pytest.mark.parametrize("accent", ["#8a1538", "#ffd700", "#00ff66", "#000000", "#ffffff"])
def test_every_text_of_a_theme_can_be_read(theme: str, accent: str) -> None:
    """A contrast of 4.5 to 1 (WCAG AA) under all conditions that a style sheet names, and 14 px at least."""
    look = Look(**{name: getattr(LOOK, name) for name in LOOK.__slots__} | {"accent": accent})
    root = document(fill(rendered(BODY, theme=theme, look=look).html, PERSON))
    rules = [rule for style in root.iter("style") for rule in css.rules(style.text or "")]
    found = list(texts(root))
    assert len(found) > 15
    for element in found:
        chain = cascade.chain(element, rules)
        for scene in cascade.scenes(chain):
            text = colour.parse(cascade.resolved(chain, scene, "color"))
            ground = colour.parse(cascade.resolved(chain, scene, "background-color") or "#ffffff")
            assert text, element
            assert ground, element
            assert colour.contrast(text, ground) >= colour.AA, (
                element.tag,
                element.get("class"),
                scene,
                text,
                ground,
            )
            assert (hiding.px(cascade.resolved(chain, scene, "font-size")) or 0) >= 14


def test_links_are_underlined(theme: str) -> None:
    """Colour alone does not show a link to everybody."""
    root = document(fill(rendered(BODY, theme=theme).html, PERSON))
    links = [link for link in root.iter("a") if link.get("href")]
    assert len(links) > 4
    assert all("text-decoration:underline" in link.get("style", "") for link in links)


def test_data_tables_say_what_their_headers_are(theme: str) -> None:
    """And the tables of the layout say that they are none."""
    root = document(fill(rendered(BODY, theme=theme).html, PERSON))
    data = [table for table in root.iter("table") if table.find(".//th") is not None and not table.get("role")]
    assert [[header.get("scope") for header in table.iter("th")] for table in data] == [["col"] * 3]
    assert all(table.get("role") == "presentation" for table in root.iter("table") if table not in data)


@given(COLOURS)
@settings(deadline=None)
def test_any_accent_has_shades_that_can_be_read(accent: Colour) -> None:
    """On white, on the paper around it, in the tinted box, and in the dark."""
    shades = palette(Look(sender_name="Ann", accent=str(accent)))
    text, tint, dark = (colour.parse(shade) for shade in (shades.text, shades.tint, shades.dark_text))
    assert text
    assert tint
    assert dark
    assert min(colour.contrast(text, ground) for ground in (WHITE, PAPER, tint)) >= colour.AA
    assert colour.contrast(Colour(0x26, 0x26, 0x2A), tint) >= colour.AA
    assert colour.contrast(dark, NIGHT) >= colour.AA


@given(COLOURS, COLOURS)
def test_contrast_is_between_1_and_21_and_the_same_both_ways(one: Colour, other: Colour) -> None:
    """The ratio of WCAG."""
    assert 1 <= colour.contrast(one, other) <= 21.0001
    assert colour.contrast(one, other) == colour.contrast(other, one)
    assert round(colour.contrast(BLACK, WHITE), 3) == 21


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("#fff", WHITE),
        (" #FFFFFF ", WHITE),
        ("white", WHITE),
        ("rgb(1, 2, 3)", Colour(1, 2, 3)),
        ("rgba(1,2,3,1)", Colour(1, 2, 3)),
        ("rgb(1 2 3 / 100%)", None),
        ("rgb(1 2, 3)", None),
        ("rgba(1,2,3,0.5)", None),
        ("#ffff", None),
        ("var(--ink)", None),
        ("", None),
    ],
)
def test_a_colour_is_known_or_it_is_not(text: str, parsed: Colour | None) -> None:
    """A colour that shows what lies behind it cannot be judged."""
    assert colour.parse(text) == parsed
