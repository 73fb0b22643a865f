"""Rules of CSS → `style` attributes, for the mail readers that heed nothing else.

Rule: only the theme's own rules for the report's text are written into its tags; what stands in `<style>`
stays, byte for byte, for the readers that can use it. The rest of the program knows `inline` and not who does
it.
"""

from __future__ import annotations

import logging
import re
import sys
from functools import cache
from types import ModuleType
from typing import Protocol

_STYLE = re.compile(r"<style(?=[\s>])(?![^>]*\bdata-premailer)(?![^>]*\bmedia=)")
_IGNORED = ' data-premailer="ignore"'
_ATTRIBUTES_LEFT_ALONE = ["width", "height", "align", "valign", "bgcolor"]


class Inliner(Protocol):
    """Anything that writes the rules of `css` into the tags of `html`."""

    def __call__(self, html: str, css: str) -> str: ...


def inline(html: str, css: str) -> str:
    """The HTML with the rules of `css` in its tags, and nothing else changed.

    premailer's own choices drop the doctype, media queries, `!important`, and the widths that Outlook goes
    by; each option here turns one of them off. A test holds the result against another inliner's.
    """
    # It compares the doctype with how lxml writes it, and drops what differs.
    html = html.replace("<!doctype html>", "<!DOCTYPE html>", 1)
    worker = _premailer().Premailer(
        _STYLE.sub(f"<style{_IGNORED}", html),
        css_text=css,
        strip_important=False,
        disable_validation=True,
        allow_network=False,
        align_floating_images=False,
        disable_basic_attributes=_ATTRIBUTES_LEFT_ALONE,
        cssutils_logging_level=logging.CRITICAL,
    )
    inlined: str = worker.transform(pretty_print=False)
    # The mark stays in the styles that stand inside comments for Outlook.
    return inlined.replace(_IGNORED, "")


@cache
def _premailer() -> ModuleType:
    """Imported without what it would fetch style sheets with, which it may not: half of the time it takes."""
    with_nothing = "requests" not in sys.modules
    if with_nothing:
        sys.modules["requests"] = ModuleType("requests")
    try:
        import premailer  # noqa: PLC0415 - 60 ms, and only rendering needs it
    finally:
        if with_nothing:
            del sys.modules["requests"]
    library: ModuleType = premailer  # It has no types.
    return library
