"""The text part, written from the Markdown itself, so that it reads as text and not as the ruins of a web page.

Rule: every word, bullet and link of the source stands here too, in order. Lines are at most 76 columns,
measured with the defaults of merge fields; a web address is never broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from newsletter.markdown import plain
from newsletter.render import columns
from newsletter.render.content import Content, Section
from newsletter.render.disclaimer import TEXT_WIDTH, text_piece
from newsletter.render.look import Look
from newsletter.render.slots import Tokens
from newsletter.render.words import FEWEST_FOR_CONTENTS, Words, in_words

BEYOND_LATIN_1 = "\u200c"
"""Invisible. Gmail shows a mail sent as ISO-8859-1 as clipped, and SendGrid picks that where it suffices."""

_RULE = "-" * 24


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes blocks as lines, and remembers the links it met, each once."""

    tokens: Tokens
    links: dict[str, int] = field(default_factory=dict)

    def width(self, text: str) -> int:
        return columns.columns(self.tokens.with_defaults(text))

    def wrap(self, text: str, page: int = TEXT_WIDTH) -> list[str]:
        return columns.wrap(text, page, self.width)

    def heading(self, text: str, underline: str) -> list[str]:
        lines = self.wrap(text)
        return [*lines, underline * min(TEXT_WIDTH, max(map(self.width, lines)))]

    def marked(self, mark: str, text: str, room: int = 1) -> list[str]:
        """A mark, right-aligned in its room, and the text hanging from it."""
        indent = " " * (max(room, len(mark)) + 1)
        first, *rest = self.wrap(text, TEXT_WIDTH - len(indent))
        return [f"{mark:>{room}} {first}".rstrip(" "), *(indent + line for line in rest)]

    # Blocks

    def blocks(self, nodes: Iterable[SyntaxTreeNode], page: int = TEXT_WIDTH) -> list[str]:
        """Blocks with an empty line between them."""
        lines: list[str] = []
        for node in nodes:
            written = self.block(node, page)
            lines += ["", *written] if lines and written else written
        return lines

    def block(self, node: SyntaxTreeNode, page: int) -> list[str]:
        match node.type:
            case "paragraph":
                lines = self.wrap(self.inline(node.children), page)
            case "heading":
                lines = self.heading(self.inline(node.children), "~")
            case "bullet_list" | "ordered_list":
                lines = self.items(node, page)
            case "blockquote":
                lines = [f"> {line}".rstrip(" ") for line in self.blocks(node.children, page - 2)]
            case "table":
                lines = self.table(node, page)
            case "hr":
                lines = ["* * *"]
            case _:
                # Code, which is kept as it is.
                lines = [f"    {line}".rstrip(" ") for line in node.content.rstrip("\n").split("\n")]
        return lines

    def items(self, node: SyntaxTreeNode, page: int) -> list[str]:
        """A list; tight ones without empty lines between their items."""
        start = int(node.attrs.get("start", 1))
        last = start + len(node.children) - 1
        lines: list[str] = []
        for number, item in enumerate(node.children, start):
            tight = any(child.type == "paragraph" and child.hidden for child in item.children)
            mark = f"{number}.".rjust(len(f"{last}.")) if node.type == "ordered_list" else "•"
            indent = " " * (len(mark) + 1)
            page_inside = max(page - len(indent), 20)
            if tight:
                inside = [line for child in item.children for line in self.block(child, page_inside)]
            else:
                inside = self.blocks(item.children, page_inside)
            first, *rest = inside or [""]
            lines += [""] if lines and not tight else []
            lines += [f"{mark} {first}".rstrip(" "), *(f"{indent}{line}".rstrip(" ") for line in rest)]
        return lines

    def table(self, node: SyntaxTreeNode, page: int) -> list[str]:
        rows = [row.children for part in node.children for row in part.children]
        cells = [[self.inline(cell.children).replace("\n", " ") for cell in row] for row in rows]
        right = ["right" in str(cell.attrs.get("style", "")) for cell in rows[0]]
        return columns.table(cells, right, page, self.width)

    # Lines

    def line(self, token: Token) -> str:
        """An inline token on one line."""
        return self.inline(_tree([token])).replace("\n", " ")

    def inline(self, nodes: Iterable[SyntaxTreeNode]) -> str:
        return "".join(map(self.span, nodes))

    def span(self, node: SyntaxTreeNode) -> str:
        inside = self.inline(node.children)
        match node.type:
            case "softbreak":
                text = " "
            case "hardbreak":
                text = "\n"
            case "strong" | "em":
                mark = "*" if node.type == "strong" else "_"
                text = f"{mark}{inside}{mark}"
            case "link":
                text = self.link(inside, str(node.attrs.get("href", "")))
            case "image":
                shown = f"[Picture: {inside}]" if inside else "[Picture]"
                text = self.link(shown, str(node.attrs.get("src", "")))
            case _:
                text = inside or node.content
        return text

    def link(self, text: str, address: str) -> str:
        """The text with a number, unless the text is the address itself."""
        bare = address.removeprefix("mailto:")
        if text in {address, bare} or not address:
            return text
        number = self.links.setdefault(address, len(self.links) + 1)
        return f"{text} [{number}]" if text else f"[{number}]"

    def references(self) -> list[str]:
        numbered = [f"[{number}] {address}" for address, number in self.links.items()]
        return [*self.heading("Links", "-"), "", *numbered] if numbered else []


