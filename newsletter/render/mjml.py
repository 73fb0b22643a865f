"""MJML → HTML: what goes into the compiler is checked, and what comes out is mended where it is known to err.

Rule: a fault is shown at its line of the generated MJML, with its neighbours and the template it came from. The
compiler itself lets much pass (unknown tags, wrong end tags) and often has no place to name, so a strict XML
parser reads the MJML first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn
from xml.parsers import expat

from mjml import mjml2html

from newsletter.errors import Mistake, SourceError, did_you_mean
from newsletter.render.theme import Filled

KNOWN = frozenset(
    [
        "mjml",
        "mj-head",
        "mj-body",
        "mj-attributes",
        "mj-all",
        "mj-class",
        "mj-breakpoint",
        "mj-preview",
        "mj-style",
        "mj-title",
        "mj-raw",
        "mj-section",
        "mj-column",
        "mj-group",
        "mj-wrapper",
        "mj-hero",
        "mj-text",
        "mj-image",
        "mj-button",
        "mj-divider",
        "mj-spacer",
        "mj-table",
    ]
)
"""The tags that the compiler and the mail programs treat well."""

_REFUSED = {
    "mj-include": "Use {% include '…' %}: what mj-include brings loses its width in Outlook.",
    "mj-font": "Use a font that readers' machines have: a font from the web is a request to a third party.",
    "mj-html-attributes": "The compiler does not know it.",
    "mj-selector": "The compiler does not know it.",
    "mj-social": "Use links of text: its pictures come from a third party and have no description.",
    "mj-social-element": "Use links of text: its pictures come from a third party and have no description.",
    "mj-carousel": "Most mail readers show nothing of it.",
    "mj-accordion": "Text that has to be opened is text unread.",
    "mj-navbar": "Use links of text.",
}
_MEASURED = frozenset({"mj-section", "mj-wrapper", "mj-column", "mj-image", "mj-divider"})
"""Where mrml 6.0.1, in mjml-python 1.4.2, works out a width for Outlook: it heeds `padding-left` and
`padding-right` with a unit, and not the sides of `padding`. It can go when the test against the official
compiler passes without it."""
_SIDES_HINT = 'Write padding-top, padding-right and so on, each with a unit: padding-left="40px".'
_SHOWN_BEFORE_AND_AFTER = 2
_SHOWN_COLUMNS = 100
_OFFSETS = re.compile(r"position (\d+):(\d+)")
_TITLE = re.compile(r"(?<=<mj-title>).*?(?=</mj-title>)", re.DOTALL)
_QUOTE = re.compile(r'"|&#34;|&quot;')
_PREVIEW_STYLE = re.compile(
    r'(?<=<div style=")display:none;font-size:1px;color:#ffffff;line-height:1px;[^"]*(?=">)'
)
_HIDDEN = "display:none;max-height:0;overflow:hidden;mso-hide:all"
"""Without the white on white and the single pixel of the compiler's own, which spam filters count."""

_PADDING_LENGTH = 150
_PADDING = "\u200c\u00a0"
"""Signs that take room in the inbox line and show nothing."""


def to_html(filled: Filled) -> str:
    """The HTML of a filled theme. Raises `SourceError` for what is not MJML, or not MJML that serves."""
    _check(filled)
    # A straight quote in the title would end the aria-label that the compiler makes of it.
    source = _TITLE.sub(lambda found: _QUOTE.sub("”", found[0]), filled.text)
    try:
        html = mjml2html(source, fonts={})
    except ValueError as error:
        _raise(filled, _line_of(source, str(error)), f"this is not MJML: {error}")
    return _PREVIEW_STYLE.sub(_HIDDEN, html, count=1)


def padded(preheader: str, shown: int) -> str:
    """The preheader with what keeps the text below it out of the inbox line; `shown` is its length to a
    reader.
    """
    return preheader + _PADDING * max(10, _PADDING_LENGTH - shown)


def _check(filled: Filled) -> None:
    parser = expat.ParserCreate()
    # Names such as &nbsp; are HTML's; a document type that is nowhere lets them pass.
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_ALWAYS)
    parser.UseForeignDTD(True)  # noqa: FBT003 - the library's only way to say it
    parser.ExternalEntityRefHandler = lambda *_: 1
    still_open: list[tuple[str, int]] = []
    wrong: list[tuple[int, str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        line = parser.CurrentLineNumber
        still_open.append((tag, line))
        if (tag == "mjml") != (len(still_open) == 1):
            wrong.append((line, f"<{tag}> stands where it may not", "A theme is one <mjml>."))
        if tag.lower().startswith("mj") and tag not in KNOWN:
            hint = _REFUSED.get(tag.lower()) or did_you_mean(tag, KNOWN)
            wrong.append((line, f"<{tag}> cannot be used", hint))
        if tag in _MEASURED and _has_sides(attributes.get("padding", "0")):
            wrong.append((line, f"<{tag} padding> has sides, which Outlook would not get", _SIDES_HINT))

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _tag: still_open.pop()
    try:
        parser.Parse(filled.text.encode(), True)  # noqa: FBT003 - as above
    except expat.ExpatError as error:
        wrong.append((error.lineno, *_fault(error.code, still_open, filled)))
    if wrong:
        raise SourceError(_mistake(filled, *found) for found in wrong)


def _has_sides(padding: str) -> bool:
    sizes = padding.split()
    return any(size.strip("px%") not in {"", "0"} for size in (sizes if len(sizes) == 1 else sizes[1::2]))


def _fault(code: int, still_open: Sequence[tuple[str, int]], filled: Filled) -> tuple[str, str]:
    """What the XML parser found, and what to do about it."""
    reason = expat.errors.messages[code]
    what = f"this is not well-formed MJML: {reason}"
    match reason:
        case "mismatched tag" | "no element found" | "unclosed token" if still_open:
            tag, line = still_open[-1]
            hint = "Close every tag, also <br /> and <img />, in the order they were opened."
            return f"{what}; <{tag}> of {filled.origin(line)} is still open", hint
        case "not well-formed (invalid token)":
            hint = "Write a bare < as &lt; and a bare & as &amp;, also in mj-style, and quote every attribute."
            return what, hint
        case _:
            return what, ""


def _line_of(source: str, message: str) -> int:
    """The compiler counts UTF-8 bytes, when it says anything at all."""
    found = _OFFSETS.search(message)
    return source.encode()[: int(found[1])].count(b"\n") + 1 if found else 0


def _raise(filled: Filled, line: int, what: str) -> NoReturn:
    raise SourceError([_mistake(filled, line, what, "")]) from None


def _mistake(filled: Filled, line: int, what: str, hint: str) -> Mistake:
    lines = filled.text.split("\n")
    line = min(line, len(lines))
    if line == 0:
        return Mistake(filled.origin(1), what, hint or "It says no more; look at the last change.")
    shown = "\n".join(
        f"    {'>' if number == line else ' '} {number} | {lines[number - 1][:_SHOWN_COLUMNS].rstrip()}"
        for number in range(line - _SHOWN_BEFORE_AND_AFTER, line + _SHOWN_BEFORE_AND_AFTER + 1)
        if 0 < number <= len(lines)
    )
    parts = (hint, f"Line {line} of the generated MJML; the fault may be just before this:\n{shown}")
    return Mistake(filled.origin(line), what, "\n    ".join(part for part in parts if part))
