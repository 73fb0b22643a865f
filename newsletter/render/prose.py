"""Markdown tokens → the XHTML that stands inside a theme's text.

Rule: every tag is closed, every picture has an `alt`, every table of figures says what its headers are; a
report brings no `h1`, and no markup of its own. What is written from right to left says so, for the layout does
not.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup


def block(tokens: Sequence[Token], *, in_mail: bool = True) -> Markup:
    """Paragraphs, lists, tables and so on. On a page of the web headings keep the rank that they have."""
    shown = _directed([_below_the_title(token) if in_mail else token for token in tokens])
    renderer, options = (_RENDERER, _OPTIONS) if in_mail else (_FOR_PAGES, _PAGE_OPTIONS)
    return Markup(renderer.render(shown, options, {}))  # noqa: S704 - the renderer escapes all that is text


def inline(token: Token) -> Markup:
    """One line: a heading, a point of the summary."""
    shown = Markup(_RENDERER.renderInline(token.children or [], _OPTIONS, {}))  # noqa: S704 - as above
    return Markup('<span dir="auto">{}</span>').format(shown) if _directions(token) & _RIGHT_TO_LEFT else shown


def _below_the_title(token: Token) -> Token:
    """The one `h1` is the report's title, and a section's heading its `h2`: a heading in a quotation is
    less.
    """
    if token.type in {"heading_open", "heading_close"} and token.tag in {"h1", "h2"}:
        return replace(token, tag="h3")
    return token


_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_HOLDERS = frozenset({"bullet_list_open", "ordered_list_open", "list_item_open", "blockquote_open"})


def _directed(tokens: Sequence[Token]) -> list[Token]:
    """With `dir` on each block that has text from right to left.

    What holds a block with a `dir` of its own would find no text to go by, so it is told its direction.
    """
    shown = list(tokens)
    still_open: list[int] = []
    for index, token in enumerate(tokens):
        if token.nesting > 0:
            still_open.append(index)
        elif token.nesting < 0:
            still_open.pop()
        elif token.type == "inline" and _directions(token) & _RIGHT_TO_LEFT:
            written = [place for place in still_open if not shown[place].hidden]
            for place in written:
                holder = shown[place]
                if place == written[-1]:
                    shown[place] = _with_direction(holder, "auto")
                elif holder.type in _HOLDERS and "dir" not in holder.attrs and _starts_right(token):
                    shown[place] = _with_direction(holder, "rtl")
    return shown


def _with_direction(token: Token, direction: str) -> Token:
    return replace(token, attrs={**token.attrs, "dir": direction})


def _directions(token: Token) -> set[str]:
    return set() if token.content.isascii() else set(map(unicodedata.bidirectional, token.content))


def _starts_right(token: Token) -> bool:
    strong = (unicodedata.bidirectional(sign) for sign in token.content)
    return next((found for found in strong if found in {"L", *_RIGHT_TO_LEFT}), "L") != "L"


class _Renderer(RendererHTML):
    def table_open(self, _tokens: Sequence[Token], _idx: int, _options: OptionsDict, _env: Any) -> str:
        """In a box of its own, which a narrow screen can scroll."""
        return '<div class="table">\n<table border="0" cellpadding="0" cellspacing="0">\n'

    def table_close(self, _tokens: Sequence[Token], _idx: int, _options: OptionsDict, _env: Any) -> str:
        return "</table>\n</div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: Any) -> str:
        return f'<th scope="col"{self.renderAttrs(tokens[idx])}>'


class _PageRenderer(_Renderer):
    def table_open(self, _tokens: Sequence[Token], _idx: int, _options: OptionsDict, _env: Any) -> str:
        """What can be scrolled can be reached by the keyboard."""
        return '<div class="table" role="region" aria-label="Table" tabindex="0">\n<table>\n'


def _options(*, closed: bool) -> OptionsDict:
    """How tags are written; `closed` for the compiler of mails, which reads XML."""
    return OptionsDict(
        {
            "maxNesting": 100,
            "html": False,
            "linkify": False,
            "typographer": False,
            "quotes": "“”‘’",
            "xhtmlOut": closed,
            "breaks": False,
            "langPrefix": "language-",
            "highlight": None,
        }
    )


_OPTIONS, _PAGE_OPTIONS = _options(closed=True), _options(closed=False)
_RENDERER = _Renderer()
_FOR_PAGES = _PageRenderer()
