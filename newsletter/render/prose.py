"""Markdown tokens → the XHTML that stands inside a theme's text.

Rule: every tag is closed, every picture has an `alt`, every table of figures says what its headers are; a
report brings no `h1`, and no markup of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup


def block(tokens: Sequence[Token]) -> Markup:
    """Paragraphs, lists, tables and so on."""
    shown = [_below_the_title(token) for token in tokens]
    return Markup(_RENDERER.render(shown, _OPTIONS, {}))  # noqa: S704 - the renderer escapes all that is text


def inline(token: Token) -> Markup:
    """One line: a heading, a point of the summary."""
    return Markup(_RENDERER.renderInline(token.children or [], _OPTIONS, {}))  # noqa: S704 - as above


def _below_the_title(token: Token) -> Token:
    """The one `h1` is the report's title, and a section's heading its `h2`: a heading in a quotation is
    less.
    """
    if token.type in {"heading_open", "heading_close"} and token.tag in {"h1", "h2"}:
        return replace(token, tag="h3")
    return token


class _Renderer(RendererHTML):
    def table_open(self, _tokens: Sequence[Token], _idx: int, _options: OptionsDict, _env: Any) -> str:
        """In a box of its own, which a narrow screen can scroll."""
        return '<div class="table">\n<table border="0" cellpadding="0" cellspacing="0">\n'

    def table_close(self, _tokens: Sequence[Token], _idx: int, _options: OptionsDict, _env: Any) -> str:
        return "</table>\n</div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: Any) -> str:
        return f'<th scope="col"{self.renderAttrs(tokens[idx])}>'


_OPTIONS = OptionsDict(
    {
        "maxNesting": 100,
        "html": False,
        "linkify": False,
        "typographer": False,
        "quotes": "“”‘’",
        "xhtmlOut": True,
        "breaks": False,
        "langPrefix": "language-",
        "highlight": None,
    }
)
_RENDERER = _Renderer()
