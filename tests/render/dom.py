"""HTML as a list of lines, on which two compilers agree when their documents mean the same.

What is evened out is what cannot be seen: the order of attributes, declarations and column rules, empty
attributes, how many style elements the rules stand in, blanks, short forms of colours and zeros, the restyled
preheader, and the classes that MJML gives to tables for Outlook, which no rule of ours names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from newsletter.render import css

_ADJACENT = re.compile(r"<!\[endif\]-->\s*<!--\[if mso \| IE\]>")
_SHORT_HEX = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])(?![0-9a-f])")
_ZERO = re.compile(r"(?<![\d.])0(?:px|pt)")
_TAG = re.compile(r"<([a-z]+)((?:\s+[a-z-]+=\"[^\"]*\")*)\s*>")
_ATTRIBUTE = re.compile(r"([a-z-]+)=\"([^\"]*)\"")
_PREHEADERS = (
    (
        "color: #ffffff; display: none; font-size: 1px; line-height: 1px; max-height: 0; max-width: 0; "
        "opacity: 0; overflow: hidden"
    ),
    "display: none; max-height: 0; mso-hide: all; overflow: hidden",
)


def lines(html: str) -> list[str]:
    """Every tag, text and comment of a document in order, and at the end every rule of its styles."""
    root: Any = etree.fromstring(_ADJACENT.sub("", html), etree.HTMLParser())
    styles = [style for style in root.iter("style") if style.getparent().tag == "head"]
    rules = [f"{style.get('media')} {rule}" for style in styles for rule in css.rules(style.text or "")]
    for style in styles:
        style.getparent().remove(style)
    return [*_lines(root, 0), *sorted(rules)]


def _lines(node: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if node.tag is etree.Comment:
        yield f"{indent}<!-- {_comment(node.text)} -->"
    else:
        yield indent + " ".join((node.tag, *_attributes(node.items())))
        yield from _text(node.text, indent)
        for child in node:
            yield from _lines(child, depth + 1)
    yield from _text(node.tail, indent)


def _text(text: str | None, indent: str) -> Iterator[str]:
    if text and text.strip():
        yield f"{indent}  “{' '.join(text.split())}”"


def _attributes(items: list[tuple[str, str]]) -> list[str]:
    return sorted(f'{name}="{_value(name, value)}"' for name, value in items if value)


def _value(name: str, value: str) -> str:
    if name == "style":
        style = "; ".join(sorted(_declaration(item) for item in value.split(";") if item.strip()))
        return "preheader" if style in _PREHEADERS else style
    return " ".join(sorted(value.split())) if name == "class" else value


def _declaration(text: str) -> str:
    name, _, value = text.partition(":")
    value = _SHORT_HEX.sub(r"#\1\1\2\2\3\3", _ZERO.sub("0", value.lower()))
    return f"{name.strip()}: {' '.join(value.replace(', ', ',').split())}"


def _comment(text: str) -> str:
    """A comment for Outlook, with the tags in it evened out too."""
    return re.sub(r">\s+<", "><", _TAG.sub(_tag, " ".join(text.split())))


def _tag(found: re.Match[str]) -> str:
    items = [(name, value) for name, value in _ATTRIBUTE.findall(found[2]) if not value.endswith("-outlook")]
    return f"<{' '.join((found[1], *_attributes(items)))}>"