def text_part(
    content: Content,
    look: Look,
    words: Words,
    tokens: Tokens,
    *,
    corrections: Sequence[tuple[date, Token]] = (),
) -> str:
    """The whole text part, with tokens, ending in a line end. `corrections` are a public copy's."""
    writer = _Writer(tokens)
    parts = [
        _masthead(content, look, words, writer),
        [line for made in corrections for line in _correction(*made, writer)],
        _summary(content, writer),
        _contents(content, writer),
        *(_section(section, writer) for section in content.sections),
        writer.references(),
        _footer(look, words, writer),
    ]
    text = "\n\n\n".join("\n".join(part) for part in parts if part) + "\n"
    return text if any(character > "\xff" for character in text) else BEYOND_LATIN_1 + text


def _masthead(content: Content, look: Look, words: Words, writer: _Writer) -> list[str]:
    lines = writer.wrap(words.writer)
    lines += writer.wrap(look.strapline) if look.strapline else []
    about = f"{words.meeting}, {words.date}. {words.reading_time}."
    return [*lines, "", *writer.heading(content.title, "="), "", *writer.wrap(about)]


def _correction(day: date, text: Token, writer: _Writer) -> list[str]:
    return writer.wrap(f"Corrected on {in_words(day)}: {writer.line(text)}")


def _summary(content: Content, writer: _Writer) -> list[str]:
    if not content.summary:
        return []
    points = (writer.marked("•", writer.line(point)) for point in content.summary)
    return [*writer.heading("In brief", "-"), "", *(line for point in points for line in point)]


def _contents(content: Content, writer: _Writer) -> list[str]:
    if len(content.contents) < FEWEST_FOR_CONTENTS:
        return []
    listed = (
        writer.marked(f"{section.number}." if section.number else "•", plain(section.heading), 3)
        for section in content.contents
        if section.heading
    )
    return [*writer.heading("In this report", "-"), "", *(line for entry in listed for line in entry)]


def _section(section: Section, writer: _Writer) -> list[str]:
    body = writer.blocks(_tree(section.body))
    if not section.heading:
        return body
    numbered = f"{section.number}. " if section.number else ""
    return [*writer.heading(numbered + writer.line(section.heading), "-"), *([""] if body else []), *body]


def _footer(look: Look, words: Words, writer: _Writer) -> list[str]:
    """The disclaimer first and whole, then the rest in the order of the HTML part."""
    lines = [
        words.writer,
        words.why,
        f"Unsubscribe: {words.unsubscribe_url}" if words.unsubscribe_url else "",
        f"{words.answer} {words.reply_to}" if words.reply_to else "",
        words.imprint,
        words.postal_address,
        f"Privacy notice: {words.privacy_url}" if words.privacy_url else "",
        f"On the web: {words.web_url}" if words.web_url else "",
        f"Print edition (PDF): {words.paper_url}" if words.paper_url else "",
        f"{words.forwarded} {words.site_url}" if words.site_url else "",
    ]
    paragraphs = ["\n".join(writer.wrap(line)) for line in lines if line]
    return [_RULE, "", text_piece(look.disclaimer), "", "\n\n".join(paragraphs)]


def _tree(tokens: Sequence[Token]) -> list[SyntaxTreeNode]:
    return SyntaxTreeNode(tokens).children
