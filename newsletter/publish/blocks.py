"""A report's text as plain data, for a typesetter: what a block is, and what stands in it.

Rule: every word of the report is a value here and never markup, so that no sign of the text means anything to
whoever sets it. A picture is a link with its description, since none is fetched.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from newsletter.markdown import plain

Node = dict[str, Any]
"""`kind`, and what the kind needs: `text`, `inside`, `address`, `items`, `rows` …"""

_RIGHT_TO_LEFT = frozenset({"R", "AL"})


def blocks(tokens: Sequence[Token]) -> list[Node]:
    """Paragraphs, lists, tables and so on."""
    return [_block(node) for node in SyntaxTreeNode(list(tokens)).children]


def inline(token: Token) -> list[Node]:
    """One line: a heading, a point of the summary."""
    return _spans(SyntaxTreeNode([token]).children)


def _block(node: SyntaxTreeNode) -> Node:
    made: Node
    match node.type:
        case "paragraph":
            made = {"kind": "paragraph", "inside": _spans(node.children), "rtl": _starts_right(node)}
        case "heading":
            # The title is not counted: a section's heading is the first level.
            level = int(node.tag[1:]) - 1
            made = {"kind": "heading", "level": level, "inside": _spans(node.children)}
        case "bullet_list" | "ordered_list":
            made = _list(node)
        case "blockquote":
            made = {"kind": "quote", "blocks": [_block(child) for child in node.children]}
        case "table":
            made = _table(node)
        case "hr":
            made = {"kind": "rule"}
        case _:
            made = {"kind": "code", "text": node.content.rstrip("\n")}
    return made


def _list(node: SyntaxTreeNode) -> Node:
    items = [[_block(child) for child in item.children] for item in node.children]
    tight = all(child.hidden for item in node.children for child in item.children if child.type == "paragraph")
    start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    return {"kind": "list", "start": start, "tight": tight, "items": items}


def _table(node: SyntaxTreeNode) -> Node:
    rows = [row.children for part in node.children for row in part.children]
    return {
        "kind": "table",
        "align": [_alignment(cell) for cell in rows[0]],
        "rows": [[_spans(cell.children) for cell in row] for row in rows],
    }


def _alignment(cell: SyntaxTreeNode) -> str:
    style = str(cell.attrs.get("style", ""))
    return next((side for side in ("right", "center") if side in style), "left")


def _spans(nodes: Iterable[SyntaxTreeNode]) -> list[Node]:
    return [
        span for node in nodes for span in (_spans(node.children) if node.type == "inline" else [_span(node)])
    ]


def _span(node: SyntaxTreeNode) -> Node:
    made: Node
    match node.type:
        case "softbreak":
            made = _text(" ")
        case "hardbreak":
            made = {"kind": "break"}
        case "strong" | "em":
            made = {"kind": node.type, "inside": _spans(node.children)}
        case "link":
            made = _link(node)
        case "image":
            assert node.token
            shown = _text(f"[Picture: {plain(node.token)}]")
            made = {"kind": "link", "address": str(node.attrs["src"]), "inside": [shown], "shown": False}
        case "code_inline":
            made = {"kind": "code", "text": node.content}
        case _:
            made = _text(node.content)
    return made


def _text(text: str) -> Node:
    return {"kind": "text", "text": text}


def _link(node: SyntaxTreeNode) -> Node:
    address = str(node.attrs["href"])
    inside = _spans(node.children)
    shown = "".join(span.get("text", "") for span in inside)
    return {
        "kind": "link",
        "address": address,
        "inside": inside,
        # What is written out needs no note.
        "shown": shown in {address, address.removeprefix("mailto:")},
    }


def _starts_right(node: SyntaxTreeNode) -> bool:
    content = "".join(child.content for child in node.children)
    strong = (unicodedata.bidirectional(sign) for sign in content)
    return next((found for found in strong if found in {"L", *_RIGHT_TO_LEFT}), "L") != "L"
