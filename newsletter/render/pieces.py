"""What a recipient's value becomes at the place where it stands.

Rule: every value passes through `escape`, whichever way the message leaves; no value can end a line, a tag,
an attribute, a comment or a header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape as escape_html
from itertools import zip_longest
from urllib.parse import quote

from newsletter.model import Context, Pieces, Slot

_HARMLESS = re.compile("[A-Za-z0-9 .,:/?=@%+_-]*")
"""What is written as it is everywhere but inside a link, so that most values, and links, are only looked at."""

_HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
"""Control characters, line ends of any kind, and halves of surrogate pairs, which no encoding can write."""


def escape(value: str, context: Context) -> str:
    """`value` as it is written in `context`; control characters and line ends become one space."""
    in_link = context is Context.URL or context is Context.TEXT_URL
    if not in_link and _HARMLESS.fullmatch(value) and "--" not in value:
        return value
    value = _HARMFUL.sub(" ", value)
    match context:
        case Context.HTML:
            return escape_html(value, quote=False)
        case Context.ATTRIBUTE:
            # Attributes also stand in comments for Outlook, which two hyphens would end.
            return escape_html(value).replace("--", "&#45;&#45;")
        case Context.URL | Context.TEXT_URL:
            return quote(value, safe="")
        case Context.TEXT | Context.HEADER:
            return value


def escape_slot(slot: Slot, value: str | None) -> str:
    """What stands in `slot` for a person whose field is `value`, or the default where it is None.

    Raises `ValueError` if there is neither, which the plan prevents.
    """
    chosen = slot.default if value is None else value
    if chosen is None:
        raise ValueError(f"'{slot.field}' is not known of this person and the draft gives no default")
    return escape(chosen, slot.context)


def fill(pieces: Pieces, values: Mapping[str, str | None]) -> str:
    """The finished content for one person; a field missing from `values` counts as None."""
    filled = (escape_slot(slot, values.get(slot.field)) for slot in pieces.slots)
    return "".join(part for pair in zip_longest(pieces.statics, filled, fillvalue="") for part in pair)
