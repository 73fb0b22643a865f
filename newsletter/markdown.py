"""The one Markdown parser: CommonMark, tables, bare web addresses, `::: only` blocks and typography.

Rule: raw HTML is text, nothing of the source is dropped without a trace, and code is left as typed.
Merge fields are unknown here: replace them by letters and digits before parsing.

Beside the tokens of CommonMark there are three of our own. `only_open` (`meta["segments"]`, a tuple of names)
and `only_close` stand at the margin around what belongs to some segments; `colons` is a `:::` line with any
other word (`info`), which no valid report has. Links are tokens whatever their scheme: drafts refuse the bad.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from linkify_it import LinkifyIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

MAX_LEVEL = 60
"""Tokens nested deeper are lost by the parser: twice what a person can follow, far from Python's own limit."""

_COLONS = re.compile(r":{3,}[ \t]*(?P<info>.*)")
_WORD = re.compile(r"\w")
_MAYBE_BARE = re.compile(r"(?<!\]\()https?://", re.IGNORECASE)
"""A web address that does not stand as the target of a link."""

_ELLIPSIS = re.compile(r"(?<!\.)\.{3}(?!\.)")
_EM_DASH = re.compile(r"(?<!-)---(?!-)")
_EN_DASH = re.compile(r"(?<=[^-])(?<!<!)--(?=\s|$)|(?<=[^\s-])(?<!<!)--(?=[^\s-])")
_OPENS_AFTER = frozenset("([{")
_OPENS_WITHIN = frozenset("“‘–—-/")
_QUOTES = {("'", True): "‘", ("'", False): "’", ('"', True): "“", ('"', False): "”"}
_CLIPPED = re.compile(r"'(?:\d0s|tis|twas|em|til|cause|n)\b", re.IGNORECASE)
"""Words whose quote stands for letters left out, so that it never opens a quotation."""


def parse(body: str) -> list[Token]:
    """The block tokens of a body. `Token.map` counts its lines from 0; inline tokens hold `children`."""
    return _parser(bare=_has_bare_addresses(body)).parse(body)


def parse_inline(text: str) -> Token:
    """One line of Markdown (a heading, a line of a summary) as an inline token."""
    return _parser(bare=_has_bare_addresses(text)).parseInline(text)[0]


def typographic(text: str, *, before: str = " ") -> str:
    """Plain text with curly quotes, dashes and ellipses. `before` is the character that stands before it."""
    edge = " " if before.isspace() else "x"
    text = _EM_DASH.sub("—", _ELLIPSIS.sub("…", edge + text))
    text = _EN_DASH.sub("–", text)[1:]
    return _curly(text, before) if "'" in text or '"' in text else text


def for_segment(tokens: Iterable[Token], segment: str | None) -> list[Token]:
    """The tokens that this segment reads; with None those that everybody reads, without any `only` block.

    The blocks kept still have their `only_open` and `only_close` around them.
    """
    kept = []
    hidden = False
    for token in tokens:
        if token.type == "only_open":
            hidden = segment not in token.meta["segments"]
        if not hidden:
            kept.append(token)
        if token.type == "only_close":
            hidden = False
    return kept


def plain(inline: Token) -> str:
    """What a reader sees of an inline token, as one line of text; an image is its description."""
    return " ".join("".join(map(_visible, inline.children or ())).split())


def words(tokens: Iterable[Token]) -> int:
    """The number of words a reader reads, code included."""
    texts = (
        plain(token) if token.type == "inline" else token.content
        for token in tokens
        if token.type in {"inline", "fence", "code_block"}
    )
    return sum(1 for word in chain.from_iterable(map(str.split, texts)) if _WORD.search(word))


def _visible(token: Token) -> str:
    match token.type:
        case "softbreak" | "hardbreak":
            return " "
        case "image":
            return plain(token)
        case _:
            return token.content


def _has_bare_addresses(text: str) -> bool:
    """Whether to look for them: that takes longer than all the rest, and few reports hold any."""
    return _MAYBE_BARE.search(text) is not None


@cache
def _parser(*, bare: bool) -> MarkdownIt:
    options = {"html": False, "linkify": bare, "typographer": True, "maxNesting": MAX_LEVEL}
    parser = MarkdownIt("commonmark", options)
    parser.enable(["table", "linkify", "replacements"])
    parser.validateLink = _any_link  # type: ignore[method-assign]  # the library offers no option for it
    if bare:
        parser.linkify = _web_addresses()
    parser.core.ruler.at("replacements", _typography)
    parser.block.ruler.before(
        "fence", "only", _only, {"alt": ["paragraph", "reference", "blockquote", "list", "table"]}
    )
    return parser


def _any_link(url: str) -> bool:  # noqa: ARG001  # the library's signature
    return True


def _web_addresses() -> LinkifyIt:
    """Only what starts with http:// or https:// is a link by itself: not "Mr.Smith", nor an e-mail address."""
    from linkify_it import LinkifyIt  # noqa: PLC0415 - few reports need it

    finder = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    for scheme in ("ftp:", "//", "mailto:"):
        finder.add(scheme, None)
    return finder


def _only(state: StateBlock, start_line: int, _end_line: int, silent: bool) -> bool:
    """A `:::` line is a token of its own; whether they pair is for the draft's author to be told."""
    if state.is_code_block(start_line):
        return False
    begin = state.bMarks[start_line] + state.tShift[start_line]
    found = _COLONS.fullmatch(state.src[begin : state.eMarks[start_line]].rstrip())
    if found is None:
        return False
    if silent:
        return True
    state.line = start_line + 1
    at_margin = begin == 0 or state.src[begin - 1] == "\n"
    token = _colons_token(state, found["info"] if at_margin else ":::")
    token.block = True
    token.markup = ":::"
    token.map = [start_line, start_line + 1]
    return True


def _colons_token(state: StateBlock, info: str) -> Token:
    kind, *segments = re.split(r"[,\s]+", info.strip(", \t"))
    match kind:
        case "only":
            token = state.push("only_open", "div", 1)
            token.meta = {"segments": tuple(segments)}
        case "":
            token = state.push("only_close", "div", -1)
        case _:
            token = state.push("colons", "", 0)
    token.info = info
    return token


def _typography(state: StateCore) -> None:
    """Quotes, dashes and ellipses in what a person typed: not in code, nor in a bare web address.

    The library's own rules also turn clause "(c)" into a copyright sign, and need a quotation's end to find
    its beginning, which a quotation over several paragraphs lacks.
    """
    for inline in state.tokens:
        before = " "
        in_address = False
        for token in inline.children or ():
            if token.type in {"link_open", "link_close"} and token.info == "auto":
                in_address = token.type == "link_open"
            elif token.type == "text" and not in_address:
                token.content = typographic(token.content, before=before)
            before = (_visible(token) or before)[-1]


def _curly(text: str, before: str) -> str:
    """Straight quotes made curly by what stands on their left and, after a dash or a quote, on their right."""
    shown = []
    for index, character in enumerate(text):
        if character in "'\"":
            follows_word = text[index + 1 : index + 2].isalnum()
            opens = (
                before.isspace() or before in _OPENS_AFTER or (before in _OPENS_WITHIN and follows_word)
            ) and not _CLIPPED.match(text, index)
            character = _QUOTES[character, opens]  # noqa: PLW2901  # the same character, better set
        shown.append(character)
        before = character
    return "".join(shown)
