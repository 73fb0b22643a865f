"""What a value becomes at its place."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import given

from newsletter.model import Context, Pieces, Slot
from newsletter.render.pieces import escape, fill
from tests.message.examples import PROPERTY, values


class _Reader(HTMLParser):
    """The tags with their attributes, the text and the comments of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""
        self.comments: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


@PROPERTY
@given(value=values)
def test_in_html_a_value_is_text(value: str) -> None:
    """No value makes a tag, and a reader sees it as it is."""
    read = _Reader(f"<p>{escape(value, Context.HTML)}</p>")
    assert [tag for tag, _ in read.tags] == ["p"]
    assert read.text == escape(value, Context.TEXT)


@PROPERTY
@given(value=values)
def test_in_an_attribute_a_value_ends_nothing(value: str) -> None:
    """Neither quotes nor a comment around it are ended by any value."""
    written = f'<i title="{escape(value, Context.ATTRIBUTE)}">'
    assert _Reader(written).tags == [("i", [("title", escape(value, Context.TEXT))])]
    assert _Reader(f"<!--[if mso]>{written}<![endif]-->").comments == [f"[if mso]>{written}<![endif]"]
    assert "--" not in written


@PROPERTY
@given(value=values)
@pytest.mark.parametrize("context", [Context.URL, Context.TEXT_URL])
def test_in_a_link_a_value_is_percent_encoded(value: str, context: Context) -> None:
    """It decodes to itself, and holds no character that means something in a path, a query or HTML."""
    written = escape(value, context)
    assert unquote(written) == escape(value, Context.TEXT)
    assert not set(written) & set(":/?#[]@!$&'()*+,;=<>\" ")


@PROPERTY
@given(value=values)
@pytest.mark.parametrize("context", list(Context))
def test_nowhere_does_a_value_end_a_line(value: str, context: Context) -> None:
    """Control characters and halves of surrogate pairs are gone; what is left can be written as UTF-8."""
    written = escape(value, context)
    assert len(written.splitlines()) <= 1
    assert not any(character < " " for character in written)
    assert written == written.encode().decode()


def test_a_default_is_escaped_like_a_value() -> None:
    """The default stands where the value is None, and never where it is empty."""
    pieces = Pieces(("<", ">"), (Slot("name", "A & B", Context.HTML),))
    assert fill(pieces, {}) == "<A &amp; B>"
    assert fill(pieces, {"name": None}) == "<A &amp; B>"
    assert fill(pieces, {"name": ""}) == "<>"


def test_a_value_neither_known_nor_defaulted_is_an_error_that_names_the_field() -> None:
    """The plan prevents it; were it to happen, nothing is sent with a hole in it."""
    with pytest.raises(ValueError, match="'clp'"):
        fill(Pieces(("", ""), (Slot("clp", None, Context.TEXT),)), {"name": "Ann"})
