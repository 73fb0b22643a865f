"""HTML as a list of lines that two compilers agree on when their documents are the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

_ADJACENT = re.compile(r"<!\[endif\]-->\s*<!--\[if mso \| IE\]>")
_SHORT_HEX = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])(?![0-9a-f])")
_ZERO = re.compile(r"(?<![\d.])0(?:px|pt)")


def lines(html: str) -> list[str]:
    """Every tag with its attributes and declarations sorted, every text and comment without spare blanks."""
    root = etree.fromstring(_ADJACENT.sub("", html), etree.HTMLParser())
    return list(_lines(root, 0))


def _lines(node: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if node.tag is etree.Comment:
        yield f"{indent}<!-- {_squeezed(node.text)} -->"
    else:
        yield indent + " ".join((node.tag, *sorted(f'{name}="{_value(name, node.get(name))}"' for name in node.keys())))
        yield from _text(node.text, node, indent)
        for child in node:
            yield from _lines(child, depth + 1)
    yield from _text(node.tail, node.getparent(), indent)


def _text(text: str | None, holder: Any, indent: str) -> Iterator[str]:
    text = _style_sheet(text or "") if holder is not None and holder.tag == "style" else text or ""
    if text.strip():
        yield f"{indent}  “{' '.join(text.split())}”"


def _value(name: str, value: str) -> str:
    if name == "style":
        return "; ".join(sorted(_declaration(item) for item in value.split(";") if item.strip()))
    return " ".join(sorted(value.split())) if name == "class" else value


def _declaration(text: str) -> str:
    name, _, value = text.partition(":")
    value = _SHORT_HEX.sub(r"#\1\1\2\2\3\3", _ZERO.sub("0", value.lower()))
    return f"{name.strip()}: {' '.join(value.replace(', ', ',').split())}"


def _style_sheet(text: str) -> str:
    return re.sub(r"\s*([{};:,>])\s*", r"\1", text)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
