"""A mail as two awkward clients leave it: Outlook on Windows, which is Word, and Gmail, which strips.

Rule: what a client is known to drop is dropped, and nothing is invented. It is an approximation, and the page
says so: neither Word's layout nor Gmail's own frame is here.

Source: caniemail.com for each property; for Gmail also github.com/hteumeuleu/email-bugs issues 21 (an at-rule
inside an at-rule), 41 (the clip) and 90 (the limit of a style sheet).
"""

from __future__ import annotations

import re
from dataclasses import replace

from newsletter.preview.conditions import as_word_reads
from newsletter.preview.stylesheet import (
    STYLE,
    Rule,
    each_rule,
    on_declarations,
    on_sheets,
    parsed,
    without,
    written,
)

GMAIL_CLIP_BYTES = 102_000
"""Of HTML. What stands after it is behind a link, and the footer stands there."""

_GMAIL_CSS_LIMIT = 16_384
_COMMENT = re.compile(r"<!--.*?-->|<!\[.*?\]>", re.DOTALL)
_HEAD = re.compile(r"<head\b[^>]*>(.*?)</head\s*>", re.DOTALL | re.IGNORECASE)
_XML = re.compile(r"<xml\b[^>]*>.*?</xml\s*>", re.DOTALL | re.IGNORECASE)
"""Settings for Word, such as its dots per inch; a browser would show them as words."""
_ID = re.compile(r"""(?<=\s)id=(?:"[^"]*"|'[^']*')""", re.IGNORECASE)
_GMAIL_MEDIA = re.compile(
    r"@media\s+(?:only\s+)?(?:screen|all)?\s*(?:and\s*)?(?:\((?:min|max)-(?:device-)?width:[^)]*\)[\s,a-z]*)+"
)
_GMAIL_SELECTOR = re.compile(
    r"[\w\s.,#>+~*-]*(?::(?:hover|link|visited|active|first-child|last-child)[\w\s.,#>+~*-]*)*"
)

_WORD_LACKS = re.compile(
    r"(?:max|min)-(?:width|height)|border(?:-\w+)*-radius|border-radius|(?:box|text)-shadow|opacity|position"
    r"|left|right|top|bottom|float|overflow(?:-[xy])?|object-\w+|background-(?:size|image|position|clip|origin)"
    r"|transform|animation.*|transition.*|flex.*|grid.*|gap|filter|box-sizing|columns?.*|hyphens|--.*"
)
_WORD_UNITS = re.compile(r"\d(?:rem|ch|vw|vh)\b|var\(|calc\(")
_WORD_SELECTOR = re.compile(r"[^\[\]>+~:()]*(?::(?:link|visited|active|hover))?[^\[\]>+~:()]*")

CLIPPED = "<p data-clipped>[Message clipped]&nbsp; <u>View entire message</u></p>"


def outlook(html: str) -> str:
    """The HTML for Word: its branch of each conditional comment, and only the CSS that it knows."""
    html = on_sheets(_XML.sub("", as_word_reads(html)), _word_sheet)
    return on_declarations(html, _word_declarations)


def gmail(html: str) -> str:
    """The HTML as Gmail hands it to a browser, clipped where it is too long."""
    html = _COMMENT.sub("", _clipped(html))
    head = _HEAD.search(html)
    sheets = _gmail_sheets(head[1]) if head else ""
    body = STYLE.sub("", html[head.end() :] if head else html)
    body = on_declarations(_ID.sub("", body), lambda held: without(held, _gmail_lacks))
    return f"{html[: head.start()] if head else ''}<head><style>{sheets}</style></head>{body}"


def _clipped(html: str) -> str:
    whole = html.encode()
    if len(whole) <= GMAIL_CLIP_BYTES:
        return html
    kept = whole[:GMAIL_CLIP_BYTES].decode(errors="ignore")
    # Not within a tag; what is open, the browser closes.
    return kept[: kept.rfind("<")] + CLIPPED


def _gmail_sheets(head: str) -> str:
    """What is left of the style sheets in the head."""
    room, kept = _GMAIL_CSS_LIMIT, []
    for _, sheet, _ in STYLE.findall(head):
        room -= len(sheet)
        rules = parsed(sheet)
        if room < 0 or any(inner.is_at_rule for rule in rules for inner in rule.rules or ()):
            continue
        known = (rule for rule in rules if not rule.is_at_rule or _GMAIL_MEDIA.fullmatch(rule.prelude.lower()))
        kept.append(written(each_rule(tuple(known), _gmail_rule)))
    return "\n".join(kept)


def _gmail_rule(rule: Rule) -> Rule | None:
    return rule if _GMAIL_SELECTOR.fullmatch(rule.prelude) else None


def _gmail_lacks(name: str, value: str) -> bool:
    if name.startswith("margin"):
        return value.startswith("-") or " -" in value
    return name in {"position", "filter", "transform"} or name.startswith(("animation", "transition", "--"))


def _word_sheet(sheet: str) -> str:
    plain = tuple(rule for rule in parsed(sheet) if not rule.is_at_rule)
    return written(each_rule(plain, _word_rule))


def _word_rule(rule: Rule) -> Rule | None:
    if not _WORD_SELECTOR.fullmatch(rule.prelude):
        return None
    return replace(rule, declarations=_word_declarations(rule.declarations))


def _word_declarations(held: str) -> str:
    kept = without(held, _word_lacks)
    hidden = re.search(r"mso-hide\s*:\s*all", kept, re.IGNORECASE)
    return f"{kept}; display: none !important" if hidden else kept


def _word_lacks(name: str, value: str) -> bool:
    if name == "display":
        return not value.startswith(("none", "block", "inline")) or value.startswith("inline-")
    return bool(_WORD_LACKS.fullmatch(name) or _WORD_UNITS.search(value))
